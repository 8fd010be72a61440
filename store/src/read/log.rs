//! Stretches of the log, content joined as far as it is not erased.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::fact::log::Logged;
use baton_domain::fact::scope::Audience;
use baton_domain::outward::status_of;
use baton_protocol::{ConversationId, LineRef, MessageStatus, WorkspaceId};
use sqlx_macros::FromRow;

use crate::tables::{LogRow, LoggedRow, column, id, ids, logged_columns, number};
use crate::{Sql, StoreError, Tx};

/// The end of a log, and from where on the feed is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogHead {
    /// The last position; 0 when there is none.
    pub position: u64,
    /// The feed lists what lies above it.
    pub feed_floor: u64,
}

#[derive(FromRow)]
struct HeadRow {
    position: i64,
    feed_floor: i64,
}

/// Where the workspace's log ends; nothing for a workspace that is not there.
pub async fn log_head(tx: &mut Tx, workspace: WorkspaceId) -> Result<LogHead, StoreError> {
    static SELECT: Sql = Sql::new("SELECT position, feed_floor FROM log_head WHERE workspace = $1");
    let row: Option<HeadRow> = tx.row(&SELECT, &[&workspace.to_string()]).await?;
    let row = row.unwrap_or(HeadRow { position: 0, feed_floor: 0 });
    Ok(LogHead { position: number(row.position)?, feed_floor: number(row.feed_floor)? })
}

/// The events above `position`, in order, at most `limit`.
pub async fn log_after(
    tx: &mut Tx,
    workspace: WorkspaceId,
    position: u64,
    limit: u64,
) -> Result<Vec<Logged>, StoreError> {
    let upto = position.saturating_add(limit);
    log_between(tx, workspace, position, upto).await
}

/// All events of (after, upto] that these audiences hear of, in order; of everything, without
/// audiences (admins read the log itself).
pub async fn gap(
    tx: &mut Tx,
    workspace: WorkspaceId,
    audiences: Option<&[Audience]>,
    after: u64,
    upto: u64,
) -> Result<Vec<Logged>, StoreError> {
    static SELECT: Sql = Sql::new(concat!(
        "SELECT ",
        logged_columns!(),
        " FROM log AS l WHERE l.workspace = $1
         AND l.position {postgres = ANY(ARRAY}{sqlite IN}
           (SELECT f.position FROM feed AS f WHERE f.workspace = $1 AND f.audience {in $2}
              AND f.position > CAST($3 AS BIGINT) AND f.position <= CAST($4 AS BIGINT)){postgres )}
         ORDER BY l.position"
    ));
    let Some(audiences) = audiences else {
        return log_between(tx, workspace, after, upto).await;
    };
    let args = [
        workspace.to_string(),
        ids(audiences),
        column(after).to_string(),
        column(upto).to_string(),
    ];
    read(&tx.rows(&SELECT, &[&args[0], &args[1], &args[2], &args[3]]).await?)
}

/// The status that a message of the team had before this revision of its conversation; `None` where
/// it was not written before.
pub async fn status_before(
    tx: &mut Tx,
    workspace: WorkspaceId,
    conversation: ConversationId,
    revision: u64,
    message: LineRef,
) -> Result<Option<MessageStatus>, StoreError> {
    // Each line has a revision of its own: none is below its place among them. Mostly the first row
    // says it; other facts name a message as well.
    static SELECT: Sql = Sql::new(
        "SELECT {columns l log} FROM log AS l
         WHERE l.workspace = $1 AND l.conversation = $2 AND l.revision < CAST($3 AS BIGINT)
           AND l.revision >= CAST($4 AS BIGINT) AND l.revision IS NOT NULL AND l.fact LIKE $5
         ORDER BY l.revision DESC LIMIT 1",
    );
    let (workspace, conversation) = (workspace.to_string(), conversation.to_string());
    let (from, names) = (column(message.seq).to_string(), format!("%{}%", message.id));
    let mut below = revision;
    loop {
        let upto = column(below).to_string();
        let args = [&*workspace, &conversation, &upto, &from, &names];
        let Some(row) = tx.row::<LogRow>(&SELECT, &args).await? else { return Ok(None) };
        below = number(row.revision.unwrap_or_default())?;
        match status_of(&row.bare()?.event.fact) {
            Some((line, status)) if line.id == message.id => return Ok(Some(status)),
            _ => {}
        }
    }
}

