//! Takes what devices say of how far they have come, and whether somebody looks. Waiting pushes of
//! what was seen are dropped. Once a minute a device's row says when it was heard.
//!
//! Kept in memory. When a node dies its devices say it again elsewhere; what they said and was not
//! noted costs a push too many at most.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use baton_domain::group::Key;
use baton_protocol::frame::Ack;
use baton_protocol::{AgentId, DeviceId, Timestamp, WorkspaceId};
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::engine::work::Caller;
use crate::store::push::{has_queued, note_acks, suppress_pushes};
use crate::store::{Store, StoreError};
use crate::telemetry::Metrics;

/// What is said within this is looked at together: less than pushes wait for it.
const GATHER: Duration = Duration::from_millis(300);
/// A device's row is written this often at most.
const NOTE_MS: i64 = 60_000;
/// Devices of which it is remembered when their rows were written.
const REMEMBERED_MAX: usize = 100_000;

/// What devices said since it was looked at last. Cheap to clone.
#[derive(Clone, Default, Debug)]
pub struct Looks(Arc<Shared>);

#[derive(Default, Debug)]
struct Shared {
    fresh: Mutex<Fresh>,
    told: Notify,
}

#[derive(Default, Debug)]
struct Fresh {
    /// How far agents saw the log, on which device.
    seen: BTreeMap<(WorkspaceId, AgentId, DeviceId), u64>,
    /// Devices that were heard, and whether somebody looks.
    heard: BTreeMap<Key<DeviceId>, bool>,
}

impl Looks {
    /// A device says how far it has come.
    pub fn hear(&self, caller: Caller, ack: &Ack) {
        let Caller { workspace, agent, device } = caller;
        let mut fresh = self.fresh();
        if ack.foreground {
            let upto = fresh.seen.entry((workspace, agent, device)).or_default();
            *upto = ack.upto.max(*upto);
        }
        *fresh.heard.entry((workspace, device)).or_default() |= ack.foreground;
        self.0.told.notify_one();
    }

    fn fresh(&self) -> MutexGuard<'_, Fresh> {
        self.0.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at what was said, for ever.
    pub async fn run(self, store: Store, clock: Clock, metrics: Metrics) {
        let mut noted = BTreeMap::new();
        loop {
            self.0.told.notified().await;
            clock.sleep(GATHER).await;
            let fresh = std::mem::take(&mut *self.fresh());
            match apply(&store, clock.now(), fresh, &mut noted).await {
                Ok(0) => {}
                Ok(dropped) => drop(metrics.pushes_suppressed.inc_by(dropped)),
                Err(error) => tracing::debug!(%error, "what devices said was not noted"),
            }
        }
    }
}

type Noted = BTreeMap<Key<DeviceId>, (Timestamp, bool)>;

async fn apply(
    store: &Store,
    now: Timestamp,
    fresh: Fresh,
    noted: &mut Noted,
) -> Result<u64, StoreError> {
    let seen: Vec<_> = fresh.seen.into_iter().collect();
    let mut dropped = 0;
    if !seen.is_empty() && has_queued(store, &seen).await? {
        dropped = suppress_pushes(store, &seen, now).await?;
    }
    if noted.len() > REMEMBERED_MAX {
        noted.retain(|_, (at, _)| now.since(*at) < NOTE_MS);
    }
    // Whoever begins to look is noted at once: pushes wait for them from then on.
    let is_news = |device: &Key<DeviceId>, looks: bool| match noted.get(device) {
        Some((at, looked)) => now.since(*at) >= NOTE_MS || (looks && !looked),
        None => true,
    };
    let due: Vec<_> = fresh.heard.into_iter().filter(|(of, looks)| is_news(of, *looks)).collect();
    if !due.is_empty() {
        let rows: Vec<_> = due.iter().map(|(of, looks)| (*of, now, looks.then_some(now))).collect();
        note_acks(store, &rows).await?;
        noted.extend(due.into_iter().map(|(of, looks)| (of, (now, looks))));
    }
    Ok(dropped)
}
