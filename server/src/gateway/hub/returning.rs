//! Crowds that come back to a hub whose memory does not reach back to where they left. After a
//! restart it reaches nowhere. The log is read for all of them at once, where that costs less than
//! to ask for each.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::time::Instant;

use super::super::broadcast::Published;
use super::super::session::Missed;
use super::super::{Gateway, Recalled};
use super::Hub;

/// So many who come back at once are a crowd.
const CROWD: u64 = 8;
/// To read so many events for all costs what it costs to ask for one client alone.
const EVENTS_FOR_ONE: u64 = 16;

impl Hub {
    /// Counts a client that asks for what it missed, until it is answered.
    pub(in crate::gateway) fn one_more_returns(&self) -> Returning<'_> {
        self.returning.fetch_add(1, Ordering::Relaxed);
        Returning(self)
    }

    /// Clients that ask for what they missed.
    #[cfg(test)]
    pub(in crate::gateway) fn returning(&self) -> u64 {
        self.returning.load(Ordering::Relaxed)
    }

    /// Looks into memory once more. If so many ask that it pays, the ring first learns the log
    /// further back: from the database, once for all of them.
    pub(in crate::gateway) async fn look_back(
        &self,
        gateway: &Gateway,
        missed: &Missed,
    ) -> Option<Recalled> {
        if self.returning.load(Ordering::Relaxed) >= CROWD && !self.ring().is_begun() {
            let head = gateway.backend.head(self.workspace).await.ok()?;
            self.ring().begin_at(head);
        }
        if let Some(recalled) = self.recall(missed) {
            return Some(recalled);
        }
        self.block_before(missed)?;
        let _alone = self.looking_back.lock().await;
        loop {
            if let Some(recalled) = self.recall(missed) {
                return Some(recalled);
            }
            let (after, upto) = self.block_before(missed)?;
            let block = gateway.backend.block(self.workspace, after, upto).await.ok()??;
            let published = Published::new(Arc::new(block.batch), gateway.counts.clone());
            // Makes its JSON here, and not while the others wait for the ring.
            published.weigh();
            let is_taken =
                self.ring().push_before(&Arc::new(published), block.head, Instant::now());
            if !is_taken {
                return None;
            }
        }
    }

    /// The positions to be read next, if the ring does not reach back far enough. `None` where it
    /// costs less to ask for each of those who wait.
    fn block_before(&self, missed: &Missed) -> Option<(u64, u64)> {
        let returning = self.returning.load(Ordering::Relaxed);
        let most = if returning < CROWD { 0 } else { returning.saturating_mul(EVENTS_FOR_ONE) };
        self.ring().block_before(missed.from, most)
    }
}

/// A client that asks for what it missed.
pub(in crate::gateway) struct Returning<'a>(&'a Hub);

impl Drop for Returning<'_> {
    fn drop(&mut self) {
        self.0.returning.fetch_sub(1, Ordering::Relaxed);
    }
}
