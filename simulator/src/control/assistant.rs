//! A stand-in for a program of the team's own that reads what was said, at `/assistant`. It knows a
//! few words: a model would stand in its place.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use serde_json::json;
use sha2::Sha256;

use crate::state::assistant::Assistant;
use crate::state::shared::Shared;

/// The answers that it knows, by a word of the customer.
const ANSWERS: [(&str, &str); 4] = [
    ("open", "We are open from 9 to 18."),
    ("invoice", "I have sent the invoice again."),
    ("order", "Your order is on its way."),
    ("saddle", "Yes, we have three saddles for it."),
];

#[derive(Deserialize)]
struct Asked {
    task: Option<String>,
    #[serde(default)]
    labels: Vec<String>,
    #[serde(default)]
    lines: Vec<Said>,
}

#[derive(Deserialize)]
struct Said {
    by: String,
    text: String,
}

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/assistant", post(answer))
        .route("/control/assistant", axum::routing::put(put))
}

async fn answer(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: String) -> Response {
    let Assistant { secret, is_silent, .. } = shared.assistant.borrow().clone();
    let is_signed = secret.is_some_and(|secret| is_signed(&headers, &body, &secret));
    if !is_signed {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Ok(Asked { task, labels, lines }) = serde_json::from_str(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    if task.as_deref() == Some("classify") {
        let id = headers.get("webhook-id").and_then(|id| id.to_str().ok());
        let id = id.unwrap_or_default().to_owned();
        shared.assistant.send_modify(|of| {
            of.classified.insert(id);
        });
    }
    if is_silent {
        let mut heard = shared.assistant.subscribe();
        tokio::select! {
            () = shared.stopped() => {}
            _ = heard.wait_for(|of| !of.is_silent) => {}
        }
    }
    let said = lines.iter().rfind(|line| line.by == "customer");
    let said = said.map(|line| line.text.to_lowercase()).unwrap_or_default();
    let labels: Vec<String> =
        labels.into_iter().filter(|label| said.contains(&label.to_lowercase())).collect();
    match task.as_deref() {
        Some("classify") => Json(json!({"labels": labels})).into_response(),
        Some("suggest") => {
            let known = ANSWERS.iter().find(|(word, _)| said.contains(word));
            Json(json!({"text": known.map(|(_, text)| text), "labels": labels})).into_response()
        }
        // Of the customer it knows nothing.
        Some(_) | None => Json(json!({"rows": []})).into_response(),
    }
}

/// Says what it knows and how it behaves.
async fn put(State(shared): State<Arc<Shared>>, Json(wanted): Json<Wanted>) -> StatusCode {
    shared.assistant.send_modify(|of| {
        of.is_silent = wanted.is_silent;
        of.secret = wanted.secret.or(of.secret.take());
    });
    StatusCode::NO_CONTENT
}

/// The wish of a driver in another process.
#[derive(Deserialize)]
struct Wanted {
    secret: Option<String>,
    #[serde(default)]
    is_silent: bool,
}

/// Whether a request is signed as Standard Webhooks has it.
fn is_signed(headers: &HeaderMap, body: &str, secret: &str) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let Ok(key) = STANDARD.decode(secret.trim_start_matches("whsec_")) else { return false };
    let signed = format!("{}.{}.{body}", text("webhook-id"), text("webhook-timestamp"));
    text("webhook-signature").split(' ').any(|given| {
        let given = given.strip_prefix("v1,").and_then(|given| STANDARD.decode(given).ok());
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(&key) else { return false };
        given.is_some_and(|given| mac.chain_update(&signed).verify_slice(&given).is_ok())
    })
}
