//! The table in Redis answers as the one in memory does, whatever is done in whatever order.

use std::sync::Arc;
use std::time::Duration;

use baton_protocol::Timestamp;
use proptest::prelude::*;
use tokio::time::Instant;

use super::*;
use crate::coordinator::{Clock, InProcess, Lease};

#[derive(Clone, Debug)]
enum Step {
    Compose(u128, u128, u128, ComposeAction),
    Connect(u128),
    Disconnect(u128),
    View(u128, Option<u128>),
    Pass,
}

fn step() -> impl Strategy<Value = Step> {
    let action = prop_oneof![
        Just(ComposeAction::Start),
        Just(ComposeAction::Keep),
        Just(ComposeAction::Stop),
        Just(ComposeAction::TakeOver),
    ];
    prop_oneof![
        4 => (0..2u128, 0..2u128, 0..2u128, action)
            .prop_map(|(c, a, d, x)| Step::Compose(c, a, d, x)),
        3 => (0..4u128).prop_map(Step::Connect),
        1 => (0..4u128).prop_map(Step::Disconnect),
        2 => (0..4u128, proptest::option::of(0..2u128)).prop_map(|(c, v)| Step::View(c, v)),
        2 => Just(Step::Pass),
    ]
}

/// No sum of it comes near a time to live.
const PASS: Duration = Duration::from_secs(7);

fn conversation(n: u128) -> ConversationId {
    ConversationId(Uuid::from_u128(100 + n))
}

/// Two connections of each of two agents.
fn of(n: u128) -> Connection {
    connection(n + 1, if n < 2 { ANA } else { LUIS })
}

/// Who, without what only one of the two can give.
fn who(answer: LeaseAnswer) -> (u8, Option<(AgentId, DeviceId)>) {
    match answer {
        LeaseAnswer::Granted(holder) => (1, Some((holder.agent_id, holder.device_id))),
        LeaseAnswer::Held(holder) => (2, Some((holder.agent_id, holder.device_id))),
        LeaseAnswer::Stopped => (3, None),
    }
}

fn kept(lease: Option<Lease>) -> Option<(AgentId, DeviceId, u64)> {
    lease.map(|lease| (lease.holder.agent_id, lease.holder.device_id, lease.renewal))
}

async fn act(node: &dyn Coordinator, step: &Step) -> Option<(u8, Option<(AgentId, DeviceId)>)> {
    match step {
        Step::Compose(c, a, d, action) => {
            let agent = if *a == 0 { ANA } else { LUIS };
            let device = DeviceId(Uuid::from_u128(21 + d));
            let (conversation, action) = (conversation(*c), *action);
            let wish = Wish { workspace: HERE, conversation, agent, device, action };
            return Some(who(node.compose(wish).await.unwrap()));
        }
        Step::Connect(n) => node.connected(vec![of(*n)]).await.unwrap(),
        Step::Disconnect(n) => node.disconnected(of(*n)).await.unwrap(),
        Step::View(n, what) => node.view(of(*n), what.map(conversation)).await.unwrap(),
        Step::Pass => {}
    }
    None
}

/// What anybody can ask.
async fn picture(node: &dyn Coordinator) -> String {
    let mut leases = Vec::new();
    let mut viewers = Vec::new();
    for n in 0..2 {
        leases.push(kept(node.lease_of(HERE, conversation(n)).await.unwrap()));
        viewers.push(node.viewers(HERE, conversation(n)).await.unwrap());
    }
    let online = node.online(HERE).await.unwrap();
    format!("{leases:?} {viewers:?} {online:?}")
}

/// A lease is asked for on any node; a connection is one node's for life.
fn at(step: &Step, turn: usize) -> u128 {
    match step {
        Step::Connect(n) | Step::Disconnect(n) | Step::View(n, _) => *n,
        Step::Compose(..) | Step::Pass => turn as u128,
    }
}

async fn play(steps: &[Step]) {
    let nodes = Nodes::of(2).await;
    let (base, mono, wall) =
        (Instant::now(), Arc::clone(&nodes.skew_ms), Arc::clone(&nodes.skew_ms));
    let passed = |ms: &std::sync::atomic::AtomicI64| ms.load(std::sync::atomic::Ordering::SeqCst);
    let oracle = InProcess::new(Clock {
        monotonic: Arc::new(move || base + Duration::from_millis(passed(&mono).unsigned_abs())),
        wall: Arc::new(move || Timestamp::from_ms(1_700_000_000_000 + passed(&wall))),
    });
    let mut token = 0;
    for (n, step) in steps.iter().enumerate() {
        let node = if at(step, n).is_multiple_of(2) { nodes.coordinator() } else { nodes.other() };
        if matches!(step, Step::Pass) {
            nodes.pass(PASS).await;
            oracle.sweep();
        }
        let so_far = &steps[..=n];
        assert_eq!(act(&*node, step).await, act(&oracle, step).await, "after {so_far:?}");
        let (told, meant) = (picture(&*nodes.other()).await, picture(&oracle).await);
        assert_eq!(told, meant, "after {so_far:?}");
    }
    // Tokens grow whoever wins, on whichever node.
    for agent in [ANA, LUIS, ANA] {
        let next = granted(&*nodes.coordinator(), wish(agent, ComposeAction::TakeOver)).await;
        assert!(next > token);
        token = next;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn redis_answers_as_the_table_in_memory_does(steps in prop::collection::vec(step(), 1..80)) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(play(&steps));
    }
}

#[tokio::test]
async fn no_two_devices_are_granted_the_same_token() {
    let nodes = Nodes::of(2).await;
    let mut tokens = std::collections::BTreeMap::new();
    for round in 0..20u128 {
        let wishes = (0..8u128).map(|n| {
            let node = if n % 2 == 0 { nodes.coordinator() } else { nodes.other() };
            let device = DeviceId(Uuid::from_u128(1_000 + n));
            let action =
                if round % 2 == 0 { ComposeAction::TakeOver } else { ComposeAction::Start };
            let wish = Wish { device, ..wish(ANA, action) };
            async move { (device, node.compose(wish).await.unwrap()) }
        });
        for (device, answer) in futures_util::future::join_all(wishes).await {
            if let LeaseAnswer::Granted(holder) = answer {
                assert_eq!(*tokens.entry(holder.token).or_insert(device), device);
            }
        }
    }
    assert!(tokens.len() >= 80, "all take-overs were granted");
}
