//! The clocks of the device: the one place where the core looks at them.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use baton_protocol::Timestamp;

use crate::phone::Now;

/// Two clocks: the one on the wall, and one that only grows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    begun: Instant,
}

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "here time comes in")]
    pub(super) fn begin() -> Self {
        Self { begun: Instant::now() }
    }

    pub(super) fn now(self) -> Now {
        Now { wall: wall_clock(), mono: self.begun.elapsed() }
    }

    /// The instant of a moment, to wait for.
    pub(super) fn instant(self, mono: Duration) -> Instant {
        self.begun + mono
    }

    /// The time left until a moment.
    pub(super) fn left(self, until: Duration) -> Duration {
        until.saturating_sub(self.begun.elapsed())
    }
}

/// The time of the device's clock.
#[expect(clippy::disallowed_methods, reason = "here time comes in")]
pub fn wall_clock() -> Timestamp {
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_ms(i64::try_from(wall.as_millis()).unwrap_or(i64::MAX))
}
