//! The sight of each viewer: who may see what, which rights a role has, and what a team has set up.

pub mod attributes;
pub mod automatic;
pub mod canned;
pub mod mirror;
pub mod outcomes;
pub mod outside;
pub mod quiet;
pub mod rights;
pub mod setting;
pub mod settings;
pub mod sight;
pub mod staff;
pub mod stretch;
pub mod tags;
