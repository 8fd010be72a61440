//! What goes over the bus, and what is not believed.

use std::net::IpAddr;
use std::sync::atomic::Ordering;

use baton_protocol::{Epoch, WorkspaceId};

use super::super::due::Kind;
use super::super::envelope::{BODY_BYTES_MAX, Letter, Seal};
use super::super::names::Names;
use super::super::testing::{KEY, Node, TIMINGS, config, node, until};
use super::*;
use crate::coordinator::{Ephemeral, Tried};

const STRANGER: Uuid = Uuid::from_u128(0xbad);

/// Says something on a workspace's channel as anybody can who reaches Redis.
async fn shout(nodes: &Nodes, channel: &str, bytes: &[u8]) {
    let url = nodes.server.as_ref().unwrap().url();
    let client = ::redis::Client::open(url).unwrap();
    let mut line = client.get_multiplexed_async_connection().await.unwrap();
    let mut publish = ::redis::cmd("PUBLISH");
    let heard: u64 = publish.arg(channel).arg(bytes).query_async(&mut line).await.unwrap();
    assert_eq!(heard, nodes.all.len() as u64, "all nodes listen there");
}

fn channel() -> String {
    Names::new("baton", EPOCH).bus(HERE)
}

async fn both_listen(nodes: &Nodes) -> (Subscription, Subscription) {
    let first = nodes.coordinator().subscribe(HERE).await.unwrap();
    (first, nodes.other().subscribe(HERE).await.unwrap())
}

/// What is shouted is dropped, counted, and makes the log be read.
async fn check(why: &'static str, bytes: &[u8]) {
    let nodes = Nodes::of(2).await;
    let (mut first, mut other) = both_listen(&nodes).await;
    shout(&nodes, &channel(), bytes).await;
    for subscription in [&mut first, &mut other] {
        assert!(matches!(next(subscription).await, BusMessage::Lagged), "{why}");
    }
    assert_eq!(nodes.all[1].metrics.bus_rejected.get(why), 1, "{why}");
    nodes.coordinator().publish(batch(8)).await.unwrap();
    assert_eq!(next_batch(&mut other).await, (8, false), "it goes on");
}

#[tokio::test]
async fn what_was_not_sealed_by_a_node_is_not_believed() {
    let letter = Letter::Batch(batch(5));
    let good = Seal::new(KEY, EPOCH).close(STRANGER, 1, &letter).unwrap();
    check("unreadable", b"").await;
    check("unreadable", b"hello").await;
    check("unreadable", &good[..60]).await;
    check("forged", &Seal::new([8; 32], EPOCH).close(STRANGER, 1, &letter).unwrap()).await;
    for at in [1, 20, 40, 60, good.len() - 40, good.len() - 1] {
        let mut changed = good.clone();
        changed[at] ^= 1;
        check("forged", &changed).await;
    }
    let other_log = Seal::new(KEY, Epoch(Uuid::from_u128(99)));
    check("epoch", &other_log.close(STRANGER, 1, &letter).unwrap()).await;
    check("too_large", &vec![1; 2 * BODY_BYTES_MAX]).await;
    // A node's own word, but of another workspace.
    let elsewhere = Letter::ReadTheLog(WorkspaceId(Uuid::from_u128(2)));
    let moved = Seal::new(KEY, EPOCH).close(STRANGER, 1, &elsewhere).unwrap();
    check("channel", &moved).await;
}

#[tokio::test]
async fn what_is_heard_twice_is_believed_once() {
    let nodes = Nodes::of(2).await;
    let (_first, mut other) = both_listen(&nodes).await;
    let sealed = Seal::new(KEY, EPOCH).close(STRANGER, 7, &Letter::Batch(batch(5))).unwrap();
    shout(&nodes, &channel(), &sealed).await;
    assert_eq!(next_batch(&mut other).await, (5, false));
    shout(&nodes, &channel(), &sealed).await;
    assert!(matches!(next(&mut other).await, BusMessage::Lagged));
    assert_eq!(nodes.all[1].metrics.bus_rejected.get("replayed"), 1);
}

#[tokio::test]
async fn what_is_too_large_for_the_bus_is_read_from_the_log() {
    let nodes = Nodes::of(2).await;
    let (mut first, mut other) = both_listen(&nodes).await;
    // A draft that is not in the log is not told to others at all.
    let text = "x".repeat(BODY_BYTES_MAX);
    nodes.coordinator().draft(connection(1, ANA), TALK, text.into()).await.unwrap();
    nodes.settle().await;
    assert_eq!(nodes.all[0].metrics.bus_dropped.get("too_large"), 1);
    assert!(matches!(
        next(&mut first).await,
        BusMessage::Ephemeral(Ephemeral::Draft { conversation: TALK, .. })
    ));
    let letter = Letter::ReadTheLog(HERE);
    let sealed = Seal::new(KEY, EPOCH).close(STRANGER, 1, &letter).unwrap();
    assert!(sealed.len() < 200);
    shout(&nodes, &channel(), &sealed).await;
    assert!(matches!(next(&mut other).await, BusMessage::Lagged));
}

