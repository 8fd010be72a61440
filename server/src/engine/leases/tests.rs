//! A coordinator that lies or is silent: what a reply is told of it.

use baton_protocol::{AgentId, DeviceId, Timestamp};
use uuid::Uuid;

use super::*;
use crate::clock::ManualClock;
use crate::coordinator::testing::Liar;
use crate::coordinator::{LEASE_TTL, Lease};

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
        *self.liar.lease.lock().unwrap() = Some(Lease { holder, renewal });
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
