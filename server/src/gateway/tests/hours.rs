//! A crowd comes back to a new server, each with a cursor of another hour.

use super::*;

const CROWD: u64 = 200;
/// Events of an hour.
const IN_AN_HOUR: u64 = 8;
/// Positions of a block of the log.
const BLOCK: u64 = 512;

/// Longer than a crowd takes on a busy machine.
const LONG: Duration = Duration::from_secs(60);

/// The part of a frame that is looked at. To read all of it takes longer than all the rest.
#[derive(serde::Deserialize)]
struct Told {
    after: u64,
    upto: u64,
    events: Vec<At>,
}

#[derive(serde::Deserialize)]
struct At {
    position: u64,
}

/// A client comes back and is told everything since, once.
async fn hears_all(house: Arc<House>, from: u64, head: u64) {
    let mut client = house.dial().await;
    client.hello("ana", DeviceId(Uuid::new_v4()), from).await;
    let (mut cursor, mut heard) = (from, Vec::new());
    while cursor < head {
        let next = tokio::time::timeout(LONG, client.stream.next()).await.expect("nothing came");
        let Message::Text(text) = next.expect("the end").expect("a message") else { continue };
        if text.starts_with(r#"{"type":"events""#) {
            let told: Told = serde_json::from_str(&text).unwrap();
            assert_eq!(told.after, cursor, "a hole, or something twice");
            heard.extend(told.events.iter().map(|event| event.position));
            cursor = told.upto;
        }
    }
    assert_eq!(heard, (from + 1..=head).collect::<Vec<_>>(), "from {from}");
}

/// In each of as many hours as clients something happens; all come back at once.
async fn come_back(house: &Arc<House>) {
    let first = house.head();
    house.commit(|story| {
        for n in 0..CROWD * IN_AN_HOUR {
            story.say(talk(1), &format!("said {n}"));
        }
    });
    let head = house.head();
    // The database is slow until everybody asks.
    house.store.answers.send_replace(false);
    let mut crowd = tokio::task::JoinSet::new();
    for hour in 0..CROWD {
        crowd.spawn(hears_all(Arc::clone(house), first + hour * IN_AN_HOUR, head));
    }
    let wait = async {
        while house.returning() + house.answered() < CROWD {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LONG, wait).await.expect("a crowd that asks");
    house.store.answers.send_replace(true);
    while let Some(told) = crowd.join_next().await {
        told.unwrap();
    }
}

fn house() -> Arc<House> {
    let sockets_per_agent = usize::try_from(CROWD).unwrap();
    // All of them come from one address.
    let admission = AdmissionRules { address_burst: 200, ..AdmissionRules::default() };
    Arc::new(House::open(Limits { sockets_per_agent, admission, read: LONG, ..limits() }))
}

impl House {
    /// Clients that wait to be told what they missed.
    fn returning(&self) -> u64 {
        self.gateway.hubs.lock().unwrap().get(&HERE).map_or(0, |hub| hub.returning())
    }

    /// Those that were told.
    fn answered(&self) -> u64 {
        let resumes = &self.gateway.metrics.resumes;
        resumes.get("ring") + resumes.get("database")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_left_in_different_hours_share_blocks_that_are_read_once() {
    let house = house();
    come_back(&house).await;
    assert_eq!(house.answered(), CROWD);
    let from_memory = house.gateway.metrics.resumes.get("ring");
    assert!(from_memory > CROWD / 2, "{from_memory} shared what was read");
    let (blocks, all) = (house.store.blocks.load(Ordering::SeqCst), house.head().div_ceil(BLOCK));
    assert!(blocks <= all, "{blocks} blocks were read, and the log has {all}");
    let at_once = house.store.reading_most.load(Ordering::SeqCst);
    let most = u64::try_from(Limits::default().resumes).unwrap();
    assert!(at_once <= most, "{at_once} asked a slow database at once");
}
