//! `/workspace`: what people call it.

use axum::Json as Out;
use axum::extract::State;
use baton_protocol::account::Me;
use baton_protocol::settings::WorkspaceChange;

use super::input::Json;
use super::{HandlerResult, Shared, me};
use crate::accounts::Signed;

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
