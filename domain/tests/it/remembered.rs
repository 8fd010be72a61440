//! What is remembered of rules: each runs once where it may run once, whatever comes between.

use baton_domain::group::{ClaimWork, Done, MessageAt, Work};
use baton_protocol::command::{Claim, CommandBody, Nothing};
use baton_protocol::{Fact, LineRef, NodeId, RuleStep, SettingId, SkipReason, Status};
use serde_json::json;
use uuid::Uuid;

use crate::automatic::{MINUTE, Scene, given, id, rule, tag};
use crate::group::{LUCIA, WORKSPACE};

/// The sender claims a message that an agent wrote.
fn claims(scene: &mut Scene, line: LineRef) -> Done {
    let channel = scene.conversation().head.channel_id;
    let LineRef { seq, id: message } = line;
    let at = MessageAt { workspace: WORKSPACE, channel, conversation: LUCIA, seq, message };
    scene
        .happens(&[Work::Claim(ClaimWork { at, claim_epoch: 1, node: NodeId(Uuid::nil()) })])
        .remove(0)
}

fn note(once: &str) -> baton_protocol::setting::Rule {
    rule(json!({ "when": "message", "then": [{ "do": "note", "text": "x" }], "once": once }))
}

/// The rules that did something, each with its turn.
fn turns(scene: &Scene) -> Vec<(SettingId, u64)> {
    let ran = scene.log.iter().filter_map(|event| {
        let Fact::RuleRan { rule_id, turn, did, .. } = &event.fact else { return None };
        (!did.is_empty()).then_some((*rule_id, *turn))
    });
    ran.collect()
}

#[test]
fn a_rule_that_runs_once_in_a_conversation_does_so_though_two_hundred_others_ran() {
    let mut scene = Scene::new((0..200).map(|n| given(n, note("conversation"))).collect());
    for _ in 0..30 {
        scene.says("hola");
        scene.answers();
        scene.resolves();
        scene.passes(MINUTE);
    }
    let mut ran: Vec<SettingId> = turns(&scene).into_iter().map(|(rule, _)| rule).collect();
    let all = ran.len();
    ran.sort_unstable();
    ran.dedup();
    assert_eq!((all, ran.len()), (200, 200));
    scene.is_its_log();
}

#[test]
fn a_turn_that_opens_again_has_had_its_runs() {
    let mut scene = Scene::new(vec![given(1, note("turn")), given(2, note("episode"))]);
    scene.says("one");
    let first = scene.answers();
    scene.says("two");
    assert_eq!(turns(&scene), [(id(1), 1), (id(2), 1), (id(1), 3)]);
    claims(&mut scene, first);
    assert_eq!(scene.conversation().thread.turn.expect("held: open again").from_seq, 1);
    scene.says("three");
    assert_eq!(turns(&scene).len(), 3, "turn 1 had its run");
    // A sibling: the block keeps a turn over its end, and lets it go on.
    let opened = json!({ "when": "episode_opened", "then": [{ "do": "note", "text": "y" }] });
    let mut scene = Scene::new(vec![given(1, note("turn")), given(3, rule(opened))]);
    scene.says("one");
    scene.does(CommandBody::Block(Nothing {}));
    scene.does(CommandBody::Unblock(Nothing {}));
    assert_eq!(scene.conversation().thread.turn.expect("open again").from_seq, 1);
    scene.says("two");
    let of_first = turns(&scene).into_iter().filter(|(rule, _)| *rule == id(1)).count();
    assert_eq!(of_first, 1);
}

#[test]
fn what_a_version_of_before_forgot_its_log_forgets_too() {
    let mut scene = Scene::new((0..45).map(|n| given(n, note("conversation"))).collect());
    let talk = |scene: &mut Scene| {
        scene.says("hola");
        scene.answers();
        scene.resolves();
        scene.passes(MINUTE);
    };
    scene.state.has_older_nodes = true;
    (0..4).for_each(|_| talk(&mut scene));
    assert_eq!(scene.conversation().thread.clocks.ran.len(), 40, "a node of before writes so");
    scene.is_its_log();
    scene.state.has_older_nodes = false;
    (0..4).for_each(|_| talk(&mut scene));
    assert_eq!(scene.conversation().thread.clocks.ran.len(), 45);
    let before = turns(&scene).len();
    (0..4).for_each(|_| talk(&mut scene));
    assert_eq!(turns(&scene).len(), before, "each has had its run");
    scene.is_its_log();
}

