//! Around every request: an id, a time limit, a net under panics, headers that make browsers
//! careful, one line in the log.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use tracing::Instrument as _;

use super::body::Taken;
use super::input::{ByHttps, Peer};
use super::problem::Fault;
use super::{ApiState, Shared, cors};

/// Names the request in the answer and in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a browser may do with an answer of the API: nothing but hand it to the script that asked.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
];

/// Asked by load balancers and Prometheus, under whatever name.
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// Characters of a request id that is kept.
const REQUEST_ID_CHARS_MAX: usize = 128;

/// The id that the client, or a proxy, has given the request, if it may stand in a log.
fn given_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_good = (1..=REQUEST_ID_CHARS_MAX).contains(&id.len()) && id.chars().all(is_plain);
    is_good.then(|| id.to_owned())
}

/// Whether the server is asked under a name of its own. A page of a stranger whose name was made to
/// point here names the stranger's.
fn is_for_us(parts: &ApiState, request: &Request) -> bool {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = request.uri().authority().map(|authority| authority.as_str());
    parts.http.allows_host(authority.or(host))
}

/// The outermost layer.
pub(super) async fn around(
    State(parts): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    // What its body takes up is given back when this ends, however it ends.
    let taken = Taken::default();
    request.extensions_mut().insert(taken.clone());
    let from = Peer::of(&parts, request.headers(), request.extensions());
    request.extensions_mut().insert(from);
    let by_https = ByHttps::of(&parts, request.headers(), request.extensions());
    request.extensions_mut().insert(by_https);
    let id = given_id(request.headers()).unwrap_or_else(|| parts.clock.uuid_v7().to_string());
    let began = parts.clock.monotonic();
    let method = request.method().clone();
    // The pattern and not the address: ids are noise, and queries may hold names.
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let path = path.unwrap_or_else(|| "unknown".to_owned());
    let origin = cors::origin(&parts, request.headers());
    let limit = Duration::from_millis(parts.http.request_time_out_ms);
    let preflight = cors::preflight(request.method(), request.headers());
    let is_for_us = PROBES.contains(&path.as_str()) || is_for_us(&parts, &request);
    let answer = async {
        match preflight {
            _ if !is_for_us => Fault::host().into_response(),
            Some(response) => response,
            None => next.run(request).await,
        }
    };
    let answer = AssertUnwindSafe(answer).catch_unwind();
    let span = tracing::info_span!("request", request_id = %id, %method, path = %path);
    let mut response = async {
        let response = match tokio::time::timeout(limit, answer).await {
            Ok(Ok(response)) => response,
            Ok(Err(_panic)) => Fault::internal(&"a handler panicked").into_response(),
            Err(_) => Fault::unavailable(1_000).into_response(),
        };
        let elapsed = parts.clock.monotonic().saturating_sub(began);
        let ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(status = response.status().as_u16(), ms, "answered");
        if response.status() != StatusCode::SERVICE_UNAVAILABLE {
            parts.notices.answered(parts.clock.monotonic());
        } else if !PROBES.contains(&path.as_str()) {
            parts.notices.unavailable(&path, parts.clock.monotonic());
        }
        response
    }
    .instrument(span)
    .await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if let Some(origin) = origin {
        cors::permit(origin, headers);
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    response
}
