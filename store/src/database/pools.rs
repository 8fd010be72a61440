//! The connections of a database, and how each kind of them is opened.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Postgres, SqlSafeStr, SqlStr, Transaction};
use tokio::sync::oneshot;

use crate::database::place;
use crate::database::pulse::Gate;
use crate::error;
use crate::{Dialect, Options, Record, Sql, StoreError, Tx};

#[derive(Clone, Debug)]
pub(crate) enum Pools {
    Sqlite { writer: SqlitePool, reader: SqlitePool },
    Postgres { committer: PgPool, beside: PgPool, general: PgPool },
}

/// Connections that are kept for background work; made when they are first used.
const BACKGROUND_CONNECTIONS: u32 = 2;

impl Pools {
    /// With readers of its own, and the same writer.
    pub(crate) fn for_background(&self) -> Self {
        match self {
            Self::Sqlite { writer, reader } => {
                let options = reader.options().clone().max_connections(BACKGROUND_CONNECTIONS);
                let connect = (*reader.connect_options()).clone();
                let reader = options.connect_lazy_with(connect);
                Self::Sqlite { writer: writer.clone(), reader }
            }
            Self::Postgres { committer, beside, general } => {
                let options = general.options().clone().max_connections(BACKGROUND_CONNECTIONS);
                let connect = (*general.connect_options()).clone();
                let general = options.connect_lazy_with(connect);
                Self::Postgres { committer: committer.clone(), beside: beside.clone(), general }
            }
        }
    }

    pub(crate) async fn read(&self) -> Result<Tx, StoreError> {
        match self {
            Self::Sqlite { reader, .. } => Ok(Tx::sqlite(reader.begin().await?)),
            Self::Postgres { general, .. } => {
                let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY".into_sql_str();
                Ok(Tx::postgres(begin_whole(general, begin).await?, GENERAL_PATIENCE))
            }
        }
    }

    pub(crate) async fn rows<T: Record>(
        &self,
        sql: &Sql,
        args: &[&str],
    ) -> Result<Vec<T>, StoreError> {
        Ok(match self {
            Self::Sqlite { reader, .. } => {
                let text = AssertSqlSafe(sql.text(Dialect::Sqlite).to_owned());
                let query = sqlx::query_as::<_, T>(text);
                args.iter().fold(query, |query, arg| query.bind(*arg)).fetch_all(reader).await
            }
            Self::Postgres { general, .. } => {
                let text = AssertSqlSafe(sql.text(Dialect::Postgres).to_owned());
                let query = sqlx::query_as::<_, T>(text);
                args.iter().fold(query, |query, arg| query.bind(*arg)).fetch_all(general).await
            }
        }?)
    }

    pub(crate) async fn begin(&self) -> Result<Tx, StoreError> {
        match self {
            Self::Sqlite { writer, .. } => begin_sqlite(writer).await,
            Self::Postgres { general, .. } => {
                begin_postgres(general, "", SHORT_LOCK_WAIT, GENERAL_PATIENCE).await
            }
        }
    }
}

/// The longest wait of a short transaction for a lock.
const SHORT_LOCK_WAIT: Duration = Duration::from_secs(2);

pub(crate) async fn begin_sqlite(writer: &SqlitePool) -> Result<Tx, StoreError> {
    Ok(Tx::sqlite(writer.begin_with("BEGIN IMMEDIATE").await?))
}

pub(crate) async fn begin_postgres(
    pool: &PgPool,
    before: &str,
    lock_wait: Duration,
    patience: Duration,
) -> Result<Tx, StoreError> {
    let ms = lock_wait.as_millis().max(1);
    let begin = format!("{before}BEGIN; SET LOCAL lock_timeout = {ms}");
    Ok(Tx::postgres(begin_whole(pool, AssertSqlSafe(begin).into_sql_str()).await?, patience))
}

