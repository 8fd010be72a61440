//! Data that is kept for a time only: deleted in small transactions, a batch of rows each.
//!
//! Rows are picked in the order of their age and locked past those that another node deletes.

use baton_protocol::{ChannelId, Timestamp, WorkspaceId};
use sqlx_macros::FromRow;

use crate::tables::{id, number};
use crate::{Sql, Store, StoreError, Tx};

/// Raw webhooks from before `before` that no element set aside waits on; elements that were
/// replayed or dismissed go with them.
///
/// Those of which nothing else was kept stay until they are gone through, or are from before
/// `unsifted_before`.
pub async fn sweep_intake(
    store: &Store,
    before: Timestamp,
    unsifted_before: Timestamp,
    most: u64,
) -> Result<u64, StoreError> {
    static SETTLED: Sql = Sql::new(
        "WITH old AS MATERIALIZED (
           SELECT q.id FROM intake AS i JOIN quarantine AS q ON q.intake = i.id
           WHERE i.received_at < CAST($1 AS BIGINT)
             AND COALESCE(q.replayed_at, q.dismissed_at) IS NOT NULL
           LIMIT CAST($2 AS BIGINT))
         DELETE FROM quarantine WHERE id IN (SELECT id FROM old)",
    );
    static INTAKE: Sql = Sql::new(
        "WITH old AS MATERIALIZED (
           SELECT i.id FROM intake AS i
           WHERE i.received_at < CAST($1 AS BIGINT)
             AND (i.sifted = 1 OR i.received_at < CAST($3 AS BIGINT))
             AND NOT EXISTS (SELECT 1 FROM quarantine AS q WHERE q.intake = i.id)
           ORDER BY i.received_at LIMIT CAST($2 AS BIGINT){postgres  FOR UPDATE OF i SKIP LOCKED})
         DELETE FROM intake WHERE id IN (SELECT id FROM old)",
    );
    let args = [before, unsifted_before].map(|before| before.ms().to_string());
    let most = most.to_string();
    let mut tx = store.begin().await?;
    let done = tx
        .run_all(&[(&SETTLED, &[&args[0], &most]), (&INTAKE, &[&args[0], &most, &args[1]])])
        .await?;
    tx.commit().await?;
    Ok(done.into_iter().sum())
}

/// Deletes parts that were not understood and came before `before`.
pub async fn sweep_not_understood(
    store: &Store,
    before: Timestamp,
    most: u64,
) -> Result<u64, StoreError> {
    static SQL: Sql = Sql::new(
        "WITH old AS MATERIALIZED (
           SELECT id FROM not_understood WHERE at < CAST($1 AS BIGINT)
           ORDER BY at LIMIT CAST($2 AS BIGINT) {skip})
         DELETE FROM not_understood WHERE id IN (SELECT id FROM old)",
    );
    sweep(store, &SQL, before, most).await
}

/// Outcomes of commands from before `before`.
pub async fn sweep_outcomes(
    store: &Store,
    before: Timestamp,
    most: u64,
) -> Result<u64, StoreError> {
    static SQL: Sql = Sql::new(
        "WITH old AS MATERIALIZED (
           SELECT workspace, agent, op_id FROM outcome WHERE at < CAST($1 AS BIGINT)
           ORDER BY at LIMIT CAST($2 AS BIGINT) {skip})
         DELETE FROM outcome
         WHERE (workspace, agent, op_id) IN (SELECT workspace, agent, op_id FROM old)",
    );
    sweep(store, &SQL, before, most).await
}

/// Statuses from before `before` whose message never became known.
pub async fn sweep_parked(store: &Store, before: Timestamp, most: u64) -> Result<u64, StoreError> {
    static SQL: Sql = Sql::new(
        "WITH old AS MATERIALIZED (
           SELECT workspace, channel, wamid, status FROM parked_status
           WHERE at < CAST($1 AS BIGINT) ORDER BY at LIMIT CAST($2 AS BIGINT) {skip})
         DELETE FROM parked_status WHERE (workspace, channel, wamid, status) IN
           (SELECT workspace, channel, wamid, status FROM old)",
    );
    sweep(store, &SQL, before, most).await
}

/// Notices from before `before`, read or not.
pub async fn sweep_notices(store: &Store, before: Timestamp, most: u64) -> Result<u64, StoreError> {
    static SQL: Sql = Sql::new(
        "WITH old AS MATERIALIZED (
           SELECT workspace, agent, position FROM notice WHERE at < CAST($1 AS BIGINT)
           ORDER BY at LIMIT CAST($2 AS BIGINT) {skip})
         DELETE FROM notice
         WHERE (workspace, agent, position) IN (SELECT workspace, agent, position FROM old)",
    );
    sweep(store, &SQL, before, most).await
}

