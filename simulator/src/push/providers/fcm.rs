//! Firebase Cloud Messaging, HTTP v1.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::response::Response;
use axum::routing::post;
use serde_json::{Map, Value, json};

use super::failing::{self, Connection, ErrorResponse, Refusals, Words, json_response};
use super::text_of;
use crate::state::push::keys::PROJECT;
use crate::state::push::payload::{PushInput, PushLane};
use crate::state::push::providers::Providers;
use crate::state::push::service::{Handed, Odds};
use crate::state::push::{PushCall, PushFault};
use crate::state::shared::Shared;

const PAYLOAD_BYTES_MAX: usize = 4_096;
/// Four weeks.
const TTL_S_MAX: i64 = 2_419_200;
/// Messages to one device.
const PER_MINUTE: usize = 240;
const PER_HOUR: usize = 5_000;
/// Collapsible messages to one device: a burst, and one more every three minutes.
const COLLAPSIBLE_BURST: i64 = 20;
const COLLAPSIBLE_EVERY_MS: i64 = 180_000;

const WORDS: Words = Words {
    unregistered: (404, "UNREGISTERED"),
    invalid: (400, "INVALID_ARGUMENT"),
    wrong_sender: (403, "SENDER_ID_MISMATCH"),
    unauthorized: (401, "UNAUTHENTICATED"),
    third_party: (401, "THIRD_PARTY_AUTH_ERROR"),
    throttled: (429, "QUOTA_EXCEEDED"),
    unavailable: (503, "UNAVAILABLE"),
    internal: (500, "INTERNAL"),
    too_large: (400, "INVALID_ARGUMENT"),
};

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new().route("/v1/projects/{project}/messages:send", post(send))
}

async fn send(
    State(shared): State<Arc<Shared>>,
    Path(project): Path<String>,
    connection: Connection,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let read = serde_json::from_slice::<Value>(&body).unwrap_or_default();
    let message = read.get("message").cloned().unwrap_or_default();
    let target = ["token", "fid"].iter().map(|name| text_of(&message, name));
    let target = target.max().unwrap_or_default().to_owned();
    let fault = shared.world().providers.fault(&target);
    let is_delivered = fault.as_ref().is_none_or(PushFault::is_delivered);
    let request = Request { project: &project, body: &read, message: &message, target: &target };
    let taken = take(&shared, &headers, &request, is_delivered);
    let refused = |told: ErrorResponse| refusal(told, None);
    let reason = taken.as_ref().err().map(|(told, _)| told.1.to_owned());
    let response = match (taken, fault) {
        (Err((told, why)), _) => refusal(told, Some(&why)),
        (Ok(name), Some(fault)) => {
            let done = || json_response(200, json!({"name": name}));
            let refusals = Refusals { words: &WORDS, write: refused };
            failing::answer(&shared, fault, &connection, refusals, done).await
        }
        (Ok(name), None) => json_response(200, json!({"name": name})),
    };
    let call = PushCall {
        at_ms: shared.clock.now_ms(),
        lane: "fcm".to_owned(),
        target,
        status: if connection.cut.is_thrown() { 0 } else { response.status().as_u16() },
        reason,
        headers: BTreeMap::new(),
        body: String::from_utf8_lossy(&body).into_owned(),
        plaintext: None,
    };
    shared.answer(call).await;
    shared.dated(response)
}

type Refused = (ErrorResponse, String);

/// A request to send: its body, the message in that, and the device the message is for.
struct Request<'a> {
    project: &'a str,
    body: &'a Value,
    message: &'a Value,
    target: &'a str,
}

/// Checks a message and hands it to the phone; returns its name.
fn take(
    shared: &Shared,
    headers: &HeaderMap,
    request: &Request<'_>,
    is_delivered: bool,
) -> Result<String, Refused> {
    let Request { project, body, message, target } = *request;
    let now_ms = shared.clock.now_ms();
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    let mut world = shared.world();
    if world.providers.tokens.get(bearer).is_none_or(|until_ms| *until_ms <= now_ms) {
        let why = "Request had invalid authentication credentials.";
        return Err((WORDS.unauthorized, why.to_owned()));
    }
    if project != PROJECT {
        return Err((WORDS.wrong_sender, "SenderId mismatch".to_owned()));
    }
    let invalid = |why: &str| (WORDS.invalid, why.to_owned());
    let (data, ttl_s) = check(body, message).map_err(|why| invalid(&why))?;
    if world.providers.gone.contains_key(target) {
        return Err((WORDS.unregistered, "Requested entity was not found.".to_owned()));
    }
    let nth = world.providers.next();
    if body.get("validate_only") == Some(&Value::Bool(true)) {
        return Ok(format!("projects/{PROJECT}/messages/fake_message_id"));
    }
    let collapse_key = message.pointer("/android/collapse_key").and_then(Value::as_str);
    let knobs = Arc::clone(&world.knobs);
    if knobs.push.enforces_rates
        && !has_room(&mut world.providers, target, collapse_key.is_some(), now_ms)
    {
        return Err((WORDS.throttled, "Device message rate exceeded.".to_owned()));
    }
    let name = format!("projects/{PROJECT}/messages/0:{nth:016}%simulator");
    if is_delivered {
        let id = data.get("id").cloned().unwrap_or_else(|| name.clone());
        let handed = Handed {
            lane: PushLane::Fcm,
            target: target.to_owned(),
            id,
            input: input(data, message),
            collapse_key: collapse_key.map(str::to_owned),
            expires_at_ms: now_ms.saturating_add(ttl_s.max(1) * 1_000),
        };
        world.push.hand(handed, Odds { knobs: &knobs.push, seeds: shared.seeds }, now_ms);
    }
    Ok(name)
}

