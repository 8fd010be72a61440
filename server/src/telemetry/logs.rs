//! Logs: text for people or JSON for collectors, on standard error.
//!
//! Messages stand alone and carry the key id as a field. No body, number, name or token is ever
//! logged: what is logged is chosen field by field, values are never dumped.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::{LogConfig, LogFormat};

/// Why logs could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LogsError {
    /// The level is none.
    #[error("log level {level:?}: {reason}")]
    Level {
        /// As configured.
        level: String,
        /// What the parser says.
        reason: String,
    },
    /// They run already.
    #[error("logs are already set up")]
    Twice,
}

/// Starts logging for the whole process.
///
/// # Errors
/// When the level is none, or when logs were started before.
pub fn start_logs(config: &LogConfig) -> Result<(), LogsError> {
    let filter = EnvFilter::builder()
        .parse(&config.level)
        .map_err(|e| LogsError::Level { level: config.level.clone(), reason: e.to_string() })?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match config.format {
        LogFormat::Text => tracing::subscriber::set_global_default(
            builder.with_ansi(std::io::stderr().is_terminal()).finish(),
        ),
        LogFormat::Json => {
            tracing::subscriber::set_global_default(builder.json().flatten_event(true).finish())
        }
    };
    started.map_err(|_already| LogsError::Twice)
}
