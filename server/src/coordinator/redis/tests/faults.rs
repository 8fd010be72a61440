//! Redis dies, forgets, fills up, lies, is silent: it annoys and does not block.

use std::sync::atomic::Ordering;
use std::time::Duration;

use baton_domain::hand::reach::Sockets;
use baton_protocol::NodeId;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::super::connection::Timings;
use super::super::names::Names;
use super::super::testing::{KEY, PATIENCE, TIMINGS, config, node, until};
use super::*;
use crate::coordinator::{CoordinatorState, PRESENCE_GRACE, PRESENCE_SETTLES, PRESENCE_TTL};

/// Everything that can be asked is answered.
async fn all_is_answered(node: &dyn Coordinator) {
    for agent in [ANA, LUIS] {
        for action in [ComposeAction::Start, ComposeAction::Keep, ComposeAction::TakeOver] {
            node.compose(wish(agent, action)).await.unwrap();
        }
    }
    assert_eq!(holder(node).await.unwrap().0, LUIS);
    node.connected(vec![connection(1, ANA), connection(2, LUIS)]).await.unwrap();
    node.view(connection(1, ANA), Some(TALK)).await.unwrap();
    assert_eq!(node.online(HERE).await.unwrap(), [ANA, LUIS]);
    assert_eq!(node.viewers(HERE, TALK).await.unwrap(), [ANA]);
    let mut bus = node.subscribe(HERE).await.unwrap();
    node.publish(batch(3)).await.unwrap();
    assert_eq!(next_batch(&mut bus).await.0, 3);
    node.disconnected(connection(1, ANA)).await.unwrap();
    assert_eq!(node.compose(wish(LUIS, ComposeAction::Stop)).await.unwrap(), LeaseAnswer::Stopped);
}

#[tokio::test]
async fn a_redis_that_was_killed_and_comes_back_empty_is_told_what_lives() {
    let mut nodes = Nodes::of(2).await;
    let mut bus = nodes.other().subscribe(HERE).await.unwrap();
    let token = granted(&*nodes.coordinator(), wish(ANA, ComposeAction::Start)).await;
    nodes.coordinator().connected(vec![connection(1, ANA)]).await.unwrap();
    nodes.coordinator().view(connection(1, ANA), Some(TALK)).await.unwrap();
    nodes.other().connected(vec![connection(2, LUIS)]).await.unwrap();

    nodes.server().kill();
    nodes.are_up(false).await;
    assert_eq!(nodes.all[0].metrics.coordinator_away.get(), 1);
    let mine = &*nodes.coordinator();
    assert_eq!(granted(mine, wish(ANA, ComposeAction::Keep)).await, token, "it goes on alone");
    assert_eq!(mine.online(HERE).await.unwrap(), [ANA]);
    nodes.other().publish(batch(3)).await.unwrap();
    next_batch(&mut bus).await;
    assert!(nodes.all[1].metrics.bus_dropped.get("away") > 0);

    nodes.server().run();
    nodes.are_up(true).await;
    assert_eq!(nodes.all[0].metrics.coordinator_away.get(), 0);
    assert!(nodes.all[0].metrics.coordinator_reconnects.get() > 0);
    let (agent, restored) = holder(&*nodes.other()).await.unwrap();
    assert!(agent == ANA && restored >= token, "{restored} after {token}");
    assert_eq!(nodes.other().online(HERE).await.unwrap(), [ANA, LUIS]);
    assert_eq!(nodes.other().viewers(HERE, TALK).await.unwrap(), [ANA]);
    bus_works(&nodes, &mut bus).await;
}

#[tokio::test]
async fn nobody_knows_who_has_a_socket_while_redis_is_away_nor_right_afterwards() {
    let mut nodes = Nodes::of(2).await;
    nodes.pass(PRESENCE_SETTLES).await;
    nodes.coordinator().connected(vec![connection(1, ANA)]).await.unwrap();
    nodes.other().connected(vec![connection(2, LUIS)]).await.unwrap();
    let both = Sockets::Of([ANA, LUIS].into());
    assert_eq!(nodes.other().sockets(HERE).await, both);
    nodes.server().kill();
    nodes.are_up(false).await;
    assert_eq!(nodes.other().sockets(HERE).await, Sockets::Unknown, "others may be elsewhere");
    nodes.server().run();
    nodes.are_up(true).await;
    assert_eq!(nodes.other().sockets(HERE).await, Sockets::Unknown, "nodes may still tell");
    nodes.pass(PRESENCE_SETTLES - Duration::from_secs(1)).await;
    let again = [(nodes.coordinator(), connection(1, ANA)), (nodes.other(), connection(2, LUIS))];
    for (node, connection) in again {
        node.connected(vec![connection]).await.unwrap();
    }
    nodes.pass(Duration::from_secs(1)).await;
    assert_eq!(nodes.other().sockets(HERE).await, both);
}

