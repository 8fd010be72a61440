//! The way to the server: what is tried again, when, and what never is.

use std::time::Duration;

use baton_model::team::talk;

use super::phone::{Phone, note};
use crate::outbox::{ActStage, Failure, RetryCause, TimeoutReason};

const SECOND: Duration = Duration::from_secs(1);

/// A phone whose first request is under way.
fn sending() -> (Phone, u64) {
    let mut phone = Phone::new(1);
    let hola = phone.says(talk(0), "Hola");
    phone.stores();
    (phone, hola.number)
}

fn fails_with(phone: &mut Phone, failure: Failure) {
    let request = phone.requests.remove(0);
    phone.fails(&request, failure);
    phone.stores();
}

#[test]
fn whatever_is_transient_is_tried_again() {
    let http = |status| Failure::Http { status, retry_after: None };
    let statuses = [401, 408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 200, 302];
    let failures = [Failure::Lost, Failure::NotSent];
    for failure in failures.into_iter().chain(statuses.map(http)) {
        let (mut phone, hola) = sending();
        fails_with(&mut phone, failure);
        assert!(matches!(phone.stage(hola), ActStage::Sending | ActStage::Waiting), "{failure:?}");
        assert!(phone.waits());
        phone.runs();
        assert_eq!(phone.stage(hola), ActStage::Acknowledged, "{failure:?}");
        assert_eq!(phone.texts(), ["Hola"]);
    }
}

#[test]
fn a_session_that_has_ended_is_said_so() {
    let (mut phone, hola) = sending();
    fails_with(&mut phone, Failure::Http { status: 401, retry_after: None });
    assert_eq!(phone.sign_ins, 1);
    phone.kicked(RetryCause::SignedIn);
    phone.runs();
    assert_eq!(phone.stage(hola), ActStage::Acknowledged);
}

#[test]
fn pauses_grow_are_spread_and_end_with_the_first_answer() {
    let mut pauses: Vec<Duration> = Vec::new();
    let (mut phone, _) = sending();
    for _ in 0..40 {
        fails_with(&mut phone, Failure::Lost);
        let (at, what) = phone.outbox.poll_timeout(phone.now()).unwrap();
        assert_eq!(what, TimeoutReason::Retry);
        pauses.push(at.saturating_sub(phone.mono));
        phone.waits();
    }
    assert!(pauses[0] <= SECOND && pauses[1] <= SECOND * 2);
    let late = &pauses[6..];
    assert!(late.iter().all(|pause| *pause <= SECOND * 30));
    assert!(late.iter().any(|pause| *pause > SECOND * 20), "{late:?}");
    assert!(late.iter().any(|pause| *pause < SECOND * 10), "{late:?}");
    phone.runs();
    phone.passes(SECOND * 2);
    phone.says(talk(0), "Chau");
    phone.stores();
    fails_with(&mut phone, Failure::Lost);
    let (at, _) = phone.outbox.poll_timeout(phone.now()).unwrap();
    assert!(at.saturating_sub(phone.mono) <= SECOND);
}

#[test]
fn a_kick_tries_at_once_but_not_before_the_server_said() {
    let (mut phone, hola) = sending();
    let retry_after = Some(SECOND * 7);
    fails_with(&mut phone, Failure::Http { status: 503, retry_after });
    for kick in [
        RetryCause::Foreground,
        RetryCause::Network,
        RetryCause::Pressed,
        RetryCause::Opened(talk(0)),
    ] {
        phone.passes(SECOND + SECOND / 2);
        phone.kicked(kick);
        phone.stores();
        assert!(phone.requests.is_empty(), "{kick:?}");
    }
    phone.passes(SECOND);
    phone.runs();
    assert_eq!(phone.stage(hola), ActStage::Acknowledged);
}

#[test]
fn every_kick_tries_at_once() {
    for kick in [
        RetryCause::Foreground,
        RetryCause::Network,
        RetryCause::Pressed,
        RetryCause::Connected,
        RetryCause::SignedIn,
        RetryCause::Opened(talk(0)),
    ] {
        let (mut phone, _) = sending();
        for _ in 0..8 {
            fails_with(&mut phone, Failure::Lost);
            phone.waits();
        }
        fails_with(&mut phone, Failure::Lost);
        phone.passes(Duration::from_millis(1));
        phone.requests.clear();
        phone.kicked(kick);
        assert_eq!(phone.requests.len(), 1, "{kick:?}");
    }
}

#[test]
fn a_busy_server_is_left_alone_as_long_as_it_says_and_others_are_not_kept_waiting() {
    let mut phone = Phone::new(2);
    phone.server.busy = 1;
    let hola = phone.says(talk(0), "Hola");
    phone.runs();
    assert_eq!(phone.stage(hola.number), ActStage::Sending);
    let (at, what) = phone.outbox.poll_timeout(phone.now()).unwrap();
    assert_eq!(what, TimeoutReason::RetryLane);
    assert!(at.saturating_sub(phone.mono) >= SECOND);
    phone.says(talk(1), "elsewhere");
    phone.taps(talk(0), note("a note"));
    phone.runs();
    assert_eq!(phone.texts(), ["elsewhere", "a note"]);
    phone.waits();
    phone.runs();
    assert_eq!(phone.texts().len(), 3);
}

