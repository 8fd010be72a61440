//! Which numbers this node does not send from, as far as it has met them. One node sends from a
//! number at a time, so that its pace is kept without asking anybody.

use std::collections::BTreeSet;
use std::sync::Arc;

use baton_protocol::ChannelId;

use super::Sender;
use crate::node::Roster;
use crate::store::read::SendOrder;

/// The numbers that other nodes send from.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// Who lived when `others` was found.
    roster: Option<Arc<Roster>>,
    others: BTreeSet<ChannelId>,
}

impl Numbers {
    /// Whether this node sends from that number; remembered if it does not.
    pub(super) fn is_ours(&mut self, roster: &Arc<Roster>, channel: ChannelId) -> bool {
        self.take(roster);
        let is_ours = roster.is_sender_of(channel);
        if !is_ours {
            self.others.insert(channel);
        }
        is_ours
    }

    /// The numbers of other nodes that were met, where nothing is looked for.
    pub(super) fn others(&mut self, roster: &Arc<Roster>) -> Vec<ChannelId> {
        self.take(roster);
        self.others.iter().copied().collect()
    }

    /// Who comes or goes may move any number.
    fn take(&mut self, roster: &Arc<Roster>) {
        if self.roster.as_ref() != Some(roster) {
            self.roster = Some(Arc::clone(roster));
            self.others.clear();
        }
    }
}

/// A number that sends one by one waits so long for the news that a message arrived.
pub(super) const DELIVERED_WITHIN_MS: i64 = 30_000;

impl Sender {
    /// Whether it waits until the message before it is on the customer's phone.
    pub(super) fn is_awaiting_delivery(&self, order: &SendOrder) -> bool {
        order.awaited_since.is_some_and(|since| self.now().since(since) < DELIVERED_WITHIN_MS)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::store::node::NodeId;

    #[test]
    fn numbers_of_others_are_left_to_them_until_somebody_comes_or_goes() {
        let nodes = [NodeId(Uuid::from_u128(1)), NodeId(Uuid::from_u128(2))];
        let two = Arc::new(Roster { me: nodes[0], live: nodes.to_vec() });
        let channels: Vec<_> = (0..20).map(|n| ChannelId(Uuid::from_u128(n))).collect();
        let mut numbers = Numbers::default();
        assert!(numbers.others(&two).is_empty());
        let ours = channels.iter().filter(|channel| numbers.is_ours(&two, **channel)).count();
        let others = numbers.others(&two);
        assert!(ours > 0 && !others.is_empty() && ours + others.len() == 20, "{ours}");
        let alone = Arc::new(Roster::alone(nodes[0]));
        assert!(numbers.others(&alone).is_empty());
        assert!(channels.iter().all(|channel| numbers.is_ours(&alone, *channel)));
    }
}
