//! A socket that works: what is said is heard, in order, on both sides.

use std::time::Duration;

use baton_protocol::frame::{Ack, ClientFrame, SUBPROTOCOL, SUBPROTOCOL_PACKED, ServerFrame};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::stand::{Stand, soon};
use crate::link::{Input, SocketId};
use crate::net::limits::FAREWELL_MAX;
use crate::net::socket::{NotTaken, Socket, open};

pub(super) const ID: SocketId = SocketId(7);
pub(crate) type Other = WebSocketStream<TcpStream>;
pub(super) type Heard = mpsc::Receiver<Input>;

/// The other side of the next socket.
pub(super) async fn accepted(stand: &Stand) -> Other {
    shaken(stand.taken().await.0).await
}

/// The other side of a socket, over any connection; it packs nothing.
pub(crate) async fn shaken<S: AsyncRead + AsyncWrite + Unpin>(over: S) -> WebSocketStream<S> {
    chosen(over, SUBPROTOCOL).await
}

/// The other side of a socket that speaks this of what it is offered.
#[expect(clippy::result_large_err, reason = "the library's way to refuse")]
pub(super) async fn chosen<S: AsyncRead + AsyncWrite + Unpin>(
    over: S,
    name: &str,
) -> WebSocketStream<S> {
    let shake = |request: &Request, mut response: Response| {
        assert_eq!(request.uri(), "/api/v1/socket");
        assert!(!request.headers().contains_key("authorization"), "who it is says the hello");
        let offered = format!("{SUBPROTOCOL_PACKED}, {SUBPROTOCOL}");
        assert_eq!(request.headers()["sec-websocket-protocol"], *offered);
        let name = name.parse().unwrap();
        response.headers_mut().insert("sec-websocket-protocol", name);
        Ok(response)
    };
    Box::pin(soon(tokio_tungstenite::accept_hdr_async(over, shake))).await.unwrap()
}

/// A socket whose owner has room for so much that came.
pub(super) fn opening(stand: &Stand, room: usize) -> (Socket, Heard) {
    let (events, heard) = mpsc::channel(room);
    (open(&stand.server(), ID, events), heard)
}

pub(super) async fn opened(stand: &Stand, room: usize) -> (Socket, Heard, Other) {
    let (socket, mut heard) = opening(stand, room);
    let other = accepted(stand).await;
    assert!(matches!(next(&mut heard).await, Input::SocketOpened(ID)));
    (socket, heard, other)
}

pub(super) async fn next(heard: &mut Heard) -> Input {
    soon(heard.recv()).await.expect("the socket fell silent")
}

pub(crate) async fn says(other: &mut Other, message: Message) {
    soon(other.send(message)).await.unwrap();
}

pub(super) fn events(after: u64) -> Message {
    let frame = ServerFrame::Events { after, upto: after + 1, events: Vec::new() };
    Message::text(serde_json::to_string(&frame).unwrap())
}

pub(super) fn ack(upto: u64) -> ClientFrame {
    ClientFrame::Ack(Ack { upto, foreground: true, idle_s: None })
}

#[tokio::test]
async fn frames_are_heard_in_order() {
    let stand = Stand::new().await;
    let (_socket, mut heard, mut other) = opened(&stand, 8).await;
    for at in 0..100 {
        says(&mut other, events(at)).await;
        let Input::Frame(ID, frame) = next(&mut heard).await else { panic!("no frame") };
        assert!(matches!(*frame, ServerFrame::Events { after, .. } if after == at));
    }
}

#[tokio::test]
async fn frames_go_in_order() {
    let stand = Stand::new().await;
    let (socket, _heard, mut other) = opened(&stand, 8).await;
    for at in 0..20 {
        socket.send(&ack(at)).unwrap();
    }
    for at in 0..20 {
        let came = soon(other.next()).await.unwrap().unwrap().into_text().unwrap();
        let ClientFrame::Ack(ack) = serde_json::from_str(&came).unwrap() else { panic!("{came}") };
        assert_eq!(ack.upto, at);
    }
}

