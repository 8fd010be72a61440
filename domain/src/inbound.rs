//! What a webhook says, in Baton's words. The parser of each channel produces it.

use baton_protocol::{Content, LineKind, MessageError, Timestamp};

/// One thing that a webhook says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Element {
    /// Meta's id of the number it concerns, when it names one.
    pub phone_number_id: Option<String>,
    /// The element as it came, in a POST of its own, for quarantine and replay: parsed again, it
    /// gives this element and nothing else.
    pub raw: String,
    /// What it says.
    pub body: ElementBody,
}

/// See [`Element`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ElementBody {
    /// A customer's act; takes a seq.
    Message(InboundMessage),
    /// Said by somebody on the phone app that shares the number; takes a seq, closes the turn.
    Echo(InboundMessage),
    /// How far an outgoing message got.
    Status(StatusUpdate),
    /// Kept raw, changes nothing (reactions, system lines, fields that are not handled).
    Ignored {
        /// What it is, for counting.
        what: &'static str,
    },
    /// Cannot be attributed to anybody: set aside.
    Unattributable {
        /// Why, for people.
        reason: String,
    },
}

/// Who wrote: at least one of the two ids is there.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sender {
    /// WhatsApp's id: the number's digits, as sent.
    pub wa_id: Option<String>,
    /// The business-scoped user id (BSUID).
    pub user_id: Option<String>,
    /// The profile name.
    pub name: Option<String>,
}

/// A line from outside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InboundMessage {
    /// The customer (for an echo, to whom it was said).
    pub sender: Sender,
    /// Meta's id; for what came without one, a digest of the element, so that repeating is seen.
    pub wamid: String,
    /// Meta's time; the time of arrival when that cannot be read.
    pub at: Timestamp,
    /// Text, unsupported or unreadable.
    pub kind: LineKind,
    /// The erasable part.
    pub content: Content,
    /// The message it quotes.
    pub quoted_wamid: Option<String>,
}

/// How far the provider says a message got; each is above those before it, and a failure is no
/// height.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ProviderStatus {
    /// WhatsApp sent it.
    Sent,
    /// It is on the phone.
    Delivered,
    /// It was read.
    Read,
    /// It was played.
    Played,
    /// It will not arrive.
    Failed,
}

impl ProviderStatus {
    /// The name used by the provider and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Played => "played",
            Self::Failed => "failed",
        }
    }

    /// Reads a name as `name` writes it.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "sent" => Self::Sent,
            "delivered" => Self::Delivered,
            "read" => Self::Read,
            "played" => Self::Played,
            "failed" => Self::Failed,
            _ => return None,
        })
    }
}

/// A status of an outgoing message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatusUpdate {
    /// Meta's id of the message.
    pub wamid: String,
    /// How far.
    pub status: ProviderStatus,
    /// Meta's time; the time of arrival when that cannot be read.
    pub at: Timestamp,
    /// `biz_opaque_callback_data`, as given at the send.
    pub tag: Option<String>,
    /// With `failed`: why.
    pub error: Option<MessageError>,
}