#[tokio::test]
async fn nobody_knows_who_has_a_socket_while_a_node_that_lives_cannot_reach_redis() {
    let mut nodes = Nodes::of(0).await;
    let (server, skew_ms) = (nodes.server().url(), Arc::clone(&nodes.skew_ms));
    nodes.server().say("ACL SETUSER cut on >secret ~* &* +@all");
    let cut = server.replace("redis://", "redis://cut:secret@");
    for at in [cut, server] {
        nodes.all.push(node(&config(&at, &[]), TIMINGS, EPOCH, KEY, &skew_ms).await);
    }
    nodes.are_up(true).await;
    nodes.know(&[]).await;
    nodes.pass(PRESENCE_SETTLES).await;
    let (away, here) = (nodes.coordinator(), nodes.other());
    away.connected(vec![connection(1, ANA)]).await.unwrap();
    here.connected(vec![connection(2, LUIS)]).await.unwrap();
    let both = Sockets::Of([ANA, LUIS].into());
    assert_eq!(here.sockets(HERE).await, both);
    nodes.know(&[NodeId(Uuid::from_u128(1))]).await;
    assert_eq!(here.sockets(HERE).await, Sockets::Unknown, "one that never says so");
    nodes.know(&[]).await;
    assert_eq!(here.sockets(HERE).await, both);

    nodes.server().say("ACL SETUSER cut off");
    nodes.server().say("CLIENT KILL USER cut");
    until(|| away.state() != CoordinatorState::Up).await;
    for _ in 0..2 {
        nodes.pass(PRESENCE_TTL / 2).await;
        away.connected(vec![connection(1, ANA)]).await.unwrap();
        here.connected(vec![connection(2, LUIS)]).await.unwrap();
        assert_eq!(here.sockets(HERE).await, Sockets::Unknown, "its agents may be there");
    }
    nodes.pass(PRESENCE_GRACE).await;
    assert_eq!(here.online(HERE).await.unwrap(), [LUIS], "nobody confirmed Ana");
    assert_eq!(here.sockets(HERE).await, Sockets::Unknown, "Ana may be there");

    nodes.server().say("ACL SETUSER cut on");
    nodes.are_up(true).await;
    nodes.confirm().await;
    assert_eq!(here.sockets(HERE).await, both, "it told its own first");
    drop((away, nodes.all.remove(0)));
    nodes.know(&[]).await;
    nodes.pass(PRESENCE_TTL / 2).await;
    here.connected(vec![connection(2, LUIS)]).await.unwrap();
    nodes.pass(PRESENCE_TTL / 2).await;
    nodes.pass(PRESENCE_GRACE).await;
    assert_eq!(here.sockets(HERE).await, Sockets::Of([LUIS].into()), "the dead are not waited for");
}

#[tokio::test]
async fn a_redis_that_forgot_who_has_a_socket_does_not_tell_before_it_knows() {
    let nodes = Nodes::of(2).await;
    nodes.pass(PRESENCE_SETTLES).await;
    nodes.coordinator().connected(vec![connection(1, ANA)]).await.unwrap();
    nodes.other().connected(vec![connection(2, LUIS)]).await.unwrap();
    let both = Sockets::Of([ANA, LUIS].into());
    assert_eq!(nodes.other().sockets(HERE).await, both);
    nodes.server.as_ref().unwrap().say("FLUSHALL");
    let known = async {
        loop {
            let said = nodes.other().sockets(HERE).await;
            if said != Sockets::Unknown {
                break said;
            }
        }
    };
    let said = tokio::time::timeout(PATIENCE, known).await.expect("it does not come to be known");
    assert_eq!(said, both);
}

#[tokio::test]
async fn a_connection_that_broke_is_made_again_once() {
    let mut nodes = Nodes::of(1).await;
    nodes.server().kill();
    nodes.are_up(false).await;
    nodes.server().run();
    nodes.are_up(true).await;
    // Each ping is one look at whether the connection still stands.
    let server = nodes.server.as_ref().unwrap();
    until(|| server.calls_of("ping") >= 3).await;
    let Ok((_, number)) = nodes.all[0].redis.shared.link.line() else { panic!("it is up") };
    assert_eq!(number, 2);
}

