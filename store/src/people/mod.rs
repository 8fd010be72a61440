//! What people set for themselves and their teams, and who they are.

pub mod operator;
pub mod view;
