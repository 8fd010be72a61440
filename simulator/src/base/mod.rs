//! Parts that know neither WhatsApp nor push: time, chance, connections that can be cut.

pub(crate) mod clock;
pub(crate) mod conn;
pub(crate) mod json;
pub(crate) mod seeds;
pub(crate) mod span;
