//! Time and ids for the load: the only caller of the system's clock here.

use std::time::{SystemTime, UNIX_EPOCH};

use baton_protocol::OpId;

/// Seconds since 1970, as Meta writes the time of a message.
#[expect(clippy::disallowed_methods, reason = "a load generator is at the edge")]
pub(crate) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// A fresh id for a command.
pub(crate) fn op_id() -> OpId {
    OpId(uuid::Uuid::now_v7())
}
