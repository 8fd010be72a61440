//! Webhooks that a version did not understand: kept, and taken in again by a later one.

use baton_protocol::Timestamp;
use sqlx_macros::FromRow;
use uuid::Uuid;

use crate::{Sql, Store, StoreError};

/// One that waits, or was understood since.
#[derive(Clone, PartialEq, Eq, Debug, FromRow)]
#[expect(missing_docs, reason = "fields are named as the columns are")]
pub struct NotUnderstoodEntry {
    pub id: String,
    pub meta_app: String,
    pub kind: String,
    pub original_type: Option<String>,
    pub message: Option<String>,
    pub element: String,
    pub at: i64,
    pub replayed_at: Option<i64>,
}

/// The number of a kind that wait, and of those understood since.
#[derive(Clone, PartialEq, Eq, Debug, FromRow)]
#[expect(missing_docs, reason = "fields are named as the columns are")]
pub struct Count {
    pub kind: String,
    pub waits: i64,
    pub understood: i64,
}

/// A webhook of a version that kept nothing but its body.
#[derive(Clone, PartialEq, Eq, Debug, FromRow)]
#[expect(missing_docs, reason = "fields are named as the columns are")]
pub struct Unsifted {
    pub id: String,
    pub meta_app: String,
    pub body: String,
    pub received_at: i64,
}

/// Each kind.
pub async fn counts(store: &Store) -> Result<Vec<Count>, StoreError> {
    static COUNTS: Sql = Sql::new(
        "SELECT kind,
           CAST(SUM(CASE WHEN replayed_at IS NULL THEN 1 ELSE 0 END) AS BIGINT) AS waits,
           CAST(SUM(CASE WHEN replayed_at IS NULL THEN 0 ELSE 1 END) AS BIGINT) AS understood
         FROM not_understood GROUP BY kind ORDER BY kind",
    );
    store.rows_alone(&COUNTS, &[]).await
}

/// The waiting parts, the newest first, with the beginnings of their words; with `all`, also those
/// understood since.
pub async fn newest(
    store: &Store,
    before: Option<Uuid>,
    limit: u32,
    all: bool,
) -> Result<Vec<NotUnderstoodEntry>, StoreError> {
    // The whole of one may have megabytes.
    static LIST: Sql = Sql::new(
        "SELECT id, meta_app, kind, original_type, message, substr(element, 1, 4096) AS element,
           at, replayed_at
         FROM not_understood
         WHERE ($1 = '' OR id < $1) AND ($2 = 'all' OR replayed_at IS NULL)
         ORDER BY id DESC LIMIT CAST($3 AS BIGINT)",
    );
    let before = before.map(|id| id.to_string()).unwrap_or_default();
    let which = if all { "all" } else { "" };
    store.rows_alone(&LIST, &[&before, which, &limit.to_string()]).await
}

/// One, whole.
pub async fn entry(store: &Store, id: Uuid) -> Result<Option<NotUnderstoodEntry>, StoreError> {
    static SHOW: Sql = Sql::new(
        "SELECT id, meta_app, kind, original_type, message, element, at, replayed_at
         FROM not_understood WHERE id = $1",
    );
    Ok(store.rows_alone(&SHOW, &[&id.to_string()]).await?.into_iter().next())
}

/// The waiting parts, whole, the oldest first: at most `limit` after this id.
pub async fn waiting(
    store: &Store,
    after: &str,
    limit: u64,
) -> Result<Vec<NotUnderstoodEntry>, StoreError> {
    static WAITING: Sql = Sql::new(
        "SELECT id, meta_app, kind, original_type, message, element, at, replayed_at
         FROM not_understood WHERE replayed_at IS NULL AND id > $1
         ORDER BY id LIMIT CAST($2 AS BIGINT)",
    );
    store.rows_alone(&WAITING, &[after, &limit.to_string()]).await
}

/// It is understood now.
pub async fn understood(store: &Store, id: &str, now: Timestamp) -> Result<(), StoreError> {
    static MARK: Sql = Sql::new(
        "UPDATE not_understood SET replayed_at = CAST($2 AS BIGINT)
         WHERE id = $1 AND replayed_at IS NULL",
    );
    store.run_alone(&MARK, &[id, now.ms().to_string().as_str()]).await.map(drop)
}

/// Webhooks that nobody went through yet, the oldest first: at most `limit` after this id.
pub async fn unsifted(store: &Store, after: &str, limit: u64) -> Result<Vec<Unsifted>, StoreError> {
    static LEFT: Sql = Sql::new(
        "SELECT id, meta_app, body, received_at FROM intake WHERE sifted = 0 AND id > $1
         ORDER BY id LIMIT CAST($2 AS BIGINT)",
    );
    store.rows_alone(&LEFT, &[after, &limit.to_string()]).await
}

/// It was gone through.
pub async fn sifted(store: &Store, id: &str) -> Result<(), StoreError> {
    static DONE: Sql = Sql::new("UPDATE intake SET sifted = 1 WHERE id = $1");
    store.run_alone(&DONE, &[id]).await.map(drop)
}
