//! Time, ids and randomness at the edge: the only caller of the system's clock and randomness.
//!
//! Everything that needs them is given a [`Clock`]. A test holds the [`ManualClock`] behind it:
//! time stands still until the test moves it, and ids repeat with the seed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use baton_protocol::Timestamp;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::sync::watch;
use uuid::Uuid;

/// Time, ids and randomness. Cheap to clone; clones tell the same time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System { started: std::time::Instant },
    Manual(ManualClock),
}

impl Clock {
    /// The system's.
    #[expect(clippy::disallowed_methods, reason = "this is where time enters")]
    pub fn system() -> Self {
        Self(Source::System { started: std::time::Instant::now() })
    }

    /// The time of day. May jump; for durations take [`Self::monotonic`].
    #[expect(clippy::disallowed_methods, reason = "this is where time enters")]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System { .. } => Timestamp::from_ms(chrono::Utc::now().timestamp_millis()),
            Source::Manual(clock) => clock.time.borrow().wall,
        }
    }

    /// Time since this clock was made; never goes back.
    pub fn monotonic(&self) -> Duration {
        match &self.0 {
            Source::System { started } => started.elapsed(),
            Source::Manual(clock) => clock.time.borrow().elapsed,
        }
    }

    /// Waits until [`Self::now`] has reached `until`; at once when it already has.
    ///
    /// Looks again at least every minute, so that a jump of the time of day delays it no longer.
    pub async fn sleep_until(&self, until: Timestamp) {
        match &self.0 {
            Source::System { .. } => loop {
                let left_ms = u64::try_from(until.since(self.now())).unwrap_or(0);
                if left_ms == 0 {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(left_ms.min(60_000))).await;
            },
            Source::Manual(clock) => {
                let mut time = clock.time.subscribe();
                // Fails only when the clock is gone, and `self` holds it.
                drop(time.wait_for(|time| time.wall >= until).await);
            }
        }
    }

    /// Waits for a duration of [`Self::monotonic`].
    pub async fn sleep(&self, duration: Duration) {
        match &self.0 {
            Source::System { .. } => tokio::time::sleep(duration).await,
            Source::Manual(clock) => {
                let mut time = clock.time.subscribe();
                let until = time.borrow().elapsed.saturating_add(duration);
                drop(time.wait_for(|time| time.elapsed >= until).await);
            }
        }
    }

    /// An id that sorts by the time it was made.
    pub fn uuid_v7(&self) -> Uuid {
        let ms = u64::try_from(self.now().ms()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(ms, &self.bytes()).into_uuid()
    }

    /// An id that tells nothing and that no second life of a database repeats.
    pub fn uuid_v4(&self) -> Uuid {
        uuid::Builder::from_random_bytes(self.bytes()).into_uuid()
    }

    /// Random bytes, good enough for keys and tokens (with the system's clock).
    #[expect(clippy::disallowed_methods, reason = "this is where randomness enters")]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match &self.0 {
            Source::System { .. } => rand::rng().fill_bytes(&mut bytes),
            Source::Manual(clock) => {
                clock.random.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
            }
        }
        bytes
    }

    /// A random number below `bound`; 0 when there is none below. For jitter.
    pub fn below(&self, bound: u64) -> u64 {
        let number = u128::from(u64::from_le_bytes(self.bytes()));
        // The high half of the product is uniform enough for jitter and always below the bound.
        u64::try_from((number * u128::from(bound)) >> 64).unwrap_or(0)
    }
}

/// The time for which the thread that asks has computed.
pub fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// A clock that a test drives. Clones are the same clock.
#[derive(Clone, Debug)]
pub struct ManualClock {
    time: Arc<watch::Sender<Time>>,
    random: Arc<Mutex<StdRng>>,
}

#[derive(Clone, Copy, Debug)]
struct Time {
    wall: Timestamp,
    elapsed: Duration,
}

impl ManualClock {
    /// Stands at `start`; ids and random bytes follow from `seed`.
    pub fn new(start: Timestamp, seed: u64) -> Self {
        let (time, _) = watch::channel(Time { wall: start, elapsed: Duration::ZERO });
        let random = Mutex::new(StdRng::seed_from_u64(seed));
        Self { time: Arc::new(time), random: Arc::new(random) }
    }

    /// The clock to hand to what is tested.
    pub fn clock(&self) -> Clock {
        Clock(Source::Manual(self.clone()))
    }

    /// Lets time pass; wakes whoever waited for it.
    pub fn advance_ms(&self, ms: u64) {
        self.time.send_modify(|time| {
            time.elapsed = time.elapsed.saturating_add(Duration::from_millis(ms));
            time.wall = time.wall.plus_ms(i64::try_from(ms).unwrap_or(i64::MAX));
        });
    }

    /// Sets the time of day, as an operator or a time server would: no time passes.
    pub fn set_wall(&self, wall: Timestamp) {
        self.time.send_modify(|time| time.wall = wall);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_ms(1_790_000_000_000);

    #[test]
    fn manual_time_stands_still_until_it_is_moved() {
        let manual = ManualClock::new(NOON, 1);
        let clock = manual.clock();
        assert_eq!((clock.now(), clock.monotonic()), (NOON, Duration::ZERO));
        manual.advance_ms(5);
        assert_eq!((clock.now(), clock.monotonic()), (NOON.plus_ms(5), Duration::from_millis(5)));
        manual.set_wall(NOON.plus_ms(-1_000));
        assert_eq!(clock.monotonic(), Duration::from_millis(5));
        assert_eq!(clock.now(), NOON.plus_ms(-1_000));
    }

    #[test]
    fn the_same_seed_gives_the_same_ids_and_another_seed_others() {
        let ids = |seed| {
            let clock = ManualClock::new(NOON, seed).clock();
            (clock.uuid_v7(), clock.uuid_v4(), clock.bytes::<32>())
        };
        assert_eq!(ids(1), ids(1));
        assert_ne!(ids(1), ids(2));
    }

    #[test]
    fn ids_carry_the_clocks_time() {
        let id = ManualClock::new(NOON, 1).clock().uuid_v7();
        assert_eq!(baton_protocol::OpId(id).made_at(), Some(NOON));
        assert_eq!(Clock::system().uuid_v4().get_version_num(), 4);
        let a = Clock::system();
        assert_ne!(a.bytes::<16>(), a.bytes::<16>());
    }

    #[test]
    fn jitter_stays_below_its_bound() {
        let clock = ManualClock::new(NOON, 7).clock();
        assert_eq!(clock.below(0), 0);
        let drawn: Vec<u64> = (0..1_000).map(|_| clock.below(10)).collect();
        assert!((0..10).all(|n| drawn.contains(&n)) && drawn.iter().all(|n| *n < 10));
    }

    #[tokio::test]
    async fn whoever_sleeps_wakes_when_a_test_moves_the_time() {
        let manual = ManualClock::new(NOON, 1);
        let clock = manual.clock();
        let until = NOON.plus_ms(100);
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move {
                clock.sleep_until(until).await;
                clock.sleep(Duration::from_millis(50)).await;
                clock.now()
            }
        });
        manual.advance_ms(99);
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        manual.advance_ms(1);
        while manual.time.receiver_count() > 0 && !sleeper.is_finished() {
            manual.advance_ms(50);
            tokio::task::yield_now().await;
        }
        assert!(sleeper.await.expect("ends") >= NOON.plus_ms(150));
    }
}
