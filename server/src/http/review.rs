//! `/review`: messages that wait for a person, of all conversations that the viewer sees whole.
//! After an incident there are hundreds: they are listed, filtered, counted, and decided by
//! `POST /commands`.

use axum::Json as Out;
use axum::extract::State;
use baton_protocol::page::{ReviewPage, ReviewStatus};
use baton_protocol::{ChannelId, HeldReason, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;

use super::input::{Query, limit};
use super::{Access, Fault, HandlerResult, Route, Shared};
use crate::accounts::Signed;
use crate::store::read::{self as rows, Asked, ReviewFilter};

/// What `GET /review` may be asked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    status: Option<ReviewStatus>,
    reason: Option<HeldReason>,
    channel: Option<ChannelId>,
    /// Written before this time.
    before: Option<Timestamp>,
    /// `next` of the page before, unchanged and with the same filter.
    page: Option<String>,
    /// Rows of this page.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
}

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(Access::Signed, "/api/v1/review", list)
            .says("Messages that wait for a person, the oldest first.")
            .query::<Listing>()
            .answers::<ReviewPage>(200)
            .packed(),
    ]
}

/// `GET /review`.
pub(super) async fn list(
    State(parts): State<Shared>,
    signed: Signed,
    Query(listing): Query<Listing>,
) -> HandlerResult<Out<ReviewPage>> {
    let Listing { status, reason, channel, before, page, limit: asked } = listing;
    let asked = Asked { page: page.as_deref(), limit: limit(asked)? };
    let filter = ReviewFilter { status, reason, channel, before };
    let mut tx = parts.store.read().await?;
    let sight = rows::sight(&mut tx, signed.workspace, signed.agent).await?;
    let sight = sight.ok_or_else(Fault::unauthenticated)?;
    let found = rows::review(&mut tx, signed.workspace, &sight, &filter, asked).await?;
    tx.rollback().await?;
    Ok(Out(found))
}
