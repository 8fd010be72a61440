//! The log as an admin reads it: who did what, when. Never what was said.

use serde::{Deserialize, Serialize};

use crate::Event;

/// `GET /log`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LogPage {
    /// The newest first, without contents.
    pub entries: Vec<Event>,
    /// There may be older ones: ask with it as `before`, also where this page has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// A line of `POST /log/verify`. The last one has `found`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LogCheck {
    /// Events that were found right so far.
    pub checked: u64,
    /// Events that there were at the start.
    pub of: u64,
    /// The result, once everything was checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<LogFound>,
}

/// The result of a check of the log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum LogFound {
    /// Nothing was changed.
    Whole {
        /// The last position under a seal.
        sealed: u64,
    },
    /// The first thing that is not as it was written.
    Changed {
        /// The position at which the check stopped.
        position: u64,
        /// The fault, in words for people.
        what: String,
    },
    /// The check did not come to its end.
    Failed,
}
