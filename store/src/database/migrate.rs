//! The schema's versions, brought up to date at start, and the log's identity.
//!
//! A migration is one text for both databases plus a part for each (triggers). Each runs in a
//! transaction together with the row that records it; starts at the same time take turns.

use baton_protocol::Epoch;

use crate::Pools;
use crate::database::dialect::{Dialect, Sql};
use crate::database::tx::Tx;
use crate::error::StoreError;

pub(crate) struct Migration {
    pub(crate) version: i64,
    pub(crate) name: &'static str,
    pub(crate) both: &'static str,
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

// The files of `src/migrations`, as the build found them.
include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// In the order in which they run. A number is the last one and one, and is taken once.
pub(crate) const MIGRATIONS: &[Migration] = FOUND;

/// The newest schema that this program knows.
pub(crate) fn known() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

pub(crate) async fn migrate(pools: &Pools) -> Result<(), StoreError> {
    let mut applied = 0_u32;
    while run_next(pools).await?.is_some() {
        applied += 1;
    }
    if applied > 0 {
        let schema = known();
        tracing::info!(
            schema,
            applied,
            "the database is at schema {schema}, {applied} migrations applied"
        );
    }
    Ok(())
}

/// Runs the first migration that did not run, and tells its number.
pub(crate) async fn run_next(pools: &Pools) -> Result<Option<i64>, StoreError> {
    static NOTE: Sql =
        Sql::new("INSERT INTO schema_version (version, name) VALUES (CAST($1 AS BIGINT), $2)");
    let mut tx = pools.begin().await?;
    let done = versions(&mut tx).await?;
    let found = done.iter().copied().max().unwrap_or(0);
    if found > known() {
        return Err(StoreError::NewerSchema { found, known: known() });
    }
    // One that was merged late is not above the newest.
    let Some(next) = MIGRATIONS.iter().find(|migration| !done.contains(&migration.version)) else {
        tx.rollback().await?;
        return Ok(None);
    };
    tx.script(next.both).await?;
    tx.script(match tx.dialect() {
        Dialect::Sqlite => next.sqlite,
        Dialect::Postgres => next.postgres,
    })
    .await?;
    if tx.dialect() == Dialect::Sqlite {
        count_change(&mut tx).await?;
    }
    tx.run(&NOTE, &[&next.version.to_string(), next.name]).await?;
    tx.commit().await?;
    tracing::debug!(version = next.version, name = next.name, "a migration ran");
    Ok(Some(next.version))
}

/// Makes each connection to the file read the tables anew before its next statement. Edits of a
/// table's text need it: a start that waited meanwhile would add its column at a place in the old
/// text. `ALTER TABLE` and the like do it by themselves.
///
/// Source: <https://www.sqlite.org/lang_altertable.html>, section 7, step 6.
async fn count_change(tx: &mut Tx) -> Result<(), StoreError> {
    static CHANGES: Sql = Sql::new("SELECT schema_version FROM pragma_schema_version");
    let changes = tx.row::<(i64,)>(&CHANGES, &[]).await?.map_or(0, |(changes,)| changes);
    tx.script(&format!("PRAGMA schema_version = {}", changes + 1)).await
}

/// Waits for other starts that change the schema. Until this transaction ends they wait for it.
pub(crate) async fn take_turn(tx: &mut Tx) -> Result<(), StoreError> {
    // The number is any that no other program takes on this database. Waiting for a start that
    // migrates a large database may take long.
    tx.script(
        "{postgres SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0;
         SELECT pg_advisory_xact_lock(7266031174903);}",
    )
    .await
}

/// The migrations that ran, with the turn to run others.
async fn versions(tx: &mut Tx) -> Result<Vec<i64>, StoreError> {
    static VERSIONS: Sql = Sql::new("SELECT version FROM schema_version");
    take_turn(tx).await?;
    tx.script(
        "CREATE TABLE IF NOT EXISTS schema_version (
           version BIGINT PRIMARY KEY, name TEXT NOT NULL
         )",
    )
    .await?;
    let rows: Vec<(i64,)> = tx.rows(&VERSIONS, &[]).await?;
    Ok(rows.into_iter().map(|(version,)| version).collect())
}

/// The schema's version, where one is noted.
pub(crate) async fn found(tx: &mut Tx) -> Result<i64, StoreError> {
    static VERSION: Sql =
        Sql::new("SELECT CAST(COALESCE(MAX(version), 0) AS BIGINT) FROM schema_version");
    let row: Option<(i64,)> = tx.row(&VERSION, &[]).await?;
    Ok(row.map_or(0, |(version,)| version))
}

pub(crate) async fn epoch(pools: &Pools, first: Epoch) -> Result<Epoch, StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO installation (name, value) VALUES ('epoch', $1) ON CONFLICT DO NOTHING",
    );
    let mut tx = pools.begin().await?;
    tx.run(&INSERT, &[&first.to_string()]).await?;
    let epoch = read_epoch(&mut tx).await?;
    tx.commit().await?;
    Ok(epoch)
}

pub(crate) async fn read_epoch(tx: &mut Tx) -> Result<Epoch, StoreError> {
    static READ: Sql = Sql::new("SELECT value FROM installation WHERE name = 'epoch'");
    let row: Option<(String,)> = tx.row(&READ, &[]).await?;
    let (text,) = row.ok_or_else(|| StoreError::corrupt("no epoch"))?;
    text.parse().map_err(|error: uuid::Error| StoreError::corrupt(error))
}
