//! Whether an agent would hear of something, from what their devices have shown. A sign of a
//! device is no sign of a person: who is there is who did something.

use std::collections::BTreeSet;

pub use baton_protocol::board::Verdict;
use baton_protocol::{AgentId, Reach, Timestamp};

/// A device that said something within this time is connected: clients say once a minute that they
/// are there.
const CONNECTED_MS: i64 = 125_000;
/// The minutes for which an act says that somebody is there, where the workspace says nothing.
pub const HERE_MIN: u32 = 5;
/// A proof that pushes come through stands by itself for so long.
const PROOF_MS: i64 = 12 * 60 * 60 * 1000;
/// Pushes that nobody confirmed, from which on nothing comes through.
const UNHEARD_MAX: u32 = 2;

/// The agents who have a socket open, as far as anybody knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sockets {
    /// These have one, and nobody else.
    Of(BTreeSet<AgentId>),
    /// Nobody can be asked, or who connects again had no time to do so: what devices said stands
    /// alone.
    Unknown,
}

impl Sockets {
    /// True where this agent may have a socket open.
    #[must_use]
    pub fn may_have(&self, agent: AgentId) -> bool {
        match self {
            Self::Of(all) => all.contains(&agent),
            Self::Unknown => true,
        }
    }
}

/// What the devices of an agent have shown of themselves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Signs {
    /// The minutes for which an act says that somebody is there.
    pub here_min: u32,
    /// True where one of them may have a socket open. Without one nobody is at a device.
    pub has_socket: bool,
    /// The last time at which one of them said something. That a push came is no such thing: it
    /// shows a device, and nobody who looks at it.
    pub heard_at: Option<Timestamp>,
    /// The last time at which a person did something on one: a key, a touch, a command.
    pub acted_at: Option<Timestamp>,
    /// The last time at which one showed that pushes come through to it.
    pub push_at: Option<Timestamp>,
    /// Pushes that a service took since then, and that no device confirmed within a minute.
    pub unheard: u32,
    /// The last time at which a device said something that knows what an offer is.
    pub offers_heard_at: Option<Timestamp>,
    /// The last time at which a person did something on such a one.
    pub offers_acted_at: Option<Timestamp>,
    /// The last time at which such a one showed that pushes come through to it.
    pub offers_push_at: Option<Timestamp>,
}

impl Default for Signs {
    fn default() -> Self {
        Self {
            here_min: HERE_MIN,
            has_socket: false,
            heard_at: None,
            acted_at: None,
            push_at: None,
            unheard: 0,
            offers_heard_at: None,
            offers_acted_at: None,
            offers_push_at: None,
        }
    }
}

impl Signs {
    /// Whether they would hear of something. A console that was left open comes after a phone in a
    /// pocket, and before a phone that may be dead.
    #[must_use]
    pub fn verdict(self, now: Timestamp) -> Verdict {
        if self.has_socket && is_within(self.acted_at, i64::from(self.here_min) * 60_000, now) {
            return Verdict::Here;
        }
        let by_push = self.by_push(now);
        if by_push != Verdict::Push && self.is_connected(now) {
            return Verdict::Connected;
        }
        by_push
    }

    /// Whether a device shows what comes, whoever looks at it.
    #[must_use]
    pub fn is_connected(self, now: Timestamp) -> bool {
        self.has_socket && is_within(self.heard_at, CONNECTED_MS, now)
    }

    /// The signs of those devices alone that know what an offer is.
    #[must_use]
    pub fn of_offers(self) -> Self {
        let (heard_at, push_at) = (self.offers_heard_at, self.offers_push_at);
        Self { heard_at, push_at, acted_at: self.offers_acted_at, ..self }
    }

    /// The verdict on offers: by the devices that know what one is.
    #[must_use]
    pub fn offer_verdict(self, now: Timestamp) -> Verdict {
        self.of_offers().verdict(now)
    }

    /// Whether a person did something since then.
    #[must_use]
    pub fn acted_since(self, at: Timestamp) -> bool {
        self.acted_at.is_some_and(|acted| acted > at)
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
        Reach { by_push, heard_at: self.heard_at.max(self.push_at) }
    }
}

fn is_within(at: Option<Timestamp>, ms: i64, now: Timestamp) -> bool {
    at.is_some_and(|at| at.plus_ms(ms) > now)
}

