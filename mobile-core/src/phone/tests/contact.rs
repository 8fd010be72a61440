//! When what is held is locked, over clocks that do what clocks do.

use std::time::Duration;

use baton_model::team::{ANA, talk};
use baton_protocol::Timestamp;
use baton_protocol::frame::ServerFrame;
use baton_protocol::page::SyncAnswer;
use proptest::prelude::*;

use super::device::Device;
use super::net::PUSH_DEADLINE;
use super::pushes::fcm;
use super::world::World;
use crate::link::{Failure, Fetched, Input, LastAsked, Query, SocketId, Ticket, Token};
use crate::phone::contact::{Contact, Proof};
use crate::phone::{CONTACT, Effect, LOCK_AFTER, Now, Phone};
use crate::push::handle::Outcome;
use crate::push::known::Foreground;
use crate::push::payload::Push;
use crate::store::ValueName;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const LIMIT: i64 = 72 * HOUR;
const BEGIN: Timestamp = Timestamp::from_ms(1_700_000_000_000);
const NOTHING: LastAsked = LastAsked { socket: SocketId(0), ticket: Ticket(0) };

/// The clock on the wall says this; the other one stands still, as it does while a device sleeps.
fn after(ms: i64) -> Now {
    Now { wall: BEGIN.plus_ms(ms), mono: Duration::ZERO }
}

/// One that heard the server at the beginning.
fn heard() -> Contact {
    let mut contact = Contact::restore(None, LOCK_AFTER, after(0));
    contact.record(after(0));
    contact
}

/// The process ended, and another begins with what was kept.
fn again(contact: &Contact, now: Now) -> Contact {
    Contact::restore(contact.to_keep().as_deref(), LOCK_AFTER, now)
}

fn look(contact: &mut Contact, now: Now) -> bool {
    contact.update(now, false, NOTHING)
}

fn left_ms(contact: &Contact) -> Option<i64> {
    contact.left().map(|left| i64::try_from(left.as_millis()).unwrap())
}

#[test]
fn who_never_heard_the_server_is_locked_and_so_is_what_cannot_be_read() {
    assert!(Contact::restore(None, LOCK_AFTER, after(0)).is_locked());
    assert!(Contact::restore(Some(b"12345678"), LOCK_AFTER, after(0)).is_locked());
    assert_eq!(Contact::restore(None, LOCK_AFTER, after(0)).to_keep(), None);
}

#[test]
fn it_locks_at_the_limit_and_opens_when_the_server_is_heard() {
    let mut contact = heard();
    assert!(!look(&mut contact, after(HOUR)));
    assert_eq!(left_ms(&contact), Some(LIMIT - HOUR));
    assert!(!look(&mut contact, after(LIMIT - 1)));
    assert_eq!(left_ms(&contact), Some(1));
    assert!(look(&mut contact, after(LIMIT)));
    assert_eq!(contact.left(), None);
    contact.record(after(LIMIT + HOUR));
    assert!(!look(&mut contact, after(LIMIT + 2 * HOUR)));
}

#[test]
fn a_clock_that_is_set_back_opens_nothing() {
    let mut contact = heard();
    assert!(look(&mut contact, after(80 * HOUR)));
    for now in [after(71 * HOUR), after(0), after(-1_000_000 * HOUR)] {
        assert!(look(&mut contact, now));
        assert!(again(&contact, now).is_locked());
    }
}

#[test]
fn a_clock_that_is_set_back_every_day_gains_nothing() {
    let (mut contact, mut wall, mut passed) = (heard(), 0, 0);
    while !look(&mut contact, after(wall)) {
        assert!(passed < LIMIT, "{} h passed", passed / HOUR);
        (wall, passed) = (wall + HOUR, passed + HOUR);
        if passed % (23 * HOUR) == 0 {
            look(&mut contact, after(wall));
            wall -= 23 * HOUR;
            contact = again(&contact, after(wall));
        }
    }
    assert_eq!(passed, LIMIT);
}

#[test]
fn a_clock_that_stands_still_gains_nothing_while_the_process_lives() {
    let mut contact = heard();
    let at = |hours: u64| Now { mono: Duration::from_secs(hours * 3_600), ..after(0) };
    assert!(!look(&mut contact, at(71)));
    assert!(look(&mut contact, at(72)));
}

