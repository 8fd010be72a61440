//! The token endpoint of Google's OAuth: it gives an access token for an assertion that a service
//! account signed (RFC 7523).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::Uri;
use axum::response::Response;
use axum::routing::post;
use rand::RngExt as _;
use serde_json::json;

use super::failing::{self, Connection, Refusals, Words, json_response};
use super::jwt::Jwt;
use crate::state::push::PushCall;
use crate::state::push::keys::{CLIENT_EMAIL, RSA_KEY_ID};
use crate::state::shared::Shared;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
/// The largest difference between clocks that is accepted, in seconds.
const SKEW_S: i64 = 300;
/// The life of an access token, in seconds.
const LASTS_S: i64 = 3_599;
/// Faults of the token endpoint are scripted under this target.
const TARGET: &str = "oauth";

const WORDS: Words = Words {
    unregistered: (400, "invalid_grant"),
    invalid: (400, "invalid_grant"),
    wrong_sender: (400, "invalid_scope"),
    unauthorized: (401, "invalid_client"),
    third_party: (401, "invalid_client"),
    throttled: (429, "rate_limit_exceeded"),
    unavailable: (503, "temporarily_unavailable"),
    internal: (500, "internal_failure"),
    too_large: (413, "invalid_request"),
};

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new().route("/push/oauth/token", post(token))
}

async fn token(State(shared): State<Arc<Shared>>, connection: Connection, body: Bytes) -> Response {
    let refused = |(status, error): (u16, &str), why: &str| {
        json_response(status, json!({"error": error, "error_description": why}))
    };
    let granted = check(&shared, &form(&body));
    let fault = shared.world().providers.fault(TARGET);
    let response = match (&granted, fault) {
        (_, Some(fault)) => {
            let done = || given(&shared);
            let write = |told| refused(told, "scripted");
            let refusals = Refusals { words: &WORDS, write };
            failing::answer(&shared, fault, &connection, refusals, done).await
        }
        (Ok(()), None) => given(&shared),
        (Err((error, why)), None) => refused((400, error), why),
    };
    let call = PushCall {
        at_ms: shared.clock.now_ms(),
        lane: "oauth".to_owned(),
        target: String::new(),
        status: response.status().as_u16(),
        reason: granted.err().map(|(error, why)| format!("{error}: {why}")),
        headers: BTreeMap::new(),
        body: String::new(),
        plaintext: None,
    };
    shared.answer(call).await;
    shared.dated(response)
}

/// The fields of a form, which are written as the parameters of a URL are.
fn form(body: &[u8]) -> BTreeMap<String, String> {
    let text = String::from_utf8_lossy(body);
    let uri: Uri = format!("/?{}", text.trim()).parse().unwrap_or_default();
    Query::try_from_uri(&uri).map(|Query(form)| form).unwrap_or_default()
}

fn check(
    shared: &Shared,
    form: &BTreeMap<String, String>,
) -> Result<(), (&'static str, &'static str)> {
    if form.get("grant_type").is_none_or(|grant| grant != GRANT) {
        return Err(("unsupported_grant_type", "Invalid grant_type"));
    }
    let assertion = form.get("assertion").ok_or(("invalid_request", "Missing assertion"))?;
    let wrong = |why| Err(("invalid_grant", why));
    let Some(jwt) = Jwt::read(assertion) else { return wrong("Bad Request") };
    if jwt.text("iss") != CLIENT_EMAIL {
        return wrong("Invalid grant: account not found");
    }
    if jwt.key_id() != RSA_KEY_ID || !jwt.is_rs256(&shared.push_keys.rsa_public) {
        return wrong("Invalid JWT Signature.");
    }
    let uri = shared.push_keys.service_account(&shared.base_url).token_uri;
    if jwt.text("aud") != uri {
        return wrong("Invalid JWT: Failed audience check.");
    }
    let now_s = shared.clock.now_ms().div_euclid(1_000);
    match (jwt.number("iat"), jwt.number("exp")) {
        (Some(iat), Some(exp))
            if iat <= now_s + SKEW_S
                && exp > now_s - SKEW_S
                && (1..=3_600).contains(&(exp - iat)) => {}
        _ => {
            return wrong(
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable \
                 timeframe. Check your iat and exp values in the JWT claim.",
            );
        }
    }
    if !jwt.text("scope").split(' ').any(|scope| scope == SCOPE) {
        return Err(("invalid_scope", "Invalid OAuth scope or ID token audience provided."));
    }
    Ok(())
}

fn given(shared: &Shared) -> Response {
    let now_ms = shared.clock.now_ms();
    let mut world = shared.world();
    let nth = world.providers.next();
    let random: [u8; 24] = shared.seeds.rng("access token", "", nth).random();
    let token = format!("ya29.{}", hex::encode(random));
    world.providers.tokens.insert(token.clone(), now_ms.saturating_add(LASTS_S * 1_000));
    let body = json!({"access_token": token, "expires_in": LASTS_S, "token_type": "Bearer"});
    json_response(200, body)
}
