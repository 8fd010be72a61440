//! Promises to customers: what is due, when it rings, and when it stands still.

use baton_protocol::command::{CommandBody, Seeing, Snooze};
use baton_protocol::setting::{Schedule, Sla, SlaTarget, Span};
use baton_protocol::{Clock, Event, Fact, Promised};
use serde_json::json;

use crate::automatic::{HOUR, MINUTE, Scene, given, id, rule, tag};
use crate::group::NOW;
use crate::team::resolve;

#[test]
fn promises_ring_in_open_minutes_whatever_the_status() {
    // NOW is a Tuesday, 22:13:20 UTC: the office opens at 9.
    let week = std::array::from_fn(|_| vec![Span(540, 1080)]);
    let office =
        Schedule { name: "Office".into(), zone: "UTC".into(), week, ..Schedule::default() };
    let target = SlaTarget { target_min: 60, warn_at: Some(50), hours: Some(id(1)) };
    let first = Some(target);
    let next = Some(SlaTarget { target_min: 10, warn_at: None, hours: None });
    let sla = Sla { name: "Standard".into(), first, next, ..Sla::default() };
    let mut scene = Scene::new(vec![given(1, office), given(2, sla)]);
    scene.says("hola");
    let opens = NOW.plus_ms(10 * HOUR + 46 * MINUTE + 40_000);
    scene.passes(20 * HOUR);
    scene.looks();
    let of_first = |clock: fn(Promised) -> Clock| clock(Promised::First);
    let warned = of_first(|answer| Clock::Warned { answer });
    let breached = of_first(|answer| Clock::Breached { answer });
    let due = [(warned, opens.plus_ms(30 * MINUTE)), (breached, opens.plus_ms(60 * MINUTE))];
    assert_eq!(scene.rang(), due);
    scene.answers();
    scene.says("two");
    scene.passes(5 * MINUTE);
    let asked = scene.now.plus_ms(-5 * MINUTE);
    scene.does(CommandBody::MarkWaiting(Seeing { seen: scene.conversation().thread.last_line }));
    scene.passes(HOUR);
    scene.looks();
    let breached = Clock::Breached { answer: Promised::Next };
    assert_eq!(
        scene.rang().pop(),
        Some((breached, asked.plus_ms(10 * MINUTE))),
        "nobody has answered, whatever the status"
    );
    scene.says("three");
    scene.passes(HOUR);
    scene.looks();
    assert_eq!(scene.rang().len(), 3, "the turn is the same");
    scene.is_its_log();
}

/// A scene with one promise.
fn promised(sla: Sla) -> Scene {
    Scene::new(vec![given(1, tag("VIP")), given(2, Sla { name: "Standard".into(), ..sla })])
}

fn within(target_min: u32) -> SlaTarget {
    SlaTarget { target_min, warn_at: None, hours: None }
}

fn seeing(scene: &Scene) -> Seeing {
    Seeing { seen: scene.conversation().thread.last_line }
}

#[test]
fn what_is_due_stands_in_the_head_until_it_is_done() {
    let mut scene =
        promised(Sla { first: Some(within(30)), next: Some(within(10)), ..Sla::default() });
    scene.says("hola");
    let due_at = |scene: &Scene| scene.conversation().head.due_at;
    assert_eq!(due_at(&scene), Some(NOW.plus_ms(30 * MINUTE)));
    scene.says("hola?");
    assert_eq!(due_at(&scene), Some(NOW.plus_ms(30 * MINUTE)), "the turn is the same");
    scene.passes(HOUR);
    scene.looks();
    assert_eq!(due_at(&scene), Some(NOW.plus_ms(30 * MINUTE)), "it is late, and still due");
    scene.answers();
    assert_eq!(due_at(&scene), None);
    scene.says("two");
    assert_eq!(due_at(&scene), Some(scene.now.plus_ms(10 * MINUTE)));
    scene.does(CommandBody::MarkWaiting(seeing(&scene)));
    assert_eq!(due_at(&scene), Some(scene.now.plus_ms(10 * MINUTE)), "nobody has answered");
    let changes = |event: &&Event| matches!(event.fact, Fact::DueChanged { .. });
    assert_eq!(scene.log.iter().filter(changes).count(), 3, "it is told where it changes alone");
    scene.is_its_log();
}

