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
use baton_domain::group::Key;
use baton_protocol::{AgentId, Role};

use super::input::ByHttps;
use super::problem::Fault;
use super::{ApiState, Shared};
use crate::accounts::{Accounts, KeyUse, Reporter, Signed, Slots};

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

/// Requests of one agent that are answered at once, as many as a browser sends. So a member who
/// reads as fast as possible leaves the database to the others.
const AT_ONCE: usize = 6;
/// How long the agent's other requests wait for their turn.
const PATIENCE: Duration = Duration::from_secs(10);
/// After it, somebody whose request found no room asks again.
const AGAIN: Duration = Duration::from_secs(1);

/// The slots of all agents.
pub(super) fn slots() -> Slots<Key<AgentId>> {
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
        Ok(Asker::Anybody) => next.run(request).await,
        Ok(Asker::Signed(signed)) => {
            let Some(_slot) = parts.queues.slots.take((signed.workspace, signed.agent)).await
            else {
                return Fault::busy("too many requests of this agent at once", AGAIN)
                    .into_response();
            };
            request.extensions_mut().insert(signed);
            request.extensions_mut().insert(Reporter::from(signed));
            next.run(request).await
        }
        Ok(Asker::Reporter(reporter)) => {
            request.extensions_mut().insert(reporter);
            next.run(request).await
        }
        Err(fault) => fault.into_response(),
    }
}

/// Who asks, as far as it was asked for.
enum Asker {
    Anybody,
    Signed(Signed),
    Reporter(Reporter),
}

/// How something is asked for.
#[derive(Clone, Copy)]
struct Asked<'a> {
    method: &'a Method,
    headers: &'a HeaderMap,
    is_https: bool,
}

async fn allow(parts: &ApiState, access: Access, asked: Asked<'_>) -> Result<Asker, Fault> {
    let Asked { method, headers, .. } = asked;
    let origin = check_origin(parts, asked)?;
    if access == Access::Public {
        return Ok(Asker::Anybody);
    }
    let bearer = bearer(headers)?;
    if let Some(key) = bearer.filter(|_| access == Access::Device)
        && Accounts::is_receipt_key(key)
    {
        return Ok(Asker::Reporter(parts.accounts.reporter(key).await?));
    }
    let signed = match bearer {
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
    allow_key(access, method, signed)?;
    if access == Access::Admin && signed.role != Role::Admin {
        return Err(Fault::forbidden("this is for admins"));
    }
    if access == Access::Supervisor && signed.role < Role::Supervisor {
        return Err(Fault::forbidden("this is for supervisors"));
    }
    Ok(Asker::Signed(signed))
}

/// Refuses what is not a program's to do with its key, whatever its agent may.
fn allow_key(access: Access, method: &Method, signed: Signed) -> Result<(), Fault> {
    match signed.key {
        None => Ok(()),
        Some(_) if access == Access::Person => {
            Err(Fault::forbidden("this is for people: sign in without a key"))
        }
        Some(_) if access == Access::Admin && !method.is_safe() => {
            Err(Fault::forbidden("a key sets nothing up: sign in as an admin"))
        }
        Some(KeyUse::Reads) if !method.is_safe() => Err(Fault::forbidden("this key only reads")),
        Some(_) => Ok(()),
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

impl<S: Sync> FromRequestParts<S> for Signed {
    type Rejection = Fault;

    async fn from_request_parts(head: &mut Head, _: &S) -> Result<Self, Fault> {
        // The guard put it there; a route without one lets nobody in.
        head.extensions.get::<Self>().copied().ok_or_else(Fault::unauthenticated)
    }
}

impl<S: Sync> FromRequestParts<S> for Reporter {
    type Rejection = Fault;

    async fn from_request_parts(head: &mut Head, _: &S) -> Result<Self, Fault> {
        head.extensions.get::<Self>().copied().ok_or_else(Fault::unauthenticated)
    }
}
