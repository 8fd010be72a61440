//! Clocks: times that follow from a conversation and the policies, and from nothing else. So what
//! the log says does not depend on when somebody looks.

use std::collections::BTreeSet;

use baton_protocol::limits::WINDOW_MS;
use baton_protocol::setting::{Sla, SlaTarget, Trigger};
use baton_protocol::{
    AgentId, BotStep, Calendar, Clock, Conversation, Fact, Pause, Promised, Rang, SettingId,
    SlaState, Status, Timestamp,
};

use crate::auto::rules::{KnownRule, KnownSla, Policies, holds_from};
use crate::auto::{bots, survey};
use crate::fact::answers;
use crate::fact::clocks::{apply_sla, counted};
use crate::fact::lines::Lines;
use crate::fact::planted::{Bug, is_planted};
use crate::fact::reminders;

/// A clock that runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Due {
    /// The time at which it rings.
    pub at: Timestamp,
    /// The clock.
    pub clock: Clock,
    /// The time at which it began.
    pub start: Timestamp,
    /// The policy, where it is a promise's.
    pub policy_id: Option<SettingId>,
}

/// All clocks of a conversation that run and have not rung, the earliest first.
pub fn all(conversation: &Conversation, policies: &Policies) -> Vec<Due> {
    let promised = promised(conversation, policies);
    let promised = promised.into_iter().filter(|due| !has_rung(conversation, *due));
    let mut all: Vec<Due> = of_rules(conversation, policies).chain(promised).collect();
    all.sort_unstable();
    all
}

/// The first clock of a rule that runs and has not rung.
pub(crate) fn first_of_rules(conversation: &Conversation, policies: &Policies) -> Option<Due> {
    of_rules(conversation, policies).min()
}

fn of_rules(conversation: &Conversation, policies: &Policies) -> impl Iterator<Item = Due> {
    policies.timed().filter_map(|known| of_rule(conversation, policies, known))
}

/// The time until which the customer was promised something, whether it is past or not: the
/// earliest of the promises that run.
pub fn due_at(conversation: &Conversation, policies: &Policies) -> Option<Timestamp> {
    let breached = |due: &Due| matches!(due.clock, Clock::Breached { .. });
    promised(conversation, policies).iter().filter(|due| breached(due)).map(|due| due.at).min()
}

/// The thing that rings next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Ringing {
    /// A snooze ends.
    Snooze,
    /// The reminder of an agent.
    Reminder(AgentId),
    /// The time of a bot is over.
    Bot(BotStep),
    /// The customer is to be asked how it was.
    Survey,
    /// A clock of a rule or a promise.
    Clock(Due),
}

/// The first thing that rings on a conversation, and the time at which it is due.
pub fn first(conversation: &Conversation, policies: &Policies) -> Option<(Timestamp, Ringing)> {
    first_of(conversation, policies, true)
}

/// The same; `asks` is false where no survey may be asked.
pub(crate) fn first_of(
    conversation: &Conversation,
    policies: &Policies,
    asks: bool,
) -> Option<(Timestamp, Ringing)> {
    let snooze = match conversation.head.status {
        Status::Snoozed { until } => Some((until, Ringing::Snooze)),
        Status::Open | Status::Waiting | Status::Resolved => None,
    };
    let bot = bots::due(conversation, policies).map(|(at, step)| (at, Ringing::Bot(step)));
    let survey = survey::due(conversation).filter(|_| asks).map(|at| (at, Ringing::Survey));
    let clock = all(conversation, policies).first().map(|due| (due.at, Ringing::Clock(*due)));
    let reminder = reminders::first(conversation);
    let reminder = reminder.map(|one| (one.at, Ringing::Reminder(one.agent_id)));
    let all = [snooze, reminder, bot, survey, clock].into_iter().flatten();
    if is_planted(Bug::LastRingsFirst) { all.max() } else { all.min() }
}

/// The next time at which something rings.
pub fn next(conversation: &Conversation, policies: &Policies) -> Option<Timestamp> {
    first(conversation, policies).map(|(at, _)| at)
}

/// A decision about the time that is noted for the next look at a conversation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NextLook {
    /// This time is noted instead.
    At(Timestamp),
    /// The noted time stays as it is.
    Stays,
    /// The noted time is removed.
    Over,
}

/// The next look at a conversation that changed, or that was looked at just now. A noted time may
/// be too early, and is never too late.
pub fn next_look(
    (before, after): (Option<&Conversation>, &Conversation),
    policies: &Policies,
    is_looked_at: bool,
    now: Timestamp,
) -> NextLook {
    // Where policies have clocks, one may have run by others than those of now.
    let noted = before.and_then(|before| next(before, policies));
    match next(after, policies) {
        // After a change of policies the waker looks at each, so the row is there.
        Some(at) if !is_looked_at && noted.is_some_and(|noted| may_stay(noted, at, now)) => {
            NextLook::Stays
        }
        Some(at) => NextLook::At(at),
        None if is_looked_at || policies.has_clocks() || noted.is_some() => NextLook::Over,
        None => NextLook::Stays,
    }
}

