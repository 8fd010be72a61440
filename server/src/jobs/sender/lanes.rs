//! The lanes that run in this process: one per conversation, so many per number.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use baton_domain::group::Key;
use baton_protocol::{ChannelId, ConversationId};

use crate::store::read::{Busy, MessageAt};

/// Lanes of one number at once. The others of a slow or paused number wait in the database. So they
/// neither fill this process nor stand before those of another number.
pub(super) const LANES_PER_CHANNEL: usize = 512;

type Map = BTreeMap<Key<ConversationId>, ChannelId>;

/// The lanes that run in this process. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Lanes(Arc<Mutex<Map>>);

impl Lanes {
    /// Enters the message's lane, unless it runs.
    pub(super) fn enter(&self, at: &MessageAt) -> Option<Running> {
        let lane = (at.workspace, at.conversation);
        let mut map = self.map();
        if map.contains_key(&lane) {
            return None;
        }
        map.insert(lane, at.channel);
        Some(Running { lanes: self.clone(), lane })
    }

    /// Whether the message's lane runs.
    pub(super) fn is_running(&self, at: &MessageAt) -> bool {
        self.map().contains_key(&(at.workspace, at.conversation))
    }

    /// Where nothing more is looked for.
    pub(super) fn busy(&self) -> Busy {
        let map = self.map();
        let mut per_channel: BTreeMap<ChannelId, usize> = BTreeMap::new();
        for channel in map.values() {
            *per_channel.entry(*channel).or_default() += 1;
        }
        per_channel.retain(|_, lanes| *lanes >= LANES_PER_CHANNEL);
        let conversations = map
            .iter()
            .filter(|(_, channel)| !per_channel.contains_key(channel))
            .map(|((_, conversation), _)| *conversation)
            .collect();
        Busy { conversations, channels: per_channel.into_keys().collect() }
    }

    fn map(&self) -> MutexGuard<'_, Map> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lane that runs; it ends when this is dropped, by a panic too.
#[derive(Debug)]
pub(super) struct Running {
    lanes: Lanes,
    lane: Key<ConversationId>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.lanes.map().remove(&self.lane);
    }
}

#[cfg(test)]
mod tests {
    use baton_protocol::{MessageId, WorkspaceId};
    use uuid::Uuid;

    use super::*;

    fn message(channel: u128, conversation: u128) -> MessageAt {
        MessageAt {
            workspace: WorkspaceId(Uuid::nil()),
            channel: ChannelId(Uuid::from_u128(channel)),
            conversation: ConversationId(Uuid::from_u128(conversation)),
            seq: 1,
            message: MessageId(Uuid::nil()),
        }
    }

    #[test]
    fn a_lane_runs_once_and_a_panic_ends_it() {
        let lanes = Lanes::default();
        let at = message(1, 1);
        let running = lanes.enter(&at);
        assert!(running.is_some() && lanes.enter(&at).is_none() && lanes.is_running(&at));
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _running = running;
            panic!("on purpose");
        }));
        assert!(panicked.is_err() && !lanes.is_running(&at));
    }

    #[test]
    fn a_number_with_all_its_lanes_running_is_left_out_as_a_whole() {
        let lanes = Lanes::default();
        let most = u128::try_from(LANES_PER_CHANNEL).unwrap();
        let mut running: Vec<_> = (0..most).map(|n| lanes.enter(&message(1, n))).collect();
        running.push(lanes.enter(&message(2, most)));
        let busy = lanes.busy();
        assert_eq!(busy.channels, [message(1, 0).channel]);
        assert_eq!(busy.conversations, [message(2, most).conversation]);
        running.remove(0);
        assert_eq!((lanes.busy().channels.len(), lanes.busy().conversations.len()), (0, 512));
    }
}
