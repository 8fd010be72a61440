//! `/saved-views`: filters of the inbox that are kept by name, one's own and those of one's teams.

use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use baton_domain::sight::Sight;
use baton_protocol::view::{SavedView, ViewChange, ViewFilter, ViewNew, ViewStatus};
use baton_protocol::{AgentId, Role, TeamId, ViewId};

use super::conversations::{owner_filter, query};
use super::input::{Id, Json};
use super::{Access, ApiState, Fault, HandlerResult, Route, Shared};
use crate::accounts::Signed;
use crate::store::Tx;
use crate::store::read;
use crate::store::view::{KeptView, change_view, drop_view, keep_view, views_of};

/// Views that an agent keeps, and those of a team.
const MOST: u64 = 20;
const NAME_CHARS_MAX: usize = 40;

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(Access::Signed, "/api/v1/saved-views", list)
            .says("Filters that you and your teams keep by name.")
            .answers::<Vec<SavedView>>(200),
        Route::post(Access::Signed, "/api/v1/saved-views", add)
            .says("Keeps a filter by name.")
            .takes::<ViewNew>()
            .answers::<SavedView>(201)
            .codes(&["not_found", "forbidden", "not_allowed"]),
        Route::patch(Access::Signed, "/api/v1/saved-views/{view}", change)
            .says("Changes a filter that is kept; what is absent stays.")
            .takes::<ViewChange>()
            .answers::<SavedView>(200)
            .codes(&["not_found", "forbidden"]),
        Route::delete(Access::Signed, "/api/v1/saved-views/{view}", end)
            .says("Forgets a filter that is kept.")
            .done()
            .codes(&["not_found", "forbidden"]),
    ]
}

/// `GET /saved-views`.
pub(super) async fn list(
    State(parts): State<Shared>,
    signed: Signed,
) -> HandlerResult<Out<Vec<SavedView>>> {
    let mut tx = parts.store.read().await?;
    let (sight, views) = all(&mut tx, &signed).await?;
    tx.rollback().await?;
    Ok(Out(views.into_iter().map(|view| told(&sight, signed.agent, view)).collect()))
}

/// `POST /saved-views`.
pub(super) async fn add(
    State(parts): State<Shared>,
    signed: Signed,
    Json(new): Json<ViewNew>,
) -> HandlerResult<(StatusCode, Out<SavedView>)> {
    let mut tx = parts.store.read().await?;
    let sight = sight(&mut tx, &signed).await?;
    tx.rollback().await?;
    if let Some(team) = new.of_team {
        if !teams(&sight).contains(&team) {
            return Err(Fault::not_found());
        }
        if !sight.viewer.supervises(team) {
            return Err(Fault::forbidden("only supervisors of a team keep views for it"));
        }
    }
    let view = KeptView {
        id: ViewId(parts.clock.uuid_v4()),
        agent: signed.agent,
        team: new.of_team,
        name: name(&new.name)?,
        filter: filter(new.filter)?,
    };
    let now = parts.clock.now();
    if !keep_view(&parts.store, signed.workspace, &view, now, MOST).await? {
        return Err(Fault::conflict(format!("there are {MOST} views already: delete one first")));
    }
    Ok((StatusCode::CREATED, Out(told(&sight, signed.agent, view))))
}

/// `PATCH /saved-views/{view}`.
pub(super) async fn change(
    State(parts): State<Shared>,
    signed: Signed,
    Id(of): Id<ViewId>,
    Json(change): Json<ViewChange>,
) -> HandlerResult<Out<SavedView>> {
    let (sight, mut view) = own(&parts, &signed, of).await?;
    if let Some(new) = change.name {
        view.name = name(&new)?;
    }
    if let Some(new) = change.filter {
        view.filter = filter(new)?;
    }
    if !change_view(&parts.store, signed.workspace, &view).await? {
        return Err(Fault::not_found());
    }
    Ok(Out(told(&sight, signed.agent, view)))
}

/// `DELETE /saved-views/{view}`.
pub(super) async fn end(
    State(parts): State<Shared>,
    signed: Signed,
    Id(of): Id<ViewId>,
) -> HandlerResult<StatusCode> {
    own(&parts, &signed, of).await?;
    drop_view(&parts.store, signed.workspace, of).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A view that somebody may change.
async fn own(parts: &ApiState, signed: &Signed, of: ViewId) -> HandlerResult<(Sight, KeptView)> {
    let mut tx = parts.store.read().await?;
    let (sight, views) = all(&mut tx, signed).await?;
    tx.rollback().await?;
    let view = views.into_iter().find(|view| view.id == of).ok_or_else(Fault::not_found)?;
    if !may_edit(&sight, signed.agent, &view) {
        return Err(Fault::forbidden("only supervisors of a team change its views"));
    }
    Ok((sight, view))
}

async fn all(tx: &mut Tx, signed: &Signed) -> HandlerResult<(Sight, Vec<KeptView>)> {
    let sight = sight(tx, signed).await?;
    let views = views_of(tx, signed.workspace, signed.agent, &teams(&sight)).await?;
    Ok((sight, views))
}

async fn sight(tx: &mut Tx, signed: &Signed) -> HandlerResult<Sight> {
    let sight = read::sight(tx, signed.workspace, signed.agent).await?;
    sight.ok_or_else(Fault::unauthenticated)
}

/// The teams whose views somebody has: admins those of all.
fn teams(sight: &Sight) -> Vec<TeamId> {
    match sight.viewer.role {
        Role::Admin => sight.visibility.keys().copied().collect(),
        Role::Supervisor | Role::Agent => sight.viewer.teams.keys().copied().collect(),
    }
}

fn may_edit(sight: &Sight, agent: AgentId, view: &KeptView) -> bool {
    view.team.map_or(view.agent == agent, |team| sight.viewer.supervises(team))
}

fn told(sight: &Sight, agent: AgentId, view: KeptView) -> SavedView {
    let editable = may_edit(sight, agent, &view);
    let KeptView { id, team: of_team, name, filter, .. } = view;
    SavedView { id, name, of_team, filter, editable }
}

fn name(text: &str) -> HandlerResult<String> {
    let name = text.trim();
    let is_odd = name.is_empty()
        || name.chars().count() > NAME_CHARS_MAX
        || name.chars().any(char::is_control);
    if is_odd {
        return Err(Fault::invalid(format!("name: must have 1 to {NAME_CHARS_MAX} characters")));
    }
    Ok(name.to_owned())
}

fn filter(filter: ViewFilter) -> HandlerResult<ViewFilter> {
    filter.owner.as_deref().map(owner_filter).transpose()?;
    let text = query(filter.text)?;
    let filter = ViewFilter { text, ..filter };
    if filter == ViewFilter::default() {
        return Err(Fault::invalid("filter: must name something"));
    }
    let is_search = filter.text.is_some() || filter.status == Some(ViewStatus::Resolved);
    if is_search && filter.unanswered {
        return Err(Fault::invalid("unanswered: not with a text or resolved conversations"));
    }
    Ok(filter)
}
