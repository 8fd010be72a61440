//! Whom a rule's step gets, beside what the team's own policy says.

use baton_protocol::{Availability, PassedOver};
use uuid::Uuid;

use super::super::tests::{TEAM, agent, by_id, policy, routing, somebody, waits};
use super::*;

const NIGHT: SettingId = SettingId(Uuid::from_u128(0x61));
const DAY: SettingId = SettingId(Uuid::from_u128(0x62));

/// Whom one conversation after the other goes to, at night.
fn given(
    (by, on_call): (AssignBy, &[OnCall]),
    of_team: &Routing,
    all: impl IntoIterator<Item = Candidate>,
    times: u128,
) -> Vec<Option<AgentId>> {
    let (mut candidates, mut memory) = (by_id(all), TeamMemory::default());
    let mut chosen = Vec::new();
    for n in 0..times {
        let is_open = |schedule| schedule == NIGHT;
        let (waiting, turns) = (waits(n + 1), (&mut memory, 9));
        let team = (TEAM, of_team);
        let found = planned(team, ((by, on_call), is_open), &waiting, &mut candidates, turns);
        chosen.push(found.and_then(|planned| planned.agent));
    }
    chosen
}

fn on_call(number: u128, hours: Option<SettingId>) -> OnCall {
    OnCall { agent: agent(number), hours }
}

#[test]
fn one_after_the_other_and_who_has_least_to_do_are_chosen_also_where_the_team_chooses_otherwise() {
    let of_team = Routing { first: vec![agent(3)], ..policy(Choice::Priority) };
    let all = || [somebody(1), somebody(2), Candidate { load: 5, ..somebody(3) }];
    let one = |number| Some(agent(number));
    let turns = given((AssignBy::RoundRobin, &[]), &of_team, all(), 4);
    assert_eq!(turns, [one(1), one(2), one(3), one(1)]);
    let least = given((AssignBy::LeastLoaded, &[]), &of_team, all(), 3);
    assert_eq!(least, [one(1), one(2), one(1)]);
}

#[test]
fn who_is_on_call_now_is_chosen_in_the_order_of_the_list_and_outside_of_their_own_hours() {
    let off = |number| Candidate { is_off_shift: true, ..somebody(number) };
    let list = [on_call(1, Some(DAY)), on_call(3, Some(NIGHT)), on_call(2, None)];
    let by = (AssignBy::OnCall, &list[..]);
    let of_team = policy(Choice::RoundRobin);
    let one = |number| Some(agent(number));
    assert_eq!(given(by, &of_team, [off(1), off(2), off(3), somebody(4)], 2), [one(3), one(3)]);
    // Nobody is taken who is away or has no room.
    let away = Candidate { availability: Availability::Away, ..off(3) };
    assert_eq!(given(by, &of_team, [off(1), off(2), away.clone()], 1), [one(2)]);
    let full = Candidate { capacity: Some(0), ..off(2) };
    assert_eq!(given(by, &of_team, [somebody(1), full, away], 1), [None], "and the wish stands");
}

#[test]
fn the_trail_says_who_was_not_on_call() {
    let list = [on_call(2, None)];
    let (mut candidates, mut memory) = (by_id([somebody(1), somebody(2)]), TeamMemory::default());
    let team = (TEAM, &policy(Choice::RoundRobin));
    let by = (AssignBy::OnCall, &list[..]);
    let found = planned(team, (by, |_| false), &waits(1), &mut candidates, (&mut memory, 9));
    let trail = found.expect("somebody").trail;
    assert_eq!(trail.choose, Choice::Priority);
    let left: Vec<_> = trail.left_out.iter().map(|left| (left.agent_id, left.why)).collect();
    assert_eq!(left, [(agent(1), PassedOver::NotNamed)]);
    assert!(trail.on_call, "so a push to them passes quiet hours");
    assert_eq!(trail.step, None, "none of the team's own");
}

#[test]
fn a_rule_and_a_step_of_the_team_say_the_same_of_who_is_on_call() {
    let off = |number| Candidate { is_off_shift: true, ..somebody(number) };
    let busy = Candidate { availability: Availability::Busy, ..off(4) };
    let all = || by_id([off(1), off(2), somebody(3), busy.clone()]);
    let list = [on_call(2, None), on_call(4, None), on_call(1, None)];
    let of_team = Routing { excluded: vec![agent(1)], ..policy(Choice::LongestIdle) };
    let by = (AssignBy::OnCall, &list[..]);
    let (mut candidates, mut memory) = (all(), TeamMemory::default());
    let team = (TEAM, &of_team);
    let by_rule = planned(team, (by, |_| true), &waits(1), &mut candidates, (&mut memory, 9));
    let agents = list.iter().map(|one| one.agent).collect();
    let step = RoutingStep { who: StepWho::OnCall, agents, ..RoutingStep::default() };
    let of_team = Routing { steps: vec![step], ..of_team };
    let mut candidates = all();
    let by_step =
        plan(routing(&of_team), &[waits(1)], &mut candidates, &mut TeamMemory::default(), 9);
    let (by_rule, by_step) = (by_rule.expect("somebody"), by_step.into_iter().next());
    let by_step = by_step.expect("a plan");
    assert_eq!((by_rule.agent, by_step.agent), (Some(agent(2)), Some(agent(2))));
    assert_eq!(by_rule.trail.left_out, by_step.trail.left_out);
    assert_eq!((by_rule.trail.on_call, by_step.trail.on_call), (true, true));
}
