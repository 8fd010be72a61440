//! A dry run: what rules would have done on what happened. With the rules as they were it says what
//! the log says, run for run.

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::{
    Actor, Clock, Conversation, ConversationId, Event, Fact, MessageId, NoteId, Ran, Rang,
    RuleStep, SettingId, SkippedStep, Timestamp,
};
use uuid::Uuid;

use super::clocks::{self, Due};
use super::rules::talk::Talk;
use super::rules::{
    Acting, Choice, Policies, RUNS_MAX, Woken, carry_out, due_at, event_of, is_idle, is_unheard,
    spent, turn_after,
};
use crate::fact::apply::{apply, begin};
use crate::fact::clocks::ring;
use crate::fact::ran::{Reopening, remember};

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
    /// The beginning of an episode. The line that it begins with comes next, and rules that it
    /// wakes run after that.
    opening: Option<Awake>,
    /// Events that rules would have made on those of the member so far.
    made: Vec<Event>,
    /// The newest answers.
    talk: Talk,
    /// The clocks that only their tests kept from ringing when something happened last.
    held: BTreeSet<(Clock, Timestamp)>,
}

/// An event that may wake rules, and the conversation right after it.
#[derive(Debug)]
struct Awake {
    event: Event,
    conversation: Conversation,
    is_first: bool,
    cascade: usize,
    cause: Cause,
    /// Whether no rule made it.
    is_own: bool,
}

impl<'a> Replay<'a> {
    /// Nothing has happened yet.
    pub fn new(policies: &'a Policies, id: ConversationId) -> Self {
        let (cascades, of) = (Vec::new(), BTreeMap::new());
        let waited = Timestamp::from_ms(i64::MIN);
        let (acting, opening, made) = (None, None, Vec::new());
        let (conversation, talk, held) = (None, Talk::default(), BTreeSet::new());
        Self { policies, id, conversation, cascades, of, waited, acting, opening, made, talk, held }
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
            self.made.clear();
            let now = self.conversation.as_ref();
            let held = now.map(|now| clocks::held_back(now, self.policies, event.at));
            self.held = held.unwrap_or_default();
        }
        let is_first = is_unheard(self.conversation.as_ref());
        if let Some(begun) = begin(self.id, event) {
            self.conversation = Some(begun);
        }
        let Some(conversation) = &mut self.conversation else { return runs };
        // What rules did and what rang is found anew.
        #[expect(clippy::wildcard_enum_match_arm, reason = "all else is as it was")]
        match &event.fact {
            Fact::RuleRan { cause, .. } => {
                // What it did follows.
                self.made.clear();
                self.acting = self.of.get(cause).copied();
                conversation.head.revision = event.revision.unwrap_or_default();
                // A rule may wait for what another one left out.
                let cascade = self.acting.unwrap_or_else(|| self.cascade());
                runs.extend(self.wakes(event, false, cascade, Cause::Event(event.position)));
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
        self.talk.tell(event, conversation.thread.turn);
        apply(conversation, event);
        let cascade = self.acting.filter(|_| follows).unwrap_or_else(|| self.cascade());
        self.of.insert(event.position, cascade);
        let opening = self.opening.take();
        runs.extend(opening.into_iter().flat_map(|awake| self.woken(&awake)));
        let cause = Cause::Event(event.position);
        if let Fact::EpisodeOpened { .. } = event.fact {
            self.opening = self.awake(event, is_first, cascade, cause);
        } else {
            runs.extend(self.wakes(event, is_first, cascade, cause));
        }
        runs
    }

    /// The clocks that ring until a time.
    pub fn wait_until(&mut self, until: Timestamp) -> Vec<WouldRun> {
        let opening = self.opening.take();
        let mut runs: Vec<WouldRun> =
            opening.into_iter().flat_map(|awake| self.woken(&awake)).collect();
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
        // Where its tests alone kept it back, what happened last let them hold.
        let late = conversation.thread.clocks.late.filter(|late| late.at == self.waited);
        let reached = late.map_or(self.waited, |late| late.due_at);
        let at = if self.held.contains(&(clock, start)) { at.max(reached) } else { at };
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
        Some((cascade, self.wakes(&event, false, cascade, Cause::Clock(at))))
    }

    fn cascade(&mut self) -> usize {
        self.cascades.push(BTreeSet::new());
        self.cascades.len() - 1
    }

    fn awake(&self, event: &Event, is_first: bool, cascade: usize, cause: Cause) -> Option<Awake> {
        let is_own = !matches!(event.actor, Actor::Rule { .. }) && !is_run(&event.fact);
        let (event, conversation) = (event.clone(), self.conversation.clone()?);
        Some(Awake { event, conversation, is_first, cascade, cause, is_own })
    }

    fn wakes(
        &mut self,
        event: &Event,
        is_first: bool,
        cascade: usize,
        cause: Cause,
    ) -> Vec<WouldRun> {
        let now = self.conversation.as_ref();
        let woken = |conversation| Woken { conversation, event, is_first };
        if !now.is_some_and(|now| self.policies.is_woken(woken(now))) {
            return Vec::new();
        }
        let awake = self.awake(event, is_first, cascade, cause);
        awake.map_or_else(Vec::new, |awake| self.woken(&awake))
    }

    /// The runs on an event, on the conversation as it stands by now.
    fn woken(&mut self, awake: &Awake) -> Vec<WouldRun> {
        let Awake { event, conversation: after, is_first, cascade, cause, is_own } = awake;
        let (Some(conversation), Some(ran)) =
            (&mut self.conversation, self.cascades.get_mut(*cascade))
        else {
            return Vec::new();
        };
        let woken = Woken { conversation: after, event, is_first: *is_first };
        let turn = turn_after(after, conversation);
        let choice = Choice::new(self.policies, woken);
        let most = RUNS_MAX.saturating_sub(ran.len());
        let mut runs: Vec<WouldRun> = Vec::new();
        let mut many = 0;
        for known in choice.rules() {
            let mut seen = after.clone();
            self.made.iter().filter(|_| *is_own).for_each(|event| apply(&mut seen, event));
            let woken = Woken { conversation: &seen, ..woken };
            let is_spent = ran.contains(&known.id) || many >= most;
            if is_spent || !choice.runs(known, woken, (conversation, turn)) {
                continue;
            }
            many += 1;
            ran.insert(known.id);
            let (now, due_at) = (event.at, due_at(event));
            let (message, note) = (MessageId(Uuid::nil()), NoteId(Uuid::nil()));
            let (card, talk, woken_by) = (None, &self.talk, event);
            let acting = Acting { now, due_at, message, note, card, talk, woken_by };
            let stepped = carry_out(self.policies, known, conversation, acting);
            let made = stepped.drafts.iter().map(|draft| event_of(known.id, after, draft, now));
            self.made.extend(made);
            if !is_idle(known, &stepped) {
                let (did, skipped) = (stepped.did, stepped.skipped);
                let (once, episode) = (spent(known, &did), conversation.head.episode);
                let spent = Ran { rule_id: known.id, once, turn, episode };
                let standing = Reopening::new(conversation);
                remember(&mut conversation.thread.clocks, (spent, now), &did, Some(standing));
                let (rule_id, cause, at) = (known.id, *cause, event.at);
                runs.push(WouldRun { rule_id, cause, at, did, skipped });
            }
            if known.rule.stop {
                break;
            }
        }
        runs
    }
}

fn is_run(fact: &Fact) -> bool {
    matches!(fact, Fact::RuleRan { .. })
}
