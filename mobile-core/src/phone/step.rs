//! The phone as its owner sees it, and the one way to change it.
//!
//! [`Machines`] can only be changed inside [`Phone::step`], which flushes when the step is done.
//! The field is private to this file, so no other file can skip the flush.

use super::{Effect, Machines, Now};
use crate::link::Input;

/// One signed-in agent on one device. See the [module](super).
#[derive(Debug)]
pub struct Phone(Machines);

impl Phone {
    pub(super) fn new(machines: Machines) -> Self {
        Self(machines)
    }

    /// Reads the machines. Only [`Phone::step`] changes them.
    pub(super) fn machines(&self) -> &Machines {
        &self.0
    }

    /// Runs one step, then writes, sends and tells what outbox and composer want.
    pub(super) fn step<T>(&mut self, now: Now, run: impl FnOnce(&mut Machines) -> T) -> T {
        let result = run(&mut self.0);
        self.0.flush(now);
        result
    }

    /// Hands an input to the link and carries out what follows from it.
    pub fn hear(&mut self, input: Input, now: Now) {
        self.step(now, |machines| machines.hear(input, now));
    }

    /// Returns the next effect to carry out, or `None` when all are carried out.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        let Machines { effects, touched, .. } = &mut self.0;
        if effects.is_empty() && !touched.is_nothing() {
            return Some(Effect::Touched(std::mem::take(touched)));
        }
        effects.pop_front()
    }
}
