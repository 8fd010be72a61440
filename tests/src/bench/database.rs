//! A database of its own for each test: SQLite always, PostgreSQL where `BATON_TEST_POSTGRES`
//! names a server.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use baton::store::{Options, Sql, Store};
use baton_protocol::Epoch;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::sync::OnceCell;
use uuid::Uuid;

/// A fresh database.
#[derive(Debug)]
pub struct Database {
    /// `SQLite` or `PostgreSQL`.
    pub kind: &'static str,
    /// Opened, with the present schema.
    pub store: Store,
    /// Its address.
    pub url: String,
    directory: Option<tempfile::TempDir>,
    server: Option<(String, String)>,
}

/// One of each kind; says so when PostgreSQL is skipped.
#[expect(clippy::print_stdout, reason = "who reads the test's output should know")]
pub async fn databases() -> Result<Vec<Database>> {
    let mut all = vec![sqlite().await?];
    match postgres().await? {
        Some(database) => all.push(database),
        None => println!("SKIPPED on PostgreSQL: BATON_TEST_POSTGRES is not set"),
    }
    Ok(all)
}

/// In a directory that goes with it.
pub async fn sqlite() -> Result<Database> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("baton.db");
    std::fs::write(&path, with_schema().await?)?;
    let url = format!("sqlite://{}", path.display());
    let store = open(&url).await?;
    Ok(Database { kind: "SQLite", store, url, directory: Some(directory), server: None })
}

/// A database with the schema and nothing else, made once: migrations take longer than most tests.
async fn with_schema() -> Result<&'static [u8]> {
    static MADE: OnceCell<Vec<u8>> = OnceCell::const_new();
    // Each database is a log of its own.
    static FORGET: Sql = Sql::new("DELETE FROM installation");
    let made = MADE.get_or_try_init(|| async {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("baton.db");
        let store = open(&format!("sqlite://{}", path.display())).await?;
        store.run_alone(&FORGET, &[""; 0]).await?;
        store.close().await;
        ensure!(!path.with_extension("db-wal").exists(), "what is closed is one file");
        Ok(std::fs::read(path)?)
    });
    Ok(made.await?)
}

/// On the server that the environment names, if it names one.
pub async fn postgres() -> Result<Option<Database>> {
    let Some(admin_url) = std::env::var_os("BATON_TEST_POSTGRES") else { return Ok(None) };
    let admin_url = admin_url.into_string().ok().context("BATON_TEST_POSTGRES is not UTF-8")?;
    let name = format!("baton_{}", Uuid::new_v4().simple());
    let mut admin = PgConnection::connect(&admin_url).await?;
    admin.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await?;
    admin.close().await?;
    let (server, _) = admin_url.rsplit_once('/').context("no database in BATON_TEST_POSTGRES")?;
    let url = format!("{server}/{name}");
    let store = open(&url).await?;
    let server = Some((admin_url, name));
    Ok(Some(Database { kind: "PostgreSQL", store, url, directory: None, server }))
}

impl Database {
    /// Host and port of the server.
    pub fn server_address(&self) -> Result<String> {
        let (_, rest) = self.url.rsplit_once('@').context("no user in the address")?;
        let (address, _) = rest.split_once('/').context("no database in the address")?;
        let port = if address.contains(':') { "" } else { ":5432" };
        Ok(format!("{address}{port}"))
    }

    /// Opens it again by way of another address.
    pub async fn reopen_at(&mut self, address: SocketAddr) -> Result<()> {
        self.store.close().await;
        let (user, rest) = self.url.rsplit_once('@').context("no user in the address")?;
        let (_, name) = rest.split_once('/').context("no database in the address")?;
        self.store = open(&format!("{user}@{address}/{name}")).await?;
        Ok(())
    }

    /// Closes and removes it.
    pub async fn close(self) -> Result<()> {
        self.store.close().await;
        if let Some((url, name)) = self.server {
            let mut admin = PgConnection::connect(&url).await?;
            admin.execute(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).await?;
            admin.close().await?;
        }
        drop(self.directory);
        Ok(())
    }
}

/// A machine with too much to do makes a database slow, and not away.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Few connections, since many tests share one server; no flush for each commit, since it is not
/// the machine that fails here.
async fn open(url: &str) -> Result<Store> {
    let mut options = Options::new(Epoch(Uuid::new_v4()));
    options.readers = 3;
    options.wait = PATIENCE;
    options.patience = PATIENCE;
    options.is_power_safe = false;
    Ok(Store::open(url, &options).await?)
}
