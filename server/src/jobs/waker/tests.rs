//! A week with a holiday, lunch breaks, a change of the clocks and three zones, in which nobody
//! looks for hours. Each clock rings once, and says the exact time at which it was due.

use std::collections::BTreeSet;

use baton_domain::fact::hours::Hours;
use baton_domain::group::SetWork;
use baton_protocol::setting::{Home, Rule, Schedule, SettingBody, SettingChange, SettingPut, Sla};
use baton_protocol::{Clock as Rings, Fact, SettingId, Timestamp};
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use super::*;
use crate::clock::ManualClock;
use crate::engine::testing::{Bench, bench_at};
use crate::node::testing::alone;
use crate::store::Sql;
use crate::store::read::log_after;
use crate::store::testing::databases;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// Thursday, 22 October 2026, 00:00 UTC. In Europe the clocks change on that Sunday.
const START: Timestamp = Timestamp::from_ms(1_792_627_200_000);
/// Open minutes after which a rule acts, and within which an answer is promised.
const RULE_MIN: i64 = 150;
const TARGET_MIN: i64 = 200;
const WARN_AT: i64 = 80;

/// Lunch breaks in Madrid, where the night of the change is open and Monday is a holiday. Long
/// days in New York, and nights at Lord Howe, half an hour off.
fn schedules() -> [Schedule; 3] {
    let desk = json!([[540, 810], [870, 1080]]);
    let madrid = json!([desk, desk, desk, desk, [[540, 900]], [], [[60, 240], [1200, 1440]]]);
    let long = json!([[480, 720], [750, 1260]]);
    let york = json!([long, long, long, long, long, [[600, 840]], []]);
    let night = json!([[0, 330], [1350, 1440]]);
    let howe = json!([night, night, night, night, night, night, night]);
    [
        ("Europe/Madrid", madrid, json!({"2026-10-26": []})),
        ("America/New_York", york, json!({"2026-10-23": [[600, 660]]})),
        ("Australia/Lord_Howe", howe, json!({})),
    ]
    .map(|(zone, week, days)| {
        let schedule = json!({"name": zone, "zone": zone, "week": week, "days": days});
        serde_json::from_value(schedule).expect("a schedule")
    })
}

/// The time at which so many milliseconds were open, minute by minute.
fn counted(hours: &Hours, start: Timestamp, mut left: i64) -> Timestamp {
    let mut at = start;
    loop {
        let end = Timestamp::from_ms((at.ms().div_euclid(MINUTE) + 1) * MINUTE);
        let open = if hours.is_open(at) { end.since(at) } else { 0 };
        if open >= left && hours.is_open(at) {
            return at.plus_ms(left);
        }
        (left, at) = (left - open, end);
    }
}

async fn set(bench: &Bench, id: SettingId, body: SettingBody) {
    let (kind, body) = (body.kind(), body.to_json());
    let put = SettingPut { home: Home::Workspace, rank: None, body };
    let (expect, epoch, anyway) = (None, None, false);
    let change = SettingChange { kind, id, expect, epoch, put: Some(put), anyway };
    let changes = vec![(change, bench.clock.uuid_v4())];
    let work = SetWork { workspace: bench.workspace, by: None, changes, secret: None };
    bench.engine.set(work).await.unwrap().unwrap();
}

fn id(n: u128) -> SettingId {
    SettingId(Uuid::from_u128(0x500 + n))
}

/// A rule for each schedule, and a promise by the first one.
async fn set_up(bench: &Bench) {
    for (n, schedule) in (0..).zip(schedules()) {
        set(bench, id(n), SettingBody::from(schedule)).await;
        let rule: Value = json!({
            "name": format!("Late {n}"), "enabled": true, "when": "unanswered", "once": "always",
            "after_min": RULE_MIN, "hours": id(n), "then": [{"do": "note", "text": "late"}],
        });
        let rule: Rule = serde_json::from_value(rule).expect("a rule");
        set(bench, id(10 + n), SettingBody::from(rule)).await;
    }
    let first = json!({"target_min": TARGET_MIN, "warn_at": WARN_AT, "hours": id(0)});
    let sla: Sla = serde_json::from_value(json!({"name": "Desk", "first": first})).expect("one");
    set(bench, id(20), SettingBody::from(sla)).await;
}

