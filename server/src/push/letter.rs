//! A push as it goes to a device: its fields, and how much of them each road shows.
//!
//! On the way everybody may read that something happened, of what kind and to which conversation,
//! by ids that tell nothing. Words travel sealed to the device's own key, or not at all.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use baton_domain::announce::{Kind, Urgency};
use baton_protocol::push::{PushEnv, PushTargetKind};
use baton_protocol::{AgentId, ConversationId, Cursor, OfferId, PushId, Timestamp, WorkspaceId};
use serde_json::{Map, Value, json};

use super::seal::{SealError, seal};
use crate::clock::Clock;
use crate::config::Secret;

/// Bytes of a payload at most, on all roads.
pub(super) const PAYLOAD_BYTES_MAX: usize = 4_096;
/// Bytes of sealed words at most, as JSON writes them; more is cut. With the other fields they stay
/// below the 2,048 bytes that a phone opens.
const WORDS_BYTES_MAX: usize = 1_400;
/// Of them for the customer's name.
const TITLE_BYTES_MAX: usize = 300;

/// The key of a device that contents are sealed to.
#[derive(Clone, Debug)]
pub struct SealKey {
    /// How the device names it.
    pub id: Option<String>,
    /// The public key, base64url.
    pub p256dh: String,
    /// What only device and server know, base64url.
    pub auth: Secret,
}

/// Where a push goes.
#[derive(Clone, Debug)]
pub struct Target {
    /// What the target is.
    pub kind: PushTargetKind,
    /// The token, id or URL.
    pub target: Secret,
    /// What contents are sealed to.
    pub key: Option<SealKey>,
    /// The app, as the service knows it.
    pub app_id: Option<String>,
    /// Apple's only: which service.
    pub env: Option<PushEnv>,
}

/// Words about a customer; never printed.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Words {
    /// The customer's name.
    pub title: String,
    /// What the customer wrote.
    pub body: String,
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Words(***)")
    }
}

/// A push to one device.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Where it goes.
    pub to: Target,
    /// Its id; every copy has the same.
    pub id: PushId,
    /// The workspace it is for.
    pub workspace: WorkspaceId,
    /// The agent it is for.
    pub agent: AgentId,
    /// The conversation it is about; for a number, its id: what is told of one place replaces what
    /// was told of it before.
    pub conversation: ConversationId,
    /// What it tells.
    pub kind: Kind,
    /// The place in the log of what it tells.
    pub cursor: Cursor,
    /// When it is not worth showing any more.
    pub expires_at: Timestamp,
    /// The offer that it tells of or takes back, for apps that say that they know offers.
    pub offer: Option<OfferId>,
    /// The number of lines that the agent has not read, for the app's icon.
    pub badge: Option<u32>,
    /// Whether it is shown without a sound: it tells less than before.
    pub is_quiet: bool,
    /// Words, for devices with a key.
    pub words: Option<Words>,
}

impl Letter {
    /// Whether it wakes the device.
    pub(super) fn is_urgent(&self) -> bool {
        self.kind.spec().urgency == Urgency::High && !self.is_quiet
    }

    /// The conversation that a device is told: numbers and summaries have none.
    fn about(&self) -> Option<ConversationId> {
        let has_none = matches!(self.kind, Kind::Number | Kind::Digest);
        (!has_none).then_some(self.conversation)
    }

    /// What everybody on the way may read.
    fn outside(&self) -> BTreeMap<&'static str, String> {
        let mut fields = BTreeMap::from([
            ("v", "1".to_owned()),
            ("k", self.kind.spec().wire.to_owned()),
            ("id", self.id.to_string()),
            ("w", self.workspace.to_string()),
            ("a", self.agent.to_string()),
            ("x", self.expires_at.ms().div_euclid(1_000).to_string()),
            ("s", self.cursor.to_string()),
        ]);
        fields.extend(self.about().map(|conversation| ("c", conversation.to_string())));
        fields.extend(self.offer.map(|offer| ("o", offer.to_string())));
        fields.extend(self.badge.map(|badge| ("b", badge.to_string())));
        fields.extend(self.kind.spec().exact.map(|kind| ("n", kind.to_owned())));
        fields.extend(self.is_quiet.then(|| ("q", "1".to_owned())));
        fields
    }

    /// The fields for services that read them: words are sealed, or left out.
    pub(super) fn fields(
        &self,
        clock: &Clock,
    ) -> Result<BTreeMap<&'static str, String>, SealError> {
        let mut fields = self.outside();
        if let (Some(words), Some(key)) = (&self.words, &self.to.key) {
            let (title, body) = words.cut();
            let mut inside = json!({
                "kind": self.kind.spec().wire,
                "id": self.id,
                "title": title,
                "body": body,
            });
            if let Some(inside) = inside.as_object_mut() {
                let exact = self.kind.spec().exact.map(Value::from);
                let offer = self.offer.map(|offer| json!(offer));
                let about = self.about().map(|conversation| json!(conversation));
                let more = [("conversation_id", about), ("exact", exact), ("offer_id", offer)];
                inside.extend(
                    more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))),
                );
            }
            let sealed = seal(inside.to_string().as_bytes(), key, clock)?;
            fields.insert("e", BASE64.encode(sealed));
            fields.extend(key.id.clone().map(|id| ("ki", id)));
        }
        Ok(fields)
    }

    /// The body for services that take only what is sealed as a whole.
    pub(super) fn sealed(&self, clock: &Clock) -> Result<Vec<u8>, SealError> {
        let key = self.to.key.as_ref().ok_or(SealError::NoKey)?;
        let mut fields = self.outside();
        if let Some(words) = &self.words {
            let (title, body) = words.cut();
            fields.extend([("title", title.to_owned()), ("body", body.to_owned())]);
        }
        seal(json!(fields).to_string().as_bytes(), key, clock)
    }

    /// What Apple's service takes: it shows words that name nobody until the extension knows more.
    pub(super) fn apns(&self, clock: &Clock) -> Result<Value, SealError> {
        let mut aps = match self.kind.spec().is_shown {
            false => json!({"content-available": 1}),
            true => json!({
                "alert": {"loc-key": format!("push.{}", self.kind.spec().wire)},
                "mutable-content": 1,
                "thread-id": self.conversation,
            }),
        };
        if let (true, false, Some(aps)) =
            (self.kind.spec().is_shown, self.is_quiet, aps.as_object_mut())
        {
            aps.insert("sound".to_owned(), Value::from("default"));
        }
        if let (Some(badge), Some(aps)) = (self.badge, aps.as_object_mut()) {
            aps.insert("badge".to_owned(), Value::from(badge));
        }
        let mut all = Map::from_iter([("aps".to_owned(), aps)]);
        for (name, text) in self.fields(clock)? {
            let number =
                matches!(name, "v" | "x" | "b").then(|| text.parse::<i64>().ok()).flatten();
            all.insert(name.to_owned(), number.map_or_else(|| Value::from(text), Value::from));
        }
        Ok(Value::Object(all))
    }
}