#[test]
fn all_rules_together_send_one_automatic_message_a_turn() {
    let reply = |when: &str| {
        rule(json!({ "when": when, "then": [{ "do": "reply", "text": when }], "once": "always" }))
    };
    let rules = ["episode_opened", "first_message", "message", "status_changed"];
    let given = (1..).zip(rules).map(|(n, when)| given(n, reply(when)));
    let mut scene = Scene::new(given.collect());
    scene.says("hola");
    let told: Vec<_> = scene.ran().into_iter().map(|(rule, did, _)| (rule, did.len())).collect();
    assert_eq!(told, [(id(1), 1), (id(2), 0), (id(3), 0)]);
    assert_eq!(turns(&scene), [(id(1), 1)], "it counts for the turn that opened");
    scene.answers();
    scene.resolves();
    scene.passes(40 * MINUTE);
    scene.says("again");
    let (_, turn) = *turns(&scene).last().expect("a run");
    assert_eq!(turn, scene.conversation().thread.turn.expect("open").from_seq);
    let (would, did) = scene.replayed();
    assert_eq!(would, did);
    scene.is_its_log();
}

#[test]
fn a_first_message_is_the_customers_first_whoever_wrote_before() {
    let first = rule(json!({ "when": "first_message", "then": [{ "do": "note", "text": "x" }] }));
    let mut scene = Scene::new(vec![given(1, first.clone())]);
    // On the phone app the team wrote first.
    scene.writes_on_the_phone_app("are you there?");
    scene.says("yes");
    scene.says("and again");
    assert_eq!(scene.ran().len(), 1);
    let (would, did) = scene.replayed();
    assert_eq!(would, did);
    let mut scene = Scene::new(vec![given(1, first)]);
    scene.says("hola");
    scene.answers();
    scene.resolves();
    scene.says("later");
    assert_eq!(scene.ran().len(), 1);
}

#[test]
fn a_block_resolves_nothing_as_far_as_rules_see() {
    let on = |when: &str| {
        rule(json!({ "when": when, "then": [{ "do": "note", "text": "x" }], "once": "always" }))
    };
    let given = vec![
        given(1, on("resolved")),
        given(2, on("status_changed")),
        given(3, on("owner_changed")),
    ];
    let mut scene = Scene::new(given);
    scene.says("hola");
    scene.does(CommandBody::Claim(Claim { expect_owner_epoch: 1, exceed_capacity: false }));
    let before = scene.ran().len();
    scene.does(CommandBody::Block(Nothing {}));
    assert_eq!(scene.conversation().head.status, Status::Resolved);
    assert_eq!(scene.ran().len(), before);
    let (would, did) = scene.replayed();
    assert_eq!(would, did);
}

#[test]
fn a_run_that_did_nothing_is_none() {
    let body = json!({
        "when": "message", "then": [{ "do": "remind", "minutes": 60 }], "once": "conversation",
    });
    let mut scene = Scene::new(vec![given(1, rule(body))]);
    scene.says("while a queue owns it");
    assert_eq!(scene.ran(), [(id(1), vec![], vec![SkipReason::NoOwner])]);
    scene.does(CommandBody::Claim(Claim { expect_owner_epoch: 1, exceed_capacity: false }));
    scene.says("to its owner");
    scene.says("once more");
    let did: Vec<_> = scene.ran().into_iter().map(|(_, did, _)| did).collect();
    assert_eq!(did, [vec![], vec![RuleStep::Remind]], "and then once");
    scene.is_its_log();
    let (would, did) = scene.replayed();
    assert_eq!(would, did);
}

#[test]
fn what_is_done_already_is_not_said_with_each_message() {
    let body = json!({ "when": "message", "then": [{ "do": "tag", "tag": id(9) }] });
    let mut scene = Scene::new(vec![given(1, rule(body)), given(9, tag("Billing"))]);
    scene.says("one");
    scene.answers();
    scene.says("two");
    scene.says("three");
    assert_eq!(scene.ran().len(), 1);
}
