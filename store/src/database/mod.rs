//! The machinery under every statement: connections, transactions, both databases' SQL, the
//! schema's versions, and declared tables.

pub mod copy;
pub(crate) mod dialect;
pub(crate) mod inspect;
#[cfg(test)]
pub(crate) mod listing;
pub(crate) mod migrate;
pub(crate) mod parts;
pub(crate) mod period;
pub(crate) mod place;
pub(crate) mod pools;
pub(crate) mod pulse;
pub mod restore;
pub(crate) mod seat;
#[cfg(any(test, feature = "testing"))]
#[expect(clippy::unwrap_used, clippy::print_stdout, reason = "only tests use it")]
pub mod testing;
pub(crate) mod tx;
