//! What comes packed: read as what it was, and never more of it than was allowed.

use std::io::Write as _;

use baton_protocol::AgentId;
use baton_protocol::frame::{SUBPROTOCOL_PACKED, ServerFrame};
use baton_protocol::limits::SERVER_FRAME_BYTES_MAX;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::collection::vec;
use proptest::prelude::*;
use tokio::io::AsyncWriteExt as _;
use tokio::join;
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

use super::sockets::{Heard, ID, Other, chosen, events, next, opening, says};
use super::stand::{Stand, get, ok, post};
use crate::link::{Failure, Input, Query};
use crate::net::socket::Socket;
use crate::net::unpack::{NotUnpacked, unpacked};
use crate::net::{NetError, Reply, Request};
use crate::outbox;

fn packed(plain: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(plain).unwrap();
    packer.finish().unwrap()
}

/// An answer whose body is packed in this way, or is said to be.
fn answer(packing: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("content-encoding: {packing}\r\ncontent-length: {}", body.len());
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{head}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// What comes of a request that is answered so; the connection ends after it.
async fn asked(request: Request, said: &[u8]) -> Result<Reply, NetError> {
    let stand = Stand::new().await;
    let server = stand.server();
    let other = async {
        let mut peer = stand.taken().await;
        let heard = peer.hears().await;
        // A client that has read enough hangs up.
        drop(peer.0.write_all(said).await);
        heard
    };
    let (reply, heard) = join!(server.ask(request), other);
    assert!(heard.contains("accept-encoding: gzip\r\n"), "{heard}");
    reply
}

#[tokio::test]
async fn a_packed_answer_is_read_as_what_it_was() {
    let body = br#"{"agents": "some text, some text, some text"}"#;
    for said in [answer("gzip", &packed(body)), answer("GZip", &packed(body))] {
        assert_eq!(asked(get("/x"), &said).await.unwrap().body, body);
    }
    assert_eq!(asked(get("/x"), &answer("identity", body)).await.unwrap().body, body);
    assert!(asked(get("/x"), &answer("gzip", b"")).await.unwrap().body.is_empty());
}

#[tokio::test]
async fn a_packed_answer_in_pieces_is_read_whole() {
    let packed = packed(b"[1,2,3]");
    let mut said = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n".to_vec();
    said.extend(b"transfer-encoding: chunked\r\n\r\n");
    for byte in packed {
        said.extend([b'1', b'\r', b'\n', byte, b'\r', b'\n']);
    }
    said.extend(b"0\r\n\r\n");
    assert_eq!(asked(get("/x"), &said).await.unwrap().body, b"[1,2,3]");
}

#[tokio::test]
async fn a_packed_answer_may_hold_as_much_as_any_other_and_no_more() {
    let largest = "x".repeat(1_000);
    let said = answer("gzip", &packed(largest.as_bytes()));
    assert_eq!(asked(get("/x"), &said).await.unwrap().body.len(), 1_000);
    let larger = "x".repeat(1_001);
    let said = answer("gzip", &packed(larger.as_bytes()));
    assert_eq!(asked(get("/x"), &said).await, Err(NetError::TooLarge));
    // A bomb: what comes is small.
    let bomb = packed(&vec![0; 500_000]);
    assert!(bomb.len() < 1_000);
    assert_eq!(asked(get("/x"), &answer("gzip", &bomb)).await, Err(NetError::TooLarge));
}

#[tokio::test]
async fn an_answer_that_breaks_off_on_the_way_is_lost() {
    let said = answer("gzip", &packed(b"[1,2,3]"));
    for cut in [said.len() - 1, said.len() - 10] {
        assert_eq!(asked(post("/x"), &said[..cut]).await, Err(NetError::Lost));
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_unpacked_is_none() {
    let whole = packed(br#"{"agents": "some text, some text, some text"}"#);
    for cut in 1..whole.len() {
        let said = answer("gzip", &whole[..cut]);
        assert_eq!(asked(get("/x"), &said).await, Err(NetError::Garbled), "{cut}");
    }
    let twice = [whole.clone(), whole.clone()].concat();
    let longer = [whole.as_slice(), b"x"].concat();
    for odd in [twice, longer, b"{}".to_vec()] {
        assert_eq!(asked(get("/x"), &answer("gzip", &odd)).await, Err(NetError::Garbled));
    }
    // The checksum, and the length.
    for place in [whole.len() - 8, whole.len() - 1] {
        let mut odd = whole.clone();
        odd[place] ^= 1;
        assert_eq!(asked(get("/x"), &answer("gzip", &odd)).await, Err(NetError::Garbled));
    }
    for packing in ["br", "deflate", "gzip, gzip", ""] {
        assert_eq!(asked(get("/x"), &answer(packing, &whole)).await, Err(NetError::Garbled));
    }
    // The link tries again; the outbox asks what became of its commands.
    assert_eq!(Failure::from(NetError::Garbled), Failure::Unreadable);
    assert_eq!(outbox::Failure::from(NetError::Garbled), outbox::Failure::Lost);
}

#[tokio::test]
async fn a_packed_no_is_a_no() {
    let body =
        r#"{"type":"about:blank","status":401,"code":"device_revoked","title":"","detail":""}"#;
    let body = packed(body.as_bytes());
    let head = "content-type: application/problem+json\r\ncontent-encoding: gzip";
    let head = format!("HTTP/1.1 401 No\r\n{head}\r\ncontent-length: {}\r\n\r\n", body.len());
    let stand = Stand::new().await;
    let server = stand.server();
    let other = async {
        let mut peer = stand.taken().await;
        peer.hears().await;
        peer.0.write_all(&[head.as_bytes(), &body].concat()).await.unwrap();
    };
    let (answer, ()) = join!(server.fetch(&Query::Agents, "a-token"), other);
    let code = Some("device_revoked".to_owned());
    let refused = Failure::Refused { status: 401, code, retry_after_ms: None };
    assert_eq!(answer.unwrap_err(), refused);
}

/// What could not be unpacked says that the connection is fit for nothing more.
#[tokio::test]
async fn a_connection_that_brought_nonsense_is_not_used_again() {
    let stand = Stand::new().await;
    let server = stand.server();
    let other = async {
        let mut peer = stand.taken().await;
        peer.hears().await;
        peer.0.write_all(&answer("gzip", b"nonsense")).await.unwrap();
        peer.is_left().await;
        let (_, peer) = stand.answers(ok("[]")).await;
        peer
    };
    let asks = async {
        let garbled = server.ask(get("/x")).await;
        (garbled, server.ask(get("/x")).await)
    };
    let ((garbled, answered), _peer) = join!(asks, other);
    assert_eq!(garbled, Err(NetError::Garbled));
    assert_eq!(answered.unwrap().body, b"[]");
}

/// A socket over which frames may come packed.
async fn opened(stand: &Stand) -> (Socket, Heard, Other) {
    let (socket, mut heard) = opening(stand, 8);
    let other = chosen(stand.taken().await.0, SUBPROTOCOL_PACKED).await;
    assert!(matches!(next(&mut heard).await, Input::SocketOpened(ID)));
    (socket, heard, other)
}

fn pack(frame: &Message) -> Message {
    let Message::Text(text) = frame else { panic!("a text") };
    Message::binary(packed(text.as_bytes()))
}

#[tokio::test]
async fn packed_frames_and_others_are_heard_in_order() {
    let stand = Stand::new().await;
    let (_socket, mut heard, mut other) = opened(&stand).await;
    for at in 0..50 {
        let frame = if at % 3 == 0 { events(at) } else { pack(&events(at)) };
        says(&mut other, frame).await;
        let Input::Frame(ID, frame) = next(&mut heard).await else { panic!("no frame") };
        assert!(matches!(*frame, ServerFrame::Events { after, .. } if after == at));
    }
}

#[tokio::test]
async fn what_cannot_be_unpacked_is_no_frame() {
    let stand = Stand::new().await;
    let (_socket, mut heard, mut other) = opened(&stand).await;
    let Message::Binary(whole) = pack(&events(1)) else { panic!("packed") };
    let cut = whole.slice(..whole.len() - 1);
    let twice = Message::binary([&whole[..], &whole[..]].concat());
    let no_text = Message::binary(packed(&[0xff, 0xfe]));
    let packed_twice = Message::binary(packed(&whole));
    let plain = Message::binary(r#"{"type":"weather"}"#);
    for odd in [Message::Binary(cut), twice, no_text, packed_twice, plain, Message::binary("")] {
        says(&mut other, odd).await;
        assert!(matches!(next(&mut heard).await, Input::Unreadable(ID)));
    }
    says(&mut other, pack(&events(1))).await;
    assert!(matches!(next(&mut heard).await, Input::Frame(ID, _)));
}

fn draft(bytes: usize) -> String {
    let (agent_id, conversation_id) = (AgentId(Uuid::nil()), super::sockets_at_fault::A);
    let frame = ServerFrame::Draft { conversation_id, agent_id, text: "x".repeat(bytes) };
    serde_json::to_string(&frame).unwrap()
}

#[tokio::test]
async fn a_packed_frame_may_be_as_large_as_any_other_and_no_larger() {
    let stand = Stand::new().await;
    let (_socket, mut heard, mut other) = opened(&stand).await;
    let most = SERVER_FRAME_BYTES_MAX - draft(0).len();
    says(&mut other, Message::binary(packed(draft(most).as_bytes()))).await;
    assert!(matches!(next(&mut heard).await, Input::Frame(ID, _)));
    let bomb = draft(50 * SERVER_FRAME_BYTES_MAX);
    for large in [draft(most + 1), bomb] {
        let small = packed(large.as_bytes());
        assert!(small.len() < SERVER_FRAME_BYTES_MAX / 4, "it is small on the way");
        says(&mut other, Message::binary(small)).await;
        assert!(matches!(next(&mut heard).await, Input::Unreadable(ID)));
    }
}

/// Text that packs well, of at most so many bytes.
fn plain(bytes: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(0..4_u8, 0..bytes)
}

proptest! {
    #[test]
    fn what_was_packed_comes_back_or_is_too_large(plain in plain(3_000), most in 0..3_000_usize) {
        let came = unpacked(&packed(&plain), most);
        let is_small = plain.len() <= most;
        prop_assert_eq!(came, if is_small { Ok(plain) } else { Err(NotUnpacked::TooLarge) });
    }

    /// Damage is found out: nothing else than what was packed ever comes out.
    #[test]
    fn damage_does_not_come_through(
        plain in plain(500),
        place in any::<prop::sample::Index>(),
        by in 1..=255_u8,
    ) {
        let mut damaged = packed(&plain);
        let place = place.index(damaged.len());
        damaged[place] ^= by;
        if let Ok(came) = unpacked(&damaged, 1_000) {
            prop_assert_eq!(came, plain);
        }
    }

    #[test]
    fn anything_at_all_is_taken_without_harm(
        bytes in vec(any::<u8>(), 0..300),
        most in 0..1_000_usize,
    ) {
        let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
        for odd in [[&head, bytes.as_slice()].concat(), bytes] {
            let came = unpacked(&odd, most).map_or(0, |came| came.len());
            prop_assert!(came <= most);
        }
    }
}
