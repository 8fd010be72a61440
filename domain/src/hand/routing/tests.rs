//! Plans, rule by rule, and a month of a team in memory.

use baton_protocol::Choice;
use uuid::Uuid;

use super::*;
use crate::fact::chance::next;

pub(super) const TEAM: TeamId = TeamId(Uuid::from_u128(0x51));

pub(super) fn agent(number: u128) -> AgentId {
    AgentId(Uuid::from_u128(number))
}

pub(super) fn somebody(number: u128) -> Candidate {
    Candidate {
        agent: agent(number),
        state: AgentState::Active,
        availability: Availability::Available,
        teams: [TEAM].into(),
        is_off_shift: false,
        is_bot: false,
        is_out: false,
        is_braked: false,
        skills: BTreeMap::new(),
        languages: BTreeSet::new(),
        verdict: Verdict::Here,
        offer_verdict: Verdict::Here,
        load: 0,
        capacity: Some(10),
        offers: 0,
        idle_since: 0,
    }
}

pub(super) fn waits(number: u128) -> Waiting {
    Waiting {
        conversation: ConversationId(Uuid::from_u128(number)),
        revision: 1,
        since: Timestamp::from_ms(0),
        waited_s: 0,
        language: None,
        last: None,
        asked: BTreeMap::new(),
        former: BTreeSet::new(),
        is_for_people: false,
        is_circling: false,
    }
}

pub(super) fn policy(choose: Choice) -> Routing {
    Routing { hand: Hand::Assign, choose, ..Routing::default() }
}

/// The routing of the team, where no step names a schedule or another team.
pub(super) fn routing(policy: &Routing) -> TeamRouting<'_> {
    static IS_OPEN: BTreeMap<SettingId, bool> = BTreeMap::new();
    static ROUTINGS: BTreeMap<TeamId, &Routing> = BTreeMap::new();
    TeamRouting { team: TEAM, policy, is_open: &IS_OPEN, routings: &ROUTINGS }
}

pub(super) fn by_id(all: impl IntoIterator<Item = Candidate>) -> BTreeMap<AgentId, Candidate> {
    all.into_iter().map(|one| (one.agent, one)).collect()
}

/// The agents who get these conversations, one after the other.
fn given(policy: &Routing, all: &[Candidate], waiting: &[Waiting]) -> Vec<Option<AgentId>> {
    let mut candidates = by_id(all.iter().cloned());
    let planned = plan(routing(policy), waiting, &mut candidates, &mut TeamMemory::default(), 9);
    planned.into_iter().map(|one| one.agent).collect()
}

#[test]
fn whoever_is_left_out_is_named_with_the_first_reason() {
    let left = |change: &dyn Fn(&mut Candidate), why: PassedOver| {
        let mut one = somebody(1);
        change(&mut one);
        let asked = [(agent(2), OfferEnd::Declined)].into();
        let waiting = Waiting { asked, ..waits(7) };
        let excluded = vec![agent(3)];
        let policy = Routing { excluded, ..policy(Choice::LongestIdle) };
        let mut all = by_id([one, somebody(2), somebody(3), somebody(4), somebody(5)]);
        let planned =
            plan(routing(&policy), &[waiting], &mut all, &mut TeamMemory::default(), 9).remove(0);
        assert_eq!(planned.agent, Some(agent(4)), "{why:?}");
        let found: Vec<_> =
            planned.trail.left_out.iter().map(|left| (left.agent_id, left.why)).collect();
        let others = [
            (agent(2), PassedOver::Declined),
            (agent(3), PassedOver::Excluded),
            (agent(5), PassedOver::NotChosen),
        ];
        let all: Vec<_> = [(agent(1), why)].into_iter().chain(others).collect();
        assert_eq!(found, all);
    };
    left(&|one| one.state = AgentState::Leaving, PassedOver::Inactive);
    left(&|one| one.is_off_shift = true, PassedOver::OffShift);
    left(&|one| one.availability = Availability::Away, PassedOver::Away);
    left(&|one| one.availability = Availability::Busy, PassedOver::Busy);
    left(&|one| one.is_bot = true, PassedOver::Bot);
    left(&|one| one.is_out = true, PassedOver::NotResponding);
    left(&|one| one.is_braked = true, PassedOver::Braked);
    left(&|one| one.verdict = Verdict::Unreachable, PassedOver::Unreachable);
    left(&|one| (one.load, one.capacity) = (3, Some(3)), PassedOver::Full);
    left(&|one| one.capacity = Some(0), PassedOver::Full);
    left(&|one| one.offers = 3, PassedOver::OffersOut);
    let all_of_it = |one: &mut Candidate| {
        (one.availability, one.load, one.offers) = (Availability::Away, 10, 9);
    };
    left(&all_of_it, PassedOver::Away);
}

