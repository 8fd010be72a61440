//! The memory of clocks: what rang, what is promised, since when.

use baton_protocol::{
    Actor, Author, Clock, Clocks, Conversation, Event, Fact, Late, Pause, Promised, Ran, Rang,
    SlaState, Status, Timestamp,
};

use super::ran::{Reopening, remember};
use super::{answers, bots, survey};

/// Starts of one clock, and clocks of a conversation, that are remembered.
const STARTS_KEPT: usize = 3;
const RANG_KEPT: usize = 256;
/// Starts of a promise's clock: so many turns may open again.
const PROMISES_KEPT: usize = 30;
/// Pauses of promises that earlier versions remembered. The oldest two become one.
const PAUSES_KEPT: usize = 12;

/// The beginning of the clock of a promise, and its pauses, if it runs.
///
/// An answer is waited for from the customer's line, or from when a bot gave it to people. The
/// status does not count: who puts an unanswered customer aside has not answered. The end of the
/// episode stands still meanwhile.
pub(crate) fn counted(
    conversation: &Conversation,
    answer: Promised,
) -> Option<(Timestamp, &[Pause])> {
    let Conversation { head, thread } = conversation;
    let (sla, turn) = (thread.clocks.sla.as_deref()?, thread.turn);
    let is_open = head.status == Status::Open;
    match (&thread.clocks.answers, answer) {
        (Some(answers), Promised::Resolution) => {
            is_open.then_some((answers.since, answers.pauses.as_slice()))
        }
        (Some(answers), Promised::First | Promised::Next) => {
            let since = turn.filter(|_| thread.clocks.bot.is_none())?.since;
            Some((answers.handed_at.map_or(since, |at| at.max(since)), &[]))
        }
        // An earlier version opened the episode, and these were its meanings.
        (None, Promised::Resolution) => is_open.then_some((sla.since, sla.pauses.as_slice())),
        (None, Promised::First | Promised::Next) => {
            turn.filter(|_| is_open).map(|turn| (turn.since, sla.pauses.as_slice()))
        }
    }
}

/// Notes what is promised from here on.
pub(crate) fn apply_sla(conversation: &mut Conversation, fact: &Fact, at: Timestamp) {
    let Fact::SlaApplied {
        policy_id,
        version,
        first,
        next,
        resolution,
        calendars,
        late,
        answers: found,
    } = fact
    else {
        return;
    };
    let (before, turn) = (conversation.head.status, conversation.thread.turn);
    let clocks = &mut conversation.thread.clocks;
    if found.is_some() {
        clocks.answers.clone_from(found);
    }
    let (answered, since, pauses) = match (&clocks.answers, clocks.sla.take()) {
        (Some(answers), _) => (answers::is_answered(answers), answers.since, Vec::new()),
        (None, Some(old)) => (old.answered, old.since, old.pauses),
        (None, None) => {
            let paused = (before != Status::Open).then_some(Pause { from: at, until: None });
            (false, turn.map_or(at, |turn| turn.since), paused.into_iter().collect())
        }
    };
    clocks.sla = Some(Box::new(SlaState {
        policy_id: *policy_id,
        version: *version,
        first: *first,
        next: *next,
        resolution: *resolution,
        since,
        answered,
        pauses,
        calendars: calendars.clone(),
    }));
    let policy_id = Some(*policy_id);
    for clock in late.iter().copied() {
        let (Clock::Warned { answer } | Clock::Breached { answer }) = clock else { continue };
        let Some((start, _)) = counted(conversation, answer) else { continue };
        let rang = Rang { clock, start, due_at: at, at, policy_id };
        ring(&mut conversation.thread.clocks, rang);
    }
}