#[tokio::test]
async fn two_installations_on_one_redis_do_not_meet() {
    let mut nodes = Nodes::of(1).await;
    let config = config(&nodes.server().url(), &[]);
    let apart = Epoch(Uuid::from_u128(4));
    let other: Node = node(&config, TIMINGS, apart, KEY, &nodes.skew_ms).await;
    let mut bus = other.redis.subscribe(HERE).await.unwrap();
    granted(&*nodes.coordinator(), wish(ANA, ComposeAction::Start)).await;
    nodes.coordinator().connected(vec![connection(1, ANA)]).await.unwrap();
    assert_eq!(holder(&*other.redis).await, None);
    assert_eq!(other.redis.online(HERE).await.unwrap(), []);
    other.redis.sessions_changed(HERE, LUIS).await.unwrap();
    assert!(matches!(next(&mut bus).await, BusMessage::SessionsChanged(LUIS)));
}

#[tokio::test]
async fn other_nodes_are_told_that_messages_are_due() {
    let nodes = Nodes::of(2).await;
    let (mut mine, mut theirs) = (nodes.coordinator().on_sends_due(), nodes.other().on_sends_due());
    let posted = || nodes.all[0].redis.shared.traffic.posted.load(Ordering::SeqCst);
    let before = posted();
    for _ in 0..1_000 {
        nodes.coordinator().sends_due().await.unwrap();
    }
    tokio::time::timeout(Duration::from_secs(10), theirs.changed()).await.unwrap().unwrap();
    nodes.settle().await;
    let posted = posted() - before;
    assert!(posted <= 100, "{posted} messages for a thousand calls in a row");
    assert!(!mine.has_changed().unwrap(), "one does not tell oneself");
    mine.mark_unchanged();
}

#[tokio::test]
async fn other_nodes_are_told_of_tries_of_passwords() {
    let nodes = Nodes::of(2).await;
    let (mut mine, mut theirs) = (nodes.coordinator().on_tried(), nodes.other().on_tried());
    let from = Some(IpAddr::from([203, 0, 113, 7]));
    let tried = Tried { account: [9; 32], from, is_let_in: false };
    nodes.coordinator().tried(tried).await.unwrap();
    let told = tokio::time::timeout(Duration::from_secs(10), theirs.recv()).await.unwrap();
    assert_eq!(told.unwrap(), tried);
    nodes.settle().await;
    assert!(mine.is_empty(), "one does not tell oneself");
    drop(mine.try_recv());
}

#[tokio::test]
async fn a_node_listens_only_to_workspaces_that_somebody_there_listens_to() {
    let nodes = Nodes::of(1).await;
    let server = nodes.server.as_ref().unwrap();
    let channels = || server.say("PUBSUB CHANNELS *").matches(":bus").count();
    assert_eq!(channels(), 1, "what concerns all nodes");
    let all = (0..20u128).map(|n| WorkspaceId(Uuid::from_u128(n)));
    let mut subscriptions = Vec::new();
    for workspace in all {
        subscriptions.push(nodes.coordinator().subscribe(workspace).await.unwrap());
    }
    assert_eq!(channels(), 21);
    drop(subscriptions);
    until(|| channels() == 1).await;
}

#[tokio::test]
async fn a_lapse_is_looked_for_by_all_who_know_of_the_lease_and_nobody_else() {
    let nodes = Nodes::of(2).await;
    let due = |n: usize| nodes.all[n].redis.shared.due.take_all();
    let _bus = nodes.other().subscribe(HERE).await.unwrap();
    until(|| nodes.all[1].redis.shared.due.is_empty()).await;
    assert_eq!((due(0), due(1)), (vec![], vec![]), "where nothing is, nothing is looked for");
    granted(&*nodes.coordinator(), wish(ANA, ComposeAction::Start)).await;
    nodes.settle().await;
    let leases = vec![(Kind::Leases, HERE)];
    assert_eq!((due(0), due(1)), (leases.clone(), leases));
    nodes.coordinator().connected(vec![connection(1, ANA)]).await.unwrap();
    assert_eq!(due(0), vec![(Kind::Presence, HERE)]);
}
