//! Clocks that are off, and what has become old.

use std::time::Duration;

use baton_model::team::{ANA, talk};

use super::phone::{Phone, note, op_at, reply};
use crate::outbox::{ActStage, Choice, Failure, ReviewReason, TimeoutReason};

const HOUR: Duration = Duration::from_secs(60 * 60);
const HOUR_MS: i64 = 60 * 60 * 1000;

#[test]
fn what_was_tapped_while_the_clock_was_off_takes_a_new_op_id_before_it_is_sent() {
    for hours in [-24 * 365, -30, 30, 24 * 365] {
        let mut phone = Phone::switched_off(1);
        phone.look();
        phone.ahead_ms = hours * HOUR_MS;
        let hola = phone.says(talk(0), "Hola");
        phone.connects();
        let op_id = phone.echo(hola.number).op_id;
        assert_ne!(op_id, hola.op_id);
        assert_eq!(op_id.made_at(), Some(phone.server.now));
        phone.runs();
        assert_eq!(phone.stage(hola.number), ActStage::Acknowledged, "{hours} h");
        // A second tap with the op id of the first means the same.
        let again = phone.tries(Some(hola.op_id), talk(0), reply("Hola", None)).unwrap();
        assert!(!again.is_new);
    }
}

#[test]
fn a_clock_that_was_put_right_meanwhile_is_found_out() {
    let mut phone = Phone::switched_off(1);
    phone.look();
    phone.ahead_ms = 30 * HOUR_MS;
    let hola = phone.says(talk(0), "Hola");
    phone.ahead_ms = 0;
    phone.connects();
    phone.runs();
    assert_eq!(phone.stage(hola.number), ActStage::Acknowledged);
}

#[test]
fn a_clock_that_is_right_changes_no_op_id() {
    let mut phone = Phone::switched_off(1);
    phone.look();
    phone.ahead_ms = 90_000;
    let hola = phone.says(talk(0), "Hola");
    phone.connects();
    assert_eq!(phone.echo(hola.number).op_id, hola.op_id);
}

#[test]
fn an_op_id_of_the_app_that_no_server_would_take_is_replaced() {
    let mut phone = Phone::new(1);
    let old = op_at(phone.now().wall.plus_ms(-8 * 24 * HOUR_MS), 3);
    let body = reply("Hola", phone.seen(talk(0)));
    let hola = phone.tries(Some(old), talk(0), body).unwrap();
    assert_ne!(hola.op_id, old);
    phone.runs();
    assert_eq!(phone.texts(), ["Hola"]);
}

#[test]
fn what_may_have_been_sent_keeps_its_op_id_whatever_the_clock_says() {
    let mut phone = Phone::switched_off(1);
    phone.look();
    phone.ahead_ms = 30 * HOUR_MS;
    phone.outbox.set_epoch(phone.epoch, phone.now());
    phone.outbox.set_awake(true, phone.now());
    let hola = phone.says(talk(0), "Hola");
    phone.stores();
    let lost = phone.requests.remove(0);
    phone.fails(&lost, Failure::Lost);
    phone.connects();
    assert_eq!(phone.echo(hola.number).op_id, hola.op_id);
    // Its op id is from the future: the server says so, is asked, and the author decides.
    for _ in 0..20 {
        phone.runs();
        if phone.stage(hola.number) == ActStage::NeedsReview || !phone.waits() {
            break;
        }
    }
    let Some(ReviewReason::Refused { refused }) = phone.echo(hola.number).reason else { panic!() };
    assert_eq!(refused.refusal.code(), "op_expired");
    assert!(phone.server.answer(ANA, hola.op_id).is_some(), "it can never arrive");
}

#[test]
fn what_is_older_than_a_day_is_not_sent_unasked() {
    let mut phone = Phone::switched_off(1);
    phone.look();
    let hola = phone.says(talk(0), "Hola");
    let told = phone.taps(talk(0), note("a note"));
    phone.stores();
    let timeout = phone.outbox.poll_timeout(phone.now());
    assert_eq!(timeout, Some((phone.mono + HOUR * 24, TimeoutReason::TooOld)));
    phone.passes(HOUR * 25);
    assert_eq!(phone.echo(hola.number).reason, Some(ReviewReason::TooOld));
    phone.connects();
    phone.runs();
    assert_eq!(phone.stage(told.number), ActStage::Acknowledged);
    assert_eq!(phone.texts(), ["a note"]);
    // Sent anyway, it is as new.
    let line = phone.server.customer_writes(0).unwrap();
    phone.look();
    phone.chooses(hola.number, Choice::SendAnyway { seen: Some(line) }).unwrap();
    phone.runs();
    assert_eq!(phone.stage(hola.number), ActStage::Acknowledged);
}

#[test]
fn what_is_old_and_may_have_been_sent_is_asked_for_first() {
    let mut phone = Phone::new(1);
    let hola = phone.says(talk(0), "Hola");
    phone.stores();
    let request = phone.requests.remove(0);
    phone.arrives(&request);
    phone.answers.clear();
    phone.restarts();
    phone.passes(HOUR * 30);
    assert_eq!(phone.stage(hola.number), ActStage::Checking);
    phone.connects();
    phone.runs();
    assert_eq!(phone.stage(hola.number), ActStage::Acknowledged);
    assert_eq!(phone.texts(), ["Hola"]);
}

#[test]
fn a_note_of_last_month_is_still_told() {
    let mut phone = Phone::switched_off(1);
    phone.look();
    let told = phone.taps(talk(0), note("a note"));
    phone.stores();
    phone.passes(HOUR * 24 * 30);
    phone.connects();
    phone.runs();
    assert_eq!(phone.stage(told.number), ActStage::Acknowledged);
}