/// Folds an event into what is remembered of clocks, before all else changes.
pub(crate) fn fold(conversation: &mut Conversation, event: &Event) {
    let (before, active) = (conversation.head.status, conversation.head.activity_at);
    let (episode, turn) = (conversation.head.episode, conversation.thread.turn);
    let standing = Reopening::new(conversation);
    let clocks = &mut conversation.thread.clocks;
    // Events without a revision, as marks are, are told to some alone: all have to end equal.
    if event.revision.is_some() {
        clocks.late = late(clocks.late, event, before);
    }
    // A rule acts at the time of its clock, however late somebody looked. So does a snooze end.
    let acted = match before {
        Status::Snoozed { until } => until.min(event.at),
        Status::Open | Status::Waiting | Status::Resolved => {
            clocks.late.map_or(event.at, |late| late.due_at)
        }
    };
    let had_bot = clocks.bot.is_some();
    bots::fold(clocks, event, turn.is_some());
    survey::fold(clocks, event);
    answers::fold(conversation, event, acted);
    let clocks = &mut conversation.thread.clocks;
    if let Some(answers) = &mut clocks.answers {
        if had_bot && clocks.bot.is_none() {
            answers.handed_at = Some(event.at);
        }
        if let Some(sla) = &mut clocks.sla {
            sla.answered = answers::is_answered(answers);
        }
    }
    #[expect(clippy::wildcard_enum_match_arm, reason = "most facts are of no clock")]
    match &event.fact {
        Fact::RuleRan { rule_id, once, turn, did, cut: false, keeps_runs, .. } => {
            let ran = Ran { rule_id: *rule_id, once: *once, turn: *turn, episode };
            let standing = keeps_runs.then_some(standing);
            remember(clocks, (ran, event.at), did, standing);
        }
        Fact::ClockDue { clock, start, due_at, policy_id } => {
            let (clock, start, due_at, policy_id) = (*clock, *start, *due_at, *policy_id);
            ring(clocks, Rang { clock, start, due_at, at: event.at, policy_id });
        }
        Fact::SlaApplied { .. } => apply_sla(conversation, &event.fact, event.at),
        Fact::EpisodeOpened { .. } => (clocks.sla, clocks.idle_since) = (None, None),
        Fact::LineReceived { .. } => clocks.idle_since = None,
        Fact::LineWritten { author: Author::Acknowledgement, .. } => {
            clocks.idle_since = clocks.idle_since.or(Some(active));
        }
        Fact::LineWritten { author, turn, .. } => {
            clocks.idle_since = None;
            let is_answer = matches!(author, Author::Agent { .. } | Author::PhoneApp);
            let is_old = clocks.answers.is_none();
            if let Some(sla) = clocks.sla.as_mut().filter(|_| is_old && is_answer && turn.is_none())
            {
                sla.answered = true;
            }
        }
        Fact::StatusChanged { status, .. } => {
            if let Some(sla) = clocks.sla.as_mut().filter(|_| clocks.answers.is_none()) {
                answers::pause(&mut sla.pauses, *status == Status::Open, acted);
                answers::join(&mut sla.pauses, PAUSES_KEPT);
            }
        }
        _ => {}
    }
}

/// What this event does later than it was due. Rules that it wakes act at that time; what a person
/// does after it in the same commit is on time.
fn late(known: Option<Late>, event: &Event, before: Status) -> Option<Late> {
    let due_at = match (&event.fact, before) {
        (Fact::ClockDue { due_at, .. }, _) => *due_at,
        (Fact::StatusChanged { .. }, Status::Snoozed { until }) if event.actor == Actor::System => {
            until
        }
        _ if matches!(event.actor, Actor::System | Actor::Rule { .. }) => {
            return known.filter(|late| late.at == event.at);
        }
        _ => return None,
    };
    (due_at < event.at).then_some(Late { due_at, at: event.at })
}

/// Notes that a clock rang.
pub(crate) fn ring(clocks: &mut Clocks, rang: Rang) {
    clocks.rang.push(rang);
    let mut starts = 0;
    let most = if rang.policy_id.is_some() { PROMISES_KEPT } else { STARTS_KEPT };
    let mut kept: Vec<Rang> = Vec::new();
    for of in clocks.rang.drain(..).rev() {
        let is_same = (of.clock, of.policy_id) == (rang.clock, rang.policy_id);
        starts += usize::from(is_same);
        if !is_same || starts <= most {
            kept.push(of);
        }
    }
    kept.truncate(RANG_KEPT);
    kept.reverse();
    clocks.rang = kept;
}
