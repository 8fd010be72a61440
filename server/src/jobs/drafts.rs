//! Keeps what agents type. Clients share it live with whoever looks, and so a text outlives the
//! device on which it was typed.
//!
//! What was typed in the last moments before a node died is lost.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use baton_protocol::{ConversationId, Timestamp};
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::engine::work::Caller;
use crate::store::Store;
use crate::store::draft::{DraftKey, keep_drafts};

/// What is typed within this is written together.
const GATHER: Duration = Duration::from_secs(1);
/// Drafts that wait to be written; more are not kept.
const WAITING_MAX: usize = 10_000;

/// What was typed since it was written last. Cheap to clone.
#[derive(Clone, Default, Debug)]
pub struct Drafts(Arc<Shared>);

#[derive(Default, Debug)]
struct Shared {
    typed: Mutex<BTreeMap<DraftKey, (String, Timestamp)>>,
    told: Notify,
}

impl Drafts {
    /// An agent typed; an empty text means that they took it back.
    pub fn hear(&self, caller: Caller, of: ConversationId, text: &str, now: Timestamp) {
        let key = (caller.workspace, of, caller.agent);
        let mut typed = self.typed();
        if typed.len() < WAITING_MAX || typed.contains_key(&key) {
            typed.insert(key, (text.to_owned(), now));
            self.0.told.notify_one();
        }
    }

    fn typed(&self) -> MutexGuard<'_, BTreeMap<DraftKey, (String, Timestamp)>> {
        self.0.typed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what was typed, for ever.
    pub async fn run(self, store: Store, clock: Clock) {
        loop {
            self.0.told.notified().await;
            clock.sleep(GATHER).await;
            let typed = std::mem::take(&mut *self.typed());
            let rows: Vec<_> = typed.into_iter().map(|(key, (text, at))| (key, text, at)).collect();
            if let Err(error) = keep_drafts(&store, &rows).await {
                // The next key that is pressed brings the text again.
                tracing::debug!(%error, "drafts were not kept");
            }
        }
    }
}
