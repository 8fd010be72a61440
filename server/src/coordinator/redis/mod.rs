//! The coordinator of several nodes: leases, presence and the bus through one Redis.
//!
//! Redis may vanish, forget, or lie at any time. While it cannot be asked, this node answers from
//! what it knows itself; when it is back, it is told that again. Nothing here waits for long, and
//! nothing that comes from Redis is believed further than courtesy goes.

mod bus;
mod connection;
mod due;
mod envelope;
mod leases;
mod link;
mod lives;
mod names;
mod presence;
mod script;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ::redis::RedisResult;
use baton_domain::fact::log::Batch;
use baton_domain::group::Key;
use baton_domain::hand::reach::Sockets;
use baton_protocol::{AgentId, ConversationId, Epoch, WorkspaceId};
use futures_util::future::BoxFuture;
use tokio::sync::{Notify, broadcast, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::in_process::has_settled;
use super::{
    BusMessage, Connection, Coordinator, CoordinatorFuture, CoordinatorState, Ephemeral, InProcess,
    KnownNodes, Lease, LeaseAnswer, SUBSCRIBER_QUEUE, Subscription, Tried, Wish,
};
use crate::clock::Clock;
use crate::config::RedisConfig;
use crate::telemetry::Metrics;
use bus::Request;
use connection::{Line, Target, Timings};
use due::Kind;
use envelope::{Letter, Seal};
use link::Link;
use names::Names;
use script::Call;

/// Calls that are told to a Redis that came back, in one round trip.
const REBUILD_AT_ONCE: usize = 64;

/// What a Redis that came back was told, and what it said.
type RebuildReply = (What, ::redis::Value);

enum What {
    Presence(WorkspaceId),
    Lease(Key<ConversationId>),
}

/// What a coordinator through Redis is made of.
pub struct RedisParts {
    /// Where Redis is.
    pub config: RedisConfig,
    /// What nodes authenticate their messages with.
    pub key: [u8; 32],
    /// The log's identity.
    pub epoch: Epoch,
    /// Time and randomness.
    pub clock: Clock,
    /// What answers while Redis is away.
    pub local: Arc<InProcess>,
    /// Where it counts.
    pub metrics: Metrics,
}

/// Leases, presence and the bus of several nodes. Its tasks end with it.
pub struct Redis {
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

struct Shared {
    target: Target,
    timings: Timings,
    names: Names,
    seal: Seal,
    /// This process, among all nodes.
    node: Uuid,
    /// The nodes that live, as the database tells; nobody knows them before the server begins.
    nodes: OnceLock<KnownNodes>,
    clock: Clock,
    local: Arc<InProcess>,
    metrics: Metrics,
    link: Link,
    outbox: mpsc::Sender<Letter>,
    requests: mpsc::Sender<Request>,
    /// Grows with every try to listen, successful or not.
    listens: watch::Sender<u64>,
    due: due::Due,
    sends_due: Notify,
    on_sends_due: watch::Sender<u64>,
    on_tried: broadcast::Sender<Tried>,
    traffic: Traffic,
    /// Whether the server's version was looked at.
    is_known: AtomicBool,
    /// Added to Redis's clock; tests let time pass by it.
    skew_ms: Arc<AtomicI64>,
}

/// Messages on the bus so far. Where all of it is at rest, all was done that was posted, and over
/// all nodes as many were heard as were reached.
#[derive(Default)]
struct Traffic {
    /// Queued here.
    posted: AtomicU64,
    /// Published, or given up.
    done: AtomicU64,
    /// Listeners that Redis passed them on to.
    reached: AtomicU64,
    /// Came here, from this node as well.
    heard: AtomicU64,
}

impl Redis {
    /// Begins, whether Redis is there or not: it waits for a first try, which has an end. Must be
    /// called within a runtime.
    ///
    /// # Errors
    /// When addresses or certificate cannot be read.
    pub async fn start(parts: RedisParts) -> anyhow::Result<Arc<Self>> {
        Self::begin(parts, Timings::default(), Arc::default()).await
    }

    async fn begin(
        parts: RedisParts,
        timings: Timings,
        skew_ms: Arc<AtomicI64>,
    ) -> anyhow::Result<Arc<Self>> {
        let (outbox, letters) = mpsc::channel(bus::OUTBOX);
        let (requests, asked) = mpsc::channel(bus::REQUESTS);
        let shared = Arc::new(Shared {
            target: Target::new(&parts.config, timings)?,
            timings,
            names: Names::new(&parts.config.prefix, parts.epoch),
            seal: Seal::new(parts.key, parts.epoch),
            node: parts.clock.uuid_v4(),
            nodes: OnceLock::new(),
            link: Link::new(parts.clock.now()),
            clock: parts.clock,
            local: parts.local,
            metrics: parts.metrics,
            outbox,
            requests,
            listens: watch::Sender::new(0),
            due: due::Due::default(),
            sends_due: Notify::new(),
            on_sends_due: watch::Sender::new(0),
            on_tried: broadcast::Sender::new(SUBSCRIBER_QUEUE),
            traffic: Traffic::default(),
            is_known: AtomicBool::new(false),
            skew_ms,
        });
        let all = || Arc::clone(&shared);
        let (link, bus, writer, sweeper, due) = (all(), all(), all(), all(), all());
        let tasks = vec![
            tokio::spawn(async move { link.keep_link().await }),
            tokio::spawn(async move { bus.listen(asked).await }),
            tokio::spawn(async move { writer.write(letters).await }),
            tokio::spawn(async move { sweeper.sweep().await }),
            tokio::spawn(async move { due.tell_due().await }),
        ];
        let within = timings.connect.saturating_mul(2);
        for tries in [&shared.link.tries, &shared.listens] {
            let mut tries = tries.subscribe();
            drop(tokio::time::timeout(within, tries.wait_for(|tries| *tries > 0)).await);
        }
        Ok(Arc::new(Self { shared, tasks }))
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Shared {
    fn skew_ms(&self) -> i64 {
        self.skew_ms.load(Ordering::SeqCst)
    }

    /// Looks for what has lapsed, wherever something may have, for ever.
    async fn sweep(&self) {
        loop {
            let places = self.due.next().await;
            self.look_at(places).await;
        }
    }

    /// Looks for what has lapsed at these places. While Redis is away nothing is looked for: when
    /// it is back, it is.
    async fn look_at(&self, places: Vec<due::DueKey>) {
        let calls = places.iter().map(|(kind, workspace)| match kind {
            Kind::Leases => self.lapse_leases(*workspace),
            Kind::Presence => self.lapse_presence(*workspace),
        });
        let Ok(answers) = self.run(calls.collect()).await else { return };
        for ((kind, workspace), answer) in places.iter().zip(&answers) {
            match kind {
                Kind::Leases => self.lapsed_leases(*workspace, answer),
                Kind::Presence => self.hear_presence(*workspace, answer),
            }
        }
    }

    /// Tells a Redis that came back, perhaps empty, what lives here. What it answers is for when it
    /// can be asked again.
    async fn rebuild(&self, line: &mut Line) -> RedisResult<Vec<RebuildReply>> {
        let connected = self.connected_calls(&self.local.live_connections()).into_iter();
        let connected = connected.map(|(workspace, call)| (What::Presence(workspace), call));
        let mut calls: Vec<(What, Call)> = connected.collect();
        for (workspace, conversation, lease) in self.local.live_leases() {
            let of = (workspace, conversation);
            calls.push((What::Lease(of), self.restore_lease(of, &lease)));
        }
        let mut told = Vec::with_capacity(calls.len());
        while !calls.is_empty() {
            let some = calls.drain(..calls.len().min(REBUILD_AT_ONCE));
            let (whats, some): (Vec<_>, Vec<_>) = some.unzip();
            told.extend(whats.into_iter().zip(script::run(line, &some).await?));
        }
        Ok(told)
    }

    fn rebuilt(&self, told: Vec<RebuildReply>) {
        for (what, answer) in told {
            match what {
                What::Presence(workspace) => self.hear_presence(workspace, &answer),
                What::Lease(of) => self.restored_lease(of, &answer),
            }
        }
    }

    /// Waits until the workspace's channel is subscribed to; not for long.
    async fn subscribed(&self, workspace: WorkspaceId) {
        let (done, is_done) = oneshot::channel();
        if self.requests.try_send(Request { workspace, done }).is_ok() {
            drop(tokio::time::timeout(self.timings.command, is_done).await);
        }
    }
}

fn millis(duration: Duration) -> String {
    duration.as_millis().to_string()
}

fn ready<'a>() -> CoordinatorFuture<'a, ()> {
    Box::pin(std::future::ready(Ok(())))
}

impl Coordinator for Redis {
    fn publish(&self, batch: Arc<Batch>) -> CoordinatorFuture<'_, ()> {
        let message = BusMessage::Batch(Arc::clone(&batch));
        self.shared.local.tell(batch.workspace, message);
        self.shared.post(Letter::Batch(batch));
        ready()
    }

    fn sessions_changed(
        &self,
        workspace: WorkspaceId,
        agent: AgentId,
    ) -> CoordinatorFuture<'_, ()> {
        self.shared.local.tell(workspace, BusMessage::SessionsChanged(agent));
        self.shared.post(Letter::SessionsChanged(workspace, agent));
        ready()
    }

    fn subscribe(&self, workspace: WorkspaceId) -> CoordinatorFuture<'_, Subscription> {
        Box::pin(async move {
            let subscription = self.shared.local.subscribe(workspace).await?;
            self.shared.subscribed(workspace).await;
            Ok(subscription)
        })
    }

    fn compose(&self, wish: Wish) -> CoordinatorFuture<'_, LeaseAnswer> {
        Box::pin(async move {
            match self.shared.compose_there(wish).await {
                Ok(answer) => Ok(answer),
                Err(_) => self.shared.local.compose(wish).await,
            }
        })
    }

    fn lease_of(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
    ) -> CoordinatorFuture<'_, Option<Lease>> {
        Box::pin(async move {
            match self.shared.lease_there((workspace, conversation)).await {
                Ok(lease) => Ok(lease),
                Err(_) => self.shared.local.lease_of(workspace, conversation).await,
            }
        })
    }

    fn connected(&self, connections: Vec<Connection>) -> CoordinatorFuture<'_, ()> {
        Box::pin(async move {
            self.shared.local.connected(connections.clone()).await?;
            let calls = self.shared.connected_calls(&connections);
            // Away: the table here has it, and tells Redis when it is back.
            self.shared.ask_presence(calls).await.unwrap_or_default();
            Ok(())
        })
    }

    fn disconnected(&self, connection: Connection) -> CoordinatorFuture<'_, ()> {
        Box::pin(async move {
            self.shared.local.disconnected(connection).await?;
            let call = self.shared.disconnected_call(&connection);
            self.shared.ask_presence(vec![call]).await.unwrap_or_default();
            Ok(())
        })
    }

    fn online(&self, workspace: WorkspaceId) -> CoordinatorFuture<'_, Vec<AgentId>> {
        Box::pin(async move {
            match self.shared.agents_there(workspace, None).await {
                Ok(agents) => Ok(agents),
                Err(_) => self.shared.local.online(workspace).await,
            }
        })
    }

    fn know_nodes(&self, nodes: KnownNodes) {
        drop(self.shared.nodes.set(nodes));
    }

    fn sockets(&self, workspace: WorkspaceId) -> BoxFuture<'_, Sockets> {
        Box::pin(async move {
            // Agents of a node that ended connect to another one first.
            let up_since = self.shared.link.up_since();
            if !up_since.is_some_and(|since| has_settled(since, self.shared.local.now())) {
                return Sockets::Unknown;
            }
            let there = self.shared.sockets_there(workspace).await;
            let there = there.ok().flatten();
            there.map_or(Sockets::Unknown, |all| Sockets::Of(all.into_iter().collect()))
        })
    }

    fn view(
        &self,
        connection: Connection,
        what: Option<ConversationId>,
    ) -> CoordinatorFuture<'_, ()> {
        Box::pin(async move {
            self.shared.local.view(connection, what).await?;
            let call = self.shared.view_call(&connection, what);
            self.shared.ask_presence(vec![call]).await.unwrap_or_default();
            Ok(())
        })
    }

    fn viewers(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
    ) -> CoordinatorFuture<'_, Vec<AgentId>> {
        Box::pin(async move {
            match self.shared.agents_there(workspace, Some(conversation)).await {
                Ok(agents) => Ok(agents),
                Err(_) => self.shared.local.viewers(workspace, conversation).await,
            }
        })
    }

    fn draft(
        &self,
        connection: Connection,
        conversation: ConversationId,
        text: Arc<str>,
    ) -> CoordinatorFuture<'_, ()> {
        let draft = Ephemeral::Draft { conversation, agent: connection.agent, text };
        self.shared.announce(connection.workspace, draft);
        ready()
    }

    fn sends_due(&self) -> CoordinatorFuture<'_, ()> {
        self.shared.sends_due.notify_one();
        ready()
    }

    fn on_sends_due(&self) -> watch::Receiver<u64> {
        self.shared.on_sends_due.subscribe()
    }

    fn tried(&self, tried: Tried) -> CoordinatorFuture<'_, ()> {
        self.shared.post(Letter::Tried(tried));
        ready()
    }

    fn on_tried(&self) -> broadcast::Receiver<Tried> {
        self.shared.on_tried.subscribe()
    }

    fn state(&self) -> CoordinatorState {
        self.shared.link.state()
    }
}
