//! Databases for tests: SQLite always, PostgreSQL where `BATON_TEST_POSTGRES` names a server.

use std::time::Duration;

use baton_protocol::Epoch;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::{Options, Sql, Store, StoreError, Tx};

/// A database of its own for one test.
pub struct TestDatabase {
    /// Opened, with the present schema.
    pub store: Store,
    /// To open it again.
    pub url: String,
    directory: Option<tempfile::TempDir>,
    admin: Option<(String, String)>,
}

/// One fresh database of each kind.
pub async fn databases() -> Vec<TestDatabase> {
    let mut all = vec![sqlite().await];
    match admin_url() {
        Some(url) => all.push(postgres(&url).await),
        None => println!("SKIPPED on PostgreSQL: BATON_TEST_POSTGRES is not set"),
    }
    all
}

impl TestDatabase {
    /// Closes and removes it.
    pub async fn close(self) {
        self.store.close().await;
        if let Some((url, name)) = self.admin {
            let mut admin = PgConnection::connect(&url).await.unwrap();
            admin
                .execute(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)")))
                .await
                .unwrap();
        }
        drop(self.directory);
    }

    /// Runs statements as somebody with a shell on the database's machine could: past triggers,
    /// foreign keys and checks.
    pub async fn tamper(&self, sql: &str) {
        if self.admin.is_some() {
            let mut connection = PgConnection::connect(&self.url).await.unwrap();
            let guards = "SET session_replication_role = replica; \
                          ALTER TABLE log DROP CONSTRAINT IF EXISTS log_check; ";
            let text = format!("{guards}{sql}");
            connection.execute(sqlx::raw_sql(AssertSqlSafe(text))).await.unwrap();
            connection.close().await.unwrap();
        } else {
            let path = self.url.trim_start_matches("sqlite://");
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
            let mut connection =
                sqlx::SqliteConnection::connect_with(&options.foreign_keys(false)).await.unwrap();
            let guards = "PRAGMA ignore_check_constraints = ON; \
                          DROP TRIGGER IF EXISTS log_is_written_once; \
                          DROP TRIGGER IF EXISTS log_is_kept; \
                          DROP TRIGGER IF EXISTS log_head_climbs; ";
            let text = format!("{guards}{sql}");
            connection.execute(sqlx::raw_sql(AssertSqlSafe(text))).await.unwrap();
            connection.close().await.unwrap();
        }
    }

    /// A transaction in which rows of the log can be changed like that, to be rolled back.
    pub async fn tampering(&self) -> Tx {
        let mut tx = self.store.begin().await.unwrap();
        tx.script(
            "{postgres SET LOCAL session_replication_role = replica;
               ALTER TABLE log DROP CONSTRAINT log_check;}
             {sqlite PRAGMA defer_foreign_keys = ON; PRAGMA ignore_check_constraints = ON;
               DROP TRIGGER log_is_written_once; DROP TRIGGER log_is_kept;
               DROP TRIGGER log_head_climbs; DROP TRIGGER conversation_climbs;
               DROP TRIGGER owner_epoch_counts; DROP TRIGGER message_rank_climbs;
               DROP TRIGGER message_stays;}",
        )
        .await
        .unwrap();
        tx
    }
}

impl Tx {
    /// From here on this transaction is the server's again, as if it had begun just now: what was
    /// tampered with before is not its own.
    pub async fn becomes_the_servers(&mut self) {
        self.script("{postgres SET LOCAL session_replication_role = origin;} DELETE FROM touched")
            .await
            .unwrap();
    }

    /// Stamps what was touched, as the commit would; undoes everything since `mark` where that
    /// fails, or where `done` did.
    pub async fn stamps_or_undoes(&mut self, done: Result<(), StoreError>) {
        let done = match done {
            Ok(()) => self.stamp_touched().await,
            failed => failed,
        };
        let end = if done.is_ok() { "RELEASE SAVEPOINT m" } else { "ROLLBACK TO SAVEPOINT m" };
        self.script(end).await.unwrap();
    }

    /// What is done from here on can be undone.
    pub async fn mark(&mut self) {
        self.script("SAVEPOINT m").await.unwrap();
    }
}

async fn sqlite() -> TestDatabase {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("baton.db");
    std::fs::write(&path, with_schema().await).unwrap();
    let url = format!("sqlite://{}", path.display());
    let store = open(&url).await;
    TestDatabase { store, url, directory: Some(directory), admin: None }
}

/// A database with the schema and nothing else, made once: migrations take longer than most tests.
async fn with_schema() -> &'static [u8] {
    static MADE: OnceCell<Vec<u8>> = OnceCell::const_new();
    // Each database is a log of its own.
    static FORGET: Sql = Sql::new("DELETE FROM installation");
    let made = MADE.get_or_init(|| async {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("baton.db");
        let store = open(&format!("sqlite://{}", path.display())).await;
        store.run_alone(&FORGET, &[""; 0]).await.unwrap();
        store.close().await;
        assert!(!path.with_extension("db-wal").exists(), "what is closed is one file");
        std::fs::read(path).unwrap()
    });
    made.await
}

async fn postgres(admin_url: &str) -> TestDatabase {
    let name = format!("baton_{}", Uuid::new_v4().simple());
    let mut admin = PgConnection::connect(admin_url).await.unwrap();
    let create = format!("CREATE DATABASE {name} TEMPLATE {}", template());
    admin.execute(AssertSqlSafe(create)).await.unwrap();
    admin.close().await.unwrap();
    let (server, _) = admin_url.rsplit_once('/').unwrap();
    let url = format!("{server}/{name}");
    let store = open(&url).await;
    TestDatabase { store, url, directory: None, admin: Some((admin_url.to_owned(), name)) }
}

/// A machine with too much to do makes a database slow, and not away.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Opens with few connections: many tests share one server. No flush for each commit: it is not
/// the machine that fails here.
pub async fn open(url: &str) -> Store {
    let mut options = Options::new(Epoch(Uuid::new_v4()));
    options.readers = 3;
    options.wait = PATIENCE;
    options.patience = PATIENCE;
    options.is_power_safe = false;
    Store::open(url, &options).await.unwrap()
}

/// The database that those of tests are copies of: an empty one, or what `BATON_TEST_TEMPLATE`
/// names.
pub fn template() -> String {
    let named = std::env::var_os("BATON_TEST_TEMPLATE").and_then(|name| name.into_string().ok());
    named.unwrap_or_else(|| "template0".to_owned())
}

fn admin_url() -> Option<String> {
    std::env::var_os("BATON_TEST_POSTGRES").and_then(|url| url.into_string().ok())
}
