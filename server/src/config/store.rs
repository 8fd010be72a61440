//! Where things are kept, and for how long.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::error::check_range;
use super::{ConfigError, DatabaseUrl};

/// Section `store`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// Directory of the embedded database, the key, media and anchors.
    pub data: PathBuf,
    /// The key of the installation; empty for `key` in `data`.
    pub key_file: PathBuf,
    /// A PostgreSQL; empty for the embedded SQLite.
    pub database: DatabaseUrl,
    /// Connections for reading.
    pub connections_max: u32,
    /// Time to get one.
    pub acquire_time_out_ms: u64,
    /// How long PostgreSQL may be silent before it counts as away.
    pub silence_max_ms: u64,
    /// How safe SQLite's commits are.
    pub sqlite_synchronous: Synchronous,
    /// A command that is told each newest anchor; empty for none.
    pub anchor_command: String,
    /// How long phones can resume by event.
    pub feed_days: u32,
    /// How long raw webhooks are kept.
    pub intake_days: u32,
    /// How long parts of webhooks that were not understood are kept.
    pub not_understood_days: u32,
    /// How long outcomes of commands are kept.
    pub outcome_days: u32,
}

/// How safe SQLite's commits are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Synchronous {
    /// They survive a loss of power.
    Full,
    /// The last ones may be lost.
    Normal,
}

/// Which database is meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Database {
    /// SQLite in this file.
    Sqlite(PathBuf),
    /// PostgreSQL at this address.
    Postgres(DatabaseUrl),
}

impl StoreConfig {
    /// Which database is meant.
    pub fn database(&self) -> Database {
        if self.database.is_embedded() {
            Database::Sqlite(self.data.join("baton.db"))
        } else {
            Database::Postgres(self.database.clone())
        }
    }

    /// Where the key of the installation lies.
    pub fn key_file(&self) -> PathBuf {
        if self.key_file.as_os_str().is_empty() {
            self.data.join("key")
        } else {
            self.key_file.clone()
        }
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        if self.data.as_os_str().is_empty() {
            return Err(ConfigError::value("store.data", "\"\"", "must name a directory"));
        }
        let url = self.database.expose();
        let known = ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
        if !self.database.is_embedded() && !known {
            let reason = "must begin with postgres:// or be empty for the embedded database";
            return Err(ConfigError::value("store.database", "***", reason));
        }
        check_range("store.connections_max", self.connections_max.into(), 1..=1_000)?;
        check_range("store.acquire_time_out_ms", self.acquire_time_out_ms, 100..=60_000)?;
        check_range("store.silence_max_ms", self.silence_max_ms, 100..=60_000)?;
        // Op ids are good for seven days: outcomes must outlast them.
        check_range("store.outcome_days", self.outcome_days.into(), 8..=3_650)?;
        check_range("store.feed_days", self.feed_days.into(), 1..=3_650)?;
        let days = self.not_understood_days.into();
        check_range("store.not_understood_days", days, 1..=3_650)?;
        check_range("store.intake_days", self.intake_days.into(), 1..=3_650)
    }
}
