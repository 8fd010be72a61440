//! What can be wrong with a configuration, told in one line.

use std::path::PathBuf;

/// Why a configuration is not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is not there or cannot be read.
    #[error("file {path}: {reason}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system or the parser says.
        reason: String,
    },
    /// A key that does not exist.
    #[error("unknown key {key} ({origin}); known here: {known}")]
    UnknownKey {
        /// The full key.
        key: String,
        /// Where it was found.
        origin: String,
        /// The keys that exist beside it.
        known: String,
    },
    /// A variable that looks like a setting but is not written as one.
    #[error("environment variable {name} is not read; did you mean {meant}?")]
    Variable {
        /// As it is.
        name: String,
        /// As it would be read.
        meant: String,
    },
    /// A value that is not allowed.
    #[error("{key} = {value} ({origin}): {reason}")]
    Value {
        /// The full key.
        key: String,
        /// The value; `***` for secrets.
        value: String,
        /// Where it came from.
        origin: String,
        /// What is allowed.
        reason: String,
    },
}

impl ConfigError {
    /// A value that is not allowed.
    pub(super) fn value(key: &str, value: impl std::fmt::Display, reason: &str) -> Self {
        let (value, origin) = (value.to_string(), "default".to_owned());
        Self::Value { key: key.to_owned(), value, origin, reason: reason.to_owned() }
    }

    /// The key it is about; empty when it is about none.
    pub fn key(&self) -> &str {
        match self {
            Self::UnknownKey { key, .. } | Self::Value { key, .. } => key,
            Self::File { .. } | Self::Variable { .. } => "",
        }
    }

    /// The same, with where the value came from.
    #[must_use]
    pub(super) fn with_origin(&self, found: String) -> Self {
        match self.clone() {
            Self::Value { key, value, origin: _, reason } => {
                Self::Value { key, value, origin: found, reason }
            }
            other @ (Self::File { .. } | Self::UnknownKey { .. } | Self::Variable { .. }) => other,
        }
    }
}

/// Fails unless the number is in the range.
pub(super) fn check_range(
    key: &str,
    value: u64,
    range: std::ops::RangeInclusive<u64>,
) -> Result<(), ConfigError> {
    if range.contains(&value) {
        return Ok(());
    }
    let reason = format!("must be between {} and {}", range.start(), range.end());
    Err(ConfigError::value(key, value, &reason))
}

/// Errors of parsers come with a drawing; a log line has no room for it.
pub(super) fn one_line(text: &str) -> String {
    let drawing = |line: &&str| {
        let line = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
        !line.starts_with('|') && !line.is_empty()
    };
    text.lines().map(str::trim).filter(drawing).collect::<Vec<_>>().join(": ")
}
