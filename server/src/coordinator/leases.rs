//! The table of leases, pure: time is an input.

use std::collections::BTreeMap;

use baton_domain::group::Key;
use baton_protocol::frame::{ComposeAction, LeaseHolder, LeaseState};
use baton_protocol::{ConversationId, Timestamp, WorkspaceId};
use tokio::time::Instant;

use super::{LEASE_TTL, Lease, LeaseAnswer, Wish};

/// Who may compose where.
#[derive(Debug)]
pub(super) struct Leases {
    held: BTreeMap<Key<ConversationId>, Held>,
    last_token: u64,
}

#[derive(Debug)]
struct Held {
    lease: Lease,
    until: Instant,
}

impl Leases {
    /// An empty table. Tokens begin at the time, so that they also grow over a restart.
    pub(super) fn new(wall: Timestamp) -> Self {
        Self { held: BTreeMap::new(), last_token: u64::try_from(wall.ms()).unwrap_or(0) }
    }

    /// Answers a wish; the second part is the lease's state if it changed.
    pub(super) fn compose(
        &mut self,
        wish: Wish,
        now: Instant,
        wall: Timestamp,
    ) -> (LeaseAnswer, Option<LeaseState>) {
        let place = (wish.workspace, wish.conversation);
        let current = self.of(place, now);
        let is_mine = current.is_some_and(|Lease { holder, .. }| {
            (holder.agent_id, holder.device_id) == (wish.agent, wish.device)
        });
        match (wish.action, current) {
            (ComposeAction::Stop, _) if is_mine => {
                self.held.remove(&place);
                let state = LeaseState { conversation_id: wish.conversation, holder: None };
                (LeaseAnswer::Stopped, Some(state))
            }
            (ComposeAction::Stop, _) => (LeaseAnswer::Stopped, None),
            (_, Some(lease)) if is_mine => {
                let kept = Lease { renewal: lease.renewal.saturating_add(1), ..lease };
                self.held.insert(place, Held { lease: kept, until: now + LEASE_TTL });
                (LeaseAnswer::Granted(lease.holder), None)
            }
            (ComposeAction::Start | ComposeAction::Keep, Some(lease)) => {
                (LeaseAnswer::Held(lease.holder), None)
            }
            (ComposeAction::TakeOver | ComposeAction::Start | ComposeAction::Keep, _) => {
                self.last_token = self.last_token.saturating_add(1);
                let holder = LeaseHolder {
                    agent_id: wish.agent,
                    device_id: wish.device,
                    token: self.last_token,
                    since: wall,
                };
                let lease = Lease { holder, renewal: 0 };
                self.held.insert(place, Held { lease, until: now + LEASE_TTL });
                let state = LeaseState { conversation_id: wish.conversation, holder: Some(holder) };
                (LeaseAnswer::Granted(holder), Some(state))
            }
        }
    }

    /// Who holds it, if it has not lapsed.
    pub(super) fn of(&self, place: Key<ConversationId>, now: Instant) -> Option<Lease> {
        self.held.get(&place).filter(|held| held.until > now).map(|held| held.lease)
    }

    /// Removes what has lapsed and says where.
    pub(super) fn lapse(&mut self, now: Instant) -> Vec<(WorkspaceId, LeaseState)> {
        let mut lapsed = Vec::new();
        self.held.retain(|(workspace, conversation), held| {
            let lives = held.until > now;
            if !lives {
                let state = LeaseState { conversation_id: *conversation, holder: None };
                lapsed.push((*workspace, state));
            }
            lives
        });
        lapsed
    }

    /// Tokens grow from there on.
    pub(super) fn see_token(&mut self, token: u64) {
        self.last_token = self.last_token.max(token);
    }

    /// The newest token that was given or seen.
    pub(super) fn newest_token(&self) -> u64 {
        self.last_token
    }

    /// Notes who holds it according to somebody who knows better. Tokens grow from there on.
    pub(super) fn adopt(&mut self, place: Key<ConversationId>, lease: Option<Lease>, now: Instant) {
        match lease {
            Some(lease) => {
                self.see_token(lease.holder.token);
                self.held.insert(place, Held { lease, until: now + LEASE_TTL });
            }
            None => drop(self.held.remove(&place)),
        }
    }

    /// All that have not lapsed.
    pub(super) fn live(&self, now: Instant) -> Vec<(WorkspaceId, ConversationId, Lease)> {
        let live = self.held.iter().filter(|(_, held)| held.until > now);
        live.map(|((workspace, conversation), held)| (*workspace, *conversation, held.lease))
            .collect()
    }

    /// How many are kept in memory.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.held.len()
    }
}
