//! Answers of queries.

use serde::{Deserialize, Serialize};

use crate::conversation::{ConversationView, Snapshot};
use crate::frame::ServerFrame;
use crate::{
    Author, ConversationId, Cursor, Event, Head, HeldReason, Line, LineKind, MessageId, Note,
    NoteId, Timestamp,
};

/// `GET /conversations`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ConversationPage {
    /// In the order asked for.
    pub conversations: Vec<ConversationRow>,
    /// Ask for the next page with it; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A row of a list, as far as the viewer may see it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "level", rename_all = "snake_case")]
pub enum ConversationRow {
    /// Existence, owner, status only.
    Head {
        /// The row.
        head: Head,
    },
    /// Everything.
    Full {
        /// The row of the inbox.
        view: Box<ConversationView>,
        /// Lines that this agent has not read.
        unread: u64,
    },
}

/// `GET /conversations/{id}/messages`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LinesPage {
    /// One unbroken run, by seq.
    pub lines: Vec<Line>,
    /// Notes of the same stretch.
    pub notes: Vec<Note>,
    /// Ask for the lines before with it; absent at the first line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// There are messages from before the first line, or older ones: ask for them with it, as
    /// `past`. They have no seq: it is 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub past: Option<String>,
    /// There may be older notes in this stretch: ask for them with the same `before` and `limit`,
    /// and this as `notes_before`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes_before: Option<u64>,
}

/// `GET /conversations/{id}/changes`: who had it and where it stood, the newest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChangePage {
    /// Events as the socket tells them. Only what rules say to the team has a content.
    pub changes: Vec<Event>,
    /// Ask for older ones with it; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
}

/// `GET /conversations/{id}/messages/{message}/history`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LineHistory {
    /// The line with what it said, even if it was taken back.
    pub line: Line,
}

/// `GET /review`: messages that wait for a person.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReviewPage {
    /// The oldest first.
    pub messages: Vec<ReviewRow>,
    /// The number of messages on all pages, of each kind.
    pub counts: Vec<ReviewCount>,
    /// Ask for the next page with it; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A message that waits for a person.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReviewRow {
    /// Where it stands.
    pub conversation: ConversationView,
    /// The message.
    pub line: Line,
}

/// The number of messages that wait for the same reason.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReviewCount {
    /// Where they stand.
    pub status: ReviewStatus,
    /// Why they were held back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<HeldReason>,
    /// The number of messages.
    pub count: u64,
}

/// Where messages stand that wait for a person.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReviewStatus {
    /// Kept back before they left.
    Held,
    /// Nobody knows whether they left.
    Unconfirmed,
}

/// `GET /search`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SearchPage {
    /// Conversations whose customer has it in the name or number. On the first page alone, and at
    /// most five: `GET /conversations?q=` has all of them.
    pub conversations: Vec<ConversationRow>,
    /// Messages and notes with these words, the newest first.
    pub hits: Vec<SearchHit>,
    /// Ask for what is older with it. A page looks through a limited number of messages, so it may
    /// be short, or empty, and have this nevertheless.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Older messages, from before an upgrade, are still being made searchable.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub filling: bool,
}

/// A message or note with the words that were searched for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SearchHit {
    /// Where it stands.
    pub conversation: ConversationView,
    /// The message; of a note the last one when the note was written, 0 if there was none.
    pub seq: u64,
    /// The id of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    /// The id of the note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note_id: Option<NoteId>,
    /// The kind of message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<LineKind>,
    /// The author.
    pub author: Author,
    /// The time when it was written.
    pub at: Timestamp,
    /// The words around the first match.
    pub excerpt: Vec<ExcerptPart>,
}

/// A part of an excerpt.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExcerptPart {
    /// As it was written.
    pub text: String,
    /// Whether it is a word that was searched for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hit: bool,
}

/// `GET /snapshot`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SnapshotAnswer {
    /// Live goes on from here: fixed by page 1.
    pub cursor: Cursor,
    /// By conversation id.
    pub conversations: Vec<Snapshot>,
    /// Ask for the next page with it; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// `GET /sync`: what a socket would have told.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SyncAnswer {
    /// The cursor once all frames are applied.
    pub cursor: Cursor,
    /// `left`, `entered` and `events`, or one `reset`.
    pub frames: Vec<ServerFrame>,
}

/// `GET /contacts/{id}/files`: what was sent and received in all conversations with a customer that
/// the viewer sees in full.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustomerFiles {
    /// The newest first.
    pub files: Vec<CustomerFile>,
    /// Ask for older ones with it; absent on the last page. A page may be short, or empty, and have
    /// this nevertheless.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A file of a customer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustomerFile {
    /// Where it stands.
    pub conversation_id: ConversationId,
    /// The line that it came with.
    pub line: Line,
}

/// `GET /conversations/{id}/messages/{message_id}/file`: where a file can be read for a while.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FileAddress {
    /// The address on this server, from the root. It opens the file without signing in.
    pub url: String,
    /// The address of its small picture, a JPEG of at most 320 pixels each way, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub small_url: Option<String>,
    /// The time when the address ends.
    pub expires_at: Timestamp,
    /// The type that the server answers with, one of a short list.
    pub media_type: String,
    /// The name to save it under, where the customer gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of the whole file, in lower-case hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}
