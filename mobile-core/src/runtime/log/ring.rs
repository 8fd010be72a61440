//! The last records, and the thread that hands them to the app's sink. Writing a
//! record never blocks: a slow sink delays its own records, and where too many wait the oldest make
//! room.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::JoinHandle;

use baton_protocol::Timestamp;

use super::{LogEntry, LogLevel, LogRecord, LogSink};
use crate::runtime::clock::wall_clock;

/// Records that are kept.
const KEPT: usize = 1_000;

/// A handle to the log. Clones share it.
#[derive(Clone, Default)]
pub(in crate::runtime) struct Log(pub(super) Arc<Shared>);

#[derive(Default)]
pub(super) struct Shared {
    ring: Mutex<Ring>,
    woken: Condvar,
}

struct Ring {
    /// Nothing below it is kept.
    level: LogLevel,
    records: VecDeque<(Timestamp, Arc<LogEntry>)>,
    /// Records that were ever kept: the number of the newest.
    said: u64,
    /// The number of the last one that the sink was given.
    given: u64,
    /// Records that made room before a sink was given them.
    dropped: u64,
    /// The number of times that the sink threw.
    thrown: u64,
    sink: Option<Arc<dyn LogSink>>,
    thread: Option<JoinHandle<()>>,
    is_over: bool,
}

/// For whom, when, what, and how many before it are missing.
type Next = (Arc<dyn LogSink>, Timestamp, Arc<LogEntry>, u64);

impl Default for Ring {
    fn default() -> Self {
        Self {
            level: LogLevel::Info,
            records: VecDeque::new(),
            said: 0,
            given: 0,
            dropped: 0,
            thrown: 0,
            sink: None,
            thread: None,
            is_over: false,
        }
    }
}

impl Log {
    /// Keeps a record, and has it told.
    pub(in crate::runtime) fn write(&self, said: LogEntry) {
        let at = wall_clock();
        self.0.lock().keep(at, said);
        self.0.woken.notify_one();
    }

    /// Writes a record unless the lock is held, perhaps by this very thread.
    pub(super) fn try_write(&self, said: LogEntry) {
        let at = wall_clock();
        let mut ring = match self.0.ring.try_lock() {
            Ok(ring) => ring,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        ring.keep(at, said);
        drop(ring);
        self.0.woken.notify_one();
    }

    /// Sets the sink and replays the kept records to it; `None` removes it. From here on records
    /// below `level` are not kept.
    pub(in crate::runtime) fn set_sink(
        &self,
        sink: Option<Arc<dyn LogSink>>,
        level: LogLevel,
    ) -> std::io::Result<()> {
        let mut ring = self.0.lock();
        ring.level = level;
        if ring.is_over {
            return Ok(());
        }
        if sink.is_some() && ring.thread.is_none() {
            let own = self.clone();
            let thread = std::thread::Builder::new()
                .name("baton-log".to_owned())
                .stack_size(512 * 1024)
                .spawn(move || own.run())?;
            ring.thread = Some(thread);
        }
        let before = std::mem::replace(&mut ring.sink, sink);
        drop(ring);
        // Outside: to let go of it may call the app.
        drop(before);
        self.0.woken.notify_one();
        Ok(())
    }

    /// The records in memory, oldest first.
    pub(in crate::runtime) fn recent(&self) -> Vec<LogRecord> {
        let ring = self.0.lock();
        let (first, records) = (ring.first(), ring.records.clone());
        drop(ring);
        // Written outside of the lock: no writer waits for it.
        let dropped = std::iter::once(first - 1).chain(std::iter::repeat(0));
        records
            .iter()
            .zip(dropped)
            .map(|((at, said), dropped)| record(*at, said, dropped))
            .collect()
    }

    /// Records that no sink was given, and how often a sink threw.
    pub(in crate::runtime) fn lost(&self) -> (u64, u64) {
        let ring = self.0.lock();
        (ring.dropped, ring.thrown)
    }

    /// Ends the thread after the records in memory are published. Returns its handle.
    pub(in crate::runtime) fn end(&self) -> Option<JoinHandle<()>> {
        let mut ring = self.0.lock();
        ring.is_over = true;
        let thread = ring.thread.take();
        drop(ring);
        self.0.woken.notify_one();
        thread
    }

    /// Nothing is told any more.
    pub(in crate::runtime) fn stop(&self) {
        let mut ring = self.0.lock();
        ring.is_over = true;
        let before = ring.sink.take();
        drop(ring);
        drop(before);
        self.0.woken.notify_one();
    }

    fn run(&self) {
        while let Some((sink, at, said, dropped)) = self.0.next() {
            let record = record(at, &said, dropped);
            // A panic on the far side of the boundary stays there.
            let taken = catch_unwind(AssertUnwindSafe(|| sink.take(record)));
            // Not said, nor is this thread among those whose panics are: the same sink would be
            // given it, for ever.
            if !taken.unwrap_or(false) {
                self.0.lock().thrown += 1;
            }
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<Next> {
        let mut ring = self.lock();
        loop {
            if let Some(next) = ring.next() {
                return Some(next);
            }
            if ring.is_over {
                return None;
            }
            ring = self.woken.wait(ring).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Ring {
    fn keep(&mut self, at: Timestamp, said: LogEntry) {
        if said.level > self.level {
            return;
        }
        if self.records.len() >= KEPT {
            self.dropped += u64::from(self.first() > self.given);
            self.records.pop_front();
        }
        self.records.push_back((at, Arc::new(said)));
        self.said += 1;
    }

    /// The number of the oldest record that is kept.
    fn first(&self) -> u64 {
        let kept = u64::try_from(self.records.len()).unwrap_or_default();
        self.said - kept + 1
    }

    /// The next record that the sink was not given.
    fn next(&mut self) -> Option<Next> {
        let sink = Arc::clone(self.sink.as_ref()?);
        let number = self.first().max(self.given + 1);
        let place = usize::try_from(number - self.first()).ok()?;
        let (at, said) = self.records.get(place)?.clone();
        let dropped = number - self.given - 1;
        self.given = number;
        Some((sink, at, said, dropped))
    }
}

fn record(at: Timestamp, said: &LogEntry, dropped: u64) -> LogRecord {
    LogRecord { level: said.level, part: said.part, message: said.message(), at, dropped }
}
