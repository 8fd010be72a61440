//! A coordinator that lies or is silent: what a reply is told of it.

use baton_domain::log::Batch;
use baton_domain::reach::Sockets;
use baton_protocol::{AgentId, DeviceId, Timestamp};
use futures_util::future::BoxFuture;
use tokio::sync::{broadcast, watch};
use uuid::Uuid;

use super::*;
use crate::clock::ManualClock;
use crate::coordinator::{
    Away, Connection, CoordinatorFuture, CoordinatorState, LEASE_TTL, Lease, LeaseAnswer,
    Subscription, Tried, Wish,
};

/// Tells of whatever lease it is given, for ever; away for all else, and when it has none.
#[derive(Default)]
struct Liar(Mutex<Option<Lease>>);

fn away<'a, T: Send + 'a>() -> CoordinatorFuture<'a, T> {
    Box::pin(std::future::ready(Err(Away)))
}

impl Coordinator for Liar {
    fn lease_of(&self, _: WorkspaceId, _: ConversationId) -> CoordinatorFuture<'_, Option<Lease>> {
        let lease = *self.0.lock().unwrap();
        Box::pin(std::future::ready(lease.map(Some).ok_or(Away)))
    }

    fn publish(&self, _: Arc<Batch>) -> CoordinatorFuture<'_, ()> {
        away()
    }

    fn sessions_changed(&self, _: WorkspaceId, _: AgentId) -> CoordinatorFuture<'_, ()> {
        away()
    }

    fn subscribe(&self, _: WorkspaceId) -> CoordinatorFuture<'_, Subscription> {
        away()
    }

    fn compose(&self, _: Wish) -> CoordinatorFuture<'_, LeaseAnswer> {
        away()
    }

    fn connected(&self, _: Vec<Connection>) -> CoordinatorFuture<'_, ()> {
        away()
    }

    fn disconnected(&self, _: Connection) -> CoordinatorFuture<'_, ()> {
        away()
    }

    fn online(&self, _: WorkspaceId) -> CoordinatorFuture<'_, Vec<AgentId>> {
        away()
    }

    fn sockets(&self, _: WorkspaceId) -> BoxFuture<'_, Sockets> {
        Box::pin(std::future::ready(Sockets::Unknown))
    }

    fn view(&self, _: Connection, _: Option<ConversationId>) -> CoordinatorFuture<'_, ()> {
        away()
    }

    fn viewers(&self, _: WorkspaceId, _: ConversationId) -> CoordinatorFuture<'_, Vec<AgentId>> {
        away()
    }

    fn draft(&self, _: Connection, _: ConversationId, _: Arc<str>) -> CoordinatorFuture<'_, ()> {
        away()
    }

    fn sends_due(&self) -> CoordinatorFuture<'_, ()> {
        away()
    }

    fn on_sends_due(&self) -> watch::Receiver<u64> {
        watch::channel(0).1
    }

    fn tried(&self, _: Tried) -> CoordinatorFuture<'_, ()> {
        away()
    }

    fn on_tried(&self) -> broadcast::Receiver<Tried> {
        broadcast::channel(1).1
    }

    fn state(&self) -> CoordinatorState {
        CoordinatorState::Away { since: Timestamp::from_ms(0) }
    }
}

struct Bench {
    liar: Arc<Liar>,
    leases: Leases,
    clock: ManualClock,
}

fn bench() -> Bench {
    let (liar, clock) = (Arc::<Liar>::default(), ManualClock::new(Timestamp::from_ms(0), 1));
    let coordinator: Arc<dyn Coordinator> = Arc::<Liar>::clone(&liar);
    let leases = Leases::new(coordinator, clock.clock(), Metrics::new());
    Bench { liar, leases, clock }
}

impl Bench {
    fn tells(&self, token: u64, renewal: u64) {
        let (agent_id, device_id) = (AgentId(Uuid::nil()), DeviceId(Uuid::nil()));
        let holder = LeaseHolder { agent_id, device_id, token, since: Timestamp::from_ms(0) };
        *self.liar.0.lock().unwrap() = Some(Lease { holder, renewal });
    }

    fn passes(&self, time: Duration) {
        self.clock.advance_ms(millis(time));
    }

    /// The token of the lease that a reply in that conversation has to mind.
    async fn minds(&self, conversation: u128) -> Option<u64> {
        let of = ConversationId(Uuid::from_u128(conversation));
        let live = self.leases.live(WorkspaceId(Uuid::nil()), of).await;
        live.map(|holder| holder.token)
    }
}

#[tokio::test]
async fn a_coordinator_that_never_lets_a_lease_lapse_blocks_nobody_for_longer_than_it_could_live() {
    let bench = bench();
    bench.tells(7, 3);
    assert_eq!(bench.minds(1).await, Some(7));
    bench.passes(LEASE_TTL);
    assert_eq!(bench.minds(1).await, Some(7), "it may just have been kept when it was told first");
    bench.passes(Duration::from_millis(1));
    assert_eq!(bench.minds(1).await, None);
    bench.passes(Duration::from_secs(3600));
    assert_eq!(bench.minds(1).await, None);
    assert_eq!(bench.minds(2).await, Some(7), "each conversation has a lease of its own");
    bench.tells(7, 4);
    assert_eq!(bench.minds(1).await, Some(7), "somebody keeps it after all");
}

#[tokio::test]
async fn a_lease_that_is_kept_holds_replies_for_as_long_as_it_is_kept() {
    let bench = bench();
    for renewal in 0..20 {
        bench.tells(7, renewal);
        assert_eq!(bench.minds(1).await, Some(7));
        bench.passes(LEASE_TTL / 3);
    }
}

#[tokio::test]
async fn a_coordinator_that_is_away_is_not_asked_for_a_second() {
    let bench = bench();
    assert_eq!(bench.minds(1).await, None);
    bench.tells(7, 0);
    bench.passes(PAUSE - Duration::from_millis(1));
    assert_eq!(bench.minds(1).await, None);
    bench.passes(Duration::from_millis(1));
    assert_eq!(bench.minds(1).await, Some(7));
}
