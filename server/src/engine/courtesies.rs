//! What customers may be shown of what agents do: that they have read, that they are typing.
//!
//! Kept in memory and limited: what is lost is a courtesy.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use baton_domain::auto::courtesy::Done;
use baton_domain::group::Key;
use baton_protocol::ConversationId;
use tokio::sync::Notify;

/// Conversations remembered at once.
const WAITING_MAX: usize = 10_000;

/// What agents did, until a worker takes it. Cheap to clone.
#[derive(Clone, Default, Debug)]
pub struct Courtesies(Arc<Shared>);

#[derive(Default, Debug)]
struct Shared {
    waiting: Mutex<BTreeMap<Key<ConversationId>, Done>>,
    told: Notify,
}

impl Courtesies {
    /// An agent has read a conversation.
    pub fn read(&self, of: Key<ConversationId>) {
        self.add(of, |done| done.read = true);
    }

    /// An agent composes in a conversation.
    pub fn typed(&self, of: Key<ConversationId>) {
        self.add(of, |done| done.typed = true);
    }

    /// What was done since the last call; waits until there is something.
    pub async fn next(&self) -> BTreeMap<Key<ConversationId>, Done> {
        loop {
            let waiting = {
                let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                std::mem::take(&mut *waiting)
            };
            if !waiting.is_empty() {
                return waiting;
            }
            self.0.told.notified().await;
        }
    }

    fn add(&self, of: Key<ConversationId>, change: impl FnOnce(&mut Done)) {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < WAITING_MAX || waiting.contains_key(&of) {
            change(waiting.entry(of).or_default());
            self.0.told.notify_one();
        }
    }
}
