//! The payload for a phone, made of a push's fields: three levels of privacy on each road.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::seal::seal;

/// Bytes of a payload at most, on all roads.
const PAYLOAD_BYTES_MAX: usize = 4_096;

/// The road to a device, as it is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushLane {
    /// Firebase.
    Fcm,
    /// Apple.
    Apns,
    /// A browser's service.
    Webpush,
    /// A distributor on the phone.
    Unifiedpush,
    /// Somebody who holds the keys of an app in a store; the phone is handed what Firebase hands.
    Relay,
    /// The server's log; what would be handed is what Firebase hands.
    Log,
}

impl PushLane {
    fn is_web(self) -> bool {
        match self {
            Self::Webpush | Self::Unifiedpush => true,
            Self::Fcm | Self::Apns | Self::Relay | Self::Log => false,
        }
    }
}

/// The key of a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushKey {
    /// The device's name for it.
    #[serde(default)]
    pub id: Option<String>,
    /// The public key, base64url.
    pub p256dh: String,
    /// The shared secret, base64url.
    pub auth: String,
}

/// The target of a device's pushes: the part of the body of its registration that is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushTo {
    /// The push service that reaches the device.
    pub lane: PushLane,
    /// The token or URL of that service.
    pub target: String,
    /// The key to which contents are sealed.
    #[serde(default)]
    pub key: Option<PushKey>,
}

/// The readers of a push's contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushContent {
    /// Nobody: it says only that something happened.
    Wake,
    /// The device alone; a wake where it gave no key.
    E2e,
    /// Everybody on the way.
    Full,
}

/// The fields of a push. Nothing is checked: phones have to live with anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushFields {
    /// The subject: `offer`, `assigned`, `queue`, `message`, `mention`, `sla`, `retract`, `digest`.
    pub kind: String,
    /// The id of the push; a fresh UUIDv7 of the simulator's time when left out.
    #[serde(default)]
    pub id: Option<String>,
    /// The workspace.
    pub workspace: String,
    /// The agent it is for.
    #[serde(default)]
    pub agent: Option<String>,
    /// The conversation it is about.
    #[serde(default)]
    pub conversation: Option<String>,
    /// The offer it is about.
    #[serde(default)]
    pub offer: Option<String>,
    /// With a retract: the push that is over.
    #[serde(default)]
    pub retracts: Option<String>,
    /// Its end in the simulator's time; told in whole seconds.
    pub expires_at_ms: i64,
    /// The place in the log, as `epoch:position`.
    pub cursor: String,
    /// Lines not read.
    #[serde(default)]
    pub badge: Option<u32>,
    /// Words.
    #[serde(default)]
    pub title: String,
    /// Words.
    #[serde(default)]
    pub body: String,
    /// Changes what is told outside at the last moment: a text is set, null is left out. For
    /// versions to come, and for what is broken.
    #[serde(default)]
    pub outside: BTreeMap<String, Option<String>>,
}

/// The platform's input to the app: the form in which the phone core reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "road", content = "data", rename_all = "snake_case")]
pub enum PushInput {
    /// The data of a Firebase message.
    Fcm(BTreeMap<String, String>),
    /// The userInfo of Apple's notification, as JSON.
    Apns(String),
    /// The body of a Web Push, base64url.
    WebPush(String),
}

/// The exact payload of a push, `content` being `e2e` when nothing is said. Randomness is drawn
/// for what is sealed alone.
///
/// # Errors
/// When a key is none, or it is more than a push may carry.
pub fn payload(
    to: &PushTo,
    fields: &PushFields,
    content: Option<PushContent>,
    rng: &mut impl Rng,
) -> anyhow::Result<PushInput> {
    let mut content = content.unwrap_or(PushContent::E2e);
    if content == PushContent::E2e && to.key.is_none() {
        content = PushContent::Wake;
    }
    if to.lane.is_web() {
        return web_push(to, fields, content, rng);
    }
    let mut outside = outside(fields);
    match content {
        PushContent::Wake => {}
        PushContent::E2e => {
            let key = to.key.as_ref().context("the device gave no key to seal to")?;
            let sealed = seal(inside(fields).to_string().as_bytes(), key, rng)?;
            outside.insert("e", URL_SAFE_NO_PAD.encode(sealed));
            if let Some(id) = &key.id {
                outside.insert("ki", id.clone());
            }
        }
        PushContent::Full => outside.extend(words(fields)),
    }
    let outside = changed(outside, fields);
    let input = match to.lane {
        PushLane::Apns => PushInput::Apns(user_info(fields, content, outside).to_string()),
        PushLane::Fcm
        | PushLane::Relay
        | PushLane::Log
        | PushLane::Webpush
        | PushLane::Unifiedpush => PushInput::Fcm(outside),
    };
    let bytes = match &input {
        PushInput::Fcm(data) => data.iter().map(|(name, text)| name.len() + text.len()).sum(),
        PushInput::Apns(json) | PushInput::WebPush(json) => json.len(),
    };
    ensure!(bytes <= PAYLOAD_BYTES_MAX, "{bytes} bytes are more than a push carries");
    Ok(input)
}

