//! `/sessions`: signing in and out, refreshing, the devices of a person; tickets for sockets.
//!
//! With `?cookie=true` the tokens travel in `HttpOnly` cookies that no script can read, and stand
//! empty in the answer.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use baton_protocol::account::{Device, Login, Refresh, Session};
use baton_protocol::settings::SocketTicket;
use baton_protocol::{AgentId, DeviceId};
use schemars::JsonSchema;
use serde::Deserialize;

use super::auth::{
    ACCESS_COOKIE, ACCESS_COOKIE_SECURE, REFRESH_COOKIE, REFRESH_COOKIE_SECURE, cookie,
};
use super::input::{Id, Json, Peer, Query};
use super::{Access, ApiState, Fault, HandlerResult, Route, Shared};
use crate::accounts::{AccountError, Signed, TICKET_TTL};

/// How tokens travel.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Carriage {
    /// For browsers: tokens travel in `HttpOnly` cookies and stand empty in the answer.
    #[serde(default)]
    cookie: bool,
}

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post(Access::Public, "/api/v1/sessions", sign_in)
            .says("Signs in.")
            .query::<Carriage>()
            .takes::<Login>()
            .answers::<Session>(201)
            .codes(&["wrong_credentials", "rate_limited"]),
        Route::post(Access::Public, "/api/v1/sessions/refresh", refresh)
            .says("Gives the next pair of tokens.")
            .query::<Carriage>()
            .takes::<Refresh>()
            .answers::<Session>(200)
            .codes(&["unauthenticated", "device_revoked", "rate_limited"]),
        Route::get(Access::Person, "/api/v1/sessions", devices)
            .says("The devices on which you are signed in.")
            .answers::<Vec<Device>>(200),
        Route::delete(Access::Person, "/api/v1/sessions/{device}", end)
            .says("Signs out here, or revokes elsewhere.")
            .done()
            .codes(&["not_found"]),
        Route::post(Access::Person, "/api/v1/socket-tickets", ticket)
            .says("A ticket for one `hello`, valid 30 seconds.")
            .answers::<SocketTicket>(201),
        Route::get(Access::Admin, "/api/v1/agents/{agent}/sessions", of_agent)
            .says("The devices of a colleague.")
            .answers::<Vec<Device>>(200)
            .codes(&["not_found"]),
    ]
}

/// `POST /sessions`.
pub(super) async fn sign_in(
    State(parts): State<Shared>,
    Peer(from): Peer,
    Query(carriage): Query<Carriage>,
    headers: HeaderMap,
    Json(login): Json<Login>,
) -> HandlerResult<Response> {
    let session = parts.accounts.sign_in(&login, from).await;
    let now = parts.clock.monotonic();
    parts.metrics.sign_ins.inc(match &session {
        Ok(_) => "accepted",
        Err(AccountError::WrongCredentials) => {
            parts.notices.wrong_password(from, now);
            "wrong"
        }
        Err(AccountError::TooManyTries { .. }) => {
            parts.notices.throttled(from, now);
            "throttled"
        }
        Err(_) => "failed",
    });
    let session = session?;
    answer(&parts, StatusCode::CREATED, session, carriage, &headers)
}

/// `POST /sessions/refresh`.
pub(super) async fn refresh(
    State(parts): State<Shared>,
    Query(carriage): Query<Carriage>,
    headers: HeaderMap,
    Json(mut refresh): Json<Refresh>,
) -> HandlerResult<Response> {
    if carriage.cookie {
        // The cookie comes along whoever makes the browser ask.
        if !headers.contains_key(header::ORIGIN) {
            return Err(Fault::origin());
        }
        let token = cookie(&headers, REFRESH_COOKIE_SECURE)
            .or_else(|| cookie(&headers, REFRESH_COOKIE))
            .ok_or_else(Fault::unauthenticated)?;
        token.clone_into(&mut refresh.refresh_token);
    }
    let session = parts.accounts.refresh(&refresh).await;
    parts.metrics.refreshes.inc(match &session {
        Ok(_) => "accepted",
        Err(AccountError::Reused) => "reused",
        Err(AccountError::DeviceRevoked) => "revoked",
        Err(AccountError::SignInAgain) => "over",
        Err(_) => "failed",
    });
    let session = session?;
    answer(&parts, StatusCode::OK, session, carriage, &headers)
}

