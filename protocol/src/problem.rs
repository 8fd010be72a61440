//! Errors of requests as RFC 9457 problems with a stable `code`.

use serde::{Deserialize, Serialize};

/// A page of another site may not do that, neither over REST nor by a socket.
pub const ORIGIN_NOT_ALLOWED: &str = "origin_not_allowed";

/// A problem document; its media type is `application/problem+json`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Problem {
    /// Always `about:blank`: the code says it.
    #[serde(rename = "type")]
    pub kind: String,
    /// The HTTP status.
    pub status: u16,
    /// Stable, for programs.
    pub code: String,
    /// In short, for people.
    pub title: String,
    /// What happened and what to do.
    pub detail: String,
    /// When to try again, if that helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}
