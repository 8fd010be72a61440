//! `/webhooks/whatsapp/{meta_app}`: Meta's POSTs. 200 means that everything in it is committed.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use baton_domain::fact::inbound::{Element, ElementBody};
use baton_protocol::Timestamp;
use schemars::{Schema, SchemaGenerator, json_schema};
use sha2::{Digest as _, Sha256};

use super::body::Whose;
use super::input::Query;
use super::route::anything;
use super::{Access, ApiState, Fault, HandlerResult, Route, Shared};
use crate::accounts::settings::meta_app::MetaApp;
use crate::clock::Clock;
use crate::config::Secret;
use crate::connection::is_about;
use crate::engine::work::{Post, fresh};
use crate::store::{StoreError, health, number_news, template};
use crate::whatsapp::{SignatureRefused, account, payload, signature};

const HOOK: &str = "/webhooks/whatsapp/{meta_app}";

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(Access::Public, HOOK, verify)
            .says("Meta asks whether this address is meant.")
            .query_of(challenge)
            .answers_bytes(200, "text/plain")
            .codes(&["not_found", "forbidden"]),
        Route::post(Access::Public, HOOK, receive)
            .says("Webhooks of WhatsApp. 200 means that all of it is kept.")
            .takes_of(anything)
            .answers_nothing(200)
            .codes(&["bad_signature", "not_found", "rate_limited"]),
    ]
}

/// What Meta asks with.
fn challenge(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "properties": {
        "hub.mode": { "type": "string", "const": "subscribe" },
        "hub.verify_token": { "type": "string" },
        "hub.challenge": { "type": "string" },
    } })
}

/// `GET`: Meta asks whether this address is meant.
pub(super) async fn verify(
    State(parts): State<Shared>,
    Path(meta_app): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
) -> HandlerResult<String> {
    let app = app(&parts, &meta_app).await?;
    let challenge = signature::verify_subscription(&query, app.verify_token.expose());
    challenge.ok_or_else(|| Fault::forbidden("the verify token is another one"))
}

/// `POST`: something happened.
pub(super) async fn receive(
    State(parts): State<Shared>,
    Path(meta_app): Path<String>,
    request: Request,
) -> HandlerResult<StatusCode> {
    let began = parts.clock.monotonic();
    let answer = take_in(&parts, meta_app, request).await;
    let is_here = !matches!(&answer, Err(fault) if fault.status() == StatusCode::REQUEST_TIMEOUT);
    parts.metrics.webhooks.inc(match &answer {
        Ok(()) => "committed",
        Err(fault) => match fault.status() {
            StatusCode::REQUEST_TIMEOUT => "not_received",
            StatusCode::UNAUTHORIZED => "bad_signature",
            StatusCode::NOT_FOUND => "unknown_app",
            StatusCode::BAD_REQUEST => "not_json",
            StatusCode::PAYLOAD_TOO_LARGE => "too_large",
            StatusCode::SERVICE_UNAVAILABLE => "unavailable",
            _ => "failed",
        },
    });
    if is_here {
        let took = parts.clock.monotonic().saturating_sub(began);
        parts.metrics.webhook_ack_s.observe(took.as_secs_f64());
    }
    answer.map(|()| StatusCode::OK)
}

async fn take_in(parts: &ApiState, meta_app: String, request: Request) -> HandlerResult<()> {
    // Reject unknown apps before reading the body.
    let app = parts.accounts.meta_app_lately(&meta_app).await?.ok_or_else(Fault::not_found)?;
    let header = only_signature(request.headers());
    let body = parts.room.read(request, Whose::Meta).await?;
    if is_signed(header.as_ref(), &body, &app).is_err() {
        // A secret that was added a moment ago counts at once.
        let app = self::app(parts, &meta_app).await?;
        is_signed(header.as_ref(), &body, &app).map_err(|refused| {
            parts.notices.bad_signature(&meta_app, refused, parts.clock.monotonic());
            Fault::bad_signature()
        })?;
    }
    let received_at = parts.clock.now();
    let post = post(&parts.clock, meta_app, &body, received_at)?;
    let tells = |is_of: fn(&Element) -> bool| post.elements.iter().any(|(one, _)| is_of(one));
    let (of_templates, of_account) = (tells(is_of_templates), tells(is_of_account));
    let meta_app = (of_templates || of_account).then(|| post.meta_app.clone());
    parts.engine.post(post).await?;
    // Both are asked for now and then anyway: Meta need not repeat its webhook for it.
    if let Some(meta_app) = meta_app.as_ref().filter(|_| of_templates) {
        drop(template::look_again(&parts.store, meta_app, received_at).await);
    }
    if let Some(meta_app) = meta_app.as_ref().filter(|_| of_account) {
        drop(keep_news(parts, meta_app, &body, received_at).await);
        drop(health::ask_of_app(&parts.store, meta_app, received_at).await);
    }
    Ok(())
}

