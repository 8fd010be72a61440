//! People, and all that they set for themselves and their teams.

pub mod operator;
pub mod view;
