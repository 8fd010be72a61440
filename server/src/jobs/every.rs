//! Something that a worker does now and then, between its other work.

use std::time::Duration;

/// Says when it is time again.
#[derive(Debug)]
pub(super) struct Every {
    period: Duration,
    last: Option<Duration>,
}

impl Every {
    /// Due at once, and then once in each period.
    pub(super) fn new(period: Duration) -> Self {
        Self { period, last: None }
    }

    /// Whether it is due at `now`, of a clock that never goes back. It then counts as done.
    pub(super) fn is_due(&mut self, now: Duration) -> bool {
        let is_due = self.last.is_none_or(|last| now.saturating_sub(last) >= self.period);
        if is_due {
            self.last = Some(now);
        }
        is_due
    }
}
