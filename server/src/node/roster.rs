//! Who lives and who sends for which number, as one node sees it. Pure: time comes in, of a clock
//! of this node alone that never goes back.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_protocol::ChannelId;
use sha2::{Digest, Sha256};

use crate::store::node::{Life, NodeId};

/// How often a node says that it lives, and looks at the others.
pub const BEAT: Duration = Duration::from_secs(2);
/// A beat that stands still for so long is a dead node's.
pub const DEAD_AFTER: Duration = Duration::from_secs(8);
/// Who has not looked for so long was away itself, and begins anew to wait for the others.
const LOOK_GAP: Duration = Duration::from_secs(6);

/// The beats that this node saw, and since when.
#[derive(Debug, Default)]
pub(super) struct Watch {
    seen: BTreeMap<NodeId, (u64, Duration)>,
    looked: Option<Duration>,
}

impl Watch {
    /// Takes in what the database says now, and tells whose beat has stood still for too long.
    /// A node that knows to be `alone` takes every other for dead at once.
    pub(super) fn look(
        &mut self,
        me: NodeId,
        is_alone: bool,
        lives: &[Life],
        now: Duration,
    ) -> Vec<Life> {
        let was_away = self.looked.is_none_or(|looked| now.saturating_sub(looked) > LOOK_GAP);
        self.looked = Some(now);
        let before = std::mem::take(&mut self.seen);
        let mut dead = Vec::new();
        for life in lives.iter().filter(|life| life.node != me) {
            let known = before.get(&life.node).filter(|(beat, _)| *beat == life.beat && !was_away);
            let since = known.map_or(now, |(_, since)| *since);
            if is_alone || now.saturating_sub(since) >= DEAD_AFTER {
                dead.push(*life);
            } else {
                self.seen.insert(life.node, (life.beat, since));
            }
        }
        dead
    }
}

/// The nodes that live, as one of them sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Roster {
    /// This node's present life.
    pub me: NodeId,
    /// All that live, this one among them, by id.
    pub live: Vec<NodeId>,
}

impl Roster {
    /// One node alone.
    pub fn alone(me: NodeId) -> Self {
        Self { me, live: vec![me] }
    }

    /// Whether this node is the one that sends from a number. While two nodes see the live nodes
    /// differently, both may say so, or neither. Claims decide who sends what, so that costs a
    /// number's pace or a few seconds, nothing else.
    pub fn is_sender_of(&self, channel: ChannelId) -> bool {
        self.live.iter().max_by_key(|node| weight(channel, **node)) == Some(&self.me)
    }
}

/// Rendezvous hashing: who leaves or comes moves only the numbers that it has or gets.
fn weight(channel: ChannelId, node: NodeId) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(channel.0.as_bytes());
    hash.update(node.0.as_bytes());
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const fn node(n: u128) -> NodeId {
        NodeId(Uuid::from_u128(n))
    }

    const ME: NodeId = node(0);
    const SECOND: Duration = Duration::from_secs(1);

    fn life(n: u128, beat: u64) -> Life {
        Life { node: node(n), beat, version: 0 }
    }

    /// At which second what was seen, and who is dead then.
    type Look<'a> = (u32, &'a [(u128, u64)], &'a [u128]);

    #[track_caller]
    fn check(looks: &[Look<'_>]) {
        let mut watch = Watch::default();
        for (at, lives, dead) in looks {
            let lives: Vec<_> = lives.iter().map(|(n, beat)| life(*n, *beat)).collect();
            let said = watch.look(ME, false, &lives, SECOND * *at);
            let said: Vec<_> = said.iter().map(|life| life.node).collect();
            let dead: Vec<_> = dead.iter().map(|n| node(*n)).collect();
            assert_eq!(said, dead, "at {at} s");
        }
    }

    #[test]
    fn whose_beat_stands_still_is_dead_after_a_while() {
        check(&[
            (0, &[(0, 1), (1, 1), (2, 7)], &[]),
            (5, &[(0, 1), (1, 2), (2, 7)], &[]),
            (10, &[(0, 1), (1, 3), (2, 7)], &[2]),
            (15, &[(0, 1), (1, 3)], &[]),
            (20, &[(0, 1), (1, 3)], &[1]),
        ]);
    }

    #[test]
    fn one_that_was_away_itself_waits_anew_for_the_others() {
        check(&[
            (0, &[(1, 1)], &[]),
            (40, &[(1, 1)], &[]),
            (45, &[(1, 1)], &[]),
            (50, &[(1, 1)], &[1]),
        ]);
    }

    #[test]
    fn one_that_comes_back_is_waited_for_again() {
        check(&[
            (0, &[(1, 1)], &[]),
            (5, &[], &[]),
            (10, &[(1, 1)], &[]),
            (15, &[(1, 1)], &[]),
            (20, &[(1, 1)], &[1]),
        ]);
    }

    #[test]
    fn one_that_knows_to_be_alone_does_not_wait() {
        let mut watch = Watch::default();
        let others = [life(0, 3), life(1, 1)];
        assert_eq!(watch.look(ME, true, &others, SECOND), [life(1, 1)]);
    }

    proptest! {
        #[test]
        fn a_number_has_one_sender_and_changes_it_only_with_those_who_come_or_go(
            channel: u128,
            nodes in prop::collection::btree_set(1_u128.., 1..6),
            gone: prop::sample::Index,
        ) {
            let channel = ChannelId(Uuid::from_u128(channel));
            let live: Vec<_> = nodes.iter().map(|n| node(*n)).collect();
            let senders = |live: &[NodeId]| -> Vec<NodeId> {
                let says = |me: &&NodeId| {
                    Roster { me: **me, live: live.to_vec() }.is_sender_of(channel)
                };
                live.iter().filter(says).copied().collect()
            };
            let all = senders(&live);
            prop_assert_eq!(all.len(), 1);
            let gone = live[gone.index(live.len())];
            let rest: Vec<_> = live.iter().copied().filter(|one| *one != gone).collect();
            if !rest.is_empty() && all != [gone] {
                prop_assert_eq!(senders(&rest), all);
            }
        }
    }
}
