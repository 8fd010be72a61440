//! The owners and states of a conversation over time: its changes beside its lines.

use baton_protocol::{ConversationId, Event, WorkspaceId};

use crate::tables::{LoggedRow, column, logged_columns};
use crate::{Sql, StoreError, Tx};

/// The last changes of a conversation before a position, the newest first. What rules say to the
/// team has a content, and so have an outcome, a priority with a reason, and a reminder.
pub async fn changes(
    tx: &mut Tx,
    workspace: WorkspaceId,
    conversation: ConversationId,
    before: Option<u64>,
    limit: u32,
) -> Result<Vec<Event>, StoreError> {
    // Quotes within a text are escaped in JSON: this stands nowhere but in the fact's own type.
    static SELECT: Sql = Sql::new(concat!(
        "SELECT ",
        logged_columns!(),
        " FROM log AS l WHERE l.workspace = $1 AND l.conversation = $2
           AND l.revision IS NOT NULL AND l.position < CAST($3 AS BIGINT)
           AND (l.fact LIKE '%\"type\":\"owner!_changed\"%' ESCAPE '!'
             OR l.fact LIKE '%\"type\":\"status!_changed\"%' ESCAPE '!'
             OR l.fact LIKE '%\"type\":\"episode!_opened\"%' ESCAPE '!'
             OR l.fact LIKE '%\"type\":\"rule!_ran\"%' ESCAPE '!'
             OR l.fact LIKE '%\"type\":\"block!_changed\"%' ESCAPE '!'
             OR l.fact LIKE '%\"type\":\"priority!_changed\"%' ESCAPE '!'
             OR l.fact LIKE '%\"type\":\"reminder!_set\"%' ESCAPE '!'
             OR l.fact LIKE '%\"type\":\"reminder!_ended\"%' ESCAPE '!'
             OR l.fact LIKE '%\"type\":\"conversation!_opened\"%' ESCAPE '!')
         ORDER BY l.revision DESC LIMIT CAST($4 AS BIGINT)"
    ));
    let args = [
        workspace.to_string(),
        conversation.to_string(),
        column(before.unwrap_or(u64::MAX)).to_string(),
        limit.to_string(),
    ];
    let rows: Vec<LoggedRow> = tx.rows(&SELECT, &args.each_ref().map(String::as_str)).await?;
    rows.into_iter().map(|row| Ok(row.read()?.event)).collect()
}