#[test]
fn the_end_is_promised_over_all_that_is_open_and_a_warning_comes_once() {
    let target = SlaTarget { target_min: 100, warn_at: Some(50), hours: None };
    let mut scene = promised(Sla { resolution: Some(target), ..Sla::default() });
    scene.says("hola");
    scene.passes(60 * MINUTE);
    scene.answers();
    let warned = Clock::Warned { answer: Promised::Resolution };
    assert_eq!(scene.rang(), [(warned, NOW.plus_ms(50 * MINUTE))]);
    let until = scene.now.plus_ms(3 * HOUR);
    scene.does(CommandBody::Snooze(Snooze { until, seen: scene.conversation().thread.last_line }));
    assert_eq!(scene.conversation().head.due_at, None);
    // Somebody looks long after the snooze ended.
    scene.passes(3 * HOUR + 20 * MINUTE);
    scene.looks();
    let due = until.plus_ms(40 * MINUTE);
    assert_eq!(scene.conversation().head.due_at, Some(due), "sixty minutes had passed");
    assert_eq!(scene.rang().len(), 1, "who was warned is not warned again");
    scene.passes(HOUR);
    scene.does(resolve(scene.conversation().thread.last_line));
    let breached = Clock::Breached { answer: Promised::Resolution };
    assert_eq!(scene.rang().pop(), Some((breached, due)));
    assert_eq!(scene.conversation().head.due_at, None);
    scene.is_its_log();
}

#[test]
fn many_pauses_leave_what_had_passed_as_it_was() {
    let mut scene = promised(Sla { resolution: Some(within(600)), ..Sla::default() });
    scene.says("hola");
    for _ in 0..40 {
        scene.passes(10 * MINUTE);
        scene.does(CommandBody::MarkWaiting(seeing(&scene)));
        scene.passes(7 * MINUTE);
        scene.says("y ahora");
    }
    let left = scene.conversation().head.due_at.expect("a promise").since(scene.now);
    assert_eq!(left, 200 * MINUTE);
    scene.is_its_log();
}

#[test]
fn a_tag_brings_the_promise_that_is_made_for_it() {
    let vip =
        Sla { name: "VIP".into(), first: Some(within(5)), tags: vec![id(1)], ..Sla::default() };
    let rest = Sla { name: "All".into(), first: Some(within(60)), ..Sla::default() };
    let tests = json!([{ "test": "text", "any_of": ["soy VIP"] }]);
    let then = json!([{ "do": "tag", "tag": id(1) }]);
    let by = rule(json!({ "when": "message", "if": tests, "then": then }));
    let given = vec![given(1, tag("VIP")), given(2, vip), given(3, rest), given(4, by)];
    let mut scene = Scene::new(given);
    scene.says("hola");
    assert_eq!(scene.conversation().head.due_at, Some(NOW.plus_ms(HOUR)));
    scene.passes(MINUTE);
    scene.says("soy VIP");
    assert_eq!(scene.conversation().head.due_at, Some(NOW.plus_ms(5 * MINUTE)));
    scene.is_its_log();
}

#[test]
fn what_baton_says_by_itself_begins_no_idle_time() {
    let idle = json!({
        "when": "idle", "after_min": 90, "then": [{ "do": "notify", "whom": "owner" }],
    });
    let late = json!({
        "when": "unanswered", "after_min": 60, "then": [{ "do": "reply", "text": "Still here" }],
    });
    let mut scene = Scene::new(vec![given(2, rule(idle)), given(3, rule(late))]);
    scene.says("hola");
    scene.passes(HOUR + 5 * MINUTE);
    scene.looks();
    scene.passes(2 * HOUR);
    scene.looks();
    let clock = |n| Clock::Rule { rule_id: id(n) };
    assert_eq!(scene.rang(), [(clock(3), NOW.plus_ms(HOUR)), (clock(2), NOW.plus_ms(90 * MINUTE))]);
    scene.is_its_log();
}

