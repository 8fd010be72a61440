//! Locks, in their one order. Keys are sorted by the caller (they come out of ordered sets), and
//! locked in that order.

use crate::table::found::FoundRow;
use crate::table::{Set, Statement};
use crate::tables::IdentityRow;
use crate::{Sql, StoreError, Tx};

/// Inserts identities. The count is lower than asked where another node was first.
pub async fn insert_identities(
    tx: &mut Tx,
    identities: &[IdentityRow],
) -> Result<bool, StoreError> {
    static INSERT: Statement<IdentityRow> =
        Statement::insert_or("ON CONFLICT (workspace, channel, kind, value) DO NOTHING");
    if identities.is_empty() {
        return Ok(true);
    }
    let inserted = tx.write(&[Set::new(&INSERT, identities)]).await?;
    Ok(usize::try_from(inserted).is_ok_and(|inserted| inserted == identities.len()))
}

/// Locks identities, each `[workspace, channel, kind, value]`.
pub async fn lock_identities(tx: &mut Tx, keys: &str) -> Result<(), StoreError> {
    static LOCK: Sql = Sql::new(
        "SELECT i.value AS id FROM {rows $1} AS x CROSS JOIN
         {postgres LATERAL (SELECT * FROM identity WHERE workspace = x.value->>0
             AND channel = x.value->>1 AND kind = x.value->>2 AND value = x.value->>3
             OFFSET 0 FOR NO KEY UPDATE) AS i}
         {sqlite identity AS i}",
    );
    lock(tx, &LOCK, &[keys]).await
}

/// Makes known that these identities, which are locked and were `found`, are somebody else's.
pub async fn move_identities(
    tx: &mut Tx,
    identities: &[IdentityRow],
    found: &[FoundRow<IdentityRow>],
) -> Result<(), StoreError> {
    static MOVE: Statement<IdentityRow> = Statement::replace();
    tx.write(&[Set::over(&MOVE, identities, found)]).await.map(drop)
}

/// Locks conversations, each `[workspace, id]`.
pub async fn lock_conversations(tx: &mut Tx, keys: &str) -> Result<(), StoreError> {
    static LOCK: Sql = Sql::new(
        "SELECT c.id FROM {rows $1} AS x CROSS JOIN
         LATERAL (SELECT id FROM conversation WHERE workspace = x.value->>0
           AND id = x.value->>1 OFFSET 0 {lock}) AS c",
    );
    lock(tx, &LOCK, &[keys]).await
}

/// Locks agents, each `[workspace, id]`.
pub async fn lock_agents(tx: &mut Tx, keys: &str) -> Result<(), StoreError> {
    static LOCK: Sql = Sql::new(
        "SELECT a.id FROM {rows $1} AS x CROSS JOIN
         LATERAL (SELECT id FROM agent WHERE workspace = x.value->>0
           AND id = x.value->>1 OFFSET 0 {lock}) AS a",
    );
    lock(tx, &LOCK, &[keys]).await
}

/// Locks the ends of logs: the last lock, after which positions may be taken.
pub async fn lock_log_heads(tx: &mut Tx, workspaces: &str) -> Result<(), StoreError> {
    static LOCK: Sql = Sql::new(
        "SELECT workspace AS id FROM log_head WHERE workspace {in $1} ORDER BY workspace {lock}",
    );
    lock(tx, &LOCK, &[workspaces]).await
}

/// SQLite's writer is alone already: there is nothing to ask for.
async fn lock(tx: &mut Tx, sql: &Sql, args: &[&str]) -> Result<(), StoreError> {
    if tx.dialect() == crate::Dialect::Postgres {
        tx.rows::<(String,)>(sql, args).await?;
    }
    Ok(())
}
