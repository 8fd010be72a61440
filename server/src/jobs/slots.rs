//! Work of a worker that goes on beside its loop.

use tokio::task::JoinSet;

/// Pieces of work under way, each in a task of its own. As futures of the worker's own task they
/// would stand still while it waits for the database: one that holds the only connection for
/// writing would then never give it back. They end with the worker.
#[derive(Debug)]
pub(super) struct Slots {
    running: JoinSet<()>,
    most: usize,
}

impl Slots {
    /// At most so many at once.
    pub(super) fn new(most: usize) -> Self {
        Self { running: JoinSet::new(), most }
    }

    /// How many more may begin.
    pub(super) fn free(&self) -> usize {
        self.most.saturating_sub(self.running.len())
    }

    pub(super) fn begin(&mut self, work: impl Future<Output = ()> + Send + 'static) {
        self.running.spawn(work);
    }

    /// Waits until one has ended; for ever while there is none. Of one that failed the claim ends
    /// by itself; the others go on.
    pub(super) async fn one_ended(&mut self) {
        match self.running.join_next().await {
            Some(Ok(())) => {}
            Some(Err(error)) => tracing::error!(%error, "a piece of work broke off"),
            None => std::future::pending().await,
        }
    }
}
