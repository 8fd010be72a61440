//! Episodes: resolve, reopen, waiting, snoozed, and what a customer's line does to them.

use baton_domain::decide::status::wake;
use baton_protocol::{Owner, Status};

use crate::team::{
    ANA, BEN, HOUR, LUCIA, SUPPORT, Team, accepted, cancel, claim, refused, reopen, reply, resolve,
    snooze, turn_from, wait, written,
};

#[test]
fn the_first_line_opens_the_first_episode_and_its_turn() {
    let team = Team::with_a_customer();
    let lucia = team.lucia();
    assert_eq!((lucia.head.episode, lucia.head.status), (1, Status::Open));
    assert_eq!(lucia.thread.turn, turn_from(team.seen().unwrap(), team.now));
    assert_eq!(lucia.head.owner, Owner::Queue(SUPPORT));
}

#[test]
fn further_lines_belong_to_the_turn_that_is_open() {
    let mut team = Team::with_a_customer();
    let turn = team.lucia().thread.turn;
    team.passes(HOUR);
    team.customer_writes(LUCIA);
    assert_eq!(team.lucia().thread.turn, turn);
}

#[test]
fn resolving_hands_to_the_queue_and_closes_the_turn() {
    let mut team = Team::with_a_customer();
    accepted(team.does(ANA, claim(1)));
    let seen = team.seen();
    refused(team.does(ANA, resolve(None)), "stale");
    accepted(team.does(ANA, resolve(seen)));
    let lucia = team.lucia();
    assert_eq!((lucia.head.status, lucia.head.owner), (Status::Resolved, Owner::Queue(SUPPORT)));
    assert_eq!((lucia.thread.turn, lucia.thread.last_agent), (None, None), "owning is no answer");
}

#[test]
fn a_message_after_resolved_opens_the_next_episode_in_the_queue() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    accepted(team.does(ANA, resolve(seen)));
    let line = team.customer_writes(LUCIA);
    let lucia = team.lucia();
    assert_eq!((lucia.head.status, lucia.head.episode), (Status::Open, 2));
    assert_eq!(lucia.thread.turn, turn_from(line, team.now));
}

#[test]
fn reopening_and_replying_open_an_episode_for_the_actor() {
    for body in [reopen(), reply(None)] {
        let mut team = Team::with_a_customer();
        let seen = team.seen();
        accepted(team.does(ANA, resolve(seen)));
        let body = if body == reopen() { body } else { reply(seen) };
        accepted(team.does(BEN, body));
        let head = &team.lucia().head;
        assert_eq!((head.episode, head.status), (2, Status::Open));
        assert_eq!(head.owner, Owner::Agent(BEN.agent));
    }
}

#[test]
fn a_customers_line_ends_waiting_and_snoozed() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    refused(team.does(ANA, wait(None)), "stale");
    accepted(team.does(ANA, wait(seen)));
    assert!(team.lucia().thread.turn.is_some(), "waiting leaves the turn open");
    let seen = Some(team.customer_writes(LUCIA));
    assert_eq!(team.lucia().head.status, Status::Open);
    let until = team.now.plus_ms(HOUR);
    refused(team.does(ANA, snooze(until, None)), "stale");
    accepted(team.does(ANA, snooze(until, seen)));
    assert!(team.lucia().thread.turn.is_some(), "so does a snooze");
    team.customer_writes(LUCIA);
    assert_eq!((team.lucia().head.status, team.lucia().head.episode), (Status::Open, 1));
}

#[test]
fn what_waits_or_is_snoozed_opens_again_and_stays_whose_it_is() {
    let mut team = Team::with_a_customer();
    accepted(team.does(ANA, claim(1)));
    let (seen, turn) = (team.seen(), team.lucia().thread.turn);
    let until = team.now.plus_ms(HOUR);
    for body in [wait(seen), snooze(until, seen)] {
        accepted(team.does(ANA, body));
        accepted(team.does(ANA, reopen()));
        let head = &team.lucia().head;
        assert_eq!((head.status, head.episode), (Status::Open, 1));
        assert_eq!(head.owner, Owner::Agent(ANA.agent));
        assert_eq!(team.lucia().thread.turn, turn);
    }
    assert!(wake(team.lucia(), until, until).is_empty(), "its alarm rings for nobody");
}

