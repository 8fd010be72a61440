//! Conversations as the log tells them, whole and with their contents, to try rules on them.

use baton_domain::fact::log::Logged;
use baton_protocol::{ConversationId, WorkspaceId};

use crate::tables::{LoggedRow, column, id, logged_columns};
use crate::{Sql, StoreError, Tx};

/// The conversations of which the log tells at (after, upto], at most `limit`.
///
/// # Errors
/// The store is away.
pub async fn told_of(
    tx: &mut Tx,
    workspace: WorkspaceId,
    (after, upto): (u64, u64),
    limit: usize,
) -> Result<Vec<ConversationId>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT DISTINCT l.conversation FROM log AS l WHERE l.workspace = $1
           AND l.position > CAST($2 AS BIGINT) AND l.position <= CAST($3 AS BIGINT)
           AND l.conversation IS NOT NULL AND l.revision IS NOT NULL
         ORDER BY l.conversation LIMIT CAST($4 AS BIGINT)",
    );
    let bounds = [column(after).to_string(), column(upto).to_string(), limit.to_string()];
    let workspace = workspace.to_string();
    let rows: Vec<(String,)> =
        tx.rows(&SELECT, &[&workspace, &bounds[0], &bounds[1], &bounds[2]]).await?;
    rows.iter().map(|(of,)| id(of)).collect()
}

/// The events of a conversation up to a position, oldest first, at most `limit`.
///
/// # Errors
/// The store is away.
pub async fn story(
    tx: &mut Tx,
    workspace: WorkspaceId,
    conversation: ConversationId,
    upto: u64,
    limit: usize,
) -> Result<Vec<Logged>, StoreError> {
    static SELECT: Sql = Sql::new(concat!(
        "SELECT ",
        logged_columns!(),
        " FROM log AS l WHERE l.workspace = $1 AND l.conversation = $2
           AND l.revision IS NOT NULL AND l.position <= CAST($3 AS BIGINT)
         ORDER BY l.revision LIMIT CAST($4 AS BIGINT)"
    ));
    let args = [
        workspace.to_string(),
        conversation.to_string(),
        column(upto).to_string(),
        limit.to_string(),
    ];
    let rows: Vec<LoggedRow> = tx.rows(&SELECT, &args.each_ref().map(String::as_str)).await?;
    rows.iter().map(LoggedRow::read).collect()
}
