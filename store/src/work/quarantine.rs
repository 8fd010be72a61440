//! Elements of webhooks that could not be attributed. Most belong to no workspace. The admins of a
//! workspace see one only if its meta app was granted to that workspace and to no other.

use baton_protocol::settings::Quarantined;
use baton_protocol::{Timestamp, WorkspaceId};
use sqlx_macros::FromRow;
use uuid::Uuid;

use crate::{Sql, Store, StoreError};

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

/// The workspace whose admins look; empty for the operator.
fn looker(workspace: Option<WorkspaceId>) -> String {
    workspace.map(|id| id.to_string()).unwrap_or_default()
}

/// The parts that a workspace's admins may see, or the operator: the newest first, with the
/// beginnings of their words.
pub async fn newest(
    store: &Store,
    workspace: Option<WorkspaceId>,
    before: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Quarantined>, StoreError> {
    // The whole of one may have megabytes.
    static LIST: Sql = Sql::new(visible!(
        "substr(q.element, 1, 4096)",
        "AND ($2 = '' OR q.id < $2) ORDER BY q.id DESC LIMIT CAST($3 AS BIGINT)"
    ));
    let before = before.map(|id| id.to_string()).unwrap_or_default();
    let args = [looker(workspace), before, limit.to_string()];
    let rows = store.rows_alone::<QuarantinedRow>(&LIST, &[&args[0], &args[1], &args[2]]).await?;
    Ok(rows.into_iter().map(QuarantinedRow::told).collect())
}

/// One, whole.
pub async fn quarantined(
    store: &Store,
    workspace: Option<WorkspaceId>,
    id: Uuid,
) -> Result<Option<Quarantined>, StoreError> {
    static READ: Sql = Sql::new(visible!("q.element", "AND q.id = $2"));
    let args = [looker(workspace), id.to_string()];
    let rows = store.rows_alone::<QuarantinedRow>(&READ, &[&args[0], &args[1]]).await?;
    Ok(rows.into_iter().next().map(QuarantinedRow::told))
}

/// It was taken in again.
pub async fn replayed(store: &Store, id: Uuid, now: Timestamp) -> Result<(), StoreError> {
    static MARK: Sql =
        Sql::new("UPDATE quarantine SET replayed_at = CAST($2 AS BIGINT) WHERE id = $1");
    store.run_alone(&MARK, &[id.to_string(), now.ms().to_string()]).await.map(drop)
}

/// Nobody waits for it any more: it goes as old webhooks go.
pub async fn dismissed(store: &Store, id: Uuid, now: Timestamp) -> Result<(), StoreError> {
    static MARK: Sql = Sql::new(
        "UPDATE quarantine SET dismissed_at = COALESCE(dismissed_at, CAST($2 AS BIGINT))
         WHERE id = $1",
    );
    store.run_alone(&MARK, &[id.to_string(), now.ms().to_string()]).await.map(drop)
}

/// Whether a number is a channel on that meta app: of the workspace, or of any for the operator.
pub async fn is_channel(
    store: &Store,
    workspace: Option<WorkspaceId>,
    meta_app: &str,
    phone_number_id: &str,
) -> Result<bool, StoreError> {
    static FIND: Sql = Sql::new(
        "SELECT id FROM channel
         WHERE ($1 = '' OR workspace = $1) AND meta_app = $2 AND phone_number_id = $3",
    );
    let args = [&looker(workspace), meta_app, phone_number_id];
    Ok(!store.rows_alone::<(String,)>(&FIND, &args).await?.is_empty())
}
