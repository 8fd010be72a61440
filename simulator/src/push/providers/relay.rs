//! A relay, as docs/push.md describes it: it hands the phone what it was given, and cannot read it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::response::Response;
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::json;

use super::failing::{self, Connection, ErrorResponse, Refusals, Words, json_response};
use super::open;
use crate::state::push::payload::{PushInput, PushLane};
use crate::state::push::service::{Handed, Odds};
use crate::state::push::{PushCall, PushFault};
use crate::state::shared::Shared;

/// The key that the operator of a server was given.
pub(super) const KEY: &str = "relay-key-of-the-simulator";
/// Base64url that still fits into a push of Firebase and of Apple.
const CIPHERTEXT_MAX: usize = 3_900;
const TTL_S_MAX: i64 = 2_419_200;

const WORDS: Words = Words {
    unregistered: (410, "gone"),
    invalid: (400, "invalid"),
    wrong_sender: (403, "forbidden"),
    unauthorized: (401, "unauthorized"),
    third_party: (401, "unauthorized"),
    throttled: (429, "busy"),
    unavailable: (503, "unavailable"),
    internal: (500, "internal"),
    too_large: (413, "too_large"),
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    v: u32,
    lane: String,
    target: String,
    ciphertext: String,
    collapse: String,
    ttl: i64,
    prio: String,
}

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new().route("/push/relay", post(push).get(check))
}

/// Whether the key is known.
async fn check(headers: HeaderMap) -> Response {
    match key(&headers) {
        Ok(()) => json_response(200, json!({"ready": true})),
        Err(told) => refusal(told),
    }
}

async fn push(
    State(shared): State<Arc<Shared>>,
    connection: Connection,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let order = serde_json::from_slice::<Order>(&body).ok();
    let target = order.as_ref().map(|order| order.target.clone()).unwrap_or_default();
    let fault = shared.world().providers.fault(&target);
    let is_delivered = fault.as_ref().is_none_or(PushFault::is_delivered);
    let taken =
        key(&headers).and_then(|()| take(&shared, order.ok_or((400, "no order"))?, is_delivered));
    let done = || json_response(202, json!({"accepted": true}));
    let (plaintext, reason) = match &taken {
        Ok(plaintext) => (plaintext.clone(), None),
        Err((_, why)) => (None, Some((*why).to_owned())),
    };
    let response = match (taken, fault) {
        (Err(told), _) => refusal(told),
        (Ok(_), Some(fault)) => {
            let refusals = Refusals { words: &WORDS, write: refusal };
            failing::answer(&shared, fault, &connection, refusals, done).await
        }
        (Ok(_), None) => done(),
    };
    let call = PushCall {
        at_ms: shared.clock.now_ms(),
        lane: "relay".to_owned(),
        target,
        status: if connection.cut.is_thrown() { 0 } else { response.status().as_u16() },
        reason,
        headers: BTreeMap::new(),
        body: String::from_utf8_lossy(&body).into_owned(),
        plaintext,
    };
    shared.answer(call).await;
    shared.dated(response)
}

fn key(headers: &HeaderMap) -> Result<(), ErrorResponse> {
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let is_known = given.and_then(|value| value.strip_prefix("Bearer ")) == Some(KEY);
    if is_known { Ok(()) } else { Err(WORDS.unauthorized) }
}

/// Checks an order and hands it to the phone; returns what a simulated phone decrypted, whose
/// target is the endpoint of a subscription.
fn take(
    shared: &Shared,
    order: Order,
    is_delivered: bool,
) -> Result<Option<String>, ErrorResponse> {
    let Order { v, lane, target, ciphertext, collapse, ttl, prio } = order;
    if v != 1 || !matches!(lane.as_str(), "fcm" | "apns") || target.is_empty() {
        return Err((400, "v, lane or target"));
    }
    if !(1..=64).contains(&collapse.len()) || !(0..=TTL_S_MAX).contains(&ttl) {
        return Err((400, "collapse or ttl"));
    }
    if !matches!(prio.as_str(), "high" | "normal" | "silent") {
        return Err((400, "prio"));
    }
    if ciphertext.len() > CIPHERTEXT_MAX {
        return Err(WORDS.too_large);
    }
    let sealed = URL_SAFE_NO_PAD.decode(&ciphertext).unwrap_or_default();
    if !open::has_form(&sealed) {
        return Err((400, "the ciphertext is not aes128gcm"));
    }
    let now_ms = shared.clock.now_ms();
    let mut world = shared.world();
    if world.providers.gone.contains_key(&target) {
        return Err(WORDS.unregistered);
    }
    let phone = world.providers.subscriptions.get(&target);
    let opened = phone.map(|one| open::open(&sealed, &one.key, &one.auth));
    let plaintext = match opened.transpose() {
        Ok(plaintext) => plaintext.map(|text| String::from_utf8_lossy(&text).into_owned()),
        Err(error) => {
            tracing::warn!(%error, "a phone could not decrypt its push");
            return Err((400, "the phone could not decrypt the ciphertext"));
        }
    };
    if is_delivered {
        let nth = world.providers.next();
        let knobs = Arc::clone(&world.knobs);
        let handed = Handed {
            lane: PushLane::Relay,
            target,
            id: format!("relay-{nth}"),
            input: PushInput::WebPush(ciphertext),
            collapse_key: Some(collapse),
            expires_at_ms: now_ms.saturating_add(ttl.max(1) * 1_000),
        };
        world.push.hand(handed, Odds { knobs: &knobs.push, seeds: shared.seeds }, now_ms);
    }
    Ok(plaintext)
}

fn refusal((status, error): ErrorResponse) -> Response {
    json_response(status, json!({"error": error}))
}
