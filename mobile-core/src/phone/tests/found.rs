//! What random histories found, each as small as it can be.

use std::time::Duration;

use baton_protocol::CommandBody;
use baton_protocol::command::Reply;

use super::server::talk;
use super::world::World;

fn reply(world: &World, d: usize, text: &str) -> CommandBody {
    let (text, seen) = (text.to_owned(), world.devices[d].seen(talk(0)));
    CommandBody::Reply(Reply { text, seen, quoted: None, replaces: None, ignore_lease: false })
}

/// Everybody is on line and has everything.
fn world() -> World {
    let mut world = World::new(1, 2);
    world.runs(Duration::from_secs(30));
    world
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
