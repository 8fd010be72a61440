//! The whole client of Baton, for phones: an app draws what it says and calls what it offers.
//!
//! Decisions are pure machines that are handed time, frames and what the store holds, and answer
//! with what is to be done: [`link`] (the connection and what is held of the log), [`outbox`] (what
//! the agent did and the server does not know yet), [`compose`] (the lease and the draft, bound to
//! typing), [`push`] (what a push shows). [`store`] keeps it, sealed, and [`phone`] puts them
//! together. [`lists`] is what apps draw, as snapshots and diffs. [`runtime`] carries out what they
//! say, with [`net`] as its way to the server.

pub mod compose;
mod few;
mod gathered;
pub mod link;
pub mod lists;
pub mod net;
pub mod outbox;
pub mod phone;
pub mod push;
pub mod runtime;
pub mod store;