#[test]
fn a_clock_that_is_put_right_locks_nothing_and_one_that_is_set_far_back_does() {
    let mut contact = heard();
    look(&mut contact, after(30 * HOUR));
    assert!(!look(&mut contact, after(6 * HOUR)));
    // What had passed before counts on.
    assert_eq!(left_ms(&contact), Some(42 * HOUR));
    assert!(!look(&mut contact, after(47 * HOUR)));
    assert!(look(&mut contact, after(48 * HOUR)));
    let mut contact = heard();
    look(&mut contact, after(30 * HOUR));
    assert!(look(&mut contact, after(6 * HOUR - 1)));
    assert!(again(&contact, after(0)).is_locked());
    // Put right again.
    assert!(!look(&mut contact, after(31 * HOUR)));
    assert_eq!(left_ms(&contact), Some(17 * HOUR - 1));
}

#[test]
fn a_connection_that_is_silent_locks_nothing_and_one_that_stood_while_the_device_slept_does() {
    let mut contact = Contact::restore(None, Duration::from_secs(3), after(0));
    contact.record(after(0));
    assert!(!contact.update(after(4 * MINUTE), true, NOTHING));
    assert!(contact.update(after(5 * MINUTE), true, NOTHING));
    assert!(look(&mut contact, after(5 * MINUTE)));
}

#[test]
fn what_was_asked_before_the_device_slept_counts_for_nothing_after_it() {
    let asked = LastAsked { socket: SocketId(7), ticket: Ticket(7) };
    let slept = || {
        let mut contact = heard();
        contact.update(after(80 * HOUR), true, asked);
        contact
    };
    let now = |minutes: u64| Now { mono: Duration::from_secs(minutes * 60), ..after(80 * HOUR) };
    let (old, new) = (SocketId(7), SocketId(8));
    for (word, joined, minutes, is_heard) in [
        (Proof::Socket(old), Some(old), 0, false),
        (Proof::Answer(Ticket(7)), None, 0, false),
        (Proof::Socket(new), Some(new), 0, true),
        // Of one that is not joined.
        (Proof::Socket(new), Some(old), 0, false),
        (Proof::Socket(new), None, 0, false),
        (Proof::Answer(Ticket(8)), None, 0, true),
        // Whatever lay there was read long ago.
        (Proof::Socket(old), Some(old), 5, true),
    ] {
        let mut contact = slept();
        contact.record_proof(word, joined, now(minutes));
        assert_eq!(!contact.is_locked(), is_heard, "{word:?} {joined:?} {minutes}");
    }
}

#[test]
fn it_is_written_now_and_then_and_when_it_locks() {
    let mut contact = heard();
    assert!(contact.to_keep().is_some());
    contact.mark_kept();
    look(&mut contact, after(14 * MINUTE));
    assert_eq!(contact.to_keep(), None);
    look(&mut contact, after(15 * MINUTE));
    assert!(contact.to_keep().is_some());
    look(&mut contact, after(LIMIT - 1));
    contact.mark_kept();
    look(&mut contact, after(LIMIT));
    assert!(contact.to_keep().is_some());
    contact.mark_kept();
    contact.record(after(LIMIT));
    assert!(contact.to_keep().is_some());
}

#[test]
fn a_short_time_to_lock_after_is_kept_as_closely() {
    let minute = Duration::from_secs(60);
    let mut contact = Contact::restore(None, 10 * minute, after(0));
    let mut kept = None;
    for minutes in 0..60 {
        contact.record(after(minutes * MINUTE));
        kept = contact.to_keep().or(kept);
        if contact.to_keep().is_some() {
            contact.mark_kept();
        }
        let now = after(minutes * MINUTE + 8 * MINUTE);
        assert!(!Contact::restore(kept.as_deref(), 10 * minute, now).is_locked());
    }
}

#[test]
fn the_clock_on_the_wall_is_looked_at_every_minute_without_a_server() {
    let mut world = World::new(1, 1);
    world.runs(Duration::from_secs(30));
    let now = world.clock();
    let phone = &mut world.devices[0].phone;
    phone.hear(Input::NetworkDown, now);
    let (at, _) = phone.poll_timeout(now).unwrap();
    assert!(at <= now.mono + Duration::from_secs(60));
    phone.update_lock(Now { wall: now.wall.plus_ms(80 * HOUR), ..now });
    let next = phone.poll_timeout(now);
    assert!(next.as_ref().is_none_or(|(at, _)| *at > now.mono), "{next:?}");
}

