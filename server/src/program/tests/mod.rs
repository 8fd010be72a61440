//! The parts together, on both databases.

mod edits;
