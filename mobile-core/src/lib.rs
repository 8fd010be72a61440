//! The whole client of Baton, for phones: an app draws what it says and calls what it offers.
//!
//! Decisions are pure machines that are handed time, frames and what the store holds, and answer
//! with what is to be done: [`link`] (the connection and what is held of the log), [`outbox`] (what
//! the agent did and the server does not know yet), [`compose`] (the lease and the draft, bound to
//! typing), [`push`] (what a push shows), [`lists`] (what is drawn, and what changed of it).
//! [`store`] keeps it, sealed. A thin runtime carries out what they say.

pub mod compose;
pub mod link;
pub mod lists;
pub mod outbox;
pub mod push;
pub mod store;
