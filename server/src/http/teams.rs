//! `/teams` and who belongs to them: everyone sees them, admins change them.

use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use baton_domain::group::RehomeWork;
use baton_domain::see::staff::heirs;
use baton_protocol::settings::{MemberPut, TeamChange, TeamMember, TeamNew};
use baton_protocol::{AgentId, MembershipKind, Team, TeamId, WorkspaceId};

use super::input::{Id, Ids, Json};
use super::{Access, ApiState, Fault, HandlerResult, Route, Shared};
use crate::accounts::{Setter, Signed};
use crate::store::read as rows;

/// Codes of what is set in the log.
const SETTLED: &[&str] = &["not_found", "not_allowed", "taken"];

/// Conversations that go back with one who is taken out, at most.
const LEFT_MAX: u64 = 10_000;

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(Access::Signed, "/api/v1/teams", list)
            .says("All teams.")
            .answers::<Vec<Team>>(200)
            .packed(),
        Route::post(Access::Admin, "/api/v1/teams", add)
            .says("Adds a team.")
            .takes::<TeamNew>()
            .answers::<Team>(201)
            .codes(SETTLED),
        Route::get(Access::Signed, "/api/v1/teams/{team}", read)
            .says("A team.")
            .answers::<Team>(200)
            .codes(&["not_found"])
            .packed(),
        Route::patch(Access::Admin, "/api/v1/teams/{team}", change)
            .says("Changes a team; what is absent stays.")
            .takes::<TeamChange>()
            .answers::<Team>(200)
            .codes(SETTLED),
        Route::get(Access::Admin, "/api/v1/teams/{team}/members/{agent}", read_member)
            .says("A member, and how many conversations of the team go back if they are taken out.")
            .answers::<TeamMember>(200)
            .codes(&["not_found", "forbidden"]),
        Route::put(Access::Admin, "/api/v1/teams/{team}/members/{agent}", put_member)
            .says("Makes an agent a member or supervisor of a team.")
            .takes::<MemberPut>()
            .done()
            .codes(SETTLED),
        Route::delete(Access::Admin, "/api/v1/teams/{team}/members/{agent}", drop_member)
            .says("Takes an agent out of a team.")
            .done()
            .codes(SETTLED),
    ]
}

/// `GET /teams`.
pub(super) async fn list(
    State(parts): State<Shared>,
    signed: Signed,
) -> HandlerResult<Out<Vec<Team>>> {
    Ok(Out(all(&parts, signed.workspace).await?))
}

/// `GET /teams/{team}`.
pub(super) async fn read(
    State(parts): State<Shared>,
    signed: Signed,
    Id(team): Id<TeamId>,
) -> HandlerResult<Out<Team>> {
    Ok(Out(one(&parts, signed.workspace, team).await?))
}

/// `POST /teams`.
pub(super) async fn add(
    State(parts): State<Shared>,
    signed: Signed,
    Json(new): Json<TeamNew>,
) -> HandlerResult<(StatusCode, Out<Team>)> {
    let (team, work) = parts.accounts.plan_team(setter(signed), &new)?;
    parts.accounts.settle(&parts.engine, work).await?;
    Ok((StatusCode::CREATED, Out(one(&parts, signed.workspace, team).await?)))
}

/// `PATCH /teams/{team}`.
pub(super) async fn change(
    State(parts): State<Shared>,
    signed: Signed,
    Id(team): Id<TeamId>,
    Json(change): Json<TeamChange>,
) -> HandlerResult<Out<Team>> {
    let work = parts.accounts.plan_team_change(setter(signed), team, &change).await?;
    parts.accounts.settle(&parts.engine, work).await?;
    Ok(Out(one(&parts, signed.workspace, team).await?))
}

/// `PUT /teams/{team}/members/{agent}`.
pub(super) async fn put_member(
    State(parts): State<Shared>,
    signed: Signed,
    Ids(team, agent): Ids<TeamId, AgentId>,
    Json(put): Json<MemberPut>,
) -> HandlerResult<StatusCode> {
    member(&parts, signed, team, agent, Some(put.kind)).await
}

/// `DELETE /teams/{team}/members/{agent}`.
pub(super) async fn drop_member(
    State(parts): State<Shared>,
    signed: Signed,
    Ids(team, agent): Ids<TeamId, AgentId>,
) -> HandlerResult<StatusCode> {
    member(&parts, signed, team, agent, None).await
}

async fn member(
    parts: &ApiState,
    signed: Signed,
    team: TeamId,
    agent: AgentId,
    kind: Option<MembershipKind>,
) -> HandlerResult<StatusCode> {
    let work = parts.accounts.plan_membership(setter(signed), team, agent, kind).await?;
    parts.accounts.settle(&parts.engine, work).await?;
    if kind.is_none() {
        give_back(parts, signed.workspace, (team, agent)).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Conversations that somebody has of a team that they are in no more go back to its queue. Where
/// this ends in the middle, the same request does the rest.
async fn give_back(
    parts: &ApiState,
    workspace: WorkspaceId,
    (team, agent): (TeamId, AgentId),
) -> HandlerResult<()> {
    let mut tx = parts.store.read().await?;
    let left = rows::left_behind(&mut tx, workspace, agent, LEFT_MAX).await?;
    let people = rows::agents(&mut tx, workspace).await?;
    tx.rollback().await?;
    let heirs = heirs(&people, team);
    for (conversation, _) in left.into_iter().filter(|(_, of)| *of == team) {
        let heirs = heirs.clone();
        let work = RehomeWork { workspace, conversation, agent, heirs, is_of_team: true };
        parts.engine.rehome(work).await.map_err(|_away| Fault::unavailable(1_000))?;
    }
    Ok(())
}

/// `GET /teams/{team}/members/{agent}`.
pub(super) async fn read_member(
    State(parts): State<Shared>,
    signed: Signed,
    Ids(team, agent): Ids<TeamId, AgentId>,
) -> HandlerResult<Out<TeamMember>> {
    let mut tx = parts.store.read().await?;
    let people = rows::agents(&mut tx, signed.workspace).await?;
    let owned = rows::owned_in(&mut tx, signed.workspace, (team, agent)).await?;
    tx.rollback().await?;
    let place = people.into_iter().find(|one| one.id == agent);
    let place = place.and_then(|one| one.teams.into_iter().find(|at| at.team_id == team));
    let kind = place.ok_or_else(Fault::not_found)?.kind;
    Ok(Out(TeamMember { kind, owned }))
}

async fn all(parts: &ApiState, workspace: WorkspaceId) -> HandlerResult<Vec<Team>> {
    let mut tx = parts.store.read().await?;
    let teams = rows::teams(&mut tx, workspace).await?;
    tx.rollback().await?;
    Ok(teams)
}

async fn one(parts: &ApiState, workspace: WorkspaceId, team: TeamId) -> HandlerResult<Team> {
    let teams = all(parts, workspace).await?;
    teams.into_iter().find(|other| other.id == team).ok_or_else(Fault::not_found)
}

fn setter(signed: Signed) -> Setter {
    Setter { workspace: signed.workspace, by: Some(signed.agent) }
}
