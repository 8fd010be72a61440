//! Crowds that come back: from memory, and not all at once.

use super::*;

#[tokio::test]
async fn who_lost_the_connection_is_answered_from_the_ring() {
    let house = House::open(limits());
    // Half open: the server does not know that it broke.
    let _old = house.arrive("ana", PHONE).await;
    let from = house.head();
    house.publish(|story| story.say(talk(1), "meanwhile")).await;
    house.publish(|story| story.say(talk(1), "and more")).await;
    let resumes = &house.gateway.metrics.resumes;
    let by_database = resumes.get("database");
    // Nobody needs the database, however many come back.
    house.store.hangs.store(true, Ordering::SeqCst);
    for _ in 0..3 {
        let mut client = house.dial().await;
        client.hello("ana", PHONE, from).await;
        let frame = client.until(|frame| matches!(frame, ServerFrame::Events { .. })).await;
        let ServerFrame::Events { after, upto, events } = frame else { panic!() };
        assert_eq!((after, upto, events.len()), (from, from + 2, 2));
    }
    assert_eq!((resumes.get("ring"), resumes.get("database")), (3, by_database));
    // Each event is JSON once, for the live session and all that came back.
    assert_eq!(house.gateway.serialisations(), 2);
}

#[tokio::test]
async fn the_ring_outlives_the_last_session_for_those_who_come_back() {
    let house = House::open(limits());
    drop(house.arrive("ana", PHONE).await);
    house.until_empty().await;
    let from = house.head();
    house.publish(|story| story.say(talk(1), "while nobody is there")).await;
    house.store.hangs.store(true, Ordering::SeqCst);
    let mut client = house.dial().await;
    client.hello("ana", PHONE, from).await;
    let frame = client.until(|frame| matches!(frame, ServerFrame::Events { .. })).await;
    assert!(matches!(frame, ServerFrame::Events { upto, .. } if upto == from + 1), "{frame:?}");
}

#[tokio::test]
async fn a_crowd_that_comes_to_a_new_server_is_read_the_log_once() {
    // The first of a crowd ask for themselves, and once more when they are not answered.
    let read = Duration::from_millis(500);
    let house = House::open(Limits { read, sockets_per_agent: 24, ..limits() });
    let from = house.head();
    for said in ["before the restart", "and more"] {
        house.commit(|story| story.say(talk(1), said));
    }
    // A single question to the database is never answered.
    house.store.hangs.store(true, Ordering::SeqCst);
    let mut crowd = Vec::new();
    for _ in 0..24 {
        let mut client = house.dial().await;
        client.hello("ana", DeviceId(Uuid::new_v4()), from).await;
        crowd.push(client);
    }
    let mut told = 0;
    for mut client in crowd {
        let frame = client.until(|frame| matches!(frame, ServerFrame::Events { .. })).await;
        let ServerFrame::Events { after, upto, events } = frame else { panic!() };
        assert_eq!((after, upto, events.len()), (from, from + 2, 2));
        told += 1;
    }
    assert_eq!((told, house.store.blocks.load(Ordering::SeqCst)), (24, 1));
}

#[tokio::test]
async fn who_is_not_admitted_is_told_when_to_come_back() {
    let admission =
        AdmissionRules { per_s: 1, burst: 2, wait: Duration::ZERO, ..AdmissionRules::default() };
    let house = House::open(Limits { admission, ..limits() });
    let _two = (house.arrive("ana", PHONE).await, house.arrive("ana", other_device()).await);
    let (code, reason) = house.dial().await.until_closed().await;
    let reason: serde_json::Value = serde_json::from_str(&reason).unwrap();
    assert_eq!(code, close::DRAIN);
    assert!(reason["retry_after_ms"].as_u64().unwrap() < 60_000);
    assert_eq!((house.gateway.sockets(), house.gateway.metrics.connects_sent_away.get()), (2, 1));
}

#[tokio::test]
async fn who_comes_a_little_too_soon_waits_for_the_turn() {
    let admission = AdmissionRules {
        per_s: 20,
        burst: 1,
        wait: Duration::from_secs(5),
        ..AdmissionRules::default()
    };
    let house = House::open(Limits { admission, ..limits() });
    let began = Instant::now();
    for _ in 0..3 {
        drop(house.arrive("ana", PHONE).await);
    }
    assert!(began.elapsed() >= Duration::from_millis(90), "{:?}", began.elapsed());
}

#[tokio::test]
async fn who_is_sent_to_another_server_stays_present_meanwhile() {
    let house = House::open(limits());
    let mut ana = house.arrive("ana", PHONE).await;
    let mut other = house.arrive("ana", other_device()).await;
    let viewers = || async { house.coordinator.viewers(HERE, talk(1)).await.unwrap() };
    let is_there = async |there: &[AgentId]| {
        let comes = async {
            while viewers().await != there {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, comes).await.expect("it does not come");
    };
    let view = format!(r#"{{"type":"view","conversation_id":"{}"}}"#, talk(1));
    other.say(&view).await;
    is_there(&[ANA]).await;
    drop(other);
    is_there(&[]).await;
    ana.say(&view).await;
    is_there(&[ANA]).await;
    let (gone, (code, _)) = tokio::join!(house.gateway.drain(PATIENCE), ana.until_closed());
    assert_eq!((gone, code), (true, close::DRAIN));
    // A drain that reported Ana as gone would have done so before her socket closed.
    assert_eq!(viewers().await, [ANA]);
}
