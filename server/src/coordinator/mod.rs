//! What is true only now: leases, presence, who looks at what, and the bus between nodes.
//!
//! Everything here may be lost at any time: latency and courtesy suffer, no promise does. One
//! trait, so that one process and several nodes behind Redis answer the same contract.

mod in_process;
mod leases;
mod presence;
mod redis;

#[cfg(test)]
pub(crate) mod contract;
#[cfg(test)]
pub(crate) mod testing;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use baton_domain::fact::log::Batch;
use baton_domain::hand::reach::Sockets;
use baton_protocol::frame::{ComposeAction, LeaseHolder, LeaseState, PresenceState};
use baton_protocol::{AgentId, ConversationId, DeviceId, NodeId, Timestamp, WorkspaceId};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, watch};
use uuid::Uuid;

pub use self::redis::{Redis, RedisParts};
pub use in_process::{Clock, InProcess};

/// A lease lapses after this long without `keep`.
pub const LEASE_TTL: Duration = Duration::from_secs(12);
/// How often a composing client says `keep`.
pub const LEASE_KEEP: Duration = Duration::from_secs(4);
/// A connection that its node has not confirmed for this long is gone.
pub const PRESENCE_TTL: Duration = Duration::from_secs(30);
/// How often a node confirms its connections.
pub const PRESENCE_KEEP: Duration = Duration::from_secs(10);
/// How long an agent without connection still counts as online, so that reconnecting does not
/// make everybody's list flicker.
pub const PRESENCE_GRACE: Duration = Duration::from_secs(3);
/// The time to connect again after a start. Until then it is not known who has no connection.
pub const PRESENCE_SETTLES: Duration = PRESENCE_TTL;
/// Messages that a subscriber may be behind before it is told that it missed some.
pub const SUBSCRIBER_QUEUE: usize = 256;

/// The coordinator cannot be asked right now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the coordinator is away")]
pub struct Away;

/// What a call to the coordinator returns.
pub type CoordinatorFuture<'a, T> = BoxFuture<'a, Result<T, Away>>;

/// What nodes tell each other about a workspace.
#[derive(Clone, Debug)]
pub enum BusMessage {
    /// A commit appended this to the log.
    Batch(Arc<Batch>),
    /// Something that is true only now.
    Ephemeral(Ephemeral),
    /// Sessions of this agent may have ended: ask the store which ones still live.
    SessionsChanged(AgentId),
    /// Messages were dropped because this subscriber is too slow: read the log.
    Lagged,
}

/// Something that is true only now.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ephemeral {
    /// Who may compose where.
    Lease(LeaseState),
    /// Whether an agent is there.
    Presence(PresenceState),
    /// Who has a conversation on the screen.
    Viewing {
        /// The conversation on the screen.
        conversation: ConversationId,
        /// Everyone, each once.
        agents: Vec<AgentId>,
    },
    /// What somebody is composing.
    Draft {
        /// The conversation.
        conversation: ConversationId,
        /// The author.
        agent: AgentId,
        /// The text so far.
        text: Arc<str>,
    },
}

/// A try of a password on one node, as the others are told of it: all nodes count together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Tried {
    /// Digest of the account.
    pub account: [u8; 32],
    /// Where it came from; `None` is a device that is signed in.
    pub from: Option<IpAddr>,
    /// Whether it was let in.
    pub is_let_in: bool,
}

/// What somebody wants of the lease of a conversation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wish {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The conversation.
    pub conversation: ConversationId,
    /// The agent who composes.
    pub agent: AgentId,
    /// On which device; the same agent on another device is another holder.
    pub device: DeviceId,
    /// Start, keep, stop or take over.
    pub action: ComposeAction,
}

/// The answer to a [`Wish`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LeaseAnswer {
    /// The wisher holds it.
    Granted(LeaseHolder),
    /// Somebody else holds it.
    Held(LeaseHolder),
    /// The wisher does not hold it (any more).
    Stopped,
}

/// A lease, as who asks is told of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lease {
    /// The holder of the lease.
    pub holder: LeaseHolder,
    /// How often it was kept so far. A node that is told the same for longer than [`LEASE_TTL`]
    /// knows that nobody keeps it.
    pub renewal: u64,
}

