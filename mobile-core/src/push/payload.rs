//! Reads pushes of all services into one form: FCM data, APNs `userInfo`, Web Push bodies.
//!
//! All carry the same short names, as text or numbers: `v` version, `k` kind, `id` push, `w`
//! workspace, `x` expiry (seconds since 1970), `s` cursor. The workspace decides about the others:
//! `a` agent, `c` conversation, `o` offer, `r` the retracted push, `b` badge, `title` and `body`.
//! `n` is the exact kind where `k` is the nearest that older cores know. With `q` it makes no
//! sound. `e` holds sealed contents and `ki` the id of their key. Anything else is [`Unreadable`]
//! and shows a generic text.

mod fields;

use std::collections::BTreeMap;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use baton_protocol::{AgentId, ConversationId, Cursor, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use crate::push::kind::{Kind, NotAKind};
use crate::push::seal::{KeyId, Keyring, OpenError};
use crate::push::text::Words;

use fields::Fields;

/// The version this core reads.
pub const VERSION: u8 = 1;
/// Bytes of a payload at most.
pub const PAYLOAD_BYTES_MAX: usize = 4_096;
/// Expiry beyond the year 9999 is no time.
const SECONDS_MAX: i64 = 253_402_300_799;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )+};
}

ids! {
    /// A push: every copy of it, on every road, has the same.
    PushId
}

pub use baton_protocol::OfferId;

/// What the platform hands over, as it came. Kept as it is in drops; never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "road", content = "data", rename_all = "snake_case")]
pub enum Input {
    /// The data of an FCM message.
    Fcm(BTreeMap<String, String>),
    /// The userInfo of an APNs notification, as JSON.
    Apns(String),
    /// The body of a Web Push: JSON, or sealed to this device as a whole.
    WebPush(#[serde(with = "as_base64")] Vec<u8>),
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fcm(_) => f.write_str("Fcm(***)"),
            Self::Apns(_) => f.write_str("Apns(***)"),
            Self::WebPush(_) => f.write_str("WebPush(***)"),
        }
    }
}

/// Sealed contents, and the key they say they are for.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    key: Option<KeyId>,
    /// The kind that the outside names, which the inside has to confirm.
    kind: Kind,
    bytes: Vec<u8>,
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealed(***)")
    }
}

/// How much a push tells (privacy level).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// That something happened, and no words.
    Wake,
    /// Words for this device alone, still sealed.
    Sealed(Sealed),
    /// Words that were sealed for this device alone; `None` if they were blank.
    Opened(Option<Words>),
    /// Words that every server on the way could read.
    Full(Words),
    /// Sealed words that this device cannot open.
    Unopened(OpenError),
}

/// A push.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Push {
    /// Of its form.
    pub version: u8,
    /// What it is about.
    pub kind: Kind,
    /// The id of the push.
    pub id: PushId,
    /// The workspace it is for.
    pub workspace: WorkspaceId,
    /// The agent it is for; several may share a device.
    pub agent: Option<AgentId>,
    /// The conversation it is about.
    pub conversation: Option<ConversationId>,
    /// The offer it is about.
    pub offer: Option<OfferId>,
    /// With a retract: the push that is over.
    pub retracts: Option<PushId>,
    /// When it is not worth showing any more.
    pub expires_at: Timestamp,
    /// The place in the log of what it tells.
    pub cursor: Cursor,
    /// Lines not read in what the agent owns.
    pub badge: Option<u32>,
    /// Whether it makes no sound: it tells less than before.
    pub is_quiet: bool,
    /// What it tells.
    pub content: Content,
}

/// What arrived and is no push of ours; as much of it as could be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unreadable {
    /// What is wrong.
    pub why: UnreadableReason,
    /// Which push it says it is.
    pub id: Option<PushId>,
    /// Whose it says it is.
    pub workspace: Option<WorkspaceId>,
}

/// What is wrong with what arrived.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum UnreadableReason {
    /// More than [`PAYLOAD_BYTES_MAX`].
    #[error("too large")]
    TooLarge,
    /// Not an object of JSON.
    #[error("no JSON")]
    NotJson,
    /// Of a version this core does not know.
    #[error("of another version")]
    UnknownVersion,
    /// Of a kind this core does not know.
    #[error("of an unknown kind")]
    UnknownKind,
    /// A field is not there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A field is not what it should be.
    #[error("{0} is malformed")]
    Malformed(&'static str),
    /// Sealed as a whole, and not to be opened.
    #[error("not to be opened: {0}")]
    Sealed(OpenError),
}

/// A push that arrived, or why it could not be read.
pub type Incoming = Result<Push, Unreadable>;

