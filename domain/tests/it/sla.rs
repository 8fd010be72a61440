//! Promises to customers: what is due, when it rings, and when it stands still.

use baton_protocol::command::{CommandBody, Seeing, Snooze};
use baton_protocol::setting::{Schedule, Sla, SlaTarget, Span};
use baton_protocol::{Clock, Event, Fact, Promised};
use serde_json::json;

use crate::automatic::{HOUR, MINUTE, Scene, given, id, rule, tag};
use crate::group::NOW;
use crate::team::resolve;

#[test]
fn promises_ring_in_open_minutes_and_stop_while_the_customer_is_waited_for() {
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
    scene.does(CommandBody::MarkWaiting(Seeing { seen: scene.conversation().thread.last_line }));
    scene.passes(HOUR);
    scene.looks();
    assert_eq!(scene.rang().len(), 2, "nobody is late while the customer is waited for");
    scene.says("three");
    let resumed = scene.now;
    scene.passes(HOUR);
    scene.looks();
    let breached = Clock::Breached { answer: Promised::Next };
    assert_eq!(
        scene.rang().pop(),
        Some((breached, resumed.plus_ms(5 * MINUTE))),
        "five had passed"
    );
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
    assert_eq!(due_at(&scene), None, "the customer is waited for");
    let changes = |event: &&Event| matches!(event.fact, Fact::DueChanged { .. });
    assert_eq!(scene.log.iter().filter(changes).count(), 4, "it is told where it changes alone");
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
    let sla = scene.conversation().thread.clocks.sla.expect("a promise");
    assert!(sla.pauses.len() <= 13, "they are few: {}", sla.pauses.len());
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
