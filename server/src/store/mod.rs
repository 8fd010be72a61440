//! What is true: the database, SQLite or PostgreSQL, behind one type.
//!
//! [`Store`] hands out transactions; statements are [`Sql`] texts that both databases run. Writes
//! that the log tells of go through [`Store::begin_commit`] and belong to the engine; tokens,
//! sweeps and seals have short transactions of their own ([`Store::begin`]); queries read one
//! snapshot each ([`Store::read`]).

pub mod copy;
mod dialect;
pub(crate) mod digest;
mod error;
mod folded;
pub(crate) mod group;
mod image;
mod inspect;
mod migrate;
pub mod node;
mod place;
mod pulse;
pub mod push;
pub mod read;
pub mod restore;
pub(crate) mod rows;
pub mod seal;
mod seat;
pub mod settled;
mod stamp;
pub mod stamped;
pub mod sweep;
pub(crate) mod table;
mod tx;
pub mod verify;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use baton_protocol::{Epoch, Timestamp};
use prometheus_client::metrics::counter::Counter;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tokio::sync::watch;

pub use baton_domain::fold::fold;
pub use dialect::{Dialect, Sql};
pub use error::StoreError;
pub use inspect::{Identity, identity_of, known_schema, schema_of};
use node::Term;
use pulse::Gate;
pub use seat::{Company, Seat};
pub use stamp::StampKey;
pub use tx::{Record, Tx, Write};

/// How to open a database.
#[derive(Clone, Debug)]
pub struct Options {
    /// Connections for queries (and, on PostgreSQL, for short transactions).
    pub readers: u32,
    /// How long to wait for a connection, and for another process on SQLite's file.
    pub wait: Duration,
    /// How long the committer waits for an answer of PostgreSQL.
    pub patience: Duration,
    /// SQLite: whether each commit is on the disk before it counts. Off may lose the last ones.
    pub is_power_safe: bool,
    /// SQLite: whether the file is made where there is none.
    pub may_create: bool,
    /// The log's identity if this is the first start: made by the caller, random.
    pub first_epoch: Epoch,
}

impl Options {
    /// The defaults, with the identity that a new log shall have.
    pub fn new(first_epoch: Epoch) -> Self {
        Self {
            readers: 8,
            wait: Duration::from_secs(5),
            patience: COMMITTER_PATIENCE,
            is_power_safe: true,
            may_create: true,
            first_epoch,
        }
    }
}

/// An open database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    opened: Arc<Opened>,
    /// The term that its short transactions belong to, if they are a leader's.
    term: Option<Term>,
    /// Whether it uses the connections that are kept for background work.
    is_background: bool,
}

#[derive(Debug)]
struct Opened {
    pools: Pools,
    /// The same, with connections that requests cannot take: however many they are, sends, seals
    /// and timers go on.
    background: Pools,
    patience: Duration,
    /// How long a connection is waited for.
    wait: Duration,
    epoch: Epoch,
    guard: Guard,
    /// How many groups were begun.
    groups: AtomicU64,
}

/// What every transaction takes with it.
#[derive(Clone, Debug, Default)]
struct Guard {
    gate: Arc<Gate>,
    statements: Counter,
}

impl Guard {
    /// Refuses to go on in a file that nobody finds again.
    fn look(&self) -> Result<(), StoreError> {
        let Some(place) = self.gate.place() else { return Ok(()) };
        if place.is_there() {
            return Ok(());
        }
        self.gate.set(true);
        Err(StoreError::gone())
    }
}

#[derive(Clone, Debug)]
enum Pools {
    Sqlite { writer: SqlitePool, reader: SqlitePool },
    Postgres { committer: PgPool, beside: PgPool, general: PgPool },
}

impl Store {
    /// Opens `sqlite://path` or `postgres://…`, brings its schema up to date and reads its epoch.
    pub async fn open(url: &str, options: &Options) -> Result<Self, StoreError> {
        let guard = Guard::default();
        let pools = if let Some(path) = url.strip_prefix("sqlite://") {
            let (pools, place) = open_sqlite(path, options).await?;
            guard.gate.guards(place);
            pools
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            open_postgres(url, options, &guard.gate).await?
        } else {
            let scheme = url.split(':').next().unwrap_or_default();
            return Err(StoreError::Invalid(format!(
                "a database is sqlite://path or postgres://…, not {scheme:?}"
            )));
        };
        migrate::migrate(&pools).await?;
        let epoch = migrate::epoch(&pools, options.first_epoch).await?;
        let (patience, wait) = (options.patience, options.wait);
        let (background, groups) = (pools.for_background(), AtomicU64::new(0));
        let opened = Opened { pools, background, patience, wait, epoch, guard, groups };
        Ok(Self { opened: Arc::new(opened), term: None, is_background: false })
    }

