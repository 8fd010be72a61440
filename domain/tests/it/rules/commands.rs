//! Every command: who may do it to what, and what it changes of the head.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::apply;
use baton_domain::context::{Context, Fresh, Lines, People, Writer};
use baton_domain::decide::{Decision, Draft, decide};
use baton_domain::fact::planted::{Bug, plant};
use baton_domain::fact::scope::Scope;
use baton_domain::forward::{Forwardable, StoredFile};
use baton_domain::see::outcomes::KnownOutcomes;
use baton_protocol::account::{Agent, Team};
use baton_protocol::{
    Actor, Command, CommandBody, Content, Conversation, Event, FieldValue, LineKind, MessageId,
    NoteId, Owner, Refusal,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::world::{
    DAN, DEBT, DEVICE, GUS, NOW, PLAN, REFUND, SINCE, Scene, VIP, agents, attributes, last, line,
    lines, op, other, people, policies, scenes, sight, snoozed_until, tags,
};
use crate::rules::kept::{all, check, kinds, table};
use crate::team::{BEN, CLEO, HOUR, MATEO, SALES, SUPPORT};

/// A kind of command, an act of it by its name, and its fields. `seen` is the last line, and
/// `expect_owner_epoch` the owner's number, where an act does not say another.
type Act = (&'static str, &'static str, Value);

fn of_words() -> Vec<Act> {
    let details = json!({ "type": "location", "latitude": 40.4, "longitude": -3.7 });
    let of = json!({ "conversation_id": MATEO, "message_id": line(1).id });
    let held = line(3).id;
    vec![
        ("reply", "reply", json!({ "text": "Buenas" })),
        ("reply", "behind", json!({ "text": "Buenas", "seen": line(6) })),
        ("reply", "insist", json!({ "text": "Buenas", "ignore_lease": true })),
        ("reply", "replace", json!({ "text": "Buenas", "replaces": held })),
        ("send", "place", json!({ "details": details })),
        ("forward", "text", json!({ "of": of })),
        ("note", "note", json!({ "text": "Look" })),
        ("note", "empty", json!({ "text": " " })),
        ("coach", "coach", json!({ "text": "Well done" })),
        ("mark_read", "last", json!({ "seq": last().seq })),
        ("mark_read", "before", json!({ "seq": 1 })),
        ("mark_read", "beyond", json!({ "seq": 99 })),
        ("mark_unread", "first", json!({ "seq": 1 })),
        ("mark_unread", "last", json!({ "seq": last().seq })),
        ("mark_unread", "beyond", json!({ "seq": 99 })),
        ("resend", "unconfirmed", json!({ "message_id": line(5).id })),
        ("resend", "held", json!({ "message_id": held })),
        ("mark_sent", "unconfirmed", json!({ "message_id": line(5).id })),
        ("mark_sent", "queued", json!({ "message_id": line(6).id })),
        ("cancel", "held", json!({ "message_id": held })),
        ("cancel", "queued", json!({ "message_id": line(6).id })),
        ("cancel", "failed", json!({ "message_id": line(4).id })),
        ("cancel", "delivered", json!({ "message_id": line(2).id })),
        ("cancel", "customers", json!({ "message_id": line(1).id })),
        ("send_now", "queued", json!({ "message_id": line(6).id })),
        ("send_now", "customers", json!({ "message_id": line(1).id })),
    ]
}

fn of_owners() -> Vec<Act> {
    let queue = |team| json!(Owner::Queue(team));
    let late = || json!({ "expect_owner_epoch": 2 });
    let above = json!({ "agent_id": DAN, "exceed_capacity": true });
    vec![
        ("claim", "claim", json!({})),
        ("claim", "late", late()),
        ("claim", "above", json!({ "exceed_capacity": true })),
        ("assign", "to_ben", json!({ "agent_id": BEN.agent })),
        ("assign", "to_dan", json!({ "agent_id": DAN })),
        ("assign", "to_dan_above", above),
        ("assign", "to_cleo", json!({ "agent_id": CLEO.agent })),
        ("assign", "to_gus_late", json!({ "agent_id": GUS, "expect_owner_epoch": 2 })),
        ("unassign", "unassign", json!({})),
        ("unassign", "late", late()),
        ("transfer", "to_ben", json!({ "to": Owner::Agent(BEN.agent) })),
        ("transfer", "to_dan", json!({ "to": Owner::Agent(DAN) })),
        ("transfer", "to_sales", json!({ "to": queue(SALES) })),
        ("transfer", "to_support", json!({ "to": queue(SUPPORT) })),
        ("transfer", "behind", json!({ "to": queue(SALES), "seen": line(6) })),
    ]
}

fn of_episodes() -> Vec<Act> {
    let behind = || json!({ "seen": line(6) });
    let later = NOW.plus_ms(HOUR);
    vec![
        ("resolve", "resolve", json!({})),
        ("resolve", "behind", behind()),
        ("resolve", "no_outcome", json!({ "outcome": REFUND })),
        ("reopen", "reopen", json!({})),
        ("mark_waiting", "wait", json!({})),
        ("mark_waiting", "behind", behind()),
        ("snooze", "snooze", json!({ "until": later })),
        ("snooze", "same", json!({ "until": snoozed_until() })),
        ("snooze", "past", json!({ "until": NOW })),
        ("snooze", "behind", json!({ "until": later, "seen": line(6) })),
        ("follow", "follow", json!({})),
        ("follow", "ben", json!({ "agent_id": BEN.agent })),
        ("unfollow", "unfollow", json!({})),
        ("unfollow", "ben", json!({ "agent_id": BEN.agent })),
        ("block", "block", json!({})),
        ("unblock", "unblock", json!({})),
        ("link", "mateo", json!({ "with": MATEO })),
        ("unlink", "unlink", json!({})),
        ("accept_offer", "gone", json!({ "offer_id": Uuid::from_u128(0x71) })),
        ("decline_offer", "gone", json!({ "offer_id": Uuid::from_u128(0x71) })),
        ("name_contact", "name", json!({ "name": "Dr Lucía" })),
        ("name_contact", "hidden", json!({ "name": "Lucía\u{202e}" })),
        ("name_contact", "own", json!({ "name": null })),
        ("tag", "refund", json!({ "add": [REFUND] })),
        ("tag", "off", json!({ "remove": [REFUND] })),
        ("tag", "vip", json!({ "add": [VIP] })),
        ("set_language", "pt", json!({ "language": "pt-BR" })),
        ("set_language", "none", json!({ "language": null })),
        ("set_language", "odd", json!({ "language": "pt_BR" })),
        ("set_priority", "urgent", json!({ "priority": "urgent", "reason": "No water" })),
        ("set_priority", "normal", json!({ "priority": "normal" })),
        ("set_priority", "no_reason", json!({ "priority": "high" })),
        ("set_priority", "odd", json!({ "priority": "calm", "reason": "No water" })),
        ("remind", "remind", json!({ "at": later, "text": "Call" })),
        ("remind", "follow_up", json!({ "at": later, "follow_up": true })),
        ("remind", "behind", json!({ "at": later, "follow_up": true, "seen": line(6) })),
        ("remind", "odd", json!({ "at": NOW.plus_ms(367 * 24 * HOUR) })),
        ("remind", "end", json!({ "at": null })),
        ("set_attributes", "plan", json!({ "set": { PLAN.to_string(): "Team" } })),
        ("set_attributes", "clear", json!({ "clear": [SINCE] })),
        ("set_attributes", "no_number", json!({ "set": { SINCE.to_string(): "long" } })),
        ("set_attributes", "hidden", json!({ "set": { DEBT.to_string(): true } })),
    ]
}

fn acts() -> BTreeMap<&'static str, Vec<(&'static str, CommandBody)>> {
    let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (kind, name, act) in [of_words(), of_owners(), of_episodes()].concat() {
        all.entry(kind).or_default().push((name, body(kind, &act)));
    }
    all
}

