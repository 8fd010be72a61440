//! Who composes, as an input to the decision of a reply: asked quickly, or not at all.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use baton_protocol::frame::LeaseHolder;
use baton_protocol::{ConversationId, WorkspaceId};

use crate::clock::Clock;
use crate::coordinator::Coordinator;
use crate::telemetry::Metrics;
use watch::Watch;

#[cfg(test)]
mod tests;
mod watch;

/// How long a reply waits for the coordinator.
const ASK_WAIT: Duration = Duration::from_millis(50);
/// How long nobody asks a coordinator that was silent.
const PAUSE: Duration = Duration::from_secs(1);

/// The lease keeps two people from typing; the fence keeps two answers from being sent. So a
/// coordinator that is silent costs courtesy, never safety.
pub(super) struct Leases {
    coordinator: Arc<dyn Coordinator>,
    clock: Clock,
    /// Until when nobody asks, in milliseconds of the monotonic clock.
    quiet_until_ms: AtomicU64,
    watch: Mutex<Watch>,
    metrics: Metrics,
}

impl Leases {
    pub(super) fn new(coordinator: Arc<dyn Coordinator>, clock: Clock, metrics: Metrics) -> Self {
        let (quiet_until_ms, watch) = (AtomicU64::new(0), Mutex::default());
        Self { coordinator, clock, quiet_until_ms, watch, metrics }
    }

    /// The live lease of a conversation, if the coordinator says so in time and is to be believed.
    pub(super) async fn live(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
    ) -> Option<LeaseHolder> {
        if self.now_ms() < self.quiet_until_ms.load(Ordering::Relaxed) {
            return None;
        }
        let asked = self.coordinator.lease_of(workspace, conversation);
        let lease = match tokio::time::timeout(ASK_WAIT, asked).await {
            Ok(Ok(lease)) => {
                let now = self.clock.monotonic();
                let place = (workspace, conversation);
                lease.filter(|lease| self.watch().is_alive(place, lease, now))
            }
            Ok(Err(_)) | Err(_) => {
                let until = self.now_ms().saturating_add(millis(PAUSE));
                self.quiet_until_ms.store(until, Ordering::Relaxed);
                self.metrics.coordinator_silences.inc();
                None
            }
        };
        lease.map(|lease| lease.holder)
    }

    fn watch(&self) -> std::sync::MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> u64 {
        millis(self.clock.monotonic())
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
