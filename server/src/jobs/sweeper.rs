//! Deletes what is kept for a time only, at the start and every hour: raw webhooks, outcomes of
//! commands, the feed of old positions, statuses of messages that nobody here knows.
//!
//! Many short transactions of a few hundred rows, so that no command waits for a sweep. Sessions
//! are not swept here: those that ended long ago by themselves go when their agent signs in, and
//! revoked devices stay, for they have to be told whenever they come back.

use std::time::Duration;

use baton_protocol::Timestamp;

use crate::clock::Clock;
use crate::config::StoreConfig;
use crate::store::sweep::{sweep_feed, sweep_intake, sweep_outcomes, sweep_parked};
use crate::store::{Store, StoreError, read};

/// How long each kind of row is kept, in days.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    /// Raw webhooks.
    pub intake_days: u32,
    /// Outcomes of commands.
    pub outcome_days: u32,
    /// What phones resume from.
    pub feed_days: u32,
}

impl Keep {
    /// As configured.
    pub fn of(config: &StoreConfig) -> Self {
        Self {
            intake_days: config.intake_days,
            outcome_days: config.outcome_days,
            feed_days: config.feed_days,
        }
    }
}

/// See the head of the file.
#[derive(Clone, Debug)]
pub struct Sweeper {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// How long what is kept.
    pub keep: Keep,
}

/// What a sweep took away.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Swept {
    /// Raw webhooks, with what was replayed of them.
    pub intake: u64,
    /// Outcomes.
    pub outcomes: u64,
    /// Positions that left the feed.
    pub positions: u64,
    /// Statuses of unknown messages.
    pub parked: u64,
}

const EVERY: Duration = Duration::from_secs(60 * 60);
/// Rows of one transaction.
const AT_ONCE: u64 = 500;
/// A status whose message is unknown for so long will never be of use: Meta repeats for a week.
const PARKED_DAYS: u32 = 7;
/// Op ids are taken for seven days: their outcomes must be found for longer.
const OUTCOME_DAYS_MIN: u32 = 8;

impl Sweeper {
    /// Sweeps at once and every hour, for ever.
    pub async fn run(self) {
        loop {
            match self.sweep().await {
                Ok(swept) if swept != Swept::default() => {
                    let Swept { intake, outcomes, positions, parked } = swept;
                    tracing::info!(intake, outcomes, positions, parked, "old rows were deleted");
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "old rows stay for another hour"),
            }
            self.clock.sleep(EVERY).await;
        }
    }

    /// Deletes all that is old enough.
    pub async fn sweep(&self) -> Result<Swept, StoreError> {
        let mut swept = Swept::default();
        let store = &self.store;
        let before = self.before(self.keep.intake_days);
        while add(&mut swept.intake, sweep_intake(store, before, AT_ONCE).await?) {}
        let before = self.before(self.keep.outcome_days.max(OUTCOME_DAYS_MIN));
        while add(&mut swept.outcomes, sweep_outcomes(store, before, AT_ONCE).await?) {}
        let before = self.before(PARKED_DAYS);
        while add(&mut swept.parked, sweep_parked(store, before, AT_ONCE).await?) {}
        let mut tx = store.read().await?;
        let workspaces = read::workspaces(&mut tx).await?;
        tx.rollback().await?;
        let before = self.before(self.keep.feed_days);
        for (workspace, _) in workspaces {
            while add(&mut swept.positions, sweep_feed(store, workspace, before, AT_ONCE).await?) {}
        }
        Ok(swept)
    }

    fn before(&self, days: u32) -> Timestamp {
        self.clock.now().plus_ms(-i64::from(days) * 86_400_000)
    }
}

