//! Seeds played one after the other, on every core.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::world::World;

/// What some of the histories have to meet.
const RARE: [&str; 22] = [
    "a connection broke",
    "a frame lost",
    "a phone killed",
    "a phone killed at a commit",
    "a request twice",
    "a rescue",
    "a status",
    "a store failed",
    "an answer lost",
    "an old token",
    "at_capacity",
    "being_answered",
    "cancelled",
    "committed twice",
    "decided of a review",
    "depends_on_refused",
    "died after the commit",
    "died before the commit",
    "garbage",
    "not_in_scope",
    "owner_changed",
    "stale",
];

type Met = BTreeMap<&'static str, u64>;

/// Plays one history; what was met, or what is wrong.
pub(super) fn play(seed: u64) -> Result<Met, Vec<String>> {
    let played = catch_unwind(AssertUnwindSafe(|| {
        let mut world = World::new(seed);
        // Some 60 of them are what people and programs do; the rest moves it through the network.
        for _ in 0..140 + world.dice.below(40) {
            world.step();
        }
        world.heals().map_err(|fault| vec![fault])?;
        let faults = world.faults();
        if faults.is_empty() { Ok(world.met) } else { Err(faults) }
    }));
    played.unwrap_or_else(|_panic| Err(vec!["it panicked, see above".to_owned()]))
}

/// A number from the environment.
fn number(name: &str) -> Option<u64> {
    std::env::var_os(name).and_then(|text| text.to_str()?.parse().ok())
}

#[test]
fn no_promise_breaks_whatever_interleaves_dies_or_gets_lost() {
    let first = number("BATON_FIRST_SEED").unwrap_or(0);
    let count = number("BATON_SEEDS").unwrap_or(2_000);
    let next = AtomicU64::new(first);
    #[expect(clippy::disallowed_methods, reason = "measures the test itself")]
    let began = Instant::now();
    let runs = || {
        let mut met = Met::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + count {
                return met;
            }
            match play(seed) {
                Ok(more) => {
                    for (what, times) in more {
                        *met.entry(what).or_default() += times;
                    }
                }
                Err(faults) => panic!("seed {seed}: {}", faults.join("\n")),
            }
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let met = std::thread::scope(|scope| {
        let all: Vec<_> = (0..cores).map(|_| scope.spawn(runs)).collect();
        let mut met = Met::new();
        for one in all {
            let more = one.join().expect("a promise was broken, see above");
            for (what, times) in more {
                *met.entry(what).or_default() += times;
            }
        }
        met
    });
    let took = began.elapsed();
    println!("{count} seeds in {took:?}, met: {met:?}");
    // A hunt that never meets these would prove nothing of them.
    let missing: Vec<_> = RARE.iter().filter(|what| !met.contains_key(*what)).collect();
    assert!(count < 2_000 || missing.is_empty(), "never met: {missing:?}");
}

/// Replays `BATON_SEED` alone, to look at what it does.
#[test]
fn a_seed_replays_exactly() {
    let seed = number("BATON_SEED").unwrap_or(1);
    let (one, other) = (play(seed), play(seed));
    println!("seed {seed}: {one:#?}");
    assert_eq!(one, other);
    assert!(one.is_ok());
}
