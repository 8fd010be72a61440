//! The hunt: random days on which every promise holds, and with a bug planted one on which some
//! promise breaks.

use baton_domain::fact::planted::{Bug, plant};
use proptest::collection::vec;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::chaos::{Act, Chaos, Op, ops};
use crate::team::{ANA, CLEO, LUCIA};

/// Plays many random days. Returns the first that breaks a promise whose words begin so, made as
/// short as may be. A day that breaks another promise first is not what is looked for.
fn hunt(days: u32, promise: &str) -> Result<(), String> {
    let config = Config { cases: days, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let plays = |day: Vec<_>| match Chaos::new().plays(&day) {
        Err(broken) if broken.starts_with(promise) => Err(TestCaseError::fail(broken)),
        _ => Ok(()),
    };
    runner.run(&vec(ops(), 1..80), plays).map_err(|found| found.to_string())
}

#[test]
fn whatever_happens_every_promise_holds() {
    if let Err(found) = hunt(2_000, "") {
        panic!("{found}");
    }
}

/// It was found by chance: a mark is told to its reader alone, who then forgot that a snooze had
/// ended late.
#[test]
fn what_one_reader_is_told_changes_no_clock() {
    let day = [
        Op::Acts(ANA, LUCIA, Act::Snooze(60_000), true, true),
        Op::Joins(CLEO),
        Op::Fetches(0),
        Op::Echo(LUCIA),
        Op::Passes(360_000),
        Op::Wakes(LUCIA),
        Op::Acts(ANA, LUCIA, Act::Read, true, true),
    ];
    Chaos::new().plays(&day).unwrap();
}

#[test]
fn every_bug_that_is_planted_breaks_a_promise() {
    for (bug, promise) in [
        (Bug::NoFenceAtAcceptance, "P2"),
        (Bug::NoFenceAtSending, "P2"),
        (Bug::ExemptionWidenedToDevice, "P2"),
        (Bug::VisibilityBeforeReplay, "S16"),
    ] {
        plant(Some(bug));
        let found = hunt(2_000, promise);
        assert!(found.is_err(), "{bug:?} broke no {promise} on 2,000 days");
    }
    plant(None);
}