/// The feeds of a workspace for these audiences; without audiences it is the log itself.
#[derive(Clone, Copy)]
pub(super) struct Feeds<'a> {
    pub(super) workspace: WorkspaceId,
    pub(super) audiences: Option<&'a [Audience]>,
}

/// Whether events of (after, upto] touch more than `limit` conversations, as these feeds tell.
pub(super) async fn has_more_conversations_than(
    tx: &mut Tx,
    feeds: Feeds<'_>,
    after: u64,
    upto: u64,
    limit: usize,
) -> Result<bool, StoreError> {
    static FEED: Sql = Sql::new(
        "SELECT CAST(COUNT(*) AS BIGINT) FROM (
           SELECT DISTINCT f.conversation FROM feed AS f
           WHERE f.workspace = $1 AND f.audience {in $5} AND f.conversation IS NOT NULL
             AND f.position > CAST($2 AS BIGINT) AND f.position <= CAST($3 AS BIGINT)
           LIMIT CAST($4 AS BIGINT)) AS touched",
    );
    static LOG: Sql = Sql::new(
        "SELECT CAST(COUNT(*) AS BIGINT) FROM (
           SELECT DISTINCT l.conversation FROM log AS l
           WHERE l.workspace = $1 AND l.revision IS NOT NULL
             AND l.position > CAST($2 AS BIGINT) AND l.position <= CAST($3 AS BIGINT)
           LIMIT CAST($4 AS BIGINT)) AS touched",
    );
    let Feeds { workspace, audiences } = feeds;
    let args = [
        workspace.to_string(),
        column(after).to_string(),
        column(upto).to_string(),
        (limit + 1).to_string(),
        ids(audiences.unwrap_or_default()),
    ];
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let sql = if audiences.is_some() { &FEED } else { &LOG };
    let count = tx.row::<(i64,)>(sql, &args).await?.map_or(0, |(count,)| count);
    Ok(usize::try_from(count).unwrap_or(usize::MAX) > limit)
}

/// Whether (after, upto] holds more than `limit` events, as these feeds tell.
pub(super) async fn has_more_events_than(
    tx: &mut Tx,
    feeds: Feeds<'_>,
    after: u64,
    upto: u64,
    limit: u64,
) -> Result<bool, StoreError> {
    static FEED: Sql = Sql::new(
        "SELECT CAST(COUNT(*) AS BIGINT) FROM (
           SELECT DISTINCT n.position FROM (
             SELECT f.position FROM feed AS f
             WHERE f.workspace = $1 AND f.audience {in $5}
               AND f.position > CAST($2 AS BIGINT) AND f.position <= CAST($3 AS BIGINT)
             LIMIT CAST($4 AS BIGINT)) AS n) AS heard",
    );
    let Feeds { workspace, audiences } = feeds;
    // The log has no holes, and no feed more positions than the log.
    if upto.saturating_sub(after) <= limit {
        return Ok(false);
    }
    let Some(audiences) = audiences else { return Ok(true) };
    // Each position at most once for each audience: among so many rows are enough positions, and no
    // more are read, however long the gap.
    let rows = limit.saturating_add(1).saturating_mul(audiences.len() as u64);
    let args = [
        workspace.to_string(),
        column(after).to_string(),
        column(upto).to_string(),
        column(rows).to_string(),
        ids(audiences),
    ];
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let count = tx.row::<(i64,)>(&FEED, &args).await?.map_or(0, |(count,)| count);
    Ok(number::<u64>(count)? > limit)
}

