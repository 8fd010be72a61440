//! Work of a worker that goes on beside its loop.

use std::time::Duration;

use baton_domain::group::Key;
use baton_protocol::MessageId;
use tokio::task::{Id, JoinSet};

/// Claims of this node that nobody works on are looked for this often.
pub(super) const STRAYS_EVERY: Duration = Duration::from_secs(60);

/// Pieces of work under way, each in a task of its own. As futures of the worker's own task they
/// would stand still while it waits for the database. One that holds the only connection for
/// writing would then never give it back. They end with the worker.
#[derive(Debug)]
pub(super) struct Slots {
    running: JoinSet<()>,
    keys: Vec<(Id, Key<MessageId>)>,
    most: usize,
}

impl Slots {
    /// At most so many at once.
    pub(super) fn new(most: usize) -> Self {
        Self { running: JoinSet::new(), keys: Vec::new(), most }
    }

    /// How many more may begin.
    pub(super) fn free(&self) -> usize {
        self.most.saturating_sub(self.running.len())
    }

    pub(super) fn begin(
        &mut self,
        key: Key<MessageId>,
        work: impl Future<Output = ()> + Send + 'static,
    ) {
        self.keys.push((self.running.spawn(work).id(), key));
    }

    /// What is worked on. A claim that this node holds and that is not here was made by a commit
    /// whose answer was lost, or its work broke off.
    pub(super) fn keys(&self) -> Vec<Key<MessageId>> {
        self.keys.iter().map(|(_, key)| *key).collect()
    }

    /// Waits until one has ended; for ever while there is none. One that broke off leaves its
    /// claim; the others go on.
    pub(super) async fn one_ended(&mut self) {
        let ended = match self.running.join_next_with_id().await {
            Some(Ok((id, ()))) => id,
            Some(Err(error)) => {
                tracing::error!(%error, "a piece of work broke off");
                error.id()
            }
            None => std::future::pending().await,
        };
        self.keys.retain(|(id, _)| *id != ended);
    }
}
