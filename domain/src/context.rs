//! What a decision may look at: the state of a group, as its predecessors left it.

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::conversation::ContactCard;
use baton_protocol::frame::LeaseHolder;
use baton_protocol::template::Template;
use baton_protocol::{
    AgentId, AgentState, Amended, Author, Availability, Conversation, ConversationId, DeviceId,
    Event, Fact, FileState, HeldReason, LineKind, LineRef, MessageId, MessageStatus, NoteId, OpId,
    Owner, ReplyPolicy, Role, TeamId, Timestamp, Turn,
};

use crate::see::attributes::Attributes;
use crate::decide::delivery::SendClaim;
use crate::forward::Forwardable;
use crate::fact::line::amend;
use crate::fact::outcome::Answer;
use crate::see::outcomes::KnownOutcomes;
use crate::fact::predicates::{needs_review, says_something};
use crate::fact::scope::{Level, Scope};
use crate::see::sight::Sight;
use crate::see::tags::Tags;
use crate::fact::upload::Uploaded;

/// The facts of a line that decisions look at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineFacts {
    /// Number and id.
    pub line: LineRef,
    /// The author.
    pub author: Author,
    /// The kind.
    pub kind: LineKind,
    /// The device, for an agent's.
    pub device: Option<DeviceId>,
    /// The command, for an agent's.
    pub op_id: Option<OpId>,
    /// The time of acceptance.
    pub accepted_at: Timestamp,
    /// The last line on its author's screen.
    pub seen: Option<LineRef>,
    /// The status of a sent message; `None` for received ones.
    pub status: Option<MessageStatus>,
    /// The start of that status. Attempts that provably did not leave do not restart the wait of a
    /// queued message.
    pub status_at: Timestamp,
    /// Why it is held.
    pub held: Option<HeldReason>,
    /// The last attempt; 0 before the first.
    pub attempt: u32,
    /// The epoch of the last claim. Results of other claims change nothing.
    pub claim_epoch: u64,
    /// The state of its file, if it has one.
    pub file: Option<FileState>,
    /// The turn that it closed.
    pub closed_turn: Option<Turn>,
    /// Whether the customer may have it already, by an attempt with an unknown outcome.
    pub in_doubt: bool,
    /// While it is queued: it leaves no sooner, so that it can be taken back.
    pub leaves_at: Option<Timestamp>,
    /// Its changes since.
    pub amended: Option<Box<Amended>>,
}

impl LineFacts {
    /// The last attempt and its claim.
    pub fn claim(&self) -> SendClaim {
        SendClaim { attempt: self.attempt, epoch: self.claim_epoch }
    }

    /// Whether it is an answer of the team that was not kept back.
    pub fn is_standing_answer(&self) -> bool {
        match self.author {
            Author::PhoneApp | Author::Agent { .. } => {
                says_something(self.kind) && self.status.is_none_or(|status| !needs_review(status))
            }
            Author::Customer | Author::Acknowledgement | Author::Unknown => false,
        }
    }
}

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

/// Lines of a conversation, from some seq on, as far as they were read.
#[derive(Clone, Default, Debug)]
pub struct Lines {
    by_seq: BTreeMap<(ConversationId, u64), LineFacts>,
    by_id: BTreeMap<MessageId, (ConversationId, u64)>,
}

impl Lines {
    /// Adds a line, or replaces its facts.
    pub fn put(&mut self, conversation: ConversationId, facts: LineFacts) {
        self.by_id.insert(facts.line.id, (conversation, facts.line.seq));
        self.by_seq.insert((conversation, facts.line.seq), facts);
    }

    /// The line with this number.
    pub fn at(&self, conversation: ConversationId, seq: u64) -> Option<&LineFacts> {
        self.by_seq.get(&(conversation, seq))
    }

    /// The line with this id, in this conversation.
    pub fn find(&self, conversation: ConversationId, id: MessageId) -> Option<&LineFacts> {
        let key = self.by_id.get(&id).filter(|(of, _)| *of == conversation)?;
        self.by_seq.get(key)
    }

