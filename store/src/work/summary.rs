//! The count that a summary of quiet hours says.

use baton_protocol::{AgentId, WorkspaceId};

use crate::{Sql, Store, StoreError};

/// Nobody counts further than this what waits.
const TO_SEE_MAX: i64 = 999;

/// The number of conversations that an agent is to see: a customer waits in what they own or in
/// the queues of their teams. Those with notices that they did not read count as well.
pub async fn to_see(
    store: &Store,
    workspace: WorkspaceId,
    agent: AgentId,
) -> Result<u32, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT COUNT(*) FROM (
           SELECT id FROM conversation WHERE workspace = $1 AND owner_agent = $2
             AND status = 'open' AND unanswered_since IS NOT NULL
           UNION
           SELECT id FROM conversation WHERE workspace = $1 AND owner_agent IS NULL
             AND status = 'open' AND unanswered_since IS NOT NULL
             AND team IN (SELECT team FROM team_member WHERE workspace = $1 AND agent = $2)
           UNION
           SELECT conversation FROM notice
           WHERE workspace = $1 AND agent = $2 AND read_at IS NULL
           LIMIT CAST($3 AS BIGINT)) AS waiting",
    );
    let args = [workspace.to_string(), agent.to_string(), TO_SEE_MAX.to_string()];
    let args = args.each_ref().map(String::as_str);
    let found = store.rows_alone::<(i64,)>(&SQL, &args).await?;
    let count = found.first().map_or(0, |(count,)| *count);
    Ok(u32::try_from(count).unwrap_or_default())
}