/// The places of verdicts in a choice: who is there, and who has a phone in a pocket, are equal.
#[must_use]
pub fn rank(of: Verdict) -> u8 {
    match of {
        Verdict::Here | Verdict::Push => 0,
        Verdict::Connected => 1,
        Verdict::Unsure | Verdict::Unreachable | Verdict::Unknown => 2,
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
        let now = Some(NOW);
        let old = Signs { has_socket: true, heard_at: now, acted_at: now, ..pushed(0, 0) };
        assert_eq!(old.verdict(NOW), Verdict::Here);
        assert_eq!(old.offer_verdict(NOW), Verdict::Unreachable);
        let both = Signs { offers_push_at: Some(NOW.plus_ms(-PROOF_MS)), ..old };
        assert_eq!(both.offer_verdict(NOW), Verdict::Unsure, "by the other device");
        let here = Signs { offers_heard_at: now, offers_acted_at: now, ..old };
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
        let here_ms = i64::from(HERE_MIN) * 60_000;
        let at_work = |acted: i64, heard: i64| Signs {
            has_socket: true,
            heard_at: Some(NOW.plus_ms(-heard)),
            acted_at: Some(NOW.plus_ms(-acted)),
            ..pushed(HOUR_MS, 2)
        };
        assert_eq!(at_work(here_ms - 1, 0).verdict(NOW), Verdict::Here);
        assert_eq!(at_work(here_ms, 0).verdict(NOW), Verdict::Connected);
        assert_eq!(at_work(here_ms, CONNECTED_MS - 1).verdict(NOW), Verdict::Connected);
        assert_eq!(at_work(here_ms, CONNECTED_MS).verdict(NOW), Verdict::Unreachable);
        let patient = Signs { here_min: 30, ..at_work(here_ms, 0) };
        assert_eq!(patient.verdict(NOW), Verdict::Here, "the workspace says for how long");
        assert_eq!(Signs::default().verdict(NOW), Verdict::Unreachable);
        assert_eq!(Signs::default().reach(NOW), Reach::default());
    }

    #[test]
    fn a_console_that_was_left_open_is_a_sign_of_a_device_and_of_nobody() {
        let left = Signs { has_socket: true, heard_at: Some(NOW), ..Signs::default() };
        assert_eq!(left.verdict(NOW), Verdict::Connected, "nobody ever did anything there");
        let in_a_pocket = Signs { push_at: Some(NOW), ..left };
        assert_eq!(in_a_pocket.verdict(NOW), Verdict::Push, "and their phone rings");
        let dead = Signs { push_at: Some(NOW), unheard: 2, ..left };
        assert_eq!(dead.verdict(NOW), Verdict::Connected);
        let ranks = [Verdict::Here, Verdict::Push, Verdict::Connected, Verdict::Unsure].map(rank);
        assert_eq!(ranks, [0, 0, 1, 2]);
    }

    #[test]
    fn who_closed_the_last_socket_is_at_no_device_though_one_was_heard_a_moment_ago() {
        let now = Some(NOW);
        let heard = Signs { heard_at: now, offers_heard_at: now, ..pushed(HOUR_MS, 0) };
        let left = Signs { acted_at: now, offers_acted_at: now, ..heard };
        assert_eq!(left.verdict(NOW), Verdict::Push);
        assert_eq!(Signs { unheard: 1, ..left }.verdict(NOW), Verdict::Unsure);
        let nowhere = Signs { push_at: None, ..left };
        assert_eq!(nowhere.verdict(NOW), Verdict::Unreachable, "there is nothing to push to");
        assert_eq!(left.offer_verdict(NOW), Verdict::Unreachable);
        let open = Signs { has_socket: true, ..left };
        assert_eq!((open.verdict(NOW), open.offer_verdict(NOW)), (Verdict::Here, Verdict::Here));
        assert_eq!(left.reach(NOW).heard_at, Some(NOW), "colleagues read when that was");
    }

    #[test]
    fn a_receipt_is_a_proof_of_pushes_and_of_nobody_who_looks() {
        let has_socket = true;
        let rang = Signs { has_socket, offers_push_at: Some(NOW), ..pushed(0, 0) };
        assert_eq!((rang.verdict(NOW), rang.offer_verdict(NOW)), (Verdict::Push, Verdict::Push));
        assert_eq!(rang.reach(NOW).heard_at, Some(NOW), "it is a sign of life all the same");
    }

    #[test]
    fn where_nobody_knows_of_sockets_each_may_have_one() {
        let (ana, ben) = (AgentId(uuid::Uuid::from_u128(1)), AgentId(uuid::Uuid::from_u128(2)));
        let of_ana = Sockets::Of(BTreeSet::from([ana]));
        assert!(of_ana.may_have(ana) && !of_ana.may_have(ben));
        assert!(Sockets::Unknown.may_have(ben));
    }
}
