//! What the router does in a week: it sees what is over, and asks who is there.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baton_domain::fact::predicates::is_routable;
use baton_domain::group::{HandBackWork, OfferEndWork, RehomeWork, RouteWork, Work};
use baton_domain::hand::routing::absence::{Absence, Deserted, OwnerSeen, TurnSeen, lost_by};
use baton_domain::hand::routing::brake::BrakeInput;
use baton_domain::hand::routing::{Candidate, TeamRouting, Waiting, plan};
use baton_domain::hand::shift;
use baton_protocol::setting::{Hand, Routing};
use baton_protocol::{
    AgentId, AgentState, Availability, Choice, Conversation, ConversationId, OfferEnd, OfferId,
    Owner,
};

use super::{DECLINED_MS, Is, LEAVER, Person, Talk, WINDOW_MS, Week};
use crate::group::{TEAM, WORKSPACE};

impl Week {
    /// The offers that are over, and what owners who are not there leave.
    pub(super) fn over(&mut self) -> Vec<Work> {
        let (now, mut group, mut found) = (self.now(), Vec::new(), Vec::new());
        self.ending.clear();
        for Conversation { head, thread } in self.open() {
            let conversation = head.id;
            if let Some(offer) = thread.offer {
                let first = *self.seen.entry(offer.offer_id).or_insert(now);
                let one = &self.people[self.place(offer.agent_id)];
                let has_it = one.is == Is::OnPhone || one.signs.of_offers().is_connected(now);
                let end = match (has_it, now.since(first)) {
                    (false, lasted) if lasted >= 8_000 => Some(OfferEnd::NotReceived),
                    (true, lasted) if lasted >= WINDOW_MS => Some(OfferEnd::Missed),
                    _ => None,
                };
                if end == Some(OfferEnd::Missed) {
                    *self.ending.entry(offer.agent_id).or_default() += 1;
                }
                if let Some(end) = end {
                    let (workspace, offer_id) = (WORKSPACE, offer.offer_id);
                    let work = OfferEndWork { workspace, conversation, offer_id, end };
                    group.push(Work::OfferEnd(work));
                }
            }
            let (Owner::Agent(agent), Some(turn)) = (head.owner, thread.turn) else { continue };
            let one = &self.people[self.place(agent)];
            let facts = self.facts(agent);
            let owner = OwnerSeen {
                state: facts.state,
                availability: facts.availability,
                signs: one.signs,
                schedules: &one.schedules,
                is_out: self.misses.is_out((WORKSPACE, agent)),
                is_braked: self.brake.is_on(),
            };
            let talk = self.talks.entry(conversation).or_default();
            let seen = TurnSeen {
                since: turn.since,
                is_opened: talk.opened.contains(&(agent, turn.from_seq)),
                worked_at: talk.worked_at.filter(|(of, _)| *of == agent).map(|(_, at)| at),
                given: talk.given,
            };
            let Some(absence) = Absence::find(owner, seen, now) else { continue };
            let of = Deserted {
                workspace: WORKSPACE,
                conversation,
                agent,
                owner_epoch: head.owner_epoch,
                from_seq: turn.from_seq,
                absence,
            };
            found.push((of, Duration::from_mins(5)));
        }
        let at = Duration::from_secs(u64::try_from(self.second).unwrap());
        for deserted in self.absences.look(at, &found) {
            if deserted.absence == Absence::Unopened {
                self.misses.note((WORKSPACE, deserted.agent), OfferEnd::Missed, now);
                let place = self.place(deserted.agent);
                self.people[place].missed += 1;
            }
            group.push(Work::HandBack(HandBackWork { deserted }));
        }
        group
    }

    pub(super) fn leaves(&mut self) -> Vec<Work> {
        let agent = self.people[LEAVER].agent;
        let has = |of: &Conversation| {
            let offered = of.thread.offer.is_some_and(|offer| offer.agent_id == agent);
            offered || of.head.owner == Owner::Agent(agent)
        };
        let left: Vec<ConversationId> =
            self.open().iter().filter(|of| has(of)).map(|of| of.head.id).collect();
        let state = if left.is_empty() { AgentState::Inactive } else { AgentState::Leaving };
        let people = self.state.people.get_mut(&WORKSPACE).unwrap();
        people.agents.get_mut(&agent).unwrap().state = state;
        let rehome = |conversation| RehomeWork {
            workspace: WORKSPACE,
            conversation,
            agent,
            heirs: Vec::new(),
            is_of_team: false,
        };
        left.into_iter().map(|of| Work::Rehome(rehome(of))).collect()
    }

