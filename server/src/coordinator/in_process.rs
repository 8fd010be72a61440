//! The coordinator of a server that is alone: one lock, tables in memory, nothing to configure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use baton_domain::fact::log::Batch;
use baton_domain::group::Key;
use baton_domain::hand::reach::Sockets;
use baton_protocol::{AgentId, ConversationId, Timestamp, WorkspaceId};
use futures_util::future::BoxFuture;
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;
use uuid::Uuid;

use super::leases::Leases;
use super::presence::{News, Presence};
use super::{
    BusMessage, Connection, Coordinator, CoordinatorFuture, CoordinatorState, Ephemeral, Lease,
    LeaseAnswer, PRESENCE_SETTLES, SUBSCRIBER_QUEUE, Subscription, Tried, Wish,
};

/// How often lapsed leases and connections are looked for.
const SWEEP: Duration = Duration::from_millis(250);

/// The two clocks, given by the edge.
#[derive(Clone)]
pub struct Clock {
    /// For expiry; never goes back.
    pub monotonic: Arc<dyn Fn() -> Instant + Send + Sync>,
    /// For people to read.
    pub wall: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

/// Leases, presence and the bus of one process.
pub struct InProcess {
    clock: Clock,
    began: Instant,
    state: Mutex<State>,
    /// There are no other nodes: it never grows.
    sends_due: watch::Sender<u64>,
    /// Nothing comes by it either.
    tried: broadcast::Sender<Tried>,
}

struct State {
    buses: BTreeMap<WorkspaceId, broadcast::Sender<BusMessage>>,
    leases: Leases,
    presence: Presence,
    /// Somebody else announces what the tables say; see [`InProcess::set_quiet`].
    is_quiet: bool,
}

impl InProcess {
    /// A coordinator that expires nothing unless [`Self::sweep`] is called.
    pub fn new(clock: Clock) -> Self {
        let leases = Leases::new((clock.wall)());
        let presence = Presence::default();
        let state = State { buses: BTreeMap::new(), leases, presence, is_quiet: false };
        let (sends_due, tried) = (watch::Sender::new(0), broadcast::Sender::new(1));
        let began = (clock.monotonic)();
        Self { clock, began, state: Mutex::new(state), sends_due, tried }
    }

    /// A coordinator with a task that sweeps for as long as the coordinator lives. Must be called
    /// within a runtime.
    pub fn start(clock: Clock) -> Arc<Self> {
        let coordinator = Arc::new(Self::new(clock));
        let weak = Arc::downgrade(&coordinator);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(SWEEP).await;
                let Some(coordinator) = weak.upgrade() else { return };
                coordinator.sweep();
            }
        });
        coordinator
    }

    /// Removes and announces what has expired.
    pub fn sweep(&self) {
        let now = (self.clock.monotonic)();
        let mut state = self.lock();
        for (workspace, lease) in state.leases.lapse(now) {
            state.announce((workspace, Ephemeral::Lease(lease)));
        }
        for news in state.presence.lapse(now) {
            state.announce(news);
        }
        state.buses.retain(|_, bus| bus.receiver_count() > 0);
    }

    /// The time for expiry.
    pub(super) fn now(&self) -> Instant {
        (self.clock.monotonic)()
    }

    /// A panic elsewhere leaves the tables whole: each change is a few inserts that cannot fail.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells this process's subscribers.
    pub(super) fn tell(&self, workspace: WorkspaceId, message: BusMessage) {
        self.lock().tell(workspace, message);
    }

    /// Tells the subscribers of all workspaces.
    pub(super) fn tell_all(&self, message: &BusMessage) {
        for bus in self.lock().buses.values() {
            drop(bus.send(message.clone()));
        }
    }

    /// The workspaces that somebody listens to.
    pub(super) fn subscribed(&self) -> BTreeSet<WorkspaceId> {
        let state = self.lock();
        let heard = state.buses.iter().filter(|(_, bus)| bus.receiver_count() > 0);
        heard.map(|(workspace, _)| *workspace).collect()
    }

    /// Keeps its tables without announcing anything. Where nodes share theirs, these are only a
    /// copy of what this node said. The node goes on with the copy while the others cannot be
    /// asked.
    pub(super) fn set_quiet(&self, is_quiet: bool) {
        self.lock().is_quiet = is_quiet;
    }

    /// Notes who holds a lease according to the nodes' common table.
    pub(super) fn adopt_lease(
        &self,
        (workspace, conversation): Key<ConversationId>,
        lease: Option<Lease>,
    ) {
        let now = (self.clock.monotonic)();
        self.lock().leases.adopt((workspace, conversation), lease, now);
    }

    /// Notes a token of the nodes' common table: those given here are above it.
    pub(super) fn see_token(&self, token: u64) {
        self.lock().leases.see_token(token);
    }

    /// The newest token that was given or seen here.
    pub(super) fn newest_token(&self) -> u64 {
        self.lock().leases.newest_token()
    }

    /// The leases that live here.
    pub(super) fn live_leases(&self) -> Vec<(WorkspaceId, ConversationId, Lease)> {
        let now = (self.clock.monotonic)();
        self.lock().leases.live(now)
    }

    /// The connections that live here.
    pub(super) fn live_connections(&self) -> Vec<Connection> {
        self.lock().presence.live()
    }

    /// What a connection that lives here looks at.
    pub(super) fn viewing(&self, connection: Uuid) -> Option<ConversationId> {
        self.lock().presence.viewing(connection)
    }

    /// How many rows are kept in memory.
    #[cfg(test)]
    fn len(&self) -> usize {
        let state = self.lock();
        state.leases.len() + state.presence.len() + state.buses.len()
    }
}

