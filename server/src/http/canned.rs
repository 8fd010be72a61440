//! `/canned-replies/uses`: which canned replies are worth having.

use std::collections::BTreeSet;

use axum::Json as Out;
use axum::extract::State;
use baton_domain::see::setting::reads;
use baton_protocol::setting::CannedUses;
use baton_protocol::{SettingId, SettingKind};

use super::settings::sight;
use super::{Access, HandlerResult, Route, Shared};
use crate::accounts::Signed;
use crate::store::read;

/// The time in which uses are counted, ms.
const LATELY_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(Access::Signed, "/api/v1/canned-replies/uses", uses)
            .says("How often each canned reply that you read was used in the last 30 days.")
            .answers::<Vec<CannedUses>>(200),
    ]
}

/// `GET /canned-replies/uses`.
pub(super) async fn uses(
    State(parts): State<Shared>,
    signed: Signed,
) -> HandlerResult<Out<Vec<CannedUses>>> {
    let kind = SettingKind::CannedReply;
    let since = parts.clock.now().plus_ms(-LATELY_MS);
    let mut tx = parts.store.read().await?;
    let viewer = sight(&mut tx, &signed).await?.viewer;
    let all = read::settings(&mut tx, signed.workspace, kind).await?;
    let uses = read::canned_uses(&mut tx, signed.workspace, since).await?;
    tx.rollback().await?;
    let read = all.iter().map(|placed| &placed.setting);
    let read = read.filter(|setting| reads(&viewer, kind.spec(), setting.home));
    let read: BTreeSet<SettingId> = read.map(|setting| setting.id).collect();
    Ok(Out(uses.into_iter().filter(|of| read.contains(&of.id)).collect()))
}
