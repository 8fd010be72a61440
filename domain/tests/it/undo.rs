//! A message that can be taken back: it waits, and leaves when its time has come and not before.

use baton_domain::decide::delivery::Claim;
use baton_protocol::{HeldReason, LineRef, MessageStatus};

use crate::team::{
    ANA, ANA_DESK, BEN, EVA, LUCIA, SECOND, Team, accepted, cancel, refused, reply, send_now,
    turn_from, written,
};

const HOLD_MS: i64 = 5 * SECOND;

/// Ana answered, and can take it back.
fn answered() -> (Team, LineRef) {
    let mut team = Team::with_a_customer();
    team.hold_ms = HOLD_MS;
    let seen = team.seen();
    let line = written(team.does(ANA, reply(seen)));
    (team, line)
}

fn leaves(team: &mut Team, line: LineRef) -> bool {
    matches!(team.claim(LUCIA, line.id), Claim::Go(_))
}

#[test]
fn it_is_queued_at_once_and_leaves_when_its_time_has_come() {
    let (mut team, line) = answered();
    let row = team.rows[&LUCIA].last().expect("a row").clone();
    assert_eq!(row.status, Some(MessageStatus::Queued));
    assert_eq!(row.leaves_at, Some(team.now.plus_ms(HOLD_MS)));
    assert_eq!(team.lucia().thread.turn, None, "the turn is closed at once");
    team.passes(HOLD_MS - 1);
    assert_eq!(team.claim(LUCIA, line.id), Claim::Wait);
    team.passes(1);
    assert!(leaves(&mut team, line));
    let row = team.rows[&LUCIA].last().expect("a row");
    assert_eq!((row.status, row.leaves_at), (Some(MessageStatus::Sending), None));
}

#[test]
fn its_author_on_any_device_the_owner_and_a_supervisor_take_it_back() {
    for by in [ANA, ANA_DESK, EVA] {
        let (mut team, line) = answered();
        let turn = turn_from(LineRef { seq: 1, ..team.shown(LUCIA).expect("a line") }, team.now);
        accepted(team.does(by, cancel(line)));
        assert_eq!(team.status_of(line.id), Some(MessageStatus::Cancelled), "{by:?}");
        assert_eq!(team.lucia().thread.turn, turn, "the customer waits again");
        team.passes(HOLD_MS);
        assert_eq!(team.claim(LUCIA, line.id), Claim::Gone, "it never leaves");
    }
    let (mut team, line) = answered();
    refused(team.does(BEN, cancel(line)), "not_allowed");
}

#[test]
fn the_customers_line_within_the_wait_holds_it() {
    let (mut team, line) = answered();
    team.customer_writes(LUCIA);
    team.passes(HOLD_MS);
    assert!(!leaves(&mut team, line));
    let row = team.rows[&LUCIA].iter().find(|row| row.id == line.id).expect("a row");
    assert_eq!((row.held, row.leaves_at), (Some(HeldReason::Overtaken), None));
}

#[test]
fn its_author_sends_it_at_once_and_nobody_else_does() {
    let (mut team, line) = answered();
    refused(team.does(EVA, send_now(line)), "not_allowed");
    accepted(team.does(ANA_DESK, send_now(line)));
    assert_eq!(team.rows[&LUCIA].last().expect("a row").leaves_at, None);
    let before = team.log.len();
    accepted(team.does(ANA, send_now(line)));
    assert_eq!(team.log.len(), before, "once is enough");
    assert!(leaves(&mut team, line));
}

#[test]
fn what_was_taken_back_or_held_is_not_sent_at_once() {
    let (mut team, line) = answered();
    accepted(team.does(ANA, cancel(line)));
    refused(team.does(ANA, send_now(line)), "not_allowed");
    assert_eq!(team.status_of(line.id), Some(MessageStatus::Cancelled));
    let (mut team, line) = answered();
    team.customer_writes(LUCIA);
    team.passes(HOLD_MS);
    assert!(!leaves(&mut team, line));
    refused(team.does(ANA, send_now(line)), "not_allowed");
    assert_eq!(team.status_of(line.id), Some(MessageStatus::Held));
}

#[test]
fn the_next_one_does_not_overtake_it() {
    let (mut team, first) = answered();
    let after = team.last_op.expect("an op");
    let seen = team.seen();
    let second = written(team.does_after(ANA, after, reply(seen)));
    accepted(team.does(ANA, send_now(second)));
    assert_eq!(team.claim(LUCIA, second.id), Claim::Wait);
    team.passes(HOLD_MS);
    assert!(leaves(&mut team, first));
}
