//! Events: one fact each, as they stand in the log and go over the wire.

use serde::{Deserialize, Serialize};

use crate::conversation::ContactCard;
use crate::{
    AgentId, AgentSet, Author, ChannelId, ChannelSet, ContactId, Content, ConversationId, DeviceId,
    Head, HeldReason, LineKind, LineRef, MembershipKind, MessageError, MessageId, MessageStatus,
    NoteId, OpId, Owner, Status, TeamId, TeamSet, Timestamp, Turn,
};

/// Who made it happen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    /// The contact.
    Customer,
    /// A person or bot who works here.
    Agent {
        /// Who.
        id: AgentId,
    },
    /// Baton itself: timers, sending, routing.
    System,
}

/// One fact of the log, as a viewer in full scope gets it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Event {
    /// Number in the workspace's log.
    pub position: u64,
    /// Which conversation, for all but settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<ConversationId>,
    /// Number in the conversation; `None` for what concerns one agent alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// When it was committed.
    pub at: Timestamp,
    /// Who made it happen.
    pub actor: Actor,
    /// What happened.
    #[serde(flatten)]
    pub fact: Fact,
    /// The erasable part, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<EventContent>,
}

/// What may be erased one day, kept apart from the fact.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventContent {
    /// Of a line.
    Line(Content),
    /// Of a note.
    Note {
        /// The text; `None` when erased.
        text: Option<String>,
    },
    /// Of a contact.
    Contact(ContactCard),
}

/// Why a conversation got another owner.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnerCause {
    /// Somebody made it theirs.
    Claimed,
    /// By answering from the queue.
    Replied,
    /// Somebody made it a colleague's.
    Assigned,
    /// Back to the queue.
    Unassigned,
    /// Handed over.
    Transferred,
    /// Resolving gives it to the queue.
    Resolved,
    /// A new episode opened by an agent.
    Reopened,
    /// Its owner left.
    Rehomed,
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Fact {
    /// A contact wrote on a channel for the first time. Revision 1; owner is the team's queue.
    ConversationOpened {
        /// The number.
        channel_id: ChannelId,
        /// The customer.
        contact_id: ContactId,
        /// The team whose queue owns it.
        team_id: TeamId,
    },
    /// The contact's name or number became known or changed.
    ContactChanged {
        /// The customer.
        contact_id: ContactId,
    },
    /// An episode began: the status is open.
    EpisodeOpened {
        /// Its number.
        episode: u32,
    },
    /// The customer said something.
    LineReceived {
        /// Number and id.
        line: LineRef,
        /// What kind of thing.
        kind: LineKind,
        /// Meta's time.
        #[serde(rename = "said_at")]
        at: Timestamp,
        /// The message it quotes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quoted: Option<MessageId>,
        /// The open turn from here on.
        turn: Option<Turn>,
        /// The window from here on.
        window_until: Option<Timestamp>,
    },
    /// The team said something: accepted, on its way to the customer.
    LineWritten {
        /// Number and id.
        line: LineRef,
        /// Who.
        author: Author,
        /// What kind of thing.
        kind: LineKind,
        /// When it was accepted.
        #[serde(rename = "said_at")]
        at: Timestamp,
        /// Where it stands.
        status: MessageStatus,
        /// What its author had been shown.
        seen: Option<LineRef>,
        /// The message it quotes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quoted: Option<MessageId>,
        /// The command.
        op_id: Option<OpId>,
        /// The device.
        device_id: Option<DeviceId>,
        /// The open turn from here on: none after a human answer.
        turn: Option<Turn>,
        /// It was sent although this colleague was composing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lease_ignored_of: Option<AgentId>,
    },
    /// A message got on, or did not.
    MessageChanged {
        /// Which message.
        line: LineRef,
        /// Where it stands.
        status: MessageStatus,
        /// Which attempt; 0 before the first.
        attempt: u32,
        /// Why it was held.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        held: Option<HeldReason>,
        /// Why it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<MessageError>,
        /// The open turn from here on: holding, failing and cancelling reopen it.
        turn: Option<Turn>,
        /// What the person had been shown who resends it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<LineRef>,
        /// It is sent again although this colleague was composing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lease_ignored_of: Option<AgentId>,
    },
    /// Somebody wrote a note.
    NoteAdded {
        /// Which note.
        note_id: NoteId,
        /// Who.
        author: AgentId,
        /// The command.
        op_id: OpId,
    },
    /// Somebody else is responsible.
    OwnerChanged {
        /// Who.
        owner: Owner,
        /// Its number.
        owner_epoch: u64,
        /// The team it belongs to.
        team_id: TeamId,
        /// Why.
        cause: OwnerCause,
        /// A supervisor passed the agent's capacity.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        exceeded_capacity: bool,
    },
    /// The episode stands elsewhere.
    StatusChanged {
        /// Where.
        status: Status,
        /// The open turn from here on: resolving closes it.
        turn: Option<Turn>,
    },
    /// This agent has read up to here. Goes to that agent alone.
    ReadMarked {
        /// Who.
        agent_id: AgentId,
        /// Number of the last line read.
        seq: u64,
    },
    /// An agent was added or changed; read `/agents`.
    AgentChanged {
        /// Who.
        agent_id: AgentId,
        /// Whether their name changed; it is no part of the log.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        renamed: bool,
        /// What was set.
        set: AgentSet,
    },
    /// A team was added or changed; read `/teams`.
    TeamChanged {
        /// Which.
        team_id: TeamId,
        /// Whether its name changed; it is no part of the log.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        renamed: bool,
        /// What was set.
        set: TeamSet,
    },
    /// An agent joined or left a team, or changed place in it.
    MembershipChanged {
        /// Which team.
        team_id: TeamId,
        /// Who.
        agent_id: AgentId,
        /// As what they belong to it from here on; null when no more.
        kind: Option<MembershipKind>,
    },
    /// A channel was added or changed; read `/channels`.
    ChannelChanged {
        /// Which.
        channel_id: ChannelId,
        /// What was set.
        set: ChannelSet,
    },
    /// An agent's password was set, by themselves or, as the actor says, by another; their other
    /// sessions ended. Goes to that agent alone.
    PasswordSet {
        /// Whose.
        agent_id: AgentId,
    },
    /// A device was revoked: it wipes what it holds. Goes to its agent alone. The devices of who
    /// leaves are revoked without one.
    DeviceRevoked {
        /// Whose.
        agent_id: AgentId,
        /// Which.
        device_id: DeviceId,
    },
    /// What a viewer of level head gets in place of any fact of a conversation.
    HeadChanged {
        /// The row after it.
        head: Head,
    },
}
