//! What many are told at once, whether they read or not.

use super::*;

const SOCKETS: usize = 150;

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
    let queue = 1_000;
    let house = House::open(Limits { queue, sockets_per_agent: SOCKETS, ..limits() });
    let mut clients = Vec::new();
    for _ in 0..SOCKETS {
        clients.push(house.arrive("ana", PHONE).await);
    }
    let large = "x".repeat(20_000);
    // At first everybody reads each at once, then nobody does until all is said, and again.
    for says in [1, 40, 1, 1, 25, 1] {
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
