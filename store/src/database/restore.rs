//! A new life of the log, after a backup was put back.

use baton_protocol::{Epoch, Timestamp};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use sqlx_macros::FromRow;

use super::migrate;
use crate::{Sql, StoreError, Tx};

/// The name by which the program that puts a backup back connects to PostgreSQL.
pub const PROGRAM: &str = "baton restore";

/// Rows of a restored backup that live again, although the lost life may have ended them.
#[derive(FromRow, Clone, PartialEq, Eq, Debug)]
pub struct Revived {
    /// The time of its last event, in milliseconds; rows that were ended later live again.
    pub upto: Option<i64>,
    /// Agents who may sign in, with the passwords of that time.
    pub agents: i64,
    /// Their devices that were not revoked.
    pub devices: i64,
    /// Customers who are blocked, and those who want no marketing.
    pub blocked: i64,
    /// See `blocked`.
    pub stopped: i64,
    /// Saved views.
    pub views: i64,
    /// Invitations that nobody had used yet.
    pub invitations: i64,
    /// Keys of programs that counted.
    pub keys: i64,
    /// Webhooks of the teams' own.
    pub webhooks: i64,
}

/// Counts what lives again.
pub async fn revived(tx: &mut Tx) -> Result<Revived, StoreError> {
    static COUNT: Sql = Sql::new(
        "SELECT (SELECT MAX(at) FROM log) AS upto,
           (SELECT CAST(COUNT(*) AS BIGINT) FROM agent WHERE state = 'active') AS agents,
           (SELECT CAST(COUNT(*) AS BIGINT) FROM device WHERE revoked_at IS NULL) AS devices,
           (SELECT CAST(COUNT(*) AS BIGINT) FROM conversation WHERE block IS NOT NULL)
             AS blocked,
           (SELECT CAST(COUNT(*) AS BIGINT) FROM conversation
             WHERE marketing LIKE '%\"stopped\":true%') AS stopped,
           (SELECT CAST(COUNT(*) AS BIGINT) FROM saved_view)
             + (SELECT CAST(COUNT(*) AS BIGINT) FROM setting
               WHERE kind = 'saved_view' AND ended_at IS NULL) AS views,
           (SELECT CAST(COUNT(*) AS BIGINT) FROM invitation WHERE open_email IS NOT NULL)
             AS invitations,
           (SELECT CAST(COUNT(*) AS BIGINT) FROM setting_secret
             WHERE digest IS NOT NULL AND ended_at IS NULL) AS keys,
           (SELECT CAST(COUNT(*) AS BIGINT) FROM setting
             WHERE kind = 'webhook' AND ended_at IS NULL) AS webhooks",
    );
    tx.row(&COUNT, &[]).await?.ok_or_else(|| StoreError::corrupt("nothing was counted"))
}