/// The act as it goes over the wire.
fn body(kind: &str, act: &Value) -> CommandBody {
    let with = |more: Value| {
        let mut fields = more;
        for (name, value) in act.as_object().unwrap() {
            fields[name] = value.clone();
        }
        serde_json::from_value(fields).ok()
    };
    let whole = [
        json!({ "type": kind }),
        json!({ "type": kind, "seen": last() }),
        json!({ "type": kind, "expect_owner_epoch": 3 }),
        json!({ "type": kind, "expect_owner_epoch": 3, "seen": last() }),
    ];
    whole.into_iter().find_map(with).unwrap_or_else(|| panic!("{kind}: {act} can be read"))
}

/// What the server says of an act: a refusal's code, or the facts and what changed of the head.
pub(super) struct Asked<'a> {
    pub(super) conversation: &'a Conversation,
    pub(super) scene: &'a Scene,
    pub(super) policy: &'a Team,
    pub(super) people: &'a People,
    pub(super) lines: &'a Lines,
    pub(super) forwarded: &'a Forwardable,
}

impl Asked<'_> {
    pub(super) fn decided(&self, by: &Agent, body: CommandBody) -> Decision {
        let conversation_id = self.conversation.head.id;
        let (op_id, after, retry_of) = (op(), None, None);
        let command = Command { op_id, conversation_id, after, retry_of, body };
        let (sight, other) = (sight(by, self.policy), other());
        let card = baton_protocol::conversation::ContactCard {
            name: Some("Lucía".to_owned()),
            fields: [(SINCE, FieldValue::Number(2019.into()))].into(),
            ..Default::default()
        };
        let context = Context {
            conversation: Some(self.conversation),
            lines: self.lines,
            people: self.people,
            author: Writer { sight: &sight, device: DEVICE },
            priors: &BTreeMap::new(),
            body_hash: "",
            read_seq: 1,
            lease: self.scene.lease,
            fresh: Fresh {
                message: MessageId(Uuid::from_u128(0x5000)),
                note: NoteId(Uuid::from_u128(0x5001)),
            },
            template: None,
            other: Some(&other),
            card: Some(&card),
            upload: None,
            forwarded: Some(self.forwarded),
            signature_chars: 0,
            tags: &tags(),
            attributes: &attributes(),
            is_program: false,
            canned_version: Some(2),
            outcomes: &KnownOutcomes::default(),
            hold_ms: 0,
            requires_note: false,
            may_pick: true,
            is_bot: false,
            unseeing: BTreeSet::new(),
        };
        decide(&context, &command, NOW)
    }

    fn told(&self, by: &Agent, body: CommandBody) -> Value {
        match self.decided(by, body) {
            Decision::Accept(drafts, _) => done(self.conversation, by, drafts),
            Decision::Refuse(refusal) => why(&refusal).into(),
            Decision::Replay(answer) => panic!("{answer:?} was never given"),
        }
    }
}

