//! What a sweep takes away, what it leaves, and what it applies.

use baton_domain::decide::delivery::{SendClaim, SendResult};
use baton_protocol::{MessageStatus, TeamId};
use uuid::Uuid;

use super::*;
use crate::clock::ManualClock;
use crate::engine::testing::{NODE, bench_at, engine};
use crate::node::testing::alone;
use crate::store::Sql;
use crate::store::testing::{TestDatabase, databases};
use crate::telemetry::Metrics;

const DAY_MS: i64 = 86_400_000;
/// The time of the rows; clocks start here.
const START: Timestamp = Timestamp::from_ms(1_790_000_000_000);
const W: &str = "00000000-0000-7000-8000-000000000001";

async fn sweeper(database: &TestDatabase, clock: &ManualClock) -> Sweeper {
    let keep = Keep { intake_days: 30, not_understood_days: 400, outcome_days: 30, feed_days: 45 };
    let store = database.store.clone();
    let engine = engine(&store, &clock.clock(), &Metrics::new());
    let membership = alone(&store, &clock.clock()).await;
    Sweeper { engine, store, membership, clock: clock.clock(), keep }
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
            let row = format!("INSERT INTO intake VALUES ('i{n}', 'app', 'd{n}', {at}, '', 1);");
            sql.push_str(&row);
        }
        sql.push_str(&format!(
            "INSERT INTO quarantine VALUES
               ('q1', 'd1', 'app', NULL, 'i1', 'r', '', 0, NULL, NULL),
               ('q2', 'd2', 'app', NULL, 'i2', 'r', '', 0, {at}, NULL),
               ('q3', 'd3', 'app', NULL, 'i3', 'r', '', 0, NULL, {at});"
        ));
        database.tamper(&sql).await;
        let sweeper = sweeper(&database, &clock).await;
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
                   (workspace, agent, op_id, body_hash, conversation, after, answer, at)
                 VALUES ('{W}', 'a', 'o{n}', 'h', NULL, NULL, '{{}}', {at});"
            ));
        }
        database.tamper(&sql).await;
        let mut sweeper = sweeper(&database, &clock).await;
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
        let sweeper = sweeper(&database, &clock).await;
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
            "INSERT INTO parked_status VALUES ('{W}', 'c', 'm1', 'read', NULL, {old}, '');
             INSERT INTO parked_status VALUES ('{W}', 'c', 'm2', 'read', NULL, {young}, '');"
        );
        database.tamper(&sql).await;
        days(&clock, 7);
        clock.advance_ms(1);
        assert_eq!(sweeper(&database, &clock).await.sweep().await.unwrap().parked, 1);
        assert_eq!(count(&database, &LEFT).await, 1);
        database.close().await;
    }
}

#[tokio::test]
async fn what_a_source_said_of_a_customer_goes_after_thirty_days() {
    static LEFT: Sql = Sql::new("SELECT COUNT(*) FROM context_cache");
    for database in databases().await {
        let clock = bench(&database).await;
        let mut sql = String::new();
        for (source, at) in [("s1", START.ms()), ("s2", START.ms() + DAY_MS)] {
            sql.push_str(&format!(
                "INSERT INTO context_cache (workspace, contact, source, version, body, at)
                 VALUES ('{W}', 'c', '{source}', 1, '{{}}', {at});"
            ));
        }
        database.tamper(&sql).await;
        days(&clock, 30);
        assert_eq!(sweeper(&database, &clock).await.sweep().await.unwrap(), Swept::default());
        clock.advance_ms(1);
        assert_eq!(sweeper(&database, &clock).await.sweep().await.unwrap().answers, 1);
        assert_eq!(count(&database, &LEFT).await, 1);
        database.close().await;
    }
}

