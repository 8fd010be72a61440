//! Tickets: how a browser, which may not show its token to a script, opens a socket. Good once,
//! for half a minute, on this node.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Signed, token};
use crate::config::Secret;

/// How long a ticket is good.
pub const TICKET_TTL: Duration = Duration::from_secs(30);
/// Tickets not yet used.
const TICKETS_MAX: usize = 20_000;
/// Of these, for one device: a browser needs one per socket.
const TICKETS_OF_DEVICE_MAX: usize = 20;

/// Tickets not yet used, by digest.
#[derive(Debug, Default)]
pub(super) struct Tickets(BTreeMap<String, (Signed, Duration)>);

impl Tickets {
    /// Remembers a new ticket; `false` when there are too many.
    pub(super) fn put(&mut self, ticket: &Secret, signed: Signed, now: Duration) -> bool {
        self.0.retain(|_, (_, until)| *until > now);
        let of_device = self.0.values().filter(|(other, _)| other.device == signed.device).count();
        if self.0.len() >= TICKETS_MAX || of_device >= TICKETS_OF_DEVICE_MAX {
            return false;
        }
        self.0.insert(token::digest(ticket.expose()), (signed, now + TICKET_TTL));
        true
    }

    /// Uses a ticket up.
    pub(super) fn take(&mut self, ticket: &str, now: Duration) -> Option<Signed> {
        let (signed, until) = self.0.remove(&token::digest(ticket))?;
        (until > now).then_some(signed)
    }
}

#[cfg(test)]
mod tests {
    use baton_protocol::Role;
    use uuid::Uuid;

    use super::*;

    const SIGNED: Signed = Signed {
        workspace: baton_protocol::WorkspaceId(Uuid::from_u128(1)),
        agent: baton_protocol::AgentId(Uuid::from_u128(2)),
        device: baton_protocol::DeviceId(Uuid::from_u128(3)),
        role: Role::Agent,
    };

    #[test]
    fn a_ticket_is_good_once_and_for_half_a_minute() {
        let mut tickets = Tickets::default();
        let (a, b) = (token::ticket([1; 32]), token::ticket([2; 32]));
        assert!(tickets.put(&a, SIGNED, Duration::ZERO) && tickets.put(&b, SIGNED, Duration::ZERO));
        assert_eq!(tickets.take("bt_other", Duration::ZERO), None);
        assert_eq!(tickets.take(a.expose(), Duration::from_millis(29_999)), Some(SIGNED));
        assert_eq!(tickets.take(a.expose(), Duration::from_millis(29_999)), None);
        assert_eq!(tickets.take(b.expose(), TICKET_TTL), None);
    }

    #[test]
    fn a_device_hoards_no_tickets() {
        let mut tickets = Tickets::default();
        let mut put = |n: u8, now| tickets.put(&token::ticket([n; 32]), SIGNED, now);
        assert!((0..20).all(|n| put(n, Duration::ZERO)));
        assert!(!put(20, Duration::ZERO));
        assert!(put(21, TICKET_TTL));
    }
}