    /// The same database over the connections that are kept for background work.
    #[must_use]
    pub fn for_background(&self) -> Self {
        Self { is_background: true, ..self.clone() }
    }

    fn pools(&self) -> &Pools {
        if self.is_background { &self.opened.background } else { &self.opened.pools }
    }

    /// Which database it is.
    pub fn dialect(&self) -> Dialect {
        match self.opened.pools {
            Pools::Sqlite { .. } => Dialect::Sqlite,
            Pools::Postgres { .. } => Dialect::Postgres,
        }
    }

    /// The log's identity: another life of the database has another one.
    pub fn epoch(&self) -> Epoch {
        self.opened.epoch
    }

    /// A write transaction of the committer; on PostgreSQL no lock is waited for longer than
    /// `lock_wait`. SQLite's writer is alone once it has begun.
    pub async fn begin_commit(&self, lock_wait: Duration) -> Result<Tx, StoreError> {
        let patience = self.opened.patience;
        self.opened.guard.look()?;
        let groups = self.opened.groups.fetch_add(1, Ordering::Relaxed);
        // Two in a row: the committer's connections take turns.
        let before = if groups % PLANS_KEPT_FOR < 2 { "DISCARD PLANS; " } else { "" };
        let begin = async {
            match &self.opened.pools {
                Pools::Sqlite { writer, .. } => begin_sqlite(writer).await,
                Pools::Postgres { committer, .. } => {
                    begin_postgres(committer, before, lock_wait, patience).await
                }
            }
        };
        self.guarded(patience, begin).await
    }

    /// The same over connections of its own, for a workspace whose rows somebody has locked: the
    /// committer's are for the others.
    pub async fn begin_commit_beside(&self, lock_wait: Duration) -> Result<Tx, StoreError> {
        let patience = self.opened.patience;
        let begin = async {
            match &self.opened.pools {
                Pools::Sqlite { writer, .. } => begin_sqlite(writer).await,
                Pools::Postgres { beside, .. } => {
                    begin_postgres(beside, "", lock_wait, patience).await
                }
            }
        };
        self.guarded(patience, begin).await
    }

