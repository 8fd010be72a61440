//! Sessions of a version that stored plain digests of tokens.

use sha2::{Digest as _, Sha256};

use super::token::{self, Family};
use crate::secrets::Keys;
use crate::store::session::{self, TokenDigests};
use crate::store::{Store, StoreError};

/// Gives the sessions of such a version the digests of today, so that their devices stay signed
/// in. A session whose digest is another than that of its token keeps it, and is over. To be
/// called once, before rows get their first stamps: later, a plain digest is somebody else's.
pub(crate) async fn renew_digests(store: &Store, keys: &Keys) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    for one in session::digests(&mut tx).await? {
        let (workspace, device) = one.device;
        let family = Family { workspace, device, family: &one.family };
        let Ok(generation) = u64::try_from(one.generation) else { continue };
        let refresh = family.refresh(keys, generation);
        if hex::encode(Sha256::digest(refresh.expose())) != one.refresh_digest {
            continue;
        }
        let access = family.access(keys, generation);
        let digests = TokenDigests {
            refresh: token::digest(keys, refresh.expose()),
            access: token::digest(keys, access.expose()),
        };
        let before = family.refresh(keys, generation.saturating_sub(1));
        let before = token::digest(keys, before.expose());
        let before = one.has_previous.then_some(before.as_str());
        session::put_digests(&mut tx, one.device, &digests, before).await?;
    }
    // The rows get their stamps next, all of them.
    session::clear_touched(&mut tx).await?;
    tx.commit().await
}
