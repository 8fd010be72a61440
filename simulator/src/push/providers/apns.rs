//! Apple's push service: HTTP/2 alone, provider tokens, one app.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue, Method, Version};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde_json::{Value, json};
use uuid::Uuid;

use super::failing::{self, Connection, ErrorResponse, Refusals, Words, json_response};
use super::jwt::Jwt;
use crate::state::push::keys::{APNS_BUNDLE, APNS_KEY_ID, APNS_TEAM};
use crate::state::push::payload::{PushInput, PushLane};
use crate::state::push::service::{Handed, Odds};
use crate::state::push::{PushCall, PushFault};
use crate::state::shared::Shared;

const PAYLOAD_BYTES_MAX: usize = 4_096;
/// A provider token may be used so long, and be replaced no sooner than after the other.
const TOKEN_MS_MAX: i64 = 60 * 60 * 1_000;
const TOKEN_MS_MIN: i64 = 20 * 60 * 1_000;
/// A push is kept for a device that is off for 30 days at most.
const KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

const WORDS: Words = Words {
    unregistered: (410, "Unregistered"),
    invalid: (400, "BadDeviceToken"),
    wrong_sender: (400, "DeviceTokenNotForTopic"),
    unauthorized: (403, "ExpiredProviderToken"),
    third_party: (403, "InvalidProviderToken"),
    throttled: (429, "TooManyRequests"),
    unavailable: (503, "ServiceUnavailable"),
    internal: (500, "InternalServerError"),
    too_large: (413, "PayloadTooLarge"),
};

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new().route("/3/device/{token}", any(push))
}

async fn push(
    State(shared): State<Arc<Shared>>,
    Path(target): Path<String>,
    connection: Connection,
    (method, version, headers): (Method, Version, HeaderMap),
    body: Bytes,
) -> Response {
    if version != Version::HTTP_2 {
        return (axum::http::StatusCode::HTTP_VERSION_NOT_SUPPORTED, "HTTP/2 only").into_response();
    }
    let fresh_id = {
        let nth = shared.world().providers.next();
        let random = rand::RngExt::random(&mut shared.seeds.rng("apns id", "", nth));
        Uuid::from_bytes(random).hyphenated().to_string()
    };
    let id = header(&headers, "apns-id").unwrap_or(&fresh_id).to_owned();
    let fault = shared.world().providers.fault(&target);
    let is_delivered = fault.as_ref().is_none_or(PushFault::is_delivered);
    let request = Request { method: &method, headers: &headers, target: &target, body: &body };
    let taken = take(&shared, &request, &id, is_delivered);
    let since_ms = shared.world().providers.gone.get(&target).copied();
    let since_ms = since_ms.unwrap_or_else(|| shared.clock.now_ms());
    let refused = |told: ErrorResponse| refusal(told, since_ms);
    let done = || ().into_response();
    let reason = taken.err().map(|told| told.1.to_owned());
    let mut response = match (taken, fault) {
        (Err(told), _) => refused(told),
        (Ok(()), Some(fault)) => {
            let refusals = Refusals { words: &WORDS, write: refused };
            failing::answer(&shared, fault, &connection, refusals, done).await
        }
        (Ok(()), None) => done(),
    };
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("apns-id", id);
    }
    let told = headers.iter().filter(|(name, _)| name.as_str().starts_with("apns-"));
    let call = PushCall {
        at_ms: shared.clock.now_ms(),
        lane: "apns".to_owned(),
        target,
        status: if connection.cut.is_thrown() { 0 } else { response.status().as_u16() },
        reason,
        headers: told
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
            .collect::<BTreeMap<_, _>>(),
        body: String::from_utf8_lossy(&body).into_owned(),
        plaintext: None,
    };
    shared.answer(call).await;
    shared.dated(response)
}

/// A request to push to a device.
struct Request<'a> {
    method: &'a Method,
    headers: &'a HeaderMap,
    target: &'a str,
    body: &'a [u8],
}

