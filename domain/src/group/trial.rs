//! A message that nobody sent, tried on a copy: which rules it would wake, what they would do, and
//! why the others would not. The committer's own decision is asked, so nothing is played twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use baton_protocol::conversation::ContactCard;
use baton_protocol::event::EventContent;
use baton_protocol::{
    Actor, Conversation, ConversationId, Epoch, Event, Fact, MessageId, RuleStep, SettingId,
    SkipReason, SkippedStep, Timestamp,
};
use uuid::Uuid;

use super::state::{Channel, Held, State};
use super::work::{FreshIds, Post, Work};
use super::{KnownSender, decide};
use crate::auto::clocks;
use crate::auto::rules::talk::Talk;
use crate::auto::rules::{Judged, KnownRule, Policies, Woken, each_at, is_unheard, judge, step_of};
use crate::fact::apply::{apply, begin};
use crate::fact::inbound::{Element, ElementBody, InboundMessage};

/// The way by which the message comes. It names no number of anybody's.
const NUMBER: &str = "trial";

/// The place at which a message is tried.
#[derive(Clone, Debug)]
pub struct TrialAt {
    /// The number that it comes to.
    pub channel: Channel,
    /// The conversation as it stands; `None` for a customer whom nobody knows.
    pub conversation: Option<Conversation>,
    /// The customer's card; `None` where nobody knows them.
    pub card: Option<ContactCard>,
    /// The newest answers there.
    pub talk: Talk,
    /// The time.
    pub now: Timestamp,
}

/// The fate of one rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tried {
    /// The rule.
    pub rule_id: SettingId,
    /// Whether each of its tests holds, for the first event that wakes it.
    pub tests: Vec<bool>,
    /// The result.
    pub fate: Fate,
}

/// The result of a trial for one rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It runs.
    Runs {
        /// The steps that it does.
        did: Vec<RuleStep>,
        /// Those that are skipped.
        skipped: Vec<SkippedStep>,
        /// Its text to the customer, filled in.
        says: Option<String>,
    },
    /// Nothing that happens wakes it.
    NotWoken,
    /// Its tests do not hold.
    Tests,
    /// It has run as often as it may.
    Spent,
    /// A rule before it stops the others.
    Stopped,
    /// Too many rules run.
    Cut,
    /// Its clock rings at this time, unless something comes between.
    Waits(Timestamp),
}

/// Tries a message with these policies. One fate for each rule that counts, in their order.
pub fn tried(policies: &Arc<Policies>, at: &TrialAt, message: InboundMessage) -> Vec<Tried> {
    let workspace = at.channel.workspace;
    let fresh = FreshIds {
        message: MessageId(Uuid::from_u128(1)),
        conversation: ConversationId(Uuid::from_u128(2)),
        contact: Uuid::from_u128(3),
        card: Uuid::from_u128(4),
    };
    let mut state = State::default();
    state.channels.insert(NUMBER.to_owned(), at.channel.clone());
    state.policies.insert(workspace, Arc::clone(policies));
    let known = at.conversation.as_ref();
    let of = known.map_or(fresh.conversation, |known| known.head.id);
    let contact = known.map_or(baton_protocol::ContactId(fresh.contact), |of| of.thread.contact_id);
    state.cards.extend(at.card.iter().map(|card| ((workspace, contact), card.clone())));
    let sender = KnownSender { contact, conversation: of };
    state.senders.insert((workspace, fresh.message), sender);
    state.talks.insert((workspace, of), at.talk.clone());
    if let Some(known) = known {
        state.conversations.insert((workspace, of), Held::read(known.clone()));
    }
    let body = ElementBody::Message(message);
    let element = Element { phone_number_id: Some(NUMBER.to_owned()), raw: String::new(), body };
    let post = Post {
        meta_app: at.channel.meta_app.clone(),
        raw: String::new(),
        digest: String::new(),
        received_at: at.now,
        id: String::new(),
        again: false,
        is_piece: false,
        elements: vec![(element, fresh)],
    };
    decide(&mut state, &[&Work::Post(post)], Epoch(Uuid::nil()), at.now);
    let events: Vec<Event> = state.entries.iter().map(|entry| entry.event.clone()).collect();
    Story::follow(policies, at.conversation.clone(), of, &events).fates(policies)
}

