//! Sessions of a version that stored plain digests of tokens.

use baton_protocol::{DeviceId, WorkspaceId};
use sha2::{Digest as _, Sha256};
use sqlx_macros::FromRow;

use super::token::{self, Family};
use crate::secrets::Keys;
use crate::store::{Sql, Store, StoreError};

#[derive(FromRow)]
struct EarlierDevice {
    workspace: String,
    id: String,
    family: String,
    generation: i64,
    refresh_digest: String,
    previous_digest: Option<String>,
}

/// Gives the sessions of such a version the digests of today, so that their devices stay signed
/// in. A session whose digest is another than that of its token keeps it, and is over. To be
/// called once, before rows get their first stamps: later, a plain digest is somebody else's.
pub(crate) async fn renew_digests(store: &Store, keys: &Keys) -> Result<(), StoreError> {
    static READ: Sql = Sql::new(
        "SELECT workspace, id, family, generation, refresh_digest, previous_digest FROM device
         WHERE revoked_at IS NULL",
    );
    static WRITE: Sql = Sql::new(
        "UPDATE device SET refresh_digest = $3, access_digest = $4, previous_digest = $5
         WHERE workspace = $1 AND id = $2",
    );
    static NOTHING_BEFORE: Sql = Sql::new(
        "UPDATE device SET refresh_digest = $3, access_digest = $4
         WHERE workspace = $1 AND id = $2",
    );
    static CLEAR: Sql = Sql::new("DELETE FROM touched");
    let mut tx = store.begin().await?;
    let devices: Vec<EarlierDevice> = tx.rows(&READ, &[]).await?;
    for device in &devices {
        let workspace: WorkspaceId = parsed(&device.workspace)?;
        let id: DeviceId = parsed(&device.id)?;
        let family = Family { workspace, device: id, family: &device.family };
        let Ok(generation) = u64::try_from(device.generation) else { continue };
        let refresh = family.refresh(keys, generation);
        if hex::encode(Sha256::digest(refresh.expose())) != device.refresh_digest {
            continue;
        }
        let access = family.access(keys, generation);
        let digests = [token::digest(keys, refresh.expose()), token::digest(keys, access.expose())];
        let before = family.refresh(keys, generation.saturating_sub(1));
        let before = token::digest(keys, before.expose());
        let args = [&device.workspace, &device.id, &digests[0], &digests[1], &before];
        match device.previous_digest {
            Some(_) => tx.run(&WRITE, &args.map(String::as_str)).await?,
            None => tx.run(&NOTHING_BEFORE, &args.map(String::as_str)[..4]).await?,
        };
    }
    // The rows get their stamps next, all of them.
    tx.run(&CLEAR, &[]).await?;
    tx.commit().await
}

fn parsed<T: std::str::FromStr<Err = uuid::Error>>(id: &str) -> Result<T, StoreError> {
    id.parse().map_err(StoreError::corrupt)
}
