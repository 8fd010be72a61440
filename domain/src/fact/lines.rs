//! Lines of conversations, as far as decisions and folds look at them.

use std::collections::BTreeMap;

use baton_protocol::{
    Amended, Author, ConversationId, DeviceId, Event, Fact, FileState, HeldReason, LineKind,
    LineRef, MessageId, MessageStatus, OpId, Timestamp, Turn,
};

use super::line::amend;
use super::predicates::{needs_review, says_something};

/// An attempt to send a message, and the claim it is made under. What becomes of it counts while
/// both are the message's last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SendClaim {
    /// The attempt's number, from 1.
    pub attempt: u32,
    /// The claim's epoch: each claim of a message has a higher one.
    pub epoch: u64,
}

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
    /// The reason why it is held.
    pub held: Option<HeldReason>,
    /// The last attempt; 0 before the first.
    pub attempt: u32,
    /// The epoch of the last claim. Results of other claims change nothing.
    pub claim_epoch: u64,
    /// The state of its file, if it has one.
    pub file: Option<FileState>,
    /// The turn that it closed.
    pub closed_turn: Option<Turn>,
    /// True where the customer may have it already, by an attempt with an unknown outcome.
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

    /// True for an answer of the team that was not kept back.
    pub fn is_standing_answer(&self) -> bool {
        match self.author {
            Author::PhoneApp | Author::Agent { .. } => {
                says_something(self.kind) && self.status.is_none_or(|status| !needs_review(status))
            }
            Author::Customer | Author::Acknowledgement | Author::Unknown => false,
        }
    }
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

/// The surroundings of a fact, when lines absorb it.
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