#[tokio::test]
async fn who_listens_is_told_to_read_the_log_when_redis_is_back() {
    let mut nodes = Nodes::of(2).await;
    let mut bus = nodes.other().subscribe(HERE).await.unwrap();
    nodes.server().kill();
    nodes.are_up(false).await;
    nodes.server().run();
    assert!(matches!(next(&mut bus).await, BusMessage::Lagged));
    bus_works(&nodes, &mut bus).await;
}

#[tokio::test]
async fn a_lease_that_somebody_took_meanwhile_stays_theirs() {
    let mut nodes = Nodes::of(2).await;
    let mut bus = nodes.coordinator().subscribe(HERE).await.unwrap();
    granted(&*nodes.coordinator(), wish(ANA, ComposeAction::Start)).await;
    // Both go on alone, and the other one is back first.
    nodes.server().kill();
    nodes.are_up(false).await;
    granted(&*nodes.other(), wish(LUIS, ComposeAction::Start)).await;
    nodes.server().run();
    nodes.are_up(true).await;
    let holders = [holder(&*nodes.coordinator()).await, holder(&*nodes.other()).await];
    assert!(holders[0].is_some() && holders[0] == holders[1], "{holders:?}");
    bus_works(&nodes, &mut bus).await;
}

#[tokio::test]
async fn what_redis_forgot_is_there_again_when_it_is_confirmed() {
    let nodes = Nodes::of(2).await;
    let mut bus = nodes.other().subscribe(HERE).await.unwrap();
    let server = nodes.server.as_ref().unwrap();
    let first = granted(&*nodes.coordinator(), wish(ANA, ComposeAction::Start)).await;
    nodes.coordinator().connected(vec![connection(1, ANA)]).await.unwrap();
    nodes.coordinator().view(connection(1, ANA), Some(TALK)).await.unwrap();
    server.say("FLUSHALL");
    server.say("SCRIPT FLUSH");
    assert_eq!(holder(&*nodes.other()).await, None);
    let again = granted(&*nodes.coordinator(), wish(ANA, ComposeAction::Keep)).await;
    assert!(again > first, "tokens grow over what was forgotten: {again} after {first}");
    nodes.coordinator().connected(vec![connection(1, ANA)]).await.unwrap();
    assert_eq!(nodes.other().online(HERE).await.unwrap(), [ANA]);
    assert_eq!(nodes.other().viewers(HERE, TALK).await.unwrap(), [ANA]);
    bus_works(&nodes, &mut bus).await;
    nodes.are_up(true).await;
}

#[tokio::test]
async fn a_token_never_goes_back_whoever_tells_a_redis_that_lost_it() {
    let mut nodes = Nodes::of(2).await;
    nodes.skew_ms.store(3_600_000, Ordering::SeqCst);
    let first = granted(&*nodes.coordinator(), wish(ANA, ComposeAction::Start)).await;
    let second = granted(&*nodes.other(), wish(LUIS, ComposeAction::TakeOver)).await;
    assert!(second > first);
    // The node of the first one does not know that it was taken over.
    nodes.server().kill();
    nodes.are_up(false).await;
    drop(nodes.all.pop());
    nodes.server().run();
    nodes.are_up(true).await;
    let (agent, restored) = holder(&*nodes.coordinator()).await.unwrap();
    assert_eq!(agent, ANA);
    assert!(restored > second, "{restored} after {second}");
    // What is lost while a clock goes back grows as well.
    nodes.server.as_ref().unwrap().say("FLUSHALL");
    nodes.skew_ms.store(0, Ordering::SeqCst);
    let again = granted(&*nodes.coordinator(), wish(LUIS, ComposeAction::Start)).await;
    assert!(again > restored, "{again} after {restored}");
}

#[tokio::test]
async fn a_dead_subscription_is_made_again_and_the_log_is_read() {
    let nodes = Nodes::of(2).await;
    let mut bus = nodes.other().subscribe(HERE).await.unwrap();
    for _ in 0..3 {
        nodes.server.as_ref().unwrap().say("CLIENT KILL TYPE pubsub");
        assert!(matches!(next(&mut bus).await, BusMessage::Lagged));
        bus_works(&nodes, &mut bus).await;
    }
    nodes.are_up(true).await;
}

