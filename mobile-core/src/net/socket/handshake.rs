//! Opens a socket: a request that is answered by a change of protocol or by a refusal.
//!
//! A refusal is read whole with its problem document, within limits.

use std::pin::pin;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::SendRequest;
use hyper::header::{
    CONNECTION, HOST, HeaderName, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS,
    SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE, USER_AGENT,
};
use hyper::upgrade::Upgraded;
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use baton_protocol::frame::{FACTS_HEADER, SUBPROTOCOL, SUBPROTOCOL_PACKED};
use baton_protocol::limits::{CLIENT_FRAME_BYTES_MAX, SERVER_FRAME_BYTES_MAX};
use baton_protocol::unknown::FACTS;

use crate::link::Failure;
use crate::net::Server;
use crate::net::ask::{Broken, read};
use crate::net::limits::REFUSAL_BYTES_MAX;
use crate::net::pool::shake_hands;

/// A socket that is open.
pub(super) type Wire = WebSocketStream<TokioIo<Upgraded>>;

/// The form in which the frames of a server come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Frames {
    /// As text.
    Plain,
    /// As text, or packed.
    Packed,
}

pub(super) async fn shake(server: &Server) -> Result<(Wire, Frames), Failure> {
    let opened = server.inner.connector.open().await;
    let stream = opened.map_err(|_trouble| Failure::Unreachable)?;
    let (sender, driver) = shake_hands(stream).await.ok_or(Failure::Unreachable)?;
    let key = generate_key();
    let request = request(server, &key).ok_or(Failure::Unreachable)?;
    let mut driver = driver.with_upgrades();
    let mut asked = pin!(upgraded(sender, request, &key));
    let upgraded = tokio::select! {
        biased;
        upgraded = &mut asked => upgraded,
        _ended = &mut driver => asked.await,
    };
    let (upgraded, frames) = upgraded?;
    let io = TokioIo::new(upgraded);
    let wire = WebSocketStream::from_raw_socket(io, Role::Client, Some(config())).await;
    Ok((wire, frames))
}

fn request(server: &Server, key: &str) -> Option<Request<Full<Bytes>>> {
    let address = &server.inner.address;
    let request = Request::get(format!("{}/api/v1/socket", address.path))
        .header(HOST, &address.authority)
        .header(USER_AGENT, &server.inner.user_agent)
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_VERSION, "13")
        .header(SEC_WEBSOCKET_KEY, key)
        .header(SEC_WEBSOCKET_PROTOCOL, format!("{SUBPROTOCOL_PACKED}, {SUBPROTOCOL}"))
        .header(FACTS_HEADER, FACTS);
    request.body(Full::new(Bytes::new())).ok()
}

async fn upgraded(
    mut sender: SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
    key: &str,
) -> Result<(Upgraded, Frames), Failure> {
    let answered = sender.send_request(request).await;
    let response = answered.map_err(|_off| Failure::Unreachable)?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Err(refused(response).await);
    }
    let frames = check(response.headers(), key)?;
    let upgraded = hyper::upgrade::on(response).await.map_err(|_off| Failure::Unreachable)?;
    Ok((upgraded, frames))
}

async fn refused(response: Response<Incoming>) -> Failure {
    match read(response, REFUSAL_BYTES_MAX).await {
        // Whatever it is, it is no socket.
        Ok(reply) if reply.is_success() => Failure::Unreadable,
        Ok(reply) => reply.refused(),
        Err(Broken::Off) => Failure::Unreachable,
        Err(Broken::TooLarge | Broken::Garbled) => Failure::Unreadable,
    }
}

/// Whether the other side speaks what was asked for, and heard that it was asked now.
fn check(headers: &HeaderMap, key: &str) -> Result<Frames, Failure> {
    let said = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let is_websocket =
        said(UPGRADE).is_some_and(|protocol| protocol.eq_ignore_ascii_case("websocket"));
    let is_fresh = said(SEC_WEBSOCKET_ACCEPT) == Some(&derive_accept_key(key.as_bytes()));
    if !is_websocket || !is_fresh || headers.contains_key(SEC_WEBSOCKET_EXTENSIONS) {
        return Err(Failure::Unreadable);
    }
    match said(SEC_WEBSOCKET_PROTOCOL) {
        Some(SUBPROTOCOL_PACKED) => Ok(Frames::Packed),
        Some(SUBPROTOCOL) => Ok(Frames::Plain),
        Some(_) | None => Err(Failure::OtherProtocol),
    }
}

/// The defaults are for servers: they allow messages of 64 MiB.
fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(16 * 1024)
        .write_buffer_size(0)
        .max_write_buffer_size(4 * CLIENT_FRAME_BYTES_MAX)
        .max_message_size(Some(SERVER_FRAME_BYTES_MAX))
        .max_frame_size(Some(SERVER_FRAME_BYTES_MAX))
}
