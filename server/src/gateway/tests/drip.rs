//! Somebody who reads nothing, or a byte a second, among those who read.

use futures_util::future::join_all;
use tokio::io::AsyncReadExt as _;

use super::*;

const QUICK: usize = 200;
/// Events that are told to them alone, to compare with.
const ROUNDS: usize = 15;
const TEXT_BYTES: usize = 20_000;
/// More than a system keeps of a connection whose client hardly reads, bytes.
const OF_THE_SYSTEM: usize = 8 * 1024 * 1024;

/// A client that is live, as one whose system keeps little for it, and reads a byte a second.
async fn drips(house: &House) -> tokio::task::JoinHandle<()> {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let stream = MaybeTlsStream::Plain(socket.connect(house.address).await.unwrap());
    let request = house.request("/api/v1/socket", &[("sec-websocket-protocol", "baton.v1")]);
    let (stream, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
    let mut client = house.is_live(Client { stream }, "ana", PHONE).await;
    tokio::spawn(async move {
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        let MaybeTlsStream::Plain(stream) = client.stream.get_mut() else { return };
        loop {
            seconds.tick().await;
            if stream.read_u8().await.is_err() {
                return;
            }
        }
    })
}

/// Something happens: how long until all of them have it.
async fn round(house: &House, quick: &mut [Client], text: &str) -> Duration {
    let began = Instant::now();
    house.publish(|story| story.say(talk(1), text)).await;
    let upto = format!("\"upto\":{}", house.head());
    let all = quick.iter_mut().map(async |client| {
        let heard = async {
            loop {
                // Not read as a frame: that would take longer than all the rest.
                let message = client.stream.next().await.expect("ended").expect("broken");
                if matches!(&message, Message::Text(text) if text.contains(&upto)) {
                    return;
                }
            }
        };
        tokio::time::timeout(PATIENCE, heard).await.expect("not told");
    });
    join_all(all).await;
    began.elapsed()
}

/// A quarter of the rounds took no longer. A client that holds up the others does so in each round;
/// a machine with too much to do in some.
fn quartile(mut all: Vec<Duration>) -> Duration {
    all.sort();
    all[all.len() / 4]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_who_reads_a_byte_a_second_delays_nobody_and_is_cut() {
    let limits = Limits { sockets_per_agent: QUICK + 1, ..limits() };
    let queue = limits.queue;
    let house = House::open(limits);
    let mut quick = Vec::new();
    for _ in 0..QUICK {
        quick.push(house.arrive("ana", DeviceId(Uuid::new_v4())).await);
    }
    let text = "x".repeat(TEXT_BYTES);
    let mut without = Vec::new();
    for _ in 0..ROUNDS {
        without.push(round(&house, &mut quick, &text).await);
    }
    let slow = drips(&house).await;
    let mut with = Vec::new();
    while house.gateway.metrics.slow_clients_cut.get() == 0 {
        with.push(round(&house, &mut quick, &text).await);
        let kept = with.len() * TEXT_BYTES;
        // It ends by its full queue, or by a write that takes too long.
        assert!(kept <= queue * TEXT_BYTES + OF_THE_SYSTEM, "{kept} bytes wait for one client");
    }
    let (before, beside) = (quartile(without), quartile(with));
    assert!(beside <= before * 2 + Duration::from_millis(20), "{beside:?}, and {before:?} alone");
    slow.abort();
    let gone = async {
        while house.sessions() > QUICK {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.expect("its connection stays");
    assert_eq!(house.gateway.metrics.slow_clients_cut.get(), 1, "nobody else was cut");
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_and_the_others_get_everything() {
    let house = House::open(limits());
    let mut slow = house.arrive("ana", PHONE).await;
    let mut quick = house.arrive("ana", other_device()).await;
    let text = "x".repeat(100_000);
    let deadline = Instant::now() + PATIENCE;
    while house.sessions() > 1 {
        assert!(Instant::now() < deadline, "never cut");
        house.publish(|story| story.say(talk(1), &text)).await;
        let head = house.head();
        quick
            .until(|frame| matches!(frame, ServerFrame::Events { upto, .. } if *upto == head))
            .await;
    }
    assert_eq!(slow.until_closed().await.0, close::SLOW);
    assert_eq!(house.gateway.metrics.slow_clients_cut.get(), 1);
    house.publish(|story| story.everyone(settings())).await;
    let head = house.head();
    quick.until(|frame| matches!(frame, ServerFrame::Events { upto, .. } if *upto == head)).await;
}
