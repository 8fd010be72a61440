//! A period of time that begins now.

use baton_protocol::Timestamp;

/// When something begins and when it ends: a claim, a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Period {
    /// When it begins: now.
    pub from: Timestamp,
    /// When it ends.
    pub until: Timestamp,
}

impl Period {
    /// The next `ms` milliseconds.
    pub fn of_ms(now: Timestamp, ms: i64) -> Self {
        Self { from: now, until: now.plus_ms(ms) }
    }
}
