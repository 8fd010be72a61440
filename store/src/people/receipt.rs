//! Receipts of pushes: the times that devices reported.

use std::collections::BTreeMap;

use baton_domain::group::Key;
use baton_protocol::push::AppState;
use baton_protocol::{AgentId, DeviceId, PushId, Role, Timestamp, WorkspaceId};
use serde_json::{Value, json};
use sqlx_macros::FromRow;

use crate::tables::{id, ids};
use crate::{Sql, Store, StoreError, Tx};

/// Times in ms at which a push was received, shown, opened and dismissed.
pub type ReceiptTimes = [Option<i64>; 4];

/// New times of a push.
#[derive(Clone, Copy, Debug)]
pub struct NewReceipt {
    /// The push.
    pub push: PushId,
    /// Its times; the ones that are known already stay.
    pub times: ReceiptTimes,
    /// The state of the app at the first of them.
    pub app_state: AppState,
}

#[derive(FromRow)]
struct ReceiptRow {
    push: String,
    device: String,
    received_at: Option<i64>,
    shown_at: Option<i64>,
    opened_at: Option<i64>,
    dismissed_at: Option<i64>,
}

/// The holder of a device's key for receipts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReceiptHolder {
    /// The salt of the key.
    pub salt: String,
    /// The agent of the device.
    pub agent: AgentId,
    /// Their role; `None` for one of a newer version.
    pub role: Option<Role>,
}

/// Reads the holder of a device's key for receipts, as long as its session goes on.
pub async fn holder(
    store: &Store,
    (workspace, device): Key<DeviceId>,
    now: Timestamp,
) -> Result<Option<ReceiptHolder>, StoreError> {
    static READ: Sql = Sql::new(
        "SELECT p.receipt_salt, d.agent, a.role FROM push_device p
         JOIN device d ON d.workspace = p.workspace AND d.id = p.device
         JOIN agent a ON a.workspace = d.workspace AND a.id = d.agent
         WHERE p.workspace = $1 AND p.device = $2 AND d.revoked_at IS NULL
           AND d.refresh_expires_at > CAST($3 AS BIGINT)",
    );
    let args = [workspace.to_string(), device.to_string(), now.ms().to_string()];
    let args = args.each_ref().map(String::as_str);
    let rows: Vec<(String, String, String)> = store.rows_alone(&READ, &args).await?;
    let read = |(salt, agent, role): (String, String, String)| {
        Ok(ReceiptHolder { salt, agent: id(&agent)?, role: Role::from_name(&role) })
    };
    rows.into_iter().next().map(read).transpose()
}

/// The times that are known of pushes, each with the device that reported it.
pub async fn known(
    tx: &mut Tx,
    workspace: WorkspaceId,
    pushes: &[PushId],
) -> Result<BTreeMap<PushId, (DeviceId, ReceiptTimes)>, StoreError> {
    static READ: Sql = Sql::new(
        "SELECT push, device, received_at, shown_at, opened_at, dismissed_at FROM push_receipt
         WHERE workspace = $1 AND push {in $2}",
    );
    let args = [workspace.to_string(), ids(pushes)];
    let rows: Vec<ReceiptRow> = tx.rows(&READ, &[&args[0], &args[1]]).await?;
    let known = |row: ReceiptRow| {
        let times = [row.received_at, row.shown_at, row.opened_at, row.dismissed_at];
        Ok((id(&row.push)?, (id(&row.device)?, times)))
    };
    rows.into_iter().map(known).collect()
}

/// Keeps receipts of a device, and forgets its oldest beyond `most`. They are written in the order
/// of their pushes, so that two requests do not wait for each other.
pub async fn put(
    tx: &mut Tx,
    (workspace, device): Key<DeviceId>,
    receipts: &[NewReceipt],
    most: u32,
    now: Timestamp,
) -> Result<(), StoreError> {
    static PUT: Sql = Sql::new(
        "INSERT INTO push_receipt (workspace, device, heard_at, push, received_at, shown_at,
           opened_at, dismissed_at, app_state)
         SELECT $1, $2, CAST($3 AS BIGINT), value->>0, CAST(value->>1 AS BIGINT),
           CAST(value->>2 AS BIGINT), CAST(value->>3 AS BIGINT), CAST(value->>4 AS BIGINT),
           value->>5
         FROM {rows $4} WHERE true
         ON CONFLICT (workspace, push) DO UPDATE SET
           received_at = COALESCE(push_receipt.received_at, excluded.received_at),
           shown_at = COALESCE(push_receipt.shown_at, excluded.shown_at),
           opened_at = COALESCE(push_receipt.opened_at, excluded.opened_at),
           dismissed_at = COALESCE(push_receipt.dismissed_at, excluded.dismissed_at),
           heard_at = excluded.heard_at
         WHERE push_receipt.device = excluded.device",
    );
    static FORGET: Sql = Sql::new(
        "DELETE FROM push_receipt WHERE workspace = $1 AND device = $2 AND push IN
           (SELECT push FROM push_receipt WHERE workspace = $1 AND device = $2
            ORDER BY heard_at DESC, push DESC LIMIT 1000000 OFFSET CAST($3 AS BIGINT))",
    );
    static NOTE: Sql = Sql::new(
        "UPDATE push_device SET last_receipt_at = CAST($3 AS BIGINT)
         WHERE workspace = $1 AND device = $2
           AND COALESCE(last_receipt_at, 0) < CAST($3 AS BIGINT)",
    );
    let (workspace, device) = (workspace.to_string(), device.to_string());
    let (now, rows, most) = (now.ms().to_string(), rows(receipts), most.to_string());
    tx.run_all(&[
        (&PUT, &[&workspace, &device, &now, &rows]),
        (&NOTE, &[&workspace, &device, &now]),
        (&FORGET, &[&workspace, &device, &most]),
    ])
    .await
    .map(drop)
}

/// The times in ms from the service to the device. Pushes that were taken back since have none.
pub async fn took(
    tx: &mut Tx,
    (workspace, device): Key<DeviceId>,
    receipts: &[NewReceipt],
) -> Result<Vec<i64>, StoreError> {
    static READ: Sql = Sql::new(
        "SELECT CAST(x.value->>1 AS BIGINT) - p.ended_at FROM {rows $3} AS x
         CROSS JOIN push AS p
         WHERE p.workspace = $1 AND p.id = x.value->>0 AND p.device = $2
           AND x.value->>1 IS NOT NULL AND p.state = 'accepted'",
    );
    let args = [workspace.to_string(), device.to_string(), rows(receipts)];
    let took: Vec<(i64,)> = tx.rows(&READ, &args.each_ref().map(String::as_str)).await?;
    Ok(took.into_iter().map(|(ms,)| ms).collect())
}

fn rows(receipts: &[NewReceipt]) -> String {
    let row = |one: &NewReceipt| {
        let [received, shown, opened, dismissed] = one.times;
        json!([one.push, received, shown, opened, dismissed, one.app_state.name()])
    };
    receipts.iter().map(row).collect::<Value>().to_string()
}