#[tokio::test]
async fn pings_pongs_and_unknown_courtesies_are_signs_of_life() {
    let stand = Stand::new().await;
    let (socket, mut heard, mut other) = opened(&stand, 8).await;
    says(&mut other, Message::Ping("a".into())).await;
    assert!(matches!(next(&mut heard).await, Input::Heard(ID)));
    // It was answered.
    assert_eq!(soon(other.next()).await.unwrap().unwrap(), Message::Pong("a".into()));

    socket.ping().unwrap();
    let ping = soon(other.next()).await.unwrap().unwrap();
    assert!(matches!(ping, Message::Ping(_)));
    soon(other.flush()).await.unwrap();
    assert!(matches!(next(&mut heard).await, Input::Heard(ID)));

    says(&mut other, Message::text(r#"{"type":"weather"}"#)).await;
    assert!(matches!(next(&mut heard).await, Input::Heard(ID)));
}

#[tokio::test]
async fn what_is_no_frame_is_told_as_such() {
    let stand = Stand::new().await;
    let (_socket, mut heard, mut other) = opened(&stand, 8).await;
    for odd in [Message::text("{"), Message::text(r#"{"type":"events"}"#), Message::binary("{}")] {
        says(&mut other, odd).await;
        assert!(matches!(next(&mut heard).await, Input::Unreadable(ID)));
    }
    says(&mut other, events(1)).await;
    assert!(matches!(next(&mut heard).await, Input::Frame(ID, _)));
}

#[tokio::test]
async fn a_close_is_told_with_code_and_reason_after_all_that_came_before() {
    for (code, reason) in [(1012, r#"{"retry_after_ms":7}"#), (4401, "over"), (4408, "")] {
        let stand = Stand::new().await;
        let (_socket, mut heard, mut other) = opened(&stand, 8).await;
        says(&mut other, events(1)).await;
        let frame = CloseFrame { code: code.into(), reason: Utf8Bytes::from_static(reason) };
        soon(other.close(Some(frame))).await.unwrap();
        assert!(matches!(next(&mut heard).await, Input::Frame(ID, _)));
        let Input::SocketClosed(ID, Some(why)) = next(&mut heard).await else { panic!("no close") };
        assert_eq!(why, (code, reason.to_owned()));
        // It was answered, and nothing comes after it.
        soon(async { while let Some(Ok(_)) = other.next().await {} }).await;
        assert!(soon(heard.recv()).await.is_none());
        assert_eq!(stand.connections(), 0);
    }
}

#[tokio::test]
async fn a_close_without_a_code_is_not_a_connection_that_broke() {
    let stand = Stand::new().await;
    let (_socket, mut heard, mut other) = opened(&stand, 8).await;
    soon(other.close(None)).await.unwrap();
    assert!(matches!(next(&mut heard).await, Input::SocketClosed(ID, Some((1005, _)))));
}

#[tokio::test]
async fn a_connection_that_broke_has_no_code() {
    let stand = Stand::new().await;
    for is_reset in [true, false] {
        let (_socket, mut heard, other) = opened(&stand, 8).await;
        if is_reset {
            other.get_ref().set_zero_linger().unwrap();
        }
        drop(other);
        assert!(matches!(next(&mut heard).await, Input::SocketClosed(ID, None)));
        assert!(soon(heard.recv()).await.is_none());
    }
}

#[tokio::test]
async fn who_closes_is_told_no_more_and_what_was_given_before_has_gone() {
    let stand = Stand::new().await;
    let (socket, mut heard, mut other) = opened(&stand, 8).await;
    socket.send(&ack(3)).unwrap();
    socket.close(4400);
    assert_eq!(socket.send(&ack(4)), Err(NotTaken::Closed));
    let ack = soon(other.next()).await.unwrap().unwrap();
    assert!(ack.into_text().unwrap().contains(r#""upto":3"#));
    let Message::Close(Some(close)) = soon(other.next()).await.unwrap().unwrap() else {
        panic!("no farewell")
    };
    assert_eq!(u16::from(close.code), 4400);
    // What comes late is not told any more.
    drop(other.send(events(1)).await);
    soon(async { while let Some(Ok(_)) = other.next().await {} }).await;
    soon(socket.finished()).await;
    assert!(heard.recv().await.is_none());
    assert_eq!(stand.connections(), 0);
}

#[tokio::test]
async fn a_farewell_that_nobody_answers_is_short() {
    let stand = Stand::new().await;
    let (socket, _heard, other) = opened(&stand, 8).await;
    let began = Instant::now();
    socket.close(1000);
    soon(socket.finished()).await;
    assert!(began.elapsed() < FAREWELL_MAX + Duration::from_secs(2));
    assert_eq!(stand.connections(), 0);
    drop(other);
}

#[tokio::test]
async fn who_drops_a_socket_drops_its_connection() {
    let stand = Stand::new().await;
    let (socket, mut heard, mut other) = opened(&stand, 8).await;
    drop(socket);
    let end = soon(other.next()).await;
    assert!(!matches!(end, Some(Ok(_))));
    assert!(soon(heard.recv()).await.is_none());
    assert_eq!(stand.connections(), 0);
}

#[tokio::test]
async fn a_socket_may_be_closed_before_it_is_open() {
    let stand = Stand::new().await;
    let (socket, mut heard) = opening(&stand, 8);
    let mut peer = stand.taken().await;
    peer.hears().await;
    socket.close(1000);
    soon(socket.finished()).await;
    assert!(soon(heard.recv()).await.is_none());
    assert_eq!(stand.connections(), 0);
    peer.is_left().await;
}
