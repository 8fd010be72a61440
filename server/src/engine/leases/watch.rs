//! What this node saw of leases itself, so that a coordinator that lies can annoy but not block.
//! Pure: time comes in.
//!
//! A lease lives as long as its holder keeps it, and each time it is kept its renewal grows. Nobody
//! keeps a lease that is told unchanged for longer than its time to live. If the coordinator says
//! otherwise, its clock stands still, or it reads from a copy that is old.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_domain::group::Key;
use baton_protocol::ConversationId;

use crate::coordinator::{LEASE_TTL, Lease};

/// The leases that this node was told of, by conversation. It judges whether they still live.
#[derive(Debug, Default)]
pub(super) struct Watch(BTreeMap<Key<ConversationId>, Sight>);

/// The newest state of a lease that this node was told of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Sight {
    token: u64,
    renewal: u64,
    /// When it was told for the first time.
    since: Duration,
    /// When anything was told last.
    last: Duration,
}

/// Conversations that are watched at most.
const PLACES_MAX: usize = 10_000;
/// What nobody asked about for so long is forgotten first.
const FORGET: Duration = Duration::from_secs(600);

impl Watch {
    /// Whether a lease that was told of now is to be believed.
    pub(super) fn is_alive(
        &mut self,
        place: Key<ConversationId>,
        told: &Lease,
        now: Duration,
    ) -> bool {
        let (sight, is_live) = look(self.0.get(&place).copied(), told, now);
        if self.0.len() >= PLACES_MAX && !self.0.contains_key(&place) {
            self.0.retain(|_, sight| now.saturating_sub(sight.last) < FORGET);
            if self.0.len() >= PLACES_MAX {
                self.0.clear();
            }
        }
        self.0.insert(place, sight);
        is_live
    }
}

/// The newest that was seen, and whether the lease is to be believed. What is older than what was
/// seen already renews nothing: it would let two old copies renew each other in turns.
fn look(seen: Option<Sight>, told: &Lease, now: Duration) -> (Sight, bool) {
    let (token, renewal) = (told.holder.token, told.renewal);
    let fresh = Sight { token, renewal, since: now, last: now };
    let known = seen.filter(|seen| (token, renewal) <= (seen.token, seen.renewal));
    let sight = known.map_or(fresh, |seen| Sight { last: now, ..seen });
    (sight, now.saturating_sub(sight.since) <= LEASE_TTL)
}

#[cfg(test)]
mod tests {
    use baton_protocol::frame::LeaseHolder;
    use baton_protocol::{AgentId, DeviceId, Timestamp, WorkspaceId};
    use uuid::Uuid;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn place(n: u128) -> Key<ConversationId> {
        (WorkspaceId(Uuid::nil()), ConversationId(Uuid::from_u128(n)))
    }

    fn lease(token: u64, renewal: u64) -> Lease {
        let (agent_id, device_id) = (AgentId(Uuid::nil()), DeviceId(Uuid::nil()));
        let since = Timestamp::from_ms(0);
        Lease { holder: LeaseHolder { agent_id, device_id, token, since }, renewal }
    }

    /// What is told at which second, and whether it is believed.
    #[track_caller]
    fn check(told: &[(u32, u64, u64, bool)]) {
        let mut watch = Watch::default();
        for (at, token, renewal, is_believed) in told {
            let believes = watch.is_alive(place(1), &lease(*token, *renewal), SECOND * *at);
            assert_eq!(believes, *is_believed, "at {at} s, of {told:?}");
        }
    }

    #[test]
    fn a_lease_that_is_kept_is_believed_for_as_long_as_it_is_kept() {
        check(&[(0, 1, 0, true), (8, 1, 2, true), (16, 1, 4, true), (600, 1, 150, true)]);
        // It is renewed although nobody asked meanwhile.
        check(&[(0, 1, 0, true), (13, 1, 3, true), (25, 1, 3, true)]);
    }

    #[test]
    fn one_that_is_told_unchanged_for_longer_than_it_can_live_is_not() {
        check(&[(0, 1, 5, true), (12, 1, 5, true), (13, 1, 5, false), (900, 1, 5, false)]);
    }

    #[test]
    fn who_keeps_it_or_takes_it_after_all_is_believed_again() {
        check(&[(0, 1, 5, true), (13, 1, 5, false), (14, 1, 6, true), (27, 1, 6, false)]);
        check(&[(0, 1, 5, true), (13, 1, 5, false), (14, 2, 0, true), (27, 2, 0, false)]);
    }

    #[test]
    fn two_old_copies_do_not_renew_each_other_in_turns() {
        check(&[(0, 1, 5, true), (5, 1, 4, true), (9, 1, 5, true), (13, 1, 4, false)]);
        check(&[(0, 2, 0, true), (5, 1, 9, true), (9, 2, 0, true), (13, 1, 9, false)]);
        check(&[(13, 2, 0, true), (26, 1, 9, false)]);
    }

    #[test]
    fn what_is_watched_has_a_limit() {
        let mut watch = Watch::default();
        for n in 0..(PLACES_MAX as u128) {
            let at = if n == 0 { FORGET } else { Duration::ZERO };
            watch.is_alive(place(n), &lease(1, 0), at);
        }
        assert!(!watch.is_alive(place(1), &lease(1, 0), FORGET), "no room is made for a known one");
        watch.is_alive(place(PLACES_MAX as u128), &lease(1, 0), FORGET);
        assert_eq!(watch.0.len(), 3, "what nobody asked about has gone");
        for n in 0..(PLACES_MAX as u128) {
            watch.is_alive(place(n), &lease(1, 0), FORGET);
        }
        assert!(watch.0.len() <= PLACES_MAX);
    }
}
