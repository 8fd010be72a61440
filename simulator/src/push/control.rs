//! Sending pushes and reading inboxes: as functions, and as routes under `/control/push`.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use crate::state::push::service::{Odds, Service};
use crate::state::push::{
    PushCounts, PushDelivery, PushFault, PushOrder, PushSent, WebSubscription,
};
use crate::state::shared::Shared;

/// The longest a poll of an inbox waits.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// The routes under `/control/push`.
pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/control/push", get(get_counts).post(post_order))
        .route("/control/push/inbox/{target}", get(get_inbox))
        .route("/control/push/phones/{target}", put(put_phone))
        .route("/control/push/payload", post(post_payload))
        .route("/control/push/accounts", get(get_accounts))
        .route("/control/push/calls", get(get_calls))
        .route("/control/push/faults", post(post_faults))
        .route("/control/push/subscriptions", post(post_subscription))
        .route("/control/push/gone/{target}", put(put_gone))
}

pub(crate) fn order(shared: &Shared, wanted: PushOrder) -> anyhow::Result<PushSent> {
    let now_ms = shared.clock.now_ms();
    let sent = {
        let mut world = shared.world();
        let knobs = Arc::clone(&world.knobs);
        world.push.send(wanted, Odds { knobs: &knobs.push, seeds: shared.seeds }, now_ms)?
    };
    shared.changed();
    Ok(sent)
}

pub(crate) async fn inbox(
    shared: &Shared,
    target: &str,
    since: usize,
    wait: Duration,
) -> Vec<PushDelivery> {
    let until = Instant::now() + wait.min(WAIT_MAX);
    let mut changes = shared.changes.subscribe();
    loop {
        changes.mark_unchanged();
        let (found, due_in) = look(shared, target, since);
        if !found.is_empty() || Instant::now() >= until {
            return found;
        }
        let wake = due_in.map_or(until, |due_in| until.min(Instant::now() + due_in));
        // Either way: look again.
        drop(tokio::time::timeout_at(wake, changes.changed()).await);
    }
}

fn look(shared: &Shared, target: &str, since: usize) -> (Vec<PushDelivery>, Option<Duration>) {
    let now_ms = shared.clock.now_ms();
    let mut world = shared.world();
    let knobs = Arc::clone(&world.knobs);
    let found = world.push.inbox(target, since, &knobs.push, now_ms);
    let due_in = world.push.next_due_ms(target).map(|due_ms| {
        Duration::from_millis(u64::try_from(due_ms.saturating_sub(now_ms)).unwrap_or_default())
    });
    (found, due_in)
}

pub(crate) fn switch(shared: &Shared, target: &str, is_on: bool) {
    {
        let now_ms = shared.clock.now_ms();
        let mut world = shared.world();
        let knobs = Arc::clone(&world.knobs);
        world.push.switch(target, is_on, &knobs.push, now_ms);
    }
    shared.changed();
}

pub(crate) fn counts(shared: &Shared) -> PushCounts {
    let now_ms = shared.clock.now_ms();
    let mut world = shared.world();
    let knobs = Arc::clone(&world.knobs);
    world.push.counts(&knobs.push, now_ms)
}

type Shares = State<Arc<Shared>>;

async fn post_order(State(shared): Shares, Json(wanted): Json<PushOrder>) -> Response {
    answered(order(&shared, wanted))
}

/// The payload of a push, without delivering it: the same as a phone would get, but for random
/// parts.
async fn post_payload(State(shared): Shares, Json(wanted): Json<PushOrder>) -> Response {
    let now_ms = shared.clock.now_ms();
    let knobs = shared.knobs();
    let odds = Odds { knobs: &knobs.push, seeds: shared.seeds };
    // Services of its own, which deliver nothing to anybody.
    answered(Service::default().send(wanted, odds, now_ms))
}

fn answered(sent: anyhow::Result<PushSent>) -> Response {
    match sent {
        Ok(sent) => Json(sent).into_response(),
        Err(error) => {
            let error = json!({"error": format!("{error:#}")});
            (StatusCode::BAD_REQUEST, Json(error)).into_response()
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Poll {
    #[serde(default)]
    since: usize,
    #[serde(default)]
    wait_ms: u64,
}

async fn get_inbox(
    State(shared): Shares,
    Path(target): Path<String>,
    Query(Poll { since, wait_ms }): Query<Poll>,
) -> Json<Vec<PushDelivery>> {
    Json(inbox(&shared, &target, since, Duration::from_millis(wait_ms)).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Phone {
    is_on: bool,
}

async fn put_phone(
    State(shared): Shares,
    Path(target): Path<String>,
    Json(Phone { is_on }): Json<Phone>,
) -> Response {
    switch(&shared, &target, is_on);
    Json(json!({"success": true})).into_response()
}

async fn get_counts(State(shared): Shares) -> Json<PushCounts> {
    Json(counts(&shared))
}

/// Addresses and accounts that a server needs to reach the push services.
async fn get_accounts(State(shared): Shares) -> Json<serde_json::Value> {
    let simulator = &shared;
    Json(json!({
        "fcm": {"url": simulator.base_url, "service_account": simulator.service_account()},
        "apns": {"url": simulator.push_base_url, "account": simulator.apns_account()},
        "webpush": {"url": simulator.base_url},
        "relay": simulator.relay(),
    }))
}

async fn get_calls(State(shared): Shares) -> Json<serde_json::Value> {
    Json(json!(shared.push_calls_since(0)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Faults {
    /// A token or an endpoint; any where it is left out; `oauth` for the token endpoint.
    #[serde(default)]
    target: String,
    faults: Vec<PushFault>,
}

async fn post_faults(
    State(shared): Shares,
    Json(Faults { target, faults }): Json<Faults>,
) -> Response {
    shared.push_fails(&target, faults);
    Json(json!({"success": true})).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Subscribing {
    #[serde(default)]
    vapid_key: Option<String>,
}

async fn post_subscription(
    State(shared): Shares,
    Json(Subscribing { vapid_key }): Json<Subscribing>,
) -> Json<WebSubscription> {
    Json(shared.subscribe(vapid_key.as_deref()))
}

async fn put_gone(State(shared): Shares, Path(target): Path<String>) -> Response {
    shared.unregister(&target);
    Json(json!({"success": true})).into_response()
}