#[test]
fn pauses_count_by_open_time_however_many_there_are() {
    // NOW is a Tuesday, 22:13:20 UTC. Twenty nights of waiting for the customer.
    let week = std::array::from_fn(|_| vec![Span(540, 1140)]);
    let office =
        Schedule { name: "Office".into(), zone: "UTC".into(), week, ..Schedule::default() };
    let target = SlaTarget { target_min: 40 * 600, warn_at: None, hours: Some(id(1)) };
    let sla = Sla { name: "Project".into(), resolution: Some(target), ..Sla::default() };
    let mut scene = Scene::new(vec![given(1, office), given(2, sla)]);
    scene.passes(10 * HOUR + 46 * MINUTE + 40_000);
    scene.says("hola");
    scene.answers();
    let began = scene.now;
    for day in 0..20 {
        let one_to_seven = began.plus_ms(day * 24 * HOUR + 10 * HOUR - MINUTE);
        scene.passes(one_to_seven.since(scene.now));
        scene.does(CommandBody::MarkWaiting(seeing(&scene)));
        let opened = began.plus_ms((day + 1) * 24 * HOUR + MINUTE);
        scene.passes(opened.since(scene.now));
        scene.says("y ahora");
        scene.answers();
    }
    // Each day but the first two minutes of ten hours passed in pauses.
    let ran = 599 + 19 * 598;
    let left = 40 * 600 - ran;
    let (days, rest) = ((left - 599) / 600, (left - 599) % 600);
    let due = began.plus_ms((21 + days) * 24 * HOUR + rest * MINUTE);
    assert_eq!(scene.conversation().head.due_at, Some(due));
    scene.is_its_log();
}

#[test]
fn a_schedule_that_changes_or_ends_keeps_what_was_promised_by_it() {
    let office = |from| {
        let week = std::array::from_fn(|_| vec![Span(from, 1140)]);
        Schedule { name: "Office".into(), zone: "UTC".into(), week, ..Schedule::default() }
    };
    let first = Some(SlaTarget { target_min: 60, warn_at: None, hours: Some(id(1)) });
    let sla = Sla { name: "Standard".into(), first, ..Sla::default() };
    let mut scene = Scene::new(vec![given(1, office(540)), given(2, sla.clone())]);
    scene.says("hola");
    let due = Some(NOW.plus_ms(11 * HOUR + 46 * MINUTE + 40_000));
    assert_eq!(scene.conversation().head.due_at, due);
    let ended = |version, body: Schedule| baton_domain::auto::rules::Given {
        version,
        ended_at: Some(scene_end()),
        ..given(1, body)
    };
    // As the store gives them: the newest version, then those before it.
    let newer = baton_domain::auto::rules::Given { version: 2, ..given(1, office(720)) };
    scene.sets(vec![newer, given(2, sla.clone()), ended(1, office(540))]);
    scene.looks();
    assert_eq!(scene.conversation().head.due_at, due, "changed");
    scene.sets(vec![ended(2, office(540)), given(2, sla.clone()), ended(1, office(540))]);
    scene.looks();
    assert_eq!(scene.conversation().head.due_at, due, "ended");
    scene.passes(24 * HOUR);
    scene.looks();
    assert_eq!(scene.rang().len(), 1);
    // Where nothing is known of it any more it counts by the wall clock.
    scene.sets(vec![given(2, sla)]);
    scene.looks();
    assert_eq!(scene.conversation().head.due_at, Some(NOW.plus_ms(HOUR)));
    scene.is_its_log();
}

fn scene_end() -> baton_protocol::Timestamp {
    NOW.plus_ms(HOUR)
}