    /// Changes the facts of a line.
    pub fn change(&mut self, id: MessageId, change: impl FnOnce(&mut LineFacts)) {
        if let Some(facts) = self.by_id.get(&id).and_then(|key| self.by_seq.get_mut(key)) {
            change(facts);
        }
    }

    /// The lines above this number, ascending.
    pub fn above(
        &self,
        conversation: ConversationId,
        seq: u64,
    ) -> impl DoubleEndedIterator<Item = &LineFacts> {
        let from = (conversation, seq.saturating_add(1));
        self.by_seq.range(from..=(conversation, u64::MAX)).map(|(_, facts)| facts)
    }
}

/// What is known of a fact beside itself, when lines absorb it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    /// The conversation that the fact is of.
    pub conversation: ConversationId,
    /// The open turn before it.
    pub turn_before: Option<Turn>,
    /// The time of the decision.
    pub at: Timestamp,
    /// With `sending`: the claim.
    pub claim_epoch: Option<u64>,
}

impl Lines {
    /// Brings the lines up to a fact that was decided, as reading them back would.
    #[expect(clippy::wildcard_enum_match_arm, reason = "most facts are of no line")]
    pub fn absorb(&mut self, event: &Event, moment: Moment) {
        match &event.fact {
            Fact::LineReceived { line, kind, .. } => {
                let facts = blank(*line, Author::Customer, *kind, moment.at);
                self.put(moment.conversation, facts);
            }
            Fact::LineWritten {
                line,
                author,
                kind,
                status,
                seen,
                op_id,
                device_id,
                turn,
                leaves_at,
                ..
            } => {
                let facts = LineFacts {
                    device: *device_id,
                    op_id: *op_id,
                    seen: *seen,
                    status: Some(*status),
                    closed_turn: moment.turn_before.filter(|_| turn.is_none()),
                    leaves_at: *leaves_at,
                    ..blank(*line, *author, *kind, moment.at)
                };
                self.put(moment.conversation, facts);
            }
            Fact::LineAmended { line, amendment } => self.change(line.id, |facts| {
                let amended = facts.amended.get_or_insert_default();
                amend(amended, *amendment, event.content.as_ref());
            }),
            Fact::MessageChanged { line, status, attempt, held, seen, .. } => {
                self.change(line.id, |facts| {
                    let still_waits = matches!(
                        (facts.status, status),
                        (Some(MessageStatus::Queued), MessageStatus::Sending)
                            | (Some(MessageStatus::Sending), MessageStatus::Queued)
                    );
                    if !still_waits {
                        facts.status_at = moment.at;
                    }
                    facts.in_doubt = match (facts.status, status) {
                        (_, MessageStatus::Queued | MessageStatus::Sending) => facts.in_doubt,
                        // Of the attempt under way; an earlier one may still be unknown.
                        (
                            Some(
                                MessageStatus::Sending
                                | MessageStatus::Accepted
                                | MessageStatus::Sent,
                            ),
                            MessageStatus::Accepted | MessageStatus::Sent,
                        ) => facts.in_doubt,
                        (_, other) => *other == MessageStatus::Unconfirmed,
                    };
                    facts.leaves_at = None;
                    facts.status = Some(*status);
                    facts.attempt = *attempt;
                    facts.held = *held;
                    facts.seen = seen.or(facts.seen);
                    facts.claim_epoch = moment.claim_epoch.unwrap_or(facts.claim_epoch);
                });
            }
            Fact::FileChanged { line, file } => {
                self.change(line.id, |facts| facts.file = Some(*file));
            }
            Fact::LineUnderstood { line, kind } => {
                self.change(line.id, |facts| facts.kind = *kind);
            }
            _ => {}
        }
    }
}

fn blank(line: LineRef, author: Author, kind: LineKind, at: Timestamp) -> LineFacts {
    LineFacts {
        line,
        author,
        kind,
        device: None,
        op_id: None,
        accepted_at: at,
        seen: None,
        status: None,
        status_at: at,
        held: None,
        attempt: 0,
        claim_epoch: 0,
        file: None,
        closed_turn: None,
        in_doubt: false,
        leaves_at: None,
        amended: None,
    }
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
    /// Whether the team lets its members take this one from the queue, without an offer.
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
