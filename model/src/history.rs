//! The events of one conversation, as everybody concerned saw them. It holds the log's events, the
//! commits they came in, and the commands with their answers. It also holds what the customer sent
//! and received.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::fact::log::Batch;
use baton_domain::fact::predicates::is_retryable;
use baton_protocol::outcome::Outcome;
use baton_protocol::{
    AgentId, Author, Command, CommandBody, Event, Fact, LineRef, MessageId, OpId, Seen,
};

/// A command that was given, and what was answered; retries are asks of their own.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The author.
    pub by: AgentId,
    /// `None`: its author only asked what had become of the op id.
    pub command: Option<Command>,
    /// Its op id.
    pub op_id: OpId,
    /// The answer.
    pub answer: Outcome,
}

/// An attempt that a worker was told to make.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// The message to send.
    pub message: MessageId,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// Whether the customer got it.
    pub has_reached: bool,
}

/// The history of one conversation.
#[derive(Clone, Default, Debug)]
pub struct History {
    /// By position.
    pub events: Vec<Event>,
    /// Commits as they were published: (after, upto]. A commit whose outcome was unknown has
    /// none.
    pub commits: Vec<(u64, u64)>,
    /// Commands, in the order of their answers.
    pub asks: Vec<Ask>,
    /// Attempts, in the order in which they were made.
    pub sent: Vec<Sent>,
    /// Meta's ids of acknowledged lines, with the ids that their line may have.
    pub posted: BTreeMap<String, BTreeSet<MessageId>>,
    /// Whether the database failed on the way: answers may have been `unavailable`.
    pub had_faults: bool,
}

/// A line in the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Said {
    /// Its place in the log.
    pub position: u64,
    /// Number and id.
    pub line: LineRef,
    /// The author.
    pub author: Author,
    /// The command that wrote it, for an agent's.
    pub op_id: Option<OpId>,
    /// The last line that its author knew, for an agent's.
    pub seen: Seen,
}

impl History {
    /// Notes what was published.
    pub fn note_commits<'a>(&mut self, batches: impl IntoIterator<Item = &'a Batch>) {
        self.commits.extend(batches.into_iter().map(|batch| (batch.after, batch.upto())));
    }

    /// Whether two positions were committed together.
    pub fn is_together(&self, a: u64, b: u64) -> bool {
        self.commits
            .iter()
            .any(|(after, upto)| (after + 1..=*upto).contains(&a) && b > *after && b <= *upto)
    }

    /// The lines, in the order of the log.
    pub fn lines(&self) -> Vec<Said> {
        self.events.iter().filter_map(said).collect()
    }

    /// The first command of an agent under an op id with a final answer: that is the one decided.
    pub fn command(&self, by: AgentId, op_id: OpId) -> Option<&Command> {
        let of = self.asks.iter().filter(|ask| ask.by == by && ask.op_id == op_id);
        let decided = of.clone().find(|ask| is_final(&ask.answer) && ask.command.is_some());
        decided.or_else(|| of.clone().next()).and_then(|ask| ask.command.as_ref())
    }

    /// The acts that a command names by `after`, back to the first.
    pub fn chain(&self, by: AgentId, command: &Command) -> BTreeSet<OpId> {
        let mut chain = BTreeSet::new();
        let mut next = command.after;
        while let Some(op_id) = next {
            if !chain.insert(op_id) {
                break;
            }
            next = self.command(by, op_id).and_then(|command| command.after);
        }
        chain
    }
}

/// Whether an answer says what became of the command itself, for good.
pub fn is_final(answer: &Outcome) -> bool {
    use baton_protocol::Refusal::{OpExpired, OpIdReused};
    match answer {
        Outcome::Accepted(_) => true,
        Outcome::Refused(refused) => {
            !is_retryable(&refused.refusal) && !matches!(refused.refusal, OpIdReused | OpExpired)
        }
    }
}

/// The line that an event tells of.
#[expect(clippy::wildcard_enum_match_arm, reason = "most facts are of no line")]
pub fn said(event: &Event) -> Option<Said> {
    let position = event.position;
    match &event.fact {
        Fact::LineReceived { line, .. } => {
            let author = Author::Customer;
            Some(Said { position, line: *line, author, op_id: None, seen: None })
        }
        Fact::LineWritten { line, author, op_id, seen, .. } => {
            Some(Said { position, line: *line, author: *author, op_id: *op_id, seen: *seen })
        }
        _ => None,
    }
}

/// The last line that the author of a fenced command claims to have known.
pub fn seen_of(body: &CommandBody) -> Option<Seen> {
    body.seen()
}