#[test]
fn a_phone_remembers_over_its_death_when_it_heard_the_server() {
    let mut world = World::new(1, 1);
    world.runs(Duration::from_secs(30));
    let begin = world.clock();
    // As it was in the store at the moment of its death.
    world.devices[0].is_killed(begin);
    for (hours, is_locked) in [(71, false), (73, true), (1, true)] {
        let now = Now { wall: begin.wall.plus_ms(hours * HOUR), ..begin };
        assert_eq!(world.devices[0].phone.update_lock(now), is_locked, "after {hours} h");
        world.devices[0].phone.enter_background(now.mono, now);
        world.devices[0].begins(now);
        assert_eq!(world.devices[0].phone.update_lock(now), is_locked, "again, {hours} h");
    }
}

#[test]
fn what_counts_is_what_the_server_answers_to_who_has_a_token() {
    let mut world = World::new(1, 1);
    world.runs(Duration::from_secs(30));
    let phone = &mut world.devices[0].phone;
    let socket = phone.machines().link.socket().unwrap();
    let now = Now { wall: BEGIN.plus_ms(1_000 * HOUR), mono: Duration::from_secs(2_000) };
    phone.hear(Input::NetworkDown, now);
    let refused = Failure::Refused { status: 401, code: None, retry_after_ms: None };
    let token = Token { text: "good".to_owned(), good_until: Duration::MAX };
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
        Input::Refreshed(Err(refused)),
        // It may have come before the device slept: what follows it will tell.
        Input::Refreshed(Ok(token)),
    ] {
        phone.hear(nothing.clone(), now);
        assert!(phone.update_lock(now), "{nothing:?}");
    }
    phone.hear(Input::Answered(Ticket(99), Ok(Fetched::Agents(vec![]))), now);
    assert!(!phone.update_lock(now));
}

#[test]
fn what_lay_there_while_the_device_slept_is_not_heard() {
    let mut world = World::new(1, 1);
    world.runs(Duration::from_secs(30));
    let now = world.clock();
    let late = Now { wall: now.wall.plus_ms(80 * HOUR), ..now };
    let phone = &mut world.devices[0].phone;
    let socket = phone.machines().link.socket().unwrap();
    phone.hear(Input::Heard(socket), late);
    assert!(phone.update_lock(late));
}

#[test]
fn where_the_store_does_not_take_it_nothing_else_fails_and_it_is_brought_there_later() {
    let mut world = World::new(1, 1);
    world.runs(Duration::from_secs(30));
    let now = world.clock();
    let at = |minutes: u64| Now {
        wall: now.wall.plus_ms(20 * MINUTE + i64::try_from(minutes).unwrap() * MINUTE),
        mono: now.mono + Duration::from_secs(minutes * 60),
    };
    let device = &mut world.devices[0];
    device.phone.hear(Input::NetworkDown, now);
    while device.phone.poll_effect().is_some() {}
    let kept = |device: &Device| {
        let read = device.phone.read(|read| read.kept(ValueName::Setting(CONTACT)));
        read.unwrap().unwrap()
    };
    let before = kept(device);
    *device.store.faults.lock().unwrap() = (0, 1);
    device.phone.hear(Input::Tick, at(0));
    assert_eq!(kept(device), before);
    let failed = std::iter::from_fn(|| device.phone.poll_effect())
        .any(|effect| matches!(effect, Effect::StoreFailed(_)));
    assert!(!failed);
    device.phone.hear(Input::Tick, at(1));
    assert_ne!(kept(device), before);
}