#[test]
fn what_is_resolved_neither_waits_nor_sleeps() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    accepted(team.does(ANA, resolve(seen)));
    refused(team.does(ANA, wait(seen)), "not_allowed");
    let until = team.now.plus_ms(HOUR);
    refused(team.does(ANA, snooze(until, seen)), "not_allowed");
}

#[test]
fn a_snooze_ends_in_the_future_within_a_year() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    let now = team.now;
    refused(team.does(ANA, snooze(now, seen)), "invalid");
    refused(team.does(ANA, snooze(now.plus_ms(400 * 24 * HOUR), seen)), "invalid");
    accepted(team.does(ANA, snooze(now.plus_ms(1), seen)));
}

#[test]
fn an_alarm_wakes_its_own_snooze_only_and_not_before_its_time() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    let until = team.now.plus_ms(HOUR);
    accepted(team.does(ANA, snooze(until, seen)));
    assert!(wake(team.lucia(), until, until.plus_ms(-1)).is_empty());
    assert!(wake(team.lucia(), until.plus_ms(1), until.plus_ms(1)).is_empty());
    assert_eq!(wake(team.lucia(), until, until).len(), 1);
    // Another snooze since: the old alarm is of no meaning.
    let later = until.plus_ms(HOUR);
    accepted(team.does(ANA, snooze(later, seen)));
    assert!(wake(team.lucia(), until, until).is_empty());
    team.customer_writes(LUCIA);
    assert!(wake(team.lucia(), later, later).is_empty());
}

#[test]
fn an_echo_closes_the_turn_and_leaves_window_status_and_owner() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    accepted(team.does(ANA, wait(seen)));
    let before = team.lucia().clone();
    team.somebody_answers_on_the_phone_app(LUCIA);
    let after = team.lucia();
    assert_eq!(after.thread.turn, None);
    assert_eq!(after.thread.window_until, before.thread.window_until);
    assert_eq!((after.head.status, after.head.owner), (before.head.status, before.head.owner));
    assert_eq!(after.thread.customer_seq, before.thread.customer_seq);
}

#[test]
fn an_edit_on_the_phone_app_answers_nobody() {
    let mut team = Team::new();
    team.customer_writes(LUCIA);
    team.somebody_answers_on_the_phone_app(LUCIA);
    team.customer_writes(LUCIA);
    let before = team.lucia().clone();
    team.somebody_edits_on_the_phone_app(LUCIA);
    let after = team.lucia();
    assert_eq!(after.head.last_seq, before.head.last_seq + 1, "it changes what was said");
    assert_eq!(after.thread.turn, before.thread.turn);
    assert_eq!(after.head.unanswered_since, before.head.unanswered_since);
    assert_eq!(after.thread.window_until, before.thread.window_until);
}

#[test]
fn an_edit_on_the_phone_app_hides_no_question_that_is_open_again() {
    let mut team = Team::new();
    team.customer_writes(LUCIA);
    let asked = team.lucia().thread.turn;
    let seen = team.seen();
    let answer = written(team.does(ANA, reply(seen)));
    team.somebody_edits_on_the_phone_app(LUCIA);
    assert_eq!(team.lucia().thread.turn, None);
    accepted(team.does(ANA, cancel(answer)));
    assert_eq!(team.lucia().thread.turn, asked);
}

#[test]
fn an_echo_may_be_the_first_line_of_all() {
    let mut team = Team::new();
    team.somebody_answers_on_the_phone_app(LUCIA);
    assert_eq!((team.lucia().head.episode, team.lucia().thread.turn), (1, None));
    let line = team.customer_writes(LUCIA);
    assert_eq!(team.lucia().head.episode, 1);
    assert_eq!(team.lucia().thread.turn, turn_from(line, team.now));
    let seen = team.seen();
    written(team.does(ANA, reply(seen)));
}
