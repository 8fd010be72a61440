//! When what is held is locked, over clocks that do what clocks do.

use std::time::Duration;

use baton_protocol::Timestamp;
use baton_protocol::frame::ServerFrame;
use proptest::prelude::*;

use super::net::PUSH_DEADLINE;
use super::pushes::fcm;
use super::server::{ANA, talk};
use super::world::World;
use crate::link::{Answer, Failure, Input, Ticket, Token};
use crate::phone::contact::Contact;
use crate::phone::{Effect, Now, Phone};
use crate::push::handle::Outcome;
use crate::push::payload::Push;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const LIMIT: i64 = 72 * HOUR;
const BEGIN: Timestamp = Timestamp::from_ms(1_700_000_000_000);

fn after(ms: i64) -> Timestamp {
    BEGIN.plus_ms(ms)
}

/// One that heard the server at the beginning.
fn heard() -> Contact {
    let mut contact = Contact::restored(None, LIMIT, BEGIN);
    contact.hear(BEGIN);
    contact
}

/// The process ended, and another begins with what was kept.
fn again(contact: &Contact, wall: Timestamp) -> Contact {
    Contact::restored(contact.to_keep().as_deref(), LIMIT, wall)
}

fn look(contact: &mut Contact, wall: Timestamp) -> bool {
    contact.look(wall, false)
}

#[test]
fn who_never_heard_the_server_is_locked_and_so_is_what_cannot_be_read() {
    assert!(Contact::restored(None, LIMIT, BEGIN).is_locked());
    assert!(Contact::restored(Some(b"12345678"), LIMIT, BEGIN).is_locked());
    assert_eq!(Contact::restored(None, LIMIT, BEGIN).to_keep(), None);
}

#[test]
fn it_locks_at_the_limit_and_opens_when_the_server_is_heard() {
    let mut contact = heard();
    assert_eq!(contact.left_ms(after(HOUR)), Some(LIMIT.unsigned_abs() - 3_600_000));
    assert!(!look(&mut contact, after(LIMIT - 1)));
    assert!(look(&mut contact, after(LIMIT)));
    assert_eq!(contact.left_ms(after(LIMIT)), None);
    contact.hear(after(LIMIT + HOUR));
    assert!(!look(&mut contact, after(LIMIT + 2 * HOUR)));
}

#[test]
fn a_clock_that_is_set_back_opens_nothing() {
    let mut contact = heard();
    assert!(look(&mut contact, after(80 * HOUR)));
    for wall in [after(71 * HOUR), BEGIN, Timestamp::from_ms(0)] {
        assert!(look(&mut contact, wall));
        assert!(again(&contact, wall).is_locked());
    }
}

#[test]
fn a_clock_that_is_put_right_locks_nothing_and_one_that_is_set_far_back_does() {
    let mut contact = heard();
    look(&mut contact, after(30 * HOUR));
    assert!(!look(&mut contact, after(6 * HOUR)));
    // The time that had passed before counts on.
    assert_eq!(contact.left_ms(after(6 * HOUR)), Some(42 * 3_600_000));
    assert!(look(&mut contact, after(6 * HOUR - 1)));
    assert!(again(&contact, after(0)).is_locked());
    // Put right again.
    assert!(!look(&mut contact, after(31 * HOUR)));
}

#[test]
fn a_connection_that_is_silent_locks_nothing_and_one_that_stood_while_the_device_slept_does() {
    let mut contact = Contact::restored(None, 3_000, BEGIN);
    contact.hear(BEGIN);
    assert!(!contact.look(after(4 * MINUTE), true));
    assert!(contact.look(after(5 * MINUTE), true));
    assert!(contact.look(after(5 * MINUTE), false));
}

#[test]
fn it_is_written_now_and_then_and_when_it_locks() {
    let mut contact = heard();
    assert!(contact.to_keep().is_some());
    contact.is_kept();
    look(&mut contact, after(14 * MINUTE));
    assert_eq!(contact.to_keep(), None);
    look(&mut contact, after(15 * MINUTE));
    assert!(contact.to_keep().is_some());
    look(&mut contact, after(LIMIT - 1));
    contact.is_kept();
    look(&mut contact, after(LIMIT));
    assert!(contact.to_keep().is_some());
    contact.is_kept();
    contact.hear(after(LIMIT));
    assert!(contact.to_keep().is_some());
}

#[test]
fn a_phone_remembers_over_its_death_when_it_heard_the_server() {
    let mut world = World::new(1, 1);
    world.runs(Duration::from_secs(30));
    let at = |world: &World, hours: i64| {
        let now = world.clock();
        Now { wall: now.wall.plus_ms(hours * HOUR), ..now }
    };
    for (hours, is_locked) in [(71, false), (73, true), (1, true)] {
        let now = at(&world, hours);
        world.devices[0].phone.hear(Input::NetworkDown, now);
        world.devices[0].phone.goes_back(now.mono, now);
        world.devices[0].begins(now);
        assert_eq!(world.devices[0].phone.look_at_clock(now), is_locked, "after {hours} h");
    }
}

