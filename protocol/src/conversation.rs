//! A conversation: its head, which every viewer sees, and the facts of its lines.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::group::{ConversationKind, GroupCard};
use crate::{
    AgentId, ChannelId, Clocks, ContactId, ConversationId, FieldValue, LapsedOffer, MessageId,
    OpenOffer, Priority, Reminder, SettingId, TeamId, Timestamp,
};

/// The owner: the agent or queue that is responsible. There is always exactly one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Owner {
    /// The queue of a team.
    Queue(TeamId),
    /// A person or bot. Clients read every kind of owner that they do not know as this one.
    Agent(AgentId),
}

impl<'de> Deserialize<'de> for Owner {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Found {
            kind: String,
            id: Uuid,
        }
        let Found { kind, id } = Found::deserialize(deserializer)?;
        Ok(if kind == "queue" { Self::Queue(TeamId(id)) } else { Self::Agent(AgentId(id)) })
    }
}

impl Owner {
    /// The agent, unless it is a queue.
    pub fn agent(self) -> Option<AgentId> {
        match self {
            Self::Agent(id) => Some(id),
            Self::Queue(_) => None,
        }
    }
}

/// The status of the latest episode.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Status {
    /// Waiting for the customer or a third party.
    Waiting,
    /// Hidden until a time.
    Snoozed {
        /// When it wakes.
        until: Timestamp,
    },
    /// Done; a customer message opens the next episode.
    Resolved,
    /// The team has to act. Clients read every status that they do not know as this one.
    #[serde(other)]
    Open,
}

impl Status {
    /// The name used in filters and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Waiting => "waiting",
            Self::Snoozed { .. } => "snoozed",
            Self::Resolved => "resolved",
        }
    }
}

/// The number and the id of a line. The id proves that it is the same line: a restored database
/// repeats numbers, never ids.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LineRef {
    /// The seq: 1, 2, 3 …
    #[serde(deserialize_with = "storable")]
    pub seq: u64,
    /// The message's id.
    pub id: MessageId,
}

/// Numbers are stored as signed ones.
fn storable<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let seq = u64::deserialize(deserializer)?;
    if i64::try_from(seq).is_err() {
        return Err(serde::de::Error::custom("seq is out of range"));
    }
    Ok(seq)
}

/// A run of customer messages that no human has answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Turn {
    /// The first of them.
    pub from_seq: u64,
    /// Meta's time of the first of them.
    pub since: Timestamp,
}

/// The row of a conversation without lines: existence, owner, status.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Head {
    /// The conversation.
    pub id: ConversationId,
    /// The number it runs on.
    pub channel_id: ChannelId,
    /// The team it belongs to.
    pub team_id: TeamId,
    /// The owner.
    pub owner: Owner,
    /// Grows with every change of owner.
    pub owner_epoch: u64,
    /// The status of the latest episode.
    pub status: Status,
    /// Number of the latest episode.
    pub episode: u32,
    /// Number of the last event of this conversation.
    pub revision: u64,
    /// Number of the last line; 0 when there is none.
    pub last_seq: u64,
    /// The start of the open turn; `None` when no turn is open.
    pub unanswered_since: Option<Timestamp>,
    /// When something was last said.
    pub activity_at: Timestamp,
    /// The time until which the customer was promised something: an answer, or the end. None while
    /// no clock of a promise runs. It stays when it is past.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// The time at which it was taken from an owner who was not there. None once somebody owns it
    /// again, or it is resolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orphaned_at: Option<Timestamp>,
    /// The urgency in its team's queue, until the next episode.
    #[serde(default, skip_serializing_if = "Priority::is_normal")]
    pub priority: Priority,
}

/// The facts of the lines. Only viewers with full scope see them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Thread {
    /// The customer.
    pub contact_id: ContactId,
    /// The last line by anyone.
    pub last_line: Option<LineRef>,
    /// Number of the last line by the customer; 0 when there is none.
    pub customer_seq: u64,
    /// The open turn.
    pub turn: Option<Turn>,
    /// The end of the 24-hour window; `None` before the customer ever wrote.
    pub window_until: Option<Timestamp>,
    /// The last agent to answer or own it.
    pub last_agent: Option<AgentId>,
    /// Agents who follow it without owning it, by id. It is told to them as far as they may see
    /// it: following shows nobody more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub followers: Vec<AgentId>,
    /// The tags that are on it, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<TagOn>,
    /// The language that the customer writes; `None` where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Spoken>,
    /// Whom it is with.
    #[serde(default, skip_serializing_if = "ConversationKind::is_contact")]
    pub kind: ConversationKind,
    /// The customer is blocked on this number; `None` when not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<Block>,
    /// What the customer last said of marketing from this number; `None` when nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marketing: Option<Marketing>,
    /// The contact that this one is said to be as well: by the team, or by WhatsApp. Its own where
    /// the team said that it is nobody else. `None` where nothing was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<ContactId>,
    /// The agent who is asked to take it; `None` when nobody is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<OpenOffer>,
    /// Offers that nobody answered in time, the newest last, until somebody owns it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lapsed: Vec<LapsedOffer>,
    /// Agents who want to be called back to it, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reminders: Vec<Reminder>,
    /// The rules that ran, the clocks that rang, and the times that are promised.
    #[serde(default, skip_serializing_if = "Clocks::is_empty")]
    pub clocks: Clocks,
}

