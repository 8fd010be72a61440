//! The number and age of files: for limits, and for reports.

use baton_protocol::{ConversationId, MessageId, Timestamp, WorkspaceId};
use sqlx_macros::FromRow;

use crate::read::MessageAt;
use crate::tables::{id, number};
use crate::{Sql, Store, StoreError, Tx};

/// The storage of a workspace. Small pictures are not counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Usage {
    /// Files of lines that are stored.
    pub files: u64,
    /// Their bytes, and those of uploads that are announced and not sent.
    pub bytes: u64,
}

/// The storage of a workspace.
pub async fn usage(tx: &mut Tx, workspace: WorkspaceId) -> Result<Usage, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT CAST(COUNT(*) AS BIGINT), CAST(COALESCE(SUM(f.bytes), 0) AS BIGINT),
           (SELECT CAST(COALESCE(SUM(u.bytes), 0) AS BIGINT) FROM upload AS u
            WHERE u.workspace = $1)
         FROM file AS f WHERE f.workspace = $1 AND f.state = 'stored'",
    );
    let row: Option<(i64, i64, i64)> = tx.row(&SQL, &[&workspace.to_string()]).await?;
    let (files, stored, coming) = row.unwrap_or_default();
    Ok(Usage { files: number(files)?, bytes: number(stored.saturating_add(coming))? })
}

/// The storage of each workspace, by its slug; the largest come first.
pub async fn all_usage(store: &Store) -> Result<Vec<(String, Usage)>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT w.slug, CAST(COUNT(f.message) AS BIGINT),
           CAST(COALESCE(SUM(f.bytes), 0) AS BIGINT) AS bytes
         FROM workspace AS w LEFT JOIN file AS f ON f.workspace = w.id AND f.state = 'stored'
         GROUP BY w.slug ORDER BY 3 DESC, w.slug",
    );
    let rows: Vec<(String, i64, i64)> = store.rows_alone(&SQL, &[]).await?;
    rows.into_iter()
        .map(|(slug, files, bytes)| {
            Ok((slug, Usage { files: number(files)?, bytes: number(bytes)? }))
        })
        .collect()
}

#[derive(FromRow)]
struct OldRow {
    workspace: String,
    channel: String,
    conversation: String,
    seq: i64,
    message: String,
}

/// Files that are stored since before `before`, the oldest first.
pub async fn old_files(
    store: &Store,
    before: Timestamp,
    most: u64,
) -> Result<Vec<MessageAt>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT workspace, channel, conversation, seq, message FROM file
         WHERE state = 'stored' AND received_at < CAST($1 AS BIGINT)
         ORDER BY received_at LIMIT CAST($2 AS BIGINT)",
    );
    let args = [before.ms().to_string(), most.to_string()];
    let rows: Vec<OldRow> = store.rows_alone(&SQL, &args.each_ref().map(String::as_str)).await?;
    rows.into_iter()
        .map(|row| {
            let conversation: ConversationId = id(&row.conversation)?;
            let message: MessageId = id(&row.message)?;
            Ok(MessageAt {
                workspace: id(&row.workspace)?,
                channel: id(&row.channel)?,
                conversation,
                seq: number(row.seq)?,
                message,
            })
        })
        .collect()
}
