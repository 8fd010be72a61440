//! The newest answers of a conversation, and when its episodes began and ended: what automatic
//! messages and rules that resolve look at.

use baton_protocol::{AgentId, Author, Event, Fact, LineKind, MessageId, Status, Timestamp, Turn};

use super::Policies;
use crate::fact::predicates::{needs_review, says_something};

/// Answers that are remembered.
const ANSWERS_KEPT: usize = 50;

/// The newest answers of a conversation, and the times of its newest episodes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Talk {
    /// The beginning of the newest episode.
    pub opened_at: Option<Timestamp>,
    /// The last end of an episode.
    pub ended_at: Option<Timestamp>,
    /// Messages of people and bots, the newest last.
    pub answers: Vec<Saying>,
}

/// A message of the team.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Saying {
    /// Its id.
    pub message: MessageId,
    /// The time at which it was written.
    pub at: Timestamp,
    /// Its author; none for the phone app.
    pub by: Option<AgentId>,
    /// Whether it failed, is held or was taken back.
    pub is_lost: bool,
}

impl Talk {
    /// Takes in an event. `before` is the turn that was open before it.
    pub fn tell(&mut self, event: &Event, before: Option<Turn>) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else is said")]
        match &event.fact {
            Fact::EpisodeOpened { .. } => {
                self.opened_at = Some(event.at);
                self.answers.clear();
            }
            Fact::StatusChanged { status: Status::Resolved, .. } => self.ended_at = Some(event.at),
            Fact::LineWritten { line, author, kind, turn, .. } => {
                let closes = before.is_some() && turn.is_none();
                let Some(by) = said_by(*author).filter(|_| is_answer(*kind, closes)) else {
                    return;
                };
                let message = line.id;
                self.answers.push(Saying { message, at: event.at, by, is_lost: false });
                let over = self.answers.len().saturating_sub(ANSWERS_KEPT);
                self.answers.drain(..over);
            }
            Fact::MessageChanged { line, status, .. } => {
                let found = self.answers.iter_mut().find(|of| of.message == line.id);
                if let Some(answer) = found {
                    answer.is_lost = needs_review(*status);
                }
            }
            _ => {}
        }
    }

    /// The time at which a person last answered in the newest episode.
    pub fn answered_at(&self, policies: &Policies) -> Option<Timestamp> {
        let is_person = |by: Option<AgentId>| by.is_none_or(|agent| policies.bot(agent).is_none());
        let is_its_own = |at: Timestamp| self.opened_at.is_none_or(|opened| opened <= at);
        let stands = |of: &&Saying| !of.is_lost && is_person(of.by) && is_its_own(of.at);
        self.answers.iter().filter(stands).map(|of| of.at).max()
    }
}

/// The agent who says something, or the phone app. Nobody else answers.
pub fn said_by(author: Author) -> Option<Option<AgentId>> {
    match author {
        Author::Agent { id } => Some(Some(id)),
        Author::PhoneApp => Some(None),
        Author::Customer | Author::Acknowledgement | Author::Unknown => None,
    }
}

/// Whether a line of this kind is part of a talk. A template that answers nobody begins one.
pub fn is_answer(kind: LineKind, closes_turn: bool) -> bool {
    says_something(kind) && (kind != LineKind::Template || closes_turn)
}