/// Drafts to which nobody came back since `before`.
pub async fn sweep_drafts(store: &Store, before: Timestamp, most: u64) -> Result<u64, StoreError> {
    static SQL: Sql = Sql::new(
        "WITH old AS MATERIALIZED (
           SELECT workspace, conversation, agent FROM draft WHERE at < CAST($1 AS BIGINT)
           ORDER BY at LIMIT CAST($2 AS BIGINT) {skip})
         DELETE FROM draft WHERE (workspace, conversation, agent) IN
           (SELECT workspace, conversation, agent FROM old)",
    );
    sweep(store, &SQL, before, most).await
}

/// Bodies, of all versions, of what was an agent's own and ended before `before`, because the agent
/// left. The log keeps their digests.
pub async fn sweep_own_settings(
    store: &Store,
    before: Timestamp,
    most: u64,
) -> Result<u64, StoreError> {
    static SQL: Sql = Sql::new(
        "WITH old AS MATERIALIZED (
           SELECT t.workspace, t.id FROM agent AS a
           JOIN setting AS s ON s.workspace = a.workspace AND s.home_kind = 'agent'
             AND s.home_id = a.id AND s.ended_at < CAST($1 AS BIGINT)
           JOIN setting_version AS v ON v.workspace = s.workspace
             AND v.kind = s.kind AND v.id = s.id
           JOIN log AS l ON l.workspace = v.workspace AND l.position = v.position
           JOIN content AS t ON t.workspace = l.workspace AND t.id = l.content
           WHERE a.state = 'inactive' LIMIT CAST($2 AS BIGINT))
         DELETE FROM content WHERE (workspace, id) IN (SELECT workspace, id FROM old)",
    );
    sweep(store, &SQL, before, most).await
}

/// Receipts of pushes that were heard before `before`.
pub async fn sweep_receipts(
    store: &Store,
    before: Timestamp,
    most: u64,
) -> Result<u64, StoreError> {
    static SQL: Sql = Sql::new(
        "WITH old AS MATERIALIZED (
           SELECT workspace, push FROM push_receipt WHERE heard_at < CAST($1 AS BIGINT)
           ORDER BY heard_at LIMIT CAST($2 AS BIGINT) {skip})
         DELETE FROM push_receipt
         WHERE (workspace, push) IN (SELECT workspace, push FROM old)",
    );
    sweep(store, &SQL, before, most).await
}

/// Registrations for pushes that no app confirmed since `before`, and those of sessions that ended
/// by themselves before `now`.
pub async fn sweep_pushes(
    store: &Store,
    before: Timestamp,
    now: Timestamp,
    most: u64,
) -> Result<u64, StoreError> {
    static SQL: Sql = Sql::new(
        "WITH old AS MATERIALIZED (
           SELECT p.workspace, p.device FROM push_device AS p
           JOIN device AS d ON d.workspace = p.workspace AND d.id = p.device
           WHERE p.confirmed_at < CAST($1 AS BIGINT) OR d.refresh_expires_at < CAST($2 AS BIGINT)
           ORDER BY p.workspace, p.device
           LIMIT CAST($3 AS BIGINT){postgres  FOR NO KEY UPDATE OF p SKIP LOCKED})
         DELETE FROM push_device
         WHERE (workspace, device) IN (SELECT workspace, device FROM old)",
    );
    let args = [before.ms().to_string(), now.ms().to_string(), most.to_string()];
    store.run_alone(&SQL, &[&args[0], &args[1], &args[2]]).await
}

/// An id of Meta for which statuses wait.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct Awaited {
    workspace: String,
    channel: String,
    wamid: String,
}

/// Statuses that wait although their message is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Overlooked {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The number that the message was sent from.
    pub channel: ChannelId,
    /// Meta's id of the message.
    pub wamid: String,
    /// The attempt to which Meta gave it, if it was one of ours.
    pub attempt: Option<u32>,
}

#[derive(FromRow)]
struct AwaitedRow {
    workspace: String,
    channel: String,
    wamid: String,
    is_known: i64,
    attempt: Option<i64>,
}