#[test]
fn who_has_no_device_that_knows_offers_is_offered_nothing_and_given_as_before() {
    let old = |number| Candidate { offer_verdict: Verdict::Unreachable, ..somebody(number) };
    let dead = Candidate { verdict: Verdict::Unreachable, ..old(3) };
    let unsure = Candidate { offer_verdict: Verdict::Unsure, ..somebody(2) };
    let asked = |hand, all: &[Candidate]| {
        let policy = Routing { hand, ..policy(Choice::LongestIdle) };
        let (mut all, mut memory) = (by_id(all.iter().cloned()), TeamMemory::default());
        plan(routing(&policy), &[waits(1)], &mut all, &mut memory, 9).remove(0)
    };
    let all = [old(1), unsure, dead];
    let found = asked(Hand::Offer, &all);
    assert_eq!(found.agent, Some(agent(2)));
    let left: Vec<_> = found.trail.left_out.iter().map(|left| (left.agent_id, left.why)).collect();
    assert_eq!(left, [(agent(1), PassedOver::NoDevice), (agent(3), PassedOver::Unreachable)]);
    assert_eq!(asked(Hand::Assign, &all).agent, Some(agent(1)), "the old phone shows what is his");
    let nobody = asked(Hand::Offer, &[old(1)]);
    assert!(!nobody.is_somebody_there(), "nobody waits for an old phone: the team is called");
}

#[test]
fn nobody_is_planned_above_their_capacity_or_with_more_offers_than_may_be_at_once() {
    let small = Candidate { capacity: Some(2), load: 1, ..somebody(1) };
    let all = [small, Candidate { capacity: None, ..somebody(2) }];
    let waiting: Vec<_> = (0..6).map(waits).collect();
    let found = given(&policy(Choice::LeastLoaded), &all, &waiting);
    let count = |of| found.iter().filter(|one| **one == of).count();
    assert_eq!((count(Some(agent(1))), count(Some(agent(2))), count(None)), (1, 3, 2));
}

#[test]
fn of_those_who_are_chosen_in_one_plan_nobody_gets_all_before_the_next() {
    let all = [1, 2, 3].map(|number| Candidate { load: 1, ..somebody(number) });
    let waiting: Vec<_> = (0..6).map(waits).collect();
    let found = given(&policy(Choice::LongestIdle), &all, &waiting);
    let count = |number| found.iter().filter(|one| **one == Some(agent(number))).count();
    assert_eq!([1, 2, 3].map(count), [2, 2, 2]);
}

#[test]
fn the_queue_is_served_in_its_order_and_nobody_of_another_team_is_asked() {
    let other = Candidate { teams: BTreeSet::new(), ..somebody(1) };
    let mut all = by_id([other, Candidate { capacity: Some(1), ..somebody(2) }]);
    let waiting = [waits(8), waits(7)];
    let of = &policy(Choice::LongestIdle);
    let planned = plan(routing(of), &waiting, &mut all, &mut TeamMemory::default(), 9);
    let found: Vec<_> = planned.iter().map(|one| (one.conversation, one.agent)).collect();
    let (first, second) = (waits(8).conversation, waits(7).conversation);
    assert_eq!(found, [(first, Some(agent(2))), (second, None)]);
    assert!(planned[1].is_somebody_there(), "they are full, and there");
    assert!(
        planned.iter().all(|one| one.trail.left_out.iter().all(|left| left.agent_id == agent(2)))
    );
}

#[test]
fn of_ten_thousand_who_wait_each_of_a_hundred_gets_a_hundred_in_fifty_rounds() {
    let can = |number| Candidate { capacity: Some(100), ..somebody(number) };
    let mut candidates = by_id((1..=100).map(can));
    let queue: Vec<_> = (0..10_001).map(waits).collect();
    let (policy, mut memory) = (policy(Choice::LeastLoaded), TeamMemory::default());
    let mut given = Vec::new();
    for (at, round) in (0..).zip(queue.chunks(200)) {
        // Who was given some has them on their screen by the next look.
        candidates.values_mut().for_each(|of| of.offers = 0);
        given.extend(plan(routing(&policy), round, &mut candidates, &mut memory, at));
    }
    let left: Vec<_> = given.iter().filter(|one| one.agent.is_none()).collect();
    let last = queue.last().map(|one| one.conversation);
    assert_eq!(left.iter().map(|one| one.conversation).collect::<Vec<_>>(), last.as_slice());
    assert!(left[0].trail.left_out.iter().all(|left| left.why == PassedOver::Full));
    assert!(candidates.values().all(|of| of.load == 100));
}

