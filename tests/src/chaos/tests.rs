//! Each kind of weather, over real sockets.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};

use super::{Door, Proxy, Sky, Weather};

const SOON: Duration = Duration::from_secs(10);

/// A client and a server that found each other through a proxy.
struct Pair {
    proxy: Proxy,
    listener: TcpListener,
    client: TcpStream,
    server: TcpStream,
}

async fn pair(weather: Weather) -> Pair {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = Proxy::start(listener.local_addr().unwrap(), 1).unwrap();
    proxy.set(weather);
    let client = TcpStream::connect(proxy.address()).await.unwrap();
    let (server, _) = timeout(SOON, listener.accept()).await.unwrap().unwrap();
    Pair { proxy, listener, client, server }
}

async fn says(to: &mut TcpStream, text: &[u8]) {
    to.write_all(text).await.unwrap();
}

async fn hears(from: &mut TcpStream, text: &[u8]) {
    let mut heard = vec![0; text.len()];
    timeout(SOON, from.read_exact(&mut heard)).await.unwrap().unwrap();
    assert_eq!(heard, text);
}

async fn is_reset(from: &mut TcpStream) {
    let mut rest = Vec::new();
    let read = timeout(SOON, from.read_to_end(&mut rest)).await.unwrap();
    assert_eq!(read.unwrap_err().kind(), ErrorKind::ConnectionReset);
}

fn down(sky: Sky) -> Weather {
    Weather { down: sky, ..Weather::default() }
}

#[tokio::test]
async fn in_fair_weather_everything_comes_through_and_an_end_is_an_end() {
    let mut pair = pair(Weather::default()).await;
    says(&mut pair.client, b"ping").await;
    hears(&mut pair.server, b"ping").await;
    says(&mut pair.server, b"pong").await;
    pair.server.shutdown().await.unwrap();
    let mut heard = Vec::new();
    timeout(SOON, pair.client.read_to_end(&mut heard)).await.unwrap().unwrap();
    assert_eq!(heard, b"pong");
    assert_eq!(pair.proxy.ports(), [pair.server.peer_addr().unwrap().port()]);
    // The other direction stays.
    says(&mut pair.client, b"still").await;
    hears(&mut pair.server, b"still").await;
    assert_eq!(pair.proxy.connections(), 1);
}

#[tokio::test]
async fn a_delay_makes_late_and_keeps_the_order() {
    let sky = Sky { delay_ms: 40, jitter_ms: 20, ..Sky::default() };
    let mut pair = pair(down(sky)).await;
    let began = Instant::now();
    for piece in [b"one ", b"two ", b"six "] {
        says(&mut pair.server, piece).await;
        pair.server.flush().await.unwrap();
    }
    hears(&mut pair.client, b"one two six ").await;
    assert!(began.elapsed() >= Duration::from_millis(40));
    // The other direction is not late by it.
    says(&mut pair.client, b"hello").await;
    hears(&mut pair.server, b"hello").await;
}

#[tokio::test]
async fn a_slice_makes_pieces_and_a_pace_makes_slow() {
    let sky = Sky { slice: Some(3), bytes_per_s: Some(300), ..Sky::default() };
    let mut pair = pair(down(sky)).await;
    let began = Instant::now();
    says(&mut pair.server, &[7; 30]).await;
    let mut buffer = [0; 64];
    let (mut heard, mut largest) = (0, 0);
    while heard < 30 {
        let count = timeout(SOON, pair.client.read(&mut buffer)).await.unwrap().unwrap();
        assert!(count > 0);
        (heard, largest) = (heard + count, largest.max(count));
    }
    assert!(largest < 30, "it came at once");
    assert!(began.elapsed() >= Duration::from_millis(80));
}

#[tokio::test]
async fn a_black_sky_holds_one_direction_until_it_clears() {
    let mut pair = pair(Weather::default()).await;
    let black = Sky { is_black: true, ..Sky::default() };
    pair.proxy.set(Weather { up: black, ..Weather::default() });
    says(&mut pair.client, b"lost?").await;
    says(&mut pair.server, b"I talk").await;
    hears(&mut pair.client, b"I talk").await;
    let nothing = pair.server.try_read(&mut [0; 8]).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
    pair.proxy.heal();
    hears(&mut pair.server, b"lost?").await;
}

