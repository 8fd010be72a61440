//! `baton admin media`: how much room customers' files take.

use super::admin::table;
use crate::config::MediaConfig;
use crate::store::Store;
use crate::store::usage::{Usage, all_usage};

/// What each workspace keeps, as a table.
pub(super) async fn usage(store: &Store, of: &MediaConfig) -> anyhow::Result<String> {
    let most = match of.workspace_bytes_max {
        0 => "-".to_owned(),
        most => most.to_string(),
    };
    let row = |(slug, usage): (String, Usage)| {
        vec![slug, usage.files.to_string(), usage.bytes.to_string(), most.clone()]
    };
    let rows = all_usage(store).await?.into_iter().map(row).collect();
    Ok(table(&["WORKSPACE", "FILES", "BYTES", "BYTES_MAX"], rows))
}
