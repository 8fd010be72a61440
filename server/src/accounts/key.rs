//! Programs that come with a key: as whom they work, and whether the key is still good.
//!
//! A key stands where a device stands. Its id is that of the setting, so commands, sockets and
//! leases of programs are told apart as those of devices are.

use std::collections::BTreeMap;

use baton_domain::setting::is_over;
use baton_protocol::{DeviceId, SettingId, WorkspaceId};

use super::setting_secret::KEY;
use super::{AccountError, Accounts, SessionState, Signed, token};
use crate::store::StoreError;
use crate::store::key::{KeyHolder, of_digests, of_ids};

/// Characters of the longest key.
const CHARS_MAX: usize = 128;

/// The rights of a program with a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyUse {
    /// It reads what the agent may read.
    Reads,
    /// It does what the agent may do, and sets nothing up.
    Works,
}

impl Accounts {
    /// The digest of a program's key; `None` for another text.
    pub(super) fn key_digest(&self, text: &str) -> Option<String> {
        let is_one = text.len() <= CHARS_MAX && text.starts_with(KEY);
        is_one.then(|| token::digest(&self.0.keys, text))
    }

    /// Those who come with keys of these digests.
    pub(super) async fn keyed(
        &self,
        digests: &[String],
    ) -> Result<BTreeMap<String, Signed>, StoreError> {
        if digests.is_empty() {
            return Ok(BTreeMap::new());
        }
        let found = of_digests(&self.0.store, digests).await?;
        let good = found.into_iter().filter(|holder| self.is_good(holder));
        Ok(good.map(|holder| (holder.digest.clone(), signed(&holder))).collect())
    }

    /// Those of these devices that are keys which are still good.
    pub(super) async fn good_keys(
        &self,
        workspace: WorkspaceId,
        devices: &[DeviceId],
    ) -> Result<Vec<DeviceId>, StoreError> {
        if devices.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<SettingId> = devices.iter().map(|device| SettingId(device.0)).collect();
        let found = of_ids(&self.0.store, workspace, &keys).await?;
        let good = found.iter().filter(|holder| self.is_good(holder));
        Ok(good.map(|holder| DeviceId(holder.key.0)).collect())
    }

    /// Closes the sockets of a key that is good no more.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn end_sockets_of(
        &self,
        workspace: WorkspaceId,
        key: SettingId,
    ) -> Result<(), AccountError> {
        let device = DeviceId(key.0);
        if self.good_keys(workspace, &[device]).await?.is_empty() {
            self.notify_ended(workspace, &[device], SessionState::SignInAgain);
        }
        Ok(())
    }

    fn is_good(&self, holder: &KeyHolder) -> bool {
        !is_over(&holder.body, holder.zone.as_deref(), self.0.clock.now())
    }
}

fn signed(holder: &KeyHolder) -> Signed {
    let used = if holder.body.read_only { KeyUse::Reads } else { KeyUse::Works };
    Signed {
        workspace: holder.workspace,
        agent: holder.body.agent,
        device: DeviceId(holder.key.0),
        role: holder.role,
        key: Some(used),
    }
}
