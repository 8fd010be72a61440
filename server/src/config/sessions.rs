//! How long people stay signed in.

use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::error::check_range;

/// Section `sessions`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionsConfig {
    /// Minutes an access token is good for.
    pub access_minutes: u32,
    /// Days without use after which a device signs in again.
    pub refresh_days: u32,
    /// Devices of an agent that are signed in.
    pub devices_max: u32,
    /// Times somebody signs in to an account within a quarter of an hour.
    pub sign_ins_max: u32,
}

impl SessionsConfig {
    /// How long an access token is good for, ms.
    pub fn access_ms(self) -> i64 {
        i64::from(self.access_minutes) * 60_000
    }

    /// How long a refresh token is good for, ms.
    pub fn refresh_ms(self) -> i64 {
        i64::from(self.refresh_days) * 24 * 60 * 60_000
    }

    pub(super) fn validate(self) -> Result<(), ConfigError> {
        check_range("sessions.access_minutes", self.access_minutes.into(), 1..=1_440)?;
        check_range("sessions.devices_max", self.devices_max.into(), 1..=1_000)?;
        check_range("sessions.sign_ins_max", self.sign_ins_max.into(), 1..=100_000)?;
        check_range("sessions.refresh_days", self.refresh_days.into(), 1..=365)
    }
}
