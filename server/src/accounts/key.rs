//! Programs that come with a key: as whom they work, and whether the key is still good.
//!
//! A key stands where a device stands. Its id is that of the setting, so commands, sockets and
//! leases of programs are told apart as those of devices are.

use std::collections::BTreeMap;

use super::setting_secret::KEY;
use super::{Accounts, token};
use crate::speaker::Speaker;
use crate::store::StoreError;
use crate::store::key::of_digests;

/// Characters of the longest key.
const CHARS_MAX: usize = 128;

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
    ) -> Result<BTreeMap<String, Speaker>, StoreError> {
        if digests.is_empty() {
            return Ok(BTreeMap::new());
        }
        let found = of_digests(&self.0.store, digests).await?;
        let good = found.into_iter().filter_map(|holder| {
            let speaker = self.by_key(&holder)?;
            Some((holder.digest, speaker))
        });
        Ok(good.collect())
    }
}
