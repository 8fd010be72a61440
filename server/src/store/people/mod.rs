//! What people set for themselves and their teams.

pub mod view;
