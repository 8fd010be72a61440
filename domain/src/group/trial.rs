//! A message that nobody sent, tried on a copy: which rules it would wake, what they would do, and
//! why the others would not. The committer's own decision is asked, so nothing is played twice.

use std::collections::BTreeMap;
use std::sync::Arc;

use baton_protocol::{
    Conversation, ConversationId, Epoch, Event, Fact, MessageId, RuleStep, SettingId, SkippedStep,
    Timestamp,
};
use uuid::Uuid;

use super::state::{Channel, Held, State};
use super::work::{FreshIds, Post, Work};
use super::{KnownSender, decide};
use crate::apply::{apply, begin};
use crate::clocks;
use crate::inbound::{Element, ElementBody, InboundMessage};
use crate::rules::{Judged, Policies, Woken, judge};

/// The way by which the message comes. It names no number of anybody's.
const NUMBER: &str = "trial";

/// The place at which a message is tried.
#[derive(Clone, Debug)]
pub struct TrialAt {
    /// The number that it comes to.
    pub channel: Channel,
    /// The conversation as it stands; `None` for a customer whom nobody knows.
    pub conversation: Option<Conversation>,
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
    let sender = KnownSender { contact, conversation: of };
    state.senders.insert((workspace, fresh.message), sender);
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
        for event in events {
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
            for (rule, verdict) in judge(policies, Woken { conversation, event }) {
                judged.entry(rule).or_insert(verdict);
            }
        }
        Self { end: now, judged, ran, cut }
    }

    fn fates(mut self, policies: &Policies) -> Vec<Tried> {
        let waiting = self.end.as_ref().map(|end| clocks::all(end, policies)).unwrap_or_default();
        let rings = |rule| {
            let is_it =
                |due: &&clocks::Due| due.clock == baton_protocol::Clock::Rule { rule_id: rule };
            waiting.iter().find(is_it).map(|due| due.at)
        };
        let of = |rule_id: SettingId| {
            let judged = self.judged.remove(&rule_id);
            let fate = match (self.ran.remove(&rule_id), &judged) {
                (Some((did, skipped)), _) => Fate::Runs { did, skipped },
                (None, None) => rings(rule_id).map_or(Fate::NotWoken, Fate::Waits),
                (None, Some(judged)) if !judged.holds => Fate::Tests,
                (None, Some(judged)) if judged.is_spent => Fate::Spent,
                (None, Some(_)) if self.cut.is_some() => Fate::Cut,
                (None, Some(_)) => Fate::Stopped,
            };
            Tried { rule_id, tests: judged.map(|of| of.tests).unwrap_or_default(), fate }
        };
        policies.rules().map(|known| known.id).map(of).collect()
    }
}
