//! Web Push (RFC 8030) with VAPID (RFC 8292): browsers' services and distributors on phones.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::{AUTHORIZATION, CONTENT_ENCODING};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::failing::{self, Connection, ErrorResponse, Refusals, Words};
use super::jwt::Jwt;
use super::open;
use crate::state::push::payload::{PushInput, PushLane};
use crate::state::push::service::{Handed, Odds};
use crate::state::push::{PushCall, PushFault};
use crate::state::shared::Shared;

const BODY_BYTES_MAX: usize = 4_096;
/// The longest time that a push may be kept: four weeks.
const TTL_S_MAX: i64 = 2_419_200;
/// The longest life of a VAPID token: one day.
const VAPID_S_MAX: i64 = 24 * 60 * 60;

const WORDS: Words = Words {
    unregistered: (410, "gone"),
    invalid: (400, "bad request"),
    wrong_sender: (403, "forbidden"),
    unauthorized: (401, "unauthorized"),
    third_party: (401, "unauthorized"),
    throttled: (429, "too many requests"),
    unavailable: (503, "unavailable"),
    internal: (500, "internal error"),
    too_large: (413, "too large"),
};

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new().route("/push/web/{id}", post(push))
}

async fn push(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    connection: Connection,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let target = format!("{}/push/web/{id}", shared.base_url);
    let fault = shared.world().providers.fault(&target);
    let is_delivered = fault.as_ref().is_none_or(PushFault::is_delivered);
    let taken = take(&shared, &headers, &target, &body, is_delivered);
    let refused = |(status, why): ErrorResponse| {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, why).into_response()
    };
    let done = || {
        let location = format!("{}/push/messages/{id}", shared.base_url);
        (StatusCode::CREATED, [("location", location), ("ttl", ttl(&headers))]).into_response()
    };
    let (plaintext, reason) = match &taken {
        Ok(plaintext) => (plaintext.clone(), None),
        Err((_, why)) => (None, Some((*why).to_owned())),
    };
    let response = match (taken, fault) {
        (Err(told), _) => refused(told),
        (Ok(_), Some(fault)) => {
            let refusals = Refusals { words: &WORDS, write: refused };
            failing::answer(&shared, fault, &connection, refusals, done).await
        }
        (Ok(_), None) => done(),
    };
    let told = ["ttl", "urgency", "topic", "content-encoding"];
    let call = PushCall {
        at_ms: shared.clock.now_ms(),
        lane: "webpush".to_owned(),
        target,
        status: if connection.cut.is_thrown() { 0 } else { response.status().as_u16() },
        reason,
        headers: told
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), text(&headers, name)?.to_owned())))
            .collect::<BTreeMap<_, _>>(),
        body: URL_SAFE_NO_PAD.encode(&body),
        plaintext,
    };
    shared.answer(call).await;
    shared.dated(response)
}

/// Checks a push and hands it to the phone; returns what a simulated browser decrypted.
fn take(
    shared: &Shared,
    headers: &HeaderMap,
    target: &str,
    body: &[u8],
    is_delivered: bool,
) -> Result<Option<String>, ErrorResponse> {
    let ttl_s = text(headers, "ttl").and_then(|ttl| ttl.parse::<i64>().ok());
    let ttl_s = ttl_s.filter(|ttl| *ttl >= 0).ok_or((400, "TTL is required"))?.min(TTL_S_MAX);
    if text(headers, "urgency")
        .is_some_and(|urgency| !matches!(urgency, "very-low" | "low" | "normal" | "high"))
    {
        return Err((400, "Urgency is not known"));
    }
    let topic = text(headers, "topic");
    let is_topic = |topic: &str| {
        (1..=32).contains(&topic.len())
            && topic.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    if topic.is_some_and(|topic| !is_topic(topic)) {
        return Err((400, "Topic must be base64url of at most 32 characters"));
    }
    if body.len() > BODY_BYTES_MAX {
        return Err(WORDS.too_large);
    }
    if text(headers, CONTENT_ENCODING.as_str()) != Some("aes128gcm") || !open::has_form(body) {
        return Err((400, "the body is not aes128gcm"));
    }
    let now_ms = shared.clock.now_ms();
    let mut world = shared.world();
    let wanted = world.providers.subscriptions.get(target).map(|one| one.vapid_key.clone());
    vapid(shared, headers, wanted.flatten().as_deref(), now_ms)?;
    if world.providers.gone.contains_key(target) {
        return Err(WORDS.unregistered);
    }
    let opened =
        world.providers.subscriptions.get(target).map(|one| open::open(body, &one.key, &one.auth));
    let plaintext = match opened {
        None => None,
        Some(Ok(plaintext)) => Some(String::from_utf8_lossy(&plaintext).into_owned()),
        // A real service cannot see this; the browser would drop it in silence.
        Some(Err(error)) => {
            tracing::warn!(%error, "a browser could not decrypt its push");
            return Err((400, "the browser could not decrypt the body"));
        }
    };
    if is_delivered {
        let nth = world.providers.next();
        let knobs = Arc::clone(&world.knobs);
        let handed = Handed {
            lane: PushLane::Webpush,
            target: target.to_owned(),
            id: format!("web-{nth}"),
            input: PushInput::WebPush(URL_SAFE_NO_PAD.encode(body)),
            collapse_key: topic.map(str::to_owned),
            expires_at_ms: now_ms.saturating_add(ttl_s.max(1) * 1_000),
        };
        world.push.hand(handed, Odds { knobs: &knobs.push, seeds: shared.seeds }, now_ms);
    }
    Ok(plaintext)
}

/// `Authorization: vapid t=<token>, k=<public key>`.
fn vapid(
    shared: &Shared,
    headers: &HeaderMap,
    wanted: Option<&str>,
    now_ms: i64,
) -> Result<(), ErrorResponse> {
    let unauthorized = |why| Err((401, why));
    let Some(given) = text(headers, AUTHORIZATION.as_str()).and_then(|v| v.strip_prefix("vapid "))
    else {
        return unauthorized("VAPID is required");
    };
    let part = |name: &str| {
        given.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
    };
    let (Some(token), Some(key)) = (part("t"), part("k")) else {
        return unauthorized("VAPID needs t and k");
    };
    let public = URL_SAFE_NO_PAD.decode(key).unwrap_or_default();
    let Some(jwt) = Jwt::read(token).filter(|jwt| jwt.is_es256(&public)) else {
        return unauthorized("the VAPID signature is wrong");
    };
    if jwt.text("aud") != shared.base_url {
        return unauthorized("aud is not the origin of the endpoint");
    }
    let now_s = now_ms.div_euclid(1_000);
    let lasts = jwt.number("exp").map(|exp| exp - now_s);
    if !lasts.is_some_and(|lasts| (1..=VAPID_S_MAX).contains(&lasts)) {
        return unauthorized("exp is over or more than 24 hours away");
    }
    let subject = jwt.text("sub");
    if !subject.is_empty() && !subject.starts_with("mailto:") && !subject.starts_with("https:") {
        return unauthorized("sub is neither mailto: nor https:");
    }
    if wanted.is_some_and(|wanted| wanted != key) {
        return Err((403, "the subscription is for another VAPID key"));
    }
    Ok(())
}

fn ttl(headers: &HeaderMap) -> String {
    let asked = text(headers, "ttl").and_then(|ttl| ttl.parse::<i64>().ok());
    asked.unwrap_or_default().min(TTL_S_MAX).to_string()
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}
