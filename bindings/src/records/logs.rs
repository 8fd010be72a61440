//! Log records.

use baton_mobile::runtime;

/// The severity of a record, the highest first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum LogLevel {
    /// A fault of the core or the device.
    Error,
    /// A problem that the core handled.
    Warn,
    /// A change of state.
    Info,
    /// A detail.
    Debug,
}

/// A log record: ids, counts and fixed words, never texts, names or numbers.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct LogRecord {
    /// The severity.
    pub level: LogLevel,
    /// The part of the core: `life`, `session`, `link`, `sync`, `outbox`, `push`, `store` or `app`.
    pub target: String,
    /// The message.
    pub message: String,
    /// The time by the device's clock, in milliseconds since 1970.
    pub at_ms: i64,
    /// How many records before this one were dropped.
    pub dropped: u64,
}

impl From<LogLevel> for runtime::LogLevel {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Error => Self::Error,
            LogLevel::Warn => Self::Warn,
            LogLevel::Info => Self::Info,
            LogLevel::Debug => Self::Debug,
        }
    }
}

impl From<runtime::LogLevel> for LogLevel {
    fn from(level: runtime::LogLevel) -> Self {
        match level {
            runtime::LogLevel::Error => Self::Error,
            runtime::LogLevel::Warn => Self::Warn,
            runtime::LogLevel::Info => Self::Info,
            runtime::LogLevel::Debug => Self::Debug,
        }
    }
}

impl From<runtime::LogRecord> for LogRecord {
    fn from(record: runtime::LogRecord) -> Self {
        let runtime::LogRecord { level, part, message, at, dropped } = record;
        let target = part.name().to_owned();
        Self { level: level.into(), target, message, at_ms: at.ms(), dropped }
    }
}
