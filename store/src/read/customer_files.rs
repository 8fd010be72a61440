//! The files of a customer, in all conversations with them, the newest first.

use std::collections::BTreeSet;

use baton_protocol::{ContactId, ConversationId, Line, MessageId, Timestamp, WorkspaceId};

use crate::tables::{LineRow, id, line_columns};
use crate::{Sql, StoreError, Tx};

/// The files that are asked for.
#[derive(Clone, Copy, Debug)]
pub struct FilesAsked {
    /// Only those before this place: the last one of the page before.
    pub before: Option<(Timestamp, MessageId)>,
    /// The most files.
    pub limit: u32,
}

/// The conversations with a customer, in any scope.
pub async fn conversations_of(
    tx: &mut Tx,
    workspace: WorkspaceId,
    contact: ContactId,
) -> Result<BTreeSet<ConversationId>, StoreError> {
    static SELECT: Sql =
        Sql::new("SELECT id FROM conversation WHERE workspace = $1 AND contact = $2");
    let keys = [workspace.to_string(), contact.to_string()];
    let rows: Vec<(String,)> = tx.rows(&SELECT, &[&keys[0], &keys[1]]).await?;
    rows.iter().map(|(of,)| id(of)).collect()
}

/// The lines of these conversations whose file is stored, the newest first, and whether there may
/// be more. A customer has few conversations: one of each number.
pub async fn customer_files(
    tx: &mut Tx,
    workspace: WorkspaceId,
    of: &[ConversationId],
    asked: FilesAsked,
) -> Result<(Vec<(ConversationId, Line)>, bool), StoreError> {
    static SELECT: Sql = Sql::new(concat!(
        "SELECT ",
        line_columns!(),
        " FROM message AS m
         WHERE m.workspace = $1 AND m.conversation = $2 AND m.file = 'stored'
           AND m.kind <> 'sticker' AND (m.at, m.id) < (CAST($3 AS BIGINT), $4)
         ORDER BY m.at DESC, m.id DESC LIMIT CAST($5 AS BIGINT)"
    ));
    let limit = usize::try_from(asked.limit.max(1)).unwrap_or(usize::MAX);
    // Above all ids, which are of hexadecimal digits.
    let (at, last) = asked
        .before
        .map_or((i64::MAX, "g".to_owned()), |(at, message)| (at.ms(), message.to_string()));
    let (workspace, at, rows_max) =
        (workspace.to_string(), at.to_string(), (limit + 1).to_string());
    let mut found = Vec::new();
    for conversation in of {
        let key = conversation.to_string();
        let rows: Vec<LineRow> =
            tx.rows(&SELECT, &[&workspace, &key, &at, &last, &rows_max]).await?;
        for row in rows {
            found.push((*conversation, row.read()?));
        }
    }
    found.sort_by_key(|(_, line)| std::cmp::Reverse((line.at, line.id.to_string())));
    let is_more = found.len() > limit;
    found.truncate(limit);
    Ok((found, is_more))
}