/// True for a noted time that may stay although the next ring has moved to `next`. It comes before
/// that, and so near to it that one more look costs less than a row for each move.
fn may_stay(noted: Timestamp, next: Timestamp, now: Timestamp) -> bool {
    now < noted && noted <= next && next.since(noted) <= noted.since(now)
}

fn has_rung(conversation: &Conversation, due: Due) -> bool {
    let rang = &conversation.thread.clocks.rang;
    // Of what rang in an earlier version the policy is not known.
    let is_its = |of: &Rang| of.policy_id.is_none_or(|policy| due.policy_id == Some(policy));
    let is_it = |rang: &Rang| rang.clock == due.clock && rang.start == due.start && is_its(rang);
    if is_planted(Bug::ClocksForgetStarts) {
        return rang.iter().any(|rang| rang.clock == due.clock && rang.start >= due.start);
    }
    rang.iter().any(is_it)
}

/// The clock of a rule as it runs, whatever the rule tests.
fn runs(conversation: &Conversation, policies: &Policies, known: &KnownRule) -> Option<Due> {
    let start = began(conversation, known.rule.when)?;
    let ms = i64::from(known.rule.after_min?) * 60_000;
    let at = if known.rule.when == Trigger::WindowLeft {
        start.plus_ms((WINDOW_MS - ms).max(0))
    } else {
        policies.after(start, ms, known.rule.hours, &[])?
    };
    // A rule counts from its publishing on.
    let clock = Clock::Rule { rule_id: known.id };
    let counts = at >= known.since && known.counts_at(at);
    counts.then_some(Due { at, clock, start, policy_id: None })
}

/// The clock of a rule. It rings once its time is over, and as soon as the rule's tests hold from
/// there on: they are asked again with each change.
fn of_rule(conversation: &Conversation, policies: &Policies, known: &KnownRule) -> Option<Due> {
    let due = runs(conversation, policies, known).filter(|due| !has_rung(conversation, *due))?;
    let at = holds_from(policies, known, conversation, due.at)?;
    known.counts_at(at).then_some(Due { at, ..due })
}

/// The clocks of rules whose time is over and whose tests do not hold: each by its beginning.
pub(crate) fn held_back(
    conversation: &Conversation,
    policies: &Policies,
    now: Timestamp,
) -> BTreeSet<(Clock, Timestamp)> {
    let running = policies.timed().filter_map(|known| runs(conversation, policies, known));
    let over = running.filter(|due| due.at <= now && !has_rung(conversation, *due));
    over.map(|due| (due.clock, due.start)).collect()
}

/// The clock of a rule that runs and has not rung, whether its tests hold or not.
pub fn waits(conversation: &Conversation, policies: &Policies, rule: SettingId) -> Option<Due> {
    let known = policies.timed().find(|known| known.id == rule)?;
    runs(conversation, policies, known).filter(|due| !has_rung(conversation, *due))
}

/// The time at which a rule's clock began, if it runs.
fn began(conversation: &Conversation, when: Trigger) -> Option<Timestamp> {
    let (head, thread) = (&conversation.head, &conversation.thread);
    let is_unresolved = matches!(head.status, Status::Open | Status::Waiting);
    let waits = thread.turn.filter(|_| head.status == Status::Open && thread.block.is_none());
    match when {
        // Who puts an unanswered customer aside has not answered.
        Trigger::Unanswered => Some(thread.turn.filter(|_| thread.block.is_none())?.since),
        Trigger::Unassigned => Some(waits.filter(|_| head.owner.agent().is_none())?.since),
        Trigger::Idle => (is_unresolved && head.episode > 0)
            .then_some(thread.clocks.idle_since.unwrap_or(head.activity_at)),
        Trigger::WindowLeft => {
            waits?;
            Some(thread.window_until.filter(|_| thread.kind.is_contact())?.plus_ms(-WINDOW_MS))
        }
        Trigger::Message
        | Trigger::FirstMessage
        | Trigger::EpisodeOpened
        | Trigger::OwnerChanged
        | Trigger::StatusChanged
        | Trigger::Tagged
        | Trigger::Resolved
        | Trigger::Limited => None,
    }
}

