//! Locks, in their one order. Keys are sorted by the caller (they come out of ordered sets), and
//! locked in that order.

use super::rows::IdentityRow;
use crate::store::{Sql, StoreError, Tx};

/// Makes identities known; who loses the race for one hears so by the count.
pub(crate) async fn insert_identities(
    tx: &mut Tx,
    identities: &[IdentityRow],
) -> Result<bool, StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO identity (workspace, channel, kind, value, contact, conversation)
         SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5
         FROM {rows $1} WHERE true
         ON CONFLICT (workspace, channel, kind, value) DO NOTHING",
    );
    if identities.is_empty() {
        return Ok(true);
    }
    let rows: Vec<_> = identities
        .iter()
        .map(|i| (&i.workspace, &i.channel, &i.kind, &i.value, &i.contact, &i.conversation))
        .collect();
    let inserted = tx.run(&INSERT, &[&super::write::json(&rows)]).await?;
    Ok(usize::try_from(inserted).is_ok_and(|inserted| inserted == identities.len()))
}

/// Locks conversations, each `[workspace, id]`.
pub(crate) async fn lock_conversations(tx: &mut Tx, keys: &str) -> Result<(), StoreError> {
    static LOCK: Sql = Sql::new(
        "SELECT c.id FROM {rows $1} AS x CROSS JOIN
         LATERAL (SELECT id FROM conversation WHERE workspace = x.value->>0
           AND id = x.value->>1 OFFSET 0 {lock}) AS c",
    );
    lock(tx, &LOCK, &[keys]).await
}

/// Locks agents, each `[workspace, id]`.
pub(crate) async fn lock_agents(tx: &mut Tx, keys: &str) -> Result<(), StoreError> {
    static LOCK: Sql = Sql::new(
        "SELECT a.id FROM {rows $1} AS x CROSS JOIN
         LATERAL (SELECT id FROM agent WHERE workspace = x.value->>0
           AND id = x.value->>1 OFFSET 0 {lock}) AS a",
    );
    lock(tx, &LOCK, &[keys]).await
}

/// Locks the ends of logs: the last lock, after which positions may be taken.
pub(crate) async fn lock_log_heads(tx: &mut Tx, workspaces: &str) -> Result<(), StoreError> {
    static LOCK: Sql = Sql::new(
        "SELECT workspace AS id FROM log_head WHERE workspace {in $1} ORDER BY workspace {lock}",
    );
    lock(tx, &LOCK, &[workspaces]).await
}

/// SQLite's writer is alone already: there is nothing to ask for.
async fn lock(tx: &mut Tx, sql: &Sql, args: &[&str]) -> Result<(), StoreError> {
    if tx.dialect() == crate::store::Dialect::Postgres {
        tx.rows::<(String,)>(sql, args).await?;
    }
    Ok(())
}
