//! The wish for pushes, decided without a network.

use baton_protocol::push::{PushLane, PushTargetKind};
use baton_protocol::{DeviceId, Timestamp};
use uuid::Uuid;

use crate::push::wish::{
    CONFIRM_EVERY_MS, PushAttempt, PushOffReason, PushState, PushTarget, PushTask, PushWish,
    RETRY_AFTER_MS, SET_UP_EVERY_MS,
};

const PHONE: DeviceId = DeviceId(Uuid::from_u128(1));
const OTHER: DeviceId = DeviceId(Uuid::from_u128(2));
const NOW: Timestamp = Timestamp::from_ms(1_000_000_000);

fn later(ms: i64) -> Timestamp {
    Timestamp::from_ms(NOW.ms() + ms)
}

fn target(token: &str) -> PushTarget {
    PushTarget {
        lane: PushLane::Fcm,
        kind: PushTargetKind::Token,
        target: token.to_owned(),
        app_id: None,
        env: None,
        locale: None,
        caps: Vec::new(),
    }
}

fn task(token: &str) -> PushTask {
    PushTask::Register(target(token))
}

/// A wish that the server has confirmed.
fn confirmed() -> PushWish {
    let mut wish = PushWish::default();
    wish.register(target("first"));
    assert_eq!(wish.state(Some(PHONE)), PushState::Waiting);
    assert_eq!(wish.task(PHONE, NOW), Some(task("first")));
    assert!(wish.attempted(task("first"), PHONE, PushAttempt::Done, NOW));
    assert_eq!(wish.state(Some(PHONE)), PushState::On);
    wish
}

#[test]
fn without_a_wish_pushes_are_off() {
    let wish = PushWish::default();
    assert_eq!(wish.state(Some(PHONE)), PushState::Off(PushOffReason::NotRegistered));
    assert_eq!(wish.task(PHONE, NOW), None);
}

#[test]
fn a_confirmed_wish_is_confirmed_again_every_seven_days() {
    let wish = confirmed();
    assert_eq!(wish.task(PHONE, later(CONFIRM_EVERY_MS - 1)), None);
    assert_eq!(wish.task(PHONE, later(CONFIRM_EVERY_MS)), Some(task("first")));
    // Meanwhile pushes still come.
    assert_eq!(wish.state(Some(PHONE)), PushState::On);
    assert_eq!(wish.task(PHONE, later(-1)), Some(task("first")));
}

#[test]
fn another_token_or_another_device_is_confirmed_anew() {
    let mut wish = confirmed();
    assert_eq!(wish.state(Some(OTHER)), PushState::Waiting);
    assert_eq!(wish.task(OTHER, NOW), Some(task("first")));
    wish.register(target("first"));
    assert_eq!(wish.task(PHONE, NOW), None);
    wish.register(target("second"));
    assert_eq!(wish.state(Some(PHONE)), PushState::Waiting);
    // An answer about the token before confirms nothing.
    wish.attempted(task("first"), PHONE, PushAttempt::Done, NOW);
    assert_eq!(wish.task(PHONE, NOW), Some(task("second")));
}

#[test]
fn who_signs_in_again_on_the_same_device_is_registered_anew() {
    let mut wish = confirmed();
    wish.signed_in();
    assert_eq!(wish.state(Some(PHONE)), PushState::Waiting);
    assert_eq!(wish.task(PHONE, NOW), Some(task("first")));
}

#[test]
fn a_failed_attempt_is_repeated_after_a_while() {
    let mut wish = PushWish::default();
    wish.register(target("first"));
    assert!(!wish.attempted(task("first"), PHONE, PushAttempt::Failed, NOW));
    assert_eq!(wish.state(Some(PHONE)), PushState::Waiting);
    assert_eq!(wish.task(PHONE, later(RETRY_AFTER_MS - 1)), None);
    assert_eq!(wish.retry_in(NOW), Some(RETRY_AFTER_MS));
    assert_eq!(wish.task(PHONE, later(RETRY_AFTER_MS)), Some(task("first")));
}

#[test]
fn a_refusal_is_a_reason_until_the_app_or_the_agent_begins_again() {
    let refused = || PushAttempt::Refused { code: "invalid".to_owned() };
    let off = PushState::Off(PushOffReason::Refused { code: "invalid".to_owned() });
    let mut wish = confirmed();
    assert!(wish.attempted(task("first"), PHONE, refused(), NOW));
    assert_eq!(wish.state(Some(PHONE)), off);
    assert_eq!(wish.task(PHONE, NOW), None);
    wish.signed_in();
    assert_eq!(wish.task(PHONE, NOW), Some(task("first")));
    // A refusal of the token before is nothing that holds for the next one.
    wish.register(target("second"));
    wish.attempted(task("first"), PHONE, refused(), NOW);
    assert_eq!(wish.state(Some(PHONE)), PushState::Waiting);
}

#[test]
fn a_server_that_is_not_set_up_is_asked_again_the_next_day() {
    let mut wish = PushWish::default();
    wish.register(target("first"));
    assert!(wish.attempted(task("first"), PHONE, PushAttempt::NotSetUp, NOW));
    let kept: PushWish = serde_json::from_slice(&serde_json::to_vec(&wish).unwrap()).unwrap();
    assert_eq!(kept.state(Some(PHONE)), PushState::Off(PushOffReason::NotSetUp));
    assert_eq!(kept.task(PHONE, later(SET_UP_EVERY_MS - 1)), None);
    assert_eq!(kept.task(PHONE, later(SET_UP_EVERY_MS)), Some(task("first")));
    wish.attempted(task("first"), PHONE, PushAttempt::Done, later(SET_UP_EVERY_MS));
    assert_eq!(wish.state(Some(PHONE)), PushState::On);
}

#[test]
fn the_end_and_a_reason_of_the_app_are_kept_too() {
    let mut wish = confirmed();
    wish.turn_off(PushOffReason::BatterySaver);
    assert_eq!(wish.state(Some(PHONE)), PushState::Off(PushOffReason::BatterySaver));
    assert_eq!(wish.task(PHONE, NOW), None, "they come later");
    wish.register(target("first"));
    assert_eq!(wish.state(Some(PHONE)), PushState::On);

    wish.turn_off(PushOffReason::Permission);
    let off = PushState::Off(PushOffReason::Permission);
    assert_eq!(wish.state(Some(PHONE)), off);
    assert_eq!(wish.task(PHONE, NOW), Some(PushTask::End), "nothing can be shown");
    wish.attempted(PushTask::End, PHONE, PushAttempt::Failed, NOW);
    assert_eq!(wish.retry_in(NOW), Some(RETRY_AFTER_MS));
    wish.attempted(PushTask::End, PHONE, PushAttempt::Done, NOW);
    assert_eq!((wish.task(PHONE, later(RETRY_AFTER_MS)), wish.state(Some(PHONE))), (None, off));
    wish.register(target("first"));
    assert_eq!(wish.task(PHONE, NOW), Some(task("first")));
    wish.attempted(task("first"), PHONE, PushAttempt::Done, NOW);

    wish.end();
    assert_eq!(wish.state(Some(PHONE)), PushState::Off(PushOffReason::NotRegistered));
    assert_eq!(wish.task(PHONE, NOW), Some(PushTask::End));
    let kept: PushWish = serde_json::from_slice(&serde_json::to_vec(&wish).unwrap()).unwrap();
    assert_eq!(kept.task(PHONE, NOW), Some(PushTask::End));
    wish.attempted(PushTask::End, PHONE, PushAttempt::Done, NOW);
    assert_eq!(wish.task(PHONE, NOW), None);
}
