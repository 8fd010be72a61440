//! The last answers of the team's own sources about customers. They are no facts: a source can be
//! asked again at any time. And how often each was asked on a day.

use std::collections::BTreeMap;

use baton_domain::fact::hours::day_number;
use baton_domain::see::outside::LastAnswer;
use baton_protocol::{AgentId, ContactId, SettingId, Timestamp, WorkspaceId};
use serde_json::json;
use sqlx_macros::FromRow;

use crate::people::key::zones;
use crate::tables::id;
use crate::{Sql, Store, StoreError, Tx};

#[derive(FromRow)]
struct LastRow {
    source: String,
    version: i64,
    body: String,
    at: i64,
}

/// The last answers of sources about a customer, by their settings.
///
/// # Errors
/// The store is away.
pub async fn last_answers(
    tx: &mut Tx,
    workspace: WorkspaceId,
    contact: ContactId,
) -> Result<BTreeMap<SettingId, LastAnswer>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT source, version, body, at FROM context_cache
         WHERE workspace = $1 AND contact = $2",
    );
    let args = [workspace.to_string(), contact.to_string()];
    let rows: Vec<LastRow> = tx.rows(&SELECT, &[&args[0], &args[1]]).await?;
    let mut last = BTreeMap::new();
    for row in rows {
        // One that another version kept in another form is asked for again.
        let Ok(answer) = serde_json::from_str(&row.body) else { continue };
        let version = u32::try_from(row.version).map_err(StoreError::corrupt)?;
        let came_at = Timestamp::from_ms(row.at);
        last.insert(id(&row.source)?, LastAnswer { answer, version, came_at });
    }
    Ok(last)
}

/// Keeps what sources said of a customer just now.
///
/// # Errors
/// The store is away.
pub async fn keep_answers(
    store: &Store,
    (workspace, contact): (WorkspaceId, ContactId),
    answers: &[(SettingId, LastAnswer)],
) -> Result<(), StoreError> {
    static KEEP: Sql = Sql::new(
        "INSERT INTO context_cache (workspace, contact, source, version, body, at)
         SELECT $1, $2, x.value->>0, CAST(x.value->>1 AS BIGINT), x.value->>2,
           CAST(x.value->>3 AS BIGINT)
         FROM {rows $3} AS x
         WHERE EXISTS (SELECT 1 FROM contact AS k WHERE k.workspace = $1 AND k.id = $2)
         ON CONFLICT (workspace, contact, source)
         DO UPDATE SET version = excluded.version, body = excluded.body, at = excluded.at",
    );
    if answers.is_empty() {
        return Ok(());
    }
    let row = |(source, last): &(SettingId, LastAnswer)| {
        let body = json!(last.answer).to_string();
        json!([source, last.version.to_string(), body, last.came_at.ms().to_string()])
    };
    let rows = json!(answers.iter().map(row).collect::<Vec<_>>()).to_string();
    let args = [workspace.to_string(), contact.to_string(), rows];
    store.run_alone(&KEEP, &args).await.map(drop)
}

/// Counts a request to a source, and says whether it may be made: `per_day` on a day, and no more.
/// Days are those of the workspace's time zone. A node whose clock is behind counts on the day that
/// has begun.
///
/// # Errors
/// The store is away.
pub async fn spend(
    store: &Store,
    (workspace, source): (WorkspaceId, SettingId),
    per_day: Option<u32>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    static SPEND: Sql = Sql::new(
        "INSERT INTO source_day (workspace, source, day, asked)
         VALUES ($1, $2, CAST($3 AS BIGINT), 1)
         ON CONFLICT (workspace, source) DO UPDATE
           SET day = CASE WHEN source_day.day BETWEEN excluded.day AND excluded.day + 1
               THEN source_day.day ELSE excluded.day END,
             asked = CASE WHEN source_day.day BETWEEN excluded.day AND excluded.day + 1
               THEN source_day.asked + 1 ELSE 1 END
           WHERE source_day.day NOT BETWEEN excluded.day AND excluded.day + 1
             OR source_day.asked < CAST($4 AS BIGINT)",
    );
    let Some(per_day) = per_day else { return Ok(true) };
    let day = day(store, workspace, now).await?;
    let args = [workspace.to_string(), source.to_string(), day, per_day.to_string()];
    Ok(store.run_alone(&SPEND, &args).await? > 0)
}

