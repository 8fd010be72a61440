//! JSON there and back, for resources that have no call of their own here: devices for pushes,
//! receipts, settings.

use std::time::Duration;

use hyper::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Server;
use super::ask::Request;
use crate::link::Failure;

/// How long, and how much of an answer: `(within, bytes_max)`.
pub type Bounds = (Duration, usize);

impl Server {
    /// Reads a resource.
    ///
    /// # Errors
    /// As the link has to hear it ([`Input::Rejected`](crate::link::Input::Rejected)).
    pub async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        access_token: &str,
        bounds: Bounds,
    ) -> Result<T, Failure> {
        let request = request(Method::GET, path, Some(access_token), None, bounds);
        self.ask(request).await?.read()
    }

    /// Posts; `()` reads an answer without a body. Sent once: what may be repeated is put.
    ///
    /// # Errors
    /// The same.
    pub async fn post_json<T: DeserializeOwned>(
        &self,
        path: &str,
        access_token: &str,
        body: &(impl Serialize + Sync),
        bounds: Bounds,
    ) -> Result<T, Failure> {
        let body = serde_json::to_vec(body).map_err(|_odd| Failure::Unreadable)?;
        let request = request(Method::POST, path, Some(access_token), Some(body), bounds);
        self.ask(request).await?.read()
    }

    /// Puts.
    ///
    /// # Errors
    /// The same.
    pub async fn put_json<T: DeserializeOwned>(
        &self,
        path: &str,
        access_token: &str,
        body: &(impl Serialize + Sync),
        bounds: Bounds,
    ) -> Result<T, Failure> {
        let body = serde_json::to_vec(body).map_err(|_odd| Failure::Unreadable)?;
        let request = request(Method::PUT, path, Some(access_token), Some(body), bounds);
        self.ask(Request { is_repeatable: true, ..request }).await?.read()
    }

    /// Changes parts of a resource.
    ///
    /// # Errors
    /// The same.
    pub async fn patch_json<T: DeserializeOwned>(
        &self,
        path: &str,
        access_token: &str,
        body: &(impl Serialize + Sync),
        bounds: Bounds,
    ) -> Result<T, Failure> {
        let body = serde_json::to_vec(body).map_err(|_odd| Failure::Unreadable)?;
        let request = request(Method::PATCH, path, Some(access_token), Some(body), bounds);
        self.ask(request).await?.read()
    }

    /// Deletes. What is already gone is answered as the server likes, mostly by `not_found`.
    ///
    /// # Errors
    /// The same.
    pub async fn delete(
        &self,
        path: &str,
        access_token: &str,
        bounds: Bounds,
    ) -> Result<(), Failure> {
        let request = request(Method::DELETE, path, Some(access_token), None, bounds);
        let reply = self.ask(Request { is_repeatable: true, ..request }).await?;
        // A portal answers with pages; a server that deleted something has nothing to show.
        match reply.status {
            204 => Ok(()),
            200..=299 => Err(Failure::Unreadable),
            _ => Err(reply.refused()),
        }
    }
}

pub(super) fn request(
    method: Method,
    path: &str,
    bearer: Option<&str>,
    body: Option<Vec<u8>>,
    (within, bytes_max): Bounds,
) -> Request {
    let (path, bearer) = (path.to_owned(), bearer.map(str::to_owned));
    Request { method, path, bearer, body, is_repeatable: false, within, bytes_max }
}

/// What may stand as a value in a query or as a part of a path.
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