#[tokio::test]
async fn abandoned_registrations_go_and_so_does_what_was_told_of_old_pushes() {
    static PUSHES: Sql = Sql::new("SELECT COUNT(*) FROM push_device");
    static RECEIPTS: Sql = Sql::new("SELECT COUNT(*) FROM push_receipt");
    for database in databases().await {
        let clock = bench(&database).await;
        let (start, far) = (START.ms(), START.ms() + 1_000 * DAY_MS);
        let mut sql = String::new();
        // Confirmed at the start; three days later; of a session that ends after forty days.
        for (n, confirmed_at, ends_at) in
            [(1, start, far), (2, start + 3 * DAY_MS, far), (3, start, start + 40 * DAY_MS)]
        {
            sql.push_str(&format!(
                "INSERT INTO device VALUES ('{W}', 'd{n}', 'a', '', '', 1, '', NULL, 'x{n}', 0,
                   {ends_at}, 0, 0, NULL, NULL, NULL, NULL);
                 INSERT INTO push_device (workspace, device, lane, target_kind, target_sealed,
                   target_digest, caps, receipt_salt, registered_at, confirmed_at)
                 VALUES ('{W}', 'd{n}', 'log', 'token', '', 't{n}', '[]', '', 0, {confirmed_at});
                 INSERT INTO push_receipt VALUES ('{W}', 'p{n}', 'd{n}', {start}, NULL, NULL, NULL,
                   'extension', {confirmed_at});"
            ));
        }
        database.tamper(&sql).await;
        let sweeper = sweeper(&database, &clock).await;
        days(&clock, 30);
        assert_eq!(sweeper.sweep().await.unwrap(), Swept::default());
        clock.advance_ms(1);
        assert_eq!(sweeper.sweep().await.unwrap().receipts, 2);
        assert_eq!(count(&database, &RECEIPTS).await, 1);
        days(&clock, 10);
        assert_eq!(sweeper.sweep().await.unwrap().pushes, 1);
        days(&clock, 230);
        assert_eq!(sweeper.sweep().await.unwrap().pushes, 1);
        assert_eq!(count(&database, &PUSHES).await, 1);
        database.close().await;
    }
}

#[tokio::test]
async fn a_status_that_waits_although_its_message_is_known_is_applied() {
    for database in databases().await {
        let clock = ManualClock::new(START, 1);
        let bench = bench_at(database, 1, clock.clock()).await;
        let (first, second) =
            (bench.queued("16505551234").await, bench.queued("16505551235").await);
        let accepted = |n| SendResult::Accepted { wamid: format!("wamid.out.{n}") };
        // The second one went only the second time.
        for (at, claim, result) in [
            (first, SendClaim { attempt: 1, epoch: 7 }, accepted(0)),
            (second, SendClaim { attempt: 1, epoch: 7 }, SendResult::Again),
            (second, SendClaim { attempt: 2, epoch: 8 }, accepted(1)),
        ] {
            bench.engine.claim(at, claim.epoch, NODE).await.unwrap();
            bench.engine.result(at, claim, result, None).await.unwrap();
        }
        let (w, c, at) = (bench.workspace, first.channel, START.ms() - 30 * DAY_MS);
        let mut sql = String::new();
        for (wamid, status) in [
            ("wamid.out.0", "delivered"),
            ("wamid.out.0", "failed"),
            ("wamid.out.0", "read"),
            ("wamid.out.1", "failed"),
            ("wamid.strange", "read"),
        ] {
            sql.push_str(&format!(
                "INSERT INTO parked_status VALUES ('{w}', '{c}', '{wamid}', '{status}', NULL,
                   {at}, '');"
            ));
        }
        bench.database.tamper(&sql).await;
        let sweeper = sweeper(&bench.database, &clock).await;
        let swept = sweeper.sweep().await.unwrap();
        assert_eq!((swept.heard, swept.parked), (2, 1), "the strange one is too old");
        assert_eq!(bench.line(first).await.status, Some(MessageStatus::Read));
        assert_eq!(bench.line(second).await.status, Some(MessageStatus::Failed));
        assert_eq!(sweeper.sweep().await.unwrap(), Swept::default());
        drop(sweeper);
        bench.close().await;
    }
}

#[tokio::test]
async fn what_waits_is_looked_at_page_by_page_and_to_the_end() {
    for database in databases().await {
        let bench = bench_at(database, 1, ManualClock::new(START, 1).clock()).await;
        let at = bench.queued("16505551234").await;
        bench.engine.claim(at, 7, NODE).await.unwrap();
        let accepted = SendResult::Accepted { wamid: "wamid.m".to_owned() };
        bench.engine.result(at, SendClaim { attempt: 1, epoch: 7 }, accepted, None).await.unwrap();
        let (w, c) = (at.workspace, at.channel);
        for wamid in ["wamid.a", "wamid.b", "wamid.m", "wamid.z"] {
            for status in ["delivered", "read"] {
                let row = format!("('{w}', '{c}', '{wamid}', '{status}', NULL, 0, '')");
                bench.database.tamper(&format!("INSERT INTO parked_status VALUES {row}")).await;
            }
        }
        for limit in [1, 3, 8, 9] {
            let (mut found, mut next) = (Vec::new(), Some(Awaited::default()));
            while let Some(after) = next {
                let (known, rest) =
                    overlooked_statuses(&bench.database.store, &after, limit).await.unwrap();
                found.extend(known);
                next = rest;
            }
            let wamid = "wamid.m".to_owned();
            let one = Overlooked { workspace: w, channel: c, wamid, attempt: Some(1) };
            assert_eq!(found, [one], "{limit} at once");
        }
        bench.close().await;
    }
}

