//! A period of time that begins now.

use baton_protocol::Timestamp;

/// The begin and the end of something: a claim, a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Period {
    /// The begin: now.
    pub from: Timestamp,
    /// The end.
    pub until: Timestamp,
}

impl Period {
    /// The next `ms` milliseconds.
    pub fn of_ms(now: Timestamp, ms: i64) -> Self {
        Self { from: now, until: now.plus_ms(ms) }
    }
}
