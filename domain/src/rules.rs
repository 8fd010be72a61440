//! Rules: which of them an event wakes, and what they do. Pure, so that a dry run over the log asks
//! what the committer asked.
//!
//! A rule is tested on the conversation as it stood right after the event that woke it. So the
//! log alone says which rules run, whatever else stood in the same commit.

pub mod classified;
mod follow_up;
mod policies;
mod replay;
mod steps;
mod tests;

use std::collections::BTreeSet;

use baton_protocol::event::EventContent;
use baton_protocol::setting::{Once, Trigger};
use baton_protocol::{
    Clock, Clocks, Conversation, Event, Fact, Ran, RuleStep, SettingId, SkipReason, SkippedStep,
    Status, Timestamp,
};

pub use policies::{Given, KnownRule, KnownSla, Policies, phrases};
pub use replay::{Cause, Replay, WouldRun};
pub use steps::{Acting, Stepped, carry_out};
pub use tests::contradiction;

use crate::predicates::says_something;

use tests::Heard;

/// Rules that one event sets off at most, and those that they set off.
pub const RUNS_MAX: usize = 20;
/// Characters of a text that are tested.
const TESTED_CHARS: usize = 4_096;

/// An event that may wake rules, and the conversation right after it.
#[derive(Clone, Copy, Debug)]
pub struct Woken<'a> {
    /// The conversation.
    pub conversation: &'a Conversation,
    /// The event.
    pub event: &'a Event,
}

/// The rules that an event wakes and whose tests hold.
#[derive(Debug)]
pub struct Chosen<'a> {
    /// The rules that run, in their order.
    pub rules: Vec<&'a KnownRule>,
    /// The first one that the limit left out.
    pub cut: Option<&'a KnownRule>,
}

/// The rules that run on an event. `clocks` remembers those that run only so often, `ran` holds
/// those that this cascade ran already.
pub fn chosen<'a>(
    policies: &'a Policies,
    woken: Woken<'_>,
    clocks: &Clocks,
    ran: &BTreeSet<SettingId>,
) -> Chosen<'a> {
    let mut chosen = Chosen { rules: Vec::new(), cut: None };
    let heard = Heard::new(policies, woken.event);
    for known in policies.woken(woken) {
        let is_spent = ran.contains(&known.id) || has_run(woken.conversation, clocks, known);
        if is_spent || !tests::hold(policies, known, woken, &heard) {
            continue;
        }
        if ran.len() + chosen.rules.len() >= RUNS_MAX {
            chosen.cut = Some(known);
            break;
        }
        chosen.rules.push(known);
        if known.rule.stop {
            break;
        }
    }
    chosen
}

/// The verdict on a rule that an event wakes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Judged {
    /// Whether each of its tests holds, in their order.
    pub tests: Vec<bool>,
    /// Whether they hold together.
    pub holds: bool,
    /// Whether it has run as often as it may.
    pub is_spent: bool,
}

/// The verdicts on all rules that an event wakes, also on those that do not run.
pub fn judge(policies: &Policies, woken: Woken<'_>) -> Vec<(SettingId, Judged)> {
    let heard = Heard::new(policies, woken.event);
    let judged = |known: &KnownRule| Judged {
        tests: tests::each(policies, known, woken, &heard),
        holds: tests::hold(policies, known, woken, &heard),
        is_spent: has_run(woken.conversation, &woken.conversation.thread.clocks, known),
    };
    policies.woken(woken).into_iter().map(|known| (known.id, judged(known))).collect()
}

/// The triggers that an event sets off. Most events have none.
pub fn triggers(woken: Woken<'_>) -> Vec<Trigger> {
    let Woken { conversation, event } = woken;
    #[expect(clippy::wildcard_enum_match_arm, reason = "most facts wake nothing")]
    match &event.fact {
        Fact::LineReceived { line, kind, turn: Some(_), .. } if says_something(*kind) => {
            let is_first = conversation.head.episode == 1 && line.seq == 1;
            let first = is_first.then_some(Trigger::FirstMessage);
            std::iter::once(Trigger::Message).chain(first).collect()
        }
        Fact::EpisodeOpened { .. } => vec![Trigger::EpisodeOpened],
        Fact::OwnerChanged { .. } => vec![Trigger::OwnerChanged],
        Fact::StatusChanged { status: Status::Resolved, .. } => {
            vec![Trigger::StatusChanged, Trigger::Resolved]
        }
        Fact::StatusChanged { .. } => vec![Trigger::StatusChanged],
        Fact::Tagged { added, .. } if !added.is_empty() => vec![Trigger::Tagged],
        Fact::RuleRan { skipped, .. } if skipped.iter().any(is_limited) => vec![Trigger::Limited],
        _ => Vec::new(),
    }
}

/// True where so many automatic messages were sent that this one was left out.
fn is_limited(skipped: &SkippedStep) -> bool {
    (skipped.step, skipped.why) == (RuleStep::Reply, SkipReason::Limit)
}

/// The rule whose clock rang, if it was one's.
pub fn rang(event: &Event) -> Option<SettingId> {
    let Fact::ClockDue { clock: Clock::Rule { rule_id }, .. } = event.fact else { return None };
    Some(rule_id)
}

/// The time at which a rule acts: of a clock the exact time, else that of the event.
pub fn due_at(event: &Event) -> Timestamp {
    if let Fact::ClockDue { due_at, .. } = event.fact { due_at } else { event.at }
}

/// The turn that rules of now belong to, by its first line; the customer's last line where none is
/// open.
pub fn turn_of(conversation: &Conversation) -> u64 {
    let turn = conversation.thread.turn.map(|turn| turn.from_seq);
    turn.unwrap_or(conversation.thread.customer_seq)
}

fn has_run(conversation: &Conversation, clocks: &Clocks, known: &KnownRule) -> bool {
    let is_it = |ran: &Ran| {
        ran.rule_id == known.id
            && match known.rule.once {
                Once::Always => false,
                Once::Turn => ran.turn == turn_of(conversation),
                Once::Episode => ran.episode == conversation.head.episode,
                Once::Conversation => true,
            }
    };
    clocks.ran.iter().any(is_it)
}

/// The text that a customer just sent, as far as it is tested.
pub(crate) fn said(event: &Event) -> Option<String> {
    let Some(EventContent::Line(content)) = &event.content else { return None };
    Some(content.text.as_deref()?.chars().take(TESTED_CHARS).collect())
}
