//! Who may see what, and what is set up.

pub mod attributes;
pub mod canned;
pub mod mirror;
pub mod outcomes;
pub mod rights;
pub mod setting;
pub mod settings;
pub mod sight;
pub mod staff;
pub mod stretch;
pub mod tags;