/// The input for the phone: data for Android, the notification where there is only Apple's.
fn input(data: BTreeMap<String, String>, message: &Value) -> PushInput {
    match message.pointer("/apns/payload") {
        Some(payload) if data.is_empty() => PushInput::Apns(payload.to_string()),
        _ => PushInput::Fcm(data),
    }
}

/// The data of a message and how long it may wait, in seconds.
fn check(body: &Value, message: &Value) -> Result<(BTreeMap<String, String>, i64), String> {
    const KNOWN: [&str; 11] = [
        "name",
        "token",
        "fid",
        "topic",
        "condition",
        "data",
        "notification",
        "android",
        "apns",
        "webpush",
        "fcm_options",
    ];
    let unknown = |name: &str| {
        format!("Invalid JSON payload received. Unknown name \"{name}\": Cannot find field.")
    };
    let Some(fields) = message.as_object() else {
        return Err("Invalid value at 'message'".to_owned());
    };
    let beside = body.as_object().into_iter().flat_map(Map::keys);
    if let Some(name) =
        beside.into_iter().find(|name| !matches!(name.as_str(), "message" | "validate_only"))
    {
        return Err(unknown(name));
    }
    if let Some(name) = fields.keys().find(|name| !KNOWN.contains(&name.as_str())) {
        return Err(unknown(name));
    }
    let targets = ["token", "fid", "topic", "condition"];
    if targets.iter().filter(|name| !text_of(message, name).is_empty()).count() != 1 {
        return Err("Exactly one of token, fid, topic and condition is required".to_owned());
    }
    let mut data = BTreeMap::new();
    for (key, value) in message.get("data").and_then(Value::as_object).into_iter().flatten() {
        let Some(text) = value.as_str() else {
            return Err(format!("Invalid value at 'message.data[{key}]' (TYPE_STRING)"));
        };
        if key == "from" || key.starts_with("gcm") || key.starts_with("google") {
            return Err(format!("Invalid data payload key: {key}"));
        }
        data.insert(key.clone(), text.to_owned());
    }
    let bytes: usize = data.iter().map(|(key, text)| key.len() + text.len()).sum();
    let apns = message.pointer("/apns/payload").map_or(0, |payload| payload.to_string().len());
    if bytes > PAYLOAD_BYTES_MAX || apns > PAYLOAD_BYTES_MAX {
        return Err("Message is too big".to_owned());
    }
    let android = message.get("android").cloned().unwrap_or_default();
    if android.get("priority").is_some()
        && !matches!(text_of(&android, "priority"), "NORMAL" | "HIGH" | "normal" | "high")
    {
        return Err("Invalid value at 'message.android.priority'".to_owned());
    }
    let ttl_s = match android.get("ttl") {
        None => TTL_S_MAX,
        Some(ttl) => {
            let text = ttl.as_str().and_then(|text| text.strip_suffix('s'));
            let seconds = text.and_then(|text| text.parse::<f64>().ok()).unwrap_or(-1.0);
            if !(0.0..=2_419_200.0).contains(&seconds) {
                return Err("Invalid value at 'message.android.ttl'".to_owned());
            }
            let whole = text.and_then(|text| text.split('.').next()?.parse().ok());
            whole.unwrap_or_default()
        }
    };
    Ok((data, ttl_s))
}

/// Whether a device may get another message now; counts it if so.
fn has_room(providers: &mut Providers, target: &str, is_collapsible: bool, now_ms: i64) -> bool {
    let times: &mut VecDeque<i64> = providers.fcm_times.entry(target.to_owned()).or_default();
    while times.front().is_some_and(|at_ms| now_ms - at_ms >= 3_600_000) {
        times.pop_front();
    }
    let last_minute = times.iter().rev().take_while(|at_ms| now_ms - **at_ms < 60_000).count();
    if last_minute >= PER_MINUTE || times.len() >= PER_HOUR {
        return false;
    }
    if is_collapsible {
        let bucket = providers.fcm_collapsible.entry(target.to_owned()).or_default();
        let back = (now_ms - bucket.at_ms).div_euclid(COLLAPSIBLE_EVERY_MS);
        if bucket.spent == 0 {
            bucket.at_ms = now_ms;
        } else {
            bucket.spent = (bucket.spent - back).max(0);
            bucket.at_ms += back * COLLAPSIBLE_EVERY_MS;
        }
        if bucket.spent >= COLLAPSIBLE_BURST {
            return false;
        }
        bucket.spent += 1;
    }
    times.push_back(now_ms);
    true
}

fn refusal((http, code): ErrorResponse, why: Option<&str>) -> Response {
    // The status beside the code; the code itself stands in the details.
    let status = match code {
        "UNREGISTERED" => "NOT_FOUND",
        "SENDER_ID_MISMATCH" => "PERMISSION_DENIED",
        "THIRD_PARTY_AUTH_ERROR" => "UNAUTHENTICATED",
        "QUOTA_EXCEEDED" => "RESOURCE_EXHAUSTED",
        other => other,
    };
    let mut error = json!({"code": http, "message": why.unwrap_or(code), "status": status});
    if code != "UNAUTHENTICATED" {
        let detail = json!({
            "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code,
        });
        crate::base::json::put(&mut error, "details", vec![detail]);
    }
    json_response(http, json!({"error": error}))
}
