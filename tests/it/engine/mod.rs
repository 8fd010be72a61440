//! Proofs over the engine alone, on both databases: random interleavings held against the
//! promises, claims at once, groups against an oracle that commits one by one, lost commits.
#![expect(clippy::indexing_slicing, reason = "a test that reaches beyond fails, as it should")]
#![expect(clippy::wildcard_enum_match_arm, reason = "each test looks at few of many facts")]

mod claims;
mod cutter;
mod found;
mod interleavings;
mod lost_commits;
mod nodes;
mod oracle;
mod planted;
mod player;
mod view;
mod wishes;
