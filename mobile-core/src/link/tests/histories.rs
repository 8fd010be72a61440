//! Random histories: whatever happened before, once there is a network, a server and somebody who
//! looks, the phone holds what a fresh one would.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use baton_protocol::Visibility;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};

use super::model::Deed;
use super::world::{Death, Health, World, ms};
use crate::link::{Input, State, TimeoutReason};

/// One thing that happens.
#[derive(Clone, Copy, Debug)]
enum Op {
    /// In the team; told at once, or with what comes next.
    Happens(Deed, bool),
    Passes(u64),
    Cut(bool),
    Network(bool),
    Moves,
    Looks(bool),
    Acts,
    Wakes(u64),
    Killed,
    Dies(Death),
    Health(Health),
    Drains(u64),
    Closes(u16),
    LosesEvents,
    Repeats(usize),
    Expires,
    Flaky(u64),
    /// What is read from here on may be a little old, until it is not any more.
    Lags(bool),
    Restored(usize),
    Forgets,
    DiskFails(u32),
    Garbage,
}

pub(super) fn deeds() -> impl Strategy<Value = Deed> {
    let n = || 0..6_u8;
    let shows = vec![Visibility::Full, Visibility::Head, Visibility::Own];
    prop_oneof![
        20 => n().prop_map(Deed::Writes),
        6 => n().prop_map(Deed::Replies),
        3 => n().prop_map(Deed::Notes),
        2 => n().prop_map(Deed::Renames),
        4 => n().prop_map(Deed::Reads),
        8 => (n(), 0..3_u8, 0..2_u8).prop_map(|(n, to, team)| Deed::Moves(n, to, team)),
        2 => (0..2_u8, any::<bool>()).prop_map(|(team, joins)| Deed::Membership(team, joins)),
        1 => (0..2_u8, select(shows)).prop_map(|(team, shows)| Deed::Shows(team, shows)),
        1 => Just(Deed::Agents),
    ]
}

fn ops() -> impl Strategy<Value = Op> {
    let times = vec![1, 15, 50, 200, 200, 1_000, 1_000, 5_000, 40_000, 100_000];
    let health = vec![Health::Up, Health::Up, Health::Down, Health::Hung];
    let codes = vec![1000, 1001, 1011, 4400, 4401, 4403, 4408, 4408];
    let death = vec![Death::BeforeCommit, Death::AfterCommit];
    prop_oneof![
        50 => (deeds(), any::<bool>()).prop_map(|(deed, told)| Op::Happens(deed, told)),
        30 => select(times).prop_map(Op::Passes),
        4 => any::<bool>().prop_map(Op::Cut),
        4 => any::<bool>().prop_map(Op::Network),
        1 => Just(Op::Moves),
        4 => any::<bool>().prop_map(Op::Looks),
        1 => Just(Op::Acts),
        2 => select(vec![300, 8_000]).prop_map(Op::Wakes),
        2 => Just(Op::Killed),
        4 => select(death).prop_map(Op::Dies),
        3 => select(health).prop_map(Op::Health),
        1 => select(vec![0, 2_000, 9_000]).prop_map(Op::Drains),
        1 => select(codes).prop_map(Op::Closes),
        2 => Just(Op::LosesEvents),
        3 => (0..8_usize).prop_map(Op::Repeats),
        1 => Just(Op::Expires),
        2 => select(vec![0, 30, 80]).prop_map(Op::Flaky),
        2 => any::<bool>().prop_map(Op::Lags),
        1 => (0..5_usize).prop_map(Op::Restored),
        1 => Just(Op::Forgets),
        2 => (0..6_u32).prop_map(Op::DiskFails),
        1 => Just(Op::Garbage),
    ]
}

