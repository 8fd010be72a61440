//! The log as an admin reads it: by who did it, where and what, without contents.

use baton_protocol::{AgentId, ConversationId, Event, WorkspaceId};

use crate::tables::{LogRow, column, text};
use crate::{Sql, StoreError, Tx};

/// The filter of events. Everything that is said must hold.
#[derive(Clone, Default, Debug)]
pub struct LogFilter {
    /// The agent who did it.
    pub agent: Option<AgentId>,
    /// The conversation it happened in.
    pub conversation: Option<ConversationId>,
    /// The type of the fact.
    pub kind: Option<String>,
}

/// A stretch of a log, and how many events of it are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    /// The position before its first.
    pub after: u64,
    /// Its last position.
    pub upto: u64,
    /// At most so many events.
    pub limit: u64,
}

macro_rules! log_select {
    ($order:literal) => {
        concat!(
            "SELECT {columns l log} FROM log AS l WHERE l.workspace = $1
             AND l.position > CAST($2 AS BIGINT) AND l.position <= CAST($3 AS BIGINT)
             AND ($4 = '' OR l.actor = $4) AND ($5 = '' OR l.conversation = $5)
             AND ($6 = '' OR l.fact LIKE $6 ESCAPE '!')
             ORDER BY l.position ",
            $order,
            " LIMIT CAST($7 AS BIGINT)"
        )
    };
}

/// The first events of the stretch that the filter names, in order.
pub async fn logged_from(
    tx: &mut Tx,
    workspace: WorkspaceId,
    filter: &LogFilter,
    stretch: Stretch,
) -> Result<Vec<Event>, StoreError> {
    static SELECT: Sql = Sql::new(log_select!("ASC"));
    logged(tx, &SELECT, workspace, filter, stretch).await
}

/// The last events of the stretch that the filter names, the newest first.
pub async fn logged_back(
    tx: &mut Tx,
    workspace: WorkspaceId,
    filter: &LogFilter,
    stretch: Stretch,
) -> Result<Vec<Event>, StoreError> {
    static SELECT: Sql = Sql::new(log_select!("DESC"));
    logged(tx, &SELECT, workspace, filter, stretch).await
}

async fn logged(
    tx: &mut Tx,
    sql: &Sql,
    workspace: WorkspaceId,
    filter: &LogFilter,
    Stretch { after, upto, limit }: Stretch,
) -> Result<Vec<Event>, StoreError> {
    // Quotes within a text are escaped in JSON: this stands nowhere but in the fact's own type.
    let kind = filter.kind.as_ref().map(|kind| {
        let escaped = kind.replace('!', "!!").replace('%', "!%").replace('_', "!_");
        format!("%\"type\":\"{escaped}\"%")
    });
    let args = [
        workspace.to_string(),
        column(after).to_string(),
        column(upto).to_string(),
        text(filter.agent).unwrap_or_default(),
        text(filter.conversation).unwrap_or_default(),
        kind.unwrap_or_default(),
        column(limit).to_string(),
    ];
    let rows: Vec<LogRow> = tx.rows(sql, &args.each_ref().map(String::as_str)).await?;
    rows.into_iter().map(|row| Ok(row.bare()?.event)).collect()
}
