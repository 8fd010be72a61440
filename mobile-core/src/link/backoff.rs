//! Retry times: full jitter over a window that doubles, never before the server allows, and soon
//! after a person acts.

use std::time::Duration;

use super::limits::{
    AT_ONCE_MAX, BACKOFF_FIRST, BACKOFF_MAX, CROWD_FAILURES, KICK_EVERY, LOST_WINDOW,
    RETRY_AFTER_MAX,
};

/// The time of the next retry. Random numbers come in as arguments.
#[derive(Clone, Debug)]
pub(super) struct Backoff {
    /// Tries that failed since it was last stable.
    failures: u32,
    /// The time of this side's next try; `None` until a kick.
    next: Option<Duration>,
    /// The server said not before.
    not_before: Duration,
    /// The last try.
    begun: Option<Duration>,
    /// Tries made at once since it was last stable.
    at_once: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        let not_before = Duration::ZERO;
        Self { failures: 0, next: None, not_before, begun: None, at_once: 0 }
    }
}

impl Backoff {
    /// The time of the next try; `None` while none is wanted.
    pub(super) fn ready_at(&self) -> Option<Duration> {
        self.next.map(|next| next.max(self.not_before))
    }

    /// A try begins.
    pub(super) fn begin(&mut self, now: Duration) {
        self.begun = Some(now);
    }

    /// Nobody tries until kicked.
    pub(super) fn rest(&mut self) {
        self.next = None;
    }

    /// A person waits: at once, unless the last try was just now or the server asked to wait.
    pub(super) fn kick(&mut self, now: Duration) {
        let soon = self.soon(now);
        self.next = Some(self.next.map_or(soon, |next| next.min(soon)));
    }

    /// Whether a kick would make one try now.
    pub(super) fn may_kick(&self, now: Duration) -> bool {
        self.soon(now) <= now
    }

    fn soon(&self, now: Duration) -> Duration {
        self.begun.map_or(now, |begun| now.max(begun + KICK_EVERY))
    }

    /// The try failed.
    pub(super) fn fail(&mut self, now: Duration, random: u64) {
        self.next = Some(now + spread(window(self.failures), random));
        self.failures = self.failures.saturating_add(1);
    }

    /// An established connection ended without a word.
    pub(super) fn lose(&mut self, now: Duration, random: u64) {
        if self.failures >= CROWD_FAILURES {
            return self.fail(now, random);
        }
        self.failures = CROWD_FAILURES;
        self.next = Some(now + spread(LOST_WINDOW, random));
    }

    /// The server asked to wait, and so it does of others.
    pub(super) fn wait(&mut self, now: Duration, ms: u64) {
        self.failures = self.failures.max(CROWD_FAILURES);
        self.next = Some(now);
        self.hold(now, ms);
    }

    /// Not before the server said.
    pub(super) fn hold(&mut self, now: Duration, ms: u64) {
        let until = now + Duration::from_millis(ms).min(RETRY_AFTER_MAX);
        self.not_before = self.not_before.max(until);
    }

    /// It ended for a reason that another connection mends: at once, but not for ever so.
    pub(super) fn resume(&mut self, now: Duration, random: u64) {
        if self.at_once >= AT_ONCE_MAX {
            return self.fail(now, random);
        }
        self.at_once += 1;
        self.next = Some(now);
    }

    /// Many failures at once: what comes next has a long window.
    pub(super) fn distrust(&mut self) {
        self.failures = self.failures.max(CROWD_FAILURES);
    }

    /// It held for long enough.
    pub(super) fn settle(&mut self) {
        (self.failures, self.at_once) = (0, 0);
    }
}

/// The length of the window after so many failures.
pub(super) fn window(failures: u32) -> Duration {
    BACKOFF_FIRST.saturating_mul(1 << failures.min(16)).min(BACKOFF_MAX)
}

/// A time in the window, by a random number.
pub(super) fn spread(window: Duration, random: u64) -> Duration {
    let ms = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(random % ms.saturating_add(1))
}
