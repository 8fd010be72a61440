//! Every fact: what a client that holds a conversation holds after it.

use baton_domain::fact::planted::plant;
use baton_domain::see::mirror::{Mirror, Page, Want};
use baton_protocol::conversation::Snapshot;
use baton_protocol::frame::{ResetReason, ServerFrame, Timings};
use baton_protocol::{
    Actor, ContactId, Conversation, ConversationId, Cursor, Epoch, Event, LineRef, Owner, Timestamp,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::clocks::of_clocks;
use super::commands::planted;
use super::offers::of_offers;
use super::queues::of_queues;
use super::reminders::of_reminders;
use super::tags::of_tags;
use super::viewers::of_one_viewer;
use super::world::{GUS, NOW, base, line, op};
use crate::rules::kept::{check, kinds, table};
use crate::team::{ANA, BEN, EVA, LUCIA, MATEO, MINUTE, SALES, SUPPORT};

const EPOCH: Epoch = Epoch(Uuid::from_u128(7));
const HEAD: u64 = 100;
pub(super) const LATER: Timestamp = NOW.plus_ms(MINUTE);
const NOTE: Uuid = Uuid::from_u128(0x6000);

pub(super) const QUEUE: Owner = Owner::Queue(SUPPORT);

pub(super) fn owned(owner: Owner, epoch: u64, cause: &str) -> Value {
    let (kind, team) = ("owner_changed", SUPPORT);
    json!({"type": kind, "owner": owner, "owner_epoch": epoch, "team_id": team, "cause": cause})
}

/// Lucía's conversation as Ana holds it: an edit of hers, a file, and a message on its way.
fn snapshot() -> Snapshot {
    let Conversation { head, mut thread } = base();
    thread.followers = vec![BEN.agent];
    let ana = json!({ "kind": "agent", "id": ANA.agent });
    let of = |seq: u64, author: &Value, kind: &str, more: Value| {
        let mut fields = json!({
            "seq": seq, "id": line(seq).id, "author": author, "kind": kind, "at": NOW,
            "content": { "text": format!("line {seq}") },
        });
        for (name, value) in more.as_object().unwrap() {
            fields[name] = value.clone();
        }
        fields
    };
    let customer = json!({ "kind": "customer" });
    let edited = json!({ "line": line(5), "at": NOW });
    let photo = json!({ "details": { "type": "file", "media_type": "image/jpeg" } });
    let lines = json!([
        of(3, &customer, "text", json!({ "amended": { "edited": edited } })),
        of(4, &customer, "image", json!({ "content": photo, "file": { "state": "waiting" } })),
        of(5, &customer, "edit", json!({ "quoted": line(3).id })),
        of(6, &ana, "text", json!({ "status": "queued", "op_id": op() })),
        of(7, &customer, "unsupported", json!({ "content": { "original_type": "poll" } })),
    ]);
    let note = json!({
        "id": NOTE, "conversation_id": LUCIA, "author": BEN.agent, "at": NOW, "revision": 15,
        "text": "A note", "op_id": op(),
    });
    let view = json!({
        "head": head, "thread": thread, "contact": { "name": "Lucía", "phone": "34600000000" },
        "preview": lines[4], "read_seq": 3,
    });
    let told = json!({
        "level": "full", "view": view, "from_seq": 3, "lines": lines, "notes": [note],
    });
    serde_json::from_value(told).unwrap()
}

/// A fact as the next event of a conversation; its fields may say otherwise.
fn event(nth: u64, of: ConversationId, fact: &Value) -> Value {
    let position = HEAD + 1 + nth;
    let mut event = json!({
        "position": position, "conversation_id": of, "revision": base().head.revision + 1 + nth,
        "at": LATER, "actor": Actor::System,
    });
    for (name, value) in fact.as_object().unwrap() {
        event[name] = value.clone();
    }
    if event["conversation_id"].is_null() {
        let fields = event.as_object_mut().unwrap();
        fields.retain(|name, _| name != "conversation_id" && name != "revision");
    } else if event["revision"].is_null() {
        event.as_object_mut().unwrap().remove("revision");
    }
    event
}

/// What is asked, by name, and what happens: facts, one after the other.
pub(super) type Case = (&'static str, Vec<Value>);

fn turn(from: LineRef) -> Value {
    json!({ "from_seq": from.seq, "since": LATER })
}

fn of_lines() -> Vec<Case> {
    let (next, ana) = (line(8), json!({ "kind": "agent", "id": ANA.agent }));
    let received = |kind: &str, more: Value| {
        let mut fact = json!({
            "type": "line_received", "line": next, "kind": kind, "said_at": LATER,
            "turn": turn(line(7)), "window_until": LATER,
            "content": { "line": { "text": "¿Sí?" } },
        });
        merge(&mut fact, more);
        fact
    };
    let written = |more: Value| {
        let mut fact = json!({
            "type": "line_written", "line": next, "author": ana, "kind": "text", "said_at": LATER,
            "status": "queued", "seen": line(7), "op_id": op(), "device_id": ANA.device,
            "turn": null, "content": { "line": { "text": "Sí" } },
        });
        merge(&mut fact, more);
        fact
    };
    vec![
        ("the customer writes", vec![received("text", json!({}))]),
        ("and quotes a line", vec![received("text", json!({ "quoted": line(6).id }))]),
        ("who is blocked writes", vec![received("text", json!({ "turn": null }))]),
        ("it was erased since", vec![received("text", json!({ "content": null }))]),
        ("an agent answers", vec![written(json!({}))]),
        (
            "somebody answers on the phone app",
            vec![written(json!({
                "author": { "kind": "phone_app" }, "status": "sent", "op_id": null,
                "device_id": null,
            }))],
        ),
        (
            "an acknowledgement leaves the turn open",
            vec![written(json!({
                "author": { "kind": "acknowledgement" }, "op_id": null, "device_id": null,
                "turn": turn(line(7)),
            }))],
        ),
        (
            "an edit of a line that was taken back says nothing",
            vec![since(3, "revoked", 7), received("edit", json!({ "quoted": line(3).id }))],
        ),
    ]
}

fn of_files() -> Vec<Case> {
    vec![
        ("a file is here", vec![filed(4, &json!({ "state": "stored", "bytes": 7 }))]),
        ("a file is gone", vec![filed(4, &json!({ "state": "expired" }))]),
        ("a file of the last line", vec![filed(7, &json!({ "state": "waiting" }))]),
        (
            "a line is understood",
            vec![understood(7, "text", &json!({ "line": { "text": "A poll" } }))],
        ),
        ("a line is understood and was erased", vec![understood(7, "text", &json!(null))]),
        (
            "a line that was taken back is understood",
            vec![
                since(7, "revoked", 8),
                understood(7, "image", &json!({ "line": { "text": "A poll" } })),
                filed(7, &json!({ "state": "waiting" })),
            ],
        ),
    ]
}

pub(super) fn merge(fact: &mut Value, more: Value) {
    let Value::Object(more) = more else { panic!("fields") };
    for (name, value) in more {
        fact[name] = value;
    }
    if fact["content"].is_null() {
        fact.as_object_mut().unwrap().remove("content");
    }
}

fn with_content(mut fact: Value, content: &Value) -> Value {
    if !content.is_null() {
        fact["content"] = content.clone();
    }
    fact
}

fn filed(seq: u64, file: &Value) -> Value {
    json!({ "type": "file_changed", "line": line(seq), "file": file })
}

fn understood(seq: u64, kind: &str, content: &Value) -> Value {
    let fact = json!({ "type": "line_understood", "line": line(seq), "kind": kind });
    with_content(fact, content)
}

fn amended(seq: u64, amendment: &Value) -> Value {
    json!({ "type": "line_amended", "line": line(seq), "amendment": amendment })
}

/// A later line edits this one, or takes it back.
fn since(seq: u64, kind: &str, by: u64) -> Value {
    amended(seq, &json!({ "kind": kind, "line": line(by), "at": LATER }))
}

fn of_messages() -> Vec<Case> {
    let changed = |status: &str, more: Value| {
        let mut fact = json!({
            "type": "message_changed", "line": line(6), "status": status, "attempt": 1,
            "turn": null,
        });
        merge(&mut fact, more);
        fact
    };
    let error = json!({ "code": 131_026, "reason": "no", "remedy": "none" });
    let held = json!({ "held": "overtaken", "turn": turn(line(3)) });
    vec![
        ("a message is delivered", vec![changed("delivered", json!({}))]),
        ("a message is held", vec![changed("held", held.clone())]),
        ("a message fails", vec![changed("failed", json!({ "error": error }))]),
        ("a held message leaves", vec![changed("held", held), changed("sending", json!({}))]),
    ]
}

fn of_amendments() -> Vec<Case> {
    let reacted = |by: Value, emoji: Option<&str>| {
        let content = emoji.map_or(json!(null), |emoji| json!({ "reaction": { "emoji": emoji } }));
        let of = json!({ "kind": "reacted", "by": by, "at": LATER });
        with_content(amended(3, &of), &content)
    };
    let receipt = |participant: u32, status: &str| {
        let of = json!({
            "kind": "received", "participant": participant, "status": status, "at": LATER,
        });
        amended(6, &of)
    };
    let customer = || json!({ "kind": "customer" });
    vec![
        ("a line is edited", vec![since(4, "edited", 8)]),
        ("a line is taken back, with its edits", vec![since(3, "revoked", 8)]),
        (
            "a file is taken back",
            vec![filed(4, &json!({ "state": "stored", "bytes": 7 })), since(4, "revoked", 8)],
        ),
        (
            "both sides react, each once",
            vec![
                reacted(customer(), Some("👍")),
                reacted(json!({ "kind": "agent", "id": ANA.agent }), Some("🎉")),
                reacted(customer(), Some("❤️")),
                reacted(json!({ "kind": "phone_app" }), Some("🙏")),
            ],
        ),
        (
            "a reaction is taken back",
            vec![reacted(customer(), Some("👍")), reacted(customer(), None)],
        ),
        (
            "a line is sent on twice",
            vec![
                amended(3, &json!({ "kind": "forwarded" })),
                amended(3, &json!({ "kind": "forwarded" })),
            ],
        ),
        (
            "a group receives",
            vec![receipt(1, "delivered"), receipt(2, "delivered"), receipt(1, "read")],
        ),
    ]
}

fn of_conversations() -> Vec<Case> {
    let opened = |more: Value| {
        let mut fact = json!({
            "type": "conversation_opened", "conversation_id": MATEO, "revision": 1,
            "channel_id": base().head.channel_id, "contact_id": ContactId(MATEO.0),
            "team_id": SUPPORT,
        });
        merge(&mut fact, more);
        fact
    };
    let status = |status: Value, turn: Value| {
        let kind = "status_changed";
        json!({ "type": kind, "status": status, "turn": turn })
    };
    let owner = |owner: Owner, team: Value| {
        let cause = "transferred";
        json!({
            "type": "owner_changed", "owner": owner, "owner_epoch": 4, "team_id": team,
            "cause": cause,
        })
    };
    let since = base().thread.turn;
    let snoozed = json!({ "kind": "snoozed", "until": LATER });
    vec![
        ("a conversation begins", vec![opened(json!({}))]),
        ("a group begins", vec![opened(json!({ "kind": "group" }))]),
        (
            "an episode begins",
            vec![
                status(json!({ "kind": "resolved" }), json!(null)),
                json!({ "type": "episode_opened", "episode": 2 }),
            ],
        ),
        ("it waits", vec![status(json!({ "kind": "waiting" }), json!(since))]),
        ("it is snoozed", vec![status(snoozed, json!(since))]),
        ("it is resolved", vec![status(json!({ "kind": "resolved" }), json!(null))]),
        ("an agent owns it", vec![owner(Owner::Agent(ANA.agent), json!(SUPPORT))]),
        ("another team's queue owns it", vec![owner(Owner::Queue(SALES), json!(SALES))]),
    ]
}

fn of_customers() -> Vec<Case> {
    let since = base().thread.turn;
    let block = json!({ "by": EVA.agent, "since": LATER, "whatsapp": "waiting", "turn": since });
    let follows = |agent| json!({ "type": "followed", "agent_id": agent });
    let card = json!({ "contact": { "name": "Luz", "phone": null } });
    let named = json!({ "type": "contact_changed", "contact_id": base().thread.contact_id });
    vec![
        ("some follow, each once", vec![follows(GUS), follows(ANA.agent), follows(GUS)]),
        (
            "somebody follows no longer",
            vec![json!({ "type": "unfollowed", "agent_id": BEN.agent })],
        ),
        ("the customer is blocked", vec![json!({ "type": "block_changed", "block": block })]),
        (
            "and no longer",
            vec![
                json!({ "type": "block_changed", "block": block }),
                json!({ "type": "block_changed", "block": null }),
            ],
        ),
        (
            "the language that they write is heard, and set by hand",
            vec![
                json!({ "type": "language_changed", "language": { "language": "pt" } }),
                json!({
                    "type": "language_changed",
                    "language": { "language": "es", "by_hand": true },
                }),
            ],
        ),
        (
            "and is not known any more",
            vec![
                json!({ "type": "language_changed", "language": { "language": "pt" } }),
                json!({ "type": "language_changed", "language": null }),
            ],
        ),
        (
            "they want no marketing",
            vec![json!({
                "type": "marketing_changed", "marketing": { "stopped": true, "since": LATER },
            })],
        ),
        (
            "they are somebody else as well",
            vec![json!({
                "type": "person_changed", "person": ContactId(MATEO.0),
            })],
        ),
        ("they have another name", vec![with_content(named.clone(), &card)]),
        ("their name was erased", vec![named]),
        (
            "a note",
            vec![json!({
                "type": "note_added", "note_id": Uuid::from_u128(0x6001), "author": BEN.agent,
                "op_id": op(), "content": { "note": { "text": "Look", "quoted": line(3).id } },
            })],
        ),
        (
            "a note that was erased",
            vec![json!({
                "type": "note_added", "note_id": Uuid::from_u128(0x6001), "author": BEN.agent,
                "op_id": op(),
            })],
        ),
    ]
}

/// Facts that this version knows nothing of, and gaps: the conversation is read.
fn of_the_future() -> Vec<Case> {
    vec![
        ("a fact of the future", vec![json!({ "type": "mood_changed", "mood": "calm" })]),
        (
            "a content of the future",
            vec![json!({
                "type": "note_added", "note_id": Uuid::from_u128(0x6001), "author": BEN.agent,
                "op_id": op(), "content": { "song": { "title": "Luz" } },
            })],
        ),
        (
            "an amendment of the future",
            vec![amended(3, &json!({ "kind": "translated", "to": "en" }))],
        ),
        (
            "an event is missing",
            vec![json!({
                "type": "followed", "agent_id": ANA.agent, "revision": base().head.revision + 2,
            })],
        ),
        (
            "an event was told before",
            vec![json!({
                "type": "followed", "agent_id": ANA.agent, "revision": base().head.revision,
            })],
        ),
        (
            "an event of a conversation that is not held",
            vec![json!({
                "type": "followed", "agent_id": ANA.agent, "conversation_id": MATEO,
            })],
        ),
    ]
}

fn of_settings() -> Vec<Case> {
    let of = |fact: Value| {
        let mut fact = fact;
        fact["conversation_id"] = Value::Null;
        vec![fact]
    };
    let agent_id = BEN.agent;
    vec![
        (
            "an agent changed",
            of(json!({ "type": "agent_changed", "agent_id": agent_id, "set": {} })),
        ),
        ("a team changed", of(json!({ "type": "team_changed", "team_id": SUPPORT, "set": {} }))),
        (
            "a member left",
            of(json!({
                "type": "membership_changed", "team_id": SUPPORT, "agent_id": agent_id,
                "kind": null,
            })),
        ),
        (
            "a number changed",
            of(json!({
                "type": "channel_changed", "channel_id": base().head.channel_id, "set": {},
            })),
        ),
        ("a password is set", of(json!({ "type": "password_set", "agent_id": ANA.agent }))),
        (
            "a device is revoked",
            of(json!({
                "type": "device_revoked", "agent_id": ANA.agent, "device_id": BEN.device,
            })),
        ),
        (
            "an invitation",
            of(json!({
                "type": "invitation_changed", "invitation_id": Uuid::from_u128(0x6003),
                "step": "made",
            })),
        ),
        (
            "a canned reply changed",
            of(json!({
                "type": "setting_changed", "setting_id": Uuid::from_u128(0x6004),
                "kind": "canned_reply", "version": 2, "home": { "kind": "workspace" }, "rank": 4,
                "changed": ["text"],
                "content": { "setting": { "shortcut": "hi", "title": "Hi", "text": "Hello" } },
            })),
        ),
        ("a setting of the future", of(json!({ "type": "bell_changed" }))),
    ]
}

fn mirror() -> Mirror {
    let mut mirror = Mirror::default();
    let timings = Timings {
        lease_ttl_ms: 12_000,
        lease_keep_ms: 4_000,
        idle_ms: 30_000,
        silent_ms: 75_000,
        being_answered_max_ms: 60_000,
    };
    let cursor = Cursor { epoch: EPOCH, position: HEAD };
    let agent_id = ANA.agent;
    mirror.apply_frame(&ServerFrame::Welcome {
        cursor,
        epoch: EPOCH,
        agent_id,
        timings,
        server_time: NOW,
        facts: None,
        hears_idle: false,
    });
    let reason = ResetReason::NoCursor;
    mirror.apply_frame(&ServerFrame::Reset { reason, upto: HEAD, after_ms: 0 });
    mirror.apply_page(Page { upto: HEAD, snapshots: vec![snapshot()], is_last: true });
    mirror
}

fn wanted(want: Want) -> Value {
    match want {
        Want::Resume => "resume".into(),
        Want::Snapshot { .. } => "snapshot".into(),
        Want::Conversation(id) => json!({ "conversation": id }),
        Want::Agents => "agents".into(),
        Want::Teams => "teams".into(),
        Want::Channels => "channels".into(),
    }
}

/// The conversation after the events, and what a client has to read.
fn played(facts: &[Value]) -> Value {
    let of = facts.iter().find_map(|fact| fact.get("conversation_id"));
    let of = of.map_or(Some(LUCIA), |id| serde_json::from_value(id.clone()).unwrap());
    let about = of.unwrap_or(LUCIA);
    let told: Vec<Value> = (0..).zip(facts).map(|(nth, fact)| event(nth, about, fact)).collect();
    let events: Vec<Event> = serde_json::from_value(json!(told)).unwrap();
    let upto = HEAD + facts.len() as u64;
    let mut mirror = mirror();
    let wants = mirror.apply_frame(&ServerFrame::Events { after: HEAD, upto, events });
    let wants: Vec<Value> = wants.into_iter().map(wanted).collect();
    let mut told = Map::from_iter([("events".to_owned(), json!(told))]);
    if !wants.is_empty() {
        told.insert("wants".to_owned(), json!(wants));
    }
    let before = (about == LUCIA).then(snapshot);
    let after = mirror.conversations.remove(&about).map(Snapshot::from);
    match (json!(before), json!(after)) {
        (before, after) if before == after => {}
        (before, after) if before["level"] == after["level"] => {
            told.insert("changes".to_owned(), changes(&before, &after));
        }
        (_, after) => {
            told.insert("holds".to_owned(), after);
        }
    }
    Value::Object(told)
}

/// The parts of a row that are others, and of each list the items that are new or others.
fn changes(before: &Value, after: &Value) -> Value {
    let mut told = Map::new();
    let view = after["view"].as_object().unwrap();
    let parts = view.iter().filter(|(name, part)| before["view"][name] != **part);
    let parts: Map<_, _> = parts.map(|(name, part)| (name.clone(), part.clone())).collect();
    if !parts.is_empty() {
        told.insert("view".to_owned(), Value::Object(parts));
    }
    for list in ["lines", "notes", "coaching"] {
        let none = Vec::new();
        let old = before[list].as_array().unwrap_or(&none);
        let new = after[list].as_array().unwrap_or(&none).iter();
        let others: Vec<_> = new.filter(|item| !old.contains(item)).collect();
        if !others.is_empty() {
            told.insert(list.to_owned(), json!(others));
        }
    }
    Value::Object(told)
}

fn cases() -> Vec<Case> {
    [
        of_lines(),
        of_files(),
        of_messages(),
        of_amendments(),
        of_conversations(),
        of_customers(),
        of_queues(),
        of_reminders(),
        of_tags(),
        of_clocks(),
        of_offers(),
        of_one_viewer(),
        of_settings(),
        of_the_future(),
    ]
    .concat()
}

#[test]
fn what_each_fact_changes_is_as_it_is_written() {
    plant(planted());
    let before = vec![(Some("snapshot"), json!(snapshot()))];
    let cases = cases().into_iter().map(|(name, facts)| (Some(name), played(&facts)));
    check("facts.json", &table(&[("before", before), ("cases", cases.collect())]));
}

#[test]
fn every_fact_is_played() {
    let mut played: Vec<String> = cases()
        .iter()
        .flat_map(|(_, facts)| facts)
        .map(|fact| fact["type"].as_str().unwrap().to_owned())
        .filter(|name| name != "mood_changed" && name != "bell_changed")
        .collect();
    played.sort();
    played.dedup();
    assert_eq!(played, kinds("event."));
}
