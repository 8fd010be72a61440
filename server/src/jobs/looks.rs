//! Takes what devices say of how far they have come, whether somebody looks, and when a person did
//! something there. Waiting pushes of what was seen are dropped. Once a minute a device's row says
//! when it was heard; a new act it says sooner.
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
use crate::engine::Engine;
use crate::engine::work::Caller;
use crate::store::push::{DeviceHeard, has_queued, note_acks, suppress_pushes};
use crate::store::{Store, StoreError};
use crate::telemetry::Metrics;

/// What is said within this is looked at together: less than pushes wait for it.
const GATHER: Duration = Duration::from_millis(300);
/// A device's row is written this often at most.
const NOTE_MS: i64 = 60_000;
/// An act that is newer by so much is written sooner.
const ACT_MS: i64 = 20_000;
/// A client that does not tell of acts counts as used for so long after it came to the front, or
/// after the last command.
const UNTOLD_MS: i64 = 15 * 60_000;
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
    /// Signs that devices gave.
    heard: BTreeMap<Key<DeviceId>, Heard>,
    /// The time from which on each client that does not tell of acts has been in front.
    front: BTreeMap<Key<DeviceId>, Timestamp>,
}

/// The signs of a device.
#[derive(Clone, Copy, Default, Debug)]
struct Heard {
    /// Whether somebody looks.
    looks: bool,
    /// The last time at which a person did something there.
    acted: Option<Timestamp>,
}

impl Looks {
    /// A device says how far it has come.
    pub fn hear(&self, caller: Caller, ack: &Ack, now: Timestamp) {
        let Caller { workspace, agent, device } = caller;
        let mut fresh = self.fresh();
        if ack.foreground {
            let upto = fresh.seen.entry((workspace, agent, device)).or_default();
            *upto = ack.upto.max(*upto);
        }
        let acted = fresh.acted((workspace, device), ack, now);
        let heard = fresh.heard.entry((workspace, device)).or_default();
        heard.looks |= ack.foreground;
        heard.acted = heard.acted.max(acted);
        self.0.told.notify_one();
    }

    /// A person did something on a device.
    fn act(&self, caller: Caller, now: Timestamp) {
        let device = (caller.workspace, caller.device);
        let mut fresh = self.fresh();
        if let Some(since) = fresh.front.get_mut(&device) {
            *since = now;
        }
        let heard = fresh.heard.entry(device).or_default();
        heard.acted = heard.acted.max(Some(now));
    }

    fn fresh(&self) -> MutexGuard<'_, Fresh> {
        self.0.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at what was said, for ever.
    pub async fn run(self, engine: Engine, clock: Clock, metrics: Metrics) {
        let (store, mut noted) = (engine.store().clone(), BTreeMap::new());
        loop {
            tokio::select! {
                () = self.0.told.notified() => {}
                () = engine.acts().wait() => {}
            }
            clock.sleep(GATHER).await;
            for caller in engine.acts().take() {
                self.act(caller, clock.now());
            }
            let fresh = self.fresh().take();
            match apply(&store, clock.now(), fresh, &mut noted).await {
                Ok(0) => {}
                Ok(dropped) => drop(metrics.pushes_suppressed.inc_by(dropped)),
                Err(error) => tracing::debug!(%error, "what devices said was not noted"),
            }
        }
    }
}

impl Fresh {
    /// The news; who is in front is remembered.
    fn take(&mut self) -> Self {
        if self.front.len() > REMEMBERED_MAX {
            self.front.clear();
        }
        let front = std::mem::take(&mut self.front);
        std::mem::replace(self, Self { front, ..Self::default() })
    }

