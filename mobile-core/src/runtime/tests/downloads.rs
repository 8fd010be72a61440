//! Files of lines, from a server that is wrong about them.

use baton_domain::see::mirror::Mirrored;
use baton_protocol::page::FileAddress;
use baton_protocol::{ConversationId, MessageId, Timestamp};

use super::*;
use crate::store::tests::sample::Dice;
use crate::store::{FileId, FilePart, FileSize};

const TALK: ConversationId = ConversationId(Uuid::from_u128(0x7));
const BYTES: usize = 300 * 1024;

/// Ana's phone, which holds a conversation as a whole.
async fn reading() -> App {
    let mut app = App::new().await;
    app.core.foreground().await.unwrap();
    app.signs_in(&session(ANA, "anas", 10_000 * HOUR_MS)).await;
    let full = Mirrored::Full(Box::new(Dice::new(1).full(TALK)));
    let put = move |engine: &mut Engine, _: Now| {
        let me = engine.phone.as_ref().unwrap().me();
        engine.config.store.write(&me, |write| write.put(full)).unwrap();
    };
    app.core.call(put).await.unwrap();
    app
}

fn address(sha256: &str) -> FileAddress {
    FileAddress {
        url: "/files/0".to_owned(),
        small_url: None,
        expires_at: Timestamp::from_ms(4_000_000_000_000),
        media_type: "application/pdf".to_owned(),
        name: None,
        bytes: BYTES as u64,
        sha256: Some(sha256.to_owned()),
    }
}

/// The piece that a request asks for.
fn piece(asked: &Asked) -> String {
    let (_, range) = asked.text.split_once("range: bytes=").expect("a range");
    let (from, rest) = range.split_once('-').expect("two ends");
    let upto = rest.split("\r\n").next().unwrap();
    let (from, upto): (usize, usize) = (from.parse().unwrap(), upto.parse().unwrap());
    "a".repeat(upto + 1 - from)
}

#[tokio::test]
async fn a_file_that_is_never_what_the_server_says_is_given_up() {
    let mut app = reading().await;
    let message = MessageId(Uuid::from_u128(0x99));
    let file = FileId { conversation: TALK, message, size: FileSize::Whole };
    let core = app.core.clone();
    let mut loading = tokio::spawn(async move { core.load_file(file).await });
    let mut addresses = 0;
    let loaded = loop {
        tokio::select! {
            loaded = &mut loading => break loaded.unwrap(),
            () = app.hears() => {}
        }
        for asked in std::mem::take(&mut app.waiting) {
            if asked.text.starts_with("GET /files/0") {
                let piece = piece(&asked);
                asked.gets("206 Partial Content", &piece).await;
            } else if asked.text.contains("/file ") {
                addresses += 1;
                assert!(addresses <= 2, "it is loaded again and again");
                asked.gets("200 OK", &json(&address("of something else"))).await;
            }
        }
    };
    let Err(CoreError::Invalid { problem, .. }) = loaded else { panic!("{loaded:?}") };
    assert!(problem.contains("not what the server says"), "{problem}");
    assert_eq!(addresses, 2, "once it may have been the network");
    assert_eq!(app.core.read_file(file, FilePart { from: 0, bytes: 1 }).await.unwrap(), None);
    app.core.shutdown();
}
