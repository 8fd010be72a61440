//! Reminders of agents: which ones stand, and which one rings next.

use baton_protocol::{
    Actor, AgentId, Author, Conversation, Event, Fact, Reminder, Status, Timestamp,
};

use crate::fact::draft::Draft;
use crate::fact::planted::{Bug, is_planted};
use crate::fact::predicates::says_something;

/// The reminder of a conversation that rings first.
pub fn first(conversation: &Conversation) -> Option<&Reminder> {
    conversation.thread.reminders.iter().min_by_key(|one| (one.at, one.agent_id))
}

/// The reminder that an agent has on a conversation.
pub fn standing(conversation: &Conversation, agent: AgentId) -> Option<&Reminder> {
    conversation.thread.reminders.iter().find(|one| one.agent_id == agent)
}

/// The fact that a reminder is over, at the time at which it was due where it rings.
pub fn ended(reminder: &Reminder, due_at: Option<Timestamp>) -> Fact {
    Fact::ReminderEnded { agent_id: reminder.agent_id, note_id: reminder.note_id, due_at }
}

/// The facts of the time at which an agent's reminder rings.
pub(crate) fn ring(conversation: &Conversation, agent: AgentId, at: Timestamp) -> Vec<Draft> {
    standing(conversation, agent).map(|one| ended(one, Some(at)).into()).into_iter().collect()
}

/// Folds an event into the reminders of its conversation.
#[expect(clippy::wildcard_enum_match_arm, reason = "most facts end no reminder")]
pub(crate) fn fold(reminders: &mut Vec<Reminder>, event: &Event) {
    match &event.fact {
        Fact::ReminderSet { agent_id, at, follow_up, note_id } => {
            let follow_up = *follow_up && !is_planted(Bug::FollowUpsArePlain);
            let (agent_id, at, note_id) = (*agent_id, *at, *note_id);
            reminders.retain(|one| one.agent_id != agent_id);
            reminders.push(Reminder { agent_id, at, follow_up, note_id });
            reminders.sort_by_key(|one| one.agent_id);
        }
        Fact::ReminderEnded { agent_id, .. } => {
            reminders.retain(|one| one.agent_id != *agent_id);
        }
        // What somebody says who is blocked answers nobody.
        Fact::LineReceived { kind, turn: Some(_), .. } if says_something(*kind) => {
            let outlives = is_planted(Bug::FollowUpsOutliveTheAnswer);
            reminders.retain(|one| !one.follow_up || outlives);
        }
        Fact::LineWritten { author: Author::Agent { id }, turn: None, .. } => {
            reminders.retain(|one| one.follow_up || one.agent_id != *id);
        }
        Fact::StatusChanged { status: Status::Resolved, .. } => {
            let by = |agent| event.actor == Actor::Agent { id: agent };
            reminders.retain(|one| !one.follow_up && !by(one.agent_id));
        }
        _ => {}
    }
}
