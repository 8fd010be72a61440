//! Files that customers send.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::error::check_range;
use super::{ConfigError, Secret};

/// Section `media`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MediaConfig {
    /// Where files are kept; empty for `media` in the data directory.
    pub folder: PathBuf,
    /// The largest file that is taken.
    pub file_bytes_max: u64,
    /// Files that a node fetches at once.
    pub fetches_running_max: u32,
    /// The most bytes that a workspace keeps before uploads are refused; 0 for no limit.
    pub workspace_bytes_max: u64,
    /// For how many days files are kept; 0 for ever.
    pub keep_days: u32,
    /// The address of an S3-compatible store; empty for the folder.
    pub s3_url: String,
    /// Its bucket.
    pub s3_bucket: String,
    /// The region that is signed.
    pub s3_region: String,
    /// The id of the key.
    pub s3_access_key: String,
    /// The key.
    pub s3_secret_key: Secret,
    /// Whether small pictures are made.
    pub small_pictures: bool,
    /// The program that makes them; empty for this one.
    pub small_pictures_by: PathBuf,
}

impl MediaConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let most = 100 * 1024 * 1024;
        check_range("media.file_bytes_max", self.file_bytes_max, 1..=most)?;
        check_range("media.keep_days", self.keep_days.into(), 0..=36_500)?;
        check_range("media.fetches_running_max", self.fetches_running_max.into(), 1..=256)?;
        self.validate_s3()
    }

    fn validate_s3(&self) -> Result<(), ConfigError> {
        let Self { s3_url, s3_bucket, s3_access_key, .. } = self;
        if s3_url.is_empty() {
            return Ok(());
        }
        let is_url = ["https://", "http://"].iter().any(|scheme| s3_url.starts_with(scheme));
        if !is_url {
            let reason = "must begin with https:// or http://";
            return Err(ConfigError::value("media.s3_url", s3_url, reason));
        }
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        if s3_bucket.is_empty() || !s3_bucket.chars().all(is_part) {
            let reason = "must be the name of a bucket: letters, digits, dots and hyphens";
            return Err(ConfigError::value("media.s3_bucket", s3_bucket, reason));
        }
        if s3_access_key.is_empty() || self.s3_secret_key.expose().is_empty() {
            let reason = "media.s3_url needs media.s3_access_key and media.s3_secret_key";
            return Err(ConfigError::value("media.s3_access_key", s3_access_key, reason));
        }
        Ok(())
    }
}
