//! Every kind of line, in every state: whether a reply may name it, whether it may be reacted to,
//! and sent on.

use std::sync::OnceLock;

use baton_domain::context::{Lines, People};
use baton_domain::decide::Decision;
use baton_domain::fact::scope::Scope;
use baton_domain::forward::{Forwardable, SourceConversation, StoredFile};
use baton_protocol::{
    Author, CommandBody, Conversation, ConversationKind, Line, LineKind, MessageStatus, Team,
};
use serde_json::{Value, json};

use super::commands::{Asked, why};
use super::world::{NOW, Scene, agents, base, line, lines, people, policies};
use crate::rules::kept::{check, table};
use crate::team::{ANA, MATEO};

/// The line that is asked about.
const SEQ: u64 = 2;

const KINDS: [LineKind; 20] = [
    LineKind::Text,
    LineKind::Image,
    LineKind::Video,
    LineKind::Audio,
    LineKind::Voice,
    LineKind::Document,
    LineKind::Sticker,
    LineKind::Location,
    LineKind::ContactCards,
    LineKind::Choice,
    LineKind::Order,
    LineKind::Interactive,
    LineKind::Template,
    LineKind::Reaction,
    LineKind::Edit,
    LineKind::Revocation,
    LineKind::WelcomeRequest,
    LineKind::Call,
    LineKind::Unsupported,
    LineKind::Unreadable,
];

const STATUSES: [MessageStatus; 11] = [
    MessageStatus::Queued,
    MessageStatus::Sending,
    MessageStatus::Unconfirmed,
    MessageStatus::Accepted,
    MessageStatus::Sent,
    MessageStatus::Delivered,
    MessageStatus::Read,
    MessageStatus::Played,
    MessageStatus::Failed,
    MessageStatus::Held,
    MessageStatus::Cancelled,
];

fn details(kind: LineKind) -> Option<Value> {
    let file = |media_type: &str| Some(json!({ "type": "file", "media_type": media_type }));
    match kind {
        LineKind::Image => file("image/jpeg"),
        LineKind::Video => file("video/mp4"),
        LineKind::Audio | LineKind::Voice => file("audio/ogg"),
        LineKind::Document => file("application/pdf"),
        LineKind::Sticker => file("image/webp"),
        LineKind::Location => {
            Some(json!({ "type": "location", "latitude": 1.5, "longitude": 2.5 }))
        }
        LineKind::ContactCards => {
            let card = json!({ "name": "Luz", "phones": ["+34600000001"] });
            Some(json!({ "type": "contact_cards", "cards": [card] }))
        }
        LineKind::Interactive => {
            Some(json!({ "type": "link", "title": "Open", "url": "https://example.org/" }))
        }
        LineKind::Text
        | LineKind::Choice
        | LineKind::Order
        | LineKind::Template
        | LineKind::Reaction
        | LineKind::Edit
        | LineKind::Revocation
        | LineKind::WelcomeRequest
        | LineKind::Call
        | LineKind::Unsupported
        | LineKind::Unreadable => None,
    }
}

fn is_file(kind: LineKind) -> bool {
    details(kind).is_some_and(|details| details["type"] == "file")
}

/// A line, with these fields in place of its own.
fn said(kind: LineKind, more: &Value) -> Line {
    let mut fields = json!({
        "seq": SEQ, "id": line(SEQ).id, "author": Author::Customer, "kind": kind, "at": NOW,
        "content": {},
    });
    let has_words = details(kind).is_none() || kind == LineKind::Interactive;
    if has_words {
        fields["content"]["text"] = "Hola".into();
    }
    if let Some(details) = details(kind) {
        fields["content"]["details"] = details;
    }
    if is_file(kind) {
        fields["file"] = json!({ "state": "stored", "bytes": 7 });
    }
    for (name, value) in more.as_object().unwrap() {
        fields[name] = value.clone();
    }
    serde_json::from_value(fields).unwrap()
}

