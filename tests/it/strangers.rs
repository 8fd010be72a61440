//! A stranger with neither a password nor a secret stops nobody else. Strangers open connections
//! that say nothing, never read, or send bodies that never come, floods of sockets, and pings.
//!
//! Each attack comes from an address of its own (loopback has many), and what the others felt
//! meanwhile is printed.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use baton_world::world::{
    PATIENCE, Setup, UNKNOWN_NUMBER, World, eventually, for_each_alone, webhook,
};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::{Bytes, Message};

/// Whatever a stranger does, others are served within this time.
const SOON: Duration = Duration::from_secs(5);
/// Where the attack comes from; everybody else of the test is at 127.0.0.1.
const STRANGER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const NEIGHBOUR: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);

async fn connects(world: &World, from: Ipv4Addr) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4_096).expect("a small buffer");
    socket.bind(SocketAddr::new(IpAddr::V4(from), 0)).expect("an address of its own");
    socket.connect(world.server.address).await.expect("connected")
}

/// Whether a simple request is answered 200, and soon.
async fn is_served(world: &World, from: Ipv4Addr) -> bool {
    let asked = async {
        let mut stream = connects(world, from).await;
        let request = b"GET /healthz HTTP/1.1\r\nhost: baton\r\nconnection: close\r\n\r\n";
        stream.write_all(request).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        Some(answer.starts_with("HTTP/1.1 200"))
    };
    timeout(SOON, asked).await.ok().flatten().unwrap_or(false)
}

/// Whether the other side has closed the connection.
async fn is_closed(stream: &mut TcpStream) -> bool {
    let mut rest = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut rest)).await.is_ok()
}

/// A request whose body lacks its last byte.
async fn stalls(world: &World, path: &str, from: Ipv4Addr, length: usize) -> TcpStream {
    let mut stream = connects(world, from).await;
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: baton\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("a head");
    let body = vec![b' '; length - 1];
    // A stranger who is turned away meanwhile cannot go on writing.
    drop(timeout(SOON, stream.write_all(&body)).await);
    stream
}