fn plays(world: &mut World, op: Op) {
    match op {
        Op::Happens(deed, is_told) => world.happens(deed, is_told),
        Op::Passes(time) => world.runs(ms(time)),
        Op::Cut(is_told) => world.is_cut(is_told),
        Op::Network(is_up) => world.network(is_up),
        Op::Moves if world.is_up => world.tell(Input::NetworkChanged),
        Op::Moves => {}
        Op::Looks(is_foreground) => world.looks(is_foreground),
        Op::Acts => world.tell(Input::Acted),
        Op::Wakes(within) => world.is_woken(ms(within)),
        Op::Killed => world.is_killed(),
        Op::Dies(death) => world.death = Some(death),
        Op::Health(Health::Up) => world.comes_up(),
        Op::Health(Health::Down) => world.goes_down(),
        Op::Health(Health::Hung) => world.health = Health::Hung,
        Op::Drains(wait) => {
            world.closes_all(1012, &format!(r#"{{"retry_after_ms":{wait}}}"#));
        }
        Op::Closes(code) => world.closes_all(code, "for a reason"),
        Op::LosesEvents => world.loses_events = true,
        Op::Repeats(n) => world.repeats(n),
        // A token that is not accepted when it is new means another thing.
        Op::Expires => {
            let is_old = world.refreshed_at + ms(61_000) < world.now;
            world.valid += u64::from(is_old && world.valid == world.given);
        }
        Op::Flaky(percent) => world.flaky = percent,
        Op::Lags(true) => world.earlier = Some(Box::new(world.server.clone())),
        Op::Lags(false) => world.earlier = None,
        Op::Restored(share) => {
            world.closes_all(1012, r#"{"retry_after_ms":100}"#);
            world.server = world.server.restored(share);
        }
        Op::Forgets => world.server.floor = world.server.head(),
        Op::DiskFails(after) => world.disk.fails_after = Some(after),
        Op::Garbage => {
            for socket in world.sessions.keys().copied().collect::<Vec<_>>() {
                world.tell(Input::Unreadable(socket));
            }
        }
    }
}

/// What a history says: how long the end took, and why the phone was woken.
struct Played {
    settled: Duration,
    reasons: BTreeSet<TimeoutReason>,
}

fn history(seed: u64, ops: &[Op]) -> Result<Played, String> {
    let mut world = World::new(seed);
    for op in ops {
        plays(&mut world, *op);
    }
    world.tries_were_few();
    let opened_by_then = world.opens.len();
    // From here on everything is as it should be.
    (world.flaky, world.loses_events, world.death) = (0, false, None);
    (world.earlier, world.disk.fails_after) = (None, None);
    world.comes_up();
    if !world.is_up {
        world.network(true);
    }
    if !world.is_foreground {
        world.looks(true);
    }
    let has_garbage = world.link.state() == State::Incompatible
        || ops.iter().any(|op| matches!(op, Op::Garbage | Op::Closes(_) | Op::Repeats(_)));
    let most = if has_garbage { 1_200 } else { 240 };
    let Some(settled) = world.runs_until_whole(Duration::from_secs(most)) else {
        return Err(format!("never whole: {:#?} {:?}", world.link, world.told));
    };
    if let Some(difference) = world.server.differs_from(&world.disk.conversations) {
        return Err(difference);
    }
    if world.disk.agents != world.server.agents() {
        return Err(format!("{:?} is not {:?}", world.disk.agents, world.server.agents()));
    }
    if world.disk.progress != world.link.mirror().progress() {
        return Err("something was never stored".to_owned());
    }
    let opens = world.opens.len() - opened_by_then;
    if opens > 60 {
        return Err(format!("{opens} tries to come on line"));
    }
    // And it goes on being told.
    world.happens(Deed::Writes(0), true);
    if world.runs_until_whole(Duration::from_secs(240)).is_none() {
        return Err(format!("it is not told any more: {:#?}", world.link));
    }
    match world.server.differs_from(&world.disk.conversations) {
        Some(difference) => Err(difference),
        None => Ok(Played { settled, reasons: world.reasons }),
    }
}

/// How many: `BATON_HISTORIES`, or a few.
fn histories() -> u32 {
    let told = std::env::var_os("BATON_HISTORIES").and_then(|text| text.to_str()?.parse().ok());
    told.unwrap_or(1_000)
}

#[test]
fn whatever_happened_the_phone_ends_with_what_a_fresh_one_holds() {
    let cases = histories();
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let (longest, reasons) = (Mutex::new(Duration::ZERO), Mutex::new(BTreeSet::new()));
    #[expect(clippy::disallowed_methods, reason = "measures the test itself")]
    let began = Instant::now();
    let mut runner = TestRunner::new(config);
    let found = runner.run(&(any::<u64>(), vec(ops(), 1..60)), |(seed, ops)| {
        let played = history(seed, &ops).map_err(TestCaseError::fail)?;
        let mut longest = longest.lock().unwrap();
        *longest = played.settled.max(*longest);
        reasons.lock().unwrap().extend(played.reasons);
        Ok(())
    });
    if let Err(found) = found {
        panic!("{found}");
    }
    let (time, longest) = (began.elapsed(), longest.into_inner().unwrap());
    let per_second = f64::from(cases) / time.as_secs_f64();
    let reasons = reasons.into_inner().unwrap();
    println!("{cases} histories in {time:?}: {per_second:.0} a second; whole after {longest:?} at");
    println!("most; woken for {reasons:?}");
}
