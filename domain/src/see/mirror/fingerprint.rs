//! The hash by which convergence is compared.

use baton_protocol::{Head, Owner, Status};

/// Returns the hash over heads in scope and the unread count of each, in order of id. The count is
/// 0 where only the head is seen. It is FNV-1a of one line of text per conversation, the same on
/// every platform.
pub fn fingerprint<'a>(heads: impl IntoIterator<Item = (&'a Head, u64)>) -> u64 {
    let mut hash = Fnv::default();
    for (head, unread) in heads {
        hash.add(head, unread);
    }
    hash.0
}

/// The hash so far.
pub(super) struct Fnv(pub(super) u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    pub(super) fn add(&mut self, head: &Head, unread: u64) {
        let owner = match head.owner {
            Owner::Queue(team) => format!("queue {team}"),
            Owner::Agent(agent) => format!("agent {agent}"),
        };
        let until = match head.status {
            Status::Snoozed { until } => until.ms(),
            Status::Open | Status::Waiting | Status::Resolved => 0,
        };
        let Head { id, revision, last_seq, status, .. } = head;
        let status = status.name();
        let line = format!("{id} {revision} {owner} {status} {until} {last_seq} {unread}\n");
        for byte in line.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