#[expect(clippy::print_stdout, reason = "what the others felt is the point of the attack")]
fn tell(attack: &str, waits: &mut [Duration]) {
    waits.sort();
    let count = waits.len();
    let at = |percent: usize| waits.get((count * percent / 100).min(count - 1));
    println!("{attack}: {count} others, p50 {:?}, p99 {:?}", at(50), at(99));
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_say_nothing_are_closed_and_the_next_ones_served() {
    let setup = Setup::usual()
        .with("BATON_HTTP__HEADER_TIME_OUT_MS", "500")
        .with("BATON_HTTP__CONNECTIONS_MAX", "300");
    for_each_alone(setup, async |world| {
        let mut silent = join_all((0..300).map(|_| connects(world, STRANGER))).await;
        let began = Instant::now();
        assert!(is_served(world, NEIGHBOUR).await, "300 silent connections keep others out");
        tell("300 silent connections", &mut [began.elapsed()]);
        for stream in &mut silent {
            assert!(is_closed(stream).await, "a connection may be silent for ever");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_reads_is_cut() {
    let setup = Setup::usual().with("BATON_HTTP__WRITE_TIME_OUT_MS", "500");
    for_each_alone(setup, async |world| {
        let stream = connects(world, STRANGER).await;
        let request = b"GET /metrics HTTP/1.1\r\nhost: baton\r\n\r\n";
        eventually("it is cut", async || match stream.try_write(&request.repeat(20)) {
            Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => Some(()),
            _ => None,
        })
        .await;
        assert!(is_served(world, STRANGER).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_has_so_many_connections_and_others_come_in() {
    let setup = Setup::usual().with("BATON_HTTP__CONNECTIONS_PER_ADDRESS_MAX", "10");
    for_each_alone(setup, async |world| {
        let mut held = join_all((0..10).map(|_| connects(world, STRANGER))).await;
        eventually("the eleventh is refused", async || {
            let mut more = connects(world, STRANGER).await;
            let mut answer = String::new();
            more.read_to_string(&mut answer).await.ok()?;
            answer.starts_with("HTTP/1.1 503").then_some(())
        })
        .await;
        assert!(is_served(world, NEIGHBOUR).await);
        // A place that is given back is there for the next one.
        drop(held.pop());
        eventually("a place is free", async || is_served(world, STRANGER).await.then_some(()))
            .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_that_never_come_whole_keep_no_genuine_one_out() {
    for_each_alone(Setup::usual(), async |world| {
        let app = &world.simulator.config().meta_app_id;
        let path = format!("/webhooks/whatsapp/{app}");
        // The same address as Meta's: behind a proxy that is not named all have one.
        for from in [STRANGER, Ipv4Addr::LOCALHOST] {
            let webhooks = &world.server.metrics.webhooks;
            let (failed, given_up) = (webhooks.get("failed"), webhooks.get("not_received"));
            let held: Vec<_> =
                join_all((0..9).map(|_| stalls(world, &path, from, 4_194_304))).await;
            let mut waits = Vec::new();
            for nth in 0..60 {
                let began = Instant::now();
                let text = json!({"type": "text", "text": {"body": format!("Hola {nth}")}});
                let body = webhook(UNKNOWN_NUMBER, json!({"messages": [text]}));
                let answer = world.posts(&body).await;
                assert_eq!(answer.status, 200, "{nth}: {}", answer.text);
                waits.push(began.elapsed());
            }
            tell("9 stalled webhooks", &mut waits);
            eventually("they are given up", async || {
                (webhooks.get("not_received") >= given_up + 9).then_some(())
            })
            .await;
            assert_eq!(webhooks.get("failed"), failed, "no failure of ours");
            drop(held);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_never_come_whole_keep_nobody_from_signing_in() {
    for_each_alone(Setup::usual(), async |world| {
        let path = "/api/v1/sessions";
        let held: Vec<_> = join_all((0..300).map(|_| stalls(world, path, STRANGER, 65_536))).await;
        let mut waits = Vec::new();
        for _ in 0..5 {
            let began = Instant::now();
            let login = json!({
                "workspace": "acme", "email": "ana@acme.example",
                "password": baton::demo::PASSWORD,
            });
            let body = Some(("application/json", login.to_string().into_bytes()));
            let answer = world.asks(Method::POST, path, None, body).await;
            assert_eq!(answer.status, 201, "{}", answer.text);
            waits.push(began.elapsed());
        }
        tell("300 stalled bodies", &mut waits);
        drop(held);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_drips_is_given_up() {
    for_each_alone(Setup::usual(), async |world| {
        let began = Instant::now();
        let mut stream = stalls(world, "/api/v1/sessions", STRANGER, 10_000).await;
        let mut answer = [0; 12];
        timeout(PATIENCE, stream.read_exact(&mut answer)).await.expect("in time").expect("it");
        assert_eq!(&answer, b"HTTP/1.1 408");
        assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn upgrades_without_a_hello_from_one_address_delay_nobody_elses() {
    let setup = Setup::usual()
        .with("BATON_LIMITS__CONNECTS_PER_S", "100")
        .with("BATON_LIMITS__CONNECTS_BURST", "100");
    for_each_alone(setup, async |world| {
        let ana = world.agent("Ana").await;
        let flood = async {
            loop {
                let all = (0..50).map(|_| async {
                    let mut stream = connects(world, STRANGER).await;
                    let request = "GET /api/v1/socket HTTP/1.1\r\nhost: baton\r\n\
                        connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                        sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                        sec-websocket-protocol: baton.v1\r\n\r\n";
                    stream.write_all(request.as_bytes()).await.expect("asked");
                    stream
                });
                let held = join_all(all).await;
                tokio::time::sleep(Duration::from_millis(100)).await;
                drop(held);
            }
        };
        let comes_back = async {
            let mut waits = Vec::new();
            // The flood has begun by then: 500 upgrades in a second.
            tokio::time::sleep(Duration::from_secs(1)).await;
            for _ in 0..10 {
                let began = Instant::now();
                ana.phone().goes_offline().await;
                ana.phone().comes_back().await.expect("a welcome");
                waits.push(began.elapsed());
            }
            waits
        };
        let mut waits = tokio::select! {
            waits = comes_back => waits,
            () = flood => Vec::new(),
        };
        tell("500 upgrades a second", &mut waits);
        let longest = waits.iter().max().expect("some");
        assert!(*longest < Duration::from_secs(1), "{longest:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pings_are_limited() {
    for_each_alone(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let socket = ana.signed.connect(None).await.expect("a socket");
        for _ in 0..2_000 {
            if socket.send_message(Message::Ping(Bytes::new())).await.is_err() {
                break;
            }
        }
        assert_eq!(socket.closed(PATIENCE).await.expect("closed").0, 4400);
    })
    .await;
}
