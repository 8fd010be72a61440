//! The platform's limits of rate, as pure rules over milliseconds.

const PAIR_EVERY_MS: i64 = 6_000;
const PAIR_BURST: u32 = 45;

/// Recent sends of one number to one recipient.
///
/// A message every 6 seconds is free. Up to 45 may go within 6 seconds, but they are borrowed.
/// After 20 of them the next one is refused until two minutes have paid for them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PairPace {
    burst_since_ms: i64,
    burst: u32,
    paid_at_ms: i64,
}

impl PairPace {
    pub(crate) fn take(&mut self, now_ms: i64) -> bool {
        if now_ms >= self.paid_at_ms {
            *self = Self { burst_since_ms: now_ms, burst: 1, paid_at_ms: now_ms + PAIR_EVERY_MS };
            return true;
        }
        let in_burst = now_ms - self.burst_since_ms < PAIR_EVERY_MS;
        if !in_burst || self.burst >= PAIR_BURST {
            return false;
        }
        self.burst += 1;
        self.paid_at_ms += PAIR_EVERY_MS;
        true
    }
}

/// The rest of this second's limit of a number, for sending and receiving.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NumberPace {
    thousandths: i64,
    at_ms: i64,
}

impl NumberPace {
    pub(crate) fn full(mps: u32, now_ms: i64) -> Self {
        Self { thousandths: i64::from(mps) * 1_000, at_ms: now_ms }
    }

    /// Takes a place for a send, unless none is left.
    pub(crate) fn take(&mut self, mps: u32, now_ms: i64) -> bool {
        self.refill(mps, now_ms);
        let free = self.thousandths >= 1_000;
        if free {
            self.thousandths -= 1_000;
        }
        free
    }

    /// Counts an inbound message, which is never refused.
    pub(crate) fn count_inbound(&mut self, mps: u32, now_ms: i64) {
        self.refill(mps, now_ms);
        self.thousandths = (self.thousandths - 1_000).max(0);
    }

    fn refill(&mut self, mps: u32, now_ms: i64) {
        let full = i64::from(mps) * 1_000;
        let passed_ms = (now_ms - self.at_ms).clamp(0, 1_000);
        self.thousandths = (self.thousandths + passed_ms * i64::from(mps)).min(full);
        self.at_ms = now_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_every_six_seconds_is_never_refused() {
        let mut pace = PairPace::default();
        assert!((0..200).all(|n| pace.take(n * 6_000)));
    }

    #[test]
    fn a_burst_of_twenty_is_paid_for_with_two_minutes() {
        let mut pace = PairPace::default();
        assert!((0..20).all(|n| pace.take(1_000_000 + n)));
        assert!(!pace.take(1_000_000 + 6_000));
        assert!(!pace.take(1_000_000 + 119_000));
        assert!(pace.take(1_000_000 + 120_000));
    }

    #[test]
    fn the_forty_sixth_message_of_a_burst_is_refused() {
        let mut pace = PairPace::default();
        assert!((0..45).all(|_| pace.take(1_000_000)));
        assert!(!pace.take(1_000_000));
    }

    #[test]
    fn a_number_sends_its_rate_and_recovers_within_a_second() {
        let mut pace = NumberPace::full(80, 0);
        assert!((0..80).all(|_| pace.take(80, 0)));
        assert!(!pace.take(80, 0));
        assert!(pace.take(80, 13));
        assert!((0..80).all(|_| pace.take(80, 2_000)));
        assert!(!pace.take(80, 2_000));
    }
}
