//! What a running simulator is set to and what it remembers.

pub(crate) mod config;
pub(crate) mod connection;
pub(crate) mod knobs;
pub(crate) mod shared;
pub(crate) mod world;