#[test]
fn each_way_to_choose_chooses_its_own() {
    let idle = |number, load, idle_since| Candidate { load, idle_since, ..somebody(number) };
    let all = [idle(1, 3, 1), idle(2, 1, 5), idle(3, 2, 2), idle(4, 1, 4)];
    let one = |policy: &Routing| given(policy, &all, &[waits(7)])[0].unwrap();
    assert_eq!(one(&policy(Choice::LongestIdle)), agent(1));
    assert_eq!(one(&policy(Choice::LeastLoaded)), agent(4), "ties go to who is idle longest");
    let first = vec![agent(9), agent(3), agent(2)];
    assert_eq!(one(&Routing { first, ..policy(Choice::Priority) }), agent(3));
    let with_free = [all.as_slice(), &[idle(5, 0, 9)]].concat();
    let found = given(&policy(Choice::LongestIdle), &with_free, &[waits(7)]);
    assert_eq!(found, [Some(agent(1))], "who is fast gets no more than the others");
}

/// The reasons of those who were left out, by number.
fn reasons(planned: &Planned) -> Vec<(u128, PassedOver)> {
    planned.trail.left_out.iter().map(|left| (left.agent_id.0.as_u128(), left.why)).collect()
}

fn planned_for(steps: Vec<RoutingStep>, all: &[Candidate], waiting: &Waiting) -> Planned {
    let policy = Routing { steps, ..policy(Choice::LongestIdle) };
    let (mut all, mut memory) = (by_id(all.iter().cloned()), TeamMemory::default());
    plan(routing(&policy), std::slice::from_ref(waiting), &mut all, &mut memory, 9).remove(0)
}

#[test]
fn a_bot_is_a_candidate_for_nobody_but_a_step_that_names_it() {
    let bot = Candidate { is_bot: true, ..somebody(1) };
    let all = [bot.clone(), Candidate { load: 10, ..somebody(2) }];
    let found = planned_for(Vec::new(), &all, &waits(7));
    assert_eq!(found.agent, None, "it is nobody's turn but a person's");
    assert_eq!(reasons(&found), [(1, PassedOver::Bot), (2, PassedOver::Full)]);
    let alone = planned_for(Vec::new(), std::slice::from_ref(&bot), &waits(7));
    assert!(!alone.is_somebody_there(), "so the team is called at once");
    let last = RoutingStep { who: StepWho::Last, ..RoutingStep::default() };
    let was_last = Waiting { last: Some(agent(1)), ..waits(7) };
    assert_eq!(planned_for(vec![last], &all, &was_last).agent, None);
    for who in [StepWho::Named, StepWho::OnCall] {
        let named = RoutingStep { who, agents: vec![agent(1)], ..RoutingStep::default() };
        assert_eq!(planned_for(vec![named.clone()], &all, &waits(7)).agent, Some(agent(1)));
        let other = RoutingStep { agents: vec![agent(2)], ..named.clone() };
        assert_eq!(planned_for(vec![other], &all, &waits(7)).agent, None);
        let asked = Waiting { is_for_people: true, ..waits(7) };
        let found = planned_for(vec![named], &all, &asked);
        assert_eq!(found.agent, None, "their customer asked it for a person");
    }
}

#[test]
fn a_trail_says_what_became_of_each_who_was_asked_before_and_names_nobody_who_left() {
    let ends = [OfferEnd::Declined, OfferEnd::Missed, OfferEnd::NotReceived, OfferEnd::Unknown];
    let asked = (1..).zip(ends).map(|(n, end)| (agent(n), end)).collect();
    let waiting = Waiting { asked, former: [agent(5)].into(), ..waits(7) };
    let gone = Candidate { state: AgentState::Inactive, teams: BTreeSet::new(), ..somebody(6) };
    let mut all: Vec<_> = (1..=5).map(somebody).collect();
    all.push(gone);
    let found = planned_for(Vec::new(), &all, &waiting);
    let expected = [
        (1, PassedOver::Declined),
        (2, PassedOver::Missed),
        (3, PassedOver::NotReceived),
        (4, PassedOver::Declined),
        (5, PassedOver::FormerOwner),
    ];
    assert_eq!(reasons(&found), expected);
    assert!(!found.is_somebody_there(), "nobody else is there: the team is called at once");
}

