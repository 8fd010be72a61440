//! The platform's POSTs to the server: bodies, their bytes and signature, and their delivery.

pub(crate) mod delivery;
pub(crate) mod events;
pub(crate) mod payload;
pub(crate) mod platform;
pub(crate) mod verification;
pub(crate) mod wire;
