//! Circles of moves, and what is none.

use baton_protocol::setting::{RoutingStep, StepWho};
use baton_protocol::{AgentId, Choice, Owner, OwnerCause, SettingId, Trail};
use uuid::Uuid;

use super::super::tests::policy;
use super::*;

fn team(number: u128) -> TeamId {
    TeamId(Uuid::from_u128(number))
}

fn moves_to(teams: &[u128]) -> Routing {
    let step = |to: &u128| RoutingStep {
        who: StepWho::Move,
        to_team: Some(team(*to)),
        ..RoutingStep::default()
    };
    Routing { steps: teams.iter().map(step).collect(), ..policy(Choice::LongestIdle) }
}

/// The circle that team 1 closes by moving to these, beside the moves of others.
fn closed_by(to: &[u128], others: &[(u128, Routing)]) -> Option<Vec<TeamId>> {
    let others: BTreeMap<TeamId, &Routing> =
        others.iter().map(|(of, routing)| (team(*of), routing)).collect();
    circle(team(1), &moves_to(to), |of| others.get(&of).copied())
}

#[test]
fn the_teams_of_a_circle_are_named_in_the_order_of_the_moves() {
    let others = [(2, moves_to(&[4, 3])), (3, moves_to(&[1])), (4, moves_to(&[2]))];
    let named = |all: &[u128]| Some(all.iter().map(|one| team(*one)).collect::<Vec<_>>());
    assert_eq!(closed_by(&[2], &others), named(&[1, 2, 3, 1]));
    assert_eq!(closed_by(&[2, 3], &others), named(&[1, 3, 1]), "the shortest one");
}

#[test]
fn a_circle_of_others_a_team_that_moves_nothing_and_one_that_is_off_close_none() {
    let others = [(2, moves_to(&[3])), (3, moves_to(&[2]))];
    assert_eq!(closed_by(&[2], &others), None, "team 1 is not in it");
    assert_eq!(closed_by(&[4], &others), None);
    let off = Routing { hand: Hand::Off, ..moves_to(&[1]) };
    assert_eq!(closed_by(&[2], &[(2, off.clone())]), None);
    let back = moves_to(&[1]);
    assert_eq!(circle(team(2), &off, |_| Some(&back)), None);
}

fn moved_to(number: u128) -> Fact {
    let team_id = team(number);
    Fact::OwnerChanged {
        owner: Owner::Queue(team_id),
        owner_epoch: 2,
        team_id,
        cause: OwnerCause::Routed,
        exceeded_capacity: false,
        keeps_last: false,
    }
}

/// The moves of which the log tells, the oldest first.
fn moved(facts: &[(Actor, Fact)]) -> Moved {
    Moved::from_log(facts.iter().rev().map(|(actor, fact)| (*actor, fact)))
}

#[test]
fn nothing_is_moved_back_nor_more_than_three_times_without_a_person() {
    let by_rule = Actor::Rule { id: SettingId(Uuid::from_u128(7)) };
    let customer = (Actor::Customer, moved_to(1));
    let all = [
        customer,
        (Actor::System, moved_to(2)),
        (by_rule, moved_to(3)),
        (Actor::System, moved_to(4)),
    ];
    let circles = |facts: &[(Actor, Fact)], to: u128| moved(facts).is_circle(team(to));
    assert!(!circles(&all[..2], 3) && circles(&all[..2], 1), "it is not moved back");
    assert_eq!(moved(&all[..3]).count, 2);
    assert!(!circles(&all[..3], 9) && circles(&all[..3], 2));
    assert!(circles(&all, 9), "it was moved three times");
    // An act of a person begins anew, also in the middle.
    let agent = Actor::Agent { id: AgentId(Uuid::from_u128(8)) };
    for person in [agent, Actor::Customer] {
        let again = [all.as_slice(), &[(person, moved_to(4))]].concat();
        assert!(!circles(&again, 1), "{person:?}");
        assert_eq!(moved(&again).count, 0);
    }
}

#[test]
fn that_something_goes_round_is_told_once_until_a_person_does_something() {
    let trail = Box::new(Trail { circle: true, ..Trail::default() });
    let told = (Actor::System, Fact::Routed { agent_id: None, offer: None, trail });
    let all = [(Actor::Customer, moved_to(1)), (Actor::System, moved_to(2)), told];
    assert!(!moved(&all[..2]).is_told && moved(&all).is_told);
    let again = [all.as_slice(), &[(Actor::Customer, moved_to(2))]].concat();
    assert!(!moved(&again).is_told);
}
