//! Files that customers send.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::error::check_range;

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
    /// Whether small pictures are made.
    pub small_pictures: bool,
    /// The program that makes them; empty for this one.
    pub small_pictures_by: PathBuf,
}

impl MediaConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let most = 100 * 1024 * 1024;
        check_range("media.file_bytes_max", self.file_bytes_max, 1..=most)?;
        check_range("media.fetches_running_max", self.fetches_running_max.into(), 1..=256)
    }
}
