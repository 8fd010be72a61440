//! One server for one database: a second one would take the first one's sends for those of a dead
//! process, and tell each other's phones nothing.

use std::fs::{File, TryLockError};
use std::path::Path;

use anyhow::Context;

use super::serve::make_directory;
use crate::config::{Config, Database};
use crate::store::Alone;

/// Held while a server runs on a database; system or database give it up with the process, however
/// that ends.
#[derive(Debug)]
#[expect(dead_code, reason = "held, not read")]
pub(super) struct DataLock {
    /// Of the data directory: the embedded database lies in it, and the markers of any.
    directory: File,
    /// Of a PostgreSQL.
    database: Option<Alone>,
}

impl DataLock {
    /// Takes the lock of the database.
    pub(super) async fn take(config: &Config) -> anyhow::Result<Self> {
        let directory = lock_directory(&config.store.data)?;
        let database = match config.store.database() {
            Database::Sqlite(_) => None,
            Database::Postgres(url) => {
                let alone = Alone::take(url.expose()).await.context("locking the database")?;
                Some(alone.context(
                    "another server runs on this database; stop it first, or give this one \
                     another --database",
                )?)
            }
        };
        Ok(Self { directory, database })
    }
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
    use crate::config::Sources;

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
}
