//! Texts that agents typed and did not send. They outlive the device on which they were typed.

use baton_protocol::notice::KeptDraft;
use baton_protocol::{AgentId, ConversationId, Timestamp, WorkspaceId};
use serde_json::json;
use sqlx_macros::FromRow;

use crate::tables::id;
use crate::{Sql, Store, StoreError, Tx};

/// Whose draft, and where.
pub type DraftKey = (WorkspaceId, ConversationId, AgentId);

/// Keeps the newest of what was typed; an empty text ends a draft. What its author has sent
/// meanwhile is no draft.
///
/// # Errors
/// The store is away.
pub async fn keep_drafts(
    store: &Store,
    typed: &[(DraftKey, String, Timestamp)],
) -> Result<(), StoreError> {
    static KEEP: Sql = Sql::new(
        "INSERT INTO draft (workspace, conversation, agent, body, at)
         SELECT x.value->>0, x.value->>1, x.value->>2, x.value->>3, CAST(x.value->>4 AS BIGINT)
         FROM {rows $1} AS x
         WHERE NOT EXISTS (SELECT 1 FROM conversation AS c
           JOIN message AS m ON m.workspace = c.workspace AND m.conversation = c.id
             AND m.seq = c.last_seq
           WHERE c.workspace = x.value->>0 AND c.id = x.value->>1
             AND m.author = x.value->>2 AND m.accepted_at >= CAST(x.value->>4 AS BIGINT))
         ON CONFLICT (workspace, conversation, agent)
         DO UPDATE SET body = excluded.body, at = excluded.at",
    );
    let (kept, ended): (Vec<_>, Vec<_>) = typed.iter().partition(|(_, text, _)| !text.is_empty());
    let mut tx = store.begin().await?;
    if !kept.is_empty() {
        let rows = kept.iter().map(|((workspace, conversation, agent), text, at)| {
            json!([workspace, conversation, agent, text, at.ms().to_string()])
        });
        tx.run(&KEEP, &[&json!(rows.collect::<Vec<_>>()).to_string()]).await?;
    }
    if !ended.is_empty() {
        let keys: Vec<DraftKey> = ended.iter().map(|(key, _, _)| *key).collect();
        end_drafts(&mut tx, &keys).await?;
    }
    tx.commit().await
}

/// Ends drafts.
pub async fn end_drafts(tx: &mut Tx, of: &[DraftKey]) -> Result<(), StoreError> {
    static END: Sql = Sql::new(
        "DELETE FROM draft WHERE (workspace, conversation, agent) IN
           (SELECT x.value->>0, x.value->>1, x.value->>2 FROM {rows $1} AS x)",
    );
    let rows =
        of.iter().map(|(workspace, conversation, agent)| json!([workspace, conversation, agent]));
    tx.run(&END, &[&json!(rows.collect::<Vec<_>>()).to_string()]).await.map(drop)
}

#[derive(FromRow)]
struct KeptDraftRow {
    agent: String,
    body: String,
    at: i64,
}

/// The drafts of a conversation, the newest first.
///
/// # Errors
/// The store is away.
pub async fn drafts(
    tx: &mut Tx,
    workspace: WorkspaceId,
    conversation: ConversationId,
) -> Result<Vec<KeptDraft>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT agent, body, at FROM draft WHERE workspace = $1 AND conversation = $2
         ORDER BY at DESC, agent",
    );
    let args = [workspace.to_string(), conversation.to_string()];
    let rows: Vec<KeptDraftRow> = tx.rows(&SELECT, &[&args[0], &args[1]]).await?;
    let draft = |row: KeptDraftRow| {
        let (agent_id, at) = (id(&row.agent)?, Timestamp::from_ms(row.at));
        Ok(KeptDraft { agent_id, text: row.body, at })
    };
    rows.into_iter().map(draft).collect()
}
