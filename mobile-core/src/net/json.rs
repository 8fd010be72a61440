//! Requests with JSON bodies. The caller adds the token ([`Request::by`]) and reads the answer
//! ([`Reply::read`](super::Reply::read)).

use std::time::Duration;

use hyper::Method;
use serde::Serialize;

use super::ask::Request;
use crate::link::Failure;

/// The limits of an answer: `(within, bytes_max)`.
pub type Bounds = (Duration, usize);

/// Makes a `GET` request.
pub fn get(path: &str, bounds: Bounds) -> Request {
    request(Method::GET, path, None, bounds)
}

/// Makes a `POST` request, which is never repeated.
///
/// # Errors
/// `Unreadable` when the body cannot be written as JSON.
pub fn post(path: &str, body: &impl Serialize, bounds: Bounds) -> Result<Request, Failure> {
    Ok(request(Method::POST, path, Some(json(body)?), bounds))
}

/// Makes a `PUT` request.
///
/// # Errors
/// `Unreadable` when the body cannot be written as JSON.
pub fn put(path: &str, body: &impl Serialize, bounds: Bounds) -> Result<Request, Failure> {
    let request = request(Method::PUT, path, Some(json(body)?), bounds);
    Ok(Request { is_repeatable: true, ..request })
}

/// Makes a `PATCH` request.
///
/// # Errors
/// `Unreadable` when the body cannot be written as JSON.
pub fn patch(path: &str, body: &impl Serialize, bounds: Bounds) -> Result<Request, Failure> {
    Ok(request(Method::PATCH, path, Some(json(body)?), bounds))
}

/// Deletes. What is already gone is answered as the server likes, mostly by `not_found`; else
/// there is [nothing to read](super::Reply::nothing).
pub fn delete(path: &str, bounds: Bounds) -> Request {
    Request { is_repeatable: true, ..request(Method::DELETE, path, None, bounds) }
}

impl Request {
    /// Adds an access token.
    #[must_use]
    pub fn by(self, access_token: &str) -> Self {
        Self { bearer: Some(access_token.to_owned()), ..self }
    }
}

fn json(body: &impl Serialize) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec(body).map_err(|_odd| Failure::Unreadable)
}

pub(super) fn request(
    method: Method,
    path: &str,
    body: Option<Vec<u8>>,
    (within, bytes_max): Bounds,
) -> Request {
    let path = path.to_owned();
    let (bearer, range, is_repeatable) = (None, None, false);
    let content_type = "application/json";
    Request { method, path, bearer, range, body, content_type, is_repeatable, within, bytes_max }
}

/// Escapes a text, so that it may be a value in a query or a part of a path.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                escaped.push(char::from(byte));
            }
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}
