//! `/quarantine`: elements of webhooks that could not be attributed; trying them once more, or
//! letting them go.
//!
//! Most of them belong to no workspace. The admins of a workspace see an element only if the
//! operator granted its meta app to that workspace and to no other. The operator sees all (`baton
//! admin quarantine`).

use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use baton_domain::inbound::ElementBody;
use baton_protocol::settings::Quarantined;
use baton_protocol::{Timestamp, WorkspaceId};
use schemars::JsonSchema;
use serde::Deserialize;
use sqlx_macros::FromRow;
use uuid::Uuid;

use super::input::{Id, Query, limit};
use super::webhooks::post;
use super::{Access, ApiState, Fault, HandlerResult, Route, Shared};
use crate::accounts::Signed;
use crate::clock::Clock;
use crate::engine::Engine;
use crate::engine::work::Post;
use crate::store::{Sql, Store};

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

#[derive(FromRow)]
struct QuarantinedRow {
    id: String,
    meta_app: String,
    reason: String,
    element: String,
    at: i64,
    replayed_at: Option<i64>,
    dismissed_at: Option<i64>,
}

impl QuarantinedRow {
    fn told(self) -> Quarantined {
        Quarantined {
            id: self.id,
            meta_app: self.meta_app,
            at: Timestamp::from_ms(self.at),
            reason: self.reason,
            element: self.element,
            replayed_at: self.replayed_at.map(Timestamp::from_ms),
            dismissed_at: self.dismissed_at.map(Timestamp::from_ms),
        }
    }
}

macro_rules! visible {
    ($element:literal, $and:literal) => {
        concat!(
            "SELECT q.id, q.meta_app, q.reason, ",
            $element,
            " AS element, q.at, q.replayed_at, q.dismissed_at FROM quarantine q
             WHERE ($1 = '' OR (EXISTS (SELECT 1 FROM meta_app_grant g
                 WHERE g.meta_app = q.meta_app AND g.workspace = $1)
               AND (q.workspace = $1 OR (q.workspace IS NULL
                 AND NOT EXISTS (SELECT 1 FROM meta_app_grant g
                   WHERE g.meta_app = q.meta_app AND g.workspace <> $1))))) ",
            $and
        )
    };
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
        // The whole of one may have megabytes.
        static LIST: Sql = Sql::new(visible!(
            "substr(q.element, 1, 4096)",
            "AND ($2 = '' OR q.id < $2) ORDER BY q.id DESC LIMIT CAST($3 AS BIGINT)"
        ));
        let before = before.map(|id| id.to_string()).unwrap_or_default();
        let args = [self.looker(), before, limit.to_string()];
        let mut tx = self.store.read().await?;
        let rows = tx.rows::<QuarantinedRow>(&LIST, &[&args[0], &args[1], &args[2]]).await?;
        tx.rollback().await?;
        Ok(rows.into_iter().map(QuarantinedRow::told).collect())
    }

    /// One, whole.
    pub(crate) async fn read(&self, id: Uuid) -> HandlerResult<Quarantined> {
        static READ: Sql = Sql::new(visible!("q.element", "AND q.id = $2"));
        let mut tx = self.store.read().await?;
        let row = tx.row::<QuarantinedRow>(&READ, &[&self.looker(), &id.to_string()]).await?;
        tx.rollback().await?;
        row.map(QuarantinedRow::told).ok_or_else(Fault::not_found)
    }

    /// As if it came again.
    pub(crate) async fn replay(&self, id: Uuid) -> HandlerResult<()> {
        static MARK: Sql =
            Sql::new("UPDATE quarantine SET replayed_at = CAST($2 AS BIGINT) WHERE id = $1");
        let row = self.read(id).await?;
        let post = post(self.clock, row.meta_app, row.element.as_bytes(), row.at)?;
        self.check_attributable(&post).await?;
        self.engine.post(post).await?;
        self.mark(&MARK, id).await
    }

    /// Nobody waits for it any more: it goes as old webhooks go.
    pub(crate) async fn dismiss(&self, id: Uuid) -> HandlerResult<()> {
        static MARK: Sql = Sql::new(
            "UPDATE quarantine SET dismissed_at = COALESCE(dismissed_at, CAST($2 AS BIGINT))
             WHERE id = $1",
        );
        self.read(id).await?;
        self.mark(&MARK, id).await
    }

    async fn mark(&self, mark: &Sql, id: Uuid) -> HandlerResult<()> {
        let now = self.clock.now().ms().to_string();
        let mut tx = self.store.begin().await?;
        tx.run(mark, &[&id.to_string(), &now]).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Replaying what still belongs to nobody would only set it aside again.
    async fn check_attributable(&self, post: &Post) -> HandlerResult<()> {
        static FIND: Sql = Sql::new(
            "SELECT id FROM channel
             WHERE ($1 = '' OR workspace = $1) AND meta_app = $2 AND phone_number_id = $3",
        );
        let looker = self.looker();
        let mut tx = self.store.read().await?;
        for (element, _) in &post.elements {
            if let ElementBody::Unattributable { reason } = &element.body {
                return Err(Fault::conflict(format!("it still cannot be attributed: {reason}")));
            }
            let number = element.phone_number_id.as_deref().unwrap_or_default();
            let found = tx.row::<(String,)>(&FIND, &[&looker, &post.meta_app, number]).await?;
            if found.is_none() {
                let detail = "its number is no channel that you have on that meta app";
                return Err(Fault::conflict(detail));
            }
        }
        tx.rollback().await?;
        Ok(())
    }

    fn looker(&self) -> String {
        self.workspace.map(|id| id.to_string()).unwrap_or_default()
    }
}
