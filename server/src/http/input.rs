//! What requests bring: bodies, queries, ids in addresses. Each kind of fault has one answer.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

use axum::RequestPartsExt as _;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts as Head;
use axum::http::{Extensions, HeaderMap, header};
use baton_protocol::once::{check_once, read_once};
use baton_protocol::problem::unreadable;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::body::Whose;
use super::problem::Fault;
use super::{ApiState, Shared};
use crate::speaker::Speaker;

/// A JSON body.
#[derive(Debug)]
pub(super) struct Json<T>(pub(super) T);

/// A JSON body that nobody has read.
#[derive(Debug)]
pub(super) struct JsonBytes(Vec<u8>);

/// The query of the address.
#[derive(Debug)]
pub(super) struct Query<T>(pub(super) T);

/// An id in the address; what is no id is not found.
#[derive(Debug)]
pub(super) struct Id<T>(pub(super) T);

/// Where the request comes from, as far as the listener and trusted proxies say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) IpAddr);

/// Whether the request is known to have come by HTTPS.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct ByHttps(pub(super) bool);

impl<T: DeserializeOwned> FromRequest<Shared> for Json<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, parts: &Shared) -> Result<Self, Fault> {
        let bytes = JsonBytes::from_request(request, parts).await?;
        read_once(&bytes.0).map(Self).map_err(|error| not_read(&error))
    }
}

impl JsonBytes {
    /// The elements of a list, each of which is read by itself.
    pub(super) fn elements(&self) -> Result<Vec<&RawValue>, Fault> {
        let elements: Vec<&RawValue> =
            serde_json::from_slice(&self.0).map_err(|error| not_read(&error))?;
        // A string is not looked into before: what is no JSON spoils the whole.
        let mut checked = elements.iter().map(|element| check_once(element.get().as_bytes()));
        let broken = checked.find_map(|checked| checked.err().filter(|error| !error.is_data()));
        broken.map_or(Ok(elements), |error| Err(not_read(&error)))
    }
}

fn not_read(error: &serde_json::Error) -> Fault {
    let text = unreadable(error);
    if error.is_data() { Fault::invalid(text) } else { Fault::malformed(text) }
}

impl FromRequest<Shared> for JsonBytes {
    type Rejection = Fault;

    async fn from_request(request: Request, parts: &Shared) -> Result<Self, Fault> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        // Forms of other sites cannot send this type without asking first.
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(Fault::media_type());
        }
        // Every device that is known, by whichever of its secrets.
        let is_known = request.extensions().get::<Speaker>().is_some();
        let whose = if is_known { Whose::Signed } else { Whose::Stranger };
        parts.room.read(request, whose).await.map(Self)
    }
}

impl<T: DeserializeOwned> FromRequestParts<Shared> for Query<T> {
    type Rejection = Fault;

    async fn from_request_parts(head: &mut Head, _: &Shared) -> Result<Self, Fault> {
        axum::extract::Query::try_from_uri(&head.uri)
            .map(|axum::extract::Query(query)| Self(query))
            .map_err(|_odd| {
                let detail = "the query of the address has an unknown parameter, or a value that \
                    cannot be read";
                Fault::invalid(detail)
            })
    }
}

impl<T: FromStr + Send> FromRequestParts<Shared> for Id<T> {
    type Rejection = Fault;

    async fn from_request_parts(head: &mut Head, _: &Shared) -> Result<Self, Fault> {
        let Path(text) =
            head.extract::<Path<String>>().await.map_err(|_no_text| Fault::not_found())?;
        text.parse().map(Self).map_err(|_no_id| Fault::not_found())
    }
}

/// Two ids in the address.
#[derive(Debug)]
pub(super) struct Ids<A, B>(pub(super) A, pub(super) B);

impl<A: FromStr + Send, B: FromStr + Send> FromRequestParts<Shared> for Ids<A, B> {
    type Rejection = Fault;

    async fn from_request_parts(head: &mut Head, _: &Shared) -> Result<Self, Fault> {
        let path = head.extract::<Path<(String, String)>>().await;
        let Path((a, b)) = path.map_err(|_no_text| Fault::not_found())?;
        match (a.parse(), b.parse()) {
            (Ok(a), Ok(b)) => Ok(Self(a, b)),
            _ => Err(Fault::not_found()),
        }
    }
}

fn neighbour(extensions: &Extensions) -> IpAddr {
    let info = extensions.get::<ConnectInfo<SocketAddr>>();
    info.map_or(Ipv4Addr::UNSPECIFIED.into(), |ConnectInfo(from)| from.ip())
}

impl ByHttps {
    /// Whether it did, as far as the listener and trusted proxies say.
    pub(super) fn of(parts: &ApiState, headers: &HeaderMap, extensions: &Extensions) -> Self {
        let told = headers.get_all("x-forwarded-proto").iter();
        let told = told.map(|value| value.to_str().unwrap_or_default());
        Self(parts.http.is_https(neighbour(extensions), told))
    }
}

impl Peer {
    /// Where a request comes from, as far as the listener and trusted proxies say.
    pub(super) fn of(parts: &ApiState, headers: &HeaderMap, extensions: &Extensions) -> Self {
        let address = neighbour(extensions);
        let forwarded = headers.get_all("x-forwarded-for").iter();
        if headers.contains_key("x-forwarded-for") && !parts.http.is_trusted(address) {
            parts.notices.forwarded(address);
        }
        // What is no text is no address either: what lies left of it is not looked at.
        let forwarded = forwarded.map(|value| value.to_str().unwrap_or_default());
        Self(parts.http.client(address, forwarded))
    }
}

impl FromRequestParts<Shared> for Peer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        head: &mut Head,
        parts: &Shared,
    ) -> Result<Self, std::convert::Infallible> {
        // The outermost layer has found out.
        let known = head.extensions.get::<Self>().copied();
        Ok(known.unwrap_or_else(|| Self::of(parts, &head.headers, &head.extensions)))
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
