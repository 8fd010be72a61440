//! Log lines about failures that may come by the hundred. There is one when they begin, one a
//! minute while they last, and one when they are over.

use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// One line within this time.
const PAUSE: Duration = Duration::from_secs(60);
/// It is over when nothing failed for so long: one success in between is chance.
const QUIET: Duration = Duration::from_secs(10);

/// A spell of failures of one kind. Times are those of a monotonic clock.
#[derive(Debug, Default)]
pub struct Spell {
    state: Mutex<Option<State>>,
    /// Whether there is a state: successes are many, and mostly nothing failed.
    is_on: AtomicBool,
}

#[derive(Clone, Copy, Debug)]
struct State {
    /// When the newest line was written.
    said: Duration,
    /// When something failed last.
    last: Duration,
    /// Failures since the newest line.
    since: u64,
    /// All failures.
    all: u64,
}

impl Spell {
    /// Tells the log what came of one try. `what` says, for people, what could not be done.
    pub fn note<E: Display>(&self, what: &'static str, error: Option<&E>, now: Duration) {
        if let Some(error) = error {
            if let Some(count) = self.failed(now) {
                tracing::warn!(%error, count, "{what}");
            }
        } else if let Some(count) = self.worked(now) {
            tracing::info!(count, "it works again: {what}");
        }
    }

    /// Something failed. Gives how many failures the line that is due now tells of.
    pub fn failed(&self, now: Duration) -> Option<u64> {
        let mut held = self.lock();
        self.is_on.store(true, Ordering::Relaxed);
        let Some(state) = held.as_mut() else {
            *held = Some(State { said: now, last: now, since: 0, all: 1 });
            return Some(1);
        };
        (state.last, state.since, state.all) = (now, state.since + 1, state.all + 1);
        if now.saturating_sub(state.said) < PAUSE {
            return None;
        }
        state.said = now;
        Some(std::mem::take(&mut state.since))
    }

    /// Something worked. Gives how many failures there were, if they are over by that.
    pub fn worked(&self, now: Duration) -> Option<u64> {
        if !self.is_on.load(Ordering::Relaxed) {
            return None;
        }
        let mut held = self.lock();
        let over = held.take_if(|state| now.saturating_sub(state.last) >= QUIET)?;
        self.is_on.store(false, Ordering::Relaxed);
        Some(over.all)
    }

    fn lock(&self) -> MutexGuard<'_, Option<State>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: u64) -> Duration {
        Duration::from_secs(s)
    }

    #[test]
    fn a_line_a_minute_says_how_many_there_were() {
        let spell = Spell::default();
        assert_eq!(spell.failed(at(5)), Some(1));
        for _ in 0..100 {
            assert_eq!(spell.failed(at(64)), None);
        }
        assert_eq!(spell.failed(at(65)), Some(101));
        assert_eq!(spell.failed(at(66)), None);
    }

    #[test]
    fn it_is_over_when_nothing_failed_for_a_while() {
        let spell = Spell::default();
        assert_eq!(spell.worked(at(0)), None, "nothing had failed");
        spell.failed(at(1));
        spell.failed(at(5));
        assert_eq!(spell.worked(at(14)), None, "one may work in between");
        assert_eq!(spell.worked(at(15)), Some(2));
        assert_eq!(spell.worked(at(16)), None, "it is said once");
        assert_eq!(spell.failed(at(17)), Some(1), "the next one is told at once");
    }
}
