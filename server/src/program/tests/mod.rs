//! The parts together, on both databases.

mod afterwards;
mod edits;
