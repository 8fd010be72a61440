//! What many are told at once, whether they read or not.

use super::*;

const SOCKETS: usize = 150;
/// A kernel that keeps so little for a client soon takes no more, bytes.
const LITTLE: u32 = 4_096;

/// A client that is live and whose system keeps little of what it does not read.
async fn arrive(house: &House) -> Client {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(LITTLE).unwrap();
    let stream = MaybeTlsStream::Plain(socket.connect(house.address).await.unwrap());
    let request = house.request("/api/v1/socket", &[("sec-websocket-protocol", "baton.v1")]);
    let (stream, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
    house.is_live(Client { stream }, "ana", PHONE).await
}

/// Reads up to a position. What is told of the log has no hole and nothing twice.
async fn hear(client: &mut Client, from: u64, upto: u64) {
    let mut cursor = from;
    while cursor < upto {
        let frame = client.next().await.expect("closed");
        if let ServerFrame::Events { after, upto, .. } = frame {
            assert_eq!(after, cursor, "a hole, or something twice");
            cursor = upto;
        }
    }
    assert_eq!(cursor, upto);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_late_hears_everything_in_its_order() {
    // Their order is tested. How long a client may take depends on the machine here.
    let (queue, write) = (1_000, Duration::from_secs(600));
    let house = House::open(Limits { queue, write, sockets_per_agent: SOCKETS, ..limits() });
    let mut clients = Vec::new();
    for _ in 0..SOCKETS {
        clients.push(arrive(&house).await);
    }
    let large = "x".repeat(20_000);
    // At first everybody reads each at once, then nobody does until all is said, and again.
    for says in [1, 80, 1, 1, 60, 1] {
        let from = house.head();
        for n in 0..says {
            let text = if n % 2 == 0 { large.as_str() } else { "short" };
            house.publish(|story| story.say(talk(1), text)).await;
        }
        let upto = house.head();
        for client in &mut clients {
            hear(client, from, upto).await;
        }
    }
    assert_eq!(house.gateway.metrics.slow_clients_cut.get(), 0);
}

#[tokio::test]
async fn what_a_client_says_is_answered_while_it_is_told_much() {
    let house = House::open(limits());
    let mut client = house.arrive("ana", PHONE).await;
    let from = house.head();
    for _ in 0..20 {
        house.publish(|story| story.say(talk(1), "more")).await;
    }
    client.say("[1]").await;
    let (mut cursor, mut is_answered) = (from, false);
    while cursor < house.head() || !is_answered {
        match client.next().await.expect("closed") {
            ServerFrame::Events { after, upto, .. } => {
                assert_eq!(after, cursor);
                cursor = upto;
            }
            ServerFrame::Error { .. } => is_answered = true,
            _ => {}
        }
    }
}
