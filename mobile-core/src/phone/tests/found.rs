//! What random histories found, each as small as it can be.

use std::time::Duration;

use baton_model::team::{ANA, BEN, Deed, talk};
use baton_protocol::CommandBody;
use baton_protocol::command::Reply;

use super::device::at;
use super::histories::Op;
use super::world::World;
use crate::compose::Typed;
use crate::phone::Now;
use crate::push::payload::{Push, PushId};
use crate::push::receipts::ReceiptStage;

fn reply(world: &World, d: usize, text: &str) -> CommandBody {
    let (text, seen) = (text.to_owned(), world.devices[d].seen(talk(0)));
    CommandBody::Reply(Reply {
        text,
        seen,
        quoted: None,
        replaces: None,
        ignore_lease: false,
        canned: None,
    })
}

/// The last push to Ana, which is worth showing for an hour.
fn push(world: &mut World) -> Push {
    let pushes = world.take_pushes();
    let (_, push) = pushes.into_iter().rfind(|(agent, _)| *agent == ANA).unwrap();
    Push { expires_at: world.server.now.plus_ms(3_600_000), ..push }
}

fn writes(n: u8) -> Op {
    Op::Happens(Deed::Writes(n))
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
    *world.devices[0].store.faults.lock().unwrap() = (0, 6);
    world.push_comes(0, push);
    assert_ne!(world.devices[0].kept_board(), world.devices[0].phone.machines().board);
    // Nothing else happens to it.
    world.runs(Duration::from_secs(10));
    assert_eq!(world.devices[0].kept_board(), world.devices[0].phone.machines().board);
}

#[test]
fn a_receipt_that_the_store_refused_once_is_brought_to_it_again() {
    let mut world = world();
    let now = world.clock();
    let device = &mut world.devices[0];
    *device.store.faults.lock().unwrap() = (0, 1);
    let push = PushId(uuid::Uuid::from_u128(1));
    // Its answer never comes: nothing else changes what waits.
    device.phone.notification_ended(push, ReceiptStage::Opened, &device.drops, now).unwrap();
    assert_eq!(device.kept_receipts(), []);
    let (due, _) = device.phone.poll_timeout(now).unwrap();
    assert!(due <= now.mono + Duration::from_secs(1), "nothing brings it to the store");
    let mono = now.mono + Duration::from_secs(1);
    device.phone.tick(Now { wall: at(mono), mono });
    let kept: Vec<_> = device.kept_receipts().iter().map(|one| one.id).collect();
    assert_eq!(kept, [push]);
}

/// A device whose process dies after any number of effects of what happens to it. Once somebody
/// looks, the app hears all the same what is over on its screen, and what is shown.
fn dies_at_any_moment(happens: impl Fn(&mut World)) {
    for effects in 0..40 {
        let mut world = world();
        world.goes_back(0);
        world.runs(Duration::from_secs(10));
        world.server.customer_writes(0);
        let push = push(&mut world);
        world.push_comes(0, push);
        world.runs(Duration::from_secs(10));
        assert_eq!(world.devices[0].screen.len(), 1);
        world.devices[0].dies_after = Some(effects);
        happens(&mut world);
        world.runs(Duration::from_secs(30));
        world.devices[0].dies_after = None;
        if !world.devices[0].is_foreground {
            world.comes_forward(0);
        }
        world.runs(Duration::from_secs(30));
        let device = &world.devices[0];
        let board: Vec<_> = device.phone.machines().board.tags().collect();
        let screen: Vec<_> = device.screen.keys().copied().collect();
        assert_eq!(screen, board, "killed after {effects} effects");
        assert_eq!(device.phone.machines().undelivered.tags(), [], "it is told for ever");
    }
}

#[test]
fn what_is_over_is_taken_away_whenever_the_process_dies() {
    dies_at_any_moment(|world| {
        world.server.customer_writes(1);
        world.tells();
        world.comes_forward(0);
        world.runs(Duration::from_secs(5));
        let now = world.clock();
        world.devices[0].phone.view(Some(talk(0)), now);
        world.pump(0);
    });
}

#[test]
fn what_a_push_shows_is_shown_whenever_the_process_dies() {
    dies_at_any_moment(|world| {
        world.server.customer_writes(1);
        let push = push(world);
        world.push_comes(0, push);
    });
}

