//! Whose something is, and until when.

use baton_protocol::Timestamp;

/// How long something is somebody's, unless they renew it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hold {
    /// Now, when it begins.
    pub from: Timestamp,
    /// When it ends.
    pub until: Timestamp,
}

impl Hold {
    /// So many milliseconds from now.
    pub fn of_ms(now: Timestamp, ms: i64) -> Self {
        Self { from: now, until: now.plus_ms(ms) }
    }
}