#[test]
fn a_server_that_is_too_busy_for_many_acts_at_once_is_left_alone_as_for_one() {
    let mut phone = Phone::new(1);
    phone.server.busy = 40;
    for n in 0..40 {
        phone.taps(talk(0), note(&format!("note {n}")));
    }
    phone.runs();
    assert_eq!((phone.server.busy, phone.texts().len()), (0, 0));
    let (at, what) = phone.outbox.poll_timeout(phone.now()).unwrap();
    assert_eq!(what, TimeoutReason::RetryLane);
    assert_eq!(at.saturating_sub(phone.mono), SECOND);
    phone.waits();
    phone.runs();
    assert_eq!(phone.texts().len(), 40);
}

#[test]
fn nothing_is_sent_without_a_network_or_asleep_and_nothing_is_waited_for() {
    let mut phone = Phone::new(1);
    phone.outbox.set_network(false, phone.now());
    phone.says(talk(0), "Hola");
    phone.stores();
    assert!(phone.requests.is_empty());
    let timeout = phone.outbox.poll_timeout(phone.now());
    assert!(matches!(timeout, Some((_, TimeoutReason::TooOld))), "{timeout:?}");
    phone.outbox.set_awake(false, phone.now());
    phone.outbox.set_network(true, phone.now());
    phone.stores();
    assert!(phone.requests.is_empty());
    phone.outbox.set_awake(true, phone.now());
    phone.runs();
    assert_eq!(phone.texts(), ["Hola"]);
}

#[test]
fn an_empty_outbox_waits_for_nothing() {
    let mut phone = Phone::new(1);
    assert_eq!(phone.outbox.poll_timeout(phone.now()), None);
    phone.says(talk(0), "Hola");
    phone.runs();
    phone.look();
    phone.runs();
    assert_eq!(phone.outbox.poll_timeout(phone.now()), None);
}

#[test]
fn an_answer_that_never_comes_is_given_up_and_the_same_is_sent_again() {
    let (mut phone, hola) = sending();
    let silent = phone.requests.remove(0);
    let (at, what) = phone.outbox.poll_timeout(phone.now()).unwrap();
    assert_eq!((at, what), (phone.mono + SECOND * 15, TimeoutReason::Answer));
    phone.waits();
    phone.waits();
    phone.runs();
    phone.arrives(&silent);
    assert_eq!(phone.stage(hola), ActStage::Acknowledged);
    assert_eq!(phone.texts(), ["Hola"]);
}

#[test]
fn what_certainly_never_left_is_the_authors_to_change_at_once() {
    let (mut phone, hola) = sending();
    fails_with(&mut phone, Failure::NotSent);
    assert_eq!(phone.stage(hola), ActStage::Waiting);
    phone.withdraws(hola);
    assert_eq!(phone.stage(hola), ActStage::NeedsReview);
}

#[test]
fn a_store_that_fails_is_tried_again_after_a_while() {
    let (mut phone, hola) = sending();
    let request = phone.requests.remove(0);
    phone.arrives(&request);
    let answer = phone.answers.remove(0);
    phone.hears(answer);
    phone.store_fails();
    assert!(phone.writing.is_empty());
    let (at, what) = phone.outbox.poll_timeout(phone.now()).unwrap();
    assert_eq!((at, what), (phone.mono + SECOND, TimeoutReason::Store));
    phone.waits();
    phone.runs();
    assert_eq!(phone.stage(hola), ActStage::Acknowledged);
    assert!(phone.outbox.is_kept(hola));
}

#[test]
fn a_server_that_cannot_say_what_became_of_it_is_asked_again_later() {
    let (mut phone, hola) = sending();
    fails_with(&mut phone, Failure::Lost);
    phone.withdraws(hola);
    phone.waits();
    phone.stores();
    let asked = phone.requests.remove(0);
    phone.server.busy = 1;
    let command = phone.sent.values().next().unwrap().0.clone();
    let results = phone.commands(&[command]);
    phone.hears(super::phone::Answer { id: asked.id, life: asked.life, results });
    assert_eq!(phone.stage(hola), ActStage::Checking);
    assert!(phone.requests.is_empty());
    let (at, what) = phone.outbox.poll_timeout(phone.now()).unwrap();
    assert_eq!((at, what), (phone.mono + SECOND, TimeoutReason::Retry));
    phone.waits();
    phone.runs();
    assert_eq!(phone.stage(hola), ActStage::NeedsReview);
}
