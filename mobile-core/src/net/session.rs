//! Signing in and out, and renewing the session.

use std::time::Duration;

use baton_protocol::account::{Login, Refresh, Session};
use baton_protocol::{DeviceId, Timestamp};
use hyper::Method;
use serde::Serialize;

use super::Server;
use super::ask::{NetError, Request};
use super::json::{delete, request};
use super::limits::{SESSION_BYTES_MAX, SIGN_IN_MAX};
use super::reply::Reply;
use crate::link::Failure;
use crate::link::limits::REFRESH_MAX;

/// A session, as the server gave it.
#[derive(Clone)]
pub struct SignedIn {
    /// The tokens, who they are of, and on which device.
    pub session: Session,
    /// For how long the access token was good when it came, by the server's own clock; `None`
    /// when the server did not tell its time.
    pub good_for: Option<Duration>,
    /// The server's clock, to the second.
    pub server_time: Option<Timestamp>,
}

impl std::fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedIn").field("good_for", &self.good_for).finish_non_exhaustive()
    }
}

/// Why nobody was signed in.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SignInError {
    /// Workspace, e-mail and password do not belong together.
    #[error("workspace, e-mail or password is wrong")]
    WrongCredentials,
    /// Too many tries, or too much to do.
    #[error("the server asks to wait: try again later")]
    Throttled {
        /// Before the next try.
        retry_ms: u64,
    },
    /// Nobody answered, or not in time. [`Server::probe`] says more.
    #[error("the server cannot be reached")]
    Unreachable,
    /// Something answers there that is no server of this kind, or of another age than this app.
    #[error("this app and this server do not understand each other")]
    Incompatible,
    /// The device that was named was revoked: wipe what it holds, and sign in as a new one.
    #[error("this device was revoked")]
    DeviceRevoked,
    /// The server said no for another reason.
    #[error("the server refused the request ({status})")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The problem's code, when there was a problem document.
        code: Option<String>,
    },
}

/// The wait, in milliseconds, for a server that does not say how long.
const RETRY_MS: u64 = 1_000;

impl Server {
    /// Signs in. [`Login::device_id`] names the device if it has been here before.
    ///
    /// # Errors
    /// When nobody was signed in. Where the answer was lost, a session may have begun all the
    /// same, on a device that nobody uses.
    pub async fn sign_in(&self, login: &Login) -> Result<SignedIn, SignInError> {
        let reply = self.post_session("/api/v1/sessions", login, SIGN_IN_MAX).await;
        let reply = reply.map_err(|error| match error {
            NetError::NotSent | NetError::Lost => SignInError::Unreachable,
            NetError::TooLarge | NetError::Garbled => SignInError::Incompatible,
        })?;
        if reply.is_success() {
            return signed_in(&reply).map_err(|_odd| SignInError::Incompatible);
        }
        Err(refused(&reply))
    }

    /// Gives the refresh token back for a new session of the same device. Asked again with the
    /// same token it gives the same, until what it gave was used.
    ///
    /// # Errors
    /// As the link has to hear it ([`Input::Refreshed`](crate::link::Input::Refreshed)).
    pub async fn refresh(
        &self,
        refresh_token: &str,
        device_id: DeviceId,
    ) -> Result<SignedIn, Failure> {
        let refresh = Refresh { refresh_token: refresh_token.to_owned(), device_id };
        let reply = self.post_session("/api/v1/sessions/refresh", &refresh, REFRESH_MAX).await?;
        signed_in(&reply)
    }

    /// Ends the session of this device.
    ///
    /// # Errors
    /// When it may not have ended.
    pub async fn sign_out(&self, access_token: &str, device_id: DeviceId) -> Result<(), Failure> {
        let path = format!("/api/v1/sessions/{device_id}");
        let request = delete(&path, (SIGN_IN_MAX, SESSION_BYTES_MAX)).by(access_token);
        self.ask(request).await?.nothing()
    }

    async fn post_session(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
        within: Duration,
    ) -> Result<Reply, NetError> {
        let body = serde_json::to_vec(body).map_err(|_odd| NetError::NotSent)?;
        let request = request(Method::POST, path, Some(body), (within, SESSION_BYTES_MAX));
        // A refresh repeated gives the same again; signing in twice makes a second device.
        let is_repeatable = path.ends_with("/refresh");
        self.ask(Request { is_repeatable, ..request }).await
    }
}

fn signed_in(reply: &Reply) -> Result<SignedIn, Failure> {
    let session: Session = reply.read()?;
    let server_time = reply.server_time;
    let good_for = server_time.map(|now| {
        let ms = session.access_expires_at.since(now);
        Duration::from_millis(u64::try_from(ms).unwrap_or(0))
    });
    Ok(SignedIn { session, good_for, server_time })
}

fn refused(reply: &Reply) -> SignInError {
    let wait = reply.retry_after.and_then(|wait| u64::try_from(wait.as_millis()).ok());
    match (reply.status, reply.code()) {
        (403, Some("wrong_credentials")) => SignInError::WrongCredentials,
        (401, Some("device_revoked")) => SignInError::DeviceRevoked,
        (429 | 503, _) => SignInError::Throttled { retry_ms: wait.unwrap_or(RETRY_MS) },
        (404, _) | (426, Some(_)) | (300..=399, _) => SignInError::Incompatible,
        (status, code) => SignInError::Refused { status, code: code.map(str::to_owned) },
    }
}