#[test]
fn what_counts_is_what_the_server_answers_to_who_has_a_token() {
    let mut world = World::new(1, 1);
    world.runs(Duration::from_secs(30));
    let phone = &mut world.devices[0].phone;
    let socket = phone.link.socket().unwrap();
    let now = Now { wall: BEGIN.plus_ms(1_000 * HOUR), mono: Duration::from_secs(2_000) };
    phone.hear(Input::NetworkDown, now);
    let refused = Failure::Refused { status: 401, code: None, retry_after_ms: None };
    for nothing in [
        Input::Tick,
        Input::NetworkUp,
        // Of a socket that is over, or one to a server that has not let it in.
        Input::Heard(socket),
        Input::SocketOpened(socket),
        Input::Frame(
            socket,
            Box::new(ServerFrame::Viewing { conversation_id: talk(0), agents: vec![] }),
        ),
        Input::Answered(Ticket(99), Err(refused.clone())),
        Input::Refreshed(Err(refused.clone())),
    ] {
        phone.hear(nothing.clone(), now);
        assert!(phone.look_at_clock(now), "{nothing:?}");
    }
    let token = Token { text: "good".to_owned(), good_until: Duration::MAX };
    let answer = Input::Answered(Ticket(99), Ok(Answer::Agents(vec![])));
    for (word, hours) in [(answer, 100), (Input::Refreshed(Ok(token)), 200)] {
        let later = Now { wall: now.wall.plus_ms(hours * HOUR), ..now };
        assert!(phone.look_at_clock(later));
        phone.hear(word.clone(), later);
        assert!(!phone.look_at_clock(later), "{word:?}");
    }
}

/// What a push makes this phone show.
fn shown(phone: &mut Phone, push: &Push, now: Now) -> Outcome {
    phone.push(1, &fcm(push), PUSH_DEADLINE, now);
    loop {
        let effect = phone.poll_effect().expect("no answer to the push");
        if let Effect::Pushed { outcome, .. } = effect {
            return *outcome;
        }
    }
}

#[test]
fn a_push_to_a_locked_phone_shows_nothing_of_what_is_held() {
    let mut world = World::new(1, 2);
    world.runs(Duration::from_secs(30));
    world.server.customer_writes(0);
    world.tells();
    world.runs(Duration::from_secs(1));
    let pushes = std::mem::take(&mut world.server.pushes.waiting);
    let (_, push) = pushes.into_iter().rfind(|(agent, _)| *agent == ANA).unwrap();
    let now = world.clock();
    let late = Now { wall: now.wall.plus_ms(80 * HOUR), ..now };
    let push = Push { expires_at: late.wall.plus_ms(HOUR), ..push };
    // Who may answer it, and with which line before their eyes, is known from the store alone.
    let knows = |outcome: &Outcome| !outcome.verdict.notification().unwrap().actions.is_empty();
    let [locked, open, _] = &mut world.devices[..] else { panic!("three devices") };
    locked.phone.hear(Input::NetworkDown, now);
    assert!(locked.phone.look_at_clock(late));
    let outcome = shown(&mut locked.phone, &push, late);
    assert!(!knows(&outcome));
    // What is shown outside of the app is not over because it cannot be looked up.
    assert_eq!((outcome.withdraw, outcome.update, outcome.badge), (vec![], vec![], None));
    let known = locked.phone.known(push.conversation).unwrap();
    assert_eq!((known.conversations.len(), known.unread), (0, None));
    open.phone.hear(Input::NetworkDown, now);
    open.phone.look_at_clock(late);
    open.phone.hears_server(late);
    assert!(knows(&shown(&mut open.phone, &push, late)));
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Passes(i64),
    IsSet(i64),
    Hears,
    Dies,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..40 * HOUR).prop_map(Step::Passes),
        2 => (-100 * HOUR..100 * HOUR).prop_map(Step::IsSet),
        1 => Just(Step::Hears),
        2 => Just(Step::Dies),
    ];
    prop::collection::vec(step, 1..40)
}

proptest! {
    #[test]
    fn whatever_a_clock_does_what_was_locked_is_opened_by_the_server_alone(steps in steps()) {
        let (mut wall, mut contact) = (BEGIN, heard());
        let mut kept = contact.to_keep();
        contact.is_kept();
        let (mut heard_at, mut latest) = (BEGIN, BEGIN);
        for step in steps {
            match step {
                Step::Passes(ms) | Step::IsSet(ms) => wall = wall.plus_ms(ms),
                Step::Hears => {
                    contact.hear(wall);
                    (heard_at, latest) = (wall, wall);
                }
                Step::Dies => contact = Contact::restored(kept.as_deref(), LIMIT, wall),
            }
            latest = latest.max(wall);
            let is_locked = look(&mut contact, wall);
            if let Some(bytes) = contact.to_keep() {
                kept = Some(bytes);
                contact.is_kept();
            }
            // What is written now and then may be behind by so much.
            let (passed, back) = (latest.since(heard_at), latest.since(wall));
            if passed >= LIMIT || back > 24 * HOUR + 15 * MINUTE {
                prop_assert!(is_locked, "{passed} {back}");
            } else if passed < LIMIT - 15 * MINUTE && back < 24 * HOUR {
                prop_assert!(!is_locked, "{passed} {back}");
            }
            prop_assert_eq!(contact.is_locked(), is_locked);
            prop_assert_eq!(contact.left_ms(wall).is_none(), is_locked);
        }
    }
}