/// Keeps what a webhook tells of numbers and accounts, and what Meta says of it when asked not.
async fn keep_news(
    parts: &ApiState,
    meta_app: &str,
    body: &[u8],
    at: Timestamp,
) -> Result<(), StoreError> {
    let told = account::parse(body, at);
    let mut tx = parts.store.read().await?;
    let numbers = number_news::numbers_of_app(&mut tx, meta_app).await?;
    tx.rollback().await?;
    for number in &numbers {
        for told in told.iter().filter(|told| is_about(told, number, numbers.len() == 1)) {
            number_news::put_news(&parts.store, number.of, &told.news).await?;
        }
    }
    Ok(())
}

/// Fields that tell of a number or its account. What they mean is asked for: some tell what was
/// decided, others only that something was.
const OF_ACCOUNT: [&str; 7] = [
    "account_alerts",
    "account_review_update",
    "account_update",
    "business_capability_update",
    "payment_configuration_update",
    "phone_number_name_update",
    "phone_number_quality_update",
];

fn is_of_account(element: &Element) -> bool {
    matches!(&element.body, ElementBody::Ignored { what } if OF_ACCOUNT.contains(what))
}

fn is_of_templates(element: &Element) -> bool {
    let ElementBody::Ignored { what } = &element.body else { return false };
    what.starts_with("message_template_") || *what == "template_category_update"
}

/// Two signatures leave open which one was meant.
fn only_signature(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut given = headers.get_all(signature::SIGNATURE_HEADER).iter();
    given.next().filter(|_| given.next().is_none()).cloned()
}

fn is_signed(
    header: Option<&HeaderValue>,
    body: &[u8],
    app: &MetaApp,
) -> Result<(), SignatureRefused> {
    let secrets: Vec<&str> = app.secrets.iter().map(Secret::expose).collect();
    signature::verify(header.map(HeaderValue::as_bytes), body, &secrets)
}

/// What the committer takes in for a signed body.
pub(super) fn post(
    clock: &Clock,
    meta_app: String,
    body: &[u8],
    arrived: Timestamp,
) -> HandlerResult<Post> {
    let elements = payload::parse(body, arrived).map_err(|e| Fault::malformed(e.to_string()))?;
    let raw =
        std::str::from_utf8(body).map_err(|_odd| Fault::malformed("the body is not UTF-8"))?;
    let with_ids = |element: Element| (element, fresh(clock));
    Ok(Post {
        meta_app,
        raw: raw.to_owned(),
        digest: dated_digest(raw),
        received_at: arrived,
        id: clock.uuid_v7().to_string(),
        again: false,
        is_piece: false,
        elements: elements.into_iter().map(with_ids).collect(),
    })
}

/// The first timestamp in a body, and the SHA-256 of the body. The time comes first so that the
/// index grows at its end. With the digest alone each webhook would write another page of it.
fn dated_digest(raw: &str) -> String {
    const DIGITS: usize = 10;
    let told = raw.split_once("\"timestamp\":").map_or("", |(_, rest)| rest);
    let told = told.trim_start_matches([' ', '"']).bytes().take(DIGITS);
    let digits: String = told.take_while(u8::is_ascii_digit).map(char::from).collect();
    format!("{digits:0>DIGITS$}-{}", hex::encode(Sha256::digest(raw)))
}

async fn app(parts: &ApiState, id: &str) -> HandlerResult<MetaApp> {
    parts.accounts.meta_app(id).await?.ok_or_else(Fault::not_found)
}

#[cfg(test)]
mod tests {
    use super::dated_digest;

    #[test]
    fn webhooks_of_one_time_lie_together_and_each_is_known_by_all_its_bytes() {
        let of = |at: &str, text: &str| {
            let said = serde_json::json!({ "text": text, "timestamp": at });
            dated_digest(&said.to_string())
        };
        let (early, late) = (of("1795672891", "zz"), of("1795672892", "aa"));
        assert!(early < late && late < of("1795672893", "aa"));
        assert!(early.starts_with("1795672891-") && early.len() == 11 + 64);
        assert_eq!(early, of("1795672891", "zz"));
        assert_ne!(early, of("1795672891", "zy"));
    }

    #[test]
    fn a_body_may_tell_its_time_as_a_number_or_not_at_all() {
        assert!(dated_digest(r#"{"timestamp": 1795672891}"#).starts_with("1795672891-"));
        assert!(dated_digest(r#"{"timestamp":"17956728910000"}"#).starts_with("1795672891-"));
        assert!(dated_digest(r#"{"timestamp":"12"}"#).starts_with("0000000012-"));
        assert!(dated_digest(r#"{"text":"\"timestamp\":5"}"#).starts_with("0000000000-"));
        assert!(dated_digest(r#"{"timestamp":null}"#).starts_with("0000000000-"));
    }
}
