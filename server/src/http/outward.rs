//! `/outgoing-webhooks/{setting}`: the way of events to a webhook of the team's own.

use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use baton_protocol::setting::{WebhookFrom, WebhookState, WebhookTry};
use baton_protocol::{SettingId, SettingKind};

use super::input::{Id, Json};
use super::{Access, ApiState, Fault, HandlerResult, Route, Shared};
use crate::accounts::Signed;
use crate::store::webhook::{self, KeptRequest};
use crate::store::{Tx, read};

const KIND: SettingKind = SettingKind::Webhook;

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(Access::Admin, "/api/v1/outgoing-webhooks/{setting}/deliveries", state)
            .says("How far a webhook was told, and what it did not take at once.")
            .answers::<WebhookState>(200)
            .codes(&["not_found"]),
        Route::post(Access::Admin, "/api/v1/outgoing-webhooks/{setting}/test", test)
            .says("Sends a webhook a test within a second or so.")
            .answers_nothing(202)
            .codes(&["not_found", "not_allowed"]),
        Route::post(Access::Admin, "/api/v1/outgoing-webhooks/{setting}/resume", resume)
            .says("Lets a paused webhook go on, or sends again what lies above a position.")
            .takes::<WebhookFrom>()
            .answers::<WebhookState>(200)
            .codes(&["not_found"]),
    ]
}

/// `GET /outgoing-webhooks/{setting}/deliveries`.
async fn state(
    State(parts): State<Shared>,
    signed: Signed,
    Id(of): Id<SettingId>,
) -> HandlerResult<Out<WebhookState>> {
    let mut tx = parts.store.read().await?;
    let state = state_of(&mut tx, &signed, of).await?;
    tx.rollback().await?;
    Ok(Out(state))
}

/// `POST /outgoing-webhooks/{setting}/test`.
async fn test(
    State(parts): State<Shared>,
    signed: Signed,
    Id(of): Id<SettingId>,
) -> HandlerResult<StatusCode> {
    let key = (signed.workspace, of);
    let mut tx = parts.store.read().await?;
    state_of(&mut tx, &signed, of).await?;
    let secrets = read::sealed_secrets(&mut tx, signed.workspace, KIND, of).await?;
    let position = read::log_head(&mut tx, signed.workspace).await?.position;
    tx.rollback().await?;
    if secrets.is_empty() {
        return Err(Fault::conflict("it has no secret to sign with: make one first".to_owned()));
    }
    webhook::enrol(&parts.store).await?;
    let now = parts.clock.now();
    let tried = WebhookTry {
        position,
        tries: 0,
        at: now,
        status: None,
        took_ms: 0,
        answer: String::new(),
        due_at: Some(now),
    };
    webhook::keep(&parts.store, key, &KeptRequest { is_test: true, tried }).await?;
    Ok(StatusCode::ACCEPTED)
}

/// `POST /outgoing-webhooks/{setting}/resume`.
async fn resume(
    State(parts): State<Shared>,
    signed: Signed,
    Id(of): Id<SettingId>,
    Json(from): Json<WebhookFrom>,
) -> HandlerResult<Out<WebhookState>> {
    let mut tx = parts.store.read().await?;
    state_of(&mut tx, &signed, of).await?;
    let head = read::log_head(&mut tx, signed.workspace).await?.position;
    tx.rollback().await?;
    if from.position.is_some_and(|position| position > head) {
        return Err(Fault::invalid("position: the log ends before it"));
    }
    webhook::resume(&parts.store, (signed.workspace, of), from.position).await?;
    known(&parts, &signed, of).await.map(Out)
}

async fn known(parts: &ApiState, signed: &Signed, of: SettingId) -> HandlerResult<WebhookState> {
    let mut tx = parts.store.read().await?;
    let state = state_of(&mut tx, signed, of).await?;
    tx.rollback().await?;
    Ok(state)
}

/// The state of a webhook that did not end. A new one was told of everything before it was made.
async fn state_of(tx: &mut Tx, signed: &Signed, of: SettingId) -> HandlerResult<WebhookState> {
    let found = read::setting(tx, signed.workspace, KIND, of).await?;
    let found = found.filter(|found| !found.setting.ended).ok_or_else(Fault::not_found)?;
    let state = webhook::state(tx, (signed.workspace, of)).await?;
    Ok(state.unwrap_or(WebhookState {
        position: found.position,
        paused_at: None,
        paused_for: None,
        accepted_at: None,
        deliveries: Vec::new(),
    }))
}
