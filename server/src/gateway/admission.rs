//! Admits connections at a rate, so that a crowd that comes back leaves time for deliveries. A
//! client that is not admitted soon is told when to try again. Each address has a rate of its own
//! below that. Clients that sign in do not use it up, so a stranger who only connects does not keep
//! the others out.
//!
//! Pure: the time goes in, a verdict comes out.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use tokio::time::Instant;

use crate::config::network;

/// How fast connections are admitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AdmissionRules {
    /// In a second, in the long run.
    pub per_s: u32,
    /// At once, after a pause.
    pub burst: u32,
    /// Who would wait longer is sent away.
    pub wait: Duration,
    /// In a second from one address, of those who do not say who they are.
    pub address_per_s: u32,
    /// At once from one address.
    pub address_burst: u32,
}

impl Default for AdmissionRules {
    fn default() -> Self {
        Self {
            per_s: 200,
            burst: 200,
            wait: Duration::from_secs(3),
            address_per_s: 50,
            address_burst: 100,
        }
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

/// Addresses remembered; an address that is forgotten begins anew.
const ADDRESSES_MAX: usize = 10_000;

/// A bucket for each address, kept like [`Admission`]'s.
#[derive(Debug)]
pub(super) struct Addresses {
    rules: AdmissionRules,
    full_at: BTreeMap<IpAddr, Instant>,
}

impl Addresses {
    pub(super) fn new(rules: AdmissionRules) -> Self {
        Self { rules, full_at: BTreeMap::new() }
    }

    fn each(&self) -> Duration {
        Duration::from_secs(1) / self.rules.address_per_s.max(1)
    }

    /// Somebody of this address is at the door: takes a token, or says when one will be there.
    pub(super) fn ask(&mut self, from: IpAddr, now: Instant) -> Result<(), Duration> {
        let each = self.each();
        if self.full_at.len() >= ADDRESSES_MAX {
            self.full_at.retain(|_, at| *at > now);
        }
        if self.full_at.len() >= ADDRESSES_MAX {
            self.full_at.pop_first();
        }
        let full_at = self.full_at.entry(network(from)).or_insert(now);
        *full_at = (*full_at).max(now);
        let turn = *full_at + each;
        let lent = now + each * self.rules.address_burst.max(1);
        if turn > lent {
            return Err(turn - lent);
        }
        *full_at = turn;
        Ok(())
    }

    /// One of this address has said who it is: its token is back.
    pub(super) fn give_back(&mut self, from: IpAddr) {
        let each = self.each();
        if let Some(full_at) = self.full_at.get_mut(&network(from)) {
            *full_at = full_at.checked_sub(each).unwrap_or(*full_at);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULES: AdmissionRules = AdmissionRules {
        per_s: 200,
        burst: 50,
        wait: Duration::from_secs(1),
        address_per_s: 10,
        address_burst: 20,
    };

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
    fn one_address_has_a_rate_of_its_own_and_who_says_who_it_is_does_not_use_it_up() {
        let (mut door, now) = (Addresses::new(RULES), Instant::now());
        let (one, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        for _ in 0..20 {
            assert_eq!(door.ask(one, now), Ok(()));
        }
        assert_eq!(door.ask(one, now), Err(ms(100)));
        assert_eq!(door.ask(other, now), Ok(()));
        door.give_back(one);
        assert_eq!(door.ask(one, now), Ok(()));
        assert_eq!(door.ask(one, now + ms(99)), Err(ms(1)));
        assert_eq!(door.ask(one, now + ms(100)), Ok(()));
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
