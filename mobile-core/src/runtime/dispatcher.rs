//! Calls the app's listeners from one thread, in order.
//!
//! No lock is held and no transaction is open meanwhile. A listener that blocks delays later
//! deliveries and nothing else. A listener that throws is counted.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use super::log::words::warn;
use super::log::{Log, LogTarget};

/// Deliveries that wait at most; then the oldest state event is dropped. Replies to calls are
/// never dropped: their number is bounded by the callers.
const WAITING_MAX: usize = 1_024;

/// A call of a listener. Returns whether the listener handled it.
pub(super) type Delivery = Box<dyn FnOnce() -> bool + Send>;

/// Receives the end of a delivery.
pub(super) type OnEnd = Box<dyn FnOnce(DeliveryEnd) + Send>;

/// The end of a delivery.
#[derive(Clone, Copy, Debug)]
pub(super) struct DeliveryEnd {
    /// Whether the listener handled it.
    pub(super) is_taken: bool,
    /// Whether the listener was called. Then this runs on the dispatcher's thread and may block.
    pub(super) is_called: bool,
}

/// A handle to the dispatcher's thread.
#[derive(Clone)]
pub(super) struct Dispatcher(Arc<Shared>);

struct Shared {
    log: Log,
    queue: Mutex<Queue>,
    woken: Condvar,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    is_over: bool,
    counts: ListenerCounts,
}

struct Waiting {
    delivery: Delivery,
    may_be_dropped: bool,
}

/// Counts of faults of the app's listeners.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ListenerCounts {
    /// Calls in which a listener threw.
    pub thrown: u64,
    /// Events dropped because a listener was slow.
    pub dropped: u64,
}

impl Dispatcher {
    /// Starts the thread.
    pub(super) fn begin(log: Log) -> std::io::Result<(Self, JoinHandle<()>)> {
        let shared = Arc::new(Shared { log, queue: Mutex::default(), woken: Condvar::new() });
        let own = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("baton-tell".to_owned())
            .stack_size(512 * 1024)
            .spawn(move || own.run())?;
        Ok((Self(shared), thread))
    }

    /// Queues an event that may be dropped when too many wait.
    pub(super) fn deliver(&self, delivery: Delivery) {
        let dropped = self.put(Waiting { delivery, may_be_dropped: true });
        if dropped.is_some() {
            self.0.log.write(warn(LogTarget::App, "an event was dropped: a listener is slow"));
        }
    }

    /// Queues a delivery that is never dropped.
    pub(super) fn deliver_always(&self, delivery: Delivery) {
        drop(self.put(Waiting { delivery, may_be_dropped: false }));
    }

    /// Queues a delivery that is never dropped and reports its end, even if it is never called.
    pub(super) fn deliver_and_report(&self, delivery: Delivery, on_end: OnEnd) {
        let end = DeliveryEnd { is_taken: false, is_called: false };
        let report = Report { on_end: Some(on_end), end };
        let delivery = Box::new(move || {
            let mut report = report;
            report.end.is_called = true;
            report.end.is_taken = delivery();
            report.end.is_taken
        });
        // A refused delivery is dropped here, outside of the queue's lock.
        drop(self.put(Waiting { delivery, may_be_dropped: false }));
    }

    fn put(&self, next: Waiting) -> Option<Waiting> {
        let mut queue = self.0.lock();
        if queue.is_over {
            drop(queue);
            return None;
        }
        let oldest = match queue.waiting.len() < WAITING_MAX {
            true => None,
            false => queue.waiting.iter().position(|waiting| waiting.may_be_dropped),
        };
        let dropped = oldest.and_then(|oldest| queue.waiting.remove(oldest));
        queue.counts.dropped += u64::from(dropped.is_some());
        queue.waiting.push_back(next);
        drop(queue);
        self.0.woken.notify_one();
        dropped
    }

    /// Drops what waits. The delivery under way runs to its end.
    pub(super) fn end(&self) {
        let mut queue = self.0.lock();
        queue.is_over = true;
        let waiting = std::mem::take(&mut queue.waiting);
        drop(queue);
        drop(waiting);
        self.0.woken.notify_all();
    }

    pub(super) fn counts(&self) -> ListenerCounts {
        self.0.lock().counts
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        self.log.own_this_thread();
        while let Some(delivery) = self.next() {
            // A panic in the app's code stays here.
            let is_taken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(delivery));
            if !is_taken.unwrap_or(false) {
                self.lock().counts.thrown += 1;
                self.log.write(warn(LogTarget::App, "a listener threw"));
            }
        }
    }

    fn next(&self) -> Option<Delivery> {
        let mut queue = self.lock();
        loop {
            if queue.is_over {
                return None;
            }
            if let Some(next) = queue.waiting.pop_front() {
                return Some(next.delivery);
            }
            queue = self.woken.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Reports the end of a delivery when it is dropped.
struct Report {
    on_end: Option<OnEnd>,
    end: DeliveryEnd,
}

impl Drop for Report {
    fn drop(&mut self) {
        if let Some(on_end) = self.on_end.take() {
            on_end(self.end);
        }
    }
}