/// Adds, and tells whether there may be more.
fn add(sum: &mut u64, more: u64) -> bool {
    *sum += more;
    more > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::store::Sql;
    use crate::store::testing::{TestDatabase, databases};

    const DAY_MS: i64 = 86_400_000;
    /// The time of the rows; clocks start here.
    const START: Timestamp = Timestamp::from_ms(1_790_000_000_000);
    const W: &str = "00000000-0000-7000-8000-000000000001";

    fn sweeper(database: &TestDatabase, clock: &ManualClock) -> Sweeper {
        let keep = Keep { intake_days: 30, outcome_days: 30, feed_days: 45 };
        Sweeper { store: database.store.clone(), clock: clock.clock(), keep }
    }

    /// A workspace with a team; rows that refer to others are written past the foreign keys.
    async fn bench(database: &TestDatabase) -> ManualClock {
        let sql = format!(
            "INSERT INTO workspace VALUES ('{W}', 'main', 'Main', 0);
             INSERT INTO log_head (workspace) VALUES ('{W}');
             INSERT INTO team VALUES ('{W}', 'sales', 'Sales', 'owner', 'full', 0);"
        );
        database.tamper(&sql).await;
        ManualClock::new(START, 1)
    }

    fn days(clock: &ManualClock, days: i64) {
        clock.advance_ms(u64::try_from(days * DAY_MS).unwrap());
    }

    async fn count(database: &TestDatabase, sql: &'static Sql) -> i64 {
        let mut tx = database.store.read().await.unwrap();
        let row = tx.row::<(i64,)>(sql, &[]).await.unwrap().unwrap();
        tx.rollback().await.unwrap();
        row.0
    }

    #[tokio::test]
    async fn raw_webhooks_go_after_their_days_unless_something_in_them_waits_for_somebody() {
        static INTAKE: Sql = Sql::new("SELECT COUNT(*) FROM intake");
        static ASIDE: Sql = Sql::new("SELECT COUNT(*) FROM quarantine");
        for database in databases().await {
            let clock = bench(&database).await;
            let at = START.ms();
            let mut sql = String::new();
            for n in 0..1_203 {
                sql.push_str(&format!(
                    "INSERT INTO intake VALUES ('i{n}', 'app', 'd{n}', {at}, '');"
                ));
            }
            sql.push_str(&format!(
                "INSERT INTO quarantine VALUES ('q1', 'd1', 'app', NULL, 'i1', 'r', '', 0, NULL);
                 INSERT INTO quarantine VALUES ('q2', 'd2', 'app', NULL, 'i2', 'r', '', 0, {at});"
            ));
            database.tamper(&sql).await;
            let sweeper = sweeper(&database, &clock);
            days(&clock, 30);
            assert_eq!(sweeper.sweep().await.unwrap(), Swept::default());
            clock.advance_ms(1);
            sweeper.sweep().await.unwrap();
            assert_eq!((count(&database, &INTAKE).await, count(&database, &ASIDE).await), (1, 1));
            database.close().await;
        }
    }

    #[tokio::test]
    async fn outcomes_are_kept_longer_than_op_ids_are_taken_however_few_days_are_asked() {
        static LEFT: Sql = Sql::new("SELECT COUNT(*) FROM outcome");
        for database in databases().await {
            let clock = bench(&database).await;
            let mut sql = String::new();
            for (n, at) in [(0, 0), (1, 0), (2, 5 * DAY_MS)] {
                let at = START.ms() + at;
                sql.push_str(&format!(
                    "INSERT INTO outcome
                     VALUES ('{W}', 'a', 'o{n}', 'h', NULL, NULL, '{{}}', {at});"
                ));
            }
            database.tamper(&sql).await;
            let mut sweeper = sweeper(&database, &clock);
            sweeper.keep.outcome_days = 1;
            days(&clock, 8);
            sweeper.sweep().await.unwrap();
            assert_eq!(count(&database, &LEFT).await, 3);
            clock.advance_ms(1);
            assert_eq!(sweeper.sweep().await.unwrap().outcomes, 2);
            days(&clock, 30);
            assert_eq!(sweeper.sweep().await.unwrap().outcomes, 1);
            database.close().await;
        }
    }

    #[tokio::test]
    async fn the_feed_begins_above_a_floor_that_rises_with_time_and_never_over_what_is_young() {
        static FLOOR: Sql = Sql::new("SELECT feed_floor FROM log_head");
        static LEFT: Sql = Sql::new("SELECT COUNT(*) FROM feed");
        static LOWEST: Sql = Sql::new("SELECT MIN(position) FROM feed");
        for database in databases().await {
            let clock = bench(&database).await;
            let mut sql = String::new();
            // 1,100 old ones, then one a day.
            for n in 1_i64..=1_103 {
                let at = START.ms() + (n - 1_100).max(0) * DAY_MS;
                let previous = if n == 1 { "NULL".to_owned() } else { (n - 1).to_string() };
                sql.push_str(&format!(
                    "INSERT INTO log (workspace, position, previous, at, actor_kind, fact)
                     VALUES ('{W}', {n}, {previous}, {at}, 'system', '{{}}');
                     INSERT INTO feed VALUES ('{W}', 'all', {n}, NULL);
                     INSERT INTO feed VALUES ('{W}', 't:sales', {n}, NULL);"
                ));
            }
            sql.push_str("UPDATE log_head SET position = 1103;");
            database.tamper(&sql).await;
            let sweeper = sweeper(&database, &clock);
            days(&clock, 45);
            assert_eq!(sweeper.sweep().await.unwrap(), Swept::default());
            clock.advance_ms(1);
            assert_eq!(sweeper.sweep().await.unwrap().positions, 1_100);
            days(&clock, 1);
            assert_eq!(sweeper.sweep().await.unwrap().positions, 1);
            assert_eq!(count(&database, &FLOOR).await, 1_101);
            assert_eq!(count(&database, &LEFT).await, 4);
            assert_eq!(count(&database, &LOWEST).await, 1_102);
            database.close().await;
        }
    }

    #[tokio::test]
    async fn statuses_of_unknown_messages_go_after_a_week() {
        static LEFT: Sql = Sql::new("SELECT COUNT(*) FROM parked_status");
        for database in databases().await {
            let clock = bench(&database).await;
            let (old, young) = (START.ms(), START.ms() + DAY_MS);
            let sql = format!(
                "INSERT INTO parked_status VALUES ('{W}', 'c', 'm1', 'read', NULL, {old});
                 INSERT INTO parked_status VALUES ('{W}', 'c', 'm2', 'read', NULL, {young});"
            );
            database.tamper(&sql).await;
            days(&clock, 7);
            clock.advance_ms(1);
            assert_eq!(sweeper(&database, &clock).sweep().await.unwrap().parked, 1);
            assert_eq!(count(&database, &LEFT).await, 1);
            database.close().await;
        }
    }
}
