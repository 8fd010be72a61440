//! Reminders.

use baton_protocol::event::EventContent;
use baton_protocol::limits::{
    OP_AGE_DAYS_MAX, REMINDER_CHARS_MAX, REMINDER_DAYS_MAX, REMINDERS_MAX,
};
use baton_protocol::{Accepted, Fact, Refusal, Remind, Reminder};

use super::{Case, Decided, Draft, facts, nothing, work};
use crate::fact::reminders;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Each agent who sees the whole conversation may be called back to it.
pub(super) fn remind(case: &Case<'_>, remind: &Remind) -> Decided {
    let agent_id = case.context.my_id();
    let standing = reminders::standing(case.conversation, agent_id);
    let Some(at) = remind.at else {
        return facts(standing.map(|one| reminders::ended(one, None)));
    };
    if let Some(text) = &remind.text {
        work::check_text(text, "text", REMINDER_CHARS_MAX)?;
    }
    // What was set off line may be past when it comes: it rings at once.
    let possible = -OP_AGE_DAYS_MAX * DAY_MS..=REMINDER_DAYS_MAX * DAY_MS;
    if !possible.contains(&at.since(case.now)) {
        let problem = format!("must lie within the next {REMINDER_DAYS_MAX} days");
        return Err(Refusal::invalid("at", problem));
    }
    let seen = remind.seen.map_or(0, |line| line.seq);
    if remind.follow_up && case.conversation.thread.customer_seq > seen {
        // They have answered meanwhile.
        return nothing();
    }
    let text = remind.text.as_deref().map(|text| text.trim().to_owned());
    let same = Reminder { agent_id, at, follow_up: remind.follow_up, note_id: None };
    if text.is_none() && standing == Some(&same) {
        return nothing();
    }
    if standing.is_none() && case.conversation.thread.reminders.len() >= REMINDERS_MAX {
        let problem = format!("{REMINDERS_MAX} agents have one here already, more may not");
        return Err(Refusal::invalid("at", problem));
    }
    let note_id = text.is_some().then_some(case.context.fresh.note);
    let fact = Fact::ReminderSet { agent_id, at, follow_up: remind.follow_up, note_id };
    let content = text.map(|text| EventContent::Note { text: Some(text), quoted: None });
    Ok((vec![Draft { fact, content }], Accepted::default()))
}