impl Words {
    /// As much as a push carries.
    fn cut(&self) -> (&str, &str) {
        let (title, title_bytes) = cut(&self.title, TITLE_BYTES_MAX);
        (title, cut(&self.body, WORDS_BYTES_MAX - title_bytes).0)
    }
}

/// As much of a text as JSON writes within so many bytes, and how many it takes.
fn cut(text: &str, most: usize) -> (&str, usize) {
    let mut bytes = 0;
    for (at, letter) in text.char_indices() {
        let next = bytes + json_bytes(letter);
        if next > most {
            return (text.get(..at).unwrap_or_default(), bytes);
        }
        bytes = next;
    }
    (text, bytes)
}

/// Bytes that JSON takes for a character: RFC 8259, section 7.
fn json_bytes(letter: char) -> usize {
    match letter {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        other => other.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use p256::SecretKey;
    use p256::elliptic_curve::sec1::ToSec1Point as _;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    /// Bytes that a phone opens at most (`mobile-core`, `push::seal`), padded and sealed.
    const OPENED_BYTES_MAX: usize = 2_048 + 103 + 256;

    fn letter(title: &str, body: &str) -> Letter {
        let public = SecretKey::from_slice(&[7; 32]).unwrap().public_key().to_sec1_point(false);
        let key = SealKey {
            id: Some("k1".to_owned()),
            p256dh: BASE64.encode(public.as_bytes()),
            auth: Secret::new(BASE64.encode([3; 16])),
        };
        let id = Uuid::from_u128(u128::MAX);
        let to = Target {
            kind: PushTargetKind::Token,
            target: Secret::new("token".to_owned()),
            key: Some(key),
            app_id: None,
            env: None,
        };
        Letter {
            to,
            id: PushId(id),
            workspace: WorkspaceId(id),
            agent: AgentId(id),
            conversation: ConversationId(id),
            kind: Kind::Message,
            cursor: Cursor { epoch: baton_protocol::Epoch(id), position: u64::MAX >> 1 },
            expires_at: Timestamp::from_ms(1_700_000_000_000),
            offer: Some(OfferId(id)),
            badge: Some(u32::MAX),
            is_quiet: true,
            words: Some(Words { title: title.to_owned(), body: body.to_owned() }),
        }
    }

    proptest! {
        #[test]
        fn whatever_a_customer_writes_fits_into_a_push_that_a_phone_opens(
            title in "[\\PC\\x00-\\x1f\"\\\\]{0,400}",
            body in "[\\PC\\x00-\\x1f\"\\\\]{0,3000}",
        ) {
            let (letter, clock) = (letter(&title, &body), Clock::system());
            let fields = letter.fields(&clock).unwrap();
            let sealed = BASE64.decode(fields.get("e").unwrap()).unwrap();
            prop_assert!(sealed.len() <= OPENED_BYTES_MAX);
            prop_assert!(letter.sealed(&clock).unwrap().len() <= OPENED_BYTES_MAX);
            prop_assert!(json!(fields).to_string().len() < PAYLOAD_BYTES_MAX - 300);
            prop_assert!(letter.apns(&clock).unwrap().to_string().len() <= PAYLOAD_BYTES_MAX);
        }
    }

    #[test]
    fn a_text_is_cut_where_json_would_grow_over_its_bound() {
        for text in ["plain", "\"\\\n\r\t\u{8}\u{c}", "\0\u{1}\u{1f}", "é😀", "\u{7f}\u{2028}"] {
            let written = json!(text).to_string().len() - 2;
            assert_eq!(cut(text, written), (text, written), "{text:?}");
            assert_ne!(cut(text, written - 1).0, text, "{text:?}");
        }
        assert_eq!(cut("😀😀", 7), ("😀", 4), "never within a character");
    }
}
