//! The API describes itself: `OpenAPI` and `AsyncAPI` from the types of `protocol` and the table of
//! routes, and a page to read.
//!
//! **Invariant:** nothing here is told about anybody: every server of this version answers the
//! same.

mod asyncapi;
mod openapi;
mod page;
mod problems;
mod refusals;
mod schemas;

use std::sync::LazyLock;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::route::anything;
use super::{Access, Fault, HandlerResult, Route};

static OPENAPI: LazyLock<String> = LazyLock::new(|| openapi::openapi().to_string());
static ASYNCAPI: LazyLock<String> = LazyLock::new(|| asyncapi::asyncapi().to_string());
static PAGE: LazyLock<page::Page> =
    LazyLock::new(|| page::page(&openapi::whole(), &asyncapi::asyncapi()));

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(Access::Public, "/api/v1/openapi.json", openapi)
            .says("This description, OpenAPI 3.1.")
            .answers_of(200, anything)
            .packed(),
        Route::get(Access::Public, "/api/v1/asyncapi.json", asyncapi)
            .says("The socket, AsyncAPI 3.0.")
            .answers_of(200, anything)
            .packed(),
        Route::get(Access::Public, "/api/v1/docs", docs)
            .says("Both, to be read.")
            .answers_bytes(200, "text/html")
            .packed(),
    ]
}

/// `GET /openapi.json`.
pub(super) async fn openapi() -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (kind, OPENAPI.as_str()).into_response()
}

/// `GET /asyncapi.json`.
pub(super) async fn asyncapi() -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (kind, ASYNCAPI.as_str()).into_response()
}

/// `GET /docs`.
pub(super) async fn docs() -> HandlerResult<Response> {
    let policy = HeaderValue::from_str(&PAGE.policy).map_err(|error| Fault::internal(&error))?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, policy),
    ];
    Ok((headers, PAGE.text.as_str()).into_response())
}

#[cfg(test)]
mod tests;