#[tokio::test]
async fn in_a_week_each_clock_rings_once_at_its_time_however_long_nobody_looks() {
    let hours = schedules().map(|one| Hours::of(&one).expect("hours"));
    for database in databases().await {
        let clock = ManualClock::new(START, 7);
        let bench = bench_at(database, 1, clock.clock()).await;
        set_up(&bench).await;
        let membership = alone(&bench.database.store, &clock.clock()).await;
        let waker = Waker { engine: bench.engine.clone(), membership, clock: clock.clock() };
        let mut customers = 0_u64;
        // The waker sleeps for 1 to 11 hours. A customer writes at an odd time in between.
        for round in 0..60_i64 {
            let asleep = HOUR * (1 + round * 7 % 11) + round * 17_341;
            clock.advance_ms((asleep / 2).unsigned_abs());
            if clock.clock().now() < START.plus_ms(7 * 24 * HOUR) {
                customers += 1;
                let from = format!("3460000{customers:04}");
                bench.says(&from, &format!("wamid.{customers}"), "Hola").await;
            }
            clock.advance_ms((asleep / 2).unsigned_abs());
            while waker.look_due().await {}
        }
        assert!(customers > 20, "{customers} wrote: that proves nothing");
        let mut tx = bench.database.store.read().await.unwrap();
        let log = log_after(&mut tx, bench.workspace, 0, 100_000).await.unwrap();
        tx.rollback().await.unwrap();
        let (mut rang, mut latest) = (BTreeSet::new(), 0);
        for event in log.iter().map(|logged| &logged.event) {
            let Fact::ClockDue { clock, start, due_at, .. } = event.fact else { continue };
            let (hours, minutes) = match clock {
                Rings::Rule { rule_id } => {
                    let of = (0..3).position(|n| rule_id == id(10 + n)).expect("a rule");
                    (&hours[of], RULE_MIN)
                }
                Rings::Warned { .. } => (&hours[0], TARGET_MIN * WARN_AT / 100),
                Rings::Breached { .. } => (&hours[0], TARGET_MIN),
            };
            let at = counted(hours, start, minutes * MINUTE);
            assert_eq!(due_at, at, "{clock:?} from {start:?}");
            assert!(rang.insert((event.conversation_id, clock)), "twice: {event:?}");
            latest = latest.max(event.at.since(due_at));
        }
        assert_eq!(rang.len() as u64, customers * 5, "three rules, a warning and a breach each");
        assert!(latest > 3 * HOUR, "nobody slept: that proves nothing");
        bench.close().await;
    }
}

/// The times that are noted for looks.
async fn noted(waker: &Waker) -> Vec<Timestamp> {
    static AT: Sql = Sql::new("SELECT at FROM look ORDER BY at");
    let rows: Vec<(i64,)> = waker.engine.store().rows_alone(&AT, &[]).await.unwrap();
    rows.into_iter().map(|(at,)| Timestamp::from_ms(at)).collect()
}

#[tokio::test]
async fn a_clock_that_each_message_moves_on_is_noted_once_and_rings_at_its_time() {
    for database in databases().await {
        let clock = ManualClock::new(START, 7);
        let bench = bench_at(database, 1, clock.clock()).await;
        let rule = json!({
            "name": "Silent", "enabled": true, "when": "idle", "once": "always",
            "after_min": 60, "then": [{"do": "note", "text": "silent"}],
        });
        set(&bench, id(1), serde_json::from_value::<Rule>(rule).expect("a rule").into()).await;
        let membership = alone(&bench.database.store, &clock.clock()).await;
        let waker = Waker { engine: bench.engine.clone(), membership, clock: clock.clock() };
        let mut last = START;
        for n in 0..10 {
            clock.advance_ms(5 * MINUTE.unsigned_abs());
            last = clock.clock().now();
            bench.says("34600000001", &format!("wamid.{n}"), "Hola").await;
            assert_eq!(noted(&waker).await, [START.plus_ms(5 * MINUTE + HOUR)]);
        }
        // The early look finds nothing that rings, and notes when the next one is.
        clock.advance_ms(15 * MINUTE.unsigned_abs());
        waker.look_due().await;
        assert_eq!(noted(&waker).await, [last.plus_ms(HOUR)]);
        assert_eq!(rang(&bench).await, []);
        clock.advance_ms(45 * MINUTE.unsigned_abs());
        waker.look_due().await;
        assert_eq!(rang(&bench).await, [(last, last.plus_ms(HOUR))]);
        assert_eq!(noted(&waker).await, []);
        bench.close().await;
    }
}

/// The begin of each clock that rang, and the time at which it was due.
async fn rang(bench: &Bench) -> Vec<(Timestamp, Timestamp)> {
    let mut tx = bench.database.store.read().await.unwrap();
    let log = log_after(&mut tx, bench.workspace, 0, 10_000).await.unwrap();
    tx.rollback().await.unwrap();
    let due = log.iter().filter_map(|logged| {
        let Fact::ClockDue { start, due_at, .. } = logged.event.fact else { return None };
        Some((start, due_at))
    });
    due.collect()
}

