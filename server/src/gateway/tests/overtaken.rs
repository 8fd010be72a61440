//! Commits of several nodes that overtake each other on the bus.

use super::*;

const SOCKETS: u64 = 20;
const PAIRS: u64 = 10;

/// How often somebody asked for what was missed, while pairs of commits came in the wrong order.
async fn asked(order: OrderLimits) -> u64 {
    let house = House::open(Limits { order, sockets_per_agent: 50, ..limits() });
    house.store.reads_singly.store(true, Ordering::SeqCst);
    let mut clients = Vec::new();
    for _ in 0..SOCKETS {
        clients.push(house.arrive("ana", PHONE).await);
    }
    // Where the log stands is known from what comes first.
    house.publish(|story| story.say(talk(1), "first")).await;
    let resumes = &house.gateway.metrics.resumes;
    let count = || ["ring", "database", "reset"].map(|from| resumes.get(from)).iter().sum::<u64>();
    let mut before = None;
    for _ in 0..PAIRS {
        let upto = house.head();
        for client in &mut clients {
            client.until(|frame| is_told(frame, upto)).await;
        }
        before.get_or_insert_with(count);
        let earlier = house.commit(|story| story.say(talk(1), "on one node"));
        let later = house.commit(|story| story.say(talk(1), "on another"));
        house.coordinator.publish(later).await.unwrap();
        house.coordinator.publish(earlier).await.unwrap();
    }
    let upto = house.head();
    for client in &mut clients {
        client.until(|frame| is_told(frame, upto)).await;
    }
    count() - before.unwrap()
}

fn is_told(frame: &ServerFrame, wanted: u64) -> bool {
    matches!(frame, ServerFrame::Events { upto, .. } if *upto == wanted)
}

#[tokio::test]
async fn commits_that_overtake_each_other_make_nobody_read_the_log() {
    assert_eq!(asked(OrderLimits::default()).await, 0);
    let at_once = OrderLimits { wait: Duration::ZERO, batches: 0, ..OrderLimits::default() };
    let read = asked(at_once).await;
    println!("without the wait {SOCKETS} sockets read the log {read} times in {PAIRS} pairs");
    assert!(read > 0, "this test does not show what it should");
}

#[tokio::test]
async fn what_never_came_is_read_once_for_all() {
    let poll = Duration::from_millis(50);
    // By the poll, and because something came that should have followed it.
    for (poll, is_followed) in [(poll, false), (limits().poll, true)] {
        let house = House::open(Limits { poll, sockets_per_agent: 50, ..limits() });
        let mut clients = Vec::new();
        for _ in 0..SOCKETS {
            clients.push(house.arrive("ana", PHONE).await);
        }
        house.publish(|story| story.say(talk(1), "first")).await;
        let first = house.head();
        for client in &mut clients {
            client.until(|frame| is_told(frame, first)).await;
        }
        let metrics = &house.gateway.metrics;
        let count = || ["ring", "database", "reset"].map(|from| metrics.resumes.get(from));
        let before = count();
        house.commit(|story| story.say(talk(1), "lost on the bus"));
        if is_followed {
            house.publish(|story| story.say(talk(1), "not lost")).await;
        }
        let upto = house.head();
        for client in &mut clients {
            client.until(|frame| is_told(frame, upto)).await;
        }
        assert_eq!(count(), before);
        assert_eq!(metrics.bus_batches.get("read"), 1);
    }
}