/// The code, and the field where that is what is wrong.
pub(super) fn why(refusal: &Refusal) -> String {
    match serde_json::to_value(refusal).unwrap().get("field") {
        Some(Value::String(field)) => format!("{} {field}", refusal.code()),
        _ => refusal.code().to_owned(),
    }
}

fn done(before: &Conversation, by: &Agent, drafts: Vec<Draft>) -> Value {
    let mut after = before.clone();
    let mut facts = Vec::new();
    for Draft { fact, content } in drafts {
        facts.push(serde_json::to_value(&fact).unwrap()["type"].clone());
        let event = Event {
            position: 1,
            conversation_id: Some(before.head.id),
            revision: Some(after.head.revision),
            at: NOW,
            actor: Actor::Agent { id: by.id },
            fact,
            content,
        };
        apply(&mut after, &event);
    }
    let (before, after) = (json!(before.head), json!(after.head));
    let mut told = Map::from_iter([("facts".to_owned(), Value::Array(facts))]);
    let fields = ["owner", "owner_epoch", "team_id", "status", "episode", "unanswered_since"];
    for name in fields.into_iter().filter(|name| before[name] != after[name]) {
        let is_author = name == "owner" && after[name] == json!(Owner::Agent(by.id));
        let value = if is_author { "author".into() } else { after[name].clone() };
        told.insert(name.to_owned(), value);
    }
    Value::Object(told)
}

