//! Whom a rule's step gets, beside what the team's own policy says.

use baton_protocol::{Availability, PassedOver};
use uuid::Uuid;

use super::super::tests::{TEAM, agent, by_id, policy, somebody, waits};
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
    let before: Vec<bool> = candidates.values().map(|one| one.is_off_shift).collect();
    let mut chosen = Vec::new();
    for n in 0..times {
        let is_open = |schedule| schedule == NIGHT;
        let (waiting, turns) = (waits(n + 1), (&mut memory, 9));
        let team = (TEAM, of_team);
        let found = planned(team, ((by, on_call), is_open), &waiting, &mut candidates, turns);
        chosen.push(found.and_then(|planned| planned.agent));
    }
    let after: Vec<bool> = candidates.values().map(|one| one.is_off_shift).collect();
    assert_eq!(after, before, "others still see who is off shift");
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
    assert_eq!(left, [(agent(1), PassedOver::Excluded)]);
}