impl State {
    fn tell(&self, workspace: WorkspaceId, message: BusMessage) {
        if let Some(bus) = self.buses.get(&workspace) {
            // An error says that nobody listens, which is nobody's loss.
            drop(bus.send(message));
        }
    }

    fn announce(&self, (workspace, ephemeral): News) {
        if self.is_quiet {
            return;
        }
        self.tell(workspace, BusMessage::Ephemeral(ephemeral));
    }
}

/// True once everybody had the time to connect again.
pub(super) fn has_settled(since: Instant, now: Instant) -> bool {
    now.saturating_duration_since(since) >= PRESENCE_SETTLES
}

fn ready<'a, T: Send + 'a>(value: T) -> CoordinatorFuture<'a, T> {
    Box::pin(std::future::ready(Ok(value)))
}

impl Coordinator for InProcess {
    fn publish(&self, batch: Arc<Batch>) -> CoordinatorFuture<'_, ()> {
        self.tell(batch.workspace, BusMessage::Batch(batch));
        ready(())
    }

    fn sessions_changed(
        &self,
        workspace: WorkspaceId,
        agent: AgentId,
    ) -> CoordinatorFuture<'_, ()> {
        self.tell(workspace, BusMessage::SessionsChanged(agent));
        ready(())
    }

    fn subscribe(&self, workspace: WorkspaceId) -> CoordinatorFuture<'_, Subscription> {
        let mut state = self.lock();
        let bus = state
            .buses
            .entry(workspace)
            .or_insert_with(|| broadcast::Sender::new(SUBSCRIBER_QUEUE));
        ready(Subscription::new(bus.subscribe()))
    }

    fn compose(&self, wish: Wish) -> CoordinatorFuture<'_, LeaseAnswer> {
        let (now, wall) = ((self.clock.monotonic)(), (self.clock.wall)());
        let mut state = self.lock();
        let (answer, changed) = state.leases.compose(wish, now, wall);
        if let Some(lease) = changed {
            state.announce((wish.workspace, Ephemeral::Lease(lease)));
        }
        ready(answer)
    }

    fn lease_of(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
    ) -> CoordinatorFuture<'_, Option<Lease>> {
        let now = (self.clock.monotonic)();
        ready(self.lock().leases.of((workspace, conversation), now))
    }

    fn connected(&self, connections: Vec<Connection>) -> CoordinatorFuture<'_, ()> {
        let now = (self.clock.monotonic)();
        let mut state = self.lock();
        for connection in connections {
            if let Some(news) = state.presence.connected(connection, now) {
                state.announce(news);
            }
        }
        ready(())
    }

    fn disconnected(&self, connection: Connection) -> CoordinatorFuture<'_, ()> {
        let now = (self.clock.monotonic)();
        let mut state = self.lock();
        if let Some(news) = state.presence.disconnected(connection.id, now) {
            state.announce(news);
        }
        ready(())
    }

    fn online(&self, workspace: WorkspaceId) -> CoordinatorFuture<'_, Vec<AgentId>> {
        ready(self.lock().presence.online(workspace))
    }

    fn sockets(&self, workspace: WorkspaceId) -> BoxFuture<'_, Sockets> {
        let is_known = has_settled(self.began, self.now());
        let online = is_known.then(|| self.lock().presence.online(workspace));
        let sockets = online.map(|all| Sockets::Of(all.into_iter().collect()));
        Box::pin(std::future::ready(sockets.unwrap_or(Sockets::Unknown)))
    }

    fn view(
        &self,
        connection: Connection,
        what: Option<ConversationId>,
    ) -> CoordinatorFuture<'_, ()> {
        let mut state = self.lock();
        for news in state.presence.look(connection.id, what) {
            state.announce(news);
        }
        ready(())
    }

    fn viewers(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
    ) -> CoordinatorFuture<'_, Vec<AgentId>> {
        ready(self.lock().presence.viewers(workspace, conversation))
    }

    fn draft(
        &self,
        connection: Connection,
        conversation: ConversationId,
        text: Arc<str>,
    ) -> CoordinatorFuture<'_, ()> {
        let draft = Ephemeral::Draft { conversation, agent: connection.agent, text };
        self.tell(connection.workspace, BusMessage::Ephemeral(draft));
        ready(())
    }

    fn sends_due(&self) -> CoordinatorFuture<'_, ()> {
        ready(())
    }

    fn on_sends_due(&self) -> watch::Receiver<u64> {
        self.sends_due.subscribe()
    }

    fn tried(&self, _: Tried) -> CoordinatorFuture<'_, ()> {
        ready(())
    }

    fn on_tried(&self) -> broadcast::Receiver<Tried> {
        self.tried.subscribe()
    }

    fn state(&self) -> CoordinatorState {
        CoordinatorState::Up
    }
}

