//! Sockets: one session per connection, one hub per workspace, live delivery and resumption.
//!
//! `session` decides and never waits; `socket` is the task around one session, and `wire` what its
//! hub has of it. `hub` subscribes to a workspace once and fans out. `broadcast` keeps what was
//! serialised for one session for all others. `packing` makes what one missed small. `backend` is
//! what the gateway asks of engine and store.
//!
//! **Invariant:** nothing is sent to a session that `Sight` was not asked about.

mod admission;
pub mod backend;
pub mod broadcast;
mod comings;
mod frames;
mod hub;
mod order;
mod packing;
mod questions;
mod ring;
pub mod session;
mod socket;
mod there;
mod upgrade;
mod wire;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::available_parallelism;
use std::time::Duration;

use baton_protocol::{AgentId, WorkspaceId};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use self::admission::{Addresses, Admission, Verdict};
use self::broadcast::Counts;
use self::hub::Hub;
use self::ring::Room;
use self::session::{Missed, Rules};
use self::wire::{Cut, Line};
use crate::clock::Clock;
use crate::coordinator::Coordinator;
use crate::telemetry::Metrics;

pub use admission::AdmissionRules;
pub use backend::{
    Arrived, Backend, BackendFuture, Block, CallerState, Gap, NotLetIn, Speaker, Unavailable,
};
pub use frames::{read_frame, timings};
pub use order::OrderLimits;
pub use ring::{Recalled, RingLimits};
pub use upgrade::{listen, upgrade};

/// Those of one address who are sent away come back spread over this time at least.
const ADDRESS_WINDOW: Duration = Duration::from_secs(2);

/// The limits of all sockets.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections of this node.
    pub sockets: usize,
    /// Connections of one agent on this node.
    pub sockets_per_agent: usize,
    /// Origins that browsers may come from besides this server's own, as they write them:
    /// `https://desk.example.com`.
    pub origins: BTreeSet<String>,
    /// Names under which the server is asked; none: any.
    pub hosts: Vec<String>,
    /// Proxies whose word is taken on where a connection comes from.
    pub trusted_proxies: Vec<IpAddr>,
    /// Whether this server speaks HTTPS itself.
    pub has_certificate: bool,
    /// Messages that wait for one connection.
    pub queue: usize,
    /// A frame that cannot be written within this time ends the connection.
    pub write: Duration,
    /// How fast connections come in.
    pub admission: AdmissionRules,
    /// Questions to the store at once, over all sockets.
    pub reads: usize,
    /// Of them, questions for what somebody missed.
    pub resumes: usize,
    /// A question that is not answered within this time counts as not answered.
    pub read: Duration,
    /// How often the log's head is asked, as a safety net under the bus.
    pub poll: Duration,
    /// How often it is asked which sessions still live, as a safety net under the bus.
    pub standing: Duration,
    /// How much of a workspace's log is kept in memory for those who come back.
    pub ring: RingLimits,
    /// Bytes of that of all workspaces together.
    pub rings: usize,
    /// What waits for its place in the log.
    pub order: OrderLimits,
    /// How long a workspace without sessions is listened to: who lost the connection all at once
    /// comes back all at once.
    pub linger: Duration,
    /// Of one session.
    pub rules: Rules,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sockets: 20_000,
            sockets_per_agent: 10,
            origins: BTreeSet::new(),
            hosts: Vec::new(),
            trusted_proxies: Vec::new(),
            has_certificate: false,
            queue: 64,
            write: Duration::from_secs(10),
            admission: AdmissionRules::default(),
            reads: 32,
            resumes: 8,
            read: Duration::from_secs(5),
            poll: Duration::from_secs(1),
            standing: Duration::from_secs(4),
            ring: RingLimits::default(),
            rings: 128 * 1024 * 1024,
            order: OrderLimits::default(),
            linger: Duration::from_secs(120),
            rules: Rules::default(),
        }
    }
}

/// The missed stretch, from memory or from the database.
enum Found {
    Recalled(Recalled),
    Gap(Gap),
}

/// All sockets of this node.
pub struct Gateway {
    backend: Arc<dyn Backend>,
    coordinator: Arc<dyn Coordinator>,
    limits: Limits,
    clock: Clock,
    hubs: Mutex<BTreeMap<WorkspaceId, Arc<Hub>>>,
    /// Every connection, also those that have not said hello.
    lines: Mutex<BTreeMap<u64, Arc<Line>>>,
    next_line: AtomicU64,
    is_draining: AtomicBool,
    reads: Arc<Semaphore>,
    resumes: Semaphore,
    admission: Mutex<Admission>,
    addresses: Mutex<Addresses>,
    room: Room,
    /// Tasks that hand something to the sessions of one workspace.
    hands: usize,
    counts: Counts,
    metrics: Metrics,
}

