//! Files that agents send: uploaded in pieces, given to WhatsApp, named by a command.

use baton_protocol::command::Send;
use baton_protocol::upload::{Upload, UploadState};
use baton_protocol::{
    CommandBody, ConversationId, Details, FileState, LineKind, MessageId, Refusal, Seen,
};
use baton_simulator::{Reached, VOICE_NOTE};
use baton_world::world::{
    Agent, Answered, PATIENCE, Setup, World, eventually, for_each_alone, for_each_store,
};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// As many bytes as one request may have.
const PIECE: usize = 4 << 20;

fn bytes(count: u32) -> Vec<u8> {
    (0..count).map(|n| (n * 7 + n / 251).to_le_bytes()[0]).collect()
}

fn photo(bytes: &[u8]) -> Value {
    json!({"kind": "image", "media_type": "image/png", "bytes": bytes.len()})
}

/// Asks as this agent; the answer's status and body.
async fn asks(
    world: &World,
    agent: &Agent,
    (method, path): (Method, &str),
    body: Option<(&str, Vec<u8>)>,
) -> (u16, Value) {
    let token = Some(agent.signed.session.access_token.as_str());
    let answer = world.asks(method, &format!("/api/v1{path}"), token, body).await;
    (answer.status, serde_json::from_str(&answer.text).unwrap_or_default())
}

async fn begins(
    world: &World,
    agent: &Agent,
    conversation: ConversationId,
    new: &Value,
) -> (u16, Value) {
    let path = format!("/conversations/{conversation}/uploads");
    let body = Some(("application/json", new.to_string().into_bytes()));
    asks(world, agent, (Method::POST, &path), body).await
}

async fn puts(
    world: &World,
    agent: &Agent,
    id: MessageId,
    (from, piece): (usize, &[u8]),
) -> (u16, Value) {
    let path = format!("/uploads/{id}?from={from}");
    let body = Some(("application/octet-stream", piece.to_vec()));
    asks(world, agent, (Method::PUT, &path), body).await
}

fn read(value: Value) -> Upload {
    serde_json::from_value(value).expect("an upload")
}

/// Uploads all of it, and waits until WhatsApp has it or does not want it.
async fn uploads(
    world: &World,
    agent: &Agent,
    conversation: ConversationId,
    (new, bytes): (&Value, &[u8]),
) -> Upload {
    let (status, begun) = begins(world, agent, conversation, new).await;
    assert_eq!(status, 201, "{begun}");
    let begun = read(begun);
    let mut from = 0;
    for piece in bytes.chunks(PIECE) {
        let (status, answer) = puts(world, agent, begun.id, (from, piece)).await;
        assert_eq!(status, 200, "{answer}");
        from += piece.len();
    }
    eventually("the upload ends", async || {
        let path = format!("/uploads/{}", begun.id);
        let (_, answer) = asks(world, agent, (Method::GET, &path), None).await;
        let upload = read(answer);
        matches!(upload.state, UploadState::Ready | UploadState::Refused).then_some(upload)
    })
    .await
}

