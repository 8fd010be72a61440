//! Whether an agent would hear of something, from what their devices have shown.

pub use baton_protocol::board::Verdict;
use baton_protocol::{Reach, Timestamp};

/// A device that said something within this time is at work: clients say once a minute that they
/// are there.
const HERE_MS: i64 = 125_000;
/// A proof that pushes come through stands by itself for so long.
const PROOF_MS: i64 = 12 * 60 * 60 * 1000;
/// Pushes that nobody confirmed, from which on nothing comes through.
const UNHEARD_MAX: u32 = 2;

/// What the devices of an agent have shown of themselves.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Signs {
    /// The last sign of life of one of them.
    pub heard_at: Option<Timestamp>,
    /// The last time at which one showed that pushes come through to it.
    pub push_at: Option<Timestamp>,
    /// Pushes that a service took since then, and that no device confirmed within a minute.
    pub unheard: u32,
    /// The last sign of life of a device that knows what an offer is.
    pub offers_heard_at: Option<Timestamp>,
    /// The last time at which such a one showed that pushes come through to it.
    pub offers_push_at: Option<Timestamp>,
}

impl Signs {
    /// Whether they would hear of something.
    #[must_use]
    pub fn verdict(self, now: Timestamp) -> Verdict {
        let is_within = |at: Option<Timestamp>, ms| at.is_some_and(|at| at.plus_ms(ms) > now);
        if is_within(self.heard_at, HERE_MS) {
            return Verdict::Here;
        }
        self.by_push(now)
    }

    /// The verdict on offers: by the devices that know what one is.
    #[must_use]
    pub fn offer_verdict(self, now: Timestamp) -> Verdict {
        let (heard_at, push_at) = (self.offers_heard_at, self.offers_push_at);
        Self { heard_at, push_at, ..self }.verdict(now)
    }

    /// The verdict by pushes alone. It does not expire: an agent on leave for two weeks counts as
    /// reached until a push goes unconfirmed.
    fn by_push(self, now: Timestamp) -> Verdict {
        match (self.push_at, self.unheard) {
            (None, _) | (_, UNHEARD_MAX..) => Verdict::Unreachable,
            (Some(at), 0) if at.plus_ms(PROOF_MS) > now => Verdict::Push,
            (Some(_), _) => Verdict::Unsure,
        }
    }

    /// What colleagues are told of it.
    #[must_use]
    pub fn reach(self, now: Timestamp) -> Reach {
        let by_push = self.by_push(now) != Verdict::Unreachable;
        Reach { by_push, heard_at: self.heard_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 60 * 60 * 1000;
    const NOW: Timestamp = Timestamp::from_ms(1_000 * HOUR_MS);

    fn pushed(ago: i64, unheard: u32) -> Signs {
        Signs { push_at: Some(NOW.plus_ms(-ago)), unheard, ..Signs::default() }
    }

    #[test]
    fn an_app_that_knows_no_offers_proves_nothing_of_an_offer() {
        let old = Signs { heard_at: Some(NOW), ..pushed(0, 0) };
        assert_eq!(old.verdict(NOW), Verdict::Here);
        assert_eq!(old.offer_verdict(NOW), Verdict::Unreachable);
        let both = Signs { offers_push_at: Some(NOW.plus_ms(-PROOF_MS)), ..old };
        assert_eq!(both.offer_verdict(NOW), Verdict::Unsure, "by the other device");
        let here = Signs { offers_heard_at: Some(NOW), ..old };
        assert_eq!(here.offer_verdict(NOW), Verdict::Here);
    }

    #[test]
    fn a_push_that_came_through_half_a_day_ago_proves_nothing_of_the_next_one() {
        assert_eq!(pushed(0, 0).verdict(NOW), Verdict::Push);
        assert_eq!(pushed(PROOF_MS - 1, 0).verdict(NOW), Verdict::Push);
        assert_eq!(pushed(PROOF_MS, 0).verdict(NOW), Verdict::Unsure);
        assert!(pushed(20 * 24 * HOUR_MS, 0).reach(NOW).by_push, "nothing shows otherwise");
    }

    #[test]
    fn two_pushes_that_nobody_confirmed_show_that_nothing_comes_through() {
        assert_eq!(pushed(HOUR_MS, 1).verdict(NOW), Verdict::Unsure);
        assert!(pushed(HOUR_MS, 1).reach(NOW).by_push);
        assert_eq!(pushed(HOUR_MS, 2).verdict(NOW), Verdict::Unreachable);
        assert!(!pushed(HOUR_MS, 2).reach(NOW).by_push);
    }

    #[test]
    fn who_works_at_a_device_hears_of_it_whatever_becomes_of_pushes() {
        let at_work = |ago: i64| Signs { heard_at: Some(NOW.plus_ms(-ago)), ..pushed(HOUR_MS, 2) };
        assert_eq!(at_work(HERE_MS - 1).verdict(NOW), Verdict::Here);
        assert_eq!(at_work(HERE_MS).verdict(NOW), Verdict::Unreachable);
        assert_eq!(Signs::default().verdict(NOW), Verdict::Unreachable);
        assert_eq!(Signs::default().reach(NOW), Reach::default());
    }
}