/// A text of Mateo's, which Support's queue has.
fn forwarded() -> Forwardable {
    Forwardable {
        conversation: MATEO,
        scope: Scope { team: SUPPORT, owner: Owner::Queue(SUPPORT) },
        is_group: false,
        kind: LineKind::Text,
        content: Content { text: Some("Hola".to_owned()), ..Content::default() },
        is_revoked: false,
        file: None,
        kept: StoredFile::default(),
    }
}

/// Agents who are told the same, by their names: who they are, and what.
fn answers(asked: &Asked<'_>, agents: &[Agent], body: &CommandBody) -> Value {
    let mut all: Vec<(String, Value)> = Vec::new();
    for agent in agents {
        let told = asked.told(agent, body.clone());
        match all.iter_mut().find(|(_, known)| *known == told) {
            Some((names, _)) => *names = format!("{names} {}", agent.name),
            None => all.push((agent.name.clone(), told)),
        }
    }
    Value::Object(all.into_iter().collect())
}

/// All cases of an act: conversations and policies under which the answers are the same stand in
/// one line.
fn cases(act: &str, body: &CommandBody, scenes: &[Scene]) -> Vec<Value> {
    let (lines, forwarded, agents) = (lines(), forwarded(), agents());
    let policies: Vec<_> =
        policies().into_iter().map(|(name, policy)| (name, people(&policy), policy)).collect();
    let mut found: Vec<(String, String, Value)> = Vec::new();
    for scene in scenes {
        let mut of_scene: Vec<(String, Value)> = Vec::new();
        for (name, people, policy) in &policies {
            let conversation = &scene.conversation;
            let (lines, forwarded) = (&lines, &forwarded);
            let asked = Asked { conversation, scene, policy, people, lines, forwarded };
            let told = answers(&asked, &agents, body);
            match of_scene.iter_mut().find(|(_, known)| *known == told) {
                Some((policies, _)) => *policies = format!("{policies} {name}"),
                None => of_scene.push(((*name).to_owned(), told)),
            }
        }
        for (policies, told) in of_scene {
            match found.iter_mut().find(|(_, of, known)| *of == policies && *known == told) {
                Some((at, ..)) => *at = format!("{at} {}", scene.name),
                None => found.push((scene.name.to_owned(), policies, told)),
            }
        }
    }
    let line = |(at, policies, told)| {
        let answers: Value = told;
        json!({ "act": act, "at": at, "policies": policies, "answers": answers })
    };
    found.into_iter().map(line).collect()
}

/// The bug that `PLANTED_BUG` names.
pub(super) fn planted() -> Option<Bug> {
    let name = std::env::var_os("PLANTED_BUG").filter(|name| !name.is_empty())?;
    let bug = Bug::OF_RULES.iter().find(|(known, _)| name == *known);
    Some(bug.unwrap_or_else(|| panic!("there is no bug {name:?} of rules")).1)
}

#[test]
fn who_may_give_which_command_is_as_it_is_written() {
    plant(planted());
    let scenes = scenes();
    for (kind, bodies) in acts() {
        let told = bodies.iter().map(|(name, body)| (Some(*name), json!(body))).collect();
        let cases = bodies.iter().flat_map(|(name, body)| cases(name, body, &scenes));
        let cases = cases.map(|case| (None, case)).collect();
        check(&format!("command.{kind}.json"), &table(&[("acts", told), ("cases", cases)]));
    }
}

#[test]
fn every_command_has_a_table_and_every_table_a_test() {
    let mut known = kinds("command.");
    assert_eq!(acts().into_keys().collect::<Vec<_>>(), known);
    known.iter_mut().for_each(|kind| *kind = format!("command.{kind}.json"));
    known.extend(["facts.json", "lines.json", "world.json"].map(str::to_owned));
    assert_eq!(all(), known);
}