#[tokio::test]
async fn a_connection_that_is_killed_is_made_again() {
    let nodes = Nodes::of(2).await;
    nodes.server.as_ref().unwrap().say("CLIENT KILL TYPE normal");
    all_is_answered(&*nodes.coordinator()).await;
    nodes.are_up(true).await;
}

#[tokio::test]
async fn garbage_in_the_keys_is_thrown_away() {
    let names = Names::new("baton", EPOCH);
    let keys = [names.leases(HERE), names.presence(HERE), names.lives()].concat();
    for kind in ["SET {} garbage", "RPUSH {} garbage", "HSET {} a b", "ZADD {} 1 garbage"] {
        let nodes = Nodes::of(2).await;
        for key in &keys {
            nodes.server.as_ref().unwrap().say(&kind.replace("{}", key));
        }
        all_is_answered(&*nodes.coordinator()).await;
        nodes.pass(PRESENCE_TTL).await;
        nodes.pass(PRESENCE_GRACE).await;
        assert_eq!(nodes.other().online(HERE).await.unwrap(), [], "{kind}");
        assert_eq!(nodes.all[0].redis.state(), CoordinatorState::Up, "{kind}");
    }
}

#[tokio::test]
async fn a_lying_lease_is_none() {
    let nodes = Nodes::of(1).await;
    let server = nodes.server.as_ref().unwrap();
    let keys = Names::new("baton", EPOCH).leases(HERE);
    let far = "9999999999999";
    for lie in [
        "",
        "|",
        "||||||",
        "x|y|1|1|1|1",
        "-|-|1|1|1|99999999999999999999",
        &format!("{ANA}|{PHONE}|1|1|1|{far}"),
        &format!("{ANA}|{PHONE}|99999999999999999999|1|1|{far}"),
    ] {
        server.say(&format!("HSET {} {TALK} \"{lie}\"", keys[0]));
        assert_eq!(holder(&*nodes.coordinator()).await, None, "{lie}");
        granted(&*nodes.coordinator(), wish(LUIS, ComposeAction::Start)).await;
        nodes.coordinator().compose(wish(LUIS, ComposeAction::Stop)).await.unwrap();
    }
    for token in ["garbage", "-5", "1e300", "99999999999999999999", "nan", "inf"] {
        server.say(&format!("SET {} {token}", keys[2]));
        assert!(granted(&*nodes.coordinator(), wish(ANA, ComposeAction::TakeOver)).await > 1);
        nodes.coordinator().compose(wish(ANA, ComposeAction::Stop)).await.unwrap();
    }
    assert_eq!(nodes.all[0].redis.state(), CoordinatorState::Up);
}

/// A Redis that answers and is of no use is away until it is of use again.
async fn no_use(spoil: &str, mend: &str) {
    let nodes = Nodes::of(1).await;
    let server = nodes.server.as_ref().unwrap();
    assert!(server.say(spoil).starts_with("+OK"), "{spoil}");
    all_is_answered(&*nodes.coordinator()).await;
    nodes.are_up(false).await;
    all_is_answered(&*nodes.coordinator()).await;
    assert!(server.say(mend).starts_with("+OK"), "{mend}");
    nodes.are_up(true).await;
    all_is_answered(&*nodes.coordinator()).await;
}

#[tokio::test]
async fn a_redis_that_is_full_is_away() {
    no_use("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0").await;
}

#[tokio::test]
async fn a_redis_that_may_only_be_read_is_away() {
    no_use("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE").await;
}

const SHORT: Timings = Timings {
    connect: Duration::from_millis(400),
    command: Duration::from_millis(200),
    ping: Duration::from_secs(600),
    ..TIMINGS
};

#[tokio::test]
async fn a_redis_that_stops_answering_costs_one_wait_and_then_nothing() {
    let mut nodes = Nodes::of(0).await;
    let at = config(&nodes.server().url(), &[]);
    nodes.all = Nodes::at(&at, 1, SHORT).await.all;
    nodes.are_up(true).await;
    signal(nodes.server().id(), "-STOP");
    let began = Instant::now();
    granted(&*nodes.coordinator(), wish(ANA, ComposeAction::Start)).await;
    let first = began.elapsed();
    let began = Instant::now();
    for _ in 0..1_000 {
        granted(&*nodes.coordinator(), wish(ANA, ComposeAction::Keep)).await;
        nodes.coordinator().publish(batch(1)).await.unwrap();
    }
    let others = began.elapsed();
    signal(nodes.server().id(), "-CONT");
    assert!(first < Duration::from_secs(2), "{first:?}");
    assert!(others < Duration::from_secs(1), "{others:?}");
    nodes.are_up(true).await;
}

