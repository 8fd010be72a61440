//! Whether the server lives, whether it may be given work, and its figures.

use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use super::{Answer, Fault, Parts};
use crate::telemetry::Metrics;

/// `GET /healthz`: the process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: it has a database and is not going down.
pub(super) async fn ready(State(parts): State<Parts>) -> Answer<&'static str> {
    if parts.draining.load(Ordering::Relaxed) {
        return Err(Fault::unavailable(5_000));
    }
    parts.store.ping().await?;
    Ok("ready\n")
}

/// `GET /metrics`: nothing in it is personal.
pub(super) async fn metrics(State(parts): State<Parts>) -> impl IntoResponse {
    let waiting = i64::try_from(parts.engine.waiting()).unwrap_or(i64::MAX);
    parts.metrics.committer_queue.set(waiting);
    ([(header::CONTENT_TYPE, Metrics::CONTENT_TYPE)], parts.metrics.render())
}
