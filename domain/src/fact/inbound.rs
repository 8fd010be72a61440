//! The content of a webhook, in Baton's words. The parser of each channel produces it.

use baton_protocol::{
    Author, Content, GroupState, LineKind, MessageError, MessageStatus, Timestamp,
};

use crate::fact::language::Heard;

/// One element of a webhook.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Element {
    /// Meta's id of the number it concerns, when it names one.
    pub phone_number_id: Option<String>,
    /// The raw element as a webhook of its own, for quarantine and replay. Parsing it gives this
    /// element and nothing else.
    pub raw: String,
    /// Its meaning.
    pub body: ElementBody,
}

/// The meaning of an [`Element`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ElementBody {
    /// A customer's message; takes a seq.
    Message(InboundMessage),
    /// A message from the phone app of the same number; takes a seq and closes the turn.
    Echo(InboundMessage),
    /// A status of a sent message.
    Status(StatusUpdate),
    /// A reaction to an earlier message.
    Reaction(InboundReaction),
    /// A customer has another number or user id from now on.
    Moved(Moved),
    /// Something became of a group.
    Group(GroupNews),
    /// A customer wants no marketing, or wants it again.
    Preference(Preference),
    /// A message from before the number came to Baton, as its phone app shared it. It takes no seq.
    Past(Box<PastLine>),
    /// A name in the phone book of the number's phone app.
    Booked(BookEntry),
    /// Kept raw, changes nothing: fields and types that are not handled.
    Ignored {
        /// The type, for counting.
        what: &'static str,
    },
    /// Belongs to no channel: goes to quarantine.
    Unattributable {
        /// The reason for people.
        reason: String,
    },
}

/// The sender. At least one of the ids is present.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sender {
    /// WhatsApp's id: the number's digits, as sent.
    pub wa_id: Option<String>,
    /// The business-scoped user id (BSUID).
    pub user_id: Option<String>,
    /// The group, with a message that was said there: its conversation is the group's. The others
    /// are left out then.
    pub group_id: Option<String>,
    /// The profile name; `None` where it shows nothing.
    pub name: Option<String>,
    /// The user name, without `@`.
    pub username: Option<String>,
}

/// A received line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InboundMessage {
    /// The customer; for an echo its recipient. In a group, the group.
    pub sender: Sender,
    /// In a group, who of its participants wrote it.
    pub participant: Option<Sender>,
    /// Meta's id. Without one, a digest of the element, so that repeats are recognised.
    pub wamid: String,
    /// Meta's time; the time of arrival when that cannot be read, or lies ahead.
    pub at: Timestamp,
    /// The kind.
    pub kind: LineKind,
    /// The erasable part.
    pub content: Content,
    /// The message it quotes, edits or takes back.
    pub quoted_wamid: Option<String>,
    /// Meta's id of its file, by which the file is fetched.
    pub media: Option<String>,
    /// The language of its text, where that is known.
    pub language: Option<Heard>,
}

/// A reaction to an earlier message. It takes no seq, opens no turn and answers none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InboundReaction {
    /// The author of the reaction: the customer, or the phone app of the same number.
    pub by: Author,
    /// Meta's id of the message.
    pub to_wamid: String,
    /// One emoji; `None` takes the reaction back.
    pub emoji: Option<String>,
    /// Meta's time; the time of arrival when that cannot be read.
    pub at: Timestamp,
}

/// A customer has another number or user id from now on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Moved {
    /// As they were known before.
    pub from: Sender,
    /// As they are known now.
    pub to: Sender,
    /// Meta's time; the time of arrival when that cannot be read.
    pub at: Timestamp,
}

/// A customer wants no marketing, or wants it again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Preference {
    /// The customer.
    pub by: Sender,
    /// Whether they want none.
    pub stops: bool,
    /// Meta's time; the time of arrival when that cannot be read.
    pub at: Timestamp,
}

/// A message that was said on the phone app before the number came to Baton. What is told of it may
/// come in pieces and in any order: by its id of Meta they are one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PastLine {
    /// The customer; `None` where only another piece names them.
    pub sender: Option<Sender>,
    /// The side that said it.
    pub author: Author,
    /// Meta's id. Without one, a digest of the element.
    pub wamid: String,
    /// Meta's time; the time of arrival when that cannot be read.
    pub at: Timestamp,
    /// The content; `None` stands for a file that is told of later, or never.
    pub said: Option<PastSaid>,
    /// The status it reached.
    pub status: Option<MessageStatus>,
}

/// The content of a [`PastLine`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PastSaid {
    /// The kind.
    pub kind: LineKind,
    /// The erasable part.
    pub content: Content,
    /// The message it quotes, edits or takes back.
    pub quoted_wamid: Option<String>,
    /// Meta's id of its file, by which the file is fetched.
    pub media: Option<String>,
}

/// The phone book's entry for a number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BookEntry {
    /// Whose it is: a number.
    pub of: Sender,
    /// The name; `None` where the entry was removed.
    pub name: Option<String>,
    /// Meta's time; the time of arrival when that cannot be read.
    pub at: Timestamp,
}

/// Something became of a group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupNews {
    /// The group.
    pub group: Sender,
    /// Whether its conversation begins with it, where there is none. What ends or changes a group
    /// begins none.
    pub begins: bool,
    /// Its subject.
    pub subject: Option<String>,
    /// The people who joined.
    pub added: Vec<Sender>,
    /// The people who left.
    pub removed: Vec<Sender>,
    /// The state of the group.
    pub state: Option<GroupState>,
    /// Meta's time; the time of arrival when that cannot be read.
    pub at: Timestamp,
}

/// A status by the provider, in rising order. `Failed` has no rank.
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

baton_protocol::names!(ProviderStatus {
    Sent = "sent",
    Delivered = "delivered",
    Read = "read",
    Played = "played",
    Failed = "failed",
});

/// A status of an outgoing message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatusUpdate {
    /// Meta's id of the message.
    pub wamid: String,
    /// The status.
    pub status: ProviderStatus,
    /// Meta's time; the time of arrival when that cannot be read.
    pub at: Timestamp,
    /// `biz_opaque_callback_data`, as given at the send.
    pub tag: Option<String>,
    /// The error, with `failed`.
    pub error: Option<MessageError>,
    /// In a group: the participant it is told of, by number or user id.
    pub participant: Option<String>,
}
