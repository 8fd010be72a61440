//! Pages of other allowed origins (`http.allowed_origins`) may read what they ask for.
//!
//! The layer of `tower-http` takes as many lines to set up. Which origins are allowed is a rule of
//! our own, which sockets use as well.

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::ApiState;

/// How long a browser remembers the answer to a preflight.
const PREFLIGHT_S: HeaderValue = HeaderValue::from_static("600");
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
const HEADERS: HeaderValue = HeaderValue::from_static("authorization, content-type");
const EXPOSED: HeaderValue =
    HeaderValue::from_static("x-request-id, retry-after, ratelimit, ratelimit-policy");

/// The origin of a request when it is another one and allowed.
pub(super) fn origin(parts: &ApiState, headers: &HeaderMap) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    // Without a host only what is listed is allowed: a page of our own needs no permission.
    let origin_text = origin.to_str().ok()?;
    parts.http.allows_origin(Some(origin_text), None, false).then(|| origin.clone())
}

/// The answer to a browser that asks beforehand, if this is one.
pub(super) fn preflight(method: &Method, headers: &HeaderMap) -> Option<Response> {
    let asks = headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if *method != Method::OPTIONS || !asks {
        return None;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    let to = response.headers_mut();
    to.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    to.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
    to.insert(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_S);
    Some(response)
}

/// Lets the page read the answer.
pub(super) fn permit(origin: HeaderValue, headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    headers.append(header::VARY, HeaderValue::from_static("origin"));
}
