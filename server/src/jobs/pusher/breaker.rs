//! A service that fails again and again rests for a while: others are not delayed by it, and it is
//! not asked more often the worse it is.

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
}

impl Breaker {
    pub(super) fn succeeded(&mut self) {
        self.failures.clear();
        self.until = None;
    }

    /// Notes a failure; whether it rests from now on.
    pub(super) fn failed(&mut self, now: Timestamp) -> bool {
        self.failures.push_back(now);
        while self.failures.front().is_some_and(|at| now.since(*at) > WITHIN_MS) {
            self.failures.pop_front();
        }
        let rests = self.failures.len() >= FAILURES;
        if rests {
            self.failures.clear();
            self.lock(now, REST);
        }
        rests
    }

    /// It rests for this long, whatever it answers.
    pub(super) fn lock(&mut self, now: Timestamp, rest: Duration) {
        self.until = Some(now.plus_ms(i64::try_from(rest.as_millis()).unwrap_or(i64::MAX)));
    }

    pub(super) fn is_open(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| now < until)
    }

    /// How long it still rests; for ever where it does not.
    pub(super) fn left(&self, now: Timestamp) -> Duration {
        match self.until {
            Some(until) if now < until => {
                Duration::from_millis(u64::try_from(until.since(now)).unwrap_or_default())
            }
            Some(_) | None => Duration::MAX,
        }
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
        assert_eq!(breaker.left(at(14)), Duration::from_secs(20));
        let mut breaker = Breaker::default();
        for s in [0, 10, 20, 40, 60] {
            assert!(!breaker.failed(at(s)), "they are far apart");
        }
        breaker.lock(at(0), REST);
        breaker.succeeded();
        assert!(!breaker.is_open(at(1)));
    }
}
