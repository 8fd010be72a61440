//! Whether the server lives, whether it may be given work, and its figures.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use baton_protocol::Timestamp;
use serde::Serialize;

use super::{Answer, Fault, Parts};
use crate::coordinator::CoordinatorState;
use crate::telemetry::Metrics;

/// How long the database has to prove that it is there.
const PATIENCE: Duration = Duration::from_secs(1);

/// `GET /healthz`: the process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// What is told of a server that is ready.
#[derive(Debug, Serialize)]
pub(super) struct Ready {
    ready: bool,
    coordinator: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    coordinator_away_since: Option<Timestamp>,
}

/// `GET /readyz`: it has a database and is not going down. Without what nodes share it is ready as
/// well: latency and courtesy suffer, no promise does.
pub(super) async fn ready(State(parts): State<Parts>) -> Answer<Json<Ready>> {
    if parts.draining.load(Ordering::Relaxed) {
        return Err(Fault::unavailable(5_000));
    }
    // Whoever asks does not wait long, and a pool without connections would.
    let answered = tokio::time::timeout(PATIENCE, parts.store.ping()).await;
    answered.map_err(|_late| Fault::unavailable(1_000))??;
    let (coordinator, coordinator_away_since) = match parts.coordinator.state() {
        CoordinatorState::Up => ("up", None),
        CoordinatorState::Away { since } => ("away", Some(since)),
    };
    Ok(Json(Ready { ready: true, coordinator, coordinator_away_since }))
}

/// `GET /metrics`: nothing in it is personal.
pub(super) async fn metrics(State(parts): State<Parts>) -> impl IntoResponse {
    let waiting = i64::try_from(parts.engine.waiting()).unwrap_or(i64::MAX);
    parts.metrics.committer_queue.set(waiting);
    ([(header::CONTENT_TYPE, Metrics::CONTENT_TYPE)], parts.metrics.render())
}
