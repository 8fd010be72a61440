//! `/agents`: everyone sees their colleagues, admins change them.

use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use baton_domain::hand::reach::Sockets;
use baton_protocol::settings::{AgentChange, AgentNew, PasswordSet};
use baton_protocol::{Agent, AgentId, Colleague, WorkspaceId};

use super::input::{Id, Json};
use super::{Access, ApiState, Fault, HandlerResult, Route, Shared};
use crate::accounts::{Setter, Signed};
use crate::config::Secret;
use crate::store::read;

/// Codes of what is set in the log.
const SETTLED: &[&str] = &["not_found", "not_allowed", "taken"];

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(Access::Signed, "/api/v1/agents", list)
            .says("All colleagues.")
            .answers::<Vec<Colleague>>(200)
            .packed(),
        Route::post(Access::Admin, "/api/v1/agents", add)
            .says("Adds a colleague.")
            .takes::<AgentNew>()
            .answers::<Colleague>(201)
            .codes(SETTLED),
        Route::get(Access::Signed, "/api/v1/agents/{agent}", read)
            .says("A colleague.")
            .answers::<Colleague>(200)
            .codes(&["not_found"]),
        Route::patch(Access::Admin, "/api/v1/agents/{agent}", change)
            .says("Changes a colleague; what is absent stays.")
            .takes::<AgentChange>()
            .answers::<Colleague>(200)
            .codes(SETTLED),
        Route::put(Access::Admin, "/api/v1/agents/{agent}/password", password)
            .says("Sets a password; all sessions end.")
            .takes::<PasswordSet>()
            .done()
            .codes(SETTLED),
    ]
}

/// `GET /agents`.
pub(super) async fn list(
    State(parts): State<Shared>,
    signed: Signed,
) -> HandlerResult<Out<Vec<Colleague>>> {
    Ok(Out(colleagues(&parts, signed.workspace).await?))
}

/// `GET /agents/{agent}`.
pub(super) async fn read(
    State(parts): State<Shared>,
    signed: Signed,
    Id(agent): Id<AgentId>,
) -> HandlerResult<Out<Colleague>> {
    Ok(Out(one(&parts, signed.workspace, agent).await?))
}

/// `POST /agents`.
pub(super) async fn add(
    State(parts): State<Shared>,
    signed: Signed,
    Json(new): Json<AgentNew>,
) -> HandlerResult<(StatusCode, Out<Colleague>)> {
    let setter = Setter { workspace: signed.workspace, by: Some(signed.agent) };
    let (agent, work) = parts.accounts.plan_agent(setter, &new).await?;
    parts.accounts.settle(&parts.engine, work).await?;
    Ok((StatusCode::CREATED, Out(one(&parts, signed.workspace, agent).await?)))
}

/// `PATCH /agents/{agent}`.
pub(super) async fn change(
    State(parts): State<Shared>,
    signed: Signed,
    Id(agent): Id<AgentId>,
    Json(change): Json<AgentChange>,
) -> HandlerResult<Out<Colleague>> {
    let setter = Setter { workspace: signed.workspace, by: Some(signed.agent) };
    parts.accounts.change_agent(&parts.engine, setter, agent, &change).await?;
    Ok(Out(one(&parts, signed.workspace, agent).await?))
}

/// `PUT /agents/{agent}/password`.
pub(super) async fn password(
    State(parts): State<Shared>,
    signed: Signed,
    Id(agent): Id<AgentId>,
    Json(set): Json<PasswordSet>,
) -> HandlerResult<StatusCode> {
    let setter = Setter { workspace: signed.workspace, by: Some(signed.agent) };
    parts.accounts.set_password(&parts.engine, setter, agent, &Secret::new(set.next)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One agent.
async fn one(parts: &ApiState, workspace: WorkspaceId, agent: AgentId) -> HandlerResult<Colleague> {
    let all = colleagues(parts, workspace).await?;
    all.into_iter().find(|other| other.agent.id == agent).ok_or_else(Fault::not_found)
}

/// One agent, without what their devices have shown.
pub(super) async fn agent(
    parts: &ApiState,
    workspace: WorkspaceId,
    agent: AgentId,
) -> HandlerResult<Agent> {
    let mut tx = parts.store.read().await?;
    let agents = read::agents(&mut tx, workspace).await?;
    tx.rollback().await?;
    agents.into_iter().find(|other| other.id == agent).ok_or_else(Fault::not_found)
}

/// All agents, and how each is reached by now.
async fn colleagues(parts: &ApiState, workspace: WorkspaceId) -> HandlerResult<Vec<Colleague>> {
    let mut tx = parts.store.read().await?;
    let agents = read::agents(&mut tx, workspace).await?;
    let now = parts.clock.now();
    // How they are reached by pushes, and when they were heard, hangs on no socket.
    let known = (&*parts.push_lanes, &Sockets::Unknown);
    let mut signs = read::signs(&mut tx, workspace, known, now).await?;
    tx.rollback().await?;
    let colleague = |agent: Agent| {
        let reach = signs.remove(&agent.id).unwrap_or_default().reach(now);
        Colleague { agent, reach }
    };
    Ok(agents.into_iter().map(colleague).collect())
}
