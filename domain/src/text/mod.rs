//! Texts and numbers as people write them. Pure functions that know nothing of the log.

pub mod find;
pub mod fold;
pub(crate) mod link;
pub(crate) mod lookalike;
pub mod media_type;
pub mod names;
pub mod naming;
pub mod number;
pub mod said;
pub mod shown;
pub mod signature;