/// Begins on a task of its own, since the caller may go away at any time. If the driver is dropped
/// in the middle of a begin, it hands the connection on with a transaction that nobody ends.
async fn begin_whole(
    pool: &PgPool,
    begin: SqlStr,
) -> Result<Transaction<'static, Postgres>, StoreError> {
    let connection = pool.acquire().await?;
    let (caller, called) = oneshot::channel::<()>();
    let begun = tokio::spawn(async move {
        // A connection that stays silent must not keep its place in the pool.
        let abandoned = async {
            drop(called.await);
            tokio::time::sleep(RELEASE_PATIENCE).await;
        };
        tokio::select! {
            biased;
            begun = Transaction::begin(connection, Some(begin)) => Some(begun),
            () = abandoned => None,
        }
    });
    let ended = |error: tokio::task::JoinError| StoreError::Other(error.to_string());
    let begun = begun.await.map_err(ended)?.ok_or_else(StoreError::silent)?;
    drop(caller);
    Ok(begun?)
}

/// Pages in the write-ahead log at which a commit checkpoints itself: only when
/// [`crate::Store::checkpoint`] cannot keep up. 64 MiB.
const WAL_PAGES: &str = "16384";
/// The size to which the file of the log is cut, bytes.
const WAL_BYTES: &str = "67108864";

pub(crate) async fn open_sqlite(
    path: &str,
    options: &Options,
) -> Result<(Pools, place::FileIdentity), StoreError> {
    let told = |error: std::io::Error| StoreError::Invalid(format!("the database {path}: {error}"));
    if options.may_create {
        place::make(Path::new(path)).map_err(told)?;
    }
    let place = place::FileIdentity::of(Path::new(path)).map_err(told)?;
    let connect = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(if options.is_power_safe {
            SqliteSynchronous::Full
        } else {
            SqliteSynchronous::Normal
        })
        .foreign_keys(true)
        .busy_timeout(options.wait)
        .statement_cache_capacity(400)
        .pragma("cache_size", "-32000")
        // What a statement that fails half-way has to undo is kept in memory, not in a file.
        .pragma("temp_store", "memory")
        .pragma("wal_autocheckpoint", WAL_PAGES)
        .pragma("journal_size_limit", WAL_BYTES)
        .disable_statement_logging();
    let writer = open_writer(&connect, options).await?;
    let reader = sqlite_pool()
        .max_connections(options.readers)
        .acquire_timeout(options.wait)
        .test_before_acquire(false)
        .connect_with(connect.pragma("query_only", "on"))
        .await?;
    Ok((Pools::Sqlite { writer, reader }, place))
}

/// On a full or broken disk SQLite ends a transaction by itself. The driver then counts one that is
/// not there, and begins no other: such a connection is given up.
pub(crate) fn sqlite_pool() -> SqlitePoolOptions {
    SqlitePoolOptions::new().after_release(|connection, _| {
        Box::pin(async move {
            // Behind the rollback that a dropped transaction left in the queue.
            connection.ping().await?;
            Ok(!connection.is_in_transaction())
        })
    })
}

/// Turning a new file to write-ahead logging fails at once while another start does the same,
/// whatever the busy time-out. So this tries again until it is done.
async fn open_writer(
    connect: &SqliteConnectOptions,
    options: &Options,
) -> Result<SqlitePool, StoreError> {
    const PAUSE: Duration = Duration::from_millis(20);
    let deadline = tokio::time::Instant::now() + options.wait;
    loop {
        let opened = sqlite_pool()
            .max_connections(1)
            .acquire_timeout(options.wait)
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(connect.clone())
            .await;
        match opened {
            Err(error) if error::is_busy(&error) && tokio::time::Instant::now() < deadline => {
                tokio::time::sleep(PAUSE).await;
            }
            other => return Ok(other?),
        }
    }
}

/// A plan cached while a table was empty stays, so neither sequential nor bitmap scans are planned.
/// Every statement has its index, and reads it in the order it needs. Compiling statements costs
/// more than it gains at this size.
pub(crate) const PLANNING: [(&str, &str); 4] = [
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("jit", "off"),
    ("statement_timeout", "30s"),
];

