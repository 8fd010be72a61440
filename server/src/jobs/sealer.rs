//! The follower that seals the hash chain, so that no command waits for it.

use std::time::Duration;

use baton_protocol::WorkspaceId;

use super::anchor::Anchors;
use crate::clock::Clock;
use crate::store::seal::{seal_pending, sealed, unsealed, unsealed_events};
use crate::store::{Store, StoreError};
use crate::telemetry::Metrics;

/// See the head of the file.
#[derive(Clone, Debug)]
pub struct Sealer {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Where markers go.
    pub anchors: Anchors,
    /// What is counted.
    pub metrics: Metrics,
}

const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Rows sealed by one transaction.
const AT_ONCE: u64 = 5000;

impl Sealer {
    /// Seals twice a second, for ever.
    pub async fn run(self) {
        loop {
            if let Err(error) = self.seal().await
                && !self.store.is_away()
            {
                tracing::warn!(%error, "the log could not be sealed; trying again");
            }
            self.clock.sleep(LOOK_EVERY).await;
        }
    }

    /// Seals all that is there. A workspace that fails does not keep the others from it; the first
    /// failure is told.
    pub async fn seal(&self) -> Result<(), StoreError> {
        let mut tx = self.store.read().await?;
        let workspaces = unsealed(&mut tx).await?;
        let lag = unsealed_events(&mut tx).await?;
        self.metrics.seal_lag.set(lag);
        tx.rollback().await?;
        let mut failed = Ok(());
        for workspace in workspaces {
            if let Err(error) = self.seal_one(workspace).await {
                if !self.store.is_away() {
                    tracing::warn!(%error, %workspace, "a log could not be sealed");
                }
                failed = failed.and(Err(error));
            }
        }
        failed
    }

    async fn seal_one(&self, workspace: WorkspaceId) -> Result<(), StoreError> {
        let mut tx = self.store.read().await?;
        let mut sealed = sealed(&mut tx, workspace).await?;
        tx.rollback().await?;
        // A backlog is sealed in one go, in transactions of their own; what comes meanwhile waits
        // for the next look.
        loop {
            let before = sealed.upto;
            sealed = seal_pending(&self.store, workspace, AT_ONCE).await?;
            if sealed.upto - before < AT_ONCE {
                break;
            }
        }
        let anchored =
            self.anchors.append(self.store.epoch(), workspace, sealed.upto, &sealed.hash);
        if let Err(error) = anchored {
            tracing::warn!(%error, "a marker could not be written");
        }
        Ok(())
    }
}
