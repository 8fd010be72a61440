//! The rules of Baton, pure: no clock, no randomness, no database, no async.
//!
//! `decide` turns a command into events or a refusal, `apply` folds events into state and cannot
//! fail, `scope` says who sees what. The server and the phone use the same functions.

pub mod inbound;
pub mod scope;