fn signal(process: u32, which: &str) {
    let status = std::process::Command::new("kill").args([which, &process.to_string()]).status();
    assert!(status.unwrap().success());
}

/// Something that listens and answers each piece it is sent with the next of these.
async fn stand_in(answers: &'static [&'static [u8]]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut answers = answers.iter().cycle();
                let mut buffer = [0; 4_096];
                while stream.read(&mut buffer).await.is_ok_and(|count| count > 0) {
                    let Some(answer) = answers.next() else { continue };
                    if stream.write_all(answer).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    port
}

/// Starts and goes on alone with such a Redis.
async fn alone(answers: &'static [&'static [u8]]) {
    let port = stand_in(answers).await;
    let began = Instant::now();
    let at = config(&format!("redis://127.0.0.1:{port}"), &[]);
    let nodes = Nodes::at(&at, 1, SHORT).await;
    all_is_answered(&*nodes.coordinator()).await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_redis_that_accepts_and_never_answers_does_not_keep_a_server_from_starting() {
    alone(&[]).await;
}

#[tokio::test]
async fn a_redis_that_is_not_there_does_not_keep_a_server_from_starting() {
    let at = config("redis://127.0.0.1:1", &[]);
    let nodes = Nodes::at(&at, 1, SHORT).await;
    assert!(matches!(nodes.all[0].redis.state(), CoordinatorState::Away { .. }));
    assert_eq!(nodes.all[0].metrics.coordinator_away.get(), 1);
    all_is_answered(&*nodes.coordinator()).await;
}

#[tokio::test]
async fn a_redis_that_answers_garbage_does_not_keep_a_server_from_working() {
    alone(&[b"garbage\r\n"]).await;
    alone(&[b"+OK\r\n"]).await;
    alone(&[b"+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n"]).await;
    alone(&[b":1\r\n$-1\r\n*2\r\n:1\r\n:2\r\n%1\r\n+a\r\n:1\r\n", b"*-1\r\n", b"$3\r\nabc\r\n"])
        .await;
    alone(&[b"-ERR no\r\n-OOM no\r\n", b"%0\r\n>3\r\n+message\r\n+a\r\n+b\r\n"]).await;
    alone(&[b"$999999999\r\n", b"*999999999\r\n"]).await;
    alone(&[b"<html>no Redis at all</html>\r\n\0\xff\xfe"]).await;
}

#[tokio::test]
async fn what_a_dead_node_said_lapses() {
    let mut nodes = Nodes::of(2).await;
    nodes.coordinator().connected(vec![connection(1, ANA)]).await.unwrap();
    nodes.coordinator().view(connection(1, ANA), Some(TALK)).await.unwrap();
    nodes.other().connected(vec![connection(2, LUIS)]).await.unwrap();
    nodes.all.remove(0);
    nodes.pass(PRESENCE_TTL / 2).await;
    nodes.other().connected(vec![connection(2, LUIS)]).await.unwrap();
    assert_eq!(nodes.other().online(HERE).await.unwrap(), [ANA, LUIS]);
    nodes.pass(PRESENCE_TTL / 2).await;
    assert_eq!(nodes.other().viewers(HERE, TALK).await.unwrap(), []);
    nodes.pass(PRESENCE_GRACE).await;
    assert_eq!(nodes.other().online(HERE).await.unwrap(), [LUIS]);
}

#[tokio::test]
async fn a_node_on_which_nobody_is_connected_keeps_redis() {
    let nodes = Nodes::of(1).await;
    nodes.coordinator().connected(Vec::new()).await.unwrap();
    assert_eq!(nodes.coordinator().state(), CoordinatorState::Up);
    assert_eq!(nodes.all[0].metrics.coordinator_away.get(), 0);
}

#[tokio::test]
async fn a_full_queue_drops_and_never_blocks() {
    let nodes = Nodes::of(1).await;
    let all: u64 = 20_000;
    // Nothing is awaited that yields: the writer has no chance.
    for after in 0..all {
        let published = nodes.all[0].redis.publish(batch(after));
        futures_util::FutureExt::now_or_never(published).unwrap().unwrap();
    }
    let dropped = nodes.all[0].metrics.bus_dropped.get("full");
    assert_eq!(dropped, all - super::super::bus::OUTBOX as u64);
    until(|| nodes.all[0].redis.shared.outbox.capacity() == super::super::bus::OUTBOX).await;
    nodes.are_up(true).await;
}
