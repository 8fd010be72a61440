//! People, and all that they set for themselves and their teams.

pub mod operator;
pub mod preference;
pub mod ticket;
pub mod view;