/// A tag that is on a conversation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TagOn {
    /// The tag.
    pub tag: SettingId,
    /// True for one that stays when the next episode opens.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lasting: bool,
}

/// The language that a customer writes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Spoken {
    /// Its tag, as `pt` or `pt-BR`.
    pub language: String,
    /// True where an agent set it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_hand: bool,
}

/// What a customer wants of marketing from a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Marketing {
    /// They want none: templates of that category are refused. All others may be sent.
    pub stopped: bool,
    /// When they said so.
    pub since: Timestamp,
}

/// That a customer is blocked on a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Block {
    /// The agent who blocked the customer.
    pub by: AgentId,
    /// The time at which the customer was blocked.
    pub since: Timestamp,
    /// Whether WhatsApp blocks the customer as well.
    pub whatsapp: BlockState,
    /// The turn that was open then. It is open again once the customer is blocked no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<Turn>,
}

/// Whether WhatsApp blocks a customer too. Baton blocks in every state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum BlockState {
    /// WhatsApp has yet to answer.
    Waiting,
    /// WhatsApp blocks the customer.
    Done,
    /// WhatsApp blocks only who wrote within 24 hours. It is asked again when the customer writes.
    NotRecent,
    /// The number's list of blocked customers is full at WhatsApp.
    ListFull,
    /// WhatsApp refused it for another reason. Clients read every state that they do not know as
    /// this one.
    #[serde(other)]
    Refused,
}

/// A conversation's facts: the state that events are applied to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Conversation {
    /// Existence, owner, status.
    pub head: Head,
    /// The lines' facts.
    pub thread: Thread,
}

/// The customer as the team sees them, or the group. Every part may be missing.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ContactCard {
    /// The name that is shown: one of the team's own, else the profile name the customer chose, or
    /// the group's subject.
    pub name: Option<String>,
    /// The profile name the customer chose, where the team gave them a name of its own; empty where
    /// WhatsApp told none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile_name: Option<String>,
    /// The number, digits without `+`; customers with a user name may have none.
    pub phone: Option<String>,
    /// The user name that they show in place of their number, without `@`. It may change: it names
    /// nobody for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Who is in the group, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Box<GroupCard>>,
    /// When WhatsApp said that they have another number, by time: the newest
    /// [`MOVES_MAX`](crate::limits::MOVES_MAX). Each stands among the lines of its time, without a
    /// seq.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moves: Vec<Move>,
    /// The values of attributes, by their ids: as far as the reader may see them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<SettingId, FieldValue>,
}

/// WhatsApp said that a customer has another number, or another user id. They stay the same
/// customer, in the same conversation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Move {
    /// The number before, digits without `+`; `None` where none is known, or it stayed.
    pub from: Option<String>,
    /// The number from then on; `None` where it stayed and WhatsApp's id of the user changed.
    pub to: Option<String>,
    /// WhatsApp's time of it. No two of a customer have the same.
    pub at: Timestamp,
}

/// `POST /conversations`: an agent writes first. It may be repeated.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Begin {
    /// The number to write from.
    pub channel_id: ChannelId,
    /// Whom to: a number with its country's code, as people write it.
    pub phone: String,
}

/// The conversation with somebody: new, or the one there was.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Begun {
    /// The conversation.
    pub conversation_id: ConversationId,
}

/// A conversation as one agent sees it in full: a row of the inbox.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ConversationView {
    /// The facts.
    #[serde(flatten)]
    pub conversation: Conversation,
    /// The customer.
    pub contact: ContactCard,
    /// The last line, as a preview.
    pub preview: Option<crate::Line>,
    /// The seq of the agent's read mark.
    pub read_seq: u64,
}

/// A conversation at one moment, at the level of its viewer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "level", rename_all = "snake_case")]
pub enum Snapshot {
    /// Existence, owner, status only.
    Head {
        /// The row.
        head: Head,
    },
    /// Everything: one unbroken run of lines from `from_seq` to the last.
    Full {
        /// The row of the inbox.
        view: Box<ConversationView>,
        /// Number of the first line given.
        from_seq: u64,
        /// The lines, by seq.
        lines: Vec<crate::Line>,
        /// Notes of the same stretch, by time.
        notes: Vec<crate::Note>,
        /// The newest coaching notes, by position, as far as they are for the viewer to see.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        coaching: Vec<crate::CoachNote>,
    },
}

impl Snapshot {
    /// The head, whatever the level.
    pub fn head(&self) -> &Head {
        match self {
            Self::Head { head } => head,
            Self::Full { view, .. } => &view.conversation.head,
        }
    }
}
