//! What the core says of itself.

use baton_mobile::runtime;

/// How much a record matters, the most first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum LogLevel {
    /// Something is wrong with the core or the device.
    Error,
    /// Something did not go as it should, and was dealt with.
    Warn,
    /// What happened.
    Info,
    /// How it came about.
    Debug,
}

/// A record of the log: ids, counts and words of the core, never what somebody wrote.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct LogRecord {
    /// How much it matters.
    pub level: LogLevel,
    /// Which part of the core says it: `life`, `session`, `link`, `sync`, `outbox`, `push`, `store`
    /// or `app`.
    pub target: String,
    /// What it says.
    pub message: String,
    /// When, by the device's clock.
    pub at_ms: i64,
    /// How many records before it are missing here: the oldest make room.
    pub dropped: u64,
}

impl From<LogLevel> for runtime::Level {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Error => Self::Error,
            LogLevel::Warn => Self::Warn,
            LogLevel::Info => Self::Info,
            LogLevel::Debug => Self::Debug,
        }
    }
}

impl From<runtime::Level> for LogLevel {
    fn from(level: runtime::Level) -> Self {
        match level {
            runtime::Level::Error => Self::Error,
            runtime::Level::Warn => Self::Warn,
            runtime::Level::Info => Self::Info,
            runtime::Level::Debug => Self::Debug,
        }
    }
}

impl From<runtime::Record> for LogRecord {
    fn from(record: runtime::Record) -> Self {
        let runtime::Record { level, part, message, at, dropped } = record;
        let target = part.name().to_owned();
        Self { level: level.into(), target, message, at_ms: at.ms(), dropped }
    }
}
