//! Nothing of what is held is shown, told or taken from the agent while it is locked: what the
//! server said last is too long ago to still hold.

use super::engine::{Engine, Standing, standing};
use super::log::Part;
use super::log::words::info;
use super::{CoreError, Event};
use crate::link::State;
use crate::outbox::Change;
use crate::phone::{Now, Phone};

impl Engine {
    /// Looks at the clock, and at whether the server was heard.
    pub(super) fn minds_lock(&mut self, now: Now) {
        let Some(phone) = &mut self.phone else {
            self.is_locked = false;
            return;
        };
        let is_locked = phone.look_at_clock(now);
        if is_locked == self.is_locked {
            return;
        }
        self.is_locked = is_locked;
        let what = if is_locked { "what is held is locked" } else { "what is held is open" };
        self.say(info(Part::Life, what));
        self.tell_standing(self.standing(now));
        if is_locked {
            return self.observed.empty(&self.parts.dispatcher);
        }
        let echoes = self.phone.as_ref().map(|phone| phone.outbox().echoes()).unwrap_or_default();
        self.tell_outbox(echoes.into_iter().map(|echo| Change::Shown(Box::new(echo))).collect());
    }

    /// The phone of who is signed in, for what has to do with what is held.
    pub(super) fn there_open(&mut self, now: Now) -> Result<&mut Phone, CoreError> {
        self.minds_lock(now);
        if self.is_locked { Err(CoreError::Locked) } else { self.there() }
    }

    /// The same, with its store, which is open in the background too, for as long as that takes.
    pub(super) fn there_open_with_store(&mut self, now: Now) -> Result<&mut Phone, CoreError> {
        self.there_with_store(now)?;
        self.there_open(now)
    }

    /// What is locked is told when it is not.
    pub(super) fn tell_outbox(&self, mut changes: Vec<Change>) {
        changes.retain(|change| !(self.is_locked && matches!(change, Change::Shown(_))));
        let needs_review = self.phone.as_ref().map_or(0, |phone| phone.outbox().needs_review());
        self.tell(Event::Outbox { changes, needs_review });
    }

    /// Where the connection stands.
    pub(super) fn standing(&self, now: Now) -> Standing {
        self.standing_at(self.phone.as_ref().map_or(State::SignedOut, Phone::state), now)
    }

    /// What the agent can do something about comes before that it is locked; that it is, before
    /// how the way to the server goes.
    pub(super) fn standing_at(&self, state: State, now: Now) -> Standing {
        use State::{Incompatible, NeedsSignIn, SignedOut, Wiped};
        let is_first = matches!(state, SignedOut | NeedsSignIn | Incompatible | Wiped);
        match self.is_locked && !is_first {
            true => Standing::Locked,
            false => standing(state, now),
        }
    }
}
