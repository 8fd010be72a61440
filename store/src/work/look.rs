//! Conversations that are to be looked at because a clock of them rings.

use std::collections::BTreeSet;

use baton_domain::group::Key;
use baton_protocol::{ConversationId, Timestamp, WorkspaceId};
use serde_json::json;

use crate::tables::id;
use crate::{Sql, StoreError, Tx};

/// Notes when conversations are to be looked at, and that others need not be.
///
/// # Errors
/// The store is away.
pub async fn write_looks(
    tx: &mut Tx,
    looks: &[(Key<ConversationId>, Timestamp)],
    over: &[Key<ConversationId>],
) -> Result<(), StoreError> {
    static KEEP: Sql = Sql::new(
        "INSERT INTO look (workspace, conversation, at)
         SELECT x.value->>0, x.value->>1, CAST(x.value->>2 AS BIGINT) FROM {rows $1} AS x
         WHERE TRUE
         ON CONFLICT (workspace, conversation) DO UPDATE SET at = excluded.at",
    );
    static END: Sql = Sql::new(
        "DELETE FROM look WHERE (workspace, conversation) IN
           (SELECT x.value->>0, x.value->>1 FROM {rows $1} AS x)",
    );
    if !looks.is_empty() {
        let rows = looks.iter().map(|((of, id), at)| json!([of, id, at.ms().to_string()]));
        tx.run(&KEEP, &[&json!(rows.collect::<Vec<_>>()).to_string()]).await?;
    }
    if !over.is_empty() {
        let rows = over.iter().map(|(of, id)| json!([of, id]));
        tx.run(&END, &[&json!(rows.collect::<Vec<_>>()).to_string()]).await?;
    }
    Ok(())
}

/// Conversations that are to be looked at by now, the earliest first.
///
/// # Errors
/// The store is away.
pub async fn due_looks(
    tx: &mut Tx,
    now: Timestamp,
    limit: u64,
) -> Result<Vec<Key<ConversationId>>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT workspace, conversation FROM look WHERE at <= CAST($1 AS BIGINT)
         ORDER BY at LIMIT CAST($2 AS BIGINT)",
    );
    let args = [now.ms().to_string(), limit.to_string()];
    let rows: Vec<(String, String)> =
        tx.rows(&SELECT, &args.each_ref().map(String::as_str)).await?;
    rows.iter().map(|(workspace, of)| Ok((id(workspace)?, id(of)?))).collect()
}

/// Conversations whose snooze is over or whose reminder is due, and at which nobody is to look by
/// then. A node of an earlier version put them aside, or changed them, and noted no time.
///
/// # Errors
/// The store is away.
pub async fn forgotten(
    tx: &mut Tx,
    now: Timestamp,
    limit: u64,
) -> Result<Vec<Key<ConversationId>>, StoreError> {
    static SNOOZED: Sql = Sql::new(
        "SELECT c.workspace, c.id FROM conversation AS c
         WHERE c.snoozed_until <= CAST($1 AS BIGINT)
           AND NOT EXISTS (SELECT 1 FROM look AS l WHERE l.workspace = c.workspace
             AND l.conversation = c.id AND l.at <= c.snoozed_until)
         ORDER BY c.snoozed_until LIMIT CAST($2 AS BIGINT)",
    );
    static REMINDED: Sql = Sql::new(
        "SELECT c.workspace, c.id FROM conversation AS c
         WHERE c.remind_at <= CAST($1 AS BIGINT)
           AND NOT EXISTS (SELECT 1 FROM look AS l WHERE l.workspace = c.workspace
             AND l.conversation = c.id AND l.at <= c.remind_at)
         ORDER BY c.remind_at LIMIT CAST($2 AS BIGINT)",
    );
    let args = [now.ms().to_string(), limit.to_string()];
    let args = args.each_ref().map(String::as_str);
    let mut found = BTreeSet::new();
    for select in [&SNOOZED, &REMINDED] {
        for (workspace, of) in tx.rows::<(String, String)>(select, &args).await? {
            found.insert((id(&workspace)?, id(&of)?));
        }
    }
    Ok(found.into_iter().collect())
}

/// Where the logs last told of settings, of workspaces in which something happens by itself.
///
/// # Errors
/// The store is away.
pub async fn clocked(tx: &mut Tx) -> Result<Vec<(WorkspaceId, i64)>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT h.workspace, h.settings_at FROM log_head AS h WHERE h.settings_at IS NOT NULL
           AND EXISTS (SELECT 1 FROM setting AS s
             WHERE s.workspace = h.workspace
               AND s.kind IN ('rule', 'sla', 'bot', 'survey', 'team_policy'))",
    );
    let rows: Vec<(String, i64)> = tx.rows(&SELECT, &[]).await?;
    rows.iter().map(|(workspace, at)| Ok((id(workspace)?, *at))).collect()
}

/// Conversations of a workspace that are not resolved, by their ids, from after one on.
///
/// # Errors
/// The store is away.
pub async fn unresolved_after(
    tx: &mut Tx,
    workspace: WorkspaceId,
    after: Option<ConversationId>,
    limit: u64,
) -> Result<Vec<ConversationId>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT id FROM conversation WHERE workspace = $1 AND id > $2 AND status <> 'resolved'
         ORDER BY id LIMIT CAST($3 AS BIGINT)",
    );
    let after = after.map(|after| after.to_string()).unwrap_or_default();
    let args = [workspace.to_string(), after, limit.to_string()];
    let rows: Vec<(String,)> = tx.rows(&SELECT, &args.each_ref().map(String::as_str)).await?;
    rows.iter().map(|(of,)| id(of)).collect()
}
