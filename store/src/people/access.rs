//! Access tokens of sessions, by their digests.

use std::collections::BTreeMap;

use baton_domain::group::Key;
use baton_protocol::{AgentId, DeviceId, Role, Timestamp};
use sqlx_macros::FromRow;

use crate::tables::{id, ids};
use crate::{Sql, Store, StoreError};

/// The owner of an access token.
#[derive(Clone, Debug)]
pub struct AccessOwner {
    /// The device.
    pub device: Key<DeviceId>,
    /// Its agent.
    pub agent: AgentId,
    /// Their role; `None` for one of a newer version.
    pub role: Option<Role>,
    /// The family of the tokens of their session.
    pub family: String,
    /// Whether they work here.
    pub is_active: bool,
    /// Whether the device was revoked.
    pub is_revoked: bool,
    /// The end of the token.
    pub expires_at: Timestamp,
    /// Whether the refresh token before is still good.
    pub has_previous: bool,
}

#[derive(FromRow)]
struct AccessRow {
    access_digest: String,
    workspace: String,
    id: String,
    agent: String,
    role: String,
    family: String,
    state: String,
    access_expires_at: i64,
    revoked_at: Option<i64>,
    has_previous: i64,
}

/// The owners of access tokens, by the digests of these.
pub async fn owners(
    store: &Store,
    digests: &[String],
) -> Result<BTreeMap<String, AccessOwner>, StoreError> {
    static READ: Sql = Sql::new(
        "SELECT d.access_digest, d.workspace, d.id, d.agent, a.role, d.family, a.state,
           d.access_expires_at, d.revoked_at,
           CAST(CASE WHEN d.previous_digest IS NULL THEN 0 ELSE 1 END AS BIGINT)
             AS has_previous
         FROM device d JOIN agent a ON a.workspace = d.workspace AND a.id = d.agent
         WHERE d.access_digest {in $1}",
    );
    let rows: Vec<AccessRow> = store.rows_alone(&READ, &[&ids(digests)]).await?;
    let owner = |row: AccessRow| {
        let owner = AccessOwner {
            device: (id(&row.workspace)?, id(&row.id)?),
            agent: id(&row.agent)?,
            role: Role::from_name(&row.role),
            family: row.family,
            is_active: row.state == "active",
            is_revoked: row.revoked_at.is_some(),
            expires_at: Timestamp::from_ms(row.access_expires_at),
            has_previous: row.has_previous != 0,
        };
        Ok((row.access_digest, owner))
    };
    rows.into_iter().map(owner).collect()
}

/// Forgets the refresh token before, of the session with this access token: its successor was
/// used.
pub async fn forget_previous(store: &Store, access_digest: &str) -> Result<(), StoreError> {
    static FORGET: Sql = Sql::new(
        "UPDATE device SET previous_digest = NULL
         WHERE access_digest = $1 AND previous_digest IS NOT NULL",
    );
    store.run_alone(&FORGET, &[access_digest]).await.map(drop)
}