async fn log_between(
    tx: &mut Tx,
    workspace: WorkspaceId,
    after: u64,
    upto: u64,
) -> Result<Vec<Logged>, StoreError> {
    static SELECT: Sql = Sql::new(concat!(
        "SELECT ",
        logged_columns!(),
        " FROM log AS l WHERE l.workspace = $1
         AND l.position > CAST($2 AS BIGINT) AND l.position <= CAST($3 AS BIGINT)
         ORDER BY l.position"
    ));
    let args = [workspace.to_string(), column(after).to_string(), column(upto).to_string()];
    read(&tx.rows(&SELECT, &[&args[0], &args[1], &args[2]]).await?)
}

fn read(rows: &[LoggedRow]) -> Result<Vec<Logged>, StoreError> {
    rows.iter().map(LoggedRow::read).collect()
}

/// Where every workspace's log ends.
pub async fn log_heads(tx: &mut Tx) -> Result<BTreeMap<WorkspaceId, u64>, StoreError> {
    static SELECT: Sql = Sql::new("SELECT workspace, position FROM log_head");
    let rows: Vec<(String, i64)> = tx.rows(&SELECT, &[]).await?;
    rows.iter().map(|(workspace, position)| Ok((id(workspace)?, number(*position)?))).collect()
}

/// Where the logs of these workspaces end.
pub async fn log_heads_of(
    tx: &mut Tx,
    workspaces: &BTreeSet<WorkspaceId>,
) -> Result<BTreeMap<WorkspaceId, u64>, StoreError> {
    static SELECT: Sql =
        Sql::new("SELECT workspace, position FROM log_head WHERE workspace {in $1}");
    let rows: Vec<(String, i64)> = tx.rows(&SELECT, &[&ids(workspaces)]).await?;
    rows.iter().map(|(workspace, position)| Ok((id(workspace)?, number(*position)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::testing::databases;

    const OFFICE: WorkspaceId = WorkspaceId(uuid::Uuid::from_u128(7));

    #[tokio::test]
    async fn events_of_a_stretch_are_counted_once_and_as_they_are_heard() {
        static PUT: Sql = Sql::new(
            "INSERT INTO feed (workspace, audience, position)
             VALUES ($1, $2, CAST($3 AS BIGINT))",
        );
        let everyone = Audience::Everyone;
        let agent = Audience::Agent(baton_protocol::AgentId(uuid::Uuid::from_u128(8)));
        let stranger = Audience::Agent(baton_protocol::AgentId(uuid::Uuid::from_u128(9)));
        for database in databases().await {
            let mut tx = database.store.begin().await.unwrap();
            // Positions 1 to 6, each heard twice by the agent, and 7 to 30 by somebody else.
            for position in 1..=30_u64 {
                let to = if position <= 6 { vec![everyone, agent] } else { vec![stranger] };
                for audience in to {
                    let args = [OFFICE.to_string(), audience.to_string(), position.to_string()];
                    tx.run(&PUT, &[&args[0], &args[1], &args[2]]).await.unwrap();
                }
            }
            let own = [everyone, agent];
            for (audiences, (after, upto), limit, is_more) in [
                (Some(&own[..]), (0, 30), 6, false),
                (Some(&own[..]), (0, 30), 5, true),
                (Some(&own[..]), (1, 30), 5, false),
                (None, (0, 30), 30, false),
                (None, (0, 30), 29, true),
            ] {
                let feeds = Feeds { workspace: OFFICE, audiences };
                let more = has_more_events_than(&mut tx, feeds, after, upto, limit).await;
                assert_eq!(more.unwrap(), is_more, "{audiences:?} {after} {upto} {limit}");
            }
            tx.rollback().await.unwrap();
            database.close().await;
        }
    }
}
