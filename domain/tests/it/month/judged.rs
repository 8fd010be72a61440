//! What is promised of each commit of the month, and the bugs that break it.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::catch_unwind;

use baton_domain::fact::outcome::Answer;
use baton_domain::fact::planted::{Bug, plant};
use baton_domain::group::{Done, Work};
use baton_domain::hand::routing::rung::Calls;
use baton_protocol::{
    AgentId, Availability, Choice, CommandBody, Conversation, ConversationId, Fact, OfferEnd,
    OfferId, OwnerCause, Timestamp,
};

use super::{Day, played};
use crate::group::{TEAM, WORKSPACE, run_at};

/// What the log has told on a day.
#[derive(Default)]
pub(super) struct Told {
    /// The offers that stand by it.
    offers: BTreeSet<OfferId>,
    /// The ends of offers that are over.
    ends: BTreeMap<OfferId, OfferEnd>,
    /// The calls for each turn: whether it was the second one.
    calls: BTreeMap<(ConversationId, Timestamp), Vec<bool>>,
    /// The facts that a leader reads before it calls.
    log: BTreeMap<ConversationId, Vec<(Timestamp, Fact)>>,
    /// The calls of the last commit.
    pub(super) calls_now: u64,
}

impl Told {
    /// The calls for a turn that waits since then, as a leader reads them.
    pub(super) fn calls(&self, (of, since): (ConversationId, Timestamp)) -> Calls {
        let facts = self.log.get(&of).into_iter().flatten();
        Calls::from_log(facts.map(|(at, fact)| (*at, fact)), (TEAM, since))
    }

    /// The end of an offer, as a leader reads it.
    pub(super) fn end(&self, of: OfferId) -> Option<OfferEnd> {
        self.ends.get(&of).copied()
    }
}

/// The offer that an agent answers, and whether they accept it.
fn answer(work: &Work) -> Option<(ConversationId, OfferId, bool)> {
    let of = work.command()?.command.conversation_id;
    let body = &work.command()?.command.body;
    if let CommandBody::AcceptOffer(offer) = body {
        return Some((of, offer.offer_id, true));
    }
    let CommandBody::DeclineOffer(offer) = body else { return None };
    Some((of, offer.offer_id, false))
}

impl Day {
    /// Commits the group, and tests what it tells. Returns how many took something late.
    pub(super) fn commits(&mut self, group: &[Work]) -> u64 {
        let stood = self.told.offers.clone();
        let now = self.now();
        let done = run_at(&mut self.state, &mut self.book, group, now);
        let (mut answered, mut late) = (BTreeSet::new(), 0);
        for (work, done) in group.iter().zip(&done) {
            let Some((_, offer, is_yes)) = answer(work) else { continue };
            let is_done = matches!(done, Done::Command(Answer::Accepted(_)));
            if stood.contains(&offer) {
                assert!(is_done || !is_yes, "a yes in time was refused: {done:?}");
                answered.insert(offer);
            } else {
                late += u64::from(is_yes && is_done);
            }
        }
        self.hears(group, &answered);
        late
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else is promised here")]
    fn hears(&mut self, group: &[Work], answered: &BTreeSet<OfferId>) {
        self.told.calls_now = 0;
        for entry in self.state.entries.clone() {
            let (at, fact) = (entry.event.at, entry.event.fact);
            let Some(of) = entry.event.conversation_id else { continue };
            match &fact {
                Fact::Routed { offer: Some(offer), .. } => {
                    self.told.offers.insert(offer.offer_id);
                }
                Fact::OfferEnded { offer_id, end, .. } => {
                    assert!(self.told.offers.remove(offer_id), "an offer ended twice");
                    self.told.ends.insert(*offer_id, *end);
                    let is_answer = matches!(end, OfferEnd::Accepted | OfferEnd::Declined);
                    assert!(
                        is_answer || !answered.contains(offer_id),
                        "an answer came before its end: {end:?}"
                    );
                }
                Fact::Routed { agent_id: None, trail, .. } => {
                    let held = &self.state.conversations[&(WORKSPACE, of)].now;
                    let since = held.thread.turn.unwrap().since;
                    let calls = self.told.calls.entry((of, since)).or_default();
                    calls.push(trail.again);
                    let is_once = matches!(calls[..], [false] | [false, true]);
                    assert!(is_once, "a team was called twice: {calls:?}");
                    self.told.calls_now += 1;
                }
                Fact::OwnerChanged { cause: OwnerCause::Absent, .. } => {
                    let agent = left_by(group, of).unwrap();
                    let is_away = self.facts(agent).availability == Availability::Away;
                    assert!(is_away, "it was taken from an owner who is there");
                }
                _ => {}
            }
            if matches!(fact, Fact::Routed { agent_id: None, .. } | Fact::OwnerChanged { .. }) {
                self.told.log.entry(of).or_default().push((at, fact));
            }
        }
        let stands = |one: Conversation| Some(one.thread.offer?.offer_id);
        let stand: BTreeSet<OfferId> = self.all().into_iter().filter_map(stands).collect();
        assert_eq!(self.told.offers, stand, "an offer was lost");
    }
}

/// The owner who is not there, by what a group would take from them.
fn left_by(group: &[Work], of: ConversationId) -> Option<AgentId> {
    let left =
        |work: &Work| if let Work::HandBack(back) = work { Some(back.deserted) } else { None };
    group.iter().filter_map(left).find(|one| one.conversation == of).map(|one| one.agent)
}

/// The words of the promise that each bug breaks.
#[expect(clippy::wildcard_enum_match_arm, reason = "the others are not of the month")]
fn promise(bug: Bug) -> &'static str {
    match bug {
        Bug::ChoicesUntested => "an offer was lost",
        Bug::CallsUncompared => "a team was called twice",
        Bug::HandBacksUntested => "it was taken from an owner who is there",
        Bug::TimersBeforePeople => "an answer came before its end",
        Bug::OwnUnitForgotten => "a yes in time was refused",
        Bug::LateYesWithoutRoom => "has 5",
        _ => "fair shares",
    }
}

#[test]
fn every_safeguard_of_routing_that_is_left_out_breaks_a_promise_of_the_month() {
    let week = || played(Choice::LongestIdle, 20, 1_500, 4);
    let _whole = week();
    for (name, bug) in Bug::OF_THE_MONTH {
        plant(Some(bug));
        let found = catch_unwind(week);
        plant(None);
        let Err(why) = found else { panic!("{name} broke nothing") };
        let text = why.downcast_ref::<String>().cloned();
        let text = text.or_else(|| why.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        let text = text.unwrap_or_default();
        println!("{name}: {text}");
        assert!(text.contains(promise(bug)), "{name} was found by something else: {text}");
    }
}
