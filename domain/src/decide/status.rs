//! Where an episode stands: resolve, reopen, `mark_waiting`, snooze, and the end of a snooze.

use baton_protocol::command::{Resolve, Snooze};
use baton_protocol::event::{EventContent, OutcomeSaid};
use baton_protocol::limits::{OUTCOME_CHARS_MAX, SNOOZE_DAYS_MAX};
use baton_protocol::setting::{AskOutcome, OutcomeChoice};
use baton_protocol::{
    Accepted, Conversation, Fact, Owner, OwnerCause, Refusal, Seen, Status, Timestamp, Turn,
};

use super::{Case, Decided, Draft, facts, fence, nothing, tagging, work};
use crate::fact::planted::{Bug, is_planted};

/// Closes the episode. The tag of its outcome is put on, where it can be; nobody is stopped by it.
pub(super) fn resolve(case: &Case<'_>, resolve: &Resolve) -> Decided {
    let head = &case.conversation.head;
    if head.status == Status::Resolved {
        return nothing();
    }
    case.may_answer()?;
    fence::check(case, resolve.seen)?;
    let chosen = outcome(case, resolve)?;
    let tagged = chosen.and_then(|choice| tagging::by_outcome(case, choice.tag?));
    let mut all: Vec<Draft> = tagged.into_iter().map(Draft::from).collect();
    let outcome = chosen.map(|choice| choice.id);
    let fact = Fact::StatusChanged { status: Status::Resolved, turn: None, outcome };
    let said = chosen.map(|choice| {
        let text = resolve.outcome_text.as_deref().map(|text| text.trim().to_owned());
        EventContent::Outcome(OutcomeSaid { name: choice.name.clone(), text })
    });
    all.push(Draft { fact, content: said });
    // The queue owns what is resolved, so that no departed agent is left with it.
    if matches!(head.owner, Owner::Agent(_)) {
        let queue = Owner::Queue(head.team_id);
        all.push(case.owned_by(queue, head.team_id, OwnerCause::Resolved).into());
    }
    Ok((all, Accepted::default()))
}

/// The outcome that the command names. One that ended since the tap counts.
fn outcome<'a>(case: &Case<'a>, resolve: &Resolve) -> Result<Option<&'a OutcomeChoice>, Refusal> {
    let known = case.context.outcomes;
    let Some(id) = resolve.outcome else {
        if resolve.outcome_text.is_some() {
            return Err(Refusal::invalid("outcome_text", "is there without an outcome"));
        }
        return match known.now.ask {
            AskOutcome::Required => {
                Err(Refusal::OutcomeRequired { outcomes: known.now.list.clone() })
            }
            AskOutcome::Never | AskOutcome::Offered => Ok(None),
        };
    };
    let tapped_at = case.command.op_id.made_at().unwrap_or(case.now);
    let choice = known.choice(id, tapped_at);
    let choice = choice.ok_or_else(|| Refusal::invalid("outcome", "is none of this team"))?;
    match &resolve.outcome_text {
        Some(text) => work::check_text(text, "outcome_text", OUTCOME_CHARS_MAX)?,
        None if choice.needs_text => {
            return Err(Refusal::invalid("outcome_text", "is missing: this outcome asks for it"));
        }
        None => {}
    }
    Ok(Some(choice))
}

/// Reopens a conversation. A resolved one begins its next episode, which its author owns. What
/// waits or is snoozed is open again, and stays whose it is.
pub(super) fn reopen(case: &Case<'_>) -> Decided {
    match case.conversation.head.status {
        Status::Open => nothing(),
        Status::Resolved => {
            facts([case.next_episode(), case.taken_by_author(OwnerCause::Reopened)?])
        }
        Status::Waiting | Status::Snoozed { .. } => {
            case.may_answer()?;
            let turn = case.conversation.thread.turn;
            facts([going_on(Status::Open, turn)])
        }
    }
}

pub(super) fn mark_waiting(case: &Case<'_>, seen: Seen) -> Decided {
    if case.conversation.head.status == Status::Waiting {
        return nothing();
    }
    case.unresolved()?;
    case.may_answer()?;
    fence::check(case, seen)?;
    facts([going_on(Status::Waiting, case.conversation.thread.turn)])
}

pub(super) fn snooze(case: &Case<'_>, snooze: &Snooze) -> Decided {
    let until = snooze.until;
    if case.conversation.head.status == (Status::Snoozed { until }) {
        return nothing();
    }
    let max = case.now.plus_ms(SNOOZE_DAYS_MAX * 24 * 60 * 60 * 1000);
    if until <= case.now || until > max {
        let problem = format!("must lie within the next {SNOOZE_DAYS_MAX} days");
        return Err(Refusal::invalid("until", problem));
    }
    case.unresolved()?;
    case.may_answer()?;
    fence::check(case, snooze.seen)?;
    let turn = case.conversation.thread.turn;
    let snoozed = going_on(Status::Snoozed { until }, turn);
    if is_planted(Bug::SnoozedIntoTheQueue) {
        let team = case.conversation.head.team_id;
        return facts([snoozed, case.owned_by(Owner::Queue(team), team, OwnerCause::Unassigned)]);
    }
    facts([snoozed])
}

/// The status of an episode that goes on.
fn going_on(status: Status, turn: Option<Turn>) -> Fact {
    Fact::StatusChanged { status, turn, outcome: None }
}

/// The end of a snooze: only of the one that set the alarm, and only when its time has come.
pub fn wake(conversation: &Conversation, until: Timestamp, now: Timestamp) -> Vec<Draft> {
    if conversation.head.status != (Status::Snoozed { until }) || now < until {
        return Vec::new();
    }
    let turn = conversation.thread.turn;
    vec![going_on(Status::Open, turn).into()]
}
