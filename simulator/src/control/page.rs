//! A page on which one plays the customers: they write, see what reaches them, and the way between
//! goes wrong as one likes.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};

use super::{Shares, Since};
use crate::state::config::Desk;
use crate::state::shared::Shared;
use crate::state::world::Written;

/// Nothing but the page's own files and the simulator itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page and what only it asks for.
pub(super) fn router() -> Router<Arc<Shared>> {
    let file = |media_type, text| get(move || async move { file(media_type, text) });
    Router::new()
        .route("/", file("text/html; charset=utf-8", include_str!("page/index.html")))
        .route("/page.css", file("text/css; charset=utf-8", include_str!("page/page.css")))
        .route("/scenes.js", file("text/javascript; charset=utf-8", include_str!("page/scenes.js")))
        .route("/page.js", file("text/javascript; charset=utf-8", include_str!("page/page.js")))
        .route("/control/desks", get(desks))
        .route("/control/written", get(written))
}

fn file(media_type: &'static str, text: &'static str) -> Response {
    const NOSNIFF: (HeaderName, &str) = (header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-store"),
        NOSNIFF,
    ];
    (headers, text).into_response()
}

async fn desks(State(shared): Shares) -> Json<Vec<Desk>> {
    Json(shared.desks.borrow().clone())
}

async fn written(
    State(shared): Shares,
    Query(Since { since }): Query<Since>,
) -> Json<Vec<Written>> {
    let world = shared.world();
    Json(world.written.iter().filter(|one| one.order >= since as u64).cloned().collect())
}
