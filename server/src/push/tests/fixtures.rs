//! The pushes in `protocol/fixtures`: what is posted to each kind of service, to the byte. The
//! simulator, the phone core and the suites of all languages read the same files.
//!
//! `BATON_ACCEPT=1` writes them anew.

use std::fs;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use baton_domain::announce::Kind;
use baton_protocol::push::PushTargetKind;
use baton_protocol::{AgentId, ConversationId, Cursor, Epoch, PushId, Timestamp, WorkspaceId};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::clock::{Clock, ManualClock};
use crate::config::Secret;
use crate::push::letter::{Letter, SealKey, Target, Words};
use crate::push::{apns, fcm, relay, webpush};

const NOW: Timestamp = Timestamp::from_ms(1_767_323_045_000);
/// The first second of 2100: no phone that reads them finds them too old.
const EXPIRES_S: i64 = 4_102_444_800;
const TITLE: &str = "Lucía Ω";
const BODY: &str = "¿Tienen el modelo azul?";

/// The key of a device, as the phone core tells a server of it.
#[derive(Deserialize)]
struct Key {
    id: String,
    p256dh: String,
    auth: String,
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../protocol/fixtures/push.{name}.json"))
}

fn id(last: u128) -> Uuid {
    Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_0000_0000_0000 + last)
}

fn letter(n: u128, kind: Kind, words: Option<Words>) -> Letter {
    let key: Key = serde_json::from_str(&fs::read_to_string(file("key")).unwrap()).unwrap();
    let key = SealKey { id: Some(key.id), p256dh: key.p256dh, auth: Secret::new(key.auth) };
    let to = Target {
        kind: PushTargetKind::Token,
        target: Secret::new("0a".repeat(32)),
        key: Some(key),
        app_id: None,
        env: None,
    };
    Letter {
        to,
        id: PushId(id(0xb000 + n)),
        workspace: WorkspaceId(id(0xa00e)),
        agent: AgentId(id(0xa001)),
        conversation: ConversationId(id(0xa004)),
        kind,
        cursor: Cursor { epoch: Epoch(id(0xa0ee)), position: 97 },
        expires_at: Timestamp::from_ms(EXPIRES_S * 1_000),
        offer: None,
        badge: kind.spec().is_shown.then_some(3),
        is_quiet: false,
        words,
    }
}

/// Every kind with words for those who may read them, one without, and what takes back.
fn letters() -> Vec<Letter> {
    let words = || Words { title: TITLE.to_owned(), body: BODY.to_owned() };
    let sealed = Kind::ALL.into_iter().filter(|kind| kind.spec().is_shown);
    let told = sealed.map(|kind| (kind, Some(words())));
    let all = told.chain([(Kind::Message, None), (Kind::Retract, None)]);
    let mut all: Vec<_> = all.zip(0..).map(|((kind, words), n)| letter(n, kind, words)).collect();
    // A line was taken back: it tells what is left, without a sound.
    all.push(Letter { is_quiet: true, ..letter(all.len() as u128, Kind::Message, Some(words())) });
    all
}

/// What a phone reads.
fn reads(letter: &Letter) -> Value {
    json!({
        "kind": letter.kind.spec().exact.unwrap_or(letter.kind.spec().wire),
        "id": letter.id,
        "workspace": letter.workspace,
        "agent": letter.agent,
        // Neither a number nor a summary is a conversation.
        "conversation": has_conversation(letter.kind).then_some(letter.conversation),
        "cursor": letter.cursor.to_string(),
        "expires_s": EXPIRES_S,
        "badge": letter.badge,
        "is_quiet": letter.is_quiet,
        "title": letter.words.as_ref().map(|words| &words.title),
        "body": letter.words.as_ref().map(|words| &words.body),
    })
}

fn map(headers: impl IntoIterator<Item = (&'static str, String)>) -> Value {
    headers.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect()
}

/// What is posted to a service, and what the platform hands to the app for it.
fn made(lane: &str, letter: &Letter, clock: &Clock) -> (Value, Value) {
    match lane {
        "fcm" => {
            let body = fcm::body(letter, clock).unwrap();
            let data = body.pointer("/message/data").cloned();
            (json!({"body": body}), json!({"road": "fcm", "data": data}))
        }
        "apns" => {
            let body: Value = serde_json::from_str(&apns::body(letter, clock).unwrap()).unwrap();
            let headers = map(apns::headers(letter, "example.baton"));
            let handed = json!({"road": "apns", "data": body});
            (json!({"headers": headers, "body": body}), handed)
        }
        "webpush" => {
            let body = BASE64.encode(webpush::body(letter, clock).unwrap());
            let headers = map(webpush::headers(letter, NOW));
            let handed = json!({"road": "web_push", "data": body});
            (json!({"headers": headers, "body": body}), handed)
        }
        _ => {
            let body = relay::body(letter, clock).unwrap();
            let handed = json!({"road": "web_push", "data": body.get("ciphertext")});
            (json!({"body": body}), handed)
        }
    }
}

#[track_caller]
fn check(lane: &str) {
    let clock = ManualClock::new(NOW, 7).clock();
    let letters = letters();
    let pushes = letters.iter().map(|letter| {
        let (posted, handed) = made(lane, letter, &clock);
        json!({"posted": posted, "handed": handed, "reads": reads(letter)})
    });
    let made = Value::Array(pushes.collect());
    if std::env::var_os("BATON_ACCEPT").is_some() {
        fs::write(file(lane), format!("{made:#}\n")).unwrap();
    }
    let kept: Value = serde_json::from_str(&fs::read_to_string(file(lane)).unwrap()).unwrap();
    assert_eq!(made, kept, "{lane}");
}

#[test]
fn what_is_posted_to_each_service_is_what_the_fixtures_show() {
    for lane in ["fcm", "apns", "webpush", "relay"] {
        check(lane);
    }
}

fn has_conversation(kind: Kind) -> bool {
    !matches!(kind, Kind::Number | Kind::Digest)
}
