//! Proofs over the engine alone, on both databases: random interleavings held against the
//! promises, claims at once, groups against an oracle that commits one by one, lost commits.
#![expect(clippy::indexing_slicing, reason = "a test that reaches beyond fails, as it should")]

mod checker;
mod checker_tests;
mod claims;
mod dice;
mod history;
mod interleavings;
mod lost_commits;
mod oracle;
mod player;
mod view;
mod wishes;

baton_domain::where_planted! {
    mod planted;
}