    /// The time when a person did something on the device that says this, if it tells or can be
    /// taken for it. A page in the background says nothing of a person.
    fn acted(&mut self, device: Key<DeviceId>, ack: &Ack, now: Timestamp) -> Option<Timestamp> {
        if let Some(idle_s) = ack.idle_s {
            return Some(now.plus_ms(-i64::from(idle_s) * 1_000));
        }
        if !ack.foreground {
            self.front.remove(&device);
            return None;
        }
        let since = *self.front.entry(device).or_insert(now);
        (now.since(since) < UNTOLD_MS).then_some(now)
    }
}

type Noted = BTreeMap<Key<DeviceId>, (Timestamp, Heard)>;

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
    // Whoever begins to look is noted at once: pushes wait for them from then on. So is an act.
    let is_news = |device: &Key<DeviceId>, heard: &Heard| match noted.get(device) {
        Some((at, before)) => {
            let newer = |acted: Timestamp| before.acted.is_none_or(|of| acted.since(of) >= ACT_MS);
            now.since(*at) >= NOTE_MS
                || (heard.looks && !before.looks)
                || heard.acted.is_some_and(newer)
        }
        None => true,
    };
    let due: Vec<_> = fresh.heard.into_iter().filter(|(of, heard)| is_news(of, heard)).collect();
    if !due.is_empty() {
        let row = |(device, heard): &(Key<DeviceId>, Heard)| DeviceHeard {
            device: *device,
            acked: now,
            watched: heard.looks.then_some(now),
            acted: heard.acted,
        };
        note_acks(store, &due.iter().map(row).collect::<Vec<_>>()).await?;
        for (device, heard) in due {
            let before = noted.get(&device).and_then(|(_, before)| before.acted);
            noted.insert(device, (now, Heard { acted: heard.acted.max(before), ..heard }));
        }
    }
    Ok(dropped)
}

#[cfg(test)]
mod tests {
    use baton_protocol::{AgentId, WorkspaceId};
    use uuid::Uuid;

    use super::*;

    const CALLER: Caller = Caller {
        workspace: WorkspaceId(Uuid::from_u128(1)),
        agent: AgentId(Uuid::from_u128(2)),
        device: DeviceId(Uuid::from_u128(3)),
    };

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_ms(1_800_000_000_000 + minute * 60_000)
    }

    /// The news of the device, each time it says this in such a minute.
    fn heard(looks: &Looks, minute: i64, foreground: bool, idle_s: Option<u32>) -> Heard {
        looks.hear(CALLER, &Ack { upto: 1, foreground, idle_s }, at(minute));
        let fresh = looks.fresh().take();
        fresh.heard[&(CALLER.workspace, CALLER.device)]
    }

    #[test]
    fn what_a_page_in_the_background_says_is_a_sign_of_a_device_and_of_nobody() {
        let looks = Looks::default();
        let of = heard(&looks, 1, false, None);
        assert_eq!((of.looks, of.acted), (false, None));
        let of = heard(&looks, 2, false, Some(90));
        assert_eq!((of.looks, of.acted), (false, Some(at(2).plus_ms(-90_000))));
    }

    #[test]
    fn a_page_in_front_says_when_somebody_did_something_there() {
        let looks = Looks::default();
        let of = heard(&looks, 60, true, Some(3_600));
        assert_eq!((of.looks, of.acted), (true, Some(at(0))));
    }

    #[test]
    fn an_old_page_in_front_counts_for_a_quarter_of_an_hour_and_each_command_begins_it_anew() {
        let looks = Looks::default();
        for minute in 0..15 {
            assert_eq!(heard(&looks, minute, true, None).acted, Some(at(minute)));
        }
        assert_eq!(heard(&looks, 15, true, None).acted, None, "nobody says that somebody is there");
        looks.act(CALLER, at(16));
        assert_eq!(heard(&looks, 16, true, None).acted, Some(at(16)));
        assert_eq!(heard(&looks, 31, true, None).acted, None);
        heard(&looks, 32, false, None);
        assert_eq!(heard(&looks, 33, true, None).acted, Some(at(33)), "it came to the front");
    }
}
