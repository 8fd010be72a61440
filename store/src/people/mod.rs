//! People, and all that they set for themselves and their teams.

pub mod key;
pub mod operator;
pub mod preference;
pub mod ticket;
pub mod view;