#[tokio::test]
async fn a_half_open_connection_is_accepted_and_never_answered() {
    let pair = pair(Weather::default()).await;
    pair.proxy.set(Weather { door: Door::HalfOpen, ..Weather::default() });
    let mut late = TcpStream::connect(pair.proxy.address()).await.unwrap();
    says(&mut late, b"anybody?").await;
    // It was counted, and is not connected to anybody, or the server would have two.
    while pair.proxy.connections() < 2 {
        tokio::task::yield_now().await;
    }
    let second = futures_util::FutureExt::now_or_never(pair.listener.accept());
    assert!(second.is_none());
    pair.proxy.cut();
    is_reset(&mut late).await;
}

#[tokio::test]
async fn a_cut_resets_both_ends_at_once() {
    let mut pair = pair(Weather::default()).await;
    says(&mut pair.client, b"ping").await;
    hears(&mut pair.server, b"ping").await;
    pair.proxy.cut();
    is_reset(&mut pair.client).await;
    is_reset(&mut pair.server).await;
    // Who connects again is served.
    let mut again = TcpStream::connect(pair.proxy.address()).await.unwrap();
    says(&mut again, b"again").await;
    let (mut server, _) = timeout(SOON, pair.listener.accept()).await.unwrap().unwrap();
    hears(&mut server, b"again").await;
}

#[tokio::test]
async fn a_connection_is_reset_in_the_middle_of_what_is_said() {
    let sky = Sky { reset_after: Some(5), ..Sky::default() };
    let mut pair = pair(down(sky)).await;
    says(&mut pair.server, b"half a frame").await;
    hears(&mut pair.client, b"half ").await;
    is_reset(&mut pair.client).await;
}

#[tokio::test]
async fn the_word_arrives_and_its_answer_does_not() {
    let mut pair = pair(Weather::default()).await;
    pair.proxy.cut_after(b"COMMIT\0");
    says(&mut pair.client, b"Q\0\0\0\x0aCOMMIT\0").await;
    hears(&mut pair.server, b"Q\0\0\0\x0aCOMMIT\0").await;
    is_reset(&mut pair.client).await;
    assert!(pair.proxy.has_cut_after_word());
    // Only once: the next one is answered.
    let mut again = TcpStream::connect(pair.proxy.address()).await.unwrap();
    says(&mut again, b"COMMIT\0").await;
    let (mut server, _) = timeout(SOON, pair.listener.accept()).await.unwrap().unwrap();
    hears(&mut server, b"COMMIT\0").await;
    says(&mut server, b"done").await;
    hears(&mut again, b"done").await;
}

#[tokio::test]
async fn a_shut_door_refuses_and_opens_at_the_same_address() {
    let pair = pair(Weather::default()).await;
    let address = pair.proxy.address();
    pair.proxy.set(Weather { door: Door::Shut, ..Weather::default() });
    let refused = async {
        loop {
            // Until the proxy has seen the change, connections are still taken; those that wait
            // when it closes are reset.
            let tried = TcpStream::connect(address).await.map_err(|error| error.kind());
            if tried.is_err_and(|kind| kind == ErrorKind::ConnectionRefused) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, refused).await.unwrap();
    pair.proxy.heal();
    let opened = async {
        while TcpStream::connect(address).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, opened).await.unwrap();
}

#[test]
fn what_is_fair_is_so() {
    assert!(Weather::default().is_fair());
    assert!(!down(Sky { is_black: true, ..Sky::default() }).is_fair());
}

#[tokio::test]
async fn connections_go_to_servers_in_turn_and_past_those_that_are_gone() {
    let first = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let second = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let targets = [&first, &second].map(|listener| listener.local_addr().unwrap());
    let proxy = Proxy::balance(targets.to_vec(), 1).unwrap();
    let mut clients = Vec::new();
    for listener in [&first, &second] {
        clients.push(TcpStream::connect(proxy.address()).await.unwrap());
        timeout(SOON, listener.accept()).await.unwrap().unwrap();
    }
    drop(first);
    for _ in 0..2 {
        clients.push(TcpStream::connect(proxy.address()).await.unwrap());
        timeout(SOON, second.accept()).await.unwrap().unwrap();
    }
}
