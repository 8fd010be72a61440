//! Rules: which of them an event wakes, and what they do. Pure, so that a dry run over the log asks
//! what the committer asked.
//!
//! A rule is tested on the conversation as it stood right after the event that woke it. So the
//! log alone says which rules run, whatever else stood in the same commit.

pub mod classified;
mod follow_up;
mod memory;
mod policies;
mod steps;
pub mod talk;
mod tests;

use baton_protocol::event::EventContent;
use baton_protocol::setting::Trigger;
use baton_protocol::{
    Clock, Conversation, Event, Fact, RuleStep, SettingId, SkipReason, SkippedStep, Status,
    Timestamp,
};

pub use memory::{is_idle, spent};
pub use policies::{Given, KnownRule, KnownSla, Policies, phrases};
pub use steps::{Acting, Stepped, carry_out};
pub(crate) use steps::{event_of, step_of};
pub(crate) use tests::{each_at, holds_from};

use crate::fact::predicates::says_something;

use memory::has_run;
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
    /// Whether the customer had never written before it.
    pub is_first: bool,
}

/// Whether a customer has never written in a conversation.
pub fn is_unheard(before: Option<&Conversation>) -> bool {
    before.is_none_or(|before| {
        let Conversation { thread, .. } = before;
        // A line of somebody who is blocked has no turn, but opens WhatsApp's window.
        thread.customer_seq == 0 && thread.window_until.is_none()
    })
}

/// The rules that an event wakes, in their order, and what they listen to.
pub struct Choice<'a> {
    policies: &'a Policies,
    heard: Heard<'a>,
    rules: Vec<&'a KnownRule>,
}

impl<'a> Choice<'a> {
    /// Those of an event.
    pub fn new(policies: &'a Policies, woken: Woken<'a>) -> Self {
        let heard = Heard::new(policies, woken.event);
        Self { policies, heard, rules: policies.woken(woken) }
    }

    /// The rules.
    pub fn rules(&self) -> Vec<&'a KnownRule> {
        self.rules.clone()
    }

    /// Whether one of them runs. It is tested on `woken`: the conversation right after the event,
    /// with what rules before it did. `now` remembers how often it ran, in this turn above all.
    pub fn runs(
        &self,
        known: &KnownRule,
        woken: Woken<'_>,
        (now, turn): (&Conversation, u64),
    ) -> bool {
        !has_run(known, now, turn) && tests::hold(self.policies, known, woken, &self.heard)
    }
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
        is_spent: has_run(known, woken.conversation, turn_of(woken.conversation)),
    };
    policies.woken(woken).into_iter().map(|known| (known.id, judged(known))).collect()
}

/// The triggers that an event sets off. Most events have none.
pub fn triggers(woken: Woken<'_>) -> Vec<Trigger> {
    let Woken { conversation, event, is_first } = woken;
    let is_blocked = conversation.thread.block.is_some();
    #[expect(clippy::wildcard_enum_match_arm, reason = "most facts wake nothing")]
    match &event.fact {
        Fact::LineReceived { kind, turn: Some(_), .. } if says_something(*kind) => {
            let first = is_first.then_some(Trigger::FirstMessage);
            std::iter::once(Trigger::Message).chain(first).collect()
        }
        // A block ends the episode and takes it from its owner: nobody resolved anything.
        Fact::StatusChanged { .. } | Fact::OwnerChanged { .. } if is_blocked => Vec::new(),
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

/// The turn that a run belongs to: the one that was open right after the event that woke the rule.
/// An episode opens before its turn does, so then it is the one that is open now.
pub fn turn_after(woken: &Conversation, now: &Conversation) -> u64 {
    let of = if woken.thread.turn.is_some() { woken } else { now };
    turn_of(of)
}

/// The text that a customer just sent, as far as it is tested.
pub(crate) fn said(event: &Event) -> Option<String> {
    let Some(EventContent::Line(content)) = &event.content else { return None };
    Some(content.text.as_deref()?.chars().take(TESTED_CHARS).collect())
}
