//! The rules of pushes through what the module offers: helpers here, the rules beside.

mod answering;
mod deciding;
mod dropping;
mod fixtures;
mod handling;
mod orders;
mod reading;
mod receiving;
mod rendering;
mod wish;

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use baton_protocol::{
    AgentId, ConversationId, Cursor, Epoch, Owner, TeamId, Timestamp, WorkspaceId,
};
use serde_json::json;
use uuid::Uuid;

use crate::push::payload::Content;
use crate::push::seal::{DeviceKey, Keyring, seal};
use crate::push::{Held, Input, Kind, OfferId, Push, PushContext, PushId};

/// A full second, since expiry is told in seconds.
const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);
const EPOCH: Epoch = Epoch(Uuid::from_u128(0xE));
const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::from_u128(0xA));
const ME: AgentId = AgentId(Uuid::from_u128(0xB1));
const ANA: AgentId = AgentId(Uuid::from_u128(0xB2));
const TEAM: TeamId = TeamId(Uuid::from_u128(0xC));

fn conversation(number: u8) -> ConversationId {
    ConversationId(Uuid::from_u128(0xD00 + u128::from(number)))
}

/// Later ones are less: nothing may hang on the order of ids.
fn push_id(number: u64) -> PushId {
    PushId(Uuid::from_u128(0xF_FFFF - u128::from(number)))
}

fn offer_id(number: u64) -> OfferId {
    OfferId(Uuid::from_u128(0x1_F0000 + u128::from(number)))
}

fn cursor(position: u64) -> Cursor {
    Cursor { epoch: EPOCH, position }
}

/// A push about conversation 1, from this place in the log, that expires in 45 s.
fn push(kind: Kind, position: u64) -> Push {
    Push {
        version: 1,
        kind,
        id: push_id(position),
        workspace: WORKSPACE,
        agent: None,
        conversation: Some(conversation(1)),
        offer: (kind == Kind::Offer).then(|| offer_id(position)),
        retracts: None,
        expires_at: NOW.plus_ms(45_000),
        cursor: cursor(position),
        badge: None,
        is_quiet: false,
        content: Content::Wake,
    }
}

/// A store that holds the log up to here, and nothing of note in it.
fn known(position: u64) -> PushContext {
    PushContext { cursor: Some(cursor(position)), ..PushContext::without_store(WORKSPACE, ME) }
}

/// A store that holds conversation 1 as well.
fn knowing(position: u64, held: Held) -> PushContext {
    PushContext { conversations: BTreeMap::from([(conversation(1), held)]), ..known(position) }
}

/// One unread line that waits for an answer.
fn held(owner: Owner) -> Held {
    Held {
        owner,
        revision: 1,
        last_seq: 1,
        read_seq: 0,
        unread: 1,
        is_unanswered: true,
        is_resolved: false,
        offer: None,
        opened: None,
        preview: None,
        unseen: None,
    }
}

fn queue() -> Owner {
    Owner::Queue(TEAM)
}

fn key(byte: u8) -> DeviceKey {
    DeviceKey::made(&[byte; 48], NOW).unwrap()
}

fn keyring() -> Keyring {
    Keyring::new(key(1))
}

/// As the server writes it.
fn fields(push: &Push) -> BTreeMap<String, String> {
    let seconds = push.expires_at.ms() / 1000;
    let all = [
        ("v", Some(push.version.to_string())),
        ("k", Some(push.kind.name().to_owned())),
        ("id", Some(push.id.to_string())),
        ("w", Some(push.workspace.to_string())),
        ("x", Some(seconds.to_string())),
        ("s", Some(push.cursor.to_string())),
        ("a", push.agent.map(|id| id.to_string())),
        ("c", push.conversation.map(|id| id.to_string())),
        ("o", push.offer.map(|id| id.to_string())),
        ("r", push.retracts.map(|id| id.to_string())),
        ("b", push.badge.map(|badge| badge.to_string())),
        ("q", push.is_quiet.then(|| "1".to_owned())),
    ];
    all.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?))).collect()
}

/// As the server seals it: the outside says neither conversation nor offer.
fn sealed_fields(push: &Push, title: &str, body: &str) -> BTreeMap<String, String> {
    let inner = json!({"kind": push.kind, "id": push.id, "conversation_id": push.conversation,
        "offer_id": push.offer, "title": title, "body": body});
    let mut all = fields(&Push { conversation: None, offer: None, ..push.clone() });
    let sealed = seal(inner.to_string().as_bytes(), &key(1).recipient(), &[7; 48]).unwrap();
    all.insert("e".to_owned(), URL_SAFE_NO_PAD.encode(sealed));
    all.insert("ki".to_owned(), key(1).id().to_string());
    all
}

fn fcm(push: &Push) -> Input {
    Input::Fcm(fields(push))
}
