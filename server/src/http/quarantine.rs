//! `/quarantine`: elements of webhooks that could not be attributed; trying them once more, or
//! letting them go.
//!
//! Most of them belong to no workspace. The admins of a workspace see an element only if the
//! operator granted its meta app to that workspace and to no other. The operator sees all (`baton
//! admin quarantine`).

use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use baton_domain::fact::inbound::ElementBody;
use baton_protocol::WorkspaceId;
use baton_protocol::settings::Quarantined;
use schemars::JsonSchema;
use serde::Deserialize;
use uuid::Uuid;

use super::input::{Id, Query, limit};
use super::webhooks::post;
use super::{Access, ApiState, Fault, HandlerResult, Route, Shared};
use crate::accounts::Signed;
use crate::clock::Clock;
use crate::engine::Engine;
use crate::engine::work::Post;
use crate::store::{Store, quarantine as kept};

/// What `GET /quarantine` may be asked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    /// Only those before this one: the last `id` of the page that came.
    before: Option<Uuid>,
    /// Rows of this page.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
}

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(Access::Admin, "/api/v1/quarantine", list)
            .says("Parts of webhooks that belong to no number.")
            .query::<Listing>()
            .answers::<Vec<Quarantined>>(200)
            .packed(),
        Route::post(Access::Admin, "/api/v1/quarantine/{id}/replay", replay)
            .says("Takes one in once more.")
            .done()
            .codes(&["not_found", "not_allowed", "malformed"]),
        Route::post(Access::Admin, "/api/v1/quarantine/{id}/dismiss", dismiss)
            .says("Sets one aside for good.")
            .done()
            .codes(&["not_found"]),
    ]
}

/// `GET /quarantine`: the newest first.
pub(super) async fn list(
    State(parts): State<Shared>,
    signed: Signed,
    Query(Listing { before, limit: asked }): Query<Listing>,
) -> HandlerResult<Out<Vec<Quarantined>>> {
    let limit = limit(asked)?;
    Quarantine::of(&parts, signed).list(before, limit).await.map(Out)
}

/// `POST /quarantine/{id}/replay`: as if it came again.
pub(super) async fn replay(
    State(parts): State<Shared>,
    signed: Signed,
    Id(id): Id<Uuid>,
) -> HandlerResult<StatusCode> {
    Quarantine::of(&parts, signed).replay(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /quarantine/{id}/dismiss`: nobody waits for it any more.
pub(super) async fn dismiss(
    State(parts): State<Shared>,
    signed: Signed,
    Id(id): Id<Uuid>,
) -> HandlerResult<StatusCode> {
    Quarantine::of(&parts, signed).dismiss(id).await?;
    tracing::info!(workspace = %signed.workspace, by = %signed.agent, %id, "set aside for good");
    Ok(StatusCode::NO_CONTENT)
}

/// The quarantine as somebody sees it.
#[derive(Debug)]
pub(crate) struct Quarantine<'a> {
    pub(crate) store: &'a Store,
    pub(crate) engine: &'a Engine,
    pub(crate) clock: &'a Clock,
    /// The workspace whose admin looks; `None` is the operator.
    pub(crate) workspace: Option<WorkspaceId>,
}

impl<'a> Quarantine<'a> {
    fn of(parts: &'a ApiState, signed: Signed) -> Self {
        let (store, engine, clock) = (&parts.store, &parts.engine, &parts.clock);
        Self { store, engine, clock, workspace: Some(signed.workspace) }
    }

    /// The newest first, with the beginnings of what they say.
    pub(crate) async fn list(
        &self,
        before: Option<Uuid>,
        limit: u32,
    ) -> HandlerResult<Vec<Quarantined>> {
        Ok(kept::newest(self.store, self.workspace, before, limit).await?)
    }

    /// One, whole.
    pub(crate) async fn read(&self, id: Uuid) -> HandlerResult<Quarantined> {
        kept::quarantined(self.store, self.workspace, id).await?.ok_or_else(Fault::not_found)
    }

    /// As if it came again.
    pub(crate) async fn replay(&self, id: Uuid) -> HandlerResult<()> {
        let row = self.read(id).await?;
        let post = post(self.clock, row.meta_app, row.element.as_bytes(), row.at)?;
        self.check_attributable(&post).await?;
        self.engine.post(post).await?;
        Ok(kept::replayed(self.store, id, self.clock.now()).await?)
    }

    /// Nobody waits for it any more: it goes as old webhooks go.
    pub(crate) async fn dismiss(&self, id: Uuid) -> HandlerResult<()> {
        self.read(id).await?;
        Ok(kept::dismissed(self.store, id, self.clock.now()).await?)
    }

    /// Replaying what still belongs to nobody would only set it aside again.
    async fn check_attributable(&self, post: &Post) -> HandlerResult<()> {
        for (element, _) in &post.elements {
            if let ElementBody::Unattributable { reason } = &element.body {
                return Err(Fault::conflict(format!("it still cannot be attributed: {reason}")));
            }
            let number = element.phone_number_id.as_deref().unwrap_or_default();
            if !kept::is_channel(self.store, self.workspace, &post.meta_app, number).await? {
                let detail = "its number is no channel that you have on that meta app";
                return Err(Fault::conflict(detail));
            }
        }
        Ok(())
    }
}
