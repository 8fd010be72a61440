//! Opening a database to look at it: nothing is made, migrated or written.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use baton_protocol::Epoch;
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::SqliteConnectOptions;

use super::pools::sqlite_pool;
use super::{migrate, restore};
use crate::{
    GENERAL_PATIENCE, Guard, Opened, PLANNING, Pools, SILENCE_MAX, Sql, Store, StoreError, Tx,
};

/// Connections: `baton verify-log` looks in four places at once.
const CONNECTIONS: u32 = 4;
/// SQLite's page cache of each, in KiB: indexes are checked against their tables.
const CACHE_KIB: &str = "-65536";

impl Store {
    /// Opens what is there, written by a program with this program's schema.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] where there is no such database, or one with an older schema.
    pub async fn inspect(url: &str, wait: Duration) -> Result<Self, StoreError> {
        let pools = match url.strip_prefix("sqlite://") {
            Some(path) => sqlite(path, wait).await?,
            None => postgres(url, wait).await?,
        };
        let mut tx = pools.read().await?;
        let epoch = known_epoch(&mut tx).await?;
        tx.rollback().await?;
        let opened = Opened {
            background: pools.clone(),
            pools,
            patience: GENERAL_PATIENCE,
            silence_max: SILENCE_MAX,
            wait,
            epoch,
            guard: Guard::default(),
            groups: AtomicU64::new(0),
        };
        Ok(Self { opened: Arc::new(opened), term: None, is_background: false })
    }
}

/// Names the database in an error: its file, or host, port and name; never user or password.
pub fn named(url: &str) -> String {
    if let Some(path) = url.strip_prefix("sqlite://") {
        return format!("the database {path}");
    }
    let Ok(options) = url.parse::<PgConnectOptions>() else { return "the database".to_owned() };
    let name = options.get_database().unwrap_or_default();
    // After a password with `/` in it everything is taken for something else.
    if name.contains('@') {
        return "the database".to_owned();
    }
    let place = options.get_socket().map_or_else(
        || format!("{}:{}", options.get_host(), options.get_port()),
        |socket| socket.display().to_string(),
    );
    format!("the database {place}/{name}")
}

/// Returns the version of the schema that is there, and 0 if there is nothing of Baton's. It also
/// reads a version that this program would have to migrate, or does not know.
///
/// # Errors
/// There is no database, or one that cannot be read.
pub async fn schema_of(url: &str, wait: Duration) -> Result<i64, StoreError> {
    let pools = match url.strip_prefix("sqlite://") {
        Some(path) => sqlite(path, wait).await?,
        None => postgres(url, wait).await?,
    };
    let mut tx = pools.read().await?;
    let found = schema(&mut tx).await;
    tx.rollback().await?;
    found
}

/// Whose database it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// Of its log.
    pub epoch: Epoch,
    /// The lives that `baton restore` ended before.
    pub before: Vec<Epoch>,
}

/// Whose database is there; `None` where there is none, or nothing of Baton's in it. Of one that
/// this program would have to migrate as well.
///
/// # Errors
/// The database cannot be read.
pub async fn identity_of(url: &str, wait: Duration) -> Result<Option<Identity>, StoreError> {
    let pools = match url.strip_prefix("sqlite://") {
        Some(path) if !Path::new(path).exists() => return Ok(None),
        Some(path) => sqlite(path, wait).await?,
        None => postgres(url, wait).await?,
    };
    let mut tx = pools.read().await?;
    let identity = match schema(&mut tx).await? {
        0 => None,
        _ => {
            let (epoch, before) =
                (migrate::read_epoch(&mut tx).await?, restore::before(&mut tx).await?);
            Some(Identity { epoch, before })
        }
    };
    tx.rollback().await?;
    Ok(identity)
}

/// The newest schema that this program knows.
pub fn known_schema() -> i64 {
    migrate::known()
}

async fn schema(tx: &mut Tx) -> Result<i64, StoreError> {
    static HAS_SCHEMA: Sql = Sql::new(
        "{sqlite SELECT CAST(COUNT(*) AS BIGINT) FROM sqlite_master
                WHERE type = 'table' AND name = 'schema_version'}
             {postgres SELECT CAST(COUNT(*) AS BIGINT) FROM pg_catalog.pg_class
                WHERE oid = to_regclass('schema_version')}",
    );
    match tx.row::<(i64,)>(&HAS_SCHEMA, &[]).await? {
        Some((1..,)) => migrate::found(tx).await,
        _ => Ok(0),
    }
}

/// The log's identity, of a database with this program's schema.
async fn known_epoch(tx: &mut Tx) -> Result<Epoch, StoreError> {
    let (found, known) = (schema(tx).await?, migrate::known());
    if found == 0 {
        return Err(StoreError::Invalid("the database holds nothing of Baton's".to_owned()));
    } else if found > known {
        return Err(StoreError::NewerSchema { found, known });
    } else if found < known {
        return Err(StoreError::Invalid(format!(
            "the database has schema {found} and this program {known}: ask the program that \
                 wrote it, or run `baton migrate` first"
        )));
    }
    migrate::read_epoch(tx).await
}

async fn sqlite(path: &str, wait: Duration) -> Result<Pools, StoreError> {
    if !Path::new(path).is_file() {
        return Err(StoreError::Invalid(format!("there is no database {path}")));
    }
    let connect = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .busy_timeout(wait)
        .pragma("cache_size", CACHE_KIB)
        .disable_statement_logging();
    let pool = sqlite_pool().max_connections(CONNECTIONS).acquire_timeout(wait);
    let reader = pool.connect_with(connect).await?;
    Ok(Pools::Sqlite { writer: reader.clone(), reader })
}

async fn postgres(url: &str, wait: Duration) -> Result<Pools, StoreError> {
    let connect = url
        .parse::<PgConnectOptions>()
        .map_err(|error| StoreError::Invalid(format!("the database's address: {error}")))?
        .application_name("baton")
        .options(PLANNING)
        .options([("default_transaction_read_only", "on")])
        .disable_statement_logging();
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(wait);
    let general = pool.connect_with(connect).await?;
    Ok(Pools::Postgres { committer: general.clone(), beside: general.clone(), general })
}
