//! What clients are told about time when they connect.

use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::error::check_range;

/// Section `timings`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimingsConfig {
    /// A lease lapses after this long without renewal.
    pub lease_ttl_ms: u64,
    /// A composing client renews this often.
    pub lease_keep_ms: u64,
    /// An idle connection hears something this often.
    pub idle_ms: u64,
    /// A silent connection is given up after this long.
    pub silent_ms: u64,
    /// How long a phone repeats a reply while a colleague is answering.
    pub being_answered_max_ms: u64,
}

impl TimingsConfig {
    /// As the wire says it.
    pub fn wire(self) -> baton_protocol::frame::Timings {
        baton_protocol::frame::Timings {
            lease_ttl_ms: self.lease_ttl_ms,
            lease_keep_ms: self.lease_keep_ms,
            idle_ms: self.idle_ms,
            silent_ms: self.silent_ms,
            being_answered_max_ms: self.being_answered_max_ms,
        }
    }

    pub(super) fn validate(self) -> Result<(), ConfigError> {
        check_range("timings.lease_ttl_ms", self.lease_ttl_ms, 100..=120_000)?;
        // One renewal may be lost without losing the lease.
        check_range("timings.lease_keep_ms", self.lease_keep_ms, 10..=self.lease_ttl_ms / 2)?;
        check_range("timings.idle_ms", self.idle_ms, 100..=300_000)?;
        check_range("timings.silent_ms", self.silent_ms, 2 * self.idle_ms..=900_000)?;
        check_range("timings.being_answered_max_ms", self.being_answered_max_ms, 100..=600_000)
    }
}