/// All that happened, as far as rules are concerned.
struct Story {
    end: Option<Conversation>,
    /// The verdict on each rule at the first event that woke it.
    judged: BTreeMap<SettingId, Judged>,
    ran: BTreeMap<SettingId, (Vec<RuleStep>, Vec<SkippedStep>)>,
    /// The texts of rules to the customer.
    said: BTreeMap<SettingId, String>,
    cut: Option<SettingId>,
}

impl Story {
    fn follow(
        policies: &Policies,
        mut now: Option<Conversation>,
        id: ConversationId,
        events: &[Event],
    ) -> Self {
        let (mut judged, mut ran, mut cut) = (BTreeMap::new(), BTreeMap::new(), None);
        let said = events.iter().filter_map(said).collect();
        for event in events {
            let is_first = is_unheard(now.as_ref());
            if let Some(begun) = begin(id, event) {
                now = Some(begun);
            }
            let Some(conversation) = now.as_mut().filter(|_| event.revision.is_some()) else {
                continue;
            };
            if let Fact::RuleRan { rule_id, did, skipped, cut: is_cut, .. } = &event.fact {
                if *is_cut {
                    cut = Some(*rule_id);
                } else {
                    ran.entry(*rule_id).or_insert_with(|| (did.clone(), skipped.clone()));
                }
            }
            apply(conversation, event);
            for (rule, verdict) in judge(policies, Woken { conversation, event, is_first }) {
                judged.entry(rule).or_insert(verdict);
            }
        }
        Self { end: now, judged, ran, said, cut }
    }

    fn fates(mut self, policies: &Policies) -> Vec<Tried> {
        let waiting = self.end.as_ref().map(|end| clocks::all(end, policies)).unwrap_or_default();
        let rings = |rule| {
            let is_it =
                |due: &&clocks::Due| due.clock == baton_protocol::Clock::Rule { rule_id: rule };
            waiting.iter().find(is_it).map(|due| due.at)
        };
        let ran: BTreeSet<SettingId> = self.ran.keys().copied().collect();
        let is_stopped = |known: &KnownRule| {
            let mut before = policies.rules().take_while(|of| of.id != known.id);
            before.any(|of| of.rule.stop && ran.contains(&of.id))
        };
        let end = self.end.clone();
        // Its clock runs, and its tests do not hold.
        let waits = |known: &KnownRule| {
            let end = end.as_ref()?;
            let due = clocks::waits(end, policies, known.id)?;
            Some(each_at(policies, known, end, due.at))
        };
        let of = |known: &KnownRule| {
            let rule_id = known.id;
            let judged = self.judged.remove(&rule_id);
            if judged.is_none()
                && !self.ran.contains_key(&rule_id)
                && rings(rule_id).is_none()
                && let Some(tests) = waits(known)
            {
                return Tried { rule_id, tests, fate: Fate::Tests };
            }
            let fate = match (self.ran.remove(&rule_id), &judged) {
                (Some((did, skipped)), _) => {
                    Fate::Runs { did, skipped, says: self.said.remove(&rule_id) }
                }
                (None, None) => rings(rule_id).map_or(Fate::NotWoken, Fate::Waits),
                (None, Some(judged)) if !judged.holds => Fate::Tests,
                (None, Some(judged)) if judged.is_spent => Fate::Spent,
                (None, Some(_)) if self.cut.is_some() => Fate::Cut,
                (None, Some(_)) if is_stopped(known) => Fate::Stopped,
                // All that it does is done already, and the log says nothing of that.
                (None, Some(_)) => idle(known),
            };
            Tried { rule_id, tests: judged.map(|of| of.tests).unwrap_or_default(), fate }
        };
        policies.rules().map(of).collect()
    }
}

/// A rule that has nothing left to do.
fn idle(known: &KnownRule) -> Fate {
    let why = SkipReason::Already;
    let skipped = known.rule.then.iter().map(|action| SkippedStep { step: step_of(action), why });
    Fate::Runs { did: Vec::new(), skipped: skipped.collect(), says: None }
}

/// The text of a rule to the customer.
fn said(event: &Event) -> Option<(SettingId, String)> {
    let (Actor::Rule { id }, Fact::LineWritten { .. }) = (event.actor, &event.fact) else {
        return None;
    };
    let Some(EventContent::Line(content)) = &event.content else { return None };
    Some((id, content.text.clone()?))
}
