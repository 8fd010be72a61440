//! Storms: hundreds of rules that wake each other at random, and clocks of nodes that disagree.

use baton_protocol::setting::{Sla, SlaTarget};
use baton_protocol::{Actor, Event, Fact, SettingId};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

use crate::automatic::{HOUR, MINUTE, SALES, Scene, given, id, rule, tag};
use crate::group::TEAM;

/// Tags that rules put on and wait for.
const TAGS: u128 = 12;
/// The most that one event sets off.
const RUNS: usize = 20;

/// A rule at random: what wakes it, the tag that it waits for, and its step.
fn rules() -> impl Strategy<Value = Vec<(u8, u128, u8, u128)>> {
    let one = (0..5_u8, 0..TAGS, 0..7_u8, 0..TAGS);
    proptest::collection::vec(one, 300)
}

fn random((when, waits, step, names): (u8, u128, u8, u128)) -> Value {
    let whens = ["message", "tagged", "owner_changed", "status_changed", "episode_opened"];
    let tests = json!([{"test": "tag", "any_of": [id(1_000 + waits)]}]);
    let then = match step {
        0 | 1 => json!({"do": "tag", "tag": id(1_000 + names)}),
        2 => json!({"do": "untag", "tag": id(1_000 + names)}),
        3 => json!({"do": "route", "team": if names % 2 == 0 { SALES } else { TEAM }}),
        4 => json!({"do": "mark_waiting"}),
        5 => json!({"do": "priority", "priority": "high"}),
        _ => json!({"do": "note", "text": "so"}),
    };
    let is_waiting = when == 1;
    json!({
        "when": whens[usize::from(when)], "then": [then], "once": "always",
        "if": if is_waiting { tests } else { json!([]) },
    })
}

/// True of what no rule did: it sets off a cascade of its own.
fn is_root(event: &&Event) -> bool {
    !matches!(event.actor, Actor::Rule { .. })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn three_hundred_rules_that_wake_each_other_at_random_end(rules in rules()) {
        let tags = (0..TAGS).map(|n| given(1_000 + n, tag(&format!("Tag {n}"))));
        let rules = (0..).zip(rules).map(|(n, one)| given(2_000 + n, rule(random(one))));
        let mut scene = Scene::new(tags.chain(rules).collect());
        for _ in 0..4 {
            let before = scene.log.len();
            scene.says("hola");
            let new = &scene.log[before..];
            let ran = new.iter().filter(|event| {
                matches!(event.fact, Fact::RuleRan { cut: false, .. })
            });
            let roots = new.iter().filter(is_root).count();
            prop_assert!(ran.count() <= RUNS * roots, "a cascade goes on");
            scene.passes(MINUTE);
        }
        // No rule ran twice for one event.
        let mut each = BTreeSet::new();
        for event in &scene.log {
            if let Fact::RuleRan { rule_id, cause, cut: false, .. } = event.fact {
                prop_assert!(each.insert((rule_id, cause)), "twice: {event:?}");
            }
        }
        prop_assert!(!each.is_empty(), "that proves nothing");
        let (would, did) = scene.replayed();
        prop_assert_eq!(would, did);
        scene.is_its_log();
    }
}

/// A rule and a promise that wait for an answer.
fn waiting() -> Scene {
    let late = json!({
        "when": "unanswered", "after_min": 50, "once": "always",
        "then": [{"do": "note", "text": "late"}, {"do": "reply", "text": "Still here"}],
    });
    let first = SlaTarget { target_min: 40, warn_at: Some(50), hours: None };
    let sla = Sla { name: "Standard".into(), first: Some(first), ..Sla::default() };
    Scene::new(vec![given(2, rule(late)), given(3, sla)])
}

#[test]
fn a_node_whose_clock_is_an_hour_ahead_lets_nothing_ring_twice_and_tells_the_exact_times() {
    let mut scene = waiting();
    let began = scene.now;
    scene.says("hola");
    // The node that looks is an hour ahead, then the others do.
    scene.passes(HOUR);
    scene.looks();
    let rang = scene.rang();
    let times: Vec<i64> = rang.iter().map(|(_, at)| at.since(began) / MINUTE).collect();
    assert_eq!(times, [20, 40, 50], "warned, broken, and the rule");
    scene.now = began.plus_ms(MINUTE);
    scene.looks();
    scene.says("¿hola?");
    for _ in 0..30 {
        scene.passes(10 * MINUTE);
        scene.looks();
    }
    assert_eq!(scene.rang(), rang, "it rang already");
    let ran: Vec<SettingId> = scene.ran().into_iter().map(|(rule, ..)| rule).collect();
    assert_eq!(ran, [id(2)]);
}

#[test]
fn a_node_whose_clock_is_an_hour_behind_delays_and_loses_nothing() {
    let mut scene = waiting();
    let began = scene.now;
    scene.says("hola");
    scene.passes(-HOUR);
    scene.looks();
    assert!(scene.rang().is_empty(), "it is not due by that clock");
    scene.now = began.plus_ms(2 * HOUR);
    scene.looks();
    let times: Vec<i64> = scene.rang().iter().map(|(_, at)| at.since(began) / MINUTE).collect();
    assert_eq!(times, [20, 40, 50]);
    // The customer is told nothing an hour later: that would be too late.
    let (_, did, skipped) = scene.ran().pop().expect("a run");
    assert_eq!((did.len(), skipped), (1, vec![baton_protocol::SkipReason::TooLate]));
}
