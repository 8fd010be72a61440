//! `/notices`: what concerns an agent, whatever they look at.

use axum::Json as Out;
use axum::extract::State;
use baton_domain::see::sight::Sight;
use baton_protocol::notice::{NoticePage, NoticesLeft, NoticesRead};
use schemars::JsonSchema;
use serde::Deserialize;

use super::input::{Json, Query, limit};
use super::{Access, Fault, HandlerResult, Route, Shared};
use crate::accounts::Signed;
use crate::store::notice::{notices, read_notices, unread};
use crate::store::number_news::{numbers_told, read_numbers};
use crate::store::{Tx, read};

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(Access::Signed, "/api/v1/notices", list)
            .says("Your notices, the newest first.")
            .query::<Listing>()
            .answers::<NoticePage>(200),
        Route::post(Access::Signed, "/api/v1/notices/read", read)
            .says("Says which of them you have read.")
            .takes::<NoticesRead>()
            .answers::<NoticesLeft>(200),
    ]
}

/// What `GET /notices` may be asked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    /// Only those before this position: `before` of the page that came.
    before: Option<u64>,
    /// Rows of this page.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
}

/// `GET /notices`.
pub(super) async fn list(
    State(parts): State<Shared>,
    signed: Signed,
    Query(Listing { before, limit: asked }): Query<Listing>,
) -> HandlerResult<Out<NoticePage>> {
    let limit = limit(asked)?;
    let mut tx = parts.store.read().await?;
    let sight = sight(&mut tx, &signed).await?;
    let mut page = notices(&mut tx, signed.workspace, &sight, before, limit).await?;
    // They stand before all others: none of them is on a later page.
    if before.is_none() {
        page.numbers = numbers_told(&mut tx, signed.workspace, signed.agent).await?;
    }
    tx.rollback().await?;
    Ok(Out(page))
}

/// `POST /notices/read`.
pub(super) async fn read(
    State(parts): State<Shared>,
    signed: Signed,
    Json(which): Json<NoticesRead>,
) -> HandlerResult<Out<NoticesLeft>> {
    let (workspace, agent) = (signed.workspace, signed.agent);
    let now = parts.clock.now();
    read_notices(&parts.store, workspace, agent, which, now).await?;
    if which.conversation_id.is_none() {
        read_numbers(&parts.store, (workspace, agent), which.up_to, now).await?;
    }
    let mut tx = parts.store.read().await?;
    let sight = sight(&mut tx, &signed).await?;
    let unread = unread(&mut tx, workspace, &sight).await?;
    tx.rollback().await?;
    Ok(Out(NoticesLeft { unread }))
}

async fn sight(tx: &mut Tx, signed: &Signed) -> HandlerResult<Sight> {
    let sight = read::sight(tx, signed.workspace, signed.agent).await?;
    sight.ok_or_else(Fault::unauthenticated)
}
