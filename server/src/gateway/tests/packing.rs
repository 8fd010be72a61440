//! What was missed comes packed to who reads that, and says the same.

use std::io::Read as _;

use super::*;

const PLAIN: &str = "baton.v1";
const PACKED: &str = "baton.v1+gzip";

/// Frames as they came, up to the one that moves the cursor here: the text, and whether it was
/// packed.
async fn heard(client: &mut Client, upto: u64) -> Vec<(String, bool)> {
    let mut heard = Vec::new();
    loop {
        let message = tokio::time::timeout(PATIENCE, client.stream.next()).await;
        let (text, is_packed) = match message.expect("nothing came").expect("more").unwrap() {
            Message::Text(text) => (text.to_string(), false),
            Message::Binary(packed) => {
                let mut text = String::new();
                flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut text).unwrap();
                assert!(packed.len() < text.len(), "packed for nothing");
                (text, true)
            }
            other => panic!("{other:?}"),
        };
        let frame = serde_json::from_str(&text).unwrap();
        let is_last = matches!(frame, ServerFrame::Events { upto: at, .. } if at == upto);
        heard.push((text, is_packed));
        if is_last {
            return heard;
        }
    }
}

/// What who names these subprotocols is told of what they missed since `from`, without the welcome.
async fn missed(house: &House, named: &str, from: u64) -> (Client, Vec<(String, bool)>) {
    let headers = [("sec-websocket-protocol", named)];
    let mut client = house.knock("/api/v1/socket", &headers).await.unwrap();
    client.hello("ana", PHONE, from).await;
    let mut frames = heard(&mut client, house.head()).await;
    let (welcome, is_packed) = frames.remove(0);
    assert!(welcome.contains("welcome") && !is_packed);
    (client, frames)
}

fn texts(frames: &[(String, bool)]) -> Vec<&str> {
    frames.iter().map(|(text, _)| text.as_str()).collect()
}

#[tokio::test]
async fn what_was_missed_comes_packed_and_says_the_same() {
    let house = House::open(limits());
    let from = house.head();
    house.commit(|story| (0..2_000).for_each(|n| story.say(talk(1), &format!("note {n}"))));
    for is_from_memory in [false, true] {
        if is_from_memory {
            house
                .publish(|story| (0..2_000).for_each(|n| story.say(talk(1), &n.to_string())))
                .await;
        }
        let from = if is_from_memory { house.head() - 2_000 } else { from };
        let (_plain, plain) = missed(&house, PLAIN, from).await;
        assert!(plain.iter().all(|(_, is_packed)| !is_packed));
        assert!(plain.len() > 1, "more than a frame holds");
        for named in [PACKED, "baton.v1+gzip, baton.v1", "baton.v1, baton.v1+gzip"] {
            let (_client, packed) = missed(&house, named, from).await;
            assert_eq!(texts(&packed), texts(&plain));
            assert!(packed.iter().all(|(text, is_packed)| *is_packed == (text.len() >= 1_024)));
        }
    }
    assert!(house.gateway.metrics.resumes.get("ring") >= 1, "also from memory");
}

/// One text goes to all of them: packing it for each would cost most when most happens.
#[tokio::test]
async fn what_happens_live_is_not_packed() {
    let house = House::open(limits());
    let (mut client, _) = missed(&house, PACKED, house.head()).await;
    house.publish(|story| (0..50).for_each(|_| story.say(talk(1), "live"))).await;
    let frames = heard(&mut client, house.head()).await;
    assert!(matches!(&frames[..], [(text, false)] if text.len() > 1_024), "{frames:?}");
}

#[tokio::test]
async fn what_a_client_packs_is_not_read() {
    let house = House::open(limits());
    let (mut client, _) = missed(&house, PACKED, house.head()).await;
    client.stream.send(Message::binary("packed")).await.unwrap();
    assert_eq!(client.until_closed().await.0, close::UNSUPPORTED);
}
