//! Moves what SQLite's log of pages holds into its file, beside the committer.
//!
//! Left to itself, SQLite does that inside the commit that fills a thousand pages: under load every
//! second group waited for it. PostgreSQL has a process of its own for this.

use std::time::Duration;

use crate::clock::Clock;
use crate::store::Store;

/// Checkpoints the SQLite database now and then.
#[derive(Clone, Debug)]
pub struct Checkpointer {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
}

/// Pages written again and again within this time are moved once.
const EVERY: Duration = Duration::from_millis(500);

impl Checkpointer {
    /// Twice a second, for ever.
    pub async fn run(self) {
        loop {
            self.clock.sleep(EVERY).await;
            // A full disk, mostly: commits say so themselves, and the log of pages keeps it all.
            if let Err(error) = self.store.checkpoint().await {
                tracing::debug!(%error, "pages stay in the write-ahead log");
            }
        }
    }
}