#[test]
fn who_is_there_and_a_phone_in_a_pocket_are_equal_and_an_open_console_comes_after_them() {
    let with = |number, verdict, idle_since| Candidate { verdict, idle_since, ..somebody(number) };
    let all = [
        with(1, Verdict::Unsure, 0),
        with(2, Verdict::Connected, 1),
        with(3, Verdict::Here, 3),
        with(4, Verdict::Push, 2),
    ];
    let order = (0..4).map(|had| {
        let asked = |one: &Candidate| (one.agent, OfferEnd::Declined);
        let given = [4, 3, 2, 1][..had].iter();
        let asked = given.map(|n| asked(&all[n - 1])).collect();
        planned_for(Vec::new(), &all, &Waiting { asked, ..waits(7) }).agent.unwrap()
    });
    assert_eq!(order.collect::<Vec<_>>(), [4, 3, 2, 1].map(agent));
}

#[test]
fn what_went_in_a_circle_moves_no_more() {
    let steps = || {
        let to_team = Some(TeamId(Uuid::from_u128(0x52)));
        let away = RoutingStep { who: StepWho::Move, to_team, ..RoutingStep::default() };
        vec![RoutingStep::default(), away]
    };
    let away = Candidate { availability: Availability::Away, ..somebody(1) };
    let found = planned_for(steps(), std::slice::from_ref(&away), &waits(7));
    assert!(found.trail.to_team.is_some());
    let circling = Waiting { is_circling: true, ..waits(7) };
    let found = planned_for(steps(), &[away], &circling);
    assert_eq!((found.agent, found.trail.to_team), (None, None));
    assert_eq!(planned_for(steps(), &[somebody(1)], &circling).agent, Some(agent(1)));
}

/// Three of a team: two have something that lasts, and one is through at once. Returns how many of
/// so many customers each of them gets.
fn of_one_who_is_fast(customers: u64) -> [usize; 3] {
    let policy = policy(Choice::LongestIdle);
    let slow = |number| Candidate { load: 1, capacity: Some(5), ..somebody(number) };
    let mut candidates = by_id([slow(1), slow(2), Candidate { capacity: Some(5), ..somebody(3) }]);
    let (mut memory, mut ends) = (TeamMemory::default(), Vec::new());
    let mut given = [0; 3];
    for minute in 1..=customers {
        let at = minute * 60;
        ends.retain(|(end, of): &(u64, AgentId)| {
            if *end <= at {
                let of = candidates.get_mut(of).unwrap();
                (of.load, of.idle_since) = (of.load - 1, *end);
            }
            *end > at
        });
        candidates.values_mut().for_each(|of| of.offers = 0);
        let waiting = [waits(u128::from(minute))];
        let planned = plan(routing(&policy), &waiting, &mut candidates, &mut memory, at);
        let agent = planned[0].agent.unwrap();
        let number = usize::try_from(agent.0.as_u128()).unwrap();
        given[number - 1] += 1;
        let lasts = if number == 3 { 20 } else { 9 * 60 };
        ends.push((at + lasts, agent));
    }
    given
}

#[test]
fn who_is_fast_gets_no_more_than_their_share_while_others_have_room() {
    assert_eq!(of_one_who_is_fast(9), [3, 3, 3]);
    let given = of_one_who_is_fast(9_000);
    assert!(given.iter().all(|of| *of * 3 <= 9_000 * 13 / 10), "{given:?}");
}

#[test]
fn turns_go_round_and_whoever_is_absent_gains_nothing() {
    let mut memory = TeamMemory::default();
    let of = policy(Choice::RoundRobin);
    let mut next_one = |absent: Option<u128>| {
        let availability = |n| match absent == Some(n) {
            true => Availability::Away,
            false => Availability::Available,
        };
        let mut all =
            by_id((1..=3).map(|n| Candidate { availability: availability(n), ..somebody(n) }));
        plan(routing(&of), &[waits(7)], &mut all, &mut memory, 9)[0].agent.unwrap()
    };
    let turns: Vec<_> = [None, Some(2), None, None, None].into_iter().map(&mut next_one).collect();
    assert_eq!(turns, [1, 3, 1, 2, 3].map(agent));
}