fn take(
    shared: &Shared,
    request: &Request<'_>,
    id: &str,
    is_delivered: bool,
) -> Result<(), ErrorResponse> {
    let Request { method, headers, target, body } = *request;
    if *method != Method::POST {
        return Err((405, "MethodNotAllowed"));
    }
    let now_ms = shared.clock.now_ms();
    provider_token(shared, headers, now_ms)?;
    if target.len() < 16 || !target.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(WORDS.invalid);
    }
    let payload = check(headers, body)?;
    let mut world = shared.world();
    if world.providers.gone.contains_key(target) {
        return Err(WORDS.unregistered);
    }
    if !is_delivered {
        return Ok(());
    }
    let expires_at_ms = match header(headers, "apns-expiration").map(str::parse::<i64>) {
        None => now_ms.saturating_add(KEPT_MS),
        // Zero: now or never.
        Some(Ok(0)) => now_ms.saturating_add(1_000),
        Some(Ok(at_s)) => at_s.saturating_mul(1_000),
        Some(Err(_)) => return Err((400, "BadExpirationDate")),
    };
    let own_id = payload.get("id").and_then(Value::as_str);
    let knobs = Arc::clone(&world.knobs);
    let handed = Handed {
        lane: PushLane::Apns,
        target: target.to_owned(),
        id: own_id.unwrap_or(id).to_owned(),
        input: PushInput::Apns(payload.to_string()),
        collapse_key: header(headers, "apns-collapse-id").map(str::to_owned),
        expires_at_ms,
    };
    world.push.hand(handed, Odds { knobs: &knobs.push, seeds: shared.seeds }, now_ms);
    Ok(())
}

/// A provider token is no older than an hour and not replaced within 20 minutes.
fn provider_token(shared: &Shared, headers: &HeaderMap, now_ms: i64) -> Result<(), ErrorResponse> {
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = bearer.ok_or((403, "MissingProviderToken"))?;
    let token = bearer.strip_prefix("bearer ").or_else(|| bearer.strip_prefix("Bearer "));
    let token = token.ok_or((403, "MissingProviderToken"))?;
    let jwt = Jwt::read(token).ok_or(WORDS.third_party)?;
    let is_ours = jwt.key_id() == APNS_KEY_ID && jwt.text("iss") == APNS_TEAM;
    if !is_ours || !jwt.is_es256(&shared.push_keys.apns_public) {
        return Err(WORDS.third_party);
    }
    let iat_ms = jwt.number("iat").ok_or(WORDS.third_party)?.saturating_mul(1_000);
    if now_ms - iat_ms > TOKEN_MS_MAX || iat_ms - now_ms > TOKEN_MS_MAX {
        return Err(WORDS.unauthorized);
    }
    let mut world = shared.world();
    match &world.providers.apns_token {
        Some((known, _)) if known == token => Ok(()),
        Some((_, since_ms)) if now_ms - since_ms < TOKEN_MS_MIN => {
            Err((429, "TooManyProviderTokenUpdates"))
        }
        _ => {
            world.providers.apns_token = Some((token.to_owned(), now_ms));
            Ok(())
        }
    }
}

/// Checks headers and payload as Apple documents them.
fn check(headers: &HeaderMap, body: &[u8]) -> Result<Value, ErrorResponse> {
    match header(headers, "apns-topic") {
        None => return Err((400, "MissingTopic")),
        Some(topic) if topic != APNS_BUNDLE => return Err(WORDS.wrong_sender),
        Some(_) => {}
    }
    let push_type = header(headers, "apns-push-type").unwrap_or_default();
    if !matches!(push_type, "alert" | "background" | "voip" | "liveactivity" | "complication") {
        return Err((400, "InvalidPushType"));
    }
    let priority = header(headers, "apns-priority").unwrap_or("10");
    if !matches!(priority, "1" | "5" | "10") || (push_type == "background" && priority == "10") {
        return Err((400, "BadPriority"));
    }
    if header(headers, "apns-collapse-id").is_some_and(|id| id.len() > 64) {
        return Err((400, "BadCollapseId"));
    }
    if header(headers, "apns-id").is_some_and(|id| Uuid::parse_str(id).is_err()) {
        return Err((400, "BadMessageId"));
    }
    if body.is_empty() {
        return Err((400, "PayloadEmpty"));
    }
    if body.len() > PAYLOAD_BYTES_MAX {
        return Err(WORDS.too_large);
    }
    let payload = serde_json::from_slice::<Value>(body).ok();
    payload.filter(|payload| payload.get("aps").is_some()).ok_or((400, "PayloadEmpty"))
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn refusal((http, reason): ErrorResponse, since_ms: i64) -> Response {
    let mut body = json!({"reason": reason});
    if http == 410 {
        crate::base::json::put(&mut body, "timestamp", since_ms);
    }
    json_response(http, body)
}
