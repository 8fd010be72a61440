//! Tells the app: from one thread of its own, in order, never with a lock held or a transaction
//! open. A listener that blocks delays what it is told, and nothing else; one that throws is
//! counted, and changes nothing else.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use super::log::words::warn;
use super::log::{Log, Part};

/// Things to tell that wait at most; each comes from a source that bounds its own.
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
    waiting: VecDeque<Telling>,
    is_over: bool,
    thrown: u64,
    given_up: u64,
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

    /// Tells this after what waits. Where too much waits, the oldest is given up: `false`.
    pub(super) fn tell(&self, telling: Telling) -> bool {
        let mut state = self.0.lock();
        if state.is_over {
            return true;
        }
        let has_room = state.waiting.len() < WAITING_MAX;
        if !has_room {
            state.waiting.pop_front();
            state.given_up += 1;
        }
        state.waiting.push_back(telling);
        drop(state);
        self.0.woken.notify_one();
        if !has_room {
            self.0.log.say(warn(Part::App, "a telling was given up: a listener is slow"));
        }
        has_room
    }

    /// What is being told ends; what waits is not told any more.
    pub(super) fn end(&self) {
        let mut state = self.0.lock();
        state.is_over = true;
        state.waiting.clear();
        drop(state);
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
            if let Some(telling) = state.waiting.pop_front() {
                return Some(telling);
            }
            state = self.woken.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
