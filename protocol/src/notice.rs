//! Notices: what concerns an agent, so that it is seen whatever they look at.

use serde::{Deserialize, Serialize};

use crate::connection::ChannelHealth;
use crate::conversation::ConversationView;
use crate::{AgentId, ChannelId, ConversationId, MessageId, NoteId, Promised, Timestamp};

/// The kind of a notice.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// A colleague asks for the agent, in a note or by making them a follower.
    Mention,
    /// A conversation became the agent's.
    Assigned,
    /// A reminder of the agent rang.
    Reminder,
    /// A message of the agent was not sent as written and has to be looked at.
    Review,
    /// One that this version does not know.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

/// Why Baton calls somebody by itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NoticeReason {
    /// The time that the customer was promised is about to end.
    PromiseEnds {
        /// The promise.
        answer: Promised,
    },
    /// The time that the customer was promised is over.
    PromiseBroken {
        /// The promise.
        answer: Promised,
    },
    /// A rule calls them.
    Rule {
        /// Its name then; empty for a follow-up of the team.
        name: String,
    },
    /// Nobody could be asked to take it.
    NobodyThere {},
    /// Its owner is not there while the customer waits.
    OwnerAway {},
    /// Somebody said that it is urgent.
    Urgent {},
    /// One that this version does not know.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

/// A row of `GET /notices`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Notice {
    /// The position of the event in the log; it names the notice.
    pub position: u64,
    /// The time when it happened.
    pub at: Timestamp,
    /// The kind.
    pub kind: NoticeKind,
    /// Where it happened.
    pub conversation: ConversationView,
    /// Why Baton calls the agent, where no colleague does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<NoticeReason>,
    /// The agent who caused it; absent where nobody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<AgentId>,
    /// The note that calls the agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note_id: Option<NoteId>,
    /// The text of that note, unless it was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The message that has to be looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    /// The agent saw it, or it is over.
    pub read: bool,
}

/// `GET /notices`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NoticePage {
    /// The newest first.
    pub notices: Vec<Notice>,
    /// The number of unread notices, on all pages.
    pub unread: u64,
    /// Ask for older ones with it; absent on the last page. A page may be short, or empty, and
    /// have this nevertheless.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// Numbers of which admins and supervisors are told, the newest first. `unread` does not count
    /// them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<NumberNotice>,
}

/// A number that stands otherwise at Meta, as it stands now.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NumberNotice {
    /// The end of the log when it was told; `up_to` of `POST /notices/read` reaches it.
    pub position: u64,
    /// The time when it was told.
    pub at: Timestamp,
    /// The number.
    pub channel_id: ChannelId,
    /// Its name.
    pub name: String,
    /// Its health now.
    pub health: ChannelHealth,
    /// The agent saw it.
    pub read: bool,
}

/// `POST /notices/read`: those that are read. What is named must hold together.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NoticesRead {
    /// All up to this position.
    pub up_to: u64,
    /// Only those of this conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<ConversationId>,
}

/// `POST /notices/read`: what is left.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NoticesLeft {
    /// The number of unread notices.
    pub unread: u64,
}

/// A text that somebody typed and did not send.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KeptDraft {
    /// The agent who typed it.
    pub agent_id: AgentId,
    /// The text.
    pub text: String,
    /// The time when it was last typed.
    pub at: Timestamp,
}
