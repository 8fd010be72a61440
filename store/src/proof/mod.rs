//! Proofs that nobody but Baton wrote: the hash chain over the log, and stamps of rows. Both are
//! compared with what stands in the tables.

pub mod digest;
pub mod ends;
mod folded;
pub(crate) mod image;
pub mod key_check;
mod retold;
pub mod seal;
pub mod settled;
pub(crate) mod stamp;
pub mod stamped;
pub(crate) mod touch;
pub mod verify;
