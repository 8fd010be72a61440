//! The right to serve on a PostgreSQL: one server alone, or any number that know of each other. A
//! lock that belongs to a connection of its own, so that the database gives it up with the process,
//! however that ends.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::StoreError;

/// Any number that no other program takes on this database.
const KEY: i64 = 7_266_031_174_904;
/// A server that was killed a moment ago is still being noticed.
const PATIENCE: Duration = Duration::from_secs(3);
const TRY_EVERY: Duration = Duration::from_millis(100);
/// The interval at which the connection is checked.
const LOOK_EVERY: Duration = Duration::from_secs(2);
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// With whom a server shares its database.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Company {
    /// With nobody.
    Alone,
    /// With others that take part in the same bus.
    Nodes,
}

/// The right to serve on a database; it goes with the value. A connection that broke is made
/// again.
#[derive(Debug)]
pub struct Seat(JoinHandle<()>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Seat {
    /// Takes it; `None` when a server has it that does not share it.
    pub async fn take(url: &str, company: Company) -> Result<Option<Self>, StoreError> {
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
            let tried = timeout(ANSWER_MAX, try_take(&options, company)).await;
            let tried = tried.map_err(|_elapsed| StoreError::Unavailable {
                cause: "it does not answer in time".to_owned(),
            })?;
            if let Some(connection) = tried? {
                return Ok(Some(Self(tokio::spawn(keep(options, company, connection)))));
            }
            if Instant::now() >= deadline {
                return Ok(None);
            }
            sleep(TRY_EVERY).await;
        }
    }
}

async fn try_take(
    options: &PgConnectOptions,
    company: Company,
) -> Result<Option<PgConnection>, StoreError> {
    let mut connection = PgConnection::connect_with(options).await?;
    let take = match company {
        Company::Alone => "SELECT pg_try_advisory_lock($1)",
        Company::Nodes => "SELECT pg_try_advisory_lock_shared($1)",
    };
    let (is_taken,): (bool,) = sqlx::query_as(take).bind(KEY).fetch_one(&mut connection).await?;
    if is_taken {
        return Ok(Some(connection));
    }
    connection.close().await?;
    Ok(None)
}

async fn keep(options: PgConnectOptions, company: Company, mut connection: PgConnection) {
    loop {
        while let Ok(Ok(())) = timeout(ANSWER_MAX, connection.ping()).await {
            sleep(LOOK_EVERY).await;
        }
        tracing::warn!("the connection that holds this server's place was lost; making it again");
        // Its session may live on at the database, and would keep us out.
        drop(connection);
        let mut is_told = false;
        connection = loop {
            match timeout(ANSWER_MAX, try_take(&options, company)).await {
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
    use crate::Dialect;
    use crate::database::testing::databases;

    async fn take(url: &str, company: Company) -> Option<Seat> {
        Seat::take(url, company).await.unwrap()
    }

    #[tokio::test]
    async fn a_database_has_one_server_also_after_its_connection_broke() {
        for database in databases().await {
            if database.store.dialect() == Dialect::Postgres {
                let first = take(&database.url, Company::Alone).await.expect("it is free");
                assert!(take(&database.url, Company::Alone).await.is_none(), "two servers");
                database
                    .tamper(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                         WHERE datname = current_database() AND application_name = 'baton lock'",
                    )
                    .await;
                held_again(&database.url).await;
                drop(first);
                assert!(take(&database.url, Company::Alone).await.is_some(), "it was given up");
            }
            database.close().await;
        }
    }

    #[tokio::test]
    async fn nodes_share_a_database_with_each_other_and_with_no_server_that_is_none() {
        for database in databases().await {
            if database.store.dialect() == Dialect::Postgres {
                let nodes = [
                    take(&database.url, Company::Nodes).await.expect("it is free"),
                    take(&database.url, Company::Nodes).await.expect("it is shared"),
                ];
                assert!(take(&database.url, Company::Alone).await.is_none());
                drop(nodes);
                let alone = take(&database.url, Company::Alone).await.expect("it was given up");
                assert!(take(&database.url, Company::Nodes).await.is_none());
                drop(alone);
            }
            database.close().await;
        }
    }

    /// Waits until somebody has the lock, without ever having it for long.
    async fn held_again(url: &str) {
        let options: PgConnectOptions = url.parse().unwrap();
        let deadline = Instant::now() + Duration::from_secs(15);
        while let Some(taken) = try_take(&options, Company::Alone).await.unwrap() {
            taken.close().await.unwrap();
            assert!(Instant::now() < deadline, "it was not taken again");
            sleep(Duration::from_millis(300)).await;
        }
    }
}