/// A group holds its locks while it is decided, which takes milliseconds. A node that was stopped
/// or cut off in the middle must not keep the others from its workspaces. It may be silent for as
/// long as the database.
const IDLE: &str = "idle_in_transaction_session_timeout";
/// The committer looks rows up by their keys. The planner may have no statistics of a table yet, or
/// old ones. So joins read no table as a whole, and pages cost little.
const COMMITTER: [(&str, &str); 5] = [
    // The plans that a test reads are those that are run.
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("random_page_cost", "0.1"),
    ("seq_page_cost", "0.1"),
];
/// After so many groups its plans are made anew. A plan for a table of a few rows does not fit one
/// that has grown since.
pub(crate) const PLANS_KEPT_FOR: u64 = 200;
/// Short transactions lock little, and seals are computed outside of them.
const GENERAL_IDLE: [(&str, &str); 1] = [(IDLE, "10s")];

/// A database that does not answer `SELECT 1` in this time answers nothing else either.
pub(crate) const SILENCE_MAX: Duration = Duration::from_secs(2);
/// The longest wait of the committer for an answer: its statements take milliseconds, their locks
/// have limits of their own, and everybody waits meanwhile.
pub(crate) const COMMITTER_PATIENCE: Duration = Duration::from_secs(5);
/// The same of all others: longer than the database's own limit of a statement.
pub(crate) const GENERAL_PATIENCE: Duration = Duration::from_secs(35);
/// The longest time for a connection to answer when it is given back; one whose last call was given
/// up may never do.
const RELEASE_PATIENCE: Duration = Duration::from_secs(1);

/// Groups of one node commit one after the other; the second connection lets a group begin while
/// a broken one is still being given up.
const COMMITTER_CONNECTIONS: u32 = 2;

/// Transactions at once of workspaces whose rows somebody has locked.
pub const BESIDE_CONNECTIONS: usize = 4;
const BESIDE_CONNECTIONS_MAX: u32 = 4;
/// They are made when something is stuck, and end soon after: their plans are new ones.
const BESIDE_IDLE: Duration = Duration::from_secs(10);

pub(crate) async fn open_postgres(
    url: &str,
    options: &Options,
    gate: &Arc<Gate>,
) -> Result<Pools, StoreError> {
    let connect = url
        .parse::<PgConnectOptions>()
        .map_err(|error| StoreError::Invalid(format!("the database's address: {error}")))?
        .application_name("baton")
        .options(PLANNING)
        .statement_cache_capacity(400)
        .disable_statement_logging();
    let (at_release, at_acquire) = (Arc::clone(gate), Arc::clone(gate));
    let pool = PgPoolOptions::new()
        .acquire_timeout(options.wait)
        .test_before_acquire(false)
        // The pool asks again, with no bound: a silent connection would keep its place for ever.
        .after_release(move |connection, meta| {
            let gate = Arc::clone(&at_release);
            Box::pin(async move {
                let asked = async { Ok(connection.ping().await?) };
                let asked = gate.pass(RELEASE_PATIENCE, asked).await;
                Ok(asked.is_ok() && gate.can_trust(meta.age))
            })
        })
        .before_acquire(move |_, meta| {
            let is_good = at_acquire.can_trust(meta.age);
            Box::pin(std::future::ready(Ok(is_good)))
        });
    let idle_max = [(IDLE, options.silence_max.as_millis().to_string())];
    let committing = connect.clone().options(COMMITTER).options(idle_max);
    let committer = pool
        .clone()
        .max_connections(COMMITTER_CONNECTIONS)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(committing.clone())
        .await?;
    let beside = pool
        .clone()
        .max_connections(BESIDE_CONNECTIONS_MAX)
        .idle_timeout(BESIDE_IDLE)
        .connect_lazy_with(committing);
    let general = pool
        .max_connections(options.readers)
        .test_before_acquire(true)
        .connect_with(connect.options(GENERAL_IDLE));
    Ok(Pools::Postgres { committer, beside, general: general.await? })
}
