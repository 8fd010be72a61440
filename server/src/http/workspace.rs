//! `/workspace`: what people call it.

use axum::Json as Out;
use axum::extract::State;
use baton_protocol::account::Me;
use baton_protocol::settings::WorkspaceChange;

use super::input::Json;
use super::{Access, HandlerResult, Route, Shared, me};
use crate::accounts::Signed;

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::patch(Access::Admin, "/api/v1/workspace", change)
            .says("Changes the workspace's name for people.")
            .takes::<WorkspaceChange>()
            .answers::<Me>(200)
            .codes(&["not_found"]),
    ]
}

/// `PATCH /workspace`.
pub(super) async fn change(
    State(parts): State<Shared>,
    signed: Signed,
    Json(WorkspaceChange { name }): Json<WorkspaceChange>,
) -> HandlerResult<Out<Me>> {
    if let Some(name) = name {
        parts.accounts.name_workspace(signed.workspace, &name).await?;
    }
    me::read(State(parts), signed).await
}