/// Counts a request that an agent, or a key of theirs, makes to a source. One agent has half of a
/// day: the other half is for colleagues and rules.
///
/// # Errors
/// The store is away.
pub async fn spend_as(
    store: &Store,
    (workspace, source): (WorkspaceId, SettingId),
    agent: AgentId,
    per_day: Option<u32>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    static SPEND: Sql = Sql::new(
        "INSERT INTO source_share (workspace, source, agent, day, asked)
         VALUES ($1, $2, $3, CAST($4 AS BIGINT), 1)
         ON CONFLICT (workspace, source, agent) DO UPDATE
           SET day = CASE WHEN source_share.day BETWEEN excluded.day AND excluded.day + 1
               THEN source_share.day ELSE excluded.day END,
             asked = CASE WHEN source_share.day BETWEEN excluded.day AND excluded.day + 1
               THEN source_share.asked + 1 ELSE 1 END
           WHERE source_share.day NOT BETWEEN excluded.day AND excluded.day + 1
             OR source_share.asked < CAST($5 AS BIGINT)",
    );
    let of = (workspace, source);
    let Some(share) = per_day.map(|per_day| per_day.div_ceil(2)) else { return Ok(true) };
    let day = day(store, workspace, now).await?;
    let (workspace, source) = (workspace.to_string(), source.to_string());
    let args = [workspace, source, agent.to_string(), day, share.to_string()];
    if store.run_alone(&SPEND, &args).await? == 0 {
        return Ok(false);
    }
    spend(store, of, per_day, now).await
}

/// The day, in the workspace's time zone.
async fn day(store: &Store, workspace: WorkspaceId, now: Timestamp) -> Result<String, StoreError> {
    let zones = zones(store, [workspace].into()).await?;
    Ok(day_number(now, zones.get(&workspace).map(String::as_str)).to_string())
}

/// Deletes what was said before `before`.
///
/// # Errors
/// The store is away.
pub async fn sweep_answers(store: &Store, before: Timestamp, most: u64) -> Result<u64, StoreError> {
    static DELETE: Sql = Sql::new(
        "WITH old AS MATERIALIZED (
           SELECT workspace, contact, source FROM context_cache WHERE at < CAST($1 AS BIGINT)
           ORDER BY at LIMIT CAST($2 AS BIGINT) {skip})
         DELETE FROM context_cache WHERE (workspace, contact, source) IN
           (SELECT workspace, contact, source FROM old)",
    );
    let args = [before.ms().to_string(), most.to_string()];
    store.run_alone(&DELETE, &args).await
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use uuid::Uuid;

    use super::*;
    use crate::database::testing::databases;

    const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

    #[tokio::test]
    async fn of_many_requests_at_once_as_many_are_made_as_a_day_has() {
        for database in databases().await {
            let of = |n| (WorkspaceId(Uuid::from_u128(1)), SettingId(Uuid::from_u128(n)));
            let midnight = Timestamp::from_ms(20_000 * DAY_MS);
            let at = async |of, now| spend(&database.store, of, Some(7), now).await.unwrap();
            let all = join_all((0..20).map(|_| at(of(1), midnight))).await;
            assert_eq!(all.iter().filter(|is_made| **is_made).count(), 7);
            assert!(at(of(2), midnight).await, "another source");
            assert!(!at(of(1), midnight.plus_ms(DAY_MS - 1)).await, "the same day");
            assert!(!at(of(1), midnight.plus_ms(-1)).await, "a clock that is behind");
            assert!(spend(&database.store, of(1), None, midnight).await.unwrap());
            assert!(spend(&database.store, of(1), Some(8), midnight).await.unwrap(), "one more");
            assert!(at(of(1), midnight.plus_ms(DAY_MS)).await, "the next day");
            // A clock that was years ahead for once.
            assert!(at(of(1), midnight.plus_ms(999 * DAY_MS)).await);
            for _ in 0..7 {
                assert!(at(of(1), midnight).await);
            }
            assert!(!at(of(1), midnight).await);
            database.close().await;
        }
    }

    #[tokio::test]
    async fn one_agent_has_half_of_a_sources_day() {
        for database in databases().await {
            let of = (WorkspaceId(Uuid::from_u128(1)), SettingId(Uuid::from_u128(2)));
            let midnight = Timestamp::from_ms(20_000 * DAY_MS);
            let by = async |agent, now| {
                let agent = AgentId(Uuid::from_u128(agent));
                spend_as(&database.store, of, agent, Some(7), now).await.unwrap()
            };
            let all = join_all((0..20).map(|_| by(1, midnight))).await;
            assert_eq!(all.iter().filter(|is_made| **is_made).count(), 4);
            assert!(by(2, midnight).await, "a colleague");
            assert!(spend(&database.store, of, Some(7), midnight).await.unwrap(), "a rule");
            assert!(by(2, midnight).await);
            assert!(!by(3, midnight).await, "the day is spent");
            assert!(by(1, midnight.plus_ms(DAY_MS)).await, "the next day");
            database.close().await;
        }
    }
}
