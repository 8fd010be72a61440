//! `/meta-apps`: the apps at Meta whose numbers this workspace may connect, for admins.

use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use baton_protocol::WorkspaceId;
use baton_protocol::settings::{MetaApp, MetaAppNew, MetaApps};

use super::input::Json;
use super::{Access, ApiState, HandlerResult, Route, Shared};
use crate::accounts::Signed;
use crate::config::Secret;
use crate::store::health;

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(Access::Admin, "/api/v1/meta-apps", list)
            .says("Apps at Meta whose numbers you may connect.")
            .answers::<MetaApps>(200),
        Route::post(Access::Admin, "/api/v1/meta-apps", add)
            .says("Adds an app, or another secret of it.")
            .takes::<MetaAppNew>()
            .answers::<MetaApps>(201)
            .codes(&["not_allowed"]),
    ]
}

/// `GET /meta-apps`.
pub(super) async fn list(
    State(parts): State<Shared>,
    signed: Signed,
) -> HandlerResult<Out<MetaApps>> {
    Ok(Out(all(&parts, signed.workspace).await?))
}

/// `POST /meta-apps`.
pub(super) async fn add(
    State(parts): State<Shared>,
    signed: Signed,
    Json(new): Json<MetaAppNew>,
) -> HandlerResult<(StatusCode, Out<MetaApps>)> {
    let secret = Secret::new(new.app_secret.trim());
    parts.accounts.add_own_meta_app(signed.workspace, new.id.trim(), &secret).await?;
    Ok((StatusCode::CREATED, Out(all(&parts, signed.workspace).await?)))
}

async fn all(parts: &ApiState, workspace: WorkspaceId) -> HandlerResult<MetaApps> {
    let apps = parts.accounts.meta_apps_of(workspace).await?;
    let may_add = parts.accounts.only_workspace().await? == Some(workspace);
    let mut tx = parts.store.read().await?;
    let mut told = Vec::new();
    for (id, app) in apps {
        let webhook_at = health::webhook_at(&mut tx, &id).await?;
        let webhook = format!("/webhooks/whatsapp/{id}");
        let verify_token = app.verify_token.expose().to_owned();
        told.push(MetaApp { id, webhook, verify_token, webhook_at });
    }
    tx.rollback().await?;
    Ok(MetaApps { apps: told, may_add, practice_page: parts.practice_page.clone() })
}
