//! `/channels`: everyone sees the numbers, admins add and change them.

use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use baton_protocol::connection::{ChannelCheck, ConnectionFault};
use baton_protocol::settings::{ChannelChange, ChannelNew};
use baton_protocol::{Channel, ChannelId, Command, CommandBody, OpId, WorkspaceId};

use super::input::{Id, Json};
use super::{Access, ApiState, Fault, HandlerResult, Route, Shared};
use crate::accounts::{Setter, Signed};
use crate::connection::refusal;
use crate::store::read::{Asked, Filter, Listed, StatusFilter};
use crate::store::{health, read};

/// Conversations that are resolved at once when a number is removed.
const ROWS_MAX: u32 = 200;

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(Access::Signed, "/api/v1/channels", list)
            .says("All numbers.")
            .answers::<Vec<Channel>>(200)
            .packed(),
        Route::post(Access::Admin, "/api/v1/channels", add)
            .says("Adds a number, after Meta was asked about it.")
            .takes::<ChannelNew>()
            .answers::<Channel>(201)
            .codes(&["not_found", "not_allowed", "taken", "not_checked"])
            .codes(&ConnectionFault::ALL.map(ConnectionFault::name)),
        Route::patch(Access::Admin, "/api/v1/channels/{channel}", change)
            .says("Changes a number; what is absent stays.")
            .takes::<ChannelChange>()
            .answers::<Channel>(200)
            .codes(&["not_found", "not_allowed", "taken"]),
        Route::delete(Access::Admin, "/api/v1/channels/{channel}", remove)
            .says("Removes a number that is for practice.")
            .done()
            .codes(&["not_found", "not_allowed"]),
        Route::post(Access::Admin, "/api/v1/channels/{channel}/check", check)
            .says("Asks Meta step by step how a number stands.")
            .answers::<ChannelCheck>(200)
            .codes(&["not_found"]),
    ]
}

/// `GET /channels`.
pub(super) async fn list(
    State(parts): State<Shared>,
    signed: Signed,
) -> HandlerResult<Out<Vec<Channel>>> {
    Ok(Out(all(&parts, signed.workspace).await?))
}

/// `POST /channels`.
pub(super) async fn add(
    State(parts): State<Shared>,
    signed: Signed,
    Json(new): Json<ChannelNew>,
) -> HandlerResult<(StatusCode, Out<Channel>)> {
    let setter = Setter { workspace: signed.workspace, by: Some(signed.agent) };
    // What is wrong with the request itself is told without asking Meta.
    let (id, work) = parts.accounts.plan_channel(setter, &new).await?;
    if new.check {
        let steps = parts.inspector.try_out(&new).await?;
        if let Some(step) = refusal(&steps) {
            return Err(Fault::not_connected(step));
        }
    }
    parts.accounts.settle(&parts.engine, work).await?;
    Ok((StatusCode::CREATED, Out(one(&parts, signed.workspace, id).await?)))
}

/// `PATCH /channels/{channel}`.
pub(super) async fn change(
    State(parts): State<Shared>,
    signed: Signed,
    Id(channel): Id<ChannelId>,
    Json(change): Json<ChannelChange>,
) -> HandlerResult<Out<Channel>> {
    let setter = Setter { workspace: signed.workspace, by: Some(signed.agent) };
    let work = parts.accounts.plan_channel_change(setter, channel, &change).await?;
    parts.accounts.settle(&parts.engine, work).await?;
    if change.access_token.is_some() {
        // Meta is asked about the new token soon in any case.
        drop(health::ask_now(&parts.store, (signed.workspace, channel), parts.clock.now()).await);
    }
    Ok(Out(one(&parts, signed.workspace, channel).await?))
}

/// `POST /channels/{channel}/check`: asks Meta, and judges each step of connecting the number.
pub(super) async fn check(
    State(parts): State<Shared>,
    signed: Signed,
    Id(channel): Id<ChannelId>,
) -> HandlerResult<Out<ChannelCheck>> {
    let checked = parts.inspector.check((signed.workspace, channel)).await?;
    checked.map(Out).ok_or_else(Fault::not_found)
}

/// `DELETE /channels/{channel}`: hides a number that is for practice. Its open conversations are
/// resolved first, by whoever removes it.
pub(super) async fn remove(
    State(parts): State<Shared>,
    signed: Signed,
    Id(channel): Id<ChannelId>,
) -> HandlerResult<StatusCode> {
    let setter = Setter { workspace: signed.workspace, by: Some(signed.agent) };
    let work = parts.accounts.plan_removal(setter, channel).await?;
    resolve_all(&parts, signed, channel).await?;
    parts.accounts.settle(&parts.engine, work).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Resolves what is open on a number, as far as nobody writes meanwhile.
async fn resolve_all(parts: &ApiState, signed: Signed, channel: ChannelId) -> HandlerResult<()> {
    let Signed { workspace, agent, .. } = signed;
    for status in [StatusFilter::Open, StatusFilter::Waiting, StatusFilter::Snoozed] {
        let filter = Filter { status: Some(status), channel: Some(channel), ..Filter::default() };
        let mut tx = parts.store.read().await?;
        let sight = read::sight(&mut tx, workspace, agent).await?;
        let sight = sight.ok_or_else(Fault::unauthenticated)?;
        let asked = Asked { page: None, limit: ROWS_MAX };
        let found = read::list(&mut tx, workspace, &sight, &filter, asked).await?;
        tx.rollback().await?;
        let resolve = |listed| match listed {
            Listed::Head(_) => None,
            Listed::Full(view) => Some(Command {
                op_id: OpId(parts.clock.uuid_v7()),
                conversation_id: view.conversation.head.id,
                after: None,
                retry_of: None,
                body: CommandBody::Resolve(view.conversation.thread.last_line.into()),
            }),
        };
        let commands: Vec<Command> = found.rows.into_iter().filter_map(resolve).collect();
        if !commands.is_empty() {
            parts.engine.tidy_up(signed.caller(), commands).await;
        }
    }
    Ok(())
}

async fn one(parts: &ApiState, workspace: WorkspaceId, id: ChannelId) -> HandlerResult<Channel> {
    let channels = all(parts, workspace).await?;
    channels.into_iter().find(|channel| channel.id == id).ok_or_else(Fault::not_found)
}

async fn all(parts: &ApiState, workspace: WorkspaceId) -> HandlerResult<Vec<Channel>> {
    let mut tx = parts.store.read().await?;
    let channels = read::channels(&mut tx, workspace).await?;
    tx.rollback().await?;
    Ok(channels)
}
