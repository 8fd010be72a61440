//! Who asks: every route names who may, and is guarded before its handler runs.
//!
//! Programs send `Authorization: Bearer`, browsers a cookie. A cookie travels with requests that
//! other sites cause, so that with it whatever changes something must name an allowed origin.

use std::time::Duration;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts as Head;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use baton_domain::see::rights::{Act, Voice};

use super::input::ByHttps;
use super::problem::Fault;
use super::{ApiState, Shared};
use crate::accounts::{Accounts, Slots};
use crate::speaker::{Party, Speaker};

/// Who may use a route.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Access {
    /// Anybody; the handler itself proves what it must (passwords, signatures).
    Public,
    /// Whoever is signed in, each within their scope.
    Signed,
    /// A person who is signed in: no program with a key.
    Person,
    /// A device, by its session or, in a process without one, by its receipt key.
    Device,
    /// Supervisors, each for their teams, and admins.
    Supervisor,
    /// Admins of the workspace.
    Admin,
}

impl Access {
    /// The act that a request by such a route is in the table of rights; `None` where anybody
    /// may.
    pub fn act(self, method: &Method) -> Option<Act> {
        Some(match self {
            Self::Public => return None,
            Self::Signed if method.is_safe() => Act::Read,
            Self::Signed => Act::Work,
            Self::Person => Act::OwnAccount,
            Self::Device => Act::TellPushes,
            Self::Supervisor => Act::Oversee,
            Self::Admin if method.is_safe() => Act::ReadSetUp,
            Self::Admin => Act::SetUp,
        })
    }
}

/// Requests of one agent, or of one key, that are answered at once, as many as a browser sends. So
/// a member who reads as fast as possible leaves the database to the others.
const AT_ONCE: usize = 6;
/// How long the others wait for their turn.
const PATIENCE: Duration = Duration::from_secs(10);
/// After it, somebody whose request found no room asks again.
const AGAIN: Duration = Duration::from_secs(1);

/// The slots of all agents and keys.
pub(super) fn slots() -> Slots<Party> {
    Slots::new(AT_ONCE, PATIENCE)
}

/// The cookie with the access token.
pub(super) const ACCESS_COOKIE: &str = "baton_access";
/// The cookie with the refresh token; sent to `/sessions/refresh` alone.
pub(super) const REFRESH_COOKIE: &str = "baton_refresh";
/// The same over HTTPS, by names under which no other host and no page without TLS can set any.
pub(super) const ACCESS_COOKIE_SECURE: &str = "__Host-baton_access";
/// See [`ACCESS_COOKIE_SECURE`].
pub(super) const REFRESH_COOKIE_SECURE: &str = "__Host-baton_refresh";

/// Lets through who may, and tells the handler who it is.
pub(super) async fn guard(
    State((parts, access, may_have_query)): State<(Shared, Access, bool)>,
    mut request: Request,
    next: Next,
) -> Response {
    if !may_have_query && request.uri().query().is_some_and(|query| !query.is_empty()) {
        return Fault::invalid("this address takes no parameters").into_response();
    }
    let ByHttps(is_https) = request.extensions().get().copied().unwrap_or_default();
    let asked = Asked { method: request.method(), headers: request.headers(), is_https };
    match allow(&parts, access, asked).await {
        Ok(None) => next.run(request).await,
        Ok(Some(speaker)) => {
            request.extensions_mut().insert(speaker);
            // What tells of pushes waits for nobody.
            if speaker.voice == Voice::Device {
                return next.run(request).await;
            }
            let Some(_slot) = parts.queues.slots.take(speaker.party()).await else {
                return Fault::busy("too many requests of this agent at once", AGAIN)
                    .into_response();
            };
            next.run(request).await
        }
        Err(fault) => fault.into_response(),
    }
}

/// How something is asked for.
#[derive(Clone, Copy)]
struct Asked<'a> {
    method: &'a Method,
    headers: &'a HeaderMap,
    is_https: bool,
}

/// The speaker, once they may; `None` where nobody has to say who they are.
async fn allow(
    parts: &ApiState,
    access: Access,
    asked: Asked<'_>,
) -> Result<Option<Speaker>, Fault> {
    let Asked { method, headers, .. } = asked;
    let origin = check_origin(parts, asked)?;
    let Some(act) = access.act(method) else { return Ok(None) };
    let is_of_device = |token: &&str| access == Access::Device && Accounts::is_receipt_key(token);
    let bearer = bearer(headers)?;
    let speaker = match bearer {
        Some(key) if is_of_device(&key) => parts.accounts.by_receipt_key(key).await?,
        Some(token) => parts.accounts.authenticate(token).await?,
        None => {
            let token = cookie(headers, ACCESS_COOKIE_SECURE)
                .or_else(|| cookie(headers, ACCESS_COOKIE))
                .ok_or_else(Fault::unauthenticated)?;
            let signed = parts.accounts.authenticate_cookie(token).await?;
            if !method.is_safe() && origin == Origin::None {
                return Err(Fault::origin());
            }
            signed
        }
    };
    match speaker.allow(act) {
        Ok(()) => Ok(Some(speaker)),
        Err(not_yours) => Err(Fault::forbidden(not_yours.detail())),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    None,
    Allowed,
}

/// What changes something may come from no page of a stranger, whoever is signed in there.
fn check_origin(parts: &ApiState, asked: Asked<'_>) -> Result<Origin, Fault> {
    let Asked { method, headers, is_https } = asked;
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let (first, second) = (origins.next(), origins.next());
    let Some(origin) = first else { return Ok(Origin::None) };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let text = origin.to_str().map_err(|_odd| Fault::origin())?;
    if parts.http.allows_origin(Some(text), host, is_https) && second.is_none() {
        Ok(Origin::Allowed)
    } else if method.is_safe() {
        Ok(Origin::None)
    } else {
        Err(Fault::origin())
    }
}

fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Fault> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let text = value.to_str().map_err(|_odd| Fault::unauthenticated())?;
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token.trim())),
        _ => Err(Fault::unauthenticated()),
    }
}

/// The value of a cookie.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

impl<S: Sync> FromRequestParts<S> for Speaker {
    type Rejection = Fault;

    async fn from_request_parts(head: &mut Head, _: &S) -> Result<Self, Fault> {
        // The guard put it there; a route without one lets nobody in.
        head.extensions.get::<Self>().copied().ok_or_else(Fault::unauthenticated)
    }
}
