//! The contract, and what is true of a coordinator through Redis alone.

mod alike;
mod bus;
mod faults;
mod places;

use std::sync::Arc;
use std::time::Duration;

use baton_domain::fact::log::Batch;
use baton_protocol::frame::ComposeAction;
use baton_protocol::{AgentId, ConversationId, DeviceId};
use uuid::Uuid;

use super::super::contract::{HERE, Stage as _};
use super::super::{BusMessage, Connection, Coordinator, LeaseAnswer, Subscription, Wish};
use super::testing::{EPOCH, Nodes};

const TALK: ConversationId = ConversationId(Uuid::from_u128(7));
const ANA: AgentId = AgentId(Uuid::from_u128(11));
const LUIS: AgentId = AgentId(Uuid::from_u128(12));
const PHONE: DeviceId = DeviceId(Uuid::from_u128(21));

mod one_node {
    use super::Nodes;
    use crate::coordinator::contract;

    contract::all!(Nodes::of(1).await);
}

mod two_nodes {
    use super::Nodes;
    use crate::coordinator::contract;

    contract::all!(Nodes::of(2).await);
}

fn wish(agent: AgentId, action: ComposeAction) -> Wish {
    Wish { workspace: HERE, conversation: TALK, agent, device: PHONE, action }
}

fn connection(id: u128, agent: AgentId) -> Connection {
    Connection { id: Uuid::from_u128(id), workspace: HERE, agent, device: PHONE }
}

fn batch(after: u64) -> Arc<Batch> {
    let (entries, heads) = (Vec::new(), Default::default());
    Arc::new(Batch { workspace: HERE, epoch: EPOCH, after, entries, heads })
}

async fn next(subscription: &mut Subscription) -> BusMessage {
    let next = tokio::time::timeout(Duration::from_secs(10), subscription.next());
    next.await.expect("nothing was told").expect("the bus has gone")
}

/// The next batch, whatever comes before it; and whether somebody said to read the log first.
async fn next_batch(subscription: &mut Subscription) -> (u64, bool) {
    let mut lagged = false;
    loop {
        match next(subscription).await {
            BusMessage::Batch(batch) => return (batch.after, lagged),
            BusMessage::Lagged => lagged = true,
            BusMessage::Ephemeral(_) | BusMessage::SessionsChanged(_) => {}
        }
    }
}

/// A message of the first node reaches the other one, some time.
async fn bus_works(nodes: &Nodes, subscription: &mut Subscription) {
    let works = async {
        for after in 1_000.. {
            nodes.coordinator().publish(batch(after)).await.unwrap();
            let next = tokio::time::timeout(Duration::from_millis(50), async {
                while next_batch(subscription).await.0 < 1_000 {}
            });
            if next.await.is_ok() {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), works).await.expect("the bus is dead");
}

async fn granted(node: &dyn Coordinator, wish: Wish) -> u64 {
    match node.compose(wish).await.unwrap() {
        LeaseAnswer::Granted(holder) => holder.token,
        other @ (LeaseAnswer::Held(_) | LeaseAnswer::Stopped) => panic!("no grant: {other:?}"),
    }
}

async fn holder(node: &dyn Coordinator) -> Option<(AgentId, u64)> {
    let lease = node.lease_of(HERE, TALK).await.unwrap();
    lease.map(|lease| (lease.holder.agent_id, lease.holder.token))
}
