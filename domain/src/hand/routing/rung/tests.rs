//! When a queue calls, and what a new leader reads of it.

use baton_protocol::{Owner, OwnerCause, Trail};
use uuid::Uuid;

use super::super::tests::TEAM;
use super::*;

const MIN_MS: i64 = 60_000;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_ms(minute * MIN_MS)
}

#[test]
fn supervisors_are_told_once_more_ten_minutes_after_the_first_call_and_never_again() {
    let mut calls = Calls::default();
    assert_eq!(calls.due(false, at(3)), None, "somebody is there");
    assert_eq!(calls.due(true, at(3)), Some(Call::First));
    calls.note(Call::First, at(3));
    assert!(calls.is_begun());
    assert_eq!(calls.due(true, Timestamp::from_ms(13 * MIN_MS - 1)), None);
    assert_eq!(calls.due(false, at(13)), Some(Call::Again), "it still waits");
    calls.note(Call::Again, at(13));
    for minute in [14, 23, 33, 60 * 25] {
        assert_eq!(calls.due(true, at(minute)), None);
    }
}

fn called(again: bool) -> Fact {
    let trail = Box::new(Trail { again, ..Trail::default() });
    Fact::Routed { agent_id: None, offer: None, trail }
}

fn in_queue_of(team_id: TeamId) -> Fact {
    let (owner, owner_epoch, exceeded_capacity) = (Owner::Queue(team_id), 2, false);
    let cause = OwnerCause::Transferred;
    let keeps_last = true;
    Fact::OwnerChanged { owner, owner_epoch, team_id, cause, exceeded_capacity, keeps_last }
}

#[test]
fn a_new_leader_reads_from_the_log_who_was_called_for_this_turn_in_this_queue() {
    let night = TeamId(Uuid::from_u128(0x52));
    let read = |facts: &[(i64, Fact)]| {
        let facts = facts.iter().map(|(minute, fact)| (at(*minute), fact));
        Calls::from_log(facts, (TEAM, at(10)))
    };
    assert_eq!(read(&[(3, called(false)), (9, called(true))]), Calls::default(), "an earlier turn");
    let first = read(&[(11, called(false))]);
    assert_eq!((first.due(true, at(20)), first.due(true, at(21))), (None, Some(Call::Again)));
    let both = read(&[(11, called(false)), (21, called(true))]);
    assert_eq!(both.due(true, at(40)), None);
    let moved = [(11, called(false)), (12, in_queue_of(night)), (13, in_queue_of(TEAM))];
    assert!(!read(&moved).is_begun(), "the other team has not called");
    let given_back = [(11, called(false)), (12, in_queue_of(TEAM))];
    assert!(read(&given_back).is_begun(), "the same queue has it again");
    let trail = Box::new(Trail { to_team: Some(TEAM), ..Trail::default() });
    let moves = Fact::Routed { agent_id: None, offer: None, trail };
    assert!(!read(&[(11, moves)]).is_begun(), "a move calls nobody");
    let trail = Box::new(Trail { circle: true, ..Trail::default() });
    let circle = Fact::Routed { agent_id: None, offer: None, trail };
    assert!(!read(&[(11, circle)]).is_begun(), "that it goes round is no call of the team");
}