/// The clocks of what is promised.
fn promised(conversation: &Conversation, policies: &Policies) -> Vec<Due> {
    let Some(sla) = conversation.thread.clocks.sla.as_deref() else { return Vec::new() };
    let (answer, target) =
        if sla.answered { (Promised::Next, sla.next) } else { (Promised::First, sla.first) };
    let all = [(answer, target), (Promised::Resolution, sla.resolution)];
    let running = all.into_iter().filter_map(|(answer, target)| {
        let (start, pauses) = counted(conversation, answer)?;
        Some(of_promise(sla, policies, (answer, target?), (start, pauses)))
    });
    running.flatten().collect()
}

/// The clocks of one promise: of its warning, and of its end.
fn of_promise(
    sla: &SlaState,
    policies: &Policies,
    (answer, target): (Promised, SlaTarget),
    (start, pauses): (Timestamp, &[Pause]),
) -> impl Iterator<Item = Due> {
    let SlaTarget { target_min, warn_at, hours } = target;
    let ms = i64::from(target_min) * 60_000;
    let policy_id = Some(sla.policy_id);
    let due = |clock, ms| {
        let at = policies.promised_at(start, ms, (hours, &sla.calendars), pauses)?;
        Some(Due { at, clock, start, policy_id })
    };
    let warned =
        warn_at.and_then(|percent| due(Clock::Warned { answer }, ms * i64::from(percent) / 100));
    warned.into_iter().chain(due(Clock::Breached { answer }, ms))
}

/// The fact that these times are promised. Where that comes later than the episode, the clocks that
/// are past by then are marked: nobody broke what was not promised yet.
pub(crate) fn promise(
    conversation: &Conversation,
    policies: &Policies,
    known: &KnownSla,
    later: Option<Timestamp>,
) -> Fact {
    let Sla { first, next, resolution, .. } = known.sla;
    let calendars = calendars([first, next, resolution], policies);
    let (policy_id, version) = (known.id, known.version);
    let fact = |calendars, late| Fact::SlaApplied {
        policy_id,
        version,
        first,
        next,
        resolution,
        calendars,
        late,
        answers: None,
    };
    let Some(now) = later.filter(|_| conversation.thread.clocks.answers.is_some()) else {
        return fact(calendars, Vec::new());
    };
    let mut then = conversation.clone();
    apply_sla(&mut then, &fact(Vec::clone(&calendars), Vec::new()), now);
    let is_late = |due: &Due| due.at < now && !has_rung(&then, *due);
    let late = promised(&then, policies).into_iter().filter(is_late).map(|due| due.clock).collect();
    fact(calendars, late)
}

/// The fact that the answers of an episode are known from here on, where an earlier version opened
/// it. A promise that was lost by a lost answer runs again by it. What is past by then is marked.
pub(crate) fn found(
    conversation: &Conversation,
    lines: &Lines,
    policies: &Policies,
    now: Timestamp,
) -> Option<Fact> {
    let Conversation { head, thread } = conversation;
    let sla = thread.clocks.sla.as_deref()?;
    if thread.clocks.answers.is_some() || head.status == Status::Resolved || head.episode == 0 {
        return None;
    }
    let SlaState { policy_id, version, first, next, resolution, .. } = *sla;
    let answers = Some(Box::new(answers::found(conversation, lines, sla)));
    let calendars = calendars([first, next, resolution], policies);
    let fact = |late| Fact::SlaApplied {
        policy_id,
        version,
        first,
        next,
        resolution,
        calendars: calendars.clone(),
        late,
        answers: answers.clone(),
    };
    let mut then = conversation.clone();
    apply_sla(&mut then, &fact(Vec::new()), now);
    let ran = promised(conversation, policies);
    let is_late = |due: &Due| due.at < now && !has_rung(&then, *due) && !ran.contains(due);
    let late = promised(&then, policies).into_iter().filter(is_late).map(|due| due.clock).collect();
    Some(fact(late))
}

/// The schedules of these targets, in the version of now.
fn calendars(targets: [Option<SlaTarget>; 3], policies: &Policies) -> Vec<Calendar> {
    let hours = targets.into_iter().flatten().filter_map(|target| target.hours);
    let all: BTreeSet<SettingId> = hours.collect();
    all.into_iter().filter_map(|id| policies.calendar(id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_noted_time_stays_where_the_next_ring_moved_on_a_little_and_is_never_too_late() {
        let at = |minute: i64| Timestamp::from_ms(minute * 60_000);
        let stays = |noted: i64, next: i64| may_stay(at(noted), at(next), at(10));
        assert!(stays(60, 60) && stays(60, 65) && stays(60, 110));
        assert!(!stays(60, 111), "that is as far again as it is away");
        assert!(!stays(60, 59), "it would be too late");
        assert!(!stays(10, 12) && !stays(5, 12), "it has rung");
    }
}
