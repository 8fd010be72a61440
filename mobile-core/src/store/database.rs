//! Connections to the database file, and its schema.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, TransactionBehavior, params};

use super::files::{is_key_check, key_check};
use super::rows::count;
use super::seal::Keys;
use super::{Limits, StoreError};

/// The schema, forwards, one step per version. Steps that were released are never changed.
pub(super) const STEPS: &[&str] = &[
    include_str!("schema/0001.sql"),
    include_str!("schema/0002.sql"),
    include_str!("schema/0003.sql"),
    include_str!("schema/0004.sql"),
    include_str!("schema/0005.sql"),
];
/// "BatP": the file is one of ours.
const APPLICATION: i64 = 0x4261_7450;
const BUSY: Duration = Duration::from_secs(2);
/// What SQLite's log is cut back to after a checkpoint, bytes.
const LOG_BYTES_MAX: i64 = 1024 * 1024;

/// Opens a database file, and does nothing to it so far: closed at once, it is as it was.
pub(super) fn connect(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(connection)
}

/// The connection that reads beside the one that writes.
pub(super) fn connect_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}

/// The schema of a database; 0 when there is none so far.
///
/// # Errors
/// When it is newer than this version, or no database of ours.
pub(super) fn schema(connection: &Connection, steps: &[&str]) -> Result<i64, StoreError> {
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let application: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let known = i64::try_from(steps.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(StoreError::Incompatible { found, known });
    }
    let is_ours = application == APPLICATION || (found == 0 && is_empty(connection)?);
    if is_ours { Ok(found) } else { Err(StoreError::Damaged) }
}

fn is_empty(connection: &Connection) -> Result<bool, StoreError> {
    let count: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(count == 0)
}

/// Whether every page is as it should be.
pub(super) fn is_sound(connection: &Connection) -> Result<bool, StoreError> {
    let answer: Result<String, _> =
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0));
    match answer.map_err(StoreError::from) {
        Ok(answer) => Ok(answer == "ok"),
        Err(StoreError::Damaged) => Ok(false),
        Err(error) => Err(error),
    }
}

/// How the writing connection works from here on.
pub(super) fn set_up(connection: &Connection, limits: Limits) -> Result<(), StoreError> {
    // Before anything else: it counts for a new file alone.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(StoreError::Database(0));
    }
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES_MAX)?;
    if let Some(bytes) = limits.database_bytes {
        let page = connection.query_row("PRAGMA page_size", [], |row| count(row, 0))?;
        let pages = i64::try_from(bytes / page.max(1)).unwrap_or(i64::MAX);
        connection.pragma_update(None, "max_page_count", pages)?;
    }
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(())
}

/// Brings the schema to the newest version, a step at a time, each whole or not at all; gives the
/// version that was there.
pub(super) fn migrate(connection: &mut Connection, steps: &[&str]) -> Result<i64, StoreError> {
    let found = schema(connection, steps)?;
    for (version, step) in (1_i64..).zip(steps) {
        if version <= found {
            continue;
        }
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.execute_batch(step)?;
        tx.pragma_update(None, "application_id", APPLICATION)?;
        tx.pragma_update(None, "user_version", version)?;
        tx.commit()?;
    }
    Ok(found)
}

/// Whether a database says that these are its keys; `None` when it does not say.
pub(super) fn are_keys(connection: &Connection, keys: &Keys) -> Result<Option<bool>, StoreError> {
    let sealed: Option<Vec<u8>> = connection
        .query_row("SELECT value FROM meta WHERE name = 'key_check'", [], |row| row.get(0))
        .optional()?;
    Ok(sealed.map(|sealed| is_key_check(keys, &sealed)))
}

/// Remembers in the database whose keys it is sealed with.
pub(super) fn mark_keys(connection: &Connection, keys: &Keys) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO meta (name, value) VALUES ('key_check', ?1) ON CONFLICT (name) DO NOTHING",
        params![key_check(keys)?],
    )?;
    Ok(())
}