#[tokio::test]
async fn one_that_cannot_be_looked_at_keeps_no_other_from_a_new_clock() {
    for database in databases().await {
        let clock = ManualClock::new(START, 7);
        let bench = bench_at(database, 1, clock.clock()).await;
        for n in 0..150 {
            bench_says(&bench, n).await;
        }
        let broken = "UPDATE conversation SET last_line = '{' \
             WHERE id = (SELECT MIN(id) FROM conversation)";
        bench.database.tamper(broken).await;
        let rule = json!({
            "name": "Late", "enabled": true, "when": "unanswered", "once": "always",
            "after_min": 60, "then": [{"do": "note", "text": "late"}],
        });
        set(&bench, id(1), serde_json::from_value::<Rule>(rule).expect("a rule").into()).await;
        let membership = alone(&bench.database.store, &clock.clock()).await;
        let waker = Waker { engine: bench.engine.clone(), membership, clock: clock.clock() };
        let mut revised = Revised::default();
        waker.revise(&mut revised).await.unwrap();
        assert_eq!((noted(&waker).await.len(), revised.failed.len()), (149, 1));
        // It is tried again, and the others are not.
        waker.revise(&mut revised).await.unwrap();
        assert_eq!(revised.failed.len(), 1);
        bench.database.close().await;
    }
}

/// Conversations that are due at once.
fn due_at_once() -> u64 {
    let told = std::env::var_os("BATON_DUE").and_then(|text| text.to_str()?.parse().ok());
    told.unwrap_or(350)
}

async fn are_due(waker: &Waker) -> u64 {
    static COUNT: Sql =
        Sql::new("SELECT CAST(COUNT(*) AS BIGINT) FROM look WHERE at <= CAST($1 AS BIGINT)");
    let now = waker.clock.now().ms().to_string();
    let rows: Vec<(i64,)> = waker.engine.store().rows_alone(&COUNT, &[&now]).await.unwrap();
    rows[0].0.unsigned_abs()
}

/// Looks until nothing is due, and says how often. Each look is of a bounded group.
async fn looks_at_all(waker: Waker) -> u64 {
    let (mut looks, mut left) = (0, are_due(&waker).await);
    while left > 0 {
        waker.look_due().await;
        let after = are_due(&waker).await;
        assert!(after < left && left - after <= 100, "{left} were due, and {after} then");
        (looks, left) = (looks + 1, after);
    }
    looks
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_due_after_an_outage_rings_in_bounded_groups_while_webhooks_are_taken() {
    let all = due_at_once();
    for database in databases().await {
        let clock = ManualClock::new(START, 7);
        let bench = bench_at(database, 1, clock.clock()).await;
        let rule = json!({
            "name": "Late", "enabled": true, "when": "unanswered", "once": "always",
            "after_min": 60, "then": [{"do": "note", "text": "late"}],
        });
        set(&bench, id(1), serde_json::from_value::<Rule>(rule).expect("a rule").into()).await;
        let customers: Vec<u64> = (0..all).collect();
        for some in customers.chunks(100) {
            let said = some.iter().map(|n| bench_says(&bench, *n));
            join_all(said).await;
        }
        // An outage of ten hours.
        clock.advance_ms(10 * HOUR.unsigned_abs());
        let membership = alone(&bench.database.store, &clock.clock()).await;
        let waker = Waker { engine: bench.engine.clone(), membership, clock: clock.clock() };
        let began = Instant::now();
        let looking = tokio::spawn(looks_at_all(waker.clone()));
        let (mut taken, mut slowest) = (0, Duration::ZERO);
        while !looking.is_finished() {
            let sent = Instant::now();
            bench_says(&bench, all + taken).await;
            (taken, slowest) = (taken + 1, slowest.max(sent.elapsed()));
        }
        let looks = looking.await.expect("each look is of a bounded group");
        assert!(looks >= all / 100, "{looks} looks at {all}");
        assert!(taken > 1, "no webhook was taken meanwhile");
        println!(
            "{}: {all} due rang within {} ms by {looks} looks; {taken} webhooks were taken \
             meanwhile, the slowest within {} ms",
            if bench.database.url.starts_with("sqlite") { "SQLite" } else { "PostgreSQL" },
            began.elapsed().as_millis(),
            slowest.as_millis()
        );
        let (mut rang, mut after) = (BTreeSet::new(), 0);
        loop {
            let mut tx = bench.database.store.read().await.unwrap();
            let log = log_after(&mut tx, bench.workspace, after, 10_000).await.unwrap();
            tx.rollback().await.unwrap();
            let Some(last) = log.last() else { break };
            after = last.event.position;
            for event in log.iter().map(|logged| &logged.event) {
                let Fact::ClockDue { start, due_at, .. } = event.fact else { continue };
                assert_eq!(due_at, start.plus_ms(HOUR));
                assert!(rang.insert(event.conversation_id), "twice: {event:?}");
            }
        }
        assert_eq!(rang.len() as u64, all, "all that were due, and none that came since");
        bench.close().await;
    }
}

async fn bench_says(bench: &Bench, n: u64) {
    bench.says(&format!("346{n:08}"), &format!("wamid.{n}"), "Hola").await;
}