/// Gives the log another identity and ends what must not live again: all sessions, with their
/// pushes, and the links of invitations. What was on its way is to be reviewed before anything is
/// sent; devices that were revoked stay so. Lives that ended are kept, also those that only
/// `known` names: who knows one of them sees that this one came after it.
pub async fn begin(
    tx: &mut Tx,
    epoch: Epoch,
    known: &[Epoch],
    now: Timestamp,
) -> Result<(), StoreError> {
    static EPOCH: Sql = Sql::new("UPDATE installation SET value = $1 WHERE name = 'epoch'");
    static REVIEW: Sql = Sql::new(
        "INSERT INTO installation (name, value) VALUES ('restored', $1)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    );
    static BEFORE: Sql = Sql::new(
        "INSERT INTO installation (name, value) VALUES ('epochs_before', $1)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    );
    static SESSIONS: Sql = Sql::new(
        "UPDATE device SET access_expires_at = 0, refresh_expires_at = 0, previous_digest = NULL
         WHERE revoked_at IS NULL",
    );
    static TICKETS: Sql = Sql::new("DELETE FROM socket_ticket");
    // One that was withdrawn or used later would be open. An admin may renew it.
    static INVITATIONS: Sql = Sql::new(
        "UPDATE invitation SET expires_at = CAST($1 AS BIGINT)
         WHERE open_email IS NOT NULL AND expires_at > CAST($1 AS BIGINT)",
    );
    // A key that was ended later would let somebody in again. What goes out waits for an admin.
    static KEYS: Sql = Sql::new(
        "UPDATE setting_secret SET ended_at = CAST($1 AS BIGINT)
         WHERE digest IS NOT NULL AND ended_at IS NULL",
    );
    static WEBHOOKS: Sql = Sql::new(
        "UPDATE webhook_cursor SET paused_at = CAST($1 AS BIGINT), paused_for = 'restored'",
    );
    let mut ended = before(tx).await?;
    ended.push(migrate::read_epoch(tx).await?);
    ended.extend(known);
    let mut names: Vec<_> = ended.iter().map(Epoch::to_string).collect();
    names.sort();
    names.dedup();
    let (epoch, ended, now) = (epoch.to_string(), names.join(" "), now.ms().to_string());
    tx.run_all(&[
        (&EPOCH, &[&epoch]),
        (&BEFORE, &[&ended]),
        (&REVIEW, &[&epoch]),
        (&SESSIONS, &[]),
        (&TICKETS, &[]),
        (&INVITATIONS, &[&now]),
        (&KEYS, &[&now]),
        (&WEBHOOKS, &[&now]),
    ])
    .await?;
    tx.script("DROP TABLE IF EXISTS restore_under_way").await?;
    // A table that was just filled has no statistics, and PostgreSQL makes them when it likes.
    tx.script("{postgres SET LOCAL statement_timeout = 0; ANALYZE}").await
}

/// The lives of this database that [`begin`] ended.
pub(crate) async fn before(tx: &mut Tx) -> Result<Vec<Epoch>, StoreError> {
    static READ: Sql = Sql::new("SELECT value FROM installation WHERE name = 'epochs_before'");
    let row: Option<(String,)> = tx.row(&READ, &[]).await?;
    let names = row.map(|(names,)| names).unwrap_or_default();
    let read = |name: &str| name.parse().map_err(|error: uuid::Error| StoreError::corrupt(error));
    names.split_whitespace().map(read).collect()
}

/// PostgreSQL: notes beside everything a backup holds that one is being put back, which ends with
/// [`begin`]. Whatever happens in between, nobody serves the old epoch of a database that was put
/// back. Nothing else of the database is touched: there may be nothing yet.
pub async fn announce(url: &str) -> Result<(), StoreError> {
    let options: PgConnectOptions = url
        .parse()
        .map_err(|error| StoreError::Invalid(format!("the database's address: {error}")))?;
    let mut connection = options.disable_statement_logging().connect().await?;
    // One that was killed may have left its program behind, which would be in this one's way.
    let ended = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = $1 AND pid <> pg_backend_pid()";
    sqlx::query(ended).bind(PROGRAM).execute(&mut connection).await?;
    let table = "CREATE TABLE IF NOT EXISTS restore_under_way (one BIGINT)";
    sqlx::query(table).execute(&mut connection).await?;
    Ok(connection.close().await?)
}

/// Whether a backup was put back, or may have been, and no new epoch was begun.
pub async fn is_broken_off(tx: &mut Tx) -> Result<bool, StoreError> {
    static READ: Sql = Sql::new(
        "{sqlite SELECT CAST(COUNT(*) AS BIGINT) FROM sqlite_master
            WHERE type = 'table' AND name = 'restore_under_way'}
         {postgres SELECT CAST(COUNT(*) AS BIGINT) FROM pg_catalog.pg_class
            WHERE oid = to_regclass('restore_under_way')}",
    );
    Ok(matches!(tx.row::<(i64,)>(&READ, &[]).await?, Some((1..,))))
}

/// Whether what was on its way is still to be reviewed.
pub async fn is_unreviewed(tx: &mut Tx) -> Result<bool, StoreError> {
    static READ: Sql = Sql::new("SELECT value FROM installation WHERE name = 'restored'");
    Ok(tx.row::<(String,)>(&READ, &[]).await?.is_some())
}

/// It has been.
pub async fn reviewed(tx: &mut Tx) -> Result<(), StoreError> {
    static DELETE: Sql = Sql::new("DELETE FROM installation WHERE name = 'restored'");
    tx.run(&DELETE, &[]).await.map(drop)
}