/// One connection of a device.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Connection {
    /// Unique over all nodes and times.
    pub id: Uuid,
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The agent who is connected.
    pub agent: AgentId,
    /// The device that is connected.
    pub device: DeviceId,
}

/// The messages of one workspace, in the order in which they were published.
#[derive(Debug)]
pub struct Subscription(broadcast::Receiver<BusMessage>);

impl Subscription {
    /// Wraps the receiving end of a bus.
    pub fn new(receiver: broadcast::Receiver<BusMessage>) -> Self {
        Self(receiver)
    }

    /// The next message; `None` when the bus has gone and one has to subscribe again.
    pub async fn next(&mut self) -> Option<BusMessage> {
        match self.0.recv().await {
            Ok(message) => Some(message),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(BusMessage::Lagged),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

/// Whether what nodes share can be asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CoordinatorState {
    /// It answers.
    Up,
    /// It does not: this node answers from what it knows itself.
    Away {
        /// The time since which it does not answer.
        since: Timestamp,
    },
}

/// The nodes of the database.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lives {
    /// This node's present life.
    pub me: NodeId,
    /// All that live, this one among them.
    pub all: Vec<NodeId>,
}

/// Tells who lives now. Redis has no say in it.
pub type KnownNodes = Box<dyn Fn() -> Lives + Send + Sync>;

/// Leases, presence and the bus.
pub trait Coordinator: Send + Sync + 'static {
    /// Tells all nodes what a commit appended.
    fn publish(&self, batch: Arc<Batch>) -> CoordinatorFuture<'_, ()>;

    /// Tells all nodes that sessions of this agent may have ended.
    fn sessions_changed(&self, workspace: WorkspaceId, agent: AgentId)
    -> CoordinatorFuture<'_, ()>;

    /// Everything that is published for this workspace from here on.
    fn subscribe(&self, workspace: WorkspaceId) -> CoordinatorFuture<'_, Subscription>;

    /// Acquires, keeps, stops or takes over a lease; a change is announced.
    fn compose(&self, wish: Wish) -> CoordinatorFuture<'_, LeaseAnswer>;

    /// Who composes in this conversation, if anybody does.
    fn lease_of(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
    ) -> CoordinatorFuture<'_, Option<Lease>>;

    /// These connections are there: adds unknown ones, confirms known ones. The first one of an
    /// agent is announced.
    fn connected(&self, connections: Vec<Connection>) -> CoordinatorFuture<'_, ()>;

    /// This connection has gone. The last one of an agent is announced after a short grace.
    fn disconnected(&self, connection: Connection) -> CoordinatorFuture<'_, ()>;

    /// Who is online.
    fn online(&self, workspace: WorkspaceId) -> CoordinatorFuture<'_, Vec<AgentId>>;

    /// Tells who the nodes are. One that is alone has nobody to ask.
    fn know_nodes(&self, _nodes: KnownNodes) {}

    /// The agents with a connection on any node. Unknown while a node that lives cannot tell of
    /// its own, and until everybody had the time to connect again.
    fn sockets(&self, workspace: WorkspaceId) -> BoxFuture<'_, Sockets>;

    /// This connection has that conversation on the screen, or none; a change is announced.
    fn view(
        &self,
        connection: Connection,
        what: Option<ConversationId>,
    ) -> CoordinatorFuture<'_, ()>;

    /// Who has this conversation on the screen.
    fn viewers(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
    ) -> CoordinatorFuture<'_, Vec<AgentId>>;

    /// Relays what this connection's agent is composing; nothing is kept.
    fn draft(
        &self,
        connection: Connection,
        conversation: ConversationId,
        text: Arc<str>,
    ) -> CoordinatorFuture<'_, ()>;

    /// Tells all other nodes that messages may be due to be sent.
    fn sends_due(&self) -> CoordinatorFuture<'_, ()>;

    /// Grows when another node said that messages may be due to be sent.
    fn on_sends_due(&self) -> watch::Receiver<u64>;

    /// Tells all other nodes of a try of a password.
    fn tried(&self, tried: Tried) -> CoordinatorFuture<'_, ()>;

    /// Tries that other nodes tell of.
    fn on_tried(&self) -> broadcast::Receiver<Tried>;

    /// Whether what nodes share can be asked.
    fn state(&self) -> CoordinatorState;
}

impl std::fmt::Debug for dyn Coordinator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Coordinator").field(&self.state()).finish()
    }
}
