//! The work that happens by itself: rules and their clocks, programs, surveys, and dry runs.

pub mod bots;
pub mod clocks;
pub mod courtesy;
pub mod known;
pub mod replay;
pub mod rules;
pub mod suggesting;
pub mod survey;
