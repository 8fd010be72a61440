//! A clock that runs as the system's does, and that a test sets forward.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use baton::clock::{Clock, ManualClock};
use baton_protocol::Timestamp;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use uuid::Uuid;

const TICK: Duration = Duration::from_millis(5);
/// Workers that wait for nothing else look again after so long.
const LOOK_MS: u64 = 5_000;

/// A clock that runs by itself until it is dropped.
#[derive(Debug)]
pub struct RunningClock {
    manual: ManualClock,
    is_held: Arc<AtomicBool>,
    ticks: JoinHandle<()>,
}

impl RunningClock {
    /// Begins so many milliseconds ahead of the system's clock.
    pub fn begin(ahead_ms: i64) -> Self {
        let start = Clock::system().now().plus_ms(ahead_ms);
        let (seed, _) = Uuid::new_v4().as_u64_pair();
        let manual = ManualClock::new(start, seed);
        let is_held = Arc::new(AtomicBool::new(false));
        let (ticking, stands) = (manual.clone(), Arc::clone(&is_held));
        let ticks = tokio::spawn(async move {
            let (began, mut ticked_ms) = (Instant::now(), 0);
            loop {
                tokio::time::sleep(TICK).await;
                let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or_default();
                if !stands.load(Ordering::SeqCst) {
                    ticking.advance_ms(ms - ticked_ms);
                }
                ticked_ms = ms;
            }
        });
        Self { manual, is_held, ticks }
    }

    /// The clock to hand to a server.
    pub fn clock(&self) -> Clock {
        self.manual.clock()
    }

    /// The time of day.
    pub fn now(&self) -> Timestamp {
        self.manual.clock().now()
    }

    /// Stands still from now on, or runs again.
    pub fn is_held(&self, is_held: bool) {
        self.is_held.store(is_held, Ordering::SeqCst);
    }

    /// Moves by so much, also while it stands still.
    pub fn ticks(&self, time: Duration) {
        self.manual.advance_ms(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    }

    /// Comes back to the system's time, for a world that begins after another one.
    pub fn comes_back(&self) {
        self.manual.set_wall(Clock::system().now());
    }

    /// Sets the time of day forward; workers look again.
    pub fn passes(&self, time: Duration) {
        let ms = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        self.manual.set_wall(self.now().plus_ms(ms));
        self.manual.advance_ms(LOOK_MS);
    }
}

impl Drop for RunningClock {
    fn drop(&mut self) {
        self.ticks.abort();
    }
}
