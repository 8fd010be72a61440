//! `/channels`: everyone sees the numbers, admins add them.

use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use baton_protocol::settings::ChannelNew;
use baton_protocol::{Channel, WorkspaceId};

use super::input::Json;
use super::{Answer, Fault, Parts};
use crate::accounts::{Setter, Signed};
use crate::store::read;

/// `GET /channels`.
pub(super) async fn list(State(parts): State<Parts>, signed: Signed) -> Answer<Out<Vec<Channel>>> {
    Ok(Out(all(&parts, signed.workspace).await?))
}

/// `POST /channels`.
pub(super) async fn add(
    State(parts): State<Parts>,
    signed: Signed,
    Json(new): Json<ChannelNew>,
) -> Answer<(StatusCode, Out<Channel>)> {
    let setter = Setter { workspace: signed.workspace, by: Some(signed.agent) };
    let (id, work) = parts.accounts.plan_channel(setter, &new).await?;
    parts.accounts.settle(&parts.engine, work).await?;
    let channels = all(&parts, signed.workspace).await?;
    let made = channels.into_iter().find(|channel| channel.id == id);
    Ok((StatusCode::CREATED, Out(made.ok_or_else(Fault::not_found)?)))
}

async fn all(parts: &Parts, workspace: WorkspaceId) -> Answer<Vec<Channel>> {
    let mut tx = parts.store.read().await?;
    let channels = read::channels(&mut tx, workspace).await?;
    tx.rollback().await?;
    Ok(channels)
}
