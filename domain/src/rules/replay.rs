//! A dry run: what rules would have done on what happened. With the rules as they were it says what
//! the log says, run for run.

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::{
    Actor, Clock, Conversation, ConversationId, Event, Fact, MessageId, NoteId, Ran, Rang,
    RuleStep, SettingId, SkippedStep, Timestamp,
};
use uuid::Uuid;

use super::{Acting, KnownRule, Policies, Woken, carry_out, chosen, due_at, turn_of};
use crate::apply::{apply, begin};
use crate::clocks::{self, Due, remember, ring};

/// Clocks that ring before one event at most.
const RINGS_MAX: usize = 1_000;

/// Something that a rule would have done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WouldRun {
    /// The rule.
    pub rule_id: SettingId,
    /// The event or clock that woke it.
    pub cause: Cause,
    /// The time.
    pub at: Timestamp,
    /// The steps that it would have done, as the conversation stood then.
    pub did: Vec<RuleStep>,
    /// Those that it would have skipped.
    pub skipped: Vec<SkippedStep>,
}

/// The cause of a run: an event or a clock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Cause {
    /// The event at this position.
    Event(u64),
    /// A clock that was due then.
    Clock(Timestamp),
}

/// The story of one conversation, event after event.
#[derive(Debug)]
pub struct Replay<'a> {
    policies: &'a Policies,
    id: ConversationId,
    conversation: Option<Conversation>,
    /// The rules that each cascade would have run.
    cascades: Vec<BTreeSet<SettingId>>,
    /// The cascades that events belong to, by their positions.
    of: BTreeMap<u64, usize>,
    /// The time until which clocks rang.
    waited: Timestamp,
    /// The cascade of the run whose facts follow.
    acting: Option<usize>,
}

impl<'a> Replay<'a> {
    /// Nothing has happened yet.
    pub fn new(policies: &'a Policies, id: ConversationId) -> Self {
        let (cascades, of) = (Vec::new(), BTreeMap::new());
        let waited = Timestamp::from_ms(i64::MIN);
        Self { policies, id, conversation: None, cascades, of, waited, acting: None }
    }

    /// The next event, whose revision grew by one. Returns what would have run up to it and on it.
    pub fn take(&mut self, event: &Event) -> Vec<WouldRun> {
        let follows = matches!(event.actor, Actor::Rule { .. });
        let is_set_off = matches!(
            event.fact,
            Fact::RuleRan { .. }
                | Fact::ClockDue { .. }
                | Fact::SlaApplied { .. }
                | Fact::DueChanged { .. }
                | Fact::BotChanged { .. }
                | Fact::Surveyed { .. }
                | Fact::ReminderEnded { due_at: Some(_), .. }
        );
        let mut runs = Vec::new();
        // Nothing rings between the events of one commit.
        if !follows && !is_set_off && event.at > self.waited {
            runs.extend(self.wait_until(event.at));
            self.waited = event.at;
        }
        if let Some(begun) = begin(self.id, event) {
            self.conversation = Some(begun);
        }
        let Some(conversation) = &mut self.conversation else { return runs };
        // What rules did and what rang is found anew.
        #[expect(clippy::wildcard_enum_match_arm, reason = "all else is as it was")]
        match &event.fact {
            Fact::RuleRan { cause, .. } => {
                self.acting = self.of.get(cause).copied();
                conversation.head.revision = event.revision.unwrap_or_default();
                // A rule may wait for what another one left out.
                let cascade = self.acting.unwrap_or_else(|| self.cascade());
                runs.extend(self.woken(event, cascade, Cause::Event(event.position)));
                return runs;
            }
            Fact::ClockDue { clock: clock @ Clock::Rule { .. }, start, .. } => {
                conversation.head.revision = event.revision.unwrap_or_default();
                let is_it = |due: &Due| (due.clock, due.start) == (*clock, *start);
                if let Some((cascade, rang)) = self.ring(event.at, is_it) {
                    self.of.insert(event.position, cascade);
                    runs.extend(rang);
                }
                return runs;
            }
            _ => {}
        }
        apply(conversation, event);
        let cascade = self.acting.filter(|_| follows).unwrap_or_else(|| self.cascade());
        self.of.insert(event.position, cascade);
        runs.extend(self.woken(event, cascade, Cause::Event(event.position)));
        runs
    }

    /// The clocks that ring until a time.
    pub fn wait_until(&mut self, until: Timestamp) -> Vec<WouldRun> {
        let mut runs = Vec::new();
        for _ in 0..RINGS_MAX {
            let Some((_, rang)) = self.ring(until, |_| true) else { break };
            runs.extend(rang);
        }
        runs
    }

    /// Lets the next of these clocks ring that is due, and says which cascade it sets off.
    fn ring(
        &mut self,
        until: Timestamp,
        is_it: impl Fn(&Due) -> bool,
    ) -> Option<(usize, Vec<WouldRun>)> {
        let conversation = self.conversation.as_mut()?;
        let of_rule = |due: &Due| matches!(due.clock, Clock::Rule { .. }) && due.at <= until;
        let all = clocks::all(conversation, self.policies);
        let Due { at, clock, start, policy_id } =
            all.into_iter().find(|due| of_rule(due) && is_it(due))?;
        let rang = Rang { clock, start, due_at: at, at: until, policy_id };
        ring(&mut conversation.thread.clocks, rang);
        let event = Event {
            position: 0,
            conversation_id: Some(self.id),
            revision: None,
            at: until,
            actor: Actor::System,
            fact: Fact::ClockDue { clock, start, due_at: at, policy_id },
            content: None,
        };
        let cascade = self.cascade();
        Some((cascade, self.woken(&event, cascade, Cause::Clock(at))))
    }

    fn cascade(&mut self) -> usize {
        self.cascades.push(BTreeSet::new());
        self.cascades.len() - 1
    }

    fn woken(&mut self, event: &Event, cascade: usize, cause: Cause) -> Vec<WouldRun> {
        let (Some(conversation), Some(ran)) =
            (&mut self.conversation, self.cascades.get_mut(cascade))
        else {
            return Vec::new();
        };
        let woken = Woken { conversation, event };
        let found = chosen(self.policies, woken, &conversation.thread.clocks, ran);
        let rules: Vec<&KnownRule> = found.rules;
        let mut runs = Vec::new();
        for known in rules {
            let (now, due_at) = (event.at, due_at(event));
            let (message, note) = (MessageId(Uuid::nil()), NoteId(Uuid::nil()));
            let acting = Acting { now, due_at, message, note };
            let stepped = carry_out(self.policies, known, conversation, acting);
            let (turn, episode) = (turn_of(conversation), conversation.head.episode);
            let spent = Ran { rule_id: known.id, once: known.rule.once, turn, episode };
            remember(&mut conversation.thread.clocks, spent, now, &stepped.did);
            ran.insert(known.id);
            let (did, skipped) = (stepped.did, stepped.skipped);
            runs.push(WouldRun { rule_id: known.id, cause, at: event.at, did, skipped });
        }
        runs
    }
}
