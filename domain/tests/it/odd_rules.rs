//! Rules beside what is no longer there, and phones that were away while rules ran.

use baton_protocol::command::Nothing;
use baton_protocol::{CommandBody, Fact, RuleStep, SkipReason};
use serde_json::json;

use crate::automatic::{Scene, given, id, rule, tag};
use crate::group::accepted;
use crate::team::reply;

#[test]
fn a_tag_that_has_ended_is_skipped_and_the_other_steps_are_done() {
    let then = json!([{"do": "tag", "tag": id(7)}, {"do": "note", "text": "Look"}]);
    let both = || given(1, rule(json!({"when": "message", "once": "always", "then": then})));
    let mut scene = Scene::new(vec![both(), given(7, tag("VIP"))]);
    // The setting is there no more; the rule names it still.
    scene.sets(vec![both()]);
    scene.says("hola");
    assert_eq!(scene.ran(), [(id(1), vec![RuleStep::Note], vec![SkipReason::Ended])]);
    scene.sets(vec![both(), given(7, tag("VIP"))]);
    scene.says("¿hola?");
    let (_, did, skipped) = scene.ran().pop().expect("a run");
    assert_eq!((did, skipped), (vec![RuleStep::Tag { tag: id(7) }, RuleStep::Note], vec![]));
    scene.is_its_log();
}

#[test]
fn what_rules_did_meanwhile_refuses_nothing_of_a_phone_that_was_away() {
    let then = json!([
        {"do": "reply", "text": "It came"}, {"do": "priority", "priority": "high"},
        {"do": "note", "text": "Look"},
    ]);
    let mut scene = Scene::new(vec![given(1, rule(json!({"when": "message", "then": then})))]);
    scene.says("hola");
    let lines = scene.log.iter().filter_map(|event| {
        let (Fact::LineReceived { line, .. } | Fact::LineWritten { line, .. }) = &event.fact else {
            return None;
        };
        Some(*line)
    });
    let [asked, told] = lines.collect::<Vec<_>>()[..] else { panic!("two lines") };
    assert!(told.seq > asked.seq, "the rule wrote after the customer");
    // The phone knows what the customer said, and nothing of what came by itself.
    let done = scene.does(reply(Some(asked)));
    accepted(&done);
    assert!(scene.conversation().thread.turn.is_none(), "it is answered");
    // What the customer said is another thing.
    scene.says("¿y mañana?");
    let done = scene.does(reply(Some(told)));
    assert!(format!("{done:?}").contains("Stale"), "{done:?}");
    scene.is_its_log();
}

#[test]
fn what_a_blocked_customer_says_wakes_no_rule() {
    let then = json!([{"do": "note", "text": "Look"}]);
    let always = rule(json!({"when": "message", "once": "always", "then": then}));
    let mut scene = Scene::new(vec![given(1, always)]);
    scene.says("hola");
    scene.does(CommandBody::Block(Nothing {}));
    scene.says("¿hola?");
    assert_eq!(scene.ran().len(), 1);
}