/// What a push makes this phone show.
fn shown(phone: &mut Phone, push: &Push, now: Now) -> Outcome {
    phone.handle_push(1, &fcm(push), PUSH_DEADLINE, now);
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
    let pushes = world.take_pushes();
    let (_, push) = pushes.into_iter().rfind(|(agent, _)| *agent == ANA).unwrap();
    let now = world.clock();
    let late = Now { wall: now.wall.plus_ms(80 * HOUR), ..now };
    let push = Push { expires_at: late.wall.plus_ms(HOUR), ..push };
    // Who may answer it, and with which line before their eyes, is known from the store alone.
    let knows = |outcome: &Outcome| !outcome.verdict.notification().unwrap().actions.is_empty();
    let [locked, open, _] = &mut world.devices[..] else { panic!("three devices") };
    locked.phone.hear(Input::NetworkDown, now);
    locked.phone.view(push.conversation, now);
    let outcome = shown(&mut locked.phone, &push, late);
    assert!(!knows(&outcome));
    // What is shown outside of the app is not over because it cannot be looked up.
    assert_eq!((outcome.withdraw, outcome.update, outcome.badge), (vec![], vec![], None));
    // What its extension left is taken over by a phone that knows as little.
    open.phone.hear(Input::NetworkDown, now);
    open.phone.take_over_drops(&open.drops, late).unwrap();
    assert_eq!(open.phone.machines().known(push.conversation).unwrap().cursor, None);
    let known = locked.phone.machines().known(push.conversation).unwrap();
    assert_eq!((known.conversations.len(), known.unread), (0, None));
    // What is on the screen is not to be seen there.
    assert_eq!(known.foreground, Some(Foreground { conversation: None }));
    open.phone.record_contact(late);
    assert!(knows(&shown(&mut open.phone, &push, late)));
}

#[test]
fn a_push_to_a_locked_phone_asks_the_server_that_opens_it() {
    let mut world = World::new(1, 2);
    world.runs(Duration::from_secs(30));
    world.server.customer_writes(0);
    world.tells();
    let pushes = world.take_pushes();
    let (_, push) = pushes.into_iter().rfind(|(agent, _)| *agent == ANA).unwrap();
    let now = world.clock();
    let late = Now { wall: now.wall.plus_ms(80 * HOUR), ..now };
    let phone = &mut world.devices[0].phone;
    phone.enter_background(now.mono, now);
    shown(phone, &push, late);
    let asked = std::iter::from_fn(|| phone.poll_effect()).find_map(|effect| {
        if let Effect::Fetch(ticket, Query::Sync(_)) = effect { Some(ticket) } else { None }
    });
    let answer = SyncAnswer { cursor: push.cursor, frames: vec![] };
    phone.hear(Input::Answered(asked.unwrap(), Ok(Fetched::Sync(answer))), late);
    assert!(!phone.update_lock(late));
}

#[test]
fn who_signed_in_and_whose_phone_died_at_once_is_not_locked_out() {
    let now = after(0);
    let mut device = Device::new(0, ANA, false, now);
    device.is_killed(now);
    assert!(!device.phone.update_lock(now));
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Passes(i64),
    Lives(i64),
    IsSet(i64),
    Hears,
    Dies,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..40 * HOUR).prop_map(Step::Passes),
        2 => (0..10 * HOUR).prop_map(Step::Lives),
        2 => (-100 * HOUR..100 * HOUR).prop_map(Step::IsSet),
        1 => Just(Step::Hears),
        2 => Just(Step::Dies),
    ];
    prop::collection::vec(step, 1..40)
}

proptest! {
    /// However its clock is set: what of the time without the server a phone lived through counts.
    #[test]
    fn whatever_a_clock_does_what_was_seen_to_pass_counts(steps in steps()) {
        let (mut now, mut contact) = (after(0), heard());
        let mut kept = contact.to_keep();
        contact.mark_kept();
        let mut passed = 0;
        for step in steps {
            match step {
                Step::Passes(ms) => {
                    now.wall = now.wall.plus_ms(ms);
                    passed += ms;
                }
                Step::Lives(ms) => {
                    // While the wall's clock stands still.
                    now.mono += Duration::from_millis(ms.unsigned_abs());
                    passed += ms;
                }
                Step::IsSet(ms) => now.wall = now.wall.plus_ms(ms),
                Step::Hears => {
                    contact.record(now);
                    passed = 0;
                }
                Step::Dies => contact = Contact::restore(kept.as_deref(), LOCK_AFTER, now),
            }
            let is_locked = look(&mut contact, now);
            if let Some(bytes) = contact.to_keep() {
                kept = Some(bytes);
                contact.mark_kept();
            }
            prop_assert!(is_locked || passed < LIMIT + 15 * MINUTE * 40);
            prop_assert_eq!(contact.is_locked(), is_locked);
            prop_assert_eq!(contact.left().is_none(), is_locked);
        }
    }
}
