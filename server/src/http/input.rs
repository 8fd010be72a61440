//! What requests bring: bodies, queries, ids in addresses. Each kind of fault has one answer.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use axum::RequestPartsExt as _;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Path, Request};
use axum::http::header;
use axum::http::request::Parts as Head;
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;

use super::Parts;
use super::problem::Fault;

/// A body that does not come whole in this time is given up.
const BODY_TIME_OUT: Duration = Duration::from_secs(10);

/// The raw body, up to the configured size.
#[derive(Debug)]
pub(super) struct Raw(pub(super) Bytes);

/// A JSON body.
#[derive(Debug)]
pub(super) struct Json<T>(pub(super) T);

/// The query of the address.
#[derive(Debug)]
pub(super) struct Query<T>(pub(super) T);

/// An id in the address; what is no id is not found.
#[derive(Debug)]
pub(super) struct Id<T>(pub(super) T);

/// Where the request comes from, as far as the listener and trusted proxies say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) IpAddr);

impl FromRequest<Parts> for Raw {
    type Rejection = Fault;

    async fn from_request(request: Request, parts: &Parts) -> Result<Self, Fault> {
        let limit = parts.http.body_bytes_max;
        let declared = request
            .headers()
            .get(header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok())
            .and_then(|text| text.parse::<u64>().ok());
        let large = || Fault::too_large(format!("a body has at most {limit} bytes"));
        if declared.is_some_and(|length| length > limit as u64) {
            pass_over(request.into_body(), limit.saturating_mul(2)).await;
            return Err(large());
        }
        let body = axum::body::to_bytes(request.into_body(), limit);
        match tokio::time::timeout(BODY_TIME_OUT, body).await {
            Ok(Ok(bytes)) => Ok(Self(bytes)),
            Ok(Err(error)) if is_limit(&error) => Err(large()),
            Ok(Err(_)) => Err(Fault::malformed("the body ended early")),
            Err(_) => Err(Fault::too_slow()),
        }
    }
}

/// Reads on for a while before a body is refused: a client that is still writing when the
/// connection closes finds it broken, and never learns why.
async fn pass_over(body: Body, bytes_max: usize) {
    let mut stream = body.into_data_stream();
    let mut left = bytes_max;
    let read = async {
        while let Some(Ok(chunk)) = stream.next().await {
            left = left.saturating_sub(chunk.len());
            if left == 0 {
                return;
            }
        }
    };
    drop(tokio::time::timeout(BODY_TIME_OUT, read).await);
}

/// The limit's own error lies somewhere below.
fn is_limit(error: &axum::Error) -> bool {
    let mut source: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = source {
        if error.to_string().contains("length limit exceeded") {
            return true;
        }
        source = error.source();
    }
    false
}

impl<T: DeserializeOwned> FromRequest<Parts> for Json<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, parts: &Parts) -> Result<Self, Fault> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        // Forms of other sites cannot send this type without asking first.
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(Fault::media_type());
        }
        let Raw(bytes) = Raw::from_request(request, parts).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            let text: String = error.to_string().chars().take(300).collect();
            if error.is_data() { Fault::invalid(text) } else { Fault::malformed(text) }
        })
    }
}

impl<T: DeserializeOwned> FromRequestParts<Parts> for Query<T> {
    type Rejection = Fault;

    async fn from_request_parts(head: &mut Head, _: &Parts) -> Result<Self, Fault> {
        axum::extract::Query::try_from_uri(&head.uri)
            .map(|axum::extract::Query(query)| Self(query))
            .map_err(|error| Fault::invalid(error.body_text()))
    }
}

impl<T: FromStr + Send> FromRequestParts<Parts> for Id<T> {
    type Rejection = Fault;

    async fn from_request_parts(head: &mut Head, _: &Parts) -> Result<Self, Fault> {
        let Path(text) =
            head.extract::<Path<String>>().await.map_err(|_no_text| Fault::not_found())?;
        text.parse().map(Self).map_err(|_no_id| Fault::not_found())
    }
}

/// Two ids in the address.
#[derive(Debug)]
pub(super) struct Ids<A, B>(pub(super) A, pub(super) B);

impl<A: FromStr + Send, B: FromStr + Send> FromRequestParts<Parts> for Ids<A, B> {
    type Rejection = Fault;

    async fn from_request_parts(head: &mut Head, _: &Parts) -> Result<Self, Fault> {
        let path = head.extract::<Path<(String, String)>>().await;
        let Path((a, b)) = path.map_err(|_no_text| Fault::not_found())?;
        match (a.parse(), b.parse()) {
            (Ok(a), Ok(b)) => Ok(Self(a, b)),
            _ => Err(Fault::not_found()),
        }
    }
}

impl FromRequestParts<Parts> for Peer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        head: &mut Head,
        parts: &Parts,
    ) -> Result<Self, std::convert::Infallible> {
        let info = head.extensions.get::<ConnectInfo<SocketAddr>>();
        let address = info.map_or(Ipv4Addr::UNSPECIFIED.into(), |ConnectInfo(from)| from.ip());
        let forwarded = head.headers.get_all("x-forwarded-for").iter();
        // What is no text is no address either: what lies left of it is not looked at.
        let forwarded = forwarded.map(|value| value.to_str().unwrap_or_default());
        Ok(Self(parts.http.client(address, forwarded)))
    }
}

/// How many rows a page has.
pub(super) fn limit(asked: Option<u32>) -> Result<u32, Fault> {
    use baton_protocol::limits::{PAGE_ROWS, PAGE_ROWS_MAX};
    match asked {
        None => Ok(PAGE_ROWS),
        Some(rows) if (1..=PAGE_ROWS_MAX).contains(&rows) => Ok(rows),
        Some(_) => Err(Fault::invalid(format!("limit: must be 1 to {PAGE_ROWS_MAX}"))),
    }
}
