//! The follower that seals the hash chain, so that no command waits for it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use baton_protocol::WorkspaceId;

use super::anchor::Anchors;
use crate::clock::Clock;
use crate::node::Membership;
use crate::store::seal::{Sealed, newest_seals, seal_pending, sealed, unsealed, unsealed_events};
use crate::store::{Store, StoreError};
use crate::telemetry::{Metrics, Spell};

/// Seals new events into the hash chain.
#[derive(Clone, Debug)]
pub struct Sealer {
    /// The database.
    pub store: Store,
    /// Whether this node is the one that seals.
    pub membership: Membership,
    /// The time.
    pub clock: Clock,
    /// Where markers go.
    pub anchors: Anchors,
    /// What is counted.
    pub metrics: Metrics,
    /// The workspaces whose logs are known to be damaged: that is said once.
    pub refused: Arc<Mutex<BTreeSet<WorkspaceId>>>,
}

const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Rows sealed by one transaction.
const AT_ONCE: u64 = 5000;

impl Sealer {
    /// Seals twice a second, for ever.
    pub async fn run(self) {
        let spell = Spell::default();
        loop {
            let sealed = self.seal().await;
            if !self.store.is_away() {
                let what = "the log could not be sealed; trying again";
                spell.note(what, sealed.as_ref().err(), self.clock.monotonic());
            }
            self.clock.sleep(LOOK_EVERY).await;
        }
    }

    /// Seals all that is there if this node leads; else marks what the leader has sealed. A
    /// workspace that fails does not keep the others from it; the first failure is told.
    pub async fn seal(&self) -> Result<(), StoreError> {
        let Some(led) = self.membership.led(&self.store) else { return self.follow().await };
        let mut tx = self.store.read().await?;
        let workspaces = unsealed(&mut tx).await?;
        let lag = unsealed_events(&mut tx).await?;
        self.metrics.seal_lag.set(lag);
        tx.rollback().await?;
        let mut failed = Ok(());
        for workspace in workspaces {
            match self.seal_one(&led, workspace).await {
                Ok(()) => {}
                // The one that leads by now goes on.
                Err(StoreError::Deposed) => return Ok(()),
                // It stays so until people look, and is counted as a tail that is not sealed.
                Err(error @ StoreError::Corrupt(_)) => {
                    let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
                    if refused.insert(workspace) {
                        tracing::error!(%error, %workspace, "a log is not sealed any further");
                    }
                }
                Err(error) => failed = failed.and(Err(error)),
            }
        }
        failed
    }

    async fn seal_one(&self, led: &Store, workspace: WorkspaceId) -> Result<(), StoreError> {
        let mut tx = self.store.read().await?;
        let mut sealed = sealed(&mut tx, workspace).await?;
        tx.rollback().await?;
        // A backlog is sealed in one go, in transactions of their own; what comes meanwhile waits
        // for the next look.
        loop {
            let before = sealed.upto;
            sealed = seal_pending(led, workspace, AT_ONCE).await?;
            if sealed.upto - before < AT_ONCE {
                break;
            }
        }
        self.mark(workspace, &sealed);
        Ok(())
    }

    /// Every node keeps markers of its own: the next start on any of them finds a database that
    /// was put back.
    async fn follow(&self) -> Result<(), StoreError> {
        self.metrics.seal_lag.set(0);
        let mut tx = self.store.read().await?;
        let newest = newest_seals(&mut tx).await?;
        tx.rollback().await?;
        for (workspace, sealed) in newest {
            self.mark(workspace, &sealed);
        }
        Ok(())
    }

    fn mark(&self, workspace: WorkspaceId, sealed: &Sealed) {
        let epoch = self.store.epoch();
        if let Err(error) = self.anchors.append(epoch, workspace, sealed.upto, &sealed.hash) {
            tracing::warn!(%error, "a marker could not be written");
        }
    }
}
