//! One server at a time on a PostgreSQL: a lock that belongs to a connection of its own, so that
//! the database gives it up with the process, however that ends.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::StoreError;

/// Any number that no other program takes on this database.
const KEY: i64 = 7_266_031_174_904;
/// A server that was killed a moment ago is still being noticed.
const PATIENCE: Duration = Duration::from_secs(3);
const TRY_EVERY: Duration = Duration::from_millis(100);
/// How often it is looked whether the connection is still there.
const LOOK_EVERY: Duration = Duration::from_secs(2);
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// The right to be the only server on a database; it goes with the value. A connection that broke
/// is made again.
#[derive(Debug)]
pub struct Alone(JoinHandle<()>);

impl Drop for Alone {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Alone {
    /// Takes it; `None` when another server has it.
    pub async fn take(url: &str) -> Result<Option<Self>, StoreError> {
        let options = url
            .parse::<PgConnectOptions>()
            .map_err(|error| StoreError::Invalid(format!("the database's address: {error}")))?
            .application_name("baton lock")
            // The database must notice when the machine of the holder is gone.
            .options([
                ("tcp_keepalives_idle", "10"),
                ("tcp_keepalives_interval", "5"),
                ("tcp_keepalives_count", "3"),
            ])
            .disable_statement_logging();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let tried = timeout(ANSWER_MAX, try_take(&options)).await;
            let tried = tried.map_err(|_elapsed| StoreError::Unavailable {
                cause: "it does not answer in time".to_owned(),
            })?;
            if let Some(connection) = tried? {
                return Ok(Some(Self(tokio::spawn(keep(options, connection)))));
            }
            if Instant::now() >= deadline {
                return Ok(None);
            }
            sleep(TRY_EVERY).await;
        }
    }
}

async fn try_take(options: &PgConnectOptions) -> Result<Option<PgConnection>, StoreError> {
    let mut connection = PgConnection::connect_with(options).await?;
    let (is_taken,): (bool,) = sqlx::query_as("SELECT pg_try_advisory_lock($1)")
        .bind(KEY)
        .fetch_one(&mut connection)
        .await?;
    if is_taken {
        return Ok(Some(connection));
    }
    connection.close().await?;
    Ok(None)
}

async fn keep(options: PgConnectOptions, mut connection: PgConnection) {
    loop {
        while let Ok(Ok(())) = timeout(ANSWER_MAX, connection.ping()).await {
            sleep(LOOK_EVERY).await;
        }
        tracing::warn!("the connection that keeps other servers away was lost; making it again");
        // Its session may live on at the database, and would keep us out.
        drop(connection);
        let mut is_told = false;
        connection = loop {
            match timeout(ANSWER_MAX, try_take(&options)).await {
                Ok(Ok(Some(connection))) => break connection,
                Ok(Ok(None)) if !is_told => {
                    tracing::error!(
                        "another session has the database's lock: if a server, stop one of them"
                    );
                    is_told = true;
                }
                // The database is away, which others tell of, or it was told already.
                Ok(Ok(None) | Err(_)) | Err(_) => {}
            }
            sleep(LOOK_EVERY).await;
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Dialect;
    use crate::store::testing::databases;

    #[tokio::test]
    async fn a_database_has_one_server_also_after_its_connection_broke() {
        for database in databases().await {
            if database.store.dialect() == Dialect::Postgres {
                let first = Alone::take(&database.url).await.unwrap().expect("it is free");
                assert!(Alone::take(&database.url).await.unwrap().is_none(), "two servers");
                database
                    .tamper(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                         WHERE datname = current_database() AND application_name = 'baton lock'",
                    )
                    .await;
                held_again(&database.url).await;
                drop(first);
                assert!(Alone::take(&database.url).await.unwrap().is_some(), "it was given up");
            }
            database.close().await;
        }
    }

    /// Waits until somebody has the lock, without ever having it for long.
    async fn held_again(url: &str) {
        let options: PgConnectOptions = url.parse().unwrap();
        let deadline = Instant::now() + Duration::from_secs(15);
        while let Some(taken) = try_take(&options).await.unwrap() {
            taken.close().await.unwrap();
            assert!(Instant::now() < deadline, "it was not taken again");
            sleep(Duration::from_millis(300)).await;
        }
    }
}
