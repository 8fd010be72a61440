//! Looks now and then at what no request shows. It compares this node's clock with the database's.
//! It counts how long messages wait to be sent, and how many numbers send nothing.

use std::time::Duration;

use baton_protocol::Timestamp;

use crate::clock::Clock;
use crate::store::push::waiting_pushes;
use crate::store::read::oldest_due;
use crate::store::{Store, StoreError, health};
use crate::telemetry::Metrics;

/// The worker that looks.
#[derive(Clone, Debug)]
pub struct Watcher {
    /// The database.
    pub store: Store,
    /// The clock that is compared.
    pub clock: Clock,
    /// Where it is shown.
    pub metrics: Metrics,
}

const EVERY: Duration = Duration::from_secs(5);
/// Windows, snoozes and limits of age are minutes and hours: a clock that is off by more than this
/// is worth a line.
const OFF_MS_MAX: i64 = 5_000;

impl Watcher {
    /// Every five seconds, for ever.
    pub async fn run(self) {
        let mut is_off = false;
        loop {
            // A database that is away says so itself.
            is_off = self.look(is_off).await.unwrap_or(is_off);
            self.clock.sleep(EVERY).await;
        }
    }

    /// Whether the clock is off; told once when that changes.
    async fn look(&self, was_off: bool) -> Result<bool, StoreError> {
        self.show_oldest().await?;
        let off_ms = self.off_ms().await?;
        self.metrics.clock_off_s.set(off_ms / 1000);
        let is_off = off_ms.abs() > OFF_MS_MAX;
        if is_off && !was_off {
            tracing::error!(
                off_ms,
                "this node's clock is not the database's: windows and snoozes end at the wrong \
                 time; set both by a time server"
            );
        } else if was_off && !is_off {
            tracing::info!(off_ms, "this node's clock is the database's again");
        }
        Ok(is_off)
    }

    /// How far this node's clock is ahead. What the question took is no difference.
    async fn off_ms(&self) -> Result<i64, StoreError> {
        let (before, began) = (self.clock.now(), self.clock.monotonic());
        let Some(theirs) = self.store.time().await? else { return Ok(0) };
        let took = self.clock.monotonic().saturating_sub(began).as_millis();
        let took_ms = i64::try_from(took).unwrap_or(i64::MAX);
        let ahead_ms = before.since(theirs);
        Ok(match ahead_ms {
            ahead if ahead > 0 => ahead,
            // It was asked before it answered.
            behind => behind.saturating_add(took_ms).min(0),
        })
    }

    async fn show_oldest(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut tx = self.store.read().await?;
        let oldest = oldest_due(&mut tx, now).await?;
        let pushes = waiting_pushes(&mut tx, now).await?;
        let (stopped, attention) = health::counts(&mut tx).await?;
        tx.rollback().await?;
        let age_s = |since: Option<Timestamp>| since.map_or(0, |at| now.since(at).max(0) / 1000);
        self.metrics.sends_oldest_s.set(age_s(oldest));
        self.metrics.numbers_stopped.set(stopped);
        self.metrics.numbers_attention.set(attention);
        self.metrics.pushes_waiting.set(pushes.count);
        self.metrics.pushes_oldest_s.set(age_s(pushes.oldest));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::engine::testing::bench_at;
    use crate::store::Dialect;
    use crate::store::testing::databases;

    const HOUR_MS: i64 = 3_600_000;

    #[tokio::test]
    async fn a_clock_that_is_off_is_shown_until_it_is_right_and_so_is_the_oldest_message() {
        for database in databases().await {
            let clock = ManualClock::new(Clock::system().now(), 1);
            let is_postgres = database.store.dialect() == Dialect::Postgres;
            let bench = bench_at(database, 1, clock.clock()).await;
            let store = bench.database.store.clone();
            let metrics = bench.metrics.clone();
            let watcher = Watcher { store, clock: clock.clock(), metrics: metrics.clone() };
            assert!(!watcher.look(false).await.unwrap());
            assert_eq!(metrics.sends_oldest_s.get(), 0);
            bench.queued("16505551234").await;
            for hours in [25, -25] {
                clock.set_wall(Clock::system().now().plus_ms(hours * HOUR_MS));
                assert_eq!(watcher.look(false).await.unwrap(), is_postgres);
                // SQLite's file has no clock but this one.
                let seen = metrics.clock_off_s.get();
                let expected = if is_postgres { hours * HOUR_MS / 1000 } else { 0 };
                assert!((seen - expected).abs() < 60, "{seen} s for {expected} s");
            }
            clock.set_wall(Clock::system().now().plus_ms(120_000));
            watcher.look(true).await.unwrap();
            let waits = metrics.sends_oldest_s.get();
            assert!((100..=180).contains(&waits), "{waits}");
            clock.set_wall(Clock::system().now());
            assert!(!watcher.look(true).await.unwrap());
            bench.close().await;
        }
    }
}
