//! Sockets whose other side, or whose owner, does not do what it should.

use std::cell::Cell;
use std::time::Duration;

use baton_protocol::frame::{ClientFrame, Draft, ServerFrame};
use baton_protocol::limits::{CLIENT_FRAME_BYTES_MAX, SERVER_FRAME_BYTES_MAX};
use baton_protocol::{AgentId, ConversationId};
use futures_util::SinkExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use uuid::Uuid;

use super::sockets::{ID, ack, events, next, opened, opening, says};
use super::stand::{Stand, answer, ok, problem, soon};
use crate::link::limits::CONNECT_MAX;
use crate::link::{Failure, Input};
use crate::net::limits::{FRAMES_WAITING_MAX, WRITE_MAX};
use crate::net::socket::NotTaken;

pub(super) const A: ConversationId = ConversationId(Uuid::from_u128(7));

/// What a socket is told whose handshake is answered so.
async fn failed(answer: impl Fn(&str) -> String) -> Failure {
    let stand = Stand::new().await;
    let (_socket, mut heard) = opening(&stand, 8);
    let mut peer = stand.taken().await;
    let request = peer.hears().await;
    let key = request.lines().find_map(|line| line.strip_prefix("sec-websocket-key: ")).unwrap();
    peer.says(&answer(&derive_accept_key(key.as_bytes()))).await;
    // A proxy that falls over says no more.
    drop(peer);
    let Input::SocketFailed(ID, failure) = next(&mut heard).await else { panic!("it opened") };
    assert!(soon(heard.recv()).await.is_none());
    assert_eq!(stand.connections(), 0);
    failure
}

fn refused(status: u16, code: Option<&str>, retry_after_ms: Option<u64>) -> Failure {
    Failure::Refused { status, code: code.map(str::to_owned), retry_after_ms }
}

#[tokio::test]
async fn a_socket_that_is_refused_says_why() {
    for (said, failure) in [
        (problem(401, "device_revoked", ""), refused(401, Some("device_revoked"), None)),
        (problem(400, "no_subprotocol", ""), refused(400, Some("no_subprotocol"), None)),
        (problem(426, "too_old", ""), refused(426, Some("too_old"), None)),
        (problem(429, "x", "retry-after: 5\r\n"), refused(429, Some("x"), Some(5_000))),
        (problem(503, "unavailable", ""), refused(503, Some("unavailable"), None)),
        (answer("302 Found", "location: /x\r\n", ""), refused(302, None, None)),
        (answer("502 Bad", "", "<html>"), refused(502, None, None)),
        (ok("<html>"), Failure::Unreadable),
        ("HTTP/1.1 401 No\r\ncontent-length: 99999999\r\n\r\n".to_owned(), Failure::Unreadable),
        ("HTTP/1.1 401 No\r\ncontent-length: 9\r\n\r\n".to_owned(), Failure::Unreachable),
        ("nonsense\r\n\r\n".to_owned(), Failure::Unreachable),
        (String::new(), Failure::Unreachable),
    ] {
        assert_eq!(failed(|_| said.clone()).await, failure, "{said}");
    }
}

fn switching(headers: &str) -> String {
    format!("HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: websocket\r\n{headers}\r\n")
}

#[tokio::test]
async fn a_socket_of_another_subprotocol_is_none() {
    for name in ["", "sec-websocket-protocol: baton.v2\r\n"] {
        let said = |accept: &str| switching(&format!("sec-websocket-accept: {accept}\r\n{name}"));
        assert_eq!(failed(said).await, Failure::OtherProtocol);
    }
}

