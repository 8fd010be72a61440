//! The tests of rules, and which of them can never hold together.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use baton_protocol::event::EventContent;
use baton_protocol::setting::{Holds, OwnerKind, StatusKind, Test};
use baton_protocol::{Actor, Clock, Conversation, Event, Fact, LineKind, Status, TagOn, Timestamp};

use super::policies::{KnownRule, Policies};
use super::{Woken, due_at, said};
use crate::fact::hours::Hours;
use crate::text::find::Spoken;

/// The tests that look for something that an event says. They are found together, however many
/// there are, and not at all where nobody asks.
pub(super) struct Heard<'a> {
    policies: &'a Policies,
    event: &'a Event,
    found: OnceCell<BTreeSet<usize>>,
}

impl<'a> Heard<'a> {
    /// Those of this event.
    pub(super) fn new(policies: &'a Policies, event: &'a Event) -> Self {
        Self { policies, event, found: OnceCell::new() }
    }

    /// Whether the text has what the test of this number looks for.
    fn has(&self, test: usize) -> bool {
        let spoken = || said(self.event).map(|text| Spoken::new(&text));
        let look = || spoken().map(|spoken| self.policies.heard(&spoken)).unwrap_or_default();
        self.found.get_or_init(look).contains(&test)
    }
}

/// Whether a rule's tests hold.
pub(super) fn hold(
    policies: &Policies,
    known: &KnownRule,
    woken: Woken<'_>,
    heard: &Heard<'_>,
) -> bool {
    let asked = Asked { policies, woken, heard };
    let mut each = numbered(known).map(|(number, test)| asked.holds(number, test));
    match known.rule.holds {
        Holds::All => each.all(|holds| holds),
        Holds::Any => known.rule.tests.is_empty() || each.any(|holds| holds),
    }
}

/// Whether each of a rule's tests holds, in their order.
pub(super) fn each(
    policies: &Policies,
    known: &KnownRule,
    woken: Woken<'_>,
    heard: &Heard<'_>,
) -> Vec<bool> {
    let asked = Asked { policies, woken, heard };
    numbered(known).map(|(number, test)| asked.holds(number, test)).collect()
}

fn numbered(known: &KnownRule) -> impl Iterator<Item = (usize, &Test)> {
    (known.first_test..).zip(&known.rule.tests)
}

/// Schedules that are followed from one change to the next, at most.
const CHANGES_MAX: usize = 24;

/// The first time from `at` on at which a rule's tests hold on a conversation that stays as it is.
pub(crate) fn holds_from(
    policies: &Policies,
    known: &KnownRule,
    conversation: &Conversation,
    at: Timestamp,
) -> Option<Timestamp> {
    let hours = known.rule.tests.iter().filter_map(|test| {
        let Test::Hours { schedule, .. } = test else { return None };
        policies.hours(*schedule)
    });
    let hours: Vec<&Hours> = hours.collect();
    let mut at = at;
    for _ in 0..CHANGES_MAX {
        let event = ringing(conversation, known, at);
        let heard = Heard::new(policies, &event);
        let woken = Woken { conversation, event: &event, is_first: false };
        if hold(policies, known, woken, &heard) {
            return Some(at);
        }
        let asked = Asked { policies, woken, heard: &heard };
        let is_lost = |(number, test): (usize, &Test)| {
            !matches!(test, Test::Hours { .. }) && !asked.holds(number, test)
        };
        let all = known.rule.holds == Holds::All;
        if all && numbered(known).any(is_lost) {
            return None;
        }
        at = hours.iter().filter_map(|hours| hours.next_change(at)).min()?;
    }
    None
}

/// Whether each of a rule's tests holds on a conversation at a time, in their order.
pub(crate) fn each_at(
    policies: &Policies,
    known: &KnownRule,
    conversation: &Conversation,
    at: Timestamp,
) -> Vec<bool> {
    let event = ringing(conversation, known, at);
    let woken = Woken { conversation, event: &event, is_first: false };
    each(policies, known, woken, &Heard::new(policies, &event))
}

/// That the clock of a rule rings at a time.
fn ringing(conversation: &Conversation, known: &KnownRule, at: Timestamp) -> Event {
    let clock = Clock::Rule { rule_id: known.id };
    Event {
        position: 0,
        conversation_id: Some(conversation.head.id),
        revision: None,
        at,
        actor: Actor::System,
        fact: Fact::ClockDue { clock, start: at, due_at: at, policy_id: None },
        content: None,
    }
}

/// All that tests look at.
struct Asked<'a> {
    policies: &'a Policies,
    woken: Woken<'a>,
    heard: &'a Heard<'a>,
}

impl Asked<'_> {
    fn is_owner(&self, is: OwnerKind) -> bool {
        let agent = self.woken.conversation.head.owner.agent();
        let is_bot = agent.is_some_and(|agent| self.policies.bot(agent).is_some());
        match is {
            OwnerKind::Queue => agent.is_none(),
            OwnerKind::Agent => agent.is_some(),
            OwnerKind::Bot => is_bot,
            OwnerKind::Person => agent.is_some() && !is_bot,
        }
    }

    fn holds(&self, number: usize, test: &Test) -> bool {
        let Woken { conversation, event, .. } = self.woken;
        let (head, thread) = (&conversation.head, &conversation.thread);
        match test {
            Test::Text { not, .. } => self.heard.has(number) != *not,
            Test::Kind { any_of, not } => {
                received(event).is_some_and(|kind| any_of.contains(&kind)) != *not
            }
            Test::Channel { any_of, not } => any_of.contains(&head.channel_id) != *not,
            Test::Team { any_of, not } => any_of.contains(&head.team_id) != *not,
            Test::Owner { is } => self.is_owner(*is),
            Test::Status { any_of, not } => any_of.contains(&status(head.status)) != *not,
            Test::Tag { any_of, not } => {
                let tags = self.policies.tags();
                let is_on = |tag| thread.tags.iter().any(|on: &TagOn| tags.is_same(on.tag, tag));
                any_of.iter().copied().any(is_on) != *not
            }
            Test::Language { any_of, not } => {
                let spoken = thread.language.as_ref().map(|spoken| spoken.language.as_str());
                let is_one = |spoken| any_of.iter().any(|tag| is_in(spoken, tag));
                spoken.is_some_and(is_one) != *not
            }
            Test::Hours { schedule, not } => {
                let hours = self.policies.hours(*schedule);
                hours.is_some_and(|hours| hours.is_open(due_at(event)) != *not)
            }
            Test::Known { not } => (head.episode > 1) != *not,
            Test::FromAd { not } => is_from_ad(event) != *not,
        }
    }
}

/// Whether a language is this one, or of one of its regions.
fn is_in(spoken: &str, tag: &str) -> bool {
    let (mut spoken, tag) = (spoken.split('-'), tag.split('-'));
    tag.into_iter().all(|part| spoken.next().is_some_and(|of| of.eq_ignore_ascii_case(part)))
}

fn received(event: &Event) -> Option<LineKind> {
    let Fact::LineReceived { kind, .. } = event.fact else { return None };
    Some(kind)
}

fn is_from_ad(event: &Event) -> bool {
    let Some(EventContent::Line(content)) = &event.content else { return false };
    content.referral.is_some()
}

fn status(of: Status) -> StatusKind {
    match of {
        Status::Open => StatusKind::Open,
        Status::Waiting => StatusKind::Waiting,
        Status::Snoozed { .. } => StatusKind::Snoozed,
        Status::Resolved => StatusKind::Resolved,
    }
}
