//! One server for one data directory, and one for one database unless they share a bus. Without a
//! bus, phones of the one would not be told what happens at the other.

use std::fs::{File, TryLockError};
use std::path::Path;

use anyhow::Context;

use super::private::make_directory;
use crate::config::{Config, Database};
use crate::store::{Company, Seat, named};

/// Held while a server runs on a database; system or database give it up with the process, however
/// that ends.
#[derive(Debug)]
#[expect(dead_code, reason = "held, not read")]
pub(crate) struct DataLock {
    /// Of the data directory: the embedded database lies in it, and the markers of any.
    directory: File,
    /// Of a PostgreSQL.
    database: Option<Seat>,
}

impl DataLock {
    /// Takes the lock of the database, to serve.
    pub(crate) async fn take(config: &Config) -> anyhow::Result<Self> {
        let advice = "another server runs on this database; stop it first, give this one another \
                      --database, or give both the same --redis";
        Self::with(config, company(config), advice).await
    }

    /// Takes it for what no server may see, not even one that shares its database with others.
    pub(crate) async fn take_alone(config: &Config) -> anyhow::Result<Self> {
        let advice = "a server runs on this database; stop every node of it first";
        Self::with(config, Company::Alone, advice).await
    }

    async fn with(config: &Config, company: Company, advice: &'static str) -> anyhow::Result<Self> {
        let directory = lock_directory(&config.store.data)?;
        let database = match config.store.database() {
            Database::Sqlite(_) => None,
            Database::Postgres(url) => {
                let seat = Seat::take(url.expose(), company).await;
                let told = || {
                    format!(
                        "locking {} (does PostgreSQL run there, and may this server connect? \
                         --database names another)",
                        named(url.expose())
                    )
                };
                Some(seat.with_context(told)?.context(advice)?)
            }
        };
        Ok(Self { directory, database })
    }
}

/// With whom the server shares its database, by its configuration.
pub(super) fn company(config: &Config) -> Company {
    if config.redis.is_shared() { Company::Nodes } else { Company::Alone }
}

fn lock_directory(data: &Path) -> anyhow::Result<File> {
    make_directory(data)?;
    let path = data.join("lock");
    let told = || format!("locking {}", path.display());
    let options = File::options().create(true).truncate(false).write(true).clone();
    let file = options.open(&path).with_context(told)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => anyhow::bail!(
            "another server runs on the data directory {}; stop it first, or give this one \
             another --data",
            data.display()
        ),
        Err(TryLockError::Error(error)) => Err(error).with_context(told),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{DatabaseUrl, Sources};

    #[tokio::test]
    async fn one_directory_has_one_server_and_the_next_one_when_it_has_ended() {
        let directory = tempfile::tempdir().unwrap();
        let mut config = Config::load(&Sources::default()).unwrap().config;
        config.store.data = directory.path().join("new");
        let first = DataLock::take(&config).await.unwrap();
        let error = DataLock::take(&config).await.unwrap_err().to_string();
        assert!(error.contains("another server runs"), "{error}");
        drop(first);
        DataLock::take(&config).await.unwrap();
    }

    #[tokio::test]
    async fn a_database_that_cannot_be_reached_is_named_and_its_password_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let mut config = Config::load(&Sources::default()).unwrap().config;
        config.store.data = directory.path().to_owned();
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        config.store.database = DatabaseUrl::new(format!("postgres://ana:secret@{free}/baton"));
        let error = format!("{:#}", DataLock::take(&config).await.unwrap_err());
        assert!(error.contains(&format!("the database {free}/baton (does PostgreSQL")), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}
