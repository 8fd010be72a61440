//! The calls for message templates, and what a send of one must hold.

pub(crate) mod calls;
pub(crate) mod check;
