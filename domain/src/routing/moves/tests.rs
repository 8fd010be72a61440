//! Circles of moves, and what is none.

use baton_protocol::Choice;
use baton_protocol::setting::{RoutingStep, StepWho};
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
