//! `/passwords`: a forgotten password, and the new one by the link of a letter.

use axum::extract::State;
use axum::http::StatusCode;
use baton_protocol::invitation::{PasswordForgotten, PasswordNew};

use super::input::{Json, Peer};
use super::{Access, Fault, HandlerResult, Route, Shared};
use crate::mail::{Letter, LetterKind};

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post(Access::Public, "/api/v1/passwords/forgotten", forgotten)
            .says("Sends a link to a new password to the address, if an agent has it.")
            .takes::<PasswordForgotten>()
            .done()
            .codes(&["not_allowed", "rate_limited"]),
        Route::post(Access::Public, "/api/v1/passwords/new", new)
            .says("Sets a password by the link of a letter; all sessions end.")
            .takes::<PasswordNew>()
            .done()
            .codes(&["invitation_unknown", "invitation_expired", "rate_limited"]),
    ]
}

/// `POST /passwords/forgotten`. The answer is the same, and comes as fast, whether there is such an
/// agent or not.
pub(super) async fn forgotten(
    State(parts): State<Shared>,
    Peer(from): Peer,
    Json(asked): Json<PasswordForgotten>,
) -> HandlerResult<StatusCode> {
    if !parts.mail.is_set_up() {
        return Err(Fault::conflict("this server sends no letters: ask an admin for a password"));
    }
    let place = parts.mail.place().ok_or_else(|| Fault::unavailable(1_000))?;
    if let Some(found) = parts.accounts.password_link(&asked, from).await? {
        let letter = Letter {
            to: found.email,
            language: asked.language,
            workspace: found.workspace_name,
            secret: found.secret,
            kind: LetterKind::NewPassword,
        };
        let mail = parts.mail.clone();
        tokio::spawn(async move {
            let _place = place;
            if let Err(error) = mail.send(&letter).await {
                tracing::warn!(%error, "a letter with a link to a new password was not sent");
            }
        });
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /passwords/new`.
pub(super) async fn new(
    State(parts): State<Shared>,
    Peer(from): Peer,
    Json(new): Json<PasswordNew>,
) -> HandlerResult<StatusCode> {
    parts.accounts.replace_password(&parts.engine, &new, from).await?;
    Ok(StatusCode::NO_CONTENT)
}