/// Reads what arrived and opens what is sealed, as far as the keys are at hand.
pub fn read(input: &Input, keys: Option<&Keyring>) -> Incoming {
    let whole = |why| Unreadable { why, id: None, workspace: None };
    let (fields, is_sealed) = match input {
        Input::Fcm(data) => (Fields::of_map(data), false),
        Input::Apns(json) => (Fields::of_json(json.as_bytes()), false),
        Input::WebPush(body) if Fields::is_json_like(body) => (Fields::of_json(body), false),
        Input::WebPush(body) => {
            let opened = keys.ok_or(OpenError::NoKey).and_then(|keys| keys.open(body, None));
            let json = opened.map_err(|error| whole(UnreadableReason::Sealed(error)))?;
            (Fields::of_json(&json), true)
        }
    };
    let fields = fields.map_err(whole)?;
    let push = push(&fields, is_sealed).map_err(|why| Unreadable {
        why,
        id: fields.get("id"),
        workspace: fields.get("w"),
    })?;
    Ok(push.opened(keys))
}

fn push(fields: &Fields, is_sealed: bool) -> Result<Push, UnreadableReason> {
    let version: u32 = fields.required("v")?;
    if version != u32::from(VERSION) {
        return Err(UnreadableReason::UnknownVersion);
    }
    let near: String = fields.required("k")?;
    let near = near.parse().map_err(|_kind: NotAKind| UnreadableReason::UnknownKind)?;
    let kind = exact(near, fields.text("n"));
    let expires: i64 = fields.required("x")?;
    if !(0..=SECONDS_MAX).contains(&expires) {
        return Err(UnreadableReason::Malformed("x"));
    }
    Ok(Push {
        version: VERSION,
        kind,
        id: fields.required("id")?,
        workspace: fields.required("w")?,
        agent: fields.optional("a")?,
        conversation: fields.optional("c")?,
        offer: fields.optional("o")?,
        retracts: fields.optional("r")?,
        expires_at: Timestamp::from_ms(expires * 1000),
        cursor: fields.required("s")?,
        badge: fields.optional("b")?,
        is_quiet: fields.text("q").is_some(),
        content: content(fields, near, is_sealed)?,
    })
}

/// The exact kind, where this core knows it, else the nearest that all know.
fn exact(near: Kind, name: Option<&str>) -> Kind {
    let exact = name.and_then(Kind::from_name);
    exact.filter(|kind| kind.spec().near == Some(near)).unwrap_or(near)
}

fn content(fields: &Fields, kind: Kind, is_sealed: bool) -> Result<Content, UnreadableReason> {
    if let Some(text) = fields.text("e") {
        let bytes = URL_SAFE_NO_PAD
            .decode(text.trim_end_matches('='))
            .map_err(|_base64: base64::DecodeError| UnreadableReason::Malformed("e"))?;
        return Ok(Content::Sealed(Sealed { key: fields.optional("ki")?, kind, bytes }));
    }
    let [title, body] = ["title", "body"].map(|name| fields.text(name).unwrap_or_default());
    Ok(match Words::new(title, body) {
        words if is_sealed => Content::Opened(words),
        Some(words) => Content::Full(words),
        None => Content::Wake,
    })
}

/// The sealed contents; `id` binds them to their push, so that they cannot be sent again in
/// another one.
#[derive(Deserialize)]
struct Inner {
    kind: Kind,
    #[serde(default)]
    exact: Option<String>,
    #[serde(default)]
    id: Option<PushId>,
    #[serde(default)]
    conversation_id: Option<ConversationId>,
    #[serde(default)]
    offer_id: Option<OfferId>,
    #[serde(default)]
    title: String,
    #[serde(default)]
    body: String,
}

impl Push {
    /// The same push with its contents opened. What was sealed tells which conversation and offer
    /// it is about; where the outside says something else, nothing of it is believed.
    #[must_use]
    pub fn opened(self, keys: Option<&Keyring>) -> Self {
        let Content::Sealed(sealed) = &self.content else { return self };
        let opened = keys
            .ok_or(OpenError::NoKey)
            .and_then(|keys| keys.open(&sealed.bytes, sealed.key))
            .and_then(|plaintext| self.inner(&plaintext, sealed.kind));
        match opened {
            Ok(inner) => Self {
                kind: exact(inner.kind, inner.exact.as_deref()),
                conversation: inner.conversation_id.or(self.conversation),
                offer: inner.offer_id.or(self.offer),
                content: Content::Opened(Words::new(&inner.title, &inner.body)),
                ..self
            },
            Err(error) => Self { content: Content::Unopened(error), ..self },
        }
    }

    fn inner(&self, plaintext: &[u8], kind: Kind) -> Result<Inner, OpenError> {
        let inner: Inner = serde_json::from_slice(plaintext)
            .map_err(|_json: serde_json::Error| OpenError::Content)?;
        let is_announced = inner.kind == kind
            && inner.id.is_none_or(|id| id == self.id)
            && agree(inner.conversation_id, self.conversation)
            && agree(inner.offer_id, self.offer);
        if is_announced { Ok(inner) } else { Err(OpenError::Content) }
    }
}

fn agree<T: PartialEq + Copy>(inside: Option<T>, outside: Option<T>) -> bool {
    outside.is_none() || inside == outside
}

mod as_base64 {
    //! Bytes in JSON.

    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&URL_SAFE_NO_PAD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        URL_SAFE_NO_PAD.decode(String::deserialize(from)?).map_err(D::Error::custom)
    }
}
