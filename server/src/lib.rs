//! The Baton server: one conversation, one owner, one answer.

pub mod coordinator;
pub mod gateway;
