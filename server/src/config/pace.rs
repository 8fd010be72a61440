//! How fast messages leave.

use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::error::check_range;

/// Section `pace`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaceConfig {
    /// Messages a second from a number of which nothing else is said.
    pub number_per_s: u32,
    /// Long-run interval for one recipient.
    pub recipient_interval_ms: u64,
    /// Messages in a row before that interval applies.
    pub recipient_burst: u32,
}

impl PaceConfig {
    pub(super) fn validate(self) -> Result<(), ConfigError> {
        check_range("pace.number_per_s", self.number_per_s.into(), 1..=1_000)?;
        check_range("pace.recipient_interval_ms", self.recipient_interval_ms, 0..=600_000)?;
        check_range("pace.recipient_burst", self.recipient_burst.into(), 1..=45)
    }
}