fn send(upload: MessageId, caption: Option<&str>, seen: Seen) -> CommandBody {
    let details = Details::File {
        media_type: None,
        name: None,
        sha256: None,
        animated: false,
        upload: Some(upload),
        link: None,
        kind: None,
    };
    CommandBody::Send(Send {
        text: caption.map(str::to_owned),
        details: Box::new(details),
        seen,
        quoted: None,
        replaces: None,
        ignore_lease: false,
        canned: None,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_and_a_document_reach_the_customer_byte_for_byte() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let lucia = world.contact("Lucía");
        lucia.sends("Can I see it?").await;
        let conversation = lucia.conversation().await;
        let document = json!({
            "kind": "document", "media_type": "application/pdf", "bytes": 9_000_000,
            "name": "../la\u{202e} factura.pdf",
        });
        for (new, bytes, caption) in [
            (photo(&bytes(300_000)), bytes(300_000), Some("Here")),
            (document, bytes(9_000_000), None),
        ] {
            let upload = uploads(world, &ana, conversation, (&new, &bytes)).await;
            assert_eq!((upload.state, upload.received), (UploadState::Ready, upload.bytes));
            assert!(upload.name.as_deref().is_none_or(|name| name == "la factura.pdf"));
            let seen = ana.last_line(conversation).await;
            let sent = ana.does(conversation, send(upload.id, caption, seen)).await.accepted();
            assert_eq!(sent.line.expect("a line").id, upload.id);
            let is_it = |reached: &Reached| reached.kind == upload.kind.name();
            let reached = lucia.customer.receives(is_it, PATIENCE).await.expect("the file");
            assert!(lucia.customer.file(&reached).expect("bytes") == bytes, "other bytes");
            assert_eq!(reached.body["caption"].as_str(), caption);
            assert_eq!(reached.body["filename"].as_str(), upload.name.as_deref());
            let lines = ana.lines(conversation).await;
            let line = lines.iter().find(|line| line.id == upload.id).expect("its line");
            let stored =
                Some(FileState::Stored { bytes: upload.bytes, picture: None, sound: None });
            assert_eq!((line.kind, line.file), (upload.kind, stored));
            assert_eq!(line.content.text.as_deref(), caption.or(upload.name.as_deref()));
            let Some(Details::File { sha256, upload: None, .. }) = line.content.details.as_deref()
            else {
                panic!("{line:?}")
            };
            assert_eq!(sha256.as_deref(), Some(hex::encode(Sha256::digest(&bytes)).as_str()));
            let path = format!("/conversations/{conversation}/messages/{}/file", line.id);
            let (status, address) = asks(world, &ana, (Method::GET, &path), None).await;
            assert_eq!((status, address["bytes"].as_u64()), (200, Some(upload.bytes)));
        }
        ana.phone().converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_piece_that_was_cut_off_comes_again_from_where_the_server_says() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let lucia = world.contact("Lucía");
        lucia.sends("Can I see it?").await;
        let conversation = lucia.conversation().await;
        let bytes = bytes(1000);
        let digest = hex::encode(Sha256::digest(&bytes));
        let mut new = photo(&bytes);
        new["sha256"] = json!(digest);
        let begun = read(begins(world, &ana, conversation, &new).await.1);
        let puts = async |from, piece: &[u8]| puts(world, &ana, begun.id, (from, piece)).await;
        assert_eq!(read(puts(0, &bytes[..400]).await.1).received, 400);
        let (status, told) = puts(0, &bytes[..500]).await;
        assert_eq!((status, told["code"].as_str()), (409, Some("upload_from")), "{told}");
        let (status, told) = puts(500, &bytes[500..]).await;
        assert_eq!((status, told["code"].as_str()), (409, Some("upload_from")), "{told}");
        let (status, told) = puts(400, &[0; 601]).await;
        assert_eq!(status, 400, "more than was announced: {told}");
        assert_eq!(read(puts(400, &bytes[400..]).await.1).received, 1000);
        // The answer was lost, so it comes once more.
        assert_eq!(read(puts(400, &bytes[400..]).await.1).received, 1000);
        // What is not what was announced is refused.
        let begun = read(begins(world, &ana, conversation, &new).await.1);
        let (_, other) = super::uploads::puts(world, &ana, begun.id, (0, &[7; 1000])).await;
        assert_eq!(read(other).state, UploadState::Refused);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_is_its_authors_for_one_conversation_and_one_command() {
    for_each_store(Setup::usual(), async |world| {
        world.team("Billing", &["Dora"]).await;
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let dora = world.agent("Dora").await;
        let (lucia, marta) = (world.contact("Lucía"), world.contact("Marta"));
        lucia.sends("Can I see it?").await;
        marta.sends("Me too").await;
        let (conversation, other) = (lucia.conversation().await, marta.conversation().await);
        let bytes = bytes(1000);
        assert_eq!(begins(world, &dora, conversation, &photo(&bytes)).await.0, 404);
        let upload = uploads(world, &ana, conversation, (&photo(&bytes), &bytes)).await;
        let path = format!("/uploads/{}", upload.id);
        assert_eq!(asks(world, &ben, (Method::GET, &path), None).await.0, 404);
        let is_refused = |refusal: &Refusal| {
            matches!(refusal, Refusal::Invalid { field, .. } if field == "details.upload")
        };
        let seen = ben.last_line(conversation).await;
        let stolen = ben.does(conversation, send(upload.id, None, seen)).await.refusal();
        assert!(is_refused(&stolen), "{stolen:?}");
        let elsewhere = ana.last_line(other).await;
        let moved = ana.does(other, send(upload.id, None, elsewhere)).await.refusal();
        assert!(is_refused(&moved), "{moved:?}");
        let early = read(begins(world, &ana, conversation, &photo(&bytes)).await.1);
        let waits = ana.does(conversation, send(early.id, None, seen)).await.refusal();
        assert!(is_refused(&waits), "{waits:?}");
        ana.does(conversation, send(upload.id, None, seen)).await.accepted();
        let seen = ana.last_line(conversation).await;
        let twice = ana.does(conversation, send(upload.id, None, seen)).await.refusal();
        assert!(is_refused(&twice), "{twice:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_whatsapp_does_not_take_is_refused_before_a_byte_is_sent() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let lucia = world.contact("Lucía");
        lucia.sends("Can I see it?").await;
        let conversation = lucia.conversation().await;
        let image = |media_type: &str, bytes: u64| {
            json!({"kind": "image", "media_type": media_type, "bytes": bytes})
        };
        for (new, field) in [
            (image("image/svg+xml", 10), "media_type"),
            (image("text/html", 10), "media_type"),
            (image("image/png", 0), "bytes"),
            (image("image/png", (5 << 20) + 1), "bytes"),
            (json!({"kind": "text", "media_type": "text/plain", "bytes": 1}), "kind"),
            (
                json!({"kind": "document", "media_type": "application/pdf", "bytes": 1,
                    "name": "a\nb.pdf"}),
                "name",
            ),
            (
                json!({"kind": "image", "media_type": "image/png", "bytes": 1, "sha256": "x"}),
                "sha256",
            ),
        ] {
            let (status, told) = begins(world, &ana, conversation, &new).await;
            let detail = told["detail"].as_str().unwrap_or_default();
            assert!(status == 400 && detail.starts_with(field), "{new}: {status} {told}");
        }
        // Of a voice note nobody hears a caption.
        let voice = json!({"kind": "voice", "media_type": "audio/ogg", "bytes": VOICE_NOTE.len()});
        let upload = uploads(world, &ana, conversation, (&voice, VOICE_NOTE)).await;
        assert_eq!(upload.kind, LineKind::Voice);
        let seen = ana.last_line(conversation).await;
        let refused = ana.does(conversation, send(upload.id, Some("Hear"), seen)).await.refusal();
        assert!(matches!(refused, Refusal::Invalid { field, .. } if field == "text"));
        ana.does(conversation, send(upload.id, None, seen)).await.accepted();
        let is_it = |reached: &Reached| reached.kind == "audio";
        let reached = lucia.customer.receives(is_it, PATIENCE).await.expect("the voice note");
        assert_eq!(reached.body["voice"], true);
        let lines = ana.lines(conversation).await;
        let line = lines.iter().find(|line| line.id == upload.id).expect("its line");
        let sound = line.file.and_then(FileState::sound).expect("a sound");
        assert_eq!((sound.duration_ms, sound.peaks.is_some()), (1_993, true));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_under_whatsapps_name_of_its_type_whatever_a_browser_calls_it() {
    for_each_alone(Setup::usual(), async |world| {
        let (ana, lucia) = (world.agent("Ana").await, world.contact("Lucía"));
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        for (kind, told, named) in [
            ("audio", "audio/x-m4a", "audio/mp4"),
            ("audio", "audio/m4a", "audio/mp4"),
            ("audio", "audio/mp3", "audio/mpeg"),
            ("audio", "AUDIO/OGG;codecs=opus", "audio/ogg; codecs=opus"),
            ("audio", "audio/opus", "audio/ogg; codecs=opus"),
            ("voice", "audio/ogg", "audio/ogg; codecs=opus"),
            ("voice", "audio/ogg; codecs=vorbis", "audio/ogg; codecs=opus"),
            ("voice", "audio/mp4", "audio/mp4"),
            ("image", "image/jpg", "image/jpeg"),
            ("video", "video/x-m4v", "video/mp4"),
            ("sticker", "image/x-webp", "image/webp"),
            ("document", "application/x-pdf", "application/pdf"),
        ] {
            let new = json!({"kind": kind, "media_type": told, "bytes": 8});
            let (status, begun) = begins(world, &ana, conversation, &new).await;
            assert_eq!((status, begun["media_type"].as_str()), (201, Some(named)), "{told}");
        }
        // What WhatsApp is given bears that name.
        let bytes = bytes(2_000);
        let new = json!({"kind": "audio", "media_type": "audio/x-m4a", "bytes": bytes.len()});
        let upload = uploads(world, &ana, conversation, (&new, &bytes)).await;
        let seen = ana.last_line(conversation).await;
        ana.does(conversation, send(upload.id, None, seen)).await.accepted();
        let is_it = |reached: &Reached| reached.kind == "audio";
        let reached = lucia.customer.receives(is_it, PATIENCE).await.expect("the memo");
        assert!(lucia.customer.file(&reached).expect("bytes") == bytes, "other bytes");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_media_type_that_would_end_its_header_is_refused() {
    for_each_alone(Setup::usual(), async |world| {
        let (ana, lucia) = (world.agent("Ana").await, world.contact("Lucía"));
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        for media_type in [
            "text/plain;\r\n\r\nPay 500 EUR to ES00 1234".to_owned(),
            "text/plain\r\nX-Odd: 1".to_owned(),
            "text/plain; a=\"b\r\nContent-Type: text/html\"".to_owned(),
            "text/plain; a=b\nc".to_owned(),
            format!("text/plain; a={}", "x".repeat(300)),
        ] {
            let new = json!({"kind": "document", "media_type": media_type, "bytes": 8});
            let (status, told) = begins(world, &ana, conversation, &new).await;
            let detail = told["detail"].as_str().unwrap_or_default();
            assert!(status == 400 && detail.starts_with("media_type"), "{media_type}: {told}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_was_given_up_frees_its_place_at_once() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let lucia = world.contact("Lucía");
        lucia.sends("Can I see it?").await;
        let conversation = lucia.conversation().await;
        let bytes = bytes(1000);
        let listed = async || {
            let (status, all) = asks(world, &ana, (Method::GET, "/uploads"), None).await;
            assert_eq!(status, 200, "{all}");
            let all: Vec<Upload> = serde_json::from_value(all).expect("uploads");
            assert!(all.iter().all(|one| one.conversation_id == Some(conversation)));
            all.iter().map(|one| one.id).collect::<Vec<_>>()
        };
        let ends = async |by: &Agent, id: MessageId| {
            asks(world, by, (Method::DELETE, &format!("/uploads/{id}")), None).await.0
        };
        let upload = uploads(world, &ana, conversation, (&photo(&bytes), &bytes)).await;
        assert_eq!(listed().await, [upload.id]);
        assert_eq!(ends(&ben, upload.id).await, 404, "it is not his");
        assert_eq!(ends(&ana, upload.id).await, 204);
        assert_eq!(ends(&ana, upload.id).await, 404);
        assert_eq!(listed().await, []);
        let seen = ana.last_line(conversation).await;
        let refused = ana.does(conversation, send(upload.id, None, seen)).await.refusal();
        assert!(matches!(refused, Refusal::Invalid { field, .. } if field == "details.upload"));
        // One that was sent is a message, and ends by no other way.
        let upload = uploads(world, &ana, conversation, (&photo(&bytes), &bytes)).await;
        ana.does(conversation, send(upload.id, None, seen)).await.accepted();
        assert_eq!(ends(&ana, upload.id).await, 404);
        let path = format!("/conversations/{conversation}/messages/{}/file", upload.id);
        assert_eq!(asks(world, &ana, (Method::GET, &path), None).await.0, 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_files_that_nobody_sends_the_oldest_goes_and_none_stands_in_the_way() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, lucia) = (world.agent("Ana").await, world.contact("Lucía"));
        lucia.sends("Can I see it?").await;
        let conversation = lucia.conversation().await;
        let begin = async |bytes: u64| {
            let new = json!({"kind": "document", "media_type": "application/pdf", "bytes": bytes});
            let (status, begun) = begins(world, &ana, conversation, &new).await;
            assert_eq!(status, 201, "{begun}");
            // No two begin at the same time.
            let at = world.clock.now();
            eventually("time passes", async || (world.clock.now() > at).then_some(())).await;
            read(begun).id
        };
        let mut ids = Vec::new();
        for _ in 0..21 {
            ids.push(begin(4).await);
        }
        let is_there = async |id: MessageId| {
            asks(world, &ana, (Method::GET, &format!("/uploads/{id}")), None).await.0 == 200
        };
        assert!(!is_there(ids[0]).await, "the oldest");
        assert!(is_there(ids[1]).await && is_there(ids[20]).await);
        // Bytes count as well: of three large ones two have room.
        let large = begin(100 << 20).await;
        let second = begin(100 << 20).await;
        let third = begin(100 << 20).await;
        assert!(!is_there(large).await);
        assert!(is_there(second).await && is_there(third).await);
        assert!(!is_there(ids[20]).await, "what is older than they are");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_workspace_takes_no_uploads_and_says_how_full_it_is() {
    let setup = Setup::usual().with("BATON_MEDIA__WORKSPACE_BYTES_MAX", "10");
    for_each_store(setup, async |world| {
        let (ana, lucia) = (world.agent("Ana").await, world.contact("Lucía"));
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        let (status, _) = begins(world, &ana, conversation, &photo(b"six by")).await;
        assert_eq!(status, 201);
        let (status, told) = begins(world, &ana, conversation, &photo(b"5 byt")).await;
        assert_eq!((status, told["code"].as_str()), (400, Some("files_full")), "{told}");
        assert_eq!(told["detail"], "the workspace keeps 6 bytes of files, of 10 that it may");
        let (status, _) = begins(world, &ana, conversation, &photo(b"four")).await;
        assert_eq!(status, 201, "as much as there is room for");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_share_a_bucket() {
    let Some(url) = std::env::var_os("BATON_TEST_S3").and_then(|url| url.into_string().ok()) else {
        return println!("SKIPPED: BATON_TEST_S3 is not set; see scripts/s3.sh");
    };
    let setup = Setup::usual()
        .with("BATON_MEDIA__S3_URL", &url)
        .with("BATON_MEDIA__S3_BUCKET", "baton")
        .with("BATON_MEDIA__S3_ACCESS_KEY", "key")
        .with("BATON_MEDIA__S3_SECRET_KEY", "secret");
    for_each_store(setup, async |world| {
        let (ana, lucia) = (world.agent("Ana").await, world.contact("Lucía"));
        // Pieces of one upload reach different nodes.
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        let sent = bytes(u32::try_from(2 * PIECE + 100).expect("a size"));
        let new = json!({
            "kind": "document", "media_type": "application/pdf", "bytes": sent.len(),
            "name": "price list.pdf", "sha256": hex::encode(Sha256::digest(&sent)),
        });
        let upload = uploads(world, &ana, conversation, (&new, &sent)).await;
        assert_eq!(upload.state, UploadState::Ready);
        // What a customer sends, with its small picture.
        let picture = crate::pictures::jpeg(640, 480);
        crate::files::sends(&lucia, "image", "image/jpeg", &picture).await;
        let line = crate::files::stored(&ana, &lucia).await;
        for _ in 0..3 {
            let given = crate::files::address(&ana, &lucia, &line).await;
            let whole = crate::files::reads(world, &given.url, None).await;
            assert_eq!(whole.bytes().await.expect("a body"), picture);
            let part = crate::files::reads(world, &given.url, Some("bytes=10-19")).await;
            assert_eq!(part.bytes().await.expect("a body"), picture[10..20]);
            let small = given.small_url.expect("a small picture");
            assert_eq!(crate::files::reads(world, &small, None).await.status(), 200);
        }
    })
    .await;
}
