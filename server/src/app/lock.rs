//! One server for one embedded database: a second one would take the first one's sends for those of
//! a dead process, and tell each other's phones nothing.

use std::fs::{File, TryLockError};

use anyhow::Context;

use super::serve::make_directory;
use crate::config::{Config, Database};

/// Held while a server runs on a data directory; the system gives it up with the process, however
/// that ends. `None` on PostgreSQL, which nodes share.
#[derive(Debug)]
pub(super) struct DataLock(#[expect(dead_code, reason = "held, not read")] Option<File>);

impl DataLock {
    /// Takes the lock of the data directory.
    pub(super) fn take(config: &Config) -> anyhow::Result<Self> {
        let data = &config.store.data;
        let Database::Sqlite(_) = config.store.database() else { return Ok(Self(None)) };
        make_directory(data)?;
        let path = data.join("lock");
        let told = || format!("locking {}", path.display());
        let options = File::options().create(true).truncate(false).write(true).clone();
        let file = options.open(&path).with_context(told)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(Some(file))),
            Err(TryLockError::WouldBlock) => anyhow::bail!(
                "another server runs on the data directory {}; stop it first, or give this one \
                 another --data",
                data.display()
            ),
            Err(TryLockError::Error(error)) => Err(error).with_context(told),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sources;

    #[test]
    fn one_directory_has_one_server_and_the_next_one_when_it_has_ended() {
        let directory = tempfile::tempdir().unwrap();
        let mut config = Config::load(&Sources::default()).unwrap().config;
        config.store.data = directory.path().join("new");
        let first = DataLock::take(&config).unwrap();
        let error = DataLock::take(&config).unwrap_err().to_string();
        assert!(error.contains("another server runs"), "{error}");
        drop(first);
        DataLock::take(&config).unwrap();
    }
}
