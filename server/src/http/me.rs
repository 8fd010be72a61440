//! `/me`: who is signed in.

use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use baton_protocol::account::Me;
use baton_protocol::settings::{AgentChange, MeChange, PasswordChange};

use super::agents::agent;
use super::input::Json;
use super::{Access, HandlerResult, Route, Shared, logo};
use crate::accounts::{Setter, Signed};
use crate::config::Secret;
use crate::store::logo::logo_address;

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(Access::Signed, "/api/v1/me", read)
            .says("Your account, workspace and device.")
            .answers::<Me>(200)
            .codes(&["not_found"]),
        Route::patch(Access::Person, "/api/v1/me", change)
            .says("Changes your name or availability.")
            .takes::<MeChange>()
            .answers::<Me>(200)
            .codes(&["not_found", "not_allowed"]),
        Route::put(Access::Person, "/api/v1/me/password", password)
            .says("Sets your password; your other sessions end.")
            .takes::<PasswordChange>()
            .done()
            .codes(&["wrong_credentials"]),
    ]
}

/// `GET /me`.
pub(super) async fn read(State(parts): State<Shared>, signed: Signed) -> HandlerResult<Out<Me>> {
    let mut tx = parts.store.read().await?;
    let address = logo_address(&mut tx, signed.workspace).await?;
    tx.rollback().await?;
    Ok(Out(Me {
        agent: agent(&parts, signed.workspace, signed.agent).await?,
        workspace_id: signed.workspace,
        workspace: parts.accounts.slug(signed.workspace).await?,
        workspace_name: Some(parts.accounts.workspace_name(signed.workspace).await?),
        workspace_logo: address.as_deref().map(logo::path),
        device_id: signed.device,
        epoch: parts.store.epoch(),
        sends_letters: parts.mail.is_set_up(),
    }))
}

/// `PATCH /me`.
pub(super) async fn change(
    State(parts): State<Shared>,
    signed: Signed,
    Json(change): Json<MeChange>,
) -> HandlerResult<Out<Me>> {
    let setter = Setter { workspace: signed.workspace, by: Some(signed.agent) };
    let MeChange { name, availability } = change;
    let change = AgentChange { name, availability, ..AgentChange::default() };
    parts.accounts.change_agent(&parts.engine, setter, signed.agent, &change).await?;
    read(State(parts), signed).await
}

/// `PUT /me/password`.
pub(super) async fn password(
    State(parts): State<Shared>,
    signed: Signed,
    Json(change): Json<PasswordChange>,
) -> HandlerResult<StatusCode> {
    let (current, next) = (Secret::new(change.current), Secret::new(change.next));
    parts.accounts.change_password(&parts.engine, signed, &current, &next).await?;
    Ok(StatusCode::NO_CONTENT)
}
