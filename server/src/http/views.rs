//! `/saved-views`: filters of the inbox that are kept by name, one's own and those of one's teams.
//! They are settings; these requests are those of clients from before that.

use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use baton_domain::group::SetWork;
use baton_domain::group::set::SetProblem;
use baton_domain::see::setting;
use baton_domain::see::sight::Sight;
use baton_protocol::setting::{Home, SavedView as Kept, Setting, SettingChange, SettingPut};
use baton_protocol::view::{SavedView, ViewChange, ViewNew};
use baton_protocol::{SettingId, SettingKind, ViewId};

use super::input::{Id, Json};
use super::{Access, ApiState, Fault, HandlerResult, Route, Shared};
use crate::accounts::Signed;
use crate::store::Tx;
use crate::store::read;

const KIND: SettingKind = SettingKind::SavedView;

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(Access::Signed, "/api/v1/saved-views", list)
            .says("Filters that you and your teams keep by name.")
            .answers::<Vec<SavedView>>(200),
        Route::post(Access::Person, "/api/v1/saved-views", add)
            .says("Keeps a filter by name.")
            .takes::<ViewNew>()
            .answers::<SavedView>(201)
            .codes(&["not_found", "forbidden", "not_allowed"]),
        Route::patch(Access::Person, "/api/v1/saved-views/{view}", change)
            .says("Changes a filter that is kept; what is absent stays.")
            .takes::<ViewChange>()
            .answers::<SavedView>(200)
            .codes(&["not_found", "forbidden", "version_changed"]),
        Route::delete(Access::Person, "/api/v1/saved-views/{view}", end)
            .says("Forgets a filter that is kept.")
            .done()
            .codes(&["not_found", "forbidden", "version_changed"]),
    ]
}

/// `GET /saved-views`.
pub(super) async fn list(
    State(parts): State<Shared>,
    signed: Signed,
) -> HandlerResult<Out<Vec<SavedView>>> {
    let mut tx = parts.store.read().await?;
    let sight = sight(&mut tx, &signed).await?;
    let found = read::settings(&mut tx, signed.workspace, KIND).await?;
    tx.rollback().await?;
    let seen = found.into_iter().map(|placed| placed.setting);
    let seen = seen.filter(|view| setting::reads(&sight.viewer, KIND.spec(), view.home));
    let mut views: Vec<SavedView> = seen.filter_map(|view| told(&sight, &view)).collect();
    views.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
    Ok(Out(views))
}

/// `POST /saved-views`.
pub(super) async fn add(
    State(parts): State<Shared>,
    signed: Signed,
    Json(new): Json<ViewNew>,
) -> HandlerResult<(StatusCode, Out<SavedView>)> {
    let home = new.of_team.map_or(Home::Agent { id: signed.agent }, |id| Home::Team { id });
    let id = SettingId(parts.clock.uuid_v7());
    let kept = Kept { name: new.name, filter: new.filter };
    let view = set(&parts, &signed, (id, None), Some((home, kept))).await?;
    Ok((StatusCode::CREATED, Out(view)))
}

/// `PATCH /saved-views/{view}`.
pub(super) async fn change(
    State(parts): State<Shared>,
    signed: Signed,
    Id(of): Id<ViewId>,
    Json(change): Json<ViewChange>,
) -> HandlerResult<Out<SavedView>> {
    let held = held(&parts, &signed, of).await?;
    let mut kept = kept(&held).ok_or_else(Fault::not_found)?;
    kept.name = change.name.unwrap_or(kept.name);
    kept.filter = change.filter.unwrap_or(kept.filter);
    let to = Some((held.home, kept));
    Ok(Out(set(&parts, &signed, (held.id, Some(held.version)), to).await?))
}

/// `DELETE /saved-views/{view}`.
pub(super) async fn end(
    State(parts): State<Shared>,
    signed: Signed,
    Id(of): Id<ViewId>,
) -> HandlerResult<StatusCode> {
    let held = held(&parts, &signed, of).await?;
    set(&parts, &signed, (held.id, Some(held.version)), None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A view that somebody sees.
async fn held(parts: &ApiState, signed: &Signed, of: ViewId) -> HandlerResult<Setting> {
    let mut tx = parts.store.read().await?;
    let sight = sight(&mut tx, signed).await?;
    let found = read::setting(&mut tx, signed.workspace, KIND, SettingId(of.0)).await?;
    tx.rollback().await?;
    let found = found.map(|placed| placed.setting).filter(|view| !view.ended);
    let seen = found.filter(|view| setting::reads(&sight.viewer, KIND.spec(), view.home));
    seen.ok_or_else(Fault::not_found)
}

/// Sets a view of this version, or ends it.
async fn set(
    parts: &ApiState,
    signed: &Signed,
    (id, expect): (SettingId, Option<u32>),
    to: Option<(Home, Kept)>,
) -> HandlerResult<SavedView> {
    let put = to.map(|(home, kept)| SettingPut {
        home,
        rank: None,
        body: serde_json::to_value(kept).unwrap_or_default(),
    });
    let change = SettingChange { kind: KIND, id, expect, epoch: None, put, anyway: true };
    let changes = vec![(change, parts.clock.uuid_v4())];
    let work =
        SetWork { workspace: signed.workspace, by: Some(signed.agent), changes, secret: None };
    let set = parts.engine.set(work).await?.map_err(|refused| {
        let SetProblem::TooMany(most) = refused.problem else {
            return Fault::setting(refused, false);
        };
        // The code that these requests had before.
        Fault::conflict(format!("there are {most} views already: delete one first"))
    })?;
    let mut tx = parts.store.read().await?;
    let sight = sight(&mut tx, signed).await?;
    tx.rollback().await?;
    let view = set.first().and_then(|view| told(&sight, view));
    view.ok_or_else(Fault::not_found)
}

async fn sight(tx: &mut Tx, signed: &Signed) -> HandlerResult<Sight> {
    let sight = read::sight(tx, signed.workspace, signed.agent).await?;
    sight.ok_or_else(Fault::unauthenticated)
}

fn kept(view: &Setting) -> Option<Kept> {
    serde_json::from_value(view.body.clone()?).ok()
}

fn told(sight: &Sight, view: &Setting) -> Option<SavedView> {
    let Kept { name, filter } = kept(view)?;
    let editable = setting::may_set(&sight.viewer, KIND.spec(), view.home);
    let of_team = match view.home {
        Home::Team { id } => Some(id),
        Home::Workspace | Home::Channel { .. } | Home::Agent { .. } | Home::Unknown => None,
    };
    Some(SavedView { id: ViewId(view.id.0), name, of_team, filter, editable })
}
