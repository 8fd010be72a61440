//! The pushes in `protocol/fixtures`, as the server posts them and platforms hand them over.

use std::fs;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use baton_protocol::Timestamp;
use serde_json::{Value, json};

use crate::push::payload::{Content, read};
use crate::push::seal::{DeviceKey, KEY_SEED_BYTES, Keyring};
use crate::push::{Input, Push};

fn file(name: &str) -> Value {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../protocol/fixtures");
    let text = fs::read_to_string(folder.join(format!("push.{name}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn keyring() -> Keyring {
    Keyring::new(DeviceKey::made(&[7; KEY_SEED_BYTES], Timestamp::default()).unwrap())
}

/// As the platform hands it over: Apple's as JSON.
fn input(handed: &Value) -> Input {
    let mut handed = handed.clone();
    if handed["road"] == "apns" {
        handed["data"] = Value::from(handed["data"].to_string());
    }
    serde_json::from_value(handed).unwrap()
}

fn told(push: &Push) -> Value {
    let words = match &push.content {
        Content::Opened(words) => words.as_ref().map(|words| (words.title(), words.body())),
        Content::Wake => None,
        Content::Sealed(_) | Content::Full(_) | Content::Unopened(_) => {
            panic!("{:?}", push.content)
        }
    };
    json!({
        "kind": push.kind.name(),
        "id": push.id,
        "workspace": push.workspace,
        "agent": push.agent,
        "conversation": push.conversation,
        "cursor": push.cursor.to_string(),
        "expires_s": push.expires_at.ms() / 1_000,
        "badge": push.badge,
        "is_quiet": push.is_quiet,
        "title": words.map(|(title, _)| title),
        "body": words.map(|(_, body)| body),
    })
}

#[test]
fn the_key_of_the_fixtures_is_one_that_a_phone_makes_and_keeps() {
    let keyring = keyring();
    let key = keyring.current();
    let recipient = key.recipient();
    let made = json!({
        "id": key.id().to_string(),
        "p256dh": URL_SAFE_NO_PAD.encode(recipient.p256dh),
        "auth": URL_SAFE_NO_PAD.encode(recipient.auth),
        "kept": URL_SAFE_NO_PAD.encode(keyring.to_bytes()),
    });
    assert_eq!(made, file("key"), "{made:#}");
}

#[test]
fn each_push_of_the_fixtures_reads_as_they_say() {
    for lane in ["fcm", "apns", "webpush", "relay"] {
        let all = file(lane);
        let pushes = all.as_array().unwrap();
        assert!(pushes.len() > 8, "{lane}");
        for one in pushes {
            let push = read(&input(&one["handed"]), Some(&keyring())).unwrap();
            assert_eq!(told(&push), one["reads"], "{lane}");
        }
    }
}