/// Web Push is sealed as a whole, whatever it tells: the service takes nothing else.
fn web_push(
    to: &PushTo,
    fields: &PushFields,
    content: PushContent,
    rng: &mut impl Rng,
) -> anyhow::Result<PushInput> {
    let key = to.key.as_ref().context("Web Push needs a key")?;
    let mut all = outside(fields);
    if content != PushContent::Wake {
        all.extend(words(fields));
    }
    let json = json!(changed(all, fields)).to_string();
    Ok(PushInput::WebPush(URL_SAFE_NO_PAD.encode(seal(json.as_bytes(), key, rng)?)))
}

/// The part of every push that everybody can read: neither conversation nor offer, no word.
fn outside(fields: &PushFields) -> BTreeMap<&'static str, String> {
    let seconds = fields.expires_at_ms.div_euclid(1_000);
    let all = [
        ("v", Some("1".to_owned())),
        ("k", Some(fields.kind.clone())),
        ("id", fields.id.clone()),
        ("w", Some(fields.workspace.clone())),
        ("x", Some(seconds.to_string())),
        ("s", Some(fields.cursor.clone())),
        ("a", fields.agent.clone()),
        ("r", fields.retracts.clone()),
        ("b", fields.badge.map(|badge| badge.to_string())),
    ];
    all.into_iter().filter_map(|(name, text)| Some((name, text?))).collect()
}

/// The further fields of a push without secrets.
fn words(fields: &PushFields) -> impl Iterator<Item = (&'static str, String)> + use<> {
    let some = |text: &String| (!text.is_empty()).then(|| text.clone());
    let all = [
        ("c", fields.conversation.clone()),
        ("o", fields.offer.clone()),
        ("title", some(&fields.title)),
        ("body", some(&fields.body)),
    ];
    all.into_iter().filter_map(|(name, text)| Some((name, text?)))
}

/// The part that is sealed.
fn inside(fields: &PushFields) -> Value {
    let mut inside = json!({
        "kind": fields.kind, "id": fields.id, "title": fields.title, "body": fields.body,
    });
    for (name, id) in [("conversation_id", &fields.conversation), ("offer_id", &fields.offer)] {
        crate::base::json::put_some(&mut inside, name, id.as_deref());
    }
    inside
}

fn changed(
    outside: BTreeMap<&'static str, String>,
    fields: &PushFields,
) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> =
        outside.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
    for (name, text) in &fields.outside {
        match text {
            Some(text) => all.insert(name.clone(), text.clone()),
            None => all.remove(name),
        };
    }
    all
}

/// Apple shows something even if the app does not: words that name nobody, to be replaced by the
/// extension. Numbers travel as such.
fn user_info(
    fields: &PushFields,
    content: PushContent,
    outside: BTreeMap<String, String>,
) -> Value {
    let alert = match content {
        PushContent::Full => json!({"title": fields.title, "body": fields.body}),
        PushContent::Wake | PushContent::E2e => {
            let name = if fields.kind == "retract" { "settled" } else { &fields.kind };
            json!({"loc-key": format!("push.{name}")})
        }
    };
    let mut aps = json!({"alert": alert, "mutable-content": 1});
    if let Some(badge) = fields.badge {
        crate::base::json::put(&mut aps, "badge", badge);
    }
    let mut all = Map::from_iter([("aps".to_owned(), aps)]);
    for (name, text) in outside {
        let number = matches!(name.as_str(), "v" | "x" | "b").then(|| text.parse::<i64>().ok());
        all.insert(name, number.flatten().map_or_else(|| Value::from(text), Value::from));
    }
    Value::Object(all)
}
