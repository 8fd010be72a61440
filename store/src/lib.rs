//! The durable truth: the database, SQLite or PostgreSQL, behind one type.
//!
//! [`Store`] hands out transactions; statements are [`Sql`] texts that both databases run. Writes
//! that the log tells of go through [`Store::begin_commit`] and belong to the engine. Tokens and
//! the like have short ones of their own ([`Store::begin`]). Queries read one snapshot each.

pub(crate) mod database;
pub(crate) mod error;
pub mod group;
pub(crate) mod people;
pub(crate) mod proof;
pub mod read;
pub(crate) mod table;
pub mod tables;
#[cfg(test)]
mod tests;
pub(crate) mod work;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use baton_protocol::{Epoch, Timestamp};
use prometheus_client::metrics::counter::Counter;
use tokio::sync::watch;

pub use baton_domain::text::fold::fold;
pub use database::dialect::{Dialect, Sql};

pub use database::inspect::{Identity, identity_of, known_schema, named, schema_of};
pub use database::period::Period;
pub use database::pools::BESIDE_CONNECTIONS;
use database::pools::{
    COMMITTER_PATIENCE, GENERAL_PATIENCE, PLANNING, PLANS_KEPT_FOR, Pools, SILENCE_MAX,
    begin_postgres, begin_sqlite, open_postgres, open_sqlite,
};
use database::pulse::Gate;
pub use database::seat::{Company, Seat};
#[cfg(any(test, feature = "testing"))]
pub use database::testing;
pub use database::tx::{Record, Tx, Write, Writing};
pub use database::{copy, restore};
use database::{migrate, parts, place, pulse};
pub use error::StoreError;
pub use people::{
    access, agent, channel, device, invitation, key, meta_app, operator, preference, receipt,
    registration, session, team, ticket, view, workspace,
};
use proof::touch;
pub use proof::{digest, key_check};
pub use proof::{ends, seal, settled, stamped, verify};
pub use read::usage;
pub use table::found;
pub use table::stamp::StampKey;
pub use work::node;
use work::node::Term;
pub use work::{
    assign, block, classify, context, courtesy, draft, erase, errand, files, health, logo, look,
    not_understood, notice, number_news, past, probe, push, quarantine, searchable, summary, sweep,
    template, uploads, webhook,
};

/// The settings with which a database is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// Connections for queries (and, on PostgreSQL, for short transactions).
    pub readers: u32,
    /// The longest wait for a connection, and for another process on SQLite's file.
    pub wait: Duration,
    /// The longest time that the committer waits for an answer of PostgreSQL.
    pub patience: Duration,
    /// The time that PostgreSQL may leave a simple question without an answer before it counts as
    /// away.
    pub silence_max: Duration,
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
            silence_max: SILENCE_MAX,
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
    /// The same with connections of its own: whatever requests take, sends and timers go on.
    background: Pools,
    patience: Duration,
    silence_max: Duration,
    /// The longest wait for a connection.
    wait: Duration,
    epoch: Epoch,
    guard: Guard,
    /// The number of groups begun.
    groups: AtomicU64,
}

/// The parts that every transaction takes with it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guard {
    gate: Arc<Gate>,
    statements: Counter,
}

impl Guard {
    /// Refuses to write into a file that nobody finds again, or a database that is damaged: what
    /// is acknowledged then may be lost.
    fn look(&self) -> Result<(), StoreError> {
        if self.gate.is_damaged() {
            return Err(StoreError::known_damaged());
        }
        let Some(place) = self.gate.place() else { return Ok(()) };
        if place.is_there() {
            return Ok(());
        }
        self.gate.close(error::GONE);
        Err(StoreError::gone())
    }
}

impl Store {
    /// Opens `sqlite://path` or `postgres://…`, brings its schema up to date and reads its epoch.
    pub async fn open(url: &str, options: &Options) -> Result<Self, StoreError> {
        let guard = Guard::default();
        let pools = if let Some(path) = url.strip_prefix("sqlite://") {
            let (pools, place) = open_sqlite(path, options).await?;
            guard.gate.set_place(place);
            pools
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            open_postgres(url, options, &guard.gate).await?
        } else {
            let scheme = url.split(':').next().unwrap_or_default();
            return Err(StoreError::Invalid(format!(
                "a database is sqlite://path or postgres://…, not {scheme:?}"
            )));
        };
        parts::look(&pools).await?;
        migrate::migrate(&pools).await?;
        touch::make(&pools).await?;
        let epoch = migrate::epoch(&pools, options.first_epoch).await?;
        let opened = Opened {
            background: pools.for_background(),
            pools,
            patience: options.patience,
            silence_max: options.silence_max,
            wait: options.wait,
            epoch,
            guard,
            groups: AtomicU64::new(0),
        };
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

    /// The database's dialect.
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

    /// One statement in a short write transaction of its own. Returns how many rows it changed.
    pub async fn run_alone(
        &self,
        sql: &Sql,
        args: &[impl AsRef<str> + Sync],
    ) -> Result<u64, StoreError> {
        let args: Vec<&str> = args.iter().map(AsRef::as_ref).collect();
        let mut tx = self.begin().await?;
        let changed = tx.run(sql, &args).await?;
        tx.commit().await?;
        Ok(changed)
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
                let silence_max = self.opened.silence_max;
                pulse::keep_watch(&guard.gate, &general.connect_options(), silence_max).await;
            }
        }
    }

    /// The number of statements run.
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