    /// A short write transaction: tokens, drafts, sweeps, seals.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        self.opened.guard.look()?;
        let mut tx = self.guarded(GENERAL_PATIENCE, self.pools().begin()).await?;
        tx.begin_stamping().await?;
        if let Some(term) = self.term {
            node::hold(&mut tx, term).await?;
        }
        Ok(tx)
    }

    /// The same database for a leader: when its term is over, short write transactions are refused
    /// as [`StoreError::Deposed`].
    #[must_use]
    pub fn under(&self, term: Term) -> Self {
        Self { opened: Arc::clone(&self.opened), term: Some(term), is_background: true }
    }

    /// One snapshot of everything, fixed by its first statement; cannot write.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        self.guarded(GENERAL_PATIENCE, self.pools().read()).await
    }

    /// The rows of one query. It is a transaction by itself: to begin and to end one around it
    /// would cost more than the query.
    pub async fn rows_alone<T: Record>(
        &self,
        sql: &Sql,
        args: &[&str],
    ) -> Result<Vec<T>, StoreError> {
        let guard = &self.opened.guard;
        guard.statements.inc();
        let all = GENERAL_PATIENCE.saturating_add(self.opened.wait);
        guard.gate.pass(all, Box::pin(self.pools().rows(sql, args))).await
    }

    async fn guarded(
        &self,
        patience: Duration,
        begin: impl Future<Output = Result<Tx, StoreError>>,
    ) -> Result<Tx, StoreError> {
        let guard = &self.opened.guard;
        // A connection is waited for with a limit of its own, and may have to be made.
        let all = patience.saturating_add(self.opened.wait);
        Ok(guard.gate.pass(all, Box::pin(begin)).await?.guarded(guard.clone()))
    }

    /// Whether the database is away: then nobody waits for it.
    pub fn is_away(&self) -> bool {
        self.opened.guard.gate.is_away()
    }

    /// Whether the database said that its pages are damaged, since this start.
    pub fn is_damaged(&self) -> bool {
        self.opened.guard.gate.is_damaged()
    }

    /// The same, to wait for a change.
    pub fn watch_away(&self) -> watch::Receiver<bool> {
        self.opened.guard.gate.watch()
    }

    /// Finds out for ever whether PostgreSQL answers, or SQLite's file is where it was.
    pub async fn keep_watch(&self) {
        let guard = &self.opened.guard;
        match &self.opened.pools {
            Pools::Sqlite { .. } => match guard.gate.place() {
                Some(place) => place::keep_watch(&guard.gate, place).await,
                None => std::future::pending().await,
            },
            Pools::Postgres { general, .. } => {
                pulse::keep_watch(&guard.gate, &general.connect_options()).await;
            }
        }
    }

    /// How many statements were run.
    pub fn statements(&self) -> &Counter {
        &self.opened.guard.statements
    }

    /// SQLite: moves pages from its write-ahead log into its file, as far as no reader is in the
    /// way and without holding a writer up. PostgreSQL does so by itself.
    pub async fn checkpoint(&self) -> Result<(), StoreError> {
        if let Pools::Sqlite { reader, .. } = &self.opened.pools {
            sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(reader).await?;
        }
        Ok(())
    }

    /// The database's own time; SQLite has none but this machine's.
    pub async fn time(&self) -> Result<Option<Timestamp>, StoreError> {
        static TIME: Sql =
            Sql::new("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)");
        if self.dialect() == Dialect::Sqlite {
            return Ok(None);
        }
        let rows: Vec<(i64,)> = self.rows_alone(&TIME, &[]).await?;
        Ok(rows.first().map(|(ms,)| Timestamp::from_ms(*ms)))
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        static PING: Sql = Sql::new("SELECT CAST(1 AS BIGINT)");
        let mut tx = self.read().await?;
        tx.rows::<(i64,)>(&PING, &[]).await?;
        tx.rollback().await
    }

    /// Waits for what is running and closes all connections.
    pub async fn close(&self) {
        for pools in [&self.opened.background, &self.opened.pools] {
            match pools {
                Pools::Sqlite { writer, reader } => {
                    reader.close().await;
                    writer.close().await;
                }
                Pools::Postgres { committer, beside, general } => {
                    committer.close().await;
                    beside.close().await;
                    general.close().await;
                }
            }
        }
    }
}

/// Connections that are kept for background work; made when they are first used.
const BACKGROUND_CONNECTIONS: u32 = 2;