#[test]
fn drops_that_the_store_did_not_take_in_are_there_after_a_death() {
    let mut world = world();
    world.goes_back(1);
    world.runs(Duration::from_secs(5));
    world.server.customer_writes(0);
    let push = push(&mut world);
    let id = push.id;
    world.push_comes(1, push);
    assert_eq!(world.devices[1].drops_waiting(), 1, "the extension took it");
    *world.devices[1].store.faults.lock().unwrap() = (0, 100);
    world.comes_forward(1);
    *world.devices[1].store.faults.lock().unwrap() = (0, 0);
    world.is_killed(1);
    assert!(world.devices[1].kept_board().has_seen_push(id));
    assert_eq!(world.devices[1].drops_waiting(), 0);
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
    assert_eq!(world.devices[0].phone.machines().board.tags().count(), 1);
    world.network(0, true);
    world.comes_forward(0);
    world.runs(Duration::from_secs(30));
    assert_eq!(world.devices[0].phone.machines().board.tags().count(), 0, "it never happened");
}

#[test]
fn a_draft_that_the_store_takes_later_is_shown_when_it_does() {
    let mut world = world();
    let now = world.clock();
    *world.devices[0].store.faults.lock().unwrap() = (0, 6);
    world.devices[0].phone.set_draft(talk(0), Typed::reply("half a"), now);
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

#[test]
fn an_act_that_ends_while_its_phone_begins_again_is_told() {
    let mut world = World::new(1_844_714_863_207_916_317, 4);
    for op in [Op::Killed(0), writes(0), writes(3), writes(2), Op::Night(200)] {
        world.plays(op);
    }
    for op in [Op::Taps(2, 0, 5), Op::Dies(2, 2), Op::StoreFails(2, 3, 1), Op::Passes(50)] {
        world.plays(op);
    }
    world.heals();
}

#[test]
fn after_a_backup_was_put_back_the_screen_shows_what_the_board_says() {
    use Deed::{Answers, Carries, Joins, Moves, Renames, Writes};
    use Op::{
        BacksUp, Cut, Dies, Happens, Looks, Network, Opens, Passes, PutBack, StoreFails, Swipes,
        Taps,
    };
    let mut world = World::new(3_284_880_763_671_144_927, 4);
    let ops = [
        vec![Network(0, true), Happens(Joins(BEN, 1, true)), Cut(0, true), Passes(50)],
        vec![Network(0, false), Happens(Writes(1)), Happens(Moves(0, 2, 0)), Passes(1000)],
        vec![Looks(0, false), Passes(15), Happens(Carries(0)), Taps(0, 0, 0), Happens(Carries(0))],
        vec![Happens(Carries(0)), Taps(0, 0, 0), Happens(Carries(0)), Passes(1)],
        vec![StoreFails(0, 0, 1), Happens(Writes(0)), Looks(2, true), BacksUp, Opens(1, None)],
        vec![Cut(2, true), Happens(Renames(2)), Happens(Answers(1)), Dies(2, 0)],
        vec![Happens(Writes(1)), Happens(Writes(2)), Taps(2, 0, 0), Taps(1, 0, 0), Passes(1000)],
        vec![Happens(Writes(0)), Happens(Answers(0)), Happens(Moves(0, 1, 0))],
        vec![Happens(Answers(0)), PutBack(false), Opens(0, None), Happens(Writes(0))],
        vec![Taps(0, 0, 0), Swipes(2)],
    ];
    ops.into_iter().flatten().for_each(|op| world.plays(op));
    world.heals();
}

/// What the extension showed is swiped away before the app had a look at it.
#[test]
fn what_is_swiped_away_is_off_the_board() {
    let mut world = World::new(110_645_217_185_178_164, 4);
    let ops = [
        Op::Happens(Deed::Sets(ANA, 0)),
        Op::Looks(1, false),
        writes(0),
        Op::Killed(1),
        Op::Happens(Deed::Answers(1)),
        Op::Passes(1000),
        Op::Swipes(1),
    ];
    ops.into_iter().for_each(|op| world.plays(op));
    world.heals();
}
