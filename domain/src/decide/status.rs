//! Where an episode stands: resolve, reopen, `mark_waiting`, snooze, and the end of a snooze.

use baton_protocol::command::Snooze;
use baton_protocol::limits::SNOOZE_DAYS_MAX;
use baton_protocol::{Conversation, Fact, Owner, OwnerCause, Refusal, Seen, Status, Timestamp};

use super::{Case, Decided, Draft, facts, fence, nothing};
use crate::planted::{Bug, is_planted};

pub(super) fn resolve(case: &Case<'_>, seen: Seen) -> Decided {
    let head = &case.conversation.head;
    if head.status == Status::Resolved {
        return nothing();
    }
    case.may_answer()?;
    fence::check(case, seen)?;
    let mut all = vec![Fact::StatusChanged { status: Status::Resolved, turn: None }];
    // The queue owns what is resolved, so that no departed agent is left with it.
    if matches!(head.owner, Owner::Agent(_)) {
        let queue = Owner::Queue(head.team_id);
        all.push(case.owned_by(queue, head.team_id, OwnerCause::Resolved));
    }
    facts(all)
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
            facts([Fact::StatusChanged { status: Status::Open, turn }])
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
    facts([Fact::StatusChanged { status: Status::Waiting, turn: case.conversation.thread.turn }])
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
    let snoozed = Fact::StatusChanged { status: Status::Snoozed { until }, turn };
    if is_planted(Bug::SnoozedIntoTheQueue) {
        let team = case.conversation.head.team_id;
        return facts([snoozed, case.owned_by(Owner::Queue(team), team, OwnerCause::Unassigned)]);
    }
    facts([snoozed])
}

/// The end of a snooze: only of the one that set the alarm, and only when its time has come.
pub fn wake(conversation: &Conversation, until: Timestamp, now: Timestamp) -> Vec<Draft> {
    if conversation.head.status != (Status::Snoozed { until }) || now < until {
        return Vec::new();
    }
    let turn = conversation.thread.turn;
    vec![Fact::StatusChanged { status: Status::Open, turn }.into()]
}
