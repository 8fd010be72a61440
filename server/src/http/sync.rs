//! `/snapshot` and `/sync`: everything there is, and everything that was missed.

use std::sync::Arc;

use axum::Json as Out;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use baton_domain::see::attributes::event_shown;
use baton_domain::see::sight::{Tidings, VisibleEvent, as_gone, as_head};
use baton_protocol::frame::{ResetReason, ServerFrame};
use baton_protocol::limits::SYNC_BYTES_MAX;
use baton_protocol::page::{SnapshotAnswer, SyncAnswer};
use baton_protocol::{Cursor, Event};
use schemars::JsonSchema;
use serde::Deserialize;

use super::input::{Query, limit};
use super::long::TimeBudget;
use super::{Access, ApiState, Fault, HandlerResult, Route, Shared};
use crate::accounts::Signed;
use crate::store::read::{self, SyncGap, snapshot_page, sync_gap};

/// Events of a workspace that are told at once. Whoever missed more waits for their turn.
const SHORT: u64 = 1_000;
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What `GET /snapshot` may be asked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// `next` of the page before, unchanged and with the same filter.
    page: Option<String>,
    /// Rows of this page.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
}

/// What `GET /sync` may be asked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct After {
    /// The cursor that the client holds; without one the answer is a `reset`.
    after: Option<String>,
}

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(Access::Signed, "/api/v1/snapshot", snapshot)
            .says("All conversations in scope, a page at a time.")
            .query::<Page>()
            .answers::<SnapshotAnswer>(200)
            .packed(),
        Route::get(Access::Signed, "/api/v1/sync", sync)
            .says("The frames that a socket would have told since a cursor.")
            .query::<After>()
            .answers::<SyncAnswer>(200)
            .packed(),
    ]
}

/// `GET /snapshot`.
pub(super) async fn snapshot(
    State(parts): State<Shared>,
    signed: Signed,
    Query(Page { page, limit: asked }): Query<Page>,
) -> HandlerResult<Out<SnapshotAnswer>> {
    let limit = limit(asked)?;
    let (workspace, agent) = (signed.workspace, signed.agent);
    let found = snapshot_page(&parts.store, workspace, agent, page.as_deref(), limit).await?;
    let found = found.ok_or_else(Fault::unauthenticated)?;
    let cursor = Cursor { epoch: parts.store.epoch(), position: found.upto };
    Ok(Out(SnapshotAnswer { cursor, conversations: found.conversations, next: found.next }))
}

/// `GET /sync`.
pub(super) async fn sync(
    State(parts): State<Shared>,
    signed: Signed,
    Query(After { after }): Query<After>,
) -> HandlerResult<Response> {
    let cursor = after.map(|text| text.parse::<Cursor>()).transpose();
    let cursor = cursor.map_err(|error| Fault::invalid(format!("after: {error}")))?;
    let workspace = signed.workspace;
    let mut tx = parts.store.read().await?;
    let head = read::log_head(&mut tx, workspace).await?.position;
    tx.rollback().await?;
    let missed = cursor.map_or(0, |cursor| head.saturating_sub(cursor.position));
    let answer = if missed <= SHORT {
        answered(&parts, signed, cursor).await?
    } else {
        let of = Arc::clone(&parts);
        let work = async move |_: TimeBudget| answered(&of, signed, cursor).await;
        parts.queues.long.share(workspace, work).await?
    };
    Ok(([(header::CONTENT_TYPE, JSON)], answer).into_response())
}

/// The answer as it is sent.
async fn answered(
    parts: &ApiState,
    signed: Signed,
    cursor: Option<Cursor>,
) -> HandlerResult<Vec<u8>> {
    let gap = sync_gap(&parts.store, signed.workspace, signed.agent, cursor).await?;
    let gap = gap.ok_or_else(Fault::unauthenticated)?;
    let cursor = Cursor { epoch: parts.store.epoch(), position: gap.upto };
    let upto = gap.upto;
    let mut frames = frames(gap);
    if bytes(&frames) > SYNC_BYTES_MAX {
        // The snapshot comes in pages.
        frames = vec![ServerFrame::Reset { reason: ResetReason::TooMuch, upto, after_ms: 0 }];
    }
    serde_json::to_vec(&SyncAnswer { cursor, frames }).map_err(|error| Fault::internal(&error))
}

/// What they take on the wire; counted no further than is allowed.
fn bytes(frames: &[ServerFrame]) -> usize {
    let mut total = 0_usize;
    for frame in frames {
        total = total.saturating_add(serde_json::to_vec(frame).map_or(0, |bytes| bytes.len()));
        if total > SYNC_BYTES_MAX {
            break;
        }
    }
    total
}

/// The same as a socket tells, in the same order.
fn frames(mut gap: SyncGap) -> Vec<ServerFrame> {
    let (after, upto) = (gap.after, gap.upto);
    let (left, entered, told) = match &gap.tidings {
        Tidings::Reset(reason) => {
            return vec![ServerFrame::Reset { reason: *reason, upto, after_ms: 0 }];
        }
        Tidings::Changes { left, entered, told } => (left.clone(), entered.clone(), told.clone()),
    };
    let left = left.into_iter().map(|id| ServerFrame::Left { position: upto, conversation_id: id });
    let mut frames: Vec<ServerFrame> = left.collect();
    for (id, _) in entered {
        let snapshot = gap.entered.remove(&id).map(Box::new);
        frames.extend(snapshot.map(|snapshot| ServerFrame::Entered { position: upto, snapshot }));
    }
    let events = told.iter().filter_map(|told| event(&gap, *told)).collect();
    frames.push(ServerFrame::Events { after, upto, events });
    frames
}

fn event(gap: &SyncGap, told: VisibleEvent) -> Option<Event> {
    match told {
        VisibleEvent::Event(place) => gap.stretch.get(place).map(|logged| logged.event.clone()),
        VisibleEvent::Cut(place) => {
            Some(event_shown(&gap.stretch.get(place)?.event, &gap.sight.hidden))
        }
        VisibleEvent::Gone(place) => gap.stretch.get(place).map(|logged| as_gone(&logged.event)),
        VisibleEvent::Head(place, id) => {
            Some(as_head(&gap.stretch.get(place)?.event, gap.heads.get(&id)?))
        }
    }
}