fn all() -> Vec<Line> {
    let of = Author::Agent { id: ANA.agent };
    let ours = |status: MessageStatus| json!({ "author": of, "status": status });
    let mut all: Vec<Line> = KINDS.map(|kind| said(kind, &json!({}))).into();
    all.extend(KINDS.map(|kind| said(kind, &ours(MessageStatus::Delivered))));
    all.extend(STATUSES.map(|status| said(LineKind::Text, &ours(status))));
    for state in ["waiting", "expired", "refused"] {
        all.push(said(LineKind::Image, &json!({ "file": { "state": state } })));
    }
    let link = json!({ "type": "file", "link": "https://example.org/a.jpg", "kind": "image" });
    let mut linked = ours(MessageStatus::Sent);
    linked["content"] = json!({ "details": link });
    linked["file"] = Value::Null;
    all.push(said(LineKind::Image, &linked));
    let by = |author: Author| {
        let mut more = json!({ "author": author });
        if author != Author::Customer {
            more["status"] = json!(MessageStatus::Sent);
        }
        more
    };
    all.extend(
        [Author::PhoneApp, Author::Acknowledgement].map(|by_| said(LineKind::Text, &by(by_))),
    );
    all.push(said(LineKind::Text, &json!({ "content": { "erased": true } })));
    let change = json!({ "line": line(7), "at": NOW });
    all.push(said(LineKind::Text, &json!({ "amended": { "edited": change } })));
    all.push(said(LineKind::Text, &json!({ "content": {}, "amended": { "revoked": change } })));
    all
}

fn place(is_group: bool) -> Scene {
    let mut conversation = base();
    if is_group {
        conversation.thread.kind = ConversationKind::Group;
    }
    Scene { name: "queued", conversation, lease: None }
}

/// The answers to Ana. What is sent on goes to another customer.
fn answers(of: &Line, is_group: bool) -> Value {
    let (scene, to) = (place(is_group), place(false));
    let mut facts = lines().find(scene.conversation.head.id, line(SEQ).id).unwrap().clone();
    (facts.author, facts.kind, facts.status) = (of.author, of.kind, of.status);
    (facts.file, facts.amended) = (of.file, of.amended.clone());
    let mut known = lines();
    known.put(scene.conversation.head.id, facts);
    let source =
        SourceConversation { conversation: MATEO, scope: Scope::of(&base().head), is_group };
    let forwarded = Forwardable::new(source, of.clone(), None, StoredFile::default());
    let may = |at: &Scene, body: Value| -> Value {
        let body: CommandBody = serde_json::from_value(body).unwrap();
        let asked = asked(at, &at.conversation, &known, &forwarded);
        match asked.decided(&agents()[0], body) {
            Decision::Accept(..) => true.into(),
            Decision::Refuse(refusal) => why(&refusal).into(),
            Decision::Replay(answer) => panic!("{answer:?} was never given"),
        }
    };
    let (seen, quoted) = (line(7), of.id);
    let reaction = json!({ "type": "reaction", "emoji": "👍" });
    let line_at = json!({ "conversation_id": MATEO, "message_id": of.id });
    let quote = json!({ "type": "reply", "text": "Si", "seen": seen, "quoted": quoted });
    let react = json!({ "type": "send", "details": reaction, "seen": seen, "quoted": quoted });
    let forward = json!({ "type": "forward", "of": line_at, "seen": seen });
    json!({
        "quote": may(&scene, quote),
        "react": may(&scene, react),
        "forward": may(&to, forward),
    })
}

fn asked<'a>(
    scene: &'a Scene,
    conversation: &'a Conversation,
    lines: &'a Lines,
    forwarded: &'a Forwardable,
) -> Asked<'a> {
    static POLICY: OnceLock<(Team, People)> = OnceLock::new();
    let (policy, people) = POLICY.get_or_init(|| {
        let policy = policies().swap_remove(0).1;
        (policy.clone(), people(&policy))
    });
    Asked { conversation, scene, policy, people, lines, forwarded }
}

#[test]
fn what_may_be_done_with_a_line_is_as_it_is_written() {
    let case = |of: &Line, is_group: bool| {
        let answers = answers(of, is_group);
        let told = if is_group {
            json!({ "line": of, "in": "group", "may": answers })
        } else {
            json!({ "line": of, "may": answers })
        };
        (None, told)
    };
    let lines = all();
    let mut cases: Vec<(Option<&str>, Value)> = lines.iter().map(|of| case(of, false)).collect();
    let in_groups = lines
        .iter()
        .filter(|of| matches!(of.kind, LineKind::Text | LineKind::Image) && of.amended.is_none());
    cases.extend(in_groups.take(4).map(|of| case(of, true)));
    check("lines.json", &table(&[("cases", cases)]));
}