#[tokio::test]
async fn filters_of_an_earlier_version_become_settings_and_those_of_who_left_go() {
    static LEFT: Sql = Sql::new("SELECT COUNT(*) FROM saved_view");
    static SET: Sql =
        Sql::new("SELECT COUNT(*) FROM setting WHERE kind = 'saved_view' AND ended_at IS NULL");
    for database in databases().await {
        let clock = ManualClock::new(START, 1);
        let bench = bench_at(database, 1, clock.clock()).await;
        let (database, agent, of) = (bench.database, bench.agents[0], bench.workspace);
        let view = |n: u8| format!("0198f2a0-0000-4000-8000-0000000000{n:02}");
        let team = format!("'{}'", TeamId(Uuid::from_u128(2)));
        let mut sql = String::new();
        for (n, team) in [(1, "NULL"), (2, &team)] {
            sql.push_str(&format!(
                "INSERT INTO saved_view VALUES ('{of}', '{}', '{agent}', {team}, 'View {n}',
                   '{{\"status\":\"open\"}}', 0);",
                view(n)
            ));
        }
        database.tamper(&sql).await;
        let sweeper = sweeper(&database, &clock).await;
        assert_eq!(sweeper.sweep().await.unwrap().moved, 2);
        assert_eq!((count(&database, &LEFT).await, count(&database, &SET).await), (0, 2));
        // A node that died between the two statements leaves a row that is there already.
        database.tamper(&sql).await;
        assert_eq!(sweeper.sweep().await.unwrap().moved, 2);
        assert_eq!((count(&database, &LEFT).await, count(&database, &SET).await), (0, 2));
        let left =
            format!("UPDATE agent SET state = 'inactive', active_id = NULL WHERE id = '{agent}';");
        let new = sql.replace(&view(1), &view(3));
        database.tamper(&(left + &new)).await;
        assert_eq!(sweeper.sweep().await.unwrap().moved, 2);
        assert_eq!((count(&database, &LEFT).await, count(&database, &SET).await), (0, 2));
        database.close().await;
    }
}

#[tokio::test]
async fn what_stood_in_for_templates_becomes_a_setting_once() {
    static LEFT: Sql = Sql::new("SELECT COUNT(*) FROM template_fallback");
    static SET: Sql =
        Sql::new("SELECT COUNT(*) FROM setting WHERE kind = 'template_fallback' AND version = 1");
    for database in databases().await {
        let clock = ManualClock::new(START, 1);
        let bench = bench_at(database, 1, clock.clock()).await;
        let (database, of) = (bench.database, bench.workspace);
        let channel = Uuid::from_u128(3);
        let mut sql = String::new();
        for (language, to) in [("es", "en"), ("en", "pt"), ("pt", "pt")] {
            sql.push_str(&format!(
                "INSERT INTO template_fallback VALUES ('{of}', '{channel}', 'order', '{language}',
                   '{{\"name\":\"order\",\"language\":\"{to}\",\"category\":\"utility\"}}');"
            ));
        }
        let source = format!(
            "INSERT INTO template_source (workspace, channel, account, due_at)
             VALUES ('{of}', '{channel}', '1', 0);"
        );
        database.tamper(&(source + &sql)).await;
        let sweeper = sweeper(&database, &clock).await;
        assert_eq!(sweeper.sweep().await.unwrap().moved, 2);
        let left = (count(&database, &LEFT).await, count(&database, &SET).await);
        assert_eq!(left, (1, 2), "one that names itself stays, and is logged");
        // A node that died between the two statements leaves rows that are settings already.
        database.tamper("DELETE FROM template_fallback").await;
        database.tamper(&sql).await;
        assert_eq!(sweeper.sweep().await.unwrap().moved, 2);
        assert_eq!((count(&database, &LEFT).await, count(&database, &SET).await), (1, 2));
        database.close().await;
    }
}
