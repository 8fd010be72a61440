//! Automatic acknowledgements on their way: overtaken by nothing, dropped once somebody answered.

use baton_domain::decide::delivery::{Claim, QUEUED_MS_MAX};
use baton_protocol::limits::WINDOW_MS;
use baton_protocol::{LineRef, MessageStatus};

use crate::delivery::refusal_of_meta;
use crate::team::{ANA, LUCIA, Team, accepted, cancel, reply, written};

/// Lucía wrote, and is told automatically that somebody will answer.
fn an_acknowledgement() -> (Team, LineRef) {
    let mut team = Team::with_a_customer();
    let line = team.acknowledges(LUCIA);
    (team, line)
}

#[track_caller]
fn is_dropped(team: &mut Team, line: LineRef) {
    let (turn, events) = (team.lucia().thread.turn, team.log.len());
    team.holds(line);
    assert_eq!(team.status_of(line.id), Some(MessageStatus::Cancelled));
    assert_eq!(team.lucia().thread.turn, turn, "the turn is as it was");
    assert_eq!(team.log.len(), events + 1, "nothing else happened");
}

#[test]
fn the_message_that_is_acknowledged_does_not_overtake_its_acknowledgement() {
    let (mut team, line) = an_acknowledgement();
    team.sends(line);
    assert_eq!(team.status_of(line.id), Some(MessageStatus::Accepted));
    let (mut team, line) = an_acknowledgement();
    team.customer_writes(LUCIA);
    team.sends(line);
    assert!(team.lucia().thread.turn.is_some(), "and answers nothing");
}

#[test]
fn an_acknowledgement_is_dropped_once_somebody_has_answered() {
    let (mut team, line) = an_acknowledgement();
    let seen = team.seen();
    let answer = written(team.does(ANA, reply(seen)));
    is_dropped(&mut team, line);
    team.sends(answer);

    let (mut team, line) = an_acknowledgement();
    team.somebody_answers_on_the_phone_app(LUCIA);
    is_dropped(&mut team, line);

    // An answer that was kept back is none.
    let (mut team, line) = an_acknowledgement();
    let seen = team.seen();
    let answer = written(team.does(ANA, reply(seen)));
    accepted(team.does(ANA, cancel(answer)));
    team.sends(line);
}

#[test]
fn an_acknowledgement_that_comes_too_late_is_dropped_and_nobody_is_asked() {
    let (mut team, line) = an_acknowledgement();
    team.passes(QUEUED_MS_MAX + 1);
    is_dropped(&mut team, line);
    let mut team = Team::with_a_customer();
    team.passes(WINDOW_MS - 1);
    let line = team.acknowledges(LUCIA);
    team.passes(1);
    is_dropped(&mut team, line);
}

#[test]
fn nothing_that_follows_a_failed_acknowledgement_is_held() {
    let (mut team, first) = an_acknowledgement();
    let seen = team.seen();
    let answer = written(team.does(ANA, reply(seen)));
    let second = team.acknowledges(LUCIA);
    assert_eq!(team.claim(LUCIA, answer.id), Claim::Wait, "each in its turn");
    let (mut alone, line) = an_acknowledgement();
    assert!(matches!(alone.claim(LUCIA, line.id), Claim::Go(_)));
    let follower = alone.acknowledges(LUCIA);
    alone.ends(LUCIA, line.id, &refusal_of_meta());
    assert_eq!(alone.status_of(line.id), Some(MessageStatus::Failed));
    assert_eq!(alone.status_of(follower.id), Some(MessageStatus::Queued));
    is_dropped(&mut team, first);
    team.sends(answer);
    team.sends(second);
}
