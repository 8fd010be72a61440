//! While the phone is locked, nothing stored is shown and no act is taken.

use super::engine::Engine;
use super::error::CoreError;
use super::events::{CoreState, Event};
use super::log::LogTarget;
use super::log::words::info;
use crate::link::State;
use crate::outbox::Change;
use crate::phone::{Now, Phone};

impl Engine {
    /// Reads the clocks and tells the app when the phone locks or opens.
    pub(super) fn update_lock(&mut self, now: Now) {
        let Some(phone) = &mut self.phone else {
            self.is_locked = false;
            return;
        };
        let is_locked = phone.update_lock(now);
        if is_locked == self.is_locked {
            return;
        }
        self.is_locked = is_locked;
        let what = if is_locked { "the phone is locked" } else { "the phone is open" };
        self.say(info(LogTarget::Life, what));
        self.tell_state(self.state(now));
        if is_locked {
            return self.subscriptions.clear_all(&self.config.dispatcher);
        }
        let echoes = self.phone.as_ref().map(|phone| phone.outbox().echoes()).unwrap_or_default();
        self.tell_outbox(echoes.into_iter().map(|echo| Change::Shown(Box::new(echo))).collect());
    }

    /// Returns the signed-in agent's phone if it is not locked.
    pub(super) fn unlocked_phone(&mut self, now: Now) -> Result<&mut Phone, CoreError> {
        self.update_lock(now);
        if self.is_locked { Err(CoreError::Locked) } else { self.signed_in_phone() }
    }

    /// Returns the phone if it is not locked, with its store open.
    pub(super) fn unlocked_phone_with_store(&mut self, now: Now) -> Result<&mut Phone, CoreError> {
        self.phone_with_store(now)?;
        self.unlocked_phone(now)
    }

    /// Tells changes of the outbox. While locked, shown acts wait until the phone opens.
    pub(super) fn tell_outbox(&self, mut changes: Vec<Change>) {
        changes.retain(|change| !(self.is_locked && matches!(change, Change::Shown(_))));
        let needs_review = self.phone.as_ref().map_or(0, |phone| phone.outbox().needs_review());
        self.tell(Event::Outbox { changes, needs_review });
    }

    /// Returns the state of the core.
    pub(super) fn state(&self, now: Now) -> CoreState {
        self.state_of(self.phone.as_ref().map_or(State::SignedOut, Phone::state), now)
    }

    /// Returns the state of the core for a state of the connection. `Locked` hides the connection's
    /// state, unless the agent must act on it.
    pub(super) fn state_of(&self, state: State, now: Now) -> CoreState {
        use State::{Incompatible, NeedsSignIn, SignedOut, Wiped};
        let is_first = matches!(state, SignedOut | NeedsSignIn | Incompatible | Wiped);
        match self.is_locked && !is_first {
            true => CoreState::Locked,
            false => CoreState::of_link(state, now.mono),
        }
    }
}