    pub(super) fn waiting(&self) -> Vec<Waiting> {
        let now = self.now();
        let none = Talk::default();
        let mut waiting: Vec<Waiting> = self
            .open()
            .iter()
            .filter(|one| is_routable(one) && one.thread.offer.is_none())
            .filter_map(|one| {
                let since = one.thread.turn?.since;
                let talk = self.talks.get(&one.head.id).unwrap_or(&none);
                let asked = talk.asked.iter().filter(|(.., at)| now.since(*at) < DECLINED_MS);
                let lost = lost_by(talk.changes.iter().map(|(at, fact)| (*at, fact)));
                let lost = lost.into_iter().filter(|_| one.head.orphaned_at.is_some());
                let former = lost.filter(|(agent, at)| {
                    let of = &self.people[self.place(*agent)];
                    let began = shift::began_since(&of.schedules, *at, now);
                    !of.signs.acted_since(*at) && !began
                });
                Some(Waiting {
                    conversation: one.head.id,
                    revision: one.head.revision,
                    since,
                    waited_s: u64::try_from(now.since(since) / 1000).ok()?,
                    language: None,
                    last: one.thread.last_agent,
                    asked: asked.map(|(agent, end, _)| (*agent, *end)).collect(),
                    former: former.map(|(agent, _)| agent).collect(),
                    is_for_people: false,
                    is_circling: false,
                })
            })
            .collect();
        waiting.sort_by_key(|one| (one.since, one.conversation));
        waiting
    }

    pub(super) fn candidates(&mut self) -> BTreeMap<AgentId, Candidate> {
        let (now, second) = (self.now(), u64::try_from(self.second).unwrap());
        let offers: Vec<AgentId> =
            self.open().iter().filter_map(|of| Some(of.thread.offer?.agent_id)).collect();
        let mut all = BTreeMap::new();
        for one in &self.people {
            let facts = &self.state.people[&WORKSPACE].agents[&one.agent];
            let known = self.loads.entry(one.agent).or_insert((facts.load, 0));
            if known.0 != facts.load {
                *known = (facts.load, second);
            }
            let candidate = Candidate {
                agent: one.agent,
                state: facts.state,
                availability: facts.availability,
                teams: [TEAM].into(),
                is_off_shift: !one.is_on(now),
                is_bot: false,
                is_out: self.misses.is_out_after(
                    (WORKSPACE, one.agent),
                    self.ending.get(&one.agent).copied().unwrap_or_default(),
                ),
                is_braked: self.brake.holds(&one.signs, now),
                skills: BTreeMap::new(),
                languages: BTreeSet::new(),
                verdict: one.signs.verdict(now),
                offer_verdict: one.signs.offer_verdict(now),
                load: facts.load,
                capacity: facts.capacity,
                offers: u32::try_from(offers.iter().filter(|of| **of == one.agent).count())
                    .unwrap(),
                idle_since: known.1,
            };
            all.insert(one.agent, candidate);
        }
        all
    }

    pub(super) fn brake(&mut self) {
        let is_there = |one: &&Person| {
            let facts = self.facts(one.agent);
            facts.state == AgentState::Active && facts.availability == Availability::Available
        };
        let people = self.people.iter().filter(is_there).map(|one| (one.agent, one.signs));
        let input =
            BrakeInput { people: people.collect(), bounced: std::mem::take(&mut self.bounced) };
        let at = Duration::from_secs(u64::try_from(self.second).unwrap());
        let change = self.brake.look((self.now(), at), &input);
        self.brakes += u64::from(change.is_some_and(|change| change.is_on));
    }

    pub(super) fn router(&mut self) -> Vec<Work> {
        self.brake();
        let waiting = self.waiting();
        if waiting.is_empty() {
            return Vec::new();
        }
        let mut candidates = self.candidates();
        let policy = Routing { hand: self.hand, choose: Choice::LongestIdle, ..Routing::default() };
        let (is_open, routings) = (&BTreeMap::new(), &BTreeMap::new());
        let routing = TeamRouting { team: TEAM, policy: &policy, is_open, routings };
        let second = u64::try_from(self.second).unwrap();
        let planned = plan(routing, &waiting, &mut candidates, &mut self.memory, second);
        let until = self.now().plus_ms(WINDOW_MS);
        let mut group = Vec::new();
        for (one, of) in planned.into_iter().zip(&waiting).filter(|(one, _)| one.agent.is_some()) {
            let offer = (self.hand == Hand::Offer).then(|| (OfferId(self.fresh()), until));
            group.push(Work::Route(RouteWork {
                workspace: WORKSPACE,
                conversation: one.conversation,
                revision: of.revision,
                team: TEAM,
                agent: one.agent,
                offer,
                trail: one.trail,
            }));
        }
        group
    }
}