impl Gateway {
    /// A gateway without connections.
    pub fn new(
        backend: Arc<dyn Backend>,
        coordinator: Arc<dyn Coordinator>,
        limits: Limits,
        clock: Clock,
        metrics: Metrics,
    ) -> Arc<Self> {
        Arc::new(Self {
            backend,
            coordinator,
            reads: Arc::new(Semaphore::new(limits.reads)),
            resumes: Semaphore::new(limits.resumes),
            admission: Mutex::new(Admission::new(limits.admission)),
            addresses: Mutex::new(Addresses::new(limits.admission)),
            room: Room::new(limits.rings),
            hands: available_parallelism().map_or(1, NonZero::get),
            limits,
            clock,
            hubs: Mutex::default(),
            lines: Mutex::default(),
            next_line: AtomicU64::new(1),
            is_draining: AtomicBool::new(false),
            counts: Counts::of(&metrics),
            metrics,
        })
    }

    /// How many connections there are.
    pub fn sockets(&self) -> usize {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// How often an event was turned into JSON for live delivery.
    pub fn serialisations(&self) -> u64 {
        self.counts.serialised()
    }

    /// Closes all connections, each with another time to come back at, and takes no new ones.
    /// Returns once they have gone, or after `within`; whether they have gone.
    pub async fn drain(&self, within: Duration) -> bool {
        self.is_draining.store(true, Ordering::SeqCst);
        for line in self.lines.lock().unwrap_or_else(PoisonError::into_inner).values() {
            line.cut(Cut::Drain);
        }
        let gone = async {
            while self.sockets() > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(within, gone).await.is_ok()
    }

    /// Tells every session that nothing can be stored or read for now. That it is over shows in
    /// what comes next.
    pub fn tell_unavailable(&self) {
        let detail = "the database is away: commands are refused until it is back; stay connected";
        let frame = frames::write(&frames::Fault::new("unavailable", detail, None).0);
        let hubs = self.hubs.lock().unwrap_or_else(PoisonError::into_inner);
        for hub in hubs.values() {
            hub.announce(frame.clone());
        }
    }

    /// Waits until it is the turn of one more connection; otherwise says when to come back.
    async fn admit(&self, from: IpAddr) -> Result<(), u64> {
        let knocks =
            self.addresses.lock().unwrap_or_else(PoisonError::into_inner).ask(from, Instant::now());
        if let Err(wait) = knocks {
            return Err(self.send_away(wait + ADDRESS_WINDOW));
        }
        let asked =
            self.admission.lock().unwrap_or_else(PoisonError::into_inner).ask(Instant::now());
        match asked {
            Verdict::At(turn) => {
                tokio::time::sleep_until(turn).await;
                Ok(())
            }
            Verdict::Away(window) => Err(self.send_away(window)),
        }
    }

    fn send_away(&self, window: Duration) -> u64 {
        self.metrics.connects_sent_away.inc();
        let window = u64::try_from(window.as_millis()).unwrap_or(u64::MAX).max(1);
        // Full jitter: who was sent away together does not come back together.
        u64::from_le_bytes(self.clock.bytes()) % window
    }

    /// Who came from there has said who it is.
    fn prove(&self, from: IpAddr) {
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner).give_back(from);
    }

    /// Asks the store: so many questions at once, and each for so long.
    async fn read<T>(
        &self,
        question: impl Future<Output = Result<T, Unavailable>>,
    ) -> Result<T, Unavailable> {
        let answer = async {
            // The semaphore is never closed.
            let _permit = self.reads.acquire().await.ok();
            question.await
        };
        tokio::time::timeout(self.limits.read, answer).await.unwrap_or(Err(Unavailable))
    }

    /// Reads what somebody missed; few at once, so that a crowd that comes back leaves the
    /// database to the others.
    async fn read_missed(
        &self,
        hub: &Hub,
        speaker: Speaker,
        missed: &Missed,
    ) -> Result<Found, Unavailable> {
        let _one = hub.one_more_returns();
        let question = async {
            // The semaphore is never closed.
            let _place = self.resumes.acquire().await.ok();
            if let Some(recalled) = hub.look_back(self, missed).await {
                return Ok(Found::Recalled(recalled));
            }
            self.backend.gap(speaker, missed.from.position).await.map(Found::Gap)
        };
        // Whoever waits for a place here must not take one of the others' questions meanwhile.
        tokio::time::timeout(self.limits.read, question).await.unwrap_or(Err(Unavailable))
    }

    /// The hub of a workspace, subscribed to the bus.
    async fn hub(self: &Arc<Self>, workspace: WorkspaceId) -> Arc<Hub> {
        let hub = {
            let mut hubs = self.hubs.lock().unwrap_or_else(PoisonError::into_inner);
            let new = || Hub::new(workspace, &self.limits, &self.room);
            Arc::clone(hubs.entry(workspace).or_insert_with(new))
        };
        hub.start(self).await;
        hub
    }

    /// Forgets a hub that nobody uses; it is made again when somebody comes.
    fn forget(&self, hub: &Arc<Hub>) {
        let mut hubs = self.hubs.lock().unwrap_or_else(PoisonError::into_inner);
        if hub.close_if_empty() {
            hubs.retain(|_, other| !Arc::ptr_eq(other, hub));
        }
    }
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").field("sockets", &self.sockets()).finish_non_exhaustive()
    }
}

/// Too many connections of one agent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct TooMany(AgentId);
