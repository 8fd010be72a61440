//! Devices of agents: the list of them, and the ends of their sessions.

use std::collections::BTreeMap;

use baton_domain::group::Key;
use baton_protocol::account::Device;
use baton_protocol::{AgentId, DeviceId, Role, Timestamp, WorkspaceId};
use sqlx_macros::FromRow;

use super::{ids_of, to_row};
use crate::tables::{id, ids};
use crate::{Sql, Store, StoreError, Tx, Writing};

/// A session, as far as it goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionEnds {
    /// Its agent.
    pub agent: AgentId,
    /// Their role; `None` for one of a newer version.
    pub role: Option<Role>,
    /// The family of its tokens.
    pub family: String,
    /// Whether its agent works here.
    pub is_active: bool,
    /// Whether its device was revoked.
    pub is_revoked: bool,
    /// The time at which it ends by itself.
    pub expires_at: Timestamp,
}

/// The agent of a device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeviceOwner {
    /// The agent.
    pub agent: AgentId,
    /// Whether the device was revoked.
    pub is_revoked: bool,
}

#[derive(FromRow)]
struct DeviceListRow {
    id: String,
    name: String,
    created_at: i64,
    last_seen_at: i64,
}

#[derive(FromRow)]
struct SessionEndsRow {
    id: String,
    agent: String,
    role: String,
    family: String,
    state: String,
    refresh_expires_at: i64,
    revoked_at: Option<i64>,
}

/// The devices of an agent that are signed in; `None` without such an agent. `current` is the one
/// that asks.
pub async fn signed_in(
    store: &Store,
    (workspace, agent): Key<AgentId>,
    current: Option<DeviceId>,
    now: Timestamp,
) -> Result<Option<Vec<Device>>, StoreError> {
    static AGENT: Sql = Sql::new("SELECT id FROM agent WHERE workspace = $1 AND id = $2");
    static LIST: Sql = Sql::new(
        "SELECT id, name, created_at, last_seen_at FROM device
         WHERE workspace = $1 AND agent = $2 AND revoked_at IS NULL
           AND refresh_expires_at > CAST($3 AS BIGINT)
         ORDER BY created_at, id",
    );
    let (workspace, agent) = (workspace.to_string(), agent.to_string());
    let now = now.ms().to_string();
    let mut tx = store.read().await?;
    let known = tx.row::<(String,)>(&AGENT, &[&workspace, &agent]).await?;
    let rows = tx.rows::<DeviceListRow>(&LIST, &[&workspace, &agent, &now]).await?;
    tx.rollback().await?;
    let device = |row: DeviceListRow| {
        let id = id(&row.id)?;
        Ok(Device {
            id,
            name: row.name,
            created_at: Timestamp::from_ms(row.created_at),
            last_seen_at: Timestamp::from_ms(row.last_seen_at),
            current: Some(id) == current,
        })
    };
    known.map(|_| rows.into_iter().map(device).collect()).transpose()
}

/// The agent of a device.
pub async fn owner(
    store: &Store,
    (workspace, device): Key<DeviceId>,
) -> Result<Option<DeviceOwner>, StoreError> {
    static READ: Sql =
        Sql::new("SELECT agent, revoked_at FROM device WHERE workspace = $1 AND id = $2");
    let args = [workspace.to_string(), device.to_string()];
    let rows: Vec<(String, Option<i64>)> = store.rows_alone(&READ, &[&args[0], &args[1]]).await?;
    let owner = |(agent, revoked_at): (String, Option<i64>)| {
        Ok(DeviceOwner { agent: id(&agent)?, is_revoked: revoked_at.is_some() })
    };
    rows.into_iter().next().map(owner).transpose()
}

