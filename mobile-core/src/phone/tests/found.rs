//! What random histories found, each as small as it can be.

use std::time::Duration;

use baton_protocol::CommandBody;
use baton_protocol::command::Reply;

use super::histories::Op;
use super::server::{ANA, talk};
use super::world::World;
use crate::push::payload::Push;

fn reply(world: &World, d: usize, text: &str) -> CommandBody {
    let (text, seen) = (text.to_owned(), world.devices[d].seen(talk(0)));
    CommandBody::Reply(Reply { text, seen, quoted: None, replaces: None, ignore_lease: false })
}

/// The last push to Ana, which is worth showing for an hour.
fn push(world: &mut World) -> Push {
    let pushes = std::mem::take(&mut world.server.pushes.waiting);
    let (_, push) = pushes.into_iter().rfind(|(agent, _)| *agent == ANA).unwrap();
    Push { expires_at: world.server.now.plus_ms(3_600_000), ..push }
}

/// Everybody is on line and has everything.
fn world() -> World {
    let mut world = World::new(1, 2);
    world.runs(Duration::from_secs(30));
    world
}

#[test]
fn a_board_that_the_store_did_not_take_is_brought_to_it_again() {
    let mut world = world();
    world.server.customer_writes(0);
    world.tells();
    world.runs(Duration::from_secs(1));
    let push = push(&mut world);
    // It fails when the board is written: what comes with it is of the receipt.
    *world.devices[0].store.faults.lock().unwrap() = (0, 3);
    world.push_comes(0, push);
    world.runs(Duration::from_secs(1));
    assert_ne!(world.devices[0].kept_board(), world.devices[0].phone.board);
    *world.devices[0].store.faults.lock().unwrap() = (0, 0);
    world.server.customer_writes(1);
    world.tells();
    world.runs(Duration::from_secs(1));
    assert_eq!(world.devices[0].kept_board(), world.devices[0].phone.board);
}

#[test]
fn what_a_late_push_told_of_another_life_goes_once_the_server_was_heard() {
    let mut world = world();
    world.plays(Op::BacksUp);
    world.server.customer_writes(0);
    let push = push(&mut world);
    world.plays(Op::PutBack(false));
    world.runs(Duration::from_secs(60));
    world.goes_back(0);
    world.network(0, false);
    world.runs(Duration::from_secs(10));
    world.devices[0].is_up = true;
    world.push_comes(0, push);
    world.devices[0].is_up = false;
    world.runs(Duration::from_secs(30));
    assert_eq!(world.devices[0].phone.board.tags().count(), 1);
    world.network(0, true);
    world.comes_forward(0);
    world.runs(Duration::from_secs(30));
    assert_eq!(world.devices[0].phone.board.tags().count(), 0, "it never happened");
}

#[test]
fn a_draft_that_the_store_takes_later_is_shown_when_it_does() {
    let mut world = world();
    let now = world.clock();
    *world.devices[0].store.faults.lock().unwrap() = (0, 6);
    world.devices[0].phone.types(talk(0), "half a", now);
    world.pump(0);
    world.runs(Duration::from_secs(30));
    world.devices[0].lists.are_fresh(&world.devices[0].phone);
    let draft = world.devices[0].phone.read(|read| read.draft(talk(0))).unwrap();
    assert_eq!(draft.map(|draft| draft.text), Some("half a".to_owned()));
}

#[test]
fn what_grows_old_wakes_nobody_in_the_background() {
    let mut world = world();
    world.network(0, false);
    let body = reply(&world, 0, "Hola");
    world.taps(0, talk(0), body);
    world.goes_back(0);
    world.runs(Duration::from_secs(10));
    assert!(!world.devices[0].is_open);
    let phone = &world.devices[0].phone;
    assert_eq!(phone.poll_timeout(world.clock()), None, "a timer, and every file is closed");
    world.runs(Duration::from_secs(25 * 3_600));
    assert_eq!(world.judge.met.get("the store failed"), None);
    // It is said as soon as somebody looks.
    world.comes_forward(0);
    assert_eq!(world.devices[0].phone.outbox().needs_review(), 1);
}
