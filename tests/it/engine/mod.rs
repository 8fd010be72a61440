//! Proofs over the engine alone, on both databases. Random interleavings are held against the
//! promises, and groups against an oracle that commits one by one. There are also claims at once
//! and lost commits.
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