#[test]
fn whoever_may_not_hear_of_it_comes_last() {
    let unsure = Candidate { verdict: Verdict::Unsure, ..somebody(1) };
    let busier = Candidate { load: 9, verdict: Verdict::Push, ..somebody(2) };
    let waiting: Vec<_> = (0..2).map(waits).collect();
    let found = given(&policy(Choice::LongestIdle), &[unsure, busier], &waiting);
    assert_eq!(found, [Some(agent(2)), Some(agent(1))]);
}

/// A month of 20 agents: customers write, agents are busy for a while, some are away.
struct Month {
    dice: u64,
    candidates: BTreeMap<AgentId, Candidate>,
    memory: TeamMemory,
    /// The end of each conversation, and its owner.
    ends: BTreeMap<(u64, u128), AgentId>,
    given: BTreeMap<AgentId, u64>,
    there: BTreeMap<AgentId, u64>,
}

impl Month {
    fn begin() -> Self {
        let candidates = by_id((1..=20).map(|n| Candidate { capacity: Some(4), ..somebody(n) }));
        let (given, there) = (BTreeMap::new(), BTreeMap::new());
        let memory = TeamMemory { last: None, seed: 7 };
        Self { dice: 77, candidates, memory, ends: BTreeMap::new(), given, there }
    }

    fn below(&mut self, limit: u64) -> u64 {
        next(&mut self.dice) % limit
    }

    /// A minute: what is over ends, some come and go, and some customers write.
    fn minute(&mut self, policy: &Routing, minute: u64, queue: &mut Vec<Waiting>) {
        while let Some(over) = self.ends.first_entry().filter(|over| over.key().0 <= minute) {
            let of = self.candidates.get_mut(&over.remove()).unwrap();
            (of.load, of.idle_since) = (of.load - 1, minute);
        }
        let somebody = agent(1 + u128::from(self.below(20)));
        let away = self.below(4) == 0;
        let one = self.candidates.get_mut(&somebody).unwrap();
        one.availability = if away { Availability::Away } else { Availability::Available };
        for _ in 0..self.below(3) {
            let number = (u128::from(minute) << 8) + u128::from(self.below(256));
            queue.push(waits(number));
        }
        for one in self.candidates.values_mut() {
            one.offers = 0;
            let is_there = one.availability == Availability::Available;
            *self.there.entry(one.agent).or_default() += u64::from(is_there);
        }
        let was: BTreeMap<_, _> =
            self.candidates.values().map(|one| (one.agent, one.clone())).collect();
        let planned = plan(routing(policy), queue, &mut self.candidates, &mut self.memory, minute);
        let order: Vec<_> = queue.iter().map(|one| one.conversation).collect();
        assert_eq!(planned.iter().map(|one| one.conversation).collect::<Vec<_>>(), order);
        queue.clear();
        for one in planned {
            let Some(chosen) = one.agent else {
                assert!(was.values().all(|of| self.is_out(of)), "somebody could have had it");
                queue.push(Waiting { conversation: one.conversation, ..waits(0) });
                continue;
            };
            assert_eq!(was[&chosen].availability, Availability::Available);
            *self.given.entry(chosen).or_default() += 1;
            let lasts = 5 + self.below(20);
            self.ends.insert((minute + lasts, one.conversation.0.as_u128()), chosen);
        }
        assert!(self.candidates.values().all(|of| Some(of.load) <= of.capacity));
    }

    fn is_out(&self, was: &Candidate) -> bool {
        let now = &self.candidates[&was.agent];
        was.availability == Availability::Away || Some(now.load) >= now.capacity || now.offers >= 10
    }
}

#[test]
fn for_a_month_nobody_has_too_much_and_everybody_has_their_share() {
    for choose in [Choice::LongestIdle, Choice::RoundRobin, Choice::Random, Choice::LeastLoaded] {
        let policy = Routing { at_once: 10, ..policy(choose) };
        let (mut month, mut queue) = (Month::begin(), Vec::new());
        for minute in 1..=30 * 24 * 60 {
            month.minute(&policy, minute, &mut queue);
        }
        let (all, there): (u64, u64) = (month.given.values().sum(), month.there.values().sum());
        assert!(all > 40_000, "{choose:?}: {all} were given");
        let figures = month.there.iter().map(|(of, there_for)| {
            let share = all * there_for * 100 / there;
            month.given.get(of).copied().unwrap_or(0) * 10_000 / share
        });
        let largest = figures.max().unwrap();
        assert!(largest <= 125, "{choose:?}: somebody had {largest} % of a fair share");
    }
}
