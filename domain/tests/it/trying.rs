//! A message that nobody sent: which rules it would wake, and why others stay.

use std::sync::Arc;

use baton_domain::auto::rules::talk::Talk;
use baton_domain::auto::rules::{Given, Policies};
use baton_domain::fact::inbound::InboundMessage;
use baton_domain::group::Channel;
use baton_domain::group::trial::{Fate, TrialAt, Tried, tried};
use baton_protocol::{ChannelId, Content, Conversation, RuleStep, SkipReason, SkippedStep};
use serde_json::json;
use uuid::Uuid;

use crate::automatic::{HOUR, Scene, given, id, rule, tag};
use crate::group::{NOW, TEAM, WORKSPACE, message};

fn tries(given: Vec<Given>, known: Option<Conversation>, text: &str) -> Vec<Tried> {
    let channel = Channel {
        workspace: WORKSPACE,
        id: ChannelId(Uuid::from_u128(6)),
        meta_app: "app".to_owned(),
        team: TEAM,
    };
    let now = known.as_ref().map_or(NOW, |known| known.head.activity_at.plus_ms(1));
    let content = Content { text: Some(text.to_owned()), ..Content::default() };
    let said = InboundMessage { at: now, content, ..message(99) };
    let policies = Arc::new(Policies::in_workspace(WORKSPACE, given));
    tried(
        &policies,
        &TrialAt { channel, conversation: known, card: None, talk: Talk::default(), now },
        said,
    )
}

fn fates(given: Vec<Given>, known: Option<Conversation>, text: &str) -> Vec<Fate> {
    tries(given, known, text).into_iter().map(|tried| tried.fate).collect()
}

#[test]
fn a_trial_says_of_each_rule_what_it_does_or_why_not() {
    let words = json!({"test": "text", "any_of": ["refund"]});
    let queue = json!({"test": "owner", "is": "queue"});
    let note = json!([{"do": "note", "text": "Look"}]);
    let rules = vec![
        given(1, tag("Money")),
        given(
            2,
            rule(json!({"when": "message", "if": [queue, words],
            "then": [{"do": "tag", "tag": id(1)}]})),
        ),
        given(3, rule(json!({"when": "tagged", "then": [{"do": "mark_waiting"}]}))),
        given(4, rule(json!({"when": "status_changed", "then": note}))),
        given(5, rule(json!({"when": "unanswered", "after_min": 120, "then": note}))),
        given(6, rule(json!({"when": "message", "then": note, "stop": true}))),
        given(7, rule(json!({"when": "message", "then": note}))),
    ];
    let told = tries(rules.clone(), None, "I want a Refund.");
    let runs = |did: RuleStep| Fate::Runs { did: vec![did], skipped: Vec::new(), says: None };
    assert_eq!(told[0].tests, [true, true]);
    let fates: Vec<Fate> = told.into_iter().map(|tried| tried.fate).collect();
    assert_eq!(fates[0], runs(RuleStep::Tag { tag: id(1) }));
    // Rules wake rules, and putting an unanswered customer aside stops no clock.
    assert_eq!(fates[1], runs(RuleStep::MarkWaiting));
    assert_eq!(fates[2], runs(RuleStep::Note));
    assert_eq!(fates[3], Fate::Waits(NOW.plus_ms(2 * HOUR)));
    assert_eq!(fates[4], runs(RuleStep::Note));
    assert_eq!(fates[5], Fate::Stopped);
    let told = tries(rules, None, "Hola");
    assert_eq!((told[0].tests.clone(), told[0].fate.clone()), (vec![true, false], Fate::Tests));
    assert_eq!((&told[1].fate, &told[2].fate), (&Fate::NotWoken, &Fate::NotWoken));
    assert_eq!(told[3].fate, Fate::Waits(NOW.plus_ms(2 * HOUR)));
}

#[test]
fn a_trial_on_a_conversation_knows_what_ran_there_and_changes_nothing() {
    let reply = json!([{"do": "reply", "text": "We have it"}]);
    let rules = vec![
        given(1, rule(json!({"when": "message", "then": reply}))),
        given(2, rule(json!({"when": "message", "once": "always", "then": reply}))),
        given(3, rule(json!({"when": "first_message", "then": reply}))),
    ];
    let mut scene = Scene::new(rules.clone());
    scene.says("Hola");
    let known = scene.conversation();
    let skipped = vec![SkippedStep { step: RuleStep::Reply, why: SkipReason::Already }];
    let again = Fate::Runs { did: Vec::new(), skipped, says: None };
    let told = fates(rules, Some(known.clone()), "¿Hola?");
    assert_eq!(told, [Fate::Spent, again, Fate::NotWoken]);
    assert_eq!(scene.conversation(), known);
    // What is said in earnest is what was tried.
    scene.says("¿Hola?");
    let ran = scene.ran().into_iter().next_back().expect("a run");
    assert_eq!(ran, (id(2), Vec::new(), vec![SkipReason::Already]));
}

#[test]
fn rules_beyond_the_twentieth_are_cut_in_a_trial_too() {
    let note = json!({"when": "message", "then": [{"do": "note", "text": "Look"}]});
    let rules = (0..22).map(|n| given(n, rule(note.clone()))).collect();
    let told = fates(rules, None, "Hola");
    let runs = told.iter().filter(|fate| matches!(fate, Fate::Runs { .. })).count();
    assert_eq!((runs, &told[20], &told[21]), (20, &Fate::Cut, &Fate::Cut));
}
