//! How a phone begins, is healed and ends, over a store that does not always let it.

use std::sync::Arc;

use baton_protocol::account::Session;
use tokio::sync::mpsc;

use super::engine::{CLOSE_NORMAL, Engine, HEAL_EVERY, token_of};
use super::keys::random;
use super::log::Part;
use super::log::words::{self, info};
use super::{CoreError, Event, FRAMES};
use crate::few::Few;
use crate::link::{Input, Token};
use crate::net::socket::Socket;
use crate::phone::{Now, Phone};
use crate::push::seal::Keyring;
use crate::store::{self, Account, StoreError};

impl Engine {
    /// Somebody is signed in: the phone begins as its store has kept it. Where that does not let
    /// it, it is tried again for as long as somebody looks.
    pub(super) fn enters(
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
        self.begins((me, token), keyring, now)?;
        self.begin_at = None;
        if self.is_foreground {
            self.comes_forward(now);
        }
        Ok(())
    }

    fn begins(
        &mut self,
        (me, token): (Account, Token),
        keyring: Option<Keyring>,
        now: Now,
    ) -> Result<(), StoreError> {
        // Of the sockets of a phone before nothing is heard any more: numbers begin anew.
        let (heard, frames) = mpsc::channel(FRAMES);
        (self.parts.frames, self.next_frames) = (heard, Some(frames));
        self.life += 1;
        self.opens_store()?;
        let parts = crate::phone::Parts {
            store: Arc::clone(&self.parts.store),
            me,
            token,
            keyring,
            lock_after: self.parts.lock_after,
            seed: u128::from_ne_bytes(random()),
        };
        let (mut phone, restored) = Phone::begin(parts, now)?;
        if restored.unreadable > 0 {
            self.tell(Event::StoreFailed(StoreError::Damaged));
        }
        if self.has_network {
            phone.hear(Input::NetworkUp, now);
        }
        let said = info(Part::Session, "a phone begins");
        let said = said.with("agent", me.agent).with("device", me.device);
        self.say(said.with("acts", phone.outbox().echoes().len()));
        self.phone = Some(phone);
        self.observed.everything();
        Ok(())
    }

    /// The phone of who is signed in begins, where it could not before.
    pub(super) fn begins_again(&mut self, now: Now) {
        let Some(session) = self.session.clone().filter(|_| self.phone.is_none()) else { return };
        let keyring = self.parts.keys.held_keyring().ok().flatten();
        if let Err(error) = self.enters(session, keyring, now) {
            self.store_failed(error);
        }
    }

    /// The phone of who is signed in.
    pub(super) fn there(&mut self) -> Result<&mut Phone, CoreError> {
        let is_signed_in = self.session.is_some();
        let failed = self.last_error.unwrap_or(StoreError::Closed);
        self.phone.as_mut().ok_or(match is_signed_in {
            true => CoreError::Storage(failed),
            false => CoreError::Unauthorized,
        })
    }

    /// The phone of who is signed in and its store, which is open in the background too, for as
    /// long as that takes.
    pub(super) fn there_with_store(&mut self, now: Now) -> Result<&mut Phone, CoreError> {
        if self.session.is_some() {
            self.opens_store().inspect_err(|error| self.store_failed(*error))?;
            self.begins_again(now);
            self.close_soon(now);
        }
        self.there()
    }

    /// Somebody looks: the store is open, what the extension left is taken over first.
    pub(super) fn comes_forward(&mut self, now: Now) {
        self.close_at = None;
        self.say(info(Part::Life, "somebody looks"));
        self.begin_at = None;
        if let Err(error) = self.opens_store() {
            self.begin_at = Some(now.mono + HEAL_EVERY);
            return self.store_failed(error);
        }
        self.takes_over_drops(now);
        let Some(phone) = &mut self.phone else { return self.begins_again(now) };
        phone.comes_forward(now);
        self.observed.everything();
    }

    /// What the extension took is known before anything else is shown or decided.
    pub(super) fn takes_over_drops(&mut self, now: Now) {
        let Some(phone) = &mut self.phone else { return };
        if let Err(error) = phone.take_over_drops(&self.parts.drops, now) {
            self.store_failed(error);
        }
    }

    /// What cannot be stored is told; a damaged store is opened anew, which saves what can be.
    pub(super) fn store_failed(&mut self, error: StoreError) {
        self.must_heal |= error == StoreError::Damaged;
        if self.last_error != Some(error) {
            self.say(words::of_store_error(error));
            self.tell(Event::StoreFailed(error));
        }
        self.last_error = Some(error);
    }

    /// Opens a damaged store anew: what can be read of outbox and drafts is saved, the rest is
    /// taken from the server again.
    pub(super) fn heal(&mut self, now: Now) {
        if self.healed_at.is_some_and(|at| now.mono < at + HEAL_EVERY) {
            return;
        }
        self.healed_at = Some(now.mono);
        self.lets_go();
        self.close_files();
        self.begins_again(now);
        self.minds_lock(now);
        self.close_soon(now);
        self.carry_out(now);
    }

    /// The phone is over; so is what others wait for of it.
    pub(super) fn lets_go(&mut self) {
        self.phone = None;
        self.pushes = Few::new();
        (self.renewing, self.renewals) = (None, Vec::new());
        for (_, handle) in std::mem::take(&mut self.sockets) {
            self.bids_farewell(handle, CLOSE_NORMAL);
        }
        for (_, task) in std::mem::take(&mut self.fetches) {
            task.abort();
        }
    }

    pub(super) fn bids_farewell(&mut self, socket: Socket, code: u16) {
        socket.close(code);
        self.closing.retain(|socket| !socket.is_finished());
        self.closing.push(socket);
    }

    /// Opens the store where it is closed.
    pub(super) fn opens_store(&mut self) -> Result<(), StoreError> {
        let opened = self.parts.store.resume()?;
        if opened != store::Opened::default() {
            words::of_opened(&opened).into_iter().for_each(|said| self.say(said));
        }
        self.damage = opened.damage.or(self.damage);
        // What a phone knows of its store is not so any more.
        self.must_heal |= opened.damage.is_some() && self.phone.is_some();
        Ok(())
    }
}
