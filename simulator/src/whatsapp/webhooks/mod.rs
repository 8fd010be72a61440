//! What the platform posts to the server: bodies, their bytes and signature, and their delivery.

pub(crate) mod delivery;
pub(crate) mod payload;
pub(crate) mod wire;
