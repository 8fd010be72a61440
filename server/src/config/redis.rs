//! What several nodes share, and where it is.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{ConfigError, DatabaseUrl};

/// Section `redis`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedisConfig {
    /// Where it is; empty where nothing is shared.
    pub url: DatabaseUrl,
    /// How it is run.
    pub mode: RedisMode,
    /// The master's name at the sentinels.
    pub sentinel_master: String,
    /// Who signed its certificate; empty for the public authorities.
    pub ca_file: PathBuf,
    /// What the names of keys and channels begin with.
    pub prefix: String,
}

/// How a Redis is run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RedisMode {
    /// One server.
    Plain,
    /// Several, each with a part of the keys.
    Cluster,
    /// A master that sentinels know.
    Sentinel,
}

/// Longest prefix.
const PREFIX_MAX: usize = 32;

impl RedisConfig {
    /// Whether anything is shared at all.
    pub fn is_shared(&self) -> bool {
        !self.url.is_embedded()
    }

    /// The addresses, in the order in which they stand there.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        self.url.expose().split(',').map(str::trim)
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        if !(1..=PREFIX_MAX).contains(&self.prefix.len()) || !self.prefix.chars().all(fits) {
            let reason = "must be 1 to 32 lower-case letters, digits, - or _";
            return Err(ConfigError::value("redis.prefix", &self.prefix, reason));
        }
        if !self.is_shared() {
            return Ok(());
        }
        let wrong = |reason| Err(ConfigError::value("redis.url", "***", reason));
        let mut is_tls = None;
        for address in self.addresses() {
            let Ok(url) = reqwest::Url::parse(address) else {
                return wrong("must be redis://host:port or rediss://host:port");
            };
            let tls = url.scheme() == "rediss";
            if !(tls || url.scheme() == "redis") || url.host_str().is_none_or(str::is_empty) {
                return wrong("must be redis://host:port or rediss://host:port");
            }
            if *is_tls.get_or_insert(tls) != tls {
                return wrong("all addresses must be redis:// or all rediss://");
            }
            let db = url.path().trim_matches('/');
            if !db.is_empty() && db.parse::<u16>().is_err() {
                return wrong("after the address comes nothing, or the number of a database");
            }
            if !matches!(db, "" | "0") && self.mode == RedisMode::Cluster {
                return wrong("a cluster has no databases besides 0");
            }
            if url.query().is_some() || url.fragment().is_some() {
                return wrong("nothing may follow the database: no ? and no #");
            }
        }
        if self.mode == RedisMode::Plain && self.addresses().count() > 1 {
            return wrong("several addresses are for the modes cluster and sentinel");
        }
        if (self.mode == RedisMode::Sentinel) == self.sentinel_master.is_empty() {
            let reason = "must be set for the mode sentinel, and for no other";
            let master = &self.sentinel_master;
            return Err(ConfigError::value("redis.sentinel_master", master, reason));
        }
        if !self.ca_file.as_os_str().is_empty() && is_tls != Some(true) {
            let reason = "is of use with rediss:// only";
            return Err(ConfigError::value("redis.ca_file", self.ca_file.display(), reason));
        }
        Ok(())
    }
}
