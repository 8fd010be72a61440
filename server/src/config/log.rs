//! What is logged, and how.

use serde::{Deserialize, Serialize};

use super::ConfigError;

/// Section `log`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// For people or for collectors.
    pub format: LogFormat,
    /// Level, or levels per module.
    pub level: String,
}

/// See [`LogConfig::format`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For collectors.
    Json,
}

impl LogConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        // A misspelt level would be read as the name of a module, and everything logged.
        let good = |directive: &str| {
            let level = directive.rsplit_once('=').map_or(directive, |(_, level)| level);
            let levels = ["off", "error", "warn", "info", "debug", "trace"];
            levels.contains(&level.trim().to_ascii_lowercase().as_str())
        };
        if self.level.split(',').all(good) {
            return Ok(());
        }
        let reason = "must be error, warn, info, debug or trace, or module=level, joined by commas";
        Err(ConfigError::value("log.level", &self.level, reason))
    }
}
