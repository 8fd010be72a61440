//! Work outside that a commit wished: claimed by the node that leads, then ended or put off.
//!
//! A claim is a time: nobody else takes the errand up before. It also names the wish, so that what
//! was wished again meanwhile is not ended by the answer to what was wished before.

use baton_protocol::{Timestamp, WorkspaceId};
use sqlx_macros::FromRow;

use crate::tables::{ErrandKind, id, number};
use crate::{Sql, Store, StoreError};

/// An errand that is to be done by its claimer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Due {
    /// The kind.
    pub kind: ErrandKind,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The subject, as its kind names it.
    pub key: String,
    /// The body that the commit left, in the form of its kind.
    pub body: String,
    /// The number of earlier tries.
    pub tries: u32,
    /// The time of the next try if the end of this one is not told.
    pub until: Timestamp,
}

#[derive(FromRow)]
struct DueRow {
    workspace: String,
    key: String,
    body: String,
    tries: i64,
}

/// Claims so many errands that are due by now; nobody else does them before `until`. Those that are
/// due the longest come first.
///
/// # Errors
/// The store is away, this node leads no more, or a row cannot be read.
pub async fn claim(
    store: &Store,
    (kind, most): (ErrandKind, usize),
    now: Timestamp,
    until: Timestamp,
) -> Result<Vec<Due>, StoreError> {
    static IS_DUE: Sql = Sql::new(
        "SELECT e.due_at FROM errand AS e
         WHERE e.kind = $1 AND e.due_at <= CAST($2 AS BIGINT) LIMIT 1",
    );
    static DUE: Sql = Sql::new(
        "SELECT e.workspace, e.key, e.body, e.tries FROM errand AS e
         WHERE e.kind = $1 AND e.due_at <= CAST($2 AS BIGINT)
         ORDER BY e.due_at LIMIT CAST($3 AS BIGINT)",
    );
    static CLAIM: Sql = Sql::new(
        "UPDATE errand SET due_at = CAST($4 AS BIGINT), tries = tries + 1
         WHERE workspace = $1 AND kind = $2 AND key = $3",
    );
    if most == 0 {
        return Ok(Vec::new());
    }
    let (kind_name, now) = (kind.name(), now.ms().to_string());
    // Mostly nothing is due, and who reads keeps nobody from writing.
    let mut tx = store.read().await?;
    let is_due: Option<(i64,)> = tx.row(&IS_DUE, &[kind_name, &now]).await?;
    tx.rollback().await?;
    if is_due.is_none() {
        return Ok(Vec::new());
    }
    let mut tx = store.begin().await?;
    let rows: Vec<DueRow> = tx.rows(&DUE, &[kind_name, &now, &most.to_string()]).await?;
    let later = until.ms().to_string();
    for row in &rows {
        tx.run(&CLAIM, &[&row.workspace, kind_name, &row.key, &later]).await?;
    }
    tx.commit().await?;
    let due = |row: DueRow| {
        Ok(Due {
            kind,
            workspace: id(&row.workspace)?,
            key: row.key,
            body: row.body,
            tries: number(row.tries)?,
            until,
        })
    };
    rows.into_iter().map(due).collect()
}

/// The errand is done, unless it was wished again meanwhile.
///
/// # Errors
/// The store is away, or this node leads no more.
pub async fn done(store: &Store, of: &Due) -> Result<(), StoreError> {
    static SQL: Sql = Sql::new(
        "DELETE FROM errand
         WHERE workspace = $1 AND kind = $2 AND key = $3 AND due_at = CAST($4 AS BIGINT)",
    );
    let (workspace, until) = (of.workspace.to_string(), of.until.ms().to_string());
    store.run_alone(&SQL, &[&*workspace, of.kind.name(), &of.key, &until]).await.map(drop)
}

/// The errand is tried again at this time, unless it was wished again meanwhile.
///
/// # Errors
/// The store is away, or this node leads no more.
pub async fn again_at(store: &Store, of: &Due, at: Timestamp) -> Result<(), StoreError> {
    static SQL: Sql = Sql::new(
        "UPDATE errand SET due_at = CAST($5 AS BIGINT)
         WHERE workspace = $1 AND kind = $2 AND key = $3 AND due_at = CAST($4 AS BIGINT)",
    );
    let (workspace, until) = (of.workspace.to_string(), of.until.ms().to_string());
    let at = at.ms().to_string();
    store.run_alone(&SQL, &[&*workspace, of.kind.name(), &of.key, &until, &at]).await.map(drop)
}

/// Takes over what nodes of before errands left in a table of its own and is due by now. They go on
/// with what they write there while they live, and none is lost.
///
/// # Errors
/// The store is away, or this node leads no more.
pub async fn take_over_blocks(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    static LEFT: Sql = Sql::new(
        "SELECT b.workspace, b.conversation, b.due_at FROM block_call AS b
         WHERE b.due_at <= CAST($1 AS BIGINT) ORDER BY b.due_at LIMIT 100",
    );
    static TAKE: Sql = Sql::new(
        "INSERT INTO errand (workspace, kind, key, body, due_at, tries)
         VALUES ($1, 'block', $2, 'null', CAST($3 AS BIGINT), 0)
         ON CONFLICT (workspace, kind, key) DO UPDATE SET due_at = excluded.due_at, tries = 0",
    );
    // What such a node wished again meanwhile stays.
    static END: Sql = Sql::new(
        "DELETE FROM block_call
         WHERE workspace = $1 AND conversation = $2 AND due_at = CAST($3 AS BIGINT)",
    );
    let mut tx = store.read().await?;
    let left: Vec<(String, String, i64)> = tx.rows(&LEFT, &[&now.ms().to_string()]).await?;
    tx.rollback().await?;
    if left.is_empty() {
        return Ok(());
    }
    let mut tx = store.begin().await?;
    for (workspace, conversation, due_at) in &left {
        let due_at = due_at.to_string();
        tx.run(&TAKE, &[workspace, conversation, &due_at]).await?;
        tx.run(&END, &[workspace, conversation, &due_at]).await?;
    }
    tx.commit().await
}
