//! How fast connections come in: at a rate, so that a crowd that comes back leaves time for
//! deliveries; who is not admitted soon is told when to try again.
//!
//! Pure: the time goes in, a verdict comes out.

use std::time::Duration;

use tokio::time::Instant;

/// How fast connections are admitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AdmissionRules {
    /// In a second, in the long run.
    pub per_s: u32,
    /// At once, after a pause.
    pub burst: u32,
    /// Who would wait longer is sent away.
    pub wait: Duration,
}

impl Default for AdmissionRules {
    fn default() -> Self {
        Self { per_s: 200, burst: 200, wait: Duration::from_secs(3) }
    }
}

/// Whether somebody may come in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// At this time, which may be the present.
    At(Instant),
    /// Not here and now: come back some time within this window.
    Away(Duration),
}

/// Shortest and longest window that those who are sent away are spread over.
const WINDOW_MIN: Duration = Duration::from_secs(1);
const WINDOW_MAX: Duration = Duration::from_secs(60);

/// A bucket of tokens, kept as the time at which it is full again.
#[derive(Debug)]
pub(super) struct Admission {
    rules: AdmissionRules,
    /// When all tokens are back; each admission takes one.
    full_at: Option<Instant>,
    /// When all who were sent away could have been admitted, after those who wait.
    away_until: Option<Instant>,
}

impl Admission {
    /// A full bucket.
    pub(super) fn new(rules: AdmissionRules) -> Self {
        Self { rules, full_at: None, away_until: None }
    }

    /// Somebody is at the door.
    pub(super) fn ask(&mut self, now: Instant) -> Verdict {
        let each = Duration::from_secs(1) / self.rules.per_s.max(1);
        let full_at = self.full_at.map_or(now, |at| at.max(now));
        // The last token of the burst is there at `now` while the bucket lacks all the others.
        let lent = each * self.rules.burst.max(1).saturating_sub(1);
        let turn = full_at.checked_sub(lent).map_or(now, |at| at.max(now));
        if turn.saturating_duration_since(now) <= self.rules.wait {
            self.full_at = Some(full_at + each);
            return Verdict::At(turn);
        }
        let queue = self.away_until.map_or(turn, |until| until.max(turn));
        let until = (queue + each).min(now + WINDOW_MAX);
        self.away_until = Some(until);
        // Twice their number, so that those who come back leave room for those who come first.
        let window = until.saturating_duration_since(now) * 2;
        Verdict::Away(window.clamp(WINDOW_MIN, WINDOW_MAX))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULES: AdmissionRules =
        AdmissionRules { per_s: 200, burst: 50, wait: Duration::from_secs(1) };

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn the_burst_comes_in_at_once_and_the_next_at_the_rate() {
        let (mut door, now) = (Admission::new(RULES), Instant::now());
        for _ in 0..50 {
            assert_eq!(door.ask(now), Verdict::At(now));
        }
        assert_eq!(door.ask(now), Verdict::At(now + ms(5)));
        assert_eq!(door.ask(now), Verdict::At(now + ms(10)));
        assert_eq!(door.ask(now + ms(10)), Verdict::At(now + ms(15)));
    }

    #[test]
    fn after_a_pause_the_burst_is_back() {
        let (mut door, now) = (Admission::new(RULES), Instant::now());
        for _ in 0..100 {
            door.ask(now);
        }
        let later = now + ms(2_000);
        for _ in 0..50 {
            assert_eq!(door.ask(later), Verdict::At(later));
        }
    }

    #[test]
    fn who_would_wait_too_long_is_sent_away_and_the_window_grows() {
        let (mut door, now) = (Admission::new(RULES), Instant::now());
        let verdicts: Vec<_> = (0..2_000).map(|_| door.ask(now)).collect();
        let admitted = verdicts.iter().filter(|v| matches!(v, Verdict::At(_))).count();
        assert_eq!(admitted, 250, "the burst, and a second's worth");
        let away = |n: usize| match verdicts[n] {
            Verdict::Away(window) => window,
            Verdict::At(_) => panic!("{n} was admitted"),
        };
        assert!(away(250) < away(500) && away(500) < away(1_999));
        // 1,750 at 200 in a second, after those who wait, twice.
        assert!((ms(17_000)..ms(22_000)).contains(&away(1_999)), "{:?}", away(1_999));
    }

    #[test]
    fn the_window_shrinks_again() {
        let (mut door, now) = (Admission::new(RULES), Instant::now());
        for _ in 0..2_000 {
            door.ask(now);
        }
        let later = now + ms(60_000);
        assert_eq!(door.ask(later), Verdict::At(later));
        let last = (0..250).map(|_| door.ask(later)).last();
        let Some(Verdict::Away(window)) = last else { panic!("{last:?}") };
        assert!(window < ms(3_000), "{window:?}");
    }

    proptest! {
        #[test]
        fn in_no_second_more_come_in_than_rate_and_burst(
            pauses in proptest::collection::vec(0_u64..20, 1..800),
        ) {
            let (mut door, mut now) = (Admission::new(RULES), Instant::now());
            let mut turns = Vec::new();
            for pause in pauses {
                now += ms(pause);
                match door.ask(now) {
                    Verdict::At(turn) => {
                        prop_assert!(turn >= now && turn <= now + RULES.wait);
                        turns.push(turn);
                    }
                    Verdict::Away(window) => {
                        prop_assert!((WINDOW_MIN..=WINDOW_MAX).contains(&window));
                    }
                }
            }
            for (n, first) in turns.iter().enumerate() {
                let second = turns[n..].iter().filter(|at| **at < *first + ms(1_000)).count();
                prop_assert!(second <= 250, "{second}");
            }
        }
    }
}
