//! `/quarantine`: elements of webhooks that could not be attributed, and trying them once more.
//!
//! Most of them belong to no workspace. They are shown to the admins of a workspace only when the
//! operator granted the meta app that brought them to it and to nobody else.

use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use baton_domain::inbound::ElementBody;
use baton_protocol::Timestamp;
use baton_protocol::settings::Quarantined;
use serde::Deserialize;
use sqlx::FromRow;
use uuid::Uuid;

use super::input::{Id, Query, limit};
use super::webhooks::post;
use super::{Answer, Fault, Parts};
use crate::accounts::Signed;
use crate::engine::work::Post;
use crate::store::Sql;

/// What `GET /quarantine` may be asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    /// Rows older than this one.
    before: Option<Uuid>,
    limit: Option<u32>,
}

#[derive(FromRow)]
struct Row {
    id: String,
    meta_app: String,
    reason: String,
    element: String,
    at: i64,
    replayed_at: Option<i64>,
}

macro_rules! visible {
    ($columns:literal, $and:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM quarantine q
             WHERE EXISTS (SELECT 1 FROM meta_app_grant g
                 WHERE g.meta_app = q.meta_app AND g.workspace = $1)
               AND (q.workspace = $1 OR (q.workspace IS NULL
                 AND NOT EXISTS (SELECT 1 FROM meta_app_grant g
                   WHERE g.meta_app = q.meta_app AND g.workspace <> $1))) ",
            $and
        )
    };
}

/// `GET /quarantine`: the newest first.
pub(super) async fn list(
    State(parts): State<Parts>,
    signed: Signed,
    Query(Listing { before, limit: asked }): Query<Listing>,
) -> Answer<Out<Vec<Quarantined>>> {
    static LIST: Sql = Sql::new(visible!(
        "q.id, q.meta_app, q.reason, q.element, q.at, q.replayed_at",
        "AND ($2 = '' OR q.id < $2) ORDER BY q.id DESC LIMIT CAST($3 AS BIGINT)"
    ));
    let limit = limit(asked)?.to_string();
    let before = before.map(|id| id.to_string()).unwrap_or_default();
    let mut tx = parts.store.read().await?;
    let args = [signed.workspace.to_string(), before, limit];
    let rows = tx.rows::<Row>(&LIST, &[&args[0], &args[1], &args[2]]).await?;
    tx.rollback().await?;
    let row = |row: Row| Quarantined {
        id: row.id,
        at: Timestamp::from_ms(row.at),
        reason: row.reason,
        element: row.element,
        replayed_at: row.replayed_at.map(Timestamp::from_ms),
    };
    Ok(Out(rows.into_iter().map(row).collect()))
}

/// `POST /quarantine/{id}/replay`: as if it came again.
pub(super) async fn replay(
    State(parts): State<Parts>,
    signed: Signed,
    Id(id): Id<Uuid>,
) -> Answer<StatusCode> {
    static READ: Sql = Sql::new(visible!(
        "q.id, q.meta_app, q.reason, q.element, q.at, q.replayed_at",
        "AND q.id = $2"
    ));
    static MARK: Sql =
        Sql::new("UPDATE quarantine SET replayed_at = CAST($2 AS BIGINT) WHERE id = $1");
    let id = id.to_string();
    let mut tx = parts.store.read().await?;
    let row = tx.row::<Row>(&READ, &[&signed.workspace.to_string(), &id]).await?;
    tx.rollback().await?;
    let row = row.ok_or_else(Fault::not_found)?;
    let arrived = Timestamp::from_ms(row.at);
    let post = post(&parts.clock, row.meta_app, row.element.as_bytes(), arrived)?;
    check_attributable(&parts, signed, &post).await?;
    parts.engine.post(post).await?;
    let now = parts.clock.now().ms().to_string();
    let mut tx = parts.store.begin().await?;
    tx.run(&MARK, &[&id, &now]).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Replaying what still belongs to nobody would only set it aside again.
async fn check_attributable(parts: &Parts, signed: Signed, post: &Post) -> Answer<()> {
    static FIND: Sql = Sql::new(
        "SELECT id FROM channel
         WHERE workspace = $1 AND meta_app = $2 AND phone_number_id = $3",
    );
    let workspace = signed.workspace.to_string();
    let mut tx = parts.store.read().await?;
    for (element, _) in &post.elements {
        if let ElementBody::Unattributable { reason } = &element.body {
            return Err(Fault::conflict(format!("it still cannot be attributed: {reason}")));
        }
        let number = element.phone_number_id.as_deref().unwrap_or_default();
        let found = tx.row::<(String,)>(&FIND, &[&workspace, &post.meta_app, number]).await?;
        if found.is_none() {
            let detail = "its number is no channel of this workspace on that meta app";
            return Err(Fault::conflict(detail));
        }
    }
    tx.rollback().await?;
    Ok(())
}
