//! Baton's whole client for phones: apps draw its lists and call its methods.
//!
//! Pure machines decide. They take inputs, the time and the store's data, and return effects:
//!
//! - [`link`]: the connection and the copy of the log
//! - [`outbox`]: the agent's acts that the server has not confirmed
//! - [`compose`]: drafts, and the lease that follows typing
//! - [`push`]: what a push shows
//!
//! [`store`] keeps their data, sealed. [`phone`] joins them over one store, and [`lists`] queries
//! what apps draw. [`runtime`] carries out the effects, with [`net`] as its way to the server.

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