#[cfg(test)]
mod tests {
    use baton_protocol::DeviceId;
    use futures_util::FutureExt as _;
    use futures_util::future::BoxFuture;

    use super::*;
    use crate::coordinator::PRESENCE_GRACE;
    use crate::coordinator::contract::{self, Stage};

    struct Alone {
        coordinator: Arc<InProcess>,
        passed: Arc<Mutex<Duration>>,
    }

    impl Alone {
        fn new() -> Self {
            let passed = Arc::new(Mutex::new(Duration::ZERO));
            let (base, mono, wall) = (Instant::now(), Arc::clone(&passed), Arc::clone(&passed));
            let clock = Clock {
                monotonic: Arc::new(move || base + *mono.lock().unwrap()),
                wall: Arc::new(move || {
                    let ms = i64::try_from(wall.lock().unwrap().as_millis()).unwrap();
                    Timestamp::from_ms(1_700_000_000_000 + ms)
                }),
            };
            Self { coordinator: Arc::new(InProcess::new(clock)), passed }
        }
    }

    impl Stage for Alone {
        fn coordinator(&self) -> Arc<dyn Coordinator> {
            Arc::<InProcess>::clone(&self.coordinator)
        }

        fn pass(&self, time: Duration) -> BoxFuture<'_, ()> {
            *self.passed.lock().unwrap() += time;
            self.coordinator.sweep();
            Box::pin(std::future::ready(()))
        }
    }

    contract::all!(Alone::new());

    #[tokio::test]
    async fn what_has_expired_is_not_kept_in_memory() {
        let stage = Alone::new();
        contract::fill(&stage).await;
        assert!(stage.coordinator.len() > 0, "the test has to fill something");
        stage.pass(Duration::from_secs(31)).await;
        stage.pass(Duration::from_secs(4)).await;
        assert_eq!(stage.coordinator.len(), 0);
    }

    #[tokio::test]
    async fn a_crowd_that_has_gone_pushes_nothing_out_of_the_bus() {
        let alone = Alone::new();
        let here = WorkspaceId(Uuid::from_u128(1));
        let connection = |n: u128| Connection {
            id: Uuid::from_u128(n),
            workspace: here,
            agent: AgentId(Uuid::from_u128(n)),
            device: DeviceId(Uuid::from_u128(n)),
        };
        let crowd = 2 * SUBSCRIBER_QUEUE;
        for n in 0..crowd as u128 {
            alone.coordinator.connected(vec![connection(n)]).await.unwrap();
            alone.coordinator.disconnected(connection(n)).await.unwrap();
        }
        let mut bus = alone.coordinator.subscribe(here).await.unwrap();
        *alone.passed.lock().unwrap() += PRESENCE_GRACE;
        let mut gone = 0;
        for _ in 0..crowd {
            alone.coordinator.sweep();
            // The runtime lets a task that never waits hear only so much.
            tokio::task::yield_now().await;
            while let Some(message) = bus.next().now_or_never() {
                let is_gone = matches!(
                    message,
                    Some(BusMessage::Ephemeral(Ephemeral::Presence(state))) if !state.online
                );
                assert!(is_gone, "{message:?} after {gone}");
                gone += 1;
            }
        }
        assert_eq!(gone, crowd);
    }
}
