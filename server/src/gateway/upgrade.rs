//! The way in: who may open a socket, and with which buffers.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{ConnectInfo, State};
use axum::http::header::{CONTENT_TYPE, HOST, HeaderValue, ORIGIN};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, StatusCode, Uri, Version};
use axum::response::{IntoResponse, Response};
use baton_protocol::frame::{FACTS_HEADER, SUBPROTOCOL, SUBPROTOCOL_PACKED};
use baton_protocol::limits::{CLIENT_FRAME_BYTES_MAX, SERVER_FRAME_BYTES_MAX};
use baton_protocol::problem::{HOST_NOT_ALLOWED, ORIGIN_NOT_ALLOWED, Problem};
use baton_protocol::unknown::FACTS;
use tokio::net::{TcpListener, TcpSocket};

use super::socket::{self, Seat};
use super::{Gateway, Limits};
use crate::config::{self, allows_host, allows_origin, client};

/// What the kernel may hold back for one client that does not read.
const SEND_BUFFER: u32 = 128 * 1024;

/// A listener whose connections have a bounded send buffer and send small frames at once: they
/// inherit both. Without the latter a frame that follows another waits 40 ms for an
/// acknowledgement.
///
/// # Errors
/// When the address cannot be bound.
pub fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.set_nodelay(true)?;
    socket.bind(address)?;
    socket.listen(1024)
}

/// `GET /api/v1/socket`.
pub async fn upgrade(
    State(gateway): State<Arc<Gateway>>,
    Parts { version, uri, headers, extensions, .. }: Parts,
    request: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let is_https = is_https(&gateway.limits, &headers, &extensions);
    if let Err(problem) = check(&gateway.limits, (version, is_https), &uri, &headers) {
        return respond(*problem);
    }
    let Ok(request) = request else {
        return respond(refusal(400, "bad_handshake", "this is no WebSocket handshake"));
    };
    let request = with_buffers(request.protocols([SUBPROTOCOL_PACKED, SUBPROTOCOL]));
    if request.selected_protocol().is_none() {
        let detail = "name the subprotocol baton.v1 in Sec-WebSocket-Protocol";
        return respond(refusal(400, "no_subprotocol", detail));
    }
    if gateway.is_draining.load(Ordering::SeqCst) {
        return respond(refusal(503, "unavailable", "the server is going down; try again"));
    }
    note_facts(&headers);
    let from = from(&gateway.limits, &headers, &extensions);
    // The handshake is what is paced: a hello follows it at once.
    if let Err(retry_after_ms) = gateway.admit(from).await {
        return request.on_upgrade(move |socket| socket::turn_away(socket, retry_after_ms));
    }
    let Some(seat) = Seat::take(&gateway, from) else {
        return respond(refusal(503, "unavailable", "this server has no place left; try again"));
    };
    request.on_upgrade(move |socket| socket::run(seat, socket))
}

/// Tells operators of clients that are older or newer than this node. Nothing is decided by it.
fn note_facts(headers: &HeaderMap) {
    let said = headers.get(FACTS_HEADER).and_then(|facts| facts.to_str().ok()?.parse::<u32>().ok());
    if let Some(facts) = said.filter(|facts| *facts != FACTS) {
        tracing::info!(facts, known = FACTS, "a client knows other kinds of facts than this node");
    }
}

/// Where it comes from, as far as the listener and trusted proxies say.
fn from(limits: &Limits, headers: &HeaderMap, extensions: &Extensions) -> IpAddr {
    let forwarded = headers.get_all("x-forwarded-for").iter();
    let forwarded = forwarded.map(|value| value.to_str().unwrap_or_default());
    client(&limits.trusted_proxies, neighbour(extensions), forwarded)
}

/// Whether it is known to have come by HTTPS.
fn is_https(limits: &Limits, headers: &HeaderMap, extensions: &Extensions) -> bool {
    let told = headers.get_all("x-forwarded-proto").iter();
    let told = told.map(|value| value.to_str().unwrap_or_default());
    limits.has_certificate || config::is_https(&limits.trusted_proxies, neighbour(extensions), told)
}

fn neighbour(extensions: &Extensions) -> IpAddr {
    let info = extensions.get::<ConnectInfo<SocketAddr>>();
    info.map_or(Ipv4Addr::UNSPECIFIED.into(), |ConnectInfo(peer)| peer.ip())
}

/// The one place that sets the buffers of a socket: the defaults cost 140 KB per connection.
fn with_buffers(request: WebSocketUpgrade) -> WebSocketUpgrade {
    request
        .read_buffer_size(1024)
        .write_buffer_size(0)
        // The largest frame and its header.
        .max_write_buffer_size(SERVER_FRAME_BYTES_MAX + 16 * 1024)
        .max_message_size(CLIENT_FRAME_BYTES_MAX)
        .max_frame_size(CLIENT_FRAME_BYTES_MAX)
}

fn check(
    limits: &Limits,
    (version, is_https): (Version, bool),
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<(), Box<Problem>> {
    if version < Version::HTTP_11 {
        return Err(Box::new(refusal(400, "bad_handshake", "sockets need HTTP/1.1")));
    }
    if uri.query().is_some_and(|query| !query.is_empty()) {
        // Addresses end up in logs.
        let detail = "name your token in hello, nothing in the address";
        return Err(Box::new(refusal(400, "token_in_address", detail)));
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    if !allows_host(&limits.hosts, host) {
        let detail = "this server is not asked under that name: see http.allowed_hosts";
        return Err(Box::new(refusal(421, HOST_NOT_ALLOWED, detail)));
    }
    let mut origins = headers.get_all(ORIGIN).iter();
    let is_allowed = match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) => {
            let is_listed = |origin| allows_origin(&limits.origins, origin, host, is_https);
            origin.to_str().is_ok_and(is_listed)
        }
        (Some(_), Some(_)) => false,
    };
    if is_allowed {
        return Ok(());
    }
    let detail = "this origin is not allowed; add it to http.allowed_origins";
    Err(Box::new(refusal(403, ORIGIN_NOT_ALLOWED, detail)))
}

fn refusal(status: u16, code: &str, detail: &str) -> Problem {
    Problem {
        kind: "about:blank".to_owned(),
        status,
        code: code.to_owned(),
        title: "the socket was not opened".to_owned(),
        detail: detail.to_owned(),
        retry_after_ms: (status == 503).then_some(1_000),
        rows: Vec::new(),
        setting: None,
    }
}

fn respond(problem: Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = (status, Json(problem)).into_response();
    let kind = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
