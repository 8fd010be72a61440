//! Tests on the server in memory.
#![expect(clippy::indexing_slicing, reason = "a test that reaches beyond fails, as it should")]

mod promises;
mod simulation;
