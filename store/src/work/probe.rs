//! Probes: pushes that ask a device whether pushes come through.

use std::collections::BTreeSet;

use baton_protocol::push::PushLane;
use baton_protocol::{AgentId, DeviceId, PushId, Timestamp, WorkspaceId};
use serde_json::{Value, json};

use crate::tables::{id, ids, named};
use crate::{Sql, Store, StoreError, Tx};

/// Devices of these agents that say what pushes come to them, each with its agent and service.
pub async fn devices_of(
    tx: &mut Tx,
    (workspace, agents): (WorkspaceId, &BTreeSet<AgentId>),
    lanes: &[PushLane],
    now: Timestamp,
) -> Result<Vec<(AgentId, DeviceId, PushLane)>, StoreError> {
    // A browser must show something for each push.
    static SQL: Sql = Sql::new(
        "SELECT d.agent, p.device, p.lane FROM push_device AS p
         JOIN device AS d ON d.workspace = p.workspace AND d.id = p.device
         WHERE p.workspace = $1 AND d.agent {in $2} AND d.revoked_at IS NULL
           AND d.refresh_expires_at > CAST($4 AS BIGINT)
           AND p.lane {in $3} AND p.lane IN ('fcm', 'apns', 'relay')
         ORDER BY d.agent, p.device",
    );
    let lanes = json!(lanes).to_string();
    let args = [workspace.to_string(), ids(agents), lanes, now.ms().to_string()];
    let rows: Vec<(String, String, String)> =
        tx.rows(&SQL, &args.each_ref().map(String::as_str)).await?;
    rows.iter().map(|(agent, device, lane)| Ok((id(agent)?, id(device)?, named(lane)?))).collect()
}

/// Queues probes. Each takes back what is told of no conversation: phones show nothing, and say
/// that they have it.
pub async fn queue_probes(
    store: &Store,
    workspace: WorkspaceId,
    probes: &[(PushId, AgentId, DeviceId, PushLane)],
    (now, until): (Timestamp, Timestamp),
) -> Result<(), StoreError> {
    static SQL: Sql = Sql::new(
        "INSERT INTO push (workspace, id, agent, device, lane, conversation, created_at, kind,
           position, state, due_at, expires_at)
         SELECT $1, value->>0, value->>1, value->>2, value->>3, value->>0, CAST($3 AS BIGINT),
           'retract', 0, 'queued', CAST($3 AS BIGINT), CAST($4 AS BIGINT)
         FROM {rows $2} WHERE true",
    );
    let rows = probes.iter().map(|(id, agent, device, lane)| json!([id, agent, device, lane]));
    let rows = Value::from_iter(rows).to_string();
    let args = [&workspace.to_string(), &rows, &now.ms().to_string(), &until.ms().to_string()];
    store.run_alone(&SQL, &args.map(String::as_str)).await.map(drop)
}
