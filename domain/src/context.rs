//! What a decision may look at: the state of a group, as its predecessors left it.

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::conversation::ContactCard;
use baton_protocol::frame::LeaseHolder;
use baton_protocol::template::Template;
use baton_protocol::{
    AgentId, AgentState, Availability, Conversation, DeviceId, MessageId, NoteId, OpId, Owner,
    ReplyPolicy, Role, TeamId,
};

pub use crate::fact::lines::{LineFacts, Lines, Moment};
use crate::fact::outcome::Answer;
use crate::fact::scope::{Level, Scope};
use crate::fact::upload::Uploaded;
use crate::forward::Forwardable;
use crate::see::attributes::Attributes;
use crate::see::outcomes::KnownOutcomes;
use crate::see::sight::Sight;
use crate::see::tags::Tags;

/// The facts of an agent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgentFacts {
    /// The agent.
    pub id: AgentId,
    /// Their role.
    pub role: Role,
    /// Whether they are active.
    pub state: AgentState,
    /// Their availability.
    pub availability: Availability,
    /// The number of open and waiting conversations they own.
    pub load: u32,
    /// Their limit; `None` is unlimited.
    pub capacity: Option<u32>,
}

impl AgentFacts {
    /// Whether one more would pass the limit.
    pub fn is_full(&self) -> bool {
        self.capacity.is_some_and(|capacity| self.load >= capacity)
    }
}

/// The facts of a team.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TeamFacts {
    /// The team.
    pub id: TeamId,
    /// The agents who may reply to a conversation that a teammate owns.
    pub reply_policy: ReplyPolicy,
    /// Whether teammates may claim from one another.
    pub claim_from_colleagues: bool,
}

/// The outcome of an earlier command of this agent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prior {
    /// SHA-256 of the canonical command, hex; empty for a tombstone.
    pub body_hash: String,
    /// The command named by `after`.
    pub after: Option<OpId>,
    /// The answer it got.
    pub answer: Answer,
}

/// The facts that all decisions of a group look at.
#[derive(Clone, Default, Debug)]
pub struct People {
    /// The agents involved.
    pub agents: BTreeMap<AgentId, AgentFacts>,
    /// The teams involved.
    pub teams: BTreeMap<TeamId, TeamFacts>,
}

/// Ids for what a decision makes; they come in from the edge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fresh {
    /// For a line.
    pub message: MessageId,
    /// For a note.
    pub note: NoteId,
}

/// The facts that one command's decision looks at.
#[derive(Debug)]
pub struct Context<'a> {
    /// The conversation; `None` when there is none of that id in the workspace.
    pub conversation: Option<&'a Conversation>,
    /// Its lines, from the lowest that any command of the group had seen.
    pub lines: &'a Lines,
    /// Agents and teams.
    pub people: &'a People,
    /// The author of the command.
    pub author: Writer<'a>,
    /// Earlier commands of the author, those it names by `after` and their own included.
    pub priors: &'a BTreeMap<OpId, Prior>,
    /// SHA-256 of the canonical command, hex.
    pub body_hash: &'a str,
    /// How far the author has read this conversation.
    pub read_seq: u64,
    /// A live lease of somebody, as far as the coordinator says.
    pub lease: Option<LeaseHolder>,
    /// Ids for what is made.
    pub fresh: Fresh,
    /// The template that the command names, if the number has it.
    pub template: Option<&'a Template>,
    /// The other conversation that the command names, if there is one.
    pub other: Option<&'a Conversation>,
    /// The customer's card, where the command changes it.
    pub card: Option<&'a ContactCard>,
    /// The upload that the command names, if there is one.
    pub upload: Option<&'a Uploaded>,
    /// The line that the command sends on, if there is one.
    pub forwarded: Option<&'a Forwardable>,
    /// Characters that the author's name takes above what they write; 0 where it is not told.
    pub signature_chars: usize,
    /// The tags that the command names, those on the conversation, and what they became.
    pub tags: &'a Tags,
    /// The attributes that the command names.
    pub attributes: &'a Attributes,
    /// The newest version of the canned reply that the command names, ended or not.
    pub canned_version: Option<u32>,
    /// Whether a program gave the command: some attributes are theirs alone to set.
    pub is_program: bool,
    /// With `resolve`: the outcomes of the conversation's team.
    pub outcomes: &'a KnownOutcomes,
    /// So long a message waits before it leaves, ms: it can be taken back.
    pub hold_ms: i64,
    /// Whether the conversation's team requires a note with this hand-over.
    pub requires_note: bool,
    /// True where the team lets its members take this one from the queue, without an offer.
    pub may_pick: bool,
    /// Whether the author is a program: what it says answers nobody.
    pub is_bot: bool,
    /// Whom a note mentions and who do not see all of the conversation.
    pub unseeing: BTreeSet<AgentId>,
}

/// The author of a command: who, where, and what they may see.
#[derive(Clone, Copy, Debug)]
pub struct Writer<'a> {
    /// The agent, and what the agent may see.
    pub sight: &'a Sight,
    /// The device that sent the command.
    pub device: DeviceId,
}

impl Context<'_> {
    /// The author's facts.
    pub fn me(&self) -> Option<&AgentFacts> {
        self.people.agents.get(&self.author.sight.viewer.agent)
    }

    /// The author's id.
    pub fn my_id(&self) -> AgentId {
        self.author.sight.viewer.agent
    }

    /// How much the author sees of the conversation.
    pub fn level(&self, conversation: &Conversation) -> Level {
        self.author.sight.level(Scope::of(&conversation.head))
    }

    /// Whether the author supervises the conversation ([`Viewer::supervises`]).
    pub fn supervises(&self, conversation: &Conversation) -> bool {
        self.author.sight.viewer.supervises(conversation.head.team_id)
    }

    /// Whether the author is in the conversation's team.
    pub fn is_teammate(&self, conversation: &Conversation) -> bool {
        self.author.sight.viewer.teams.contains_key(&conversation.head.team_id)
    }

    /// Whether the author serves the queue of the conversation's team: its members and admins do.
    pub fn serves(&self, conversation: &Conversation) -> bool {
        self.is_teammate(conversation) || self.supervises(conversation)
    }

    /// Whether the author owns the conversation.
    pub fn owns(&self, conversation: &Conversation) -> bool {
        conversation.head.owner == Owner::Agent(self.my_id())
    }

    /// The conversation's team.
    pub fn team(&self, conversation: &Conversation) -> Option<&TeamFacts> {
        self.people.teams.get(&conversation.head.team_id)
    }
}
