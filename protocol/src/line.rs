//! Lines: what the customer can see, in or out; and notes, which only the team sees.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::details::{Details, Forwarded, Product, Referral};
use crate::group::Participant;
use crate::unknown;
use crate::{AgentId, Amended, ConversationId, DeviceId, MessageId, NoteId, OpId, Timestamp};

/// The author of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Author {
    /// The contact.
    Customer,
    /// An agent.
    Agent {
        /// The id.
        id: AgentId,
    },
    /// A person at the WhatsApp phone app of the same number.
    PhoneApp,
    /// An automatic acknowledgement: it closes no turn.
    Acknowledgement,
    /// One that this version does not know. It is drawn as the team.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

/// The kind of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineKind {
    /// Text.
    Text,
    /// A picture; the caption is its text.
    Image,
    /// A film; the caption is its text.
    Video,
    /// A sound file.
    Audio,
    /// A voice note.
    Voice,
    /// A document; its text is the caption, else the file's name.
    Document,
    /// A sticker.
    Sticker,
    /// A place.
    Location,
    /// Contact cards.
    ContactCards,
    /// A choice: a button was tapped, a row of a list chosen, a form filled in.
    Choice,
    /// An order from a catalogue.
    Order,
    /// A text with buttons, a list or a link, sent by the team.
    Interactive,
    /// A text that Meta approved before, sent by the team.
    Template,
    /// The team reacted to an earlier line, the quoted one; its text is the emoji. How customers
    /// react stands at the line itself, in `amended`.
    Reaction,
    /// New words for an earlier line, the quoted one.
    Edit,
    /// An earlier line, the quoted one, was taken back.
    Revocation,
    /// The customer opened the chat for the first time and has written nothing.
    WelcomeRequest,
    /// The customer called the number. Nobody can take a call in Baton.
    Call,
    /// A type that Baton does not show yet. The raw form is kept. Clients read every kind that they
    /// do not know as this one.
    Unsupported,
    /// A message that could not be read. A person should look at it.
    Unreadable,
}

names!(LineKind {
    Text = "text",
    Image = "image",
    Video = "video",
    Audio = "audio",
    Voice = "voice",
    Document = "document",
    Sticker = "sticker",
    Location = "location",
    ContactCards = "contact_cards",
    Choice = "choice",
    Order = "order",
    Interactive = "interactive",
    Template = "template",
    Reaction = "reaction",
    Edit = "edit",
    Revocation = "revocation",
    WelcomeRequest = "welcome_request",
    Call = "call",
    Unsupported = "unsupported",
    Unreadable = "unreadable",
});

impl Serialize for LineKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for LineKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Ok(Self::from_name(&name).unwrap_or(Self::Unsupported))
    }
}

/// A line and the conversation that it stands in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LineAt {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The line's message.
    pub message_id: MessageId,
}

/// The erasable part of a line.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Content {
    /// The text, for lists, searches and pushes: the typed words, else the caption, the title that
    /// was tapped, the place's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Meta's name of the type, when it is not plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_type: Option<String>,
    /// The details beyond the text; none where this version does not know the kind.
    #[serde(
        default,
        deserialize_with = "unknown::or_default",
        skip_serializing_if = "Option::is_none"
    )]
    pub details: Option<Box<Details>>,
    /// Whether it was forwarded to the business from another chat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forwarded: Option<Forwarded>,
    /// The line that an agent sent on with this one. It tells nothing but its ids: only those
    /// who see its conversation can read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forwarded_from: Option<Box<LineAt>>,
    /// The advertisement or post that led the customer here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referral: Option<Box<Referral>>,
    /// The product that the customer looked at when they began to write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<Box<Product>>,
    /// The author, in a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Box<Participant>>,
    /// Whether it was erased.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub erased: bool,
}

/// The status of a sent message. From `accepted` to `played` it only climbs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum MessageStatus {
    /// Accepted by Baton, waiting for its turn in the lane.
    Queued,
    /// Being handed to WhatsApp.
    Sending,
    /// WhatsApp's answer was lost: it may or may not have been sent.
    Unconfirmed,
    /// WhatsApp took it.
    Accepted,
    /// WhatsApp sent it.
    Sent,
    /// It is on the customer's phone.
    Delivered,
    /// The customer read it.
    Read,
    /// The customer played it.
    Played,
    /// It will not arrive; `error` says why.
    Failed,
    /// Kept back for review.
    Held,
    /// Withdrawn before it left.
    Cancelled,
    /// One that this version does not know.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

names!(MessageStatus {
    Queued = "queued",
    Sending = "sending",
    Unconfirmed = "unconfirmed",
    Accepted = "accepted",
    Sent = "sent",
    Delivered = "delivered",
    Read = "read",
    Played = "played",
    Failed = "failed",
    Held = "held",
    Cancelled = "cancelled",
} else Unknown);

/// Why a message was kept back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HeldReason {
    /// The customer wrote after what its author had seen.
    Overtaken,
    /// The 24-hour window closed before it could leave.
    WindowClosed,
    /// It waited too long to leave.
    TooLate,
    /// An earlier message of the same author was held or failed.
    PredecessorHeld,
    /// The database was restored while it was on its way.
    Restored,
    /// The customer was blocked before it could leave.
    Blocked,
    /// One that this version does not know.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

