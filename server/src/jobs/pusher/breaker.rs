//! A service that fails again and again rests for a while. So it does not delay the others, and it
//! is not asked more often the worse it is.

use std::collections::VecDeque;
use std::time::Duration;

use baton_protocol::Timestamp;

/// So many failures within this time …
const FAILURES: usize = 5;
const WITHIN_MS: i64 = 30_000;
/// … and it rests for this long.
const REST: Duration = Duration::from_secs(30);

/// Counts failures of one service, and says when it rests.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    failures: VecDeque<Timestamp>,
    until: Option<Timestamp>,
    /// Whether it has rested since it last took something.
    is_out: bool,
}

impl Breaker {
    /// Notes that it took something. Returns whether it had rested before.
    pub(super) fn succeeded(&mut self) -> bool {
        std::mem::take(self).is_out
    }

    /// Notes a failure. Returns whether it rests now, for the first time since it took something.
    /// Those that were on their way when it began to rest say nothing new.
    pub(super) fn failed(&mut self, now: Timestamp) -> bool {
        if self.is_open(now) {
            return false;
        }
        self.failures.push_back(now);
        while self.failures.front().is_some_and(|at| now.since(*at) > WITHIN_MS) {
            self.failures.pop_front();
        }
        self.failures.len() >= FAILURES && self.lock(now, REST)
    }

    /// Makes it rest for this long. Returns whether this is the first rest since it took
    /// something.
    pub(super) fn lock(&mut self, now: Timestamp, rest: Duration) -> bool {
        self.failures.clear();
        self.until = Some(now.plus_ms(i64::try_from(rest.as_millis()).unwrap_or(i64::MAX)));
        !std::mem::replace(&mut self.is_out, true)
    }

    pub(super) fn is_open(&self, now: Timestamp) -> bool {
        self.rest_end(now).is_some()
    }

    /// Whether it has rested and took nothing since.
    pub(super) fn is_out(&self) -> bool {
        self.is_out
    }

    /// When it is tried again; none where it does not rest.
    pub(super) fn rest_end(&self, now: Timestamp) -> Option<Timestamp> {
        self.until.filter(|until| now < *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_rests_after_five_failures_in_half_a_minute_and_is_then_tried_again() {
        let at = |s: i64| Timestamp::from_ms(1_700_000_000_000 + s * 1_000);
        let mut breaker = Breaker::default();
        for s in 0..4 {
            assert!(!breaker.failed(at(s)));
        }
        assert!(!breaker.is_open(at(4)));
        assert!(breaker.failed(at(4)));
        assert!(breaker.is_open(at(33)) && !breaker.is_open(at(34)));
        assert_eq!(breaker.rest_end(at(14)), Some(at(34)));
        assert!(!breaker.failed(at(14)), "it was under way");
        assert_eq!(breaker.rest_end(at(14)), Some(at(34)), "and delays nothing");
        for _ in 0..9 {
            assert!(!breaker.failed(at(40)), "it is still out, which was told");
        }
        assert!(breaker.is_open(at(69)) && breaker.succeeded() && !breaker.is_open(at(69)));
        let mut breaker = Breaker::default();
        for s in [0, 10, 20, 40, 60] {
            assert!(!breaker.failed(at(s)), "they are far apart");
        }
        assert!(!breaker.succeeded(), "it was never out");
        assert!(breaker.lock(at(60), REST) && !breaker.lock(at(61), REST));
        assert!(breaker.succeeded() && !breaker.is_open(at(62)));
    }
}
