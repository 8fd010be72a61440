//! The beginning, healing and end of a phone, over a store that may fail.

use std::sync::Arc;
use std::time::Duration;

use baton_protocol::account::Session;
use tokio::sync::mpsc;

use super::engine::{Engine, token_of};
use super::error::CoreError;
use super::events::Event;
use super::keys::random;
use super::log::LogTarget;
use super::log::words::info;
use crate::link::{Input, Token};
use crate::phone::{Now, Phone, PhoneConfig};
use crate::push::PushId;
use crate::push::receipts::ReceiptStage;
use crate::push::seal::Keyring;
use crate::store::{Account, StoreError};

/// The least time between two attempts to open a damaged store or to begin a phone.
pub(super) const HEAL_EVERY: Duration = Duration::from_secs(10);
/// Frames that wait for the engine at most; then the socket waits.
pub(super) const FRAMES: usize = 64;

impl Engine {
    /// Begins the phone of a session. If the store fails, it is tried again in the foreground.
    pub(super) fn begin_session(
        &mut self,
        session: Session,
        keyring: Option<Keyring>,
        now: Now,
    ) -> Result<(), StoreError> {
        let token = token_of(&session, now);
        let me = Account {
            workspace: session.workspace_id,
            agent: session.agent_id,
            device: session.device_id,
        };
        self.session = Some(session);
        self.begin_at = Some(now.mono + HEAL_EVERY);
        self.begin_phone(me, token, keyring, now)?;
        self.begin_at = None;
        if self.is_foreground {
            self.enter_foreground(now);
        }
        Ok(())
    }

    fn begin_phone(
        &mut self,
        me: Account,
        token: Token,
        keyring: Option<Keyring>,
        now: Now,
    ) -> Result<(), StoreError> {
        // Socket numbers begin again, so frames of the previous phone must not be heard.
        let (heard, frames) = mpsc::channel(FRAMES);
        (self.config.frames, self.next_frames) = (heard, Some(frames));
        self.life += 1;
        self.open_store()?;
        let config = PhoneConfig {
            store: Arc::clone(&self.config.store),
            me,
            token,
            keyring,
            lock_after: self.config.lock_after,
            seed: u128::from_ne_bytes(random()),
        };
        let (mut phone, restored) = Phone::begin(config, now)?;
        if restored.unreadable > 0 {
            self.tell(Event::StoreFailed(StoreError::Damaged));
        }
        if self.has_network {
            phone.hear(Input::NetworkUp, now);
        }
        let said = info(LogTarget::Session, "a phone begins");
        let said = said.with("agent", me.agent).with("device", me.device);
        self.say(said.with("acts", phone.outbox().echoes().len()));
        self.phone = Some(phone);
        self.subscriptions.touch_all();
        Ok(())
    }

    /// Begins the phone of the session if an earlier attempt failed.
    pub(super) fn begin_again(&mut self, now: Now) {
        let Some(session) = self.session.clone().filter(|_| self.phone.is_none()) else { return };
        let keyring = self.config.keys.held_keyring().ok().flatten();
        if let Err(error) = self.begin_session(session, keyring, now) {
            self.report_store_error(error);
        }
    }

    /// Returns the phone with its store open, also in the background.
    pub(super) fn phone_with_store(&mut self, now: Now) -> Result<&mut Phone, CoreError> {
        if self.session.is_some() {
            self.open_store().inspect_err(|error| self.report_store_error(*error))?;
            self.begin_again(now);
            self.close_soon(now);
        }
        self.signed_in_phone()
    }

    /// Enters the foreground: opens the store and takes over what the extension left.
    pub(super) fn enter_foreground(&mut self, now: Now) {
        self.close_at = None;
        self.say(info(LogTarget::Life, "the app is in the foreground"));
        self.begin_at = None;
        if let Err(error) = self.open_store() {
            self.begin_at = Some(now.mono + HEAL_EVERY);
            return self.report_store_error(error);
        }
        self.take_over_drops(now);
        let Some(phone) = &mut self.phone else { return self.begin_again(now) };
        phone.enter_foreground(now);
        self.subscriptions.touch_all();
    }

    /// Takes over what the extension left, before anything is shown or decided.
    pub(super) fn take_over_drops(&mut self, now: Now) {
        let Some(phone) = &mut self.phone else { return };
        if let Err(error) = phone.take_over_drops(&self.config.drops, now) {
            self.report_store_error(error);
        }
    }

    /// Notes the end of a notification, also of one that the extension showed.
    pub(super) fn notification_ended(&mut self, push: PushId, stage: ReceiptStage, now: Now) {
        let Some(phone) = &mut self.phone else { return };
        if let Err(error) = phone.notification_ended(push, stage, &self.config.drops, now) {
            self.report_store_error(error);
        }
    }

    /// Opens a damaged store again: saves what can be read of outbox and drafts, and reloads the
    /// rest from the server.
    pub(super) fn heal(&mut self, now: Now) {
        if self.healed_at.is_some_and(|at| now.mono < at + HEAL_EVERY) {
            return;
        }
        self.healed_at = Some(now.mono);
        self.drop_phone();
        self.close_files();
        self.begin_again(now);
        self.close_soon(now);
    }

    /// Deletes everything of the account, because the device was revoked.
    pub(super) fn wipe(&mut self) {
        let Some(me) = self.phone.as_ref().map(Phone::me) else { return };
        self.session = None;
        self.drop_phone();
        self.life += 1;
        let forgotten = self.open_store().and_then(|()| self.config.store.forget(&me));
        match forgotten.and(self.config.drops.forget(&me)) {
            // On this thread: the app may end as soon as it knows, and must not start signed in.
            Ok(()) => drop(self.config.keys.forget_session()),
            // The session stays: by it the next start learns again that the device was revoked.
            Err(error) => self.report_store_error(error),
        }
        // The next sign-in here is that of a new device.
        drop(self.config.keys.forget_device());
        self.subscriptions.clear_all(&self.config.dispatcher);
        self.tell(Event::Wiped);
    }
}
