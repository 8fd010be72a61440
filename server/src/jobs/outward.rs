//! Sends events to webhooks of the team's own: each by a cursor over the log, and each for itself,
//! so that none waits for another. A request that is not taken at once is kept as a row and tried
//! again, and the cursor goes on. `domain::outward` says when, and when a webhook is paused.

mod pass;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use baton_protocol::SettingKind;
use tokio::task::JoinSet;

use self::pass::Pass;
use crate::clock::Clock;
use crate::node::Membership;
use crate::push::Outward;
use crate::store::webhook::{self, Live, WebhookKey};
use crate::store::{Store, StoreError, read};
use crate::telemetry::Spell;

const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Opens a secret of a webhook or a source, by its number: the bytes with which requests are
/// signed. `None` where it cannot be read.
pub type OpenSecret = Arc<dyn Fn(WebhookKey, u32, &str) -> Option<Vec<u8>> + Send + Sync>;

/// The sender of events to webhooks of the team's own.
#[derive(Clone)]
pub struct Outwards {
    /// The database.
    pub store: Store,
    /// Knows whether this node is the one that sends.
    pub membership: Membership,
    /// Opens secrets.
    pub open: OpenSecret,
    /// The way out.
    pub outward: Outward,
    /// The time.
    pub clock: Clock,
}

impl std::fmt::Debug for Outwards {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outwards").finish_non_exhaustive()
    }
}

impl Outwards {
    /// Looks twice a second, for ever.
    pub async fn run(self) {
        let spell = Spell::default();
        let mut running: JoinSet<WebhookKey> = JoinSet::new();
        let mut busy: BTreeSet<WebhookKey> = BTreeSet::new();
        loop {
            while let Some(done) = running.try_join_next() {
                match done {
                    Ok(key) => drop(busy.remove(&key)),
                    // It is not known whose it was: all are served anew once the others end.
                    Err(_) if running.is_empty() => busy.clear(),
                    Err(_) => {}
                }
            }
            let looked = self.live().await;
            if !self.store.is_away() {
                let what = "webhooks could not be served; trying again";
                spell.note(what, looked.as_ref().err(), self.clock.monotonic());
            }
            for live in looked.unwrap_or_default() {
                // None is served twice at once.
                if !busy.insert(live.key) {
                    continue;
                }
                let this = self.clone();
                running.spawn(async move {
                    if let Err(error) = this.pass(&live).await
                        && !this.store.is_away()
                    {
                        tracing::warn!(%error, webhook_id = %live.key.1, "webhook not served");
                    }
                    live.key
                });
            }
            self.clock.sleep(LOOK_EVERY).await;
        }
    }

    /// The webhooks that have something to get, if this node leads.
    async fn live(&self) -> Result<Vec<Live>, StoreError> {
        let Some(led) = self.membership.led(&self.store) else { return Ok(Vec::new()) };
        let mut tx = self.store.read().await?;
        let is_new_there = webhook::is_new_there(&mut tx).await?;
        tx.rollback().await?;
        if is_new_there {
            webhook::enrol(&led).await?;
        }
        let mut tx = self.store.read().await?;
        let live = webhook::live(&mut tx, self.clock.now()).await?;
        tx.rollback().await?;
        Ok(live)
    }

    /// Serves each webhook once, one after the other.
    #[cfg(test)]
    pub(crate) async fn look(&self) -> Result<usize, StoreError> {
        let all = self.live().await?;
        for live in &all {
            self.pass(live).await?;
        }
        Ok(all.len())
    }

    async fn pass(&self, live: &Live) -> Result<(), StoreError> {
        let Some(led) = self.membership.led(&self.store) else { return Ok(()) };
        let signing = self.signing(live.key).await?;
        // Without a secret the receiver could not know the sender: it waits for one.
        if signing.is_empty() {
            return Ok(());
        }
        Pass { of: self, led, live, signing }.run().await
    }

    async fn signing(&self, (workspace, id): WebhookKey) -> Result<Vec<Vec<u8>>, StoreError> {
        let kind = SettingKind::Webhook;
        let mut tx = self.store.read().await?;
        let sealed = read::sealed_secrets(&mut tx, workspace, kind, id).await?;
        tx.rollback().await?;
        let mut keys = Vec::new();
        for (n, sealed) in sealed {
            let n = n.parse().map_err(StoreError::corrupt)?;
            match (self.open)((workspace, id), n, &sealed) {
                Some(key) => keys.push(key),
                None => tracing::error!(webhook_id = %id, n, "a webhook's secret cannot be read"),
            }
        }
        Ok(keys)
    }
}

#[cfg(test)]
mod tests;