/// Looks at the next `limit` statuses that wait behind `after`: those whose message is known, and
/// where to go on unless that was all.
pub async fn overlooked_statuses(
    store: &Store,
    after: &Awaited,
    limit: u64,
) -> Result<(Vec<Overlooked>, Option<Awaited>), StoreError> {
    static SQL: Sql = Sql::new(
        "WITH waiting AS MATERIALIZED (
           SELECT workspace, channel, wamid FROM parked_status
           WHERE (workspace, channel, wamid) > ($1, $2, $3)
           ORDER BY workspace, channel, wamid LIMIT CAST($4 AS BIGINT))
         SELECT w.workspace, w.channel, w.wamid,
           CAST(CASE WHEN m.id IS NULL THEN 0 ELSE 1 END AS BIGINT) AS is_known,
           m.wamid_attempt AS attempt
         FROM waiting AS w LEFT JOIN message AS m
           ON m.wamid = w.wamid AND m.workspace = w.workspace AND m.channel = w.channel
         ORDER BY w.workspace, w.channel, w.wamid",
    );
    let limit_text = limit.to_string();
    let mut tx = store.read().await?;
    let args = [after.workspace.as_str(), &after.channel, &after.wamid, &limit_text];
    let rows: Vec<AwaitedRow> = tx.rows(&SQL, &args).await?;
    tx.rollback().await?;
    let is_all = u64::try_from(rows.len()).is_ok_and(|count| count < limit);
    let last = rows.last().filter(|_| !is_all).map(|row| Awaited {
        workspace: row.workspace.clone(),
        channel: row.channel.clone(),
        wamid: row.wamid.clone(),
    });
    let mut known = Vec::new();
    for row in rows.into_iter().filter(|row| row.is_known != 0) {
        let one = Overlooked {
            workspace: id(&row.workspace)?,
            channel: id(&row.channel)?,
            wamid: row.wamid,
            attempt: row.attempt.map(number).transpose()?,
        };
        // Several statuses may wait for one message.
        if known.last() != Some(&one) {
            known.push(one);
        }
    }
    Ok((known, last))
}

async fn sweep(store: &Store, sql: &Sql, before: Timestamp, most: u64) -> Result<u64, StoreError> {
    let args = [before.ms().to_string(), most.to_string()];
    store.run_alone(sql, &[&args[0], &args[1]]).await
}

/// Raises the feed's floor over at most `most` positions from before `before`, and deletes what
/// the feed lists below it. Tells by how many positions the floor rose.
pub async fn sweep_feed(
    store: &Store,
    workspace: WorkspaceId,
    before: Timestamp,
    most: u64,
) -> Result<u64, StoreError> {
    // First the floor: a later reader of the feed is reset, and does not miss the deleted events.
    static RAISE: Sql = Sql::new(
        "UPDATE log_head SET feed_floor = CAST($2 AS BIGINT)
         WHERE workspace = $1 AND feed_floor < CAST($2 AS BIGINT)",
    );
    static DELETE: Sql = Sql::new(
        "DELETE FROM feed WHERE workspace = $1 AND position <= CAST($2 AS BIGINT)
           AND audience IN (SELECT 'all'
             UNION ALL SELECT 't:' || id FROM team WHERE workspace = $1
             UNION ALL SELECT 'a:' || id FROM agent WHERE workspace = $1)",
    );
    let mut tx = store.begin().await?;
    let (floor, next) = next_floor(&mut tx, workspace, before, most).await?;
    if next == floor {
        tx.rollback().await?;
        return Ok(0);
    }
    let args = [workspace.to_string(), next.to_string()];
    let args: [&str; 2] = [&args[0], &args[1]];
    tx.run_all(&[(&RAISE, &args), (&DELETE, &args)]).await?;
    tx.commit().await?;
    Ok(next - floor)
}

/// The floor, and where it may go: up to the first event that is not from before `before`.
async fn next_floor(
    tx: &mut Tx,
    workspace: WorkspaceId,
    before: Timestamp,
    most: u64,
) -> Result<(u64, u64), StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT position, at FROM log WHERE workspace = $1 AND position > CAST($2 AS BIGINT)
         ORDER BY position LIMIT CAST($3 AS BIGINT)",
    );
    let floor = crate::read::log_head(tx, workspace).await?.feed_floor;
    let args = [workspace.to_string(), floor.to_string(), most.to_string()];
    let rows: Vec<(i64, i64)> = tx.rows(&SQL, &[&args[0], &args[1], &args[2]]).await?;
    let old = rows.iter().take_while(|(_, at)| *at < before.ms()).last();
    let next = old.map(|(position, _)| number(*position)).transpose()?;
    Ok((floor, next.unwrap_or(floor)))
}
