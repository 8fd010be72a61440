//! Tells the app: from one thread of its own, in order, never with a lock held or a transaction
//! open. A listener that blocks delays what it is told, and nothing else; one that throws is
//! counted, and changes nothing else.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::engine::Engine;
use super::log::words::warn;
use super::log::{Log, Part};
use super::{Act, Now};

/// Things to tell that wait at most before the oldest of them is given up. What somebody waits to
/// be told is never given up, and is bounded where it comes from.
const WAITING_MAX: usize = 1_024;

/// Something to be told: says whether the listener took it.
pub(super) type Telling = Box<dyn FnOnce() -> bool + Send>;

/// See the head of the file.
#[derive(Clone)]
pub(super) struct Dispatcher(Arc<Shared>);

struct Shared {
    log: Log,
    state: Mutex<State>,
    woken: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Waiting>,
    is_over: bool,
    thrown: u64,
    given_up: u64,
}

struct Waiting {
    telling: Telling,
    may_be_given_up: bool,
}

/// How the telling went.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Told {
    /// Listeners that threw.
    pub thrown: u64,
    /// Tellings given up because too many waited.
    pub given_up: u64,
}

impl Dispatcher {
    /// Begins to tell.
    pub(super) fn begin(log: Log) -> std::io::Result<(Self, JoinHandle<()>)> {
        let shared = Arc::new(Shared { log, state: Mutex::default(), woken: Condvar::new() });
        let own = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("baton-tell".to_owned())
            .stack_size(512 * 1024)
            .spawn(move || own.run())?;
        Ok((Self(shared), thread))
    }

    /// Tells this after what waits. Where too much waits, the oldest is given up.
    pub(super) fn tell(&self, telling: Telling) {
        let given_up = self.put(Waiting { telling, may_be_given_up: true });
        if given_up.is_some() {
            self.0.log.say(warn(Part::App, "a telling was given up: a listener is slow"));
        }
    }

    /// Tells this in any case.
    pub(super) fn tell_always(&self, telling: Telling) {
        drop(self.put(Waiting { telling, may_be_given_up: false }));
    }

    /// Tells this in any case, and has the engine hear whether it was taken, however that ends.
    pub(super) fn tell_surely(
        &self,
        telling: Telling,
        inbox: &mpsc::WeakSender<Act>,
        then: impl FnOnce(&mut Engine, bool, Now) + Send + 'static,
    ) {
        let (then, inbox): (Option<Then>, _) = (Some(Box::new(then)), inbox.clone());
        let end = End { then, is_told: false, is_taken: false, inbox };
        let telling = Box::new(move || {
            let mut end = end;
            end.is_told = true;
            end.is_taken = telling();
            end.is_taken
        });
        // Nothing of a telling may end on the engine's thread, or under this lock.
        drop(self.put(Waiting { telling, may_be_given_up: false }));
    }

    fn put(&self, next: Waiting) -> Option<Waiting> {
        let mut state = self.0.lock();
        if state.is_over {
            return None;
        }
        let oldest = match state.waiting.len() < WAITING_MAX {
            true => None,
            false => state.waiting.iter().position(|waiting| waiting.may_be_given_up),
        };
        let given_up = oldest.and_then(|oldest| state.waiting.remove(oldest));
        state.given_up += u64::from(given_up.is_some());
        state.waiting.push_back(next);
        drop(state);
        self.0.woken.notify_one();
        given_up
    }

    /// What is being told ends; what waits is not told any more.
    pub(super) fn end(&self) {
        let mut state = self.0.lock();
        state.is_over = true;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        drop(waiting);
        self.0.woken.notify_all();
    }

    pub(super) fn told(&self) -> Told {
        let state = self.0.lock();
        Told { thrown: state.thrown, given_up: state.given_up }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        self.log.is_of_this_thread();
        while let Some(telling) = self.next() {
            // A panic on the far side of the boundary stays there.
            let is_taken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(telling));
            if !is_taken.unwrap_or(false) {
                self.lock().thrown += 1;
                self.log.say(warn(Part::App, "a listener threw"));
            }
        }
    }

    fn next(&self) -> Option<Telling> {
        let mut state = self.lock();
        loop {
            if state.is_over {
                return None;
            }
            if let Some(next) = state.waiting.pop_front() {
                return Some(next.telling);
            }
            state = self.woken.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

type Then = Box<dyn FnOnce(&mut Engine, bool, Now) + Send>;

/// Says how a telling ended, however it does.
struct End {
    then: Option<Then>,
    is_told: bool,
    is_taken: bool,
    inbox: mpsc::WeakSender<Act>,
}

impl Drop for End {
    fn drop(&mut self) {
        let Some((inbox, then)) = self.inbox.upgrade().zip(self.then.take()) else { return };
        let is_taken = self.is_taken;
        let act: Act = Box::new(move |engine, now| then(engine, is_taken, now));
        if let Err(TrySendError::Full(act)) = inbox.try_send(act)
            && self.is_told
        {
            // On the dispatcher's own thread, which may wait for the engine: that never waits for
            // it. Elsewhere everything ends.
            drop(inbox.blocking_send(act));
        }
    }
}
