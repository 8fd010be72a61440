//! What happens by itself: rules, clocks, programs.

pub mod automatic;
pub mod bots;
pub mod clocks;
pub mod courtesy;
pub mod language;
pub mod outside;
pub mod reminders;
pub mod rules;
pub mod suggesting;
pub mod survey;