impl Pools {
    /// With readers of its own, and the same writer.
    fn for_background(&self) -> Self {
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

    async fn read(&self) -> Result<Tx, StoreError> {
        match self {
            Self::Sqlite { reader, .. } => Ok(Tx::sqlite(reader.begin().await?)),
            Self::Postgres { general, .. } => {
                let begin = general.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
                Ok(Tx::postgres(begin.await?, GENERAL_PATIENCE))
            }
        }
    }

    async fn rows<T: Record>(&self, sql: &Sql, args: &[&str]) -> Result<Vec<T>, StoreError> {
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

    async fn begin(&self) -> Result<Tx, StoreError> {
        match self {
            Self::Sqlite { writer, .. } => begin_sqlite(writer).await,
            Self::Postgres { general, .. } => {
                begin_postgres(general, "", SHORT_LOCK_WAIT, GENERAL_PATIENCE).await
            }
        }
    }
}

/// How long a short transaction waits for a lock.
const SHORT_LOCK_WAIT: Duration = Duration::from_secs(2);

async fn begin_sqlite(writer: &SqlitePool) -> Result<Tx, StoreError> {
    Ok(Tx::sqlite(writer.begin_with("BEGIN IMMEDIATE").await?))
}

async fn begin_postgres(
    pool: &PgPool,
    before: &str,
    lock_wait: Duration,
    patience: Duration,
) -> Result<Tx, StoreError> {
    let ms = lock_wait.as_millis().max(1);
    let begin = format!("{before}BEGIN; SET LOCAL lock_timeout = {ms}");
    Ok(Tx::postgres(pool.begin_with(AssertSqlSafe(begin)).await?, patience))
}

/// Pages in the write-ahead log at which a commit checkpoints itself: only when
/// [`Store::checkpoint`] cannot keep up. 64 MiB.
const WAL_PAGES: &str = "16384";
/// What the file of the log is cut to, bytes.
const WAL_BYTES: &str = "67108864";

async fn open_sqlite(path: &str, options: &Options) -> Result<(Pools, place::Place), StoreError> {
    let told = |error: std::io::Error| StoreError::Invalid(format!("the database {path}: {error}"));
    if options.may_create {
        place::make(Path::new(path)).map_err(told)?;
    }
    let place = place::Place::of(Path::new(path)).map_err(told)?;
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
fn sqlite_pool() -> SqlitePoolOptions {
    SqlitePoolOptions::new().after_release(|connection, _| {
        Box::pin(async move {
            // Behind the rollback that a dropped transaction left in the queue.
            connection.ping().await?;
            Ok(!connection.is_in_transaction())
        })
    })
}

/// Turning a new file to write-ahead logging fails at once, whatever the busy time-out, while
/// another start does the same: try again until it is done.
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

/// A plan cached while a table was empty stays, so neither sequential nor bitmap scans are planned:
/// every statement has its index, and reads it in the order it needs. Compiling statements costs
/// more than it gains at this size.
const PLANNING: [(&str, &str); 4] = [
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("jit", "off"),
    ("statement_timeout", "30s"),
];

/// A group holds its locks while it is decided, which takes milliseconds: a node that was stopped
/// or cut off in the middle must not keep the others from its workspaces.
const COMMITTER_IDLE: (&str, &str) = ("idle_in_transaction_session_timeout", "2s");
/// The committer looks rows up by their keys, whatever the planner believes of a table that has no
/// statistics yet, or old ones: joins read no table as a whole, and pages cost little.
const COMMITTER: [(&str, &str); 6] = [
    COMMITTER_IDLE,
    // The plans that a test reads are those that are run.
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("random_page_cost", "0.1"),
    ("seq_page_cost", "0.1"),
];
/// After so many groups its plans are made anew: a plan for a table of a few rows is none for one
/// that has grown since.
const PLANS_KEPT_FOR: u64 = 200;
/// Short transactions lock little, and seals are computed outside of them.
const GENERAL_IDLE: [(&str, &str); 1] = [("idle_in_transaction_session_timeout", "10s")];

/// How long the committer waits for an answer: its statements take milliseconds, their locks have
/// limits of their own, and everybody waits while it waits.
const COMMITTER_PATIENCE: Duration = Duration::from_secs(5);
/// The same of all others: longer than the database's own limit of a statement.
const GENERAL_PATIENCE: Duration = Duration::from_secs(35);
/// How long a connection may take to answer when it is given back; one whose last call was given
/// up may never do.
const RELEASE_PATIENCE: Duration = Duration::from_secs(1);

/// Groups of one node commit one after the other; the second connection lets a group begin while
/// a broken one is still being given up.
const COMMITTER_CONNECTIONS: u32 = 2;

/// Transactions at once of workspaces whose rows somebody has locked.
pub(crate) const BESIDE_CONNECTIONS: usize = 4;
const BESIDE_CONNECTIONS_MAX: u32 = 4;
/// They are made when something is stuck, and end soon after: their plans are new ones.
const BESIDE_IDLE: Duration = Duration::from_secs(10);

async fn open_postgres(
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
                Ok(asked.is_ok() && gate.trusts(meta.age))
            })
        })
        .before_acquire(move |_, meta| {
            let is_good = at_acquire.trusts(meta.age);
            Box::pin(std::future::ready(Ok(is_good)))
        });
    let committer = pool
        .clone()
        .max_connections(COMMITTER_CONNECTIONS)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(connect.clone().options(COMMITTER))
        .await?;
    let beside = pool
        .clone()
        .max_connections(BESIDE_CONNECTIONS_MAX)
        .idle_timeout(BESIDE_IDLE)
        .connect_lazy_with(connect.clone().options(COMMITTER));
    let general = pool
        .max_connections(options.readers)
        .test_before_acquire(true)
        .connect_with(connect.options(GENERAL_IDLE));
    Ok(Pools::Postgres { committer, beside, general: general.await? })
}
