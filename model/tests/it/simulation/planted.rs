//! Bugs planted on purpose, each alone: the simulation must find each within 2,000 seeds. This is
//! what shows that it is worth something.

use baton_domain::fact::planted::{Bug, plant};

use super::runs::play;

/// Seeds within which each bug has to be found.
const WITHIN: u64 = 2_000;

#[test]
fn every_planted_bug_is_found_within_two_thousand_seeds() {
    for (name, bug) in Bug::OF_DECISIONS.into_iter().chain(Bug::OF_LEASES) {
        let found = std::thread::spawn(move || {
            plant(Some(bug));
            let found = (0..WITHIN).find(|seed| play(*seed).is_err());
            plant(None);
            found
        });
        let found = found.join().expect("the search itself does not fail");
        println!("{name}: found at seed {found:?}");
        assert!(found.is_some(), "{name} is not found within {WITHIN} seeds");
    }
}
