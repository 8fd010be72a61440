//! Data of settings that is kept from group to group.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use baton_protocol::WorkspaceId;

use crate::store::StoreError;

/// Data that was read of the settings of each workspace, with the position where its log last told
/// of settings. There is not more of it than the installation has workspaces.
#[derive(Debug)]
pub(super) struct SettingsCache<T>(Mutex<ByWorkspace<T>>);

type ByWorkspace<T> = BTreeMap<WorkspaceId, (i64, T)>;

impl<T> Default for SettingsCache<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone + Send> SettingsCache<T> {
    /// The data of a workspace, read anew where a setting changed since. The log's head is locked:
    /// no setting changes meanwhile.
    pub(super) async fn get(
        &self,
        workspace: WorkspaceId,
        settings_at: i64,
        read: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let known = self.all().get(&workspace).cloned();
        if let Some((_, data)) = known.filter(|(at, _)| *at == settings_at) {
            return Ok(data);
        }
        let data = read.await?;
        self.all().insert(workspace, (settings_at, data.clone()));
        Ok(data)
    }

    fn all(&self) -> MutexGuard<'_, ByWorkspace<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn data_is_read_anew_when_a_setting_changed_and_at_no_other_time() {
        let cache = SettingsCache::default();
        let [one, other] = [1, 2].map(|n| WorkspaceId(Uuid::from_u128(n)));
        let read = async |workspace, at, data: &'static str| {
            cache.get(workspace, at, std::future::ready(Ok(data))).await.unwrap()
        };
        assert_eq!(read(one, 0, "first").await, "first");
        assert_eq!(read(one, 0, "later").await, "first", "nothing changed");
        assert_eq!(read(other, 0, "other").await, "other");
        assert_eq!(read(one, 7, "later").await, "later");
        assert_eq!(read(one, 7, "again").await, "later");
        let away = std::future::ready(Err(StoreError::LockTimeout));
        assert!(cache.get(one, 8, away).await.is_err());
        assert_eq!(read(one, 8, "again").await, "again", "an error is not kept");
    }
}
