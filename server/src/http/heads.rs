//! `/views` and `/heads`: everything in scope at once, small.

use axum::Json as Out;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use baton_protocol::Cursor;
use baton_protocol::heads::{PackedHeads, ViewCounts};

use super::{Access, Fault, HandlerResult, Route, Shared};
use crate::accounts::Signed;
use crate::store::read;

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(Access::Signed, "/api/v1/views", counts)
            .says("How many conversations each view of yours shows.")
            .answers::<ViewCounts>(200),
        Route::get(Access::Signed, "/api/v1/heads", packed)
            .says("Everything in scope that is not resolved, as columns.")
            .answers::<PackedHeads>(200)
            .answers_nothing(304)
            .packed(),
    ]
}

/// `GET /views`.
pub(super) async fn counts(
    State(parts): State<Shared>,
    signed: Signed,
) -> HandlerResult<Out<ViewCounts>> {
    let now = parts.clock.now();
    let mut tx = parts.store.read().await?;
    let sight = read::sight(&mut tx, signed.workspace, signed.agent).await?;
    let sight = sight.ok_or_else(Fault::unauthenticated)?;
    let position = read::log_head(&mut tx, signed.workspace).await?.position;
    let views = read::view_counts(&mut tx, signed.workspace, &sight, now).await?;
    tx.rollback().await?;
    Ok(Out(ViewCounts { cursor: Cursor { epoch: parts.store.epoch(), position }, views }))
}

/// `GET /heads`. Each change of the answer has a position in the log, which is its `ETag`.
pub(super) async fn packed(
    State(parts): State<Shared>,
    signed: Signed,
    headers: HeaderMap,
) -> HandlerResult<Response> {
    let mut tx = parts.store.read().await?;
    let sight = read::sight(&mut tx, signed.workspace, signed.agent).await?;
    let sight = sight.ok_or_else(Fault::unauthenticated)?;
    let position = read::log_head(&mut tx, signed.workspace).await?.position;
    let cursor = Cursor { epoch: parts.store.epoch(), position };
    let tag = format!("W/\"{cursor}.{}\"", signed.agent);
    let known = headers.get(header::IF_NONE_MATCH).and_then(|tag| tag.to_str().ok());
    let is_known = known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag));
    let mut response = if is_known {
        tx.rollback().await?;
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let heads = read::packed_heads(&mut tx, signed.workspace, &sight, cursor).await?;
        tx.rollback().await?;
        Out(heads).into_response()
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}