/// `GET /agents/{agent}/sessions`.
pub(super) async fn of_agent(
    State(parts): State<Shared>,
    signed: Signed,
    Id(agent): Id<AgentId>,
) -> HandlerResult<axum::Json<Vec<Device>>> {
    let devices = parts.accounts.devices_of(signed.workspace, agent, Some(signed.device));
    Ok(axum::Json(devices.await?))
}

/// `GET /sessions`.
pub(super) async fn devices(
    State(parts): State<Shared>,
    signed: Signed,
) -> HandlerResult<axum::Json<Vec<Device>>> {
    Ok(axum::Json(parts.accounts.devices(signed).await?))
}

/// `DELETE /sessions/{device}`: signs out here, revokes elsewhere.
pub(super) async fn end(
    State(parts): State<Shared>,
    signed: Signed,
    Id(device): Id<DeviceId>,
) -> HandlerResult<Response> {
    let mut response = StatusCode::NO_CONTENT.into_response();
    if device != signed.device {
        parts.accounts.revoke(&parts.engine, signed, device).await?;
    } else {
        parts.accounts.sign_out(signed).await?;
        for (name, path) in COOKIES {
            let text = format!("{name}=; Path={path}; Max-Age=0; HttpOnly; SameSite=Lax");
            put_cookie(&mut response, &text)?;
        }
        for name in COOKIES_SECURE {
            let text = format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure");
            put_cookie(&mut response, &text)?;
        }
    }
    Ok(response)
}

/// `POST /socket-tickets`.
pub(super) async fn ticket(
    State(parts): State<Shared>,
    signed: Signed,
) -> HandlerResult<(StatusCode, axum::Json<SocketTicket>)> {
    let ticket = parts.accounts.ticket(signed).await?.expose().to_owned();
    let ttl_ms = i64::try_from(TICKET_TTL.as_millis()).unwrap_or(0);
    let expires_at = parts.clock.now().plus_ms(ttl_ms);
    Ok((StatusCode::CREATED, axum::Json(SocketTicket { ticket, expires_at })))
}

const COOKIES: [(&str, &str); 2] =
    [(ACCESS_COOKIE, "/api/v1"), (REFRESH_COOKIE, "/api/v1/sessions/refresh")];
/// Browsers take a name that begins so with the path / alone.
const COOKIES_SECURE: [&str; 2] = [ACCESS_COOKIE_SECURE, REFRESH_COOKIE_SECURE];

/// Answers with a session, its tokens in the body or in cookies.
pub(super) fn answer(
    parts: &ApiState,
    status: StatusCode,
    mut session: Session,
    carriage: Carriage,
    headers: &HeaderMap,
) -> HandlerResult<Response> {
    if !carriage.cookie {
        return Ok((status, axum::Json(session)).into_response());
    }
    // Behind a proxy only the browser's own word tells whether it came over TLS.
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    let is_secure = origin.is_some_and(|origin| origin.starts_with("https://"));
    let tokens = [
        (std::mem::take(&mut session.access_token), parts.sessions.access_ms()),
        (std::mem::take(&mut session.refresh_token), parts.sessions.refresh_ms()),
    ];
    let mut response = (status, axum::Json(session)).into_response();
    let names = COOKIES.into_iter().zip(COOKIES_SECURE);
    for (((plain, path), secure), (token, ms)) in names.zip(tokens) {
        let age = ms / 1_000;
        let text = match is_secure {
            true => {
                format!("{secure}={token}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax; Secure")
            }
            false => format!("{plain}={token}; Path={path}; Max-Age={age}; HttpOnly; SameSite=Lax"),
        };
        put_cookie(&mut response, &text)?;
    }
    Ok(response)
}

fn put_cookie(response: &mut Response, text: &str) -> HandlerResult<()> {
    let value = HeaderValue::from_str(text).map_err(|error| Fault::internal(&error))?;
    response.headers_mut().append(header::SET_COOKIE, value);
    Ok(())
}
