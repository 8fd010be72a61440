//! Whether the server lives, whether it may be given work, and its figures.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use baton_protocol::Timestamp;
use serde::Serialize;

use super::route::anything;
use super::{Access, Fault, HandlerResult, Route, Shared};
use crate::coordinator::CoordinatorState;
use crate::push::SENDERS;
use crate::store::Dialect;
use crate::telemetry::Metrics;

/// How long the database has to prove that it is there.
const PATIENCE: Duration = Duration::from_secs(1);

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(Access::Public, "/healthz", alive)
            .says("The process answers.")
            .answers_bytes(200, "text/plain"),
        Route::get(Access::Public, "/readyz", ready)
            .says("Whether it can work, and what is away.")
            .answers_of(200, anything)
            .answers_of(503, anything),
        Route::get(Access::Public, "/metrics", metrics)
            .says("Figures for Prometheus.")
            .answers_bytes(200, "application/openmetrics-text"),
    ]
}

/// `GET /healthz`: the process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// What the server needs, and whether it is there.
#[derive(Debug, Serialize)]
struct Ready {
    /// `up`, `away`, or `damaged` when it said so since the start.
    database: &'static str,
    /// `up` or `away`.
    coordinator: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    coordinator_away_since: Option<Timestamp>,
    /// `up`, or `full` when the data directory cannot be written.
    disk: &'static str,
    /// Kinds of push services that fail, or refuse the credentials. Nothing else waits for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    push_out: Vec<&'static str>,
    /// How many numbers send nothing: `GET /channels` says why. The others work all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    numbers_stopped: Option<i64>,
}

/// `GET /readyz`: it has a database and is not going down. Without what nodes share it is ready as
/// well: latency and courtesy suffer, no promise does.
pub(super) async fn ready(State(parts): State<Shared>) -> HandlerResult<Response> {
    if parts.draining.load(Ordering::Relaxed) {
        return Err(Fault::unavailable(5_000));
    }
    // Whoever asks does not wait long, and a pool without connections would.
    let answered = tokio::time::timeout(PATIENCE, parts.store.ping()).await;
    let is_up = matches!(answered, Ok(Ok(())));
    let (coordinator, coordinator_away_since) = match parts.coordinator.state() {
        CoordinatorState::Up => ("up", None),
        CoordinatorState::Away { since } => ("away", Some(since)),
    };
    let is_damaged = parts.store.is_damaged();
    let database = match (is_damaged, is_up) {
        (true, _) => "damaged",
        (false, true) => "up",
        (false, false) => "away",
    };
    let is_full = parts.metrics.disk_full.get() != 0;
    let disk = if is_full { "full" } else { "up" };
    let push_out = SENDERS
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| parts.metrics.push_services_out.get(name) > 0)
        .collect();
    let numbers_stopped = Some(parts.metrics.numbers_stopped.get()).filter(|count| *count > 0);
    let ready =
        Ready { database, coordinator, coordinator_away_since, disk, push_out, numbers_stopped };
    let ready = Json(ready);
    // A database elsewhere does not need this disk.
    let needs_disk = parts.store.dialect() == Dialect::Sqlite;
    if is_up && !is_damaged && !(is_full && needs_disk) {
        return Ok(ready.into_response());
    }
    let retry = [(header::RETRY_AFTER, "1")];
    Ok((StatusCode::SERVICE_UNAVAILABLE, retry, ready).into_response())
}

/// `GET /metrics`: nothing in it is personal.
pub(super) async fn metrics(State(parts): State<Shared>) -> impl IntoResponse {
    let waiting = i64::try_from(parts.engine.waiting()).unwrap_or(i64::MAX);
    parts.metrics.committer_queue.set(waiting);
    parts.metrics.database_damaged.set(parts.store.is_damaged().into());
    ([(header::CONTENT_TYPE, Metrics::CONTENT_TYPE)], parts.metrics.render())
}
