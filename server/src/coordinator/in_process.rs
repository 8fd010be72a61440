//! The coordinator of a server that is alone: one lock, tables in memory, nothing to configure.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use baton_domain::log::Batch;
use baton_protocol::{AgentId, ConversationId, Timestamp, WorkspaceId};
use tokio::sync::broadcast;
use tokio::time::Instant;

use super::leases::Leases;
use super::presence::{News, Presence};
use super::{
    Answer, BusMessage, Connection, Coordinator, Ephemeral, Lease, LeaseAnswer, SUBSCRIBER_QUEUE,
    Subscription, Wish,
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
    state: Mutex<State>,
}

struct State {
    buses: BTreeMap<WorkspaceId, broadcast::Sender<BusMessage>>,
    leases: Leases,
    presence: Presence,
}

impl InProcess {
    /// A coordinator that expires nothing unless [`Self::sweep`] is called.
    pub fn new(clock: Clock) -> Self {
        let leases = Leases::new((clock.wall)());
        let state = State { buses: BTreeMap::new(), leases, presence: Presence::default() };
        Self { clock, state: Mutex::new(state) }
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

    /// A panic elsewhere leaves the tables whole: each change is a few inserts that cannot fail.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, workspace: WorkspaceId, message: BusMessage) {
        self.lock().tell(workspace, message);
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
        self.tell(workspace, BusMessage::Ephemeral(ephemeral));
    }
}

fn ready<'a, T: Send + 'a>(value: T) -> Answer<'a, T> {
    Box::pin(std::future::ready(Ok(value)))
}

impl Coordinator for InProcess {
    fn publish(&self, batch: Arc<Batch>) -> Answer<'_, ()> {
        self.tell(batch.workspace, BusMessage::Batch(batch));
        ready(())
    }

    fn sessions_changed(&self, workspace: WorkspaceId, agent: AgentId) -> Answer<'_, ()> {
        self.tell(workspace, BusMessage::SessionsChanged(agent));
        ready(())
    }

    fn subscribe(&self, workspace: WorkspaceId) -> Answer<'_, Subscription> {
        let mut state = self.lock();
        let bus = state
            .buses
            .entry(workspace)
            .or_insert_with(|| broadcast::Sender::new(SUBSCRIBER_QUEUE));
        ready(Subscription::new(bus.subscribe()))
    }

    fn compose(&self, wish: Wish) -> Answer<'_, LeaseAnswer> {
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
    ) -> Answer<'_, Option<Lease>> {
        let now = (self.clock.monotonic)();
        ready(self.lock().leases.of((workspace, conversation), now))
    }

    fn connected(&self, connections: Vec<Connection>) -> Answer<'_, ()> {
        let now = (self.clock.monotonic)();
        let mut state = self.lock();
        for connection in connections {
            if let Some(news) = state.presence.connected(connection, now) {
                state.announce(news);
            }
        }
        ready(())
    }

    fn disconnected(&self, connection: Connection) -> Answer<'_, ()> {
        let now = (self.clock.monotonic)();
        let mut state = self.lock();
        if let Some(news) = state.presence.disconnected(connection.id, now) {
            state.announce(news);
        }
        ready(())
    }

    fn online(&self, workspace: WorkspaceId) -> Answer<'_, Vec<AgentId>> {
        ready(self.lock().presence.online(workspace))
    }

    fn view(&self, connection: Connection, what: Option<ConversationId>) -> Answer<'_, ()> {
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
    ) -> Answer<'_, Vec<AgentId>> {
        ready(self.lock().presence.viewers(workspace, conversation))
    }

    fn draft(
        &self,
        connection: Connection,
        conversation: ConversationId,
        text: Arc<str>,
    ) -> Answer<'_, ()> {
        let draft = Ephemeral::Draft { conversation, agent: connection.agent, text };
        self.tell(connection.workspace, BusMessage::Ephemeral(draft));
        ready(())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::BoxFuture;

    use super::*;
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
}