#[tokio::test]
async fn an_answer_that_was_not_made_for_this_socket_is_none() {
    let name = "sec-websocket-protocol: baton.v1\r\n";
    assert_eq!(failed(|_| switching(name)).await, Failure::Unreadable);
    let old = |_: &str| {
        switching(&format!("{name}sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
    };
    assert_eq!(failed(old).await, Failure::Unreadable);
    let compressed = |accept: &str| {
        let more = "sec-websocket-extensions: permessage-deflate\r\n";
        switching(&format!("{name}{more}sec-websocket-accept: {accept}\r\n"))
    };
    assert_eq!(failed(compressed).await, Failure::Unreadable);
}

#[tokio::test]
async fn where_nobody_listens_no_socket_opens() {
    let stand = Stand::new().await;
    let (server, (events, mut heard)) = (stand.server(), tokio::sync::mpsc::channel(1));
    drop(stand);
    let _socket = crate::net::socket::open::<Input>(&server, ID, events);
    let failed = next(&mut heard).await;
    assert!(matches!(failed, Input::SocketFailed(ID, Failure::Unreachable)));
}

fn draft(bytes: usize) -> ServerFrame {
    let agent_id = AgentId(Uuid::from_u128(1));
    ServerFrame::Draft { conversation_id: A, agent_id, text: "x".repeat(bytes) }
}

#[tokio::test]
async fn a_frame_may_be_as_large_as_allowed_and_no_larger() {
    let stand = Stand::new().await;
    let (_socket, mut heard, mut other) = opened(&stand, 8).await;
    let around = serde_json::to_string(&draft(0)).unwrap().len();
    let largest = draft(SERVER_FRAME_BYTES_MAX - around);
    says(&mut other, Message::text(serde_json::to_string(&largest).unwrap())).await;
    assert!(matches!(next(&mut heard).await, Input::Frame(ID, _)));
    let larger = draft(SERVER_FRAME_BYTES_MAX - around + 1);
    drop(other.send(Message::text(serde_json::to_string(&larger).unwrap())).await);
    assert!(matches!(next(&mut heard).await, Input::Unreadable(ID)));
    assert!(matches!(next(&mut heard).await, Input::SocketClosed(ID, None)));
    assert!(soon(heard.recv()).await.is_none());
    assert_eq!(stand.connections(), 0);
}

/// Nothing is set aside for what is only announced.
#[tokio::test]
async fn a_frame_that_is_announced_as_too_large_is_not_waited_for() {
    let stand = Stand::new().await;
    let (_socket, mut heard, mut other) = opened(&stand, 8).await;
    let mut head = Vec::new();
    let header = FrameHeader { opcode: OpCode::Data(Data::Text), ..FrameHeader::default() };
    header.format(1 << 40, &mut head).unwrap();
    other.get_mut().write_all(&head).await.unwrap();
    assert!(matches!(next(&mut heard).await, Input::Unreadable(ID)));
    assert!(matches!(next(&mut heard).await, Input::SocketClosed(ID, None)));
}

#[tokio::test]
async fn a_frame_in_endless_parts_is_given_up() {
    let stand = Stand::new().await;
    let (_socket, mut heard, mut other) = opened(&stand, 8).await;
    let sends = async {
        let mut opcode = OpCode::Data(Data::Text);
        loop {
            let mut part = Vec::new();
            let header = FrameHeader { is_final: false, opcode, ..FrameHeader::default() };
            header.format(1_000, &mut part).unwrap();
            part.resize(part.len() + 1_000, b'x');
            if other.get_mut().write_all(&part).await.is_err() {
                return;
            }
            opcode = OpCode::Data(Data::Continue);
        }
    };
    let hears = async {
        assert!(matches!(next(&mut heard).await, Input::Unreadable(ID)));
        assert!(matches!(next(&mut heard).await, Input::SocketClosed(ID, None)));
    };
    soon(async { tokio::join!(sends, hears) }).await;
}

#[tokio::test]
async fn a_frame_that_is_no_text_at_all_ends_the_socket() {
    let stand = Stand::new().await;
    let (_socket, mut heard, mut other) = opened(&stand, 8).await;
    other.get_mut().write_all(&[0x81, 2, 0xff, 0xfe]).await.unwrap();
    assert!(matches!(next(&mut heard).await, Input::Unreadable(ID)));
    assert!(matches!(next(&mut heard).await, Input::SocketClosed(ID, None)));
}

#[tokio::test]
async fn what_is_too_large_for_the_server_is_not_sent() {
    let stand = Stand::new().await;
    let (socket, _heard, _other) = opened(&stand, 8).await;
    let text = "x".repeat(CLIENT_FRAME_BYTES_MAX);
    let frame = ClientFrame::Draft(Draft { conversation_id: A, text });
    assert_eq!(socket.send(&frame), Err(NotTaken::TooLarge));
    assert_eq!(socket.send(&ack(1)), Ok(()));
}

/// Sending never waits; the frames that wait have a limit.
#[tokio::test]
async fn a_server_that_does_not_read_is_given_up() {
    let stand = Stand::new().await;
    let (socket, mut heard, other) = opened(&stand, 8).await;
    let text = "x".repeat(CLIENT_FRAME_BYTES_MAX - 1_000);
    let frame = ClientFrame::Draft(Draft { conversation_id: A, text });
    let mut sent = 0;
    soon(async {
        while socket.send(&frame) == Ok(()) {
            sent += 1;
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(sent >= FRAMES_WAITING_MAX, "only {sent}");
    assert_eq!(socket.send(&ack(1)), Err(NotTaken::Closed));
    let began = Instant::now();
    assert!(matches!(next(&mut heard).await, Input::SocketClosed(ID, None)));
    assert!(began.elapsed() < WRITE_MAX / 2, "it was not given up, but found to be stuck");
    soon(socket.finished()).await;
    assert_eq!(stand.connections(), 0);
    drop(other);
}

#[tokio::test]
async fn a_server_that_does_not_read_is_left_within_the_farewell() {
    let stand = Stand::new().await;
    let (socket, mut heard, other) = opened(&stand, 8).await;
    let text = "x".repeat(CLIENT_FRAME_BYTES_MAX - 1_000);
    let frame = ClientFrame::Draft(Draft { conversation_id: A, text });
    soon(async {
        while socket.send(&frame) == Ok(()) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    socket.close(1000);
    soon(socket.finished()).await;
    assert_eq!(stand.connections(), 0);
    drop(other);
    // It may have been told before it was closed, of nothing else.
    while let Some(told) = heard.recv().await {
        assert!(matches!(told, Input::SocketClosed(ID, None)));
    }
}

/// The network holds back for it; this process holds its queue and no more.
#[tokio::test]
async fn a_slow_owner_makes_the_server_wait_and_misses_nothing() {
    const FRAMES: u64 = 3_000;
    let stand = Stand::new().await;
    let (_socket, mut heard, mut other) = opened(&stand, 4).await;
    // Bytes that are no part of what is said, so that the way in between fills.
    let padded = |at: u64| {
        let Message::Text(text) = events(at) else { panic!("a text") };
        Message::text(format!("{text}{}", " ".repeat(20_000)))
    };
    let said = Cell::new(0);
    let mut sends = Box::pin(async {
        while said.get() < FRAMES {
            says(&mut other, padded(said.get())).await;
            said.set(said.get() + 1);
        }
    });
    loop {
        let before = said.get();
        let more = tokio::time::timeout(Duration::from_millis(200), &mut sends).await;
        assert!(more.is_err(), "all of it was taken from the network");
        if said.get() == before {
            break;
        }
    }
    let hears = async {
        let mut last = None;
        while last != Some(FRAMES - 1) {
            let Input::Frame(ID, frame) = next(&mut heard).await else { panic!("no frame") };
            let ServerFrame::Events { after, .. } = *frame else { panic!("other events") };
            assert!(after == last.map_or(0, |last| last + 1), "{after} after {last:?}");
            last = Some(after);
        }
    };
    tokio::join!(sends, hears);
}

#[tokio::test]
async fn an_owner_that_is_gone_does_not_keep_a_socket_open() {
    let stand = Stand::new().await;
    let (socket, heard, mut other) = opened(&stand, 8).await;
    drop(heard);
    says(&mut other, events(1)).await;
    soon(socket.finished()).await;
    assert_eq!(stand.connections(), 0);
}

#[tokio::test]
async fn a_close_is_not_held_up_by_an_owner_that_does_not_listen() {
    let stand = Stand::new().await;
    let (socket, _heard, mut other) = opened(&stand, 1).await;
    for at in 0..10 {
        says(&mut other, events(at)).await;
    }
    socket.close(1000);
    soon(socket.finished()).await;
    assert_eq!(stand.connections(), 0);
}

#[tokio::test]
async fn a_last_word_is_heard_although_nothing_can_be_sent_any_more() {
    let stand = Stand::new().await;
    let (socket, mut heard, mut other) = opened(&stand, 1).await;
    for at in 0..3 {
        says(&mut other, events(at)).await;
    }
    let close = CloseFrame { code: 1012.into(), reason: r#"{"retry_after_ms":7}"#.into() };
    soon(other.close(Some(close))).await.unwrap();
    drop(other);
    tokio::time::pause();
    for at in 0..20 {
        // It takes them as long as it does not know.
        socket.send(&ack(at)).ok();
        tokio::task::yield_now().await;
    }
    for _ in 0..3 {
        assert!(matches!(next(&mut heard).await, Input::Frame(ID, _)));
    }
    assert!(matches!(next(&mut heard).await, Input::SocketClosed(ID, Some((1012, _)))));
}

#[tokio::test]
async fn a_handshake_that_nobody_answers_is_given_up() {
    let stand = Stand::new().await;
    let (_socket, mut heard) = opening(&stand, 8);
    let mut peer = stand.taken().await;
    peer.hears().await;
    tokio::time::pause();
    let began = Instant::now();
    let failed = next(&mut heard).await;
    assert!(matches!(failed, Input::SocketFailed(ID, Failure::Unreachable)));
    assert!(began.elapsed() <= CONNECT_MAX + Duration::from_millis(1));
    tokio::time::resume();
    peer.is_left().await;
}
