//! The hunt: random days on which every promise holds, and with a bug planted one on which some
//! promise breaks.

use baton_domain::planted::{Bug, plant};
use proptest::collection::vec;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::chaos::{Chaos, ops};

/// Plays many random days; the first that breaks a promise is told, made as short as may be.
fn hunt(days: u32) -> Result<(), String> {
    let config = Config { cases: days, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    runner
        .run(&vec(ops(), 1..80), |day| Chaos::new().plays(&day).map_err(TestCaseError::fail))
        .map_err(|found| found.to_string())
}

#[test]
fn whatever_happens_every_promise_holds() {
    if let Err(found) = hunt(2_000) {
        panic!("{found}");
    }
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
        let found = hunt(2_000).expect_err("nobody noticed");
        assert!(found.contains(promise), "{bug:?} was noticed as {found}");
    }
    plant(None);
}