/// Why a message failed: Meta's code, plain words, and what to do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MessageError {
    /// Meta's error code; 0 when there was none.
    pub code: i64,
    /// The reason, in plain words.
    pub reason: String,
    /// The remedy for the reader.
    pub remedy: String,
}

/// A picture, as it is drawn. A small one of the same shape can be read beside it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Picture {
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
}

impl Picture {
    /// From a width and a height that are both there.
    pub fn of(width: Option<u32>, height: Option<u32>) -> Option<Self> {
        Some(Self { width: width?, height: height? })
    }
}

/// The number of stretches of a sound.
const PEAKS: usize = 64;

/// The duration and loudness of a sound.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Sound {
    /// The duration, ms.
    pub duration_ms: u64,
    /// The loudness of each stretch; `None` where it could not be measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peaks: Option<Peaks>,
}

/// The loudness of equal stretches of a sound, each 0 to 100, where the loudest is 100.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "Vec<u8>", into = "Vec<u8>")]
pub struct Peaks([u8; PEAKS]);

impl Peaks {
    /// The number of stretches.
    pub const COUNT: usize = PEAKS;

    /// `None` when a value is above 100.
    pub fn new(peaks: [u8; Self::COUNT]) -> Option<Self> {
        peaks.iter().all(|peak| *peak <= 100).then_some(Self(peaks))
    }

    /// The loudness of each stretch.
    pub fn values(&self) -> &[u8] {
        &self.0
    }
}

impl From<Peaks> for Vec<u8> {
    fn from(peaks: Peaks) -> Self {
        peaks.0.to_vec()
    }
}

impl TryFrom<Vec<u8>> for Peaks {
    type Error = &'static str;

    fn try_from(peaks: Vec<u8>) -> Result<Self, Self::Error> {
        let peaks = peaks.try_into().ok().and_then(Self::new);
        peaks.ok_or("peaks are 64 numbers up to 100")
    }
}

/// The state of a line's file: the server fetches it from WhatsApp and keeps it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum FileState {
    /// The server has not fetched it yet.
    Waiting,
    /// The server has it.
    Stored {
        /// Its size.
        bytes: u64,
        /// Of a picture that the server made a small one of: its size as it is drawn.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        picture: Option<Picture>,
        /// Of a voice note: how long it lasts, and how loud it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sound: Option<Sound>,
    },
    /// Its time is over: WhatsApp gave it to nobody in time, or the server keeps no files as old.
    Expired,
    /// The server does not take it: it is too large, or not what WhatsApp said it is.
    Refused,
}

impl FileState {
    /// The name used on the wire and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Stored { .. } => "stored",
            Self::Expired => "expired",
            Self::Refused => "refused",
        }
    }

    /// Reads a name as `name` writes it, with the size of what is stored.
    pub fn from_name(
        name: &str,
        bytes: Option<u64>,
        picture: Option<Picture>,
        sound: Option<Sound>,
    ) -> Option<Self> {
        Some(match (name, bytes) {
            ("waiting", _) => Self::Waiting,
            ("stored", Some(bytes)) => Self::Stored { bytes, picture, sound },
            ("expired", _) => Self::Expired,
            ("refused", _) => Self::Refused,
            _ => return None,
        })
    }

    /// The size of what is stored.
    pub fn bytes(self) -> Option<u64> {
        if let Self::Stored { bytes, .. } = self { Some(bytes) } else { None }
    }

    /// The picture that a small one was made of.
    pub fn picture(self) -> Option<Picture> {
        if let Self::Stored { picture, .. } = self { picture } else { None }
    }

    /// The sound of the stored voice note.
    pub fn sound(self) -> Option<Sound> {
        if let Self::Stored { sound, .. } = self { sound } else { None }
    }
}

/// One line of a conversation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Line {
    /// Number in the conversation.
    pub seq: u64,
    /// The message's id.
    pub id: MessageId,
    /// The author of a line.
    pub author: Author,
    /// The kind.
    pub kind: LineKind,
    /// The time when it was said: Meta's time for customers, acceptance for agents.
    pub at: Timestamp,
    /// The text and such.
    pub content: Content,
    /// The state of its file; `None` for lines without one.
    #[serde(
        default,
        deserialize_with = "unknown::or_default",
        skip_serializing_if = "Option::is_none"
    )]
    pub file: Option<FileState>,
    /// The message it quotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted: Option<MessageId>,
    /// The status of a sent message; `None` for received ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<MessageStatus>,
    /// Why it was held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<HeldReason>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<MessageError>,
    /// The command that wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub op_id: Option<OpId>,
    /// The device that wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<DeviceId>,
    /// It leaves no sooner, and can be taken back until then. Only while it is queued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaves_at: Option<Timestamp>,
    /// The later changes of the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amended: Option<Box<Amended>>,
}

/// A text that only the team sees.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Note {
    /// The note's id.
    pub id: NoteId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The author.
    pub author: AgentId,
    /// The time it was written.
    pub at: Timestamp,
    /// The revision of the conversation that it made: its place among other events.
    pub revision: u64,
    /// The text; `None` when erased.
    pub text: Option<String>,
    /// The line of the conversation that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted: Option<MessageId>,
    /// The command that wrote it.
    pub op_id: OpId,
}