/// The sessions of these devices.
pub async fn sessions(
    store: &Store,
    workspace: WorkspaceId,
    devices: &[DeviceId],
) -> Result<BTreeMap<DeviceId, SessionEnds>, StoreError> {
    static READ: Sql = Sql::new(
        "SELECT d.id, d.agent, a.role, d.family, a.state, d.refresh_expires_at, d.revoked_at
         FROM device d JOIN agent a ON a.workspace = d.workspace AND a.id = d.agent
         WHERE d.workspace = $1 AND d.id {in $2}",
    );
    let args = [workspace.to_string(), ids(devices)];
    let rows: Vec<SessionEndsRow> = store.rows_alone(&READ, &[&args[0], &args[1]]).await?;
    let ends = |row: SessionEndsRow| {
        let ends = SessionEnds {
            agent: id(&row.agent)?,
            role: Role::from_name(&row.role),
            family: row.family,
            is_active: row.state == "active",
            is_revoked: row.revoked_at.is_some(),
            expires_at: Timestamp::from_ms(row.refresh_expires_at),
        };
        Ok((id(&row.id)?, ends))
    };
    rows.into_iter().map(ends).collect()
}

/// The devices of an agent whose sessions were ended, and did not end by themselves.
pub async fn signed_out(
    store: &Store,
    (workspace, agent): Key<AgentId>,
) -> Result<Vec<DeviceId>, StoreError> {
    static READ: Sql = Sql::new(
        "SELECT id FROM device WHERE workspace = $1 AND agent = $2 AND revoked_at IS NULL
           AND refresh_expires_at = 0",
    );
    ids_of(store, &READ, &[&workspace.to_string(), &agent.to_string()]).await
}

/// The devices of an agent that were revoked.
pub async fn revoked(
    store: &Store,
    (workspace, agent): Key<AgentId>,
) -> Result<Vec<DeviceId>, StoreError> {
    static READ: Sql = Sql::new(
        "SELECT id FROM device WHERE workspace = $1 AND agent = $2 AND revoked_at IS NOT NULL",
    );
    ids_of(store, &READ, &[&workspace.to_string(), &agent.to_string()]).await
}

/// Ends the sessions of devices.
pub async fn end(
    tx: &mut Tx,
    workspace: WorkspaceId,
    devices: &[DeviceId],
) -> Result<(), StoreError> {
    static END: Sql = Sql::new(
        "UPDATE device SET access_expires_at = 0, refresh_expires_at = 0
         WHERE workspace = $1 AND id {in $2}",
    );
    tx.run(&END, &[&workspace.to_string(), &ids(devices)]).await.map(drop)
}

/// Ends all sessions of an agent that are not over, but that of the device to keep.
pub fn end_all(agent: Key<AgentId>, keep: Option<DeviceId>, now: Timestamp) -> Writing {
    static END: Sql = Sql::new(
        "UPDATE device SET access_expires_at = 0, refresh_expires_at = 0
         WHERE workspace = $1 AND agent = $2 AND id <> $3 AND revoked_at IS NULL
           AND (refresh_expires_at > CAST($4 AS BIGINT) OR access_expires_at > CAST($4 AS BIGINT))",
    );
    let keep = keep.map(|device| device.to_string()).unwrap_or_default();
    to_row(&END, agent, [keep, now.ms().to_string()])
}

/// Revokes a device.
pub fn revoke(device: Key<DeviceId>, now: Timestamp) -> Writing {
    static REVOKE: Sql = Sql::new(
        "UPDATE device SET revoked_at = COALESCE(revoked_at, CAST($3 AS BIGINT))
         WHERE workspace = $1 AND id = $2",
    );
    to_row(&REVOKE, device, [now.ms().to_string()])
}

/// Revokes all devices of an agent.
pub fn revoke_all(agent: Key<AgentId>, now: Timestamp) -> Writing {
    static REVOKE: Sql = Sql::new(
        "UPDATE device SET revoked_at = CAST($3 AS BIGINT)
         WHERE workspace = $1 AND agent = $2 AND revoked_at IS NULL",
    );
    to_row(&REVOKE, agent, [now.ms().to_string()])
}
