//! Receipts: what devices tell of the pushes that came.
//!
//! They are told by any process that a push woke, which may not have the session. So a registration
//! has a key that is good for receipts alone. A push belongs to the device that tells of it first;
//! what another one tells is ignored. So is a receipt that names no push that can be on its way.
//! Telling twice changes nothing; of each stage the first time counts.

use std::collections::BTreeMap;

use baton_protocol::limits::RECEIPT_DAYS_MAX;
use baton_protocol::push::{AppState, PushReceipt, ReceiptStage, ReceiptsTaken};
use baton_protocol::{DeviceId, PushId, Timestamp, WorkspaceId};
use serde_json::{Value, json};
use sqlx_macros::FromRow;

use crate::accounts::{AccountError, Accounts, Signed, token};
use crate::store::tables::ids;
use crate::store::{Sql, StoreError, Tx};

/// Pushes of one device that are remembered.
const KEPT_MAX: u32 = 2_000;
const DAY_MS: i64 = 24 * 60 * 60_000;

/// The device that tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reporter {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The device.
    pub device: DeviceId,
}

impl From<Signed> for Reporter {
    fn from(signed: Signed) -> Self {
        Self { workspace: signed.workspace, device: signed.device }
    }
}

/// What became of receipts.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Heard {
    /// From a service taking a push to the device having it, in ms, of those that are new.
    pub took_ms: Vec<u32>,
    /// New, by stage in the order of [`ReceiptStage::ALL`].
    pub new: [u32; 4],
    /// Told before.
    pub again: u32,
    /// Of a push of another device.
    pub foreign: u32,
    /// Of nothing that can be a push on its way.
    pub unknown: u32,
}

impl Heard {
    /// As it is answered.
    pub fn taken(&self) -> ReceiptsTaken {
        ReceiptsTaken {
            taken: self.new.iter().sum::<u32>() + self.again,
            ignored: self.foreign + self.unknown,
        }
    }
}

/// Times by stage, in the order of [`ReceiptStage::ALL`].
type Times = [Option<i64>; 4];

#[derive(FromRow)]
struct ReceiptRow {
    push: String,
    device: String,
    received_at: Option<i64>,
    shown_at: Option<i64>,
    opened_at: Option<i64>,
    dismissed_at: Option<i64>,
}

impl ReceiptRow {
    fn times(&self) -> Times {
        [self.received_at, self.shown_at, self.opened_at, self.dismissed_at]
    }
}

/// What is told of one push.
#[derive(Clone, Copy)]
struct MergedReceipts {
    times: Times,
    /// When the first of it was told, and how the app stood then.
    since: Timestamp,
    app_state: AppState,
}

impl Accounts {
    /// Whether a bearer says that it is a receipt key.
    pub fn is_receipt_key(bearer: &str) -> bool {
        token::is_receipt_key(bearer)
    }

    /// Whose receipt key this is.
    ///
    /// # Errors
    /// [`AccountError::SignInAgain`] for one of a registration that is over, or of none.
    pub async fn reporter(&self, receipt_key: &str) -> Result<Reporter, AccountError> {
        static READ: Sql = Sql::new(
            "SELECT p.receipt_salt FROM push_device p
             JOIN device d ON d.workspace = p.workspace AND d.id = p.device
             WHERE p.workspace = $1 AND p.device = $2 AND d.revoked_at IS NULL
               AND d.refresh_expires_at > CAST($3 AS BIGINT)",
        );
        let presented =
            token::presented_receipt_key(receipt_key).ok_or(AccountError::SignInAgain)?;
        let (workspace, device) = (presented.workspace, presented.device);
        let now = self.0.clock.now().ms().to_string();
        let args = [&workspace.to_string(), &*device.to_string(), &now];
        let rows = self.0.store.rows_alone::<(String,)>(&READ, &args).await?;
        let (salt,) = rows.into_iter().next().ok_or(AccountError::SignInAgain)?;
        if !presented.is_of(&self.0.keys, &salt) {
            return Err(AccountError::SignInAgain);
        }
        Ok(Reporter { workspace, device })
    }

    /// Takes down what a device tells.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn hear_receipts(
        &self,
        reporter: Reporter,
        receipts: &[PushReceipt],
    ) -> Result<Heard, AccountError> {
        let now = self.0.clock.now();
        let mut heard = Heard::default();
        let told = gather(receipts, now, &mut heard);
        if told.is_empty() {
            return Ok(heard);
        }
        let mut tx = self.0.store.begin().await?;
        let rows = news(&mut tx, reporter, told, &mut heard).await?;
        if rows.is_empty() {
            tx.rollback().await?;
            return Ok(heard);
        }
        put(&mut tx, reporter, &rows, now).await?;
        heard.took_ms = took(&mut tx, reporter, &rows).await?;
        tx.commit().await?;
        Ok(heard)
    }
}

/// What is told of each push that can be one: repetitions within one request count once.
fn gather(
    receipts: &[PushReceipt],
    now: Timestamp,
    heard: &mut Heard,
) -> BTreeMap<PushId, MergedReceipts> {
    let mut all: BTreeMap<PushId, MergedReceipts> = BTreeMap::new();
    for receipt in receipts {
        let Some(made_at) = receipt.id.made_at().filter(|at| is_under_way(*at, now)) else {
            heard.unknown += 1;
            continue;
        };
        // Clocks of devices go wrong: nothing happens to a push before it is made, or after now.
        let at = receipt.at.max(made_at).min(now);
        let app_state = receipt.app_state;
        let told = all.entry(receipt.id).or_insert(MergedReceipts {
            times: [None; 4],
            since: at,
            app_state,
        });
        if at < told.since {
            (told.since, told.app_state) = (at, app_state);
        }
        let Some(time) = told.times.get_mut(place(receipt.stage)) else { continue };
        if time.is_some() {
            heard.again += 1;
        }
        *time = Some(time.map_or(at.ms(), |earlier| earlier.min(at.ms())));
    }
    all
}

/// Services keep a push for four weeks; the ids of nodes whose clocks differ may be of tomorrow.
fn is_under_way(made_at: Timestamp, now: Timestamp) -> bool {
    let age_ms = now.since(made_at);
    (-DAY_MS..=RECEIPT_DAYS_MAX * DAY_MS).contains(&age_ms)
}

fn place(stage: ReceiptStage) -> usize {
    match stage {
        ReceiptStage::Received => 0,
        ReceiptStage::Shown => 1,
        ReceiptStage::Opened => 2,
        ReceiptStage::Dismissed => 3,
    }
}

/// The rows that have to be written; what was told before, or is another device's, is counted.
async fn news(
    tx: &mut Tx,
    reporter: Reporter,
    told: BTreeMap<PushId, MergedReceipts>,
    heard: &mut Heard,
) -> Result<Vec<Value>, StoreError> {
    static READ: Sql = Sql::new(
        "SELECT push, device, received_at, shown_at, opened_at, dismissed_at FROM push_receipt
         WHERE workspace = $1 AND push {in $2}",
    );
    let args = [reporter.workspace.to_string(), ids(told.keys())];
    let known: Vec<ReceiptRow> = tx.rows(&READ, &[&args[0], &args[1]]).await?;
    let known: BTreeMap<&str, &ReceiptRow> =
        known.iter().map(|row| (row.push.as_str(), row)).collect();
    let device = reporter.device.to_string();
    let mut rows = Vec::new();
    for (push, MergedReceipts { times, app_state, .. }) in told {
        let push = push.to_string();
        let before = known.get(push.as_str());
        let count = times.iter().flatten().map(|_| 1).sum::<u32>();
        if before.is_some_and(|row| row.device != device) {
            heard.foreign += count;
            continue;
        }
        let before = before.map(|row| row.times()).unwrap_or_default();
        let mut is_new = false;
        for ((new, time), before) in heard.new.iter_mut().zip(times).zip(before) {
            match (time, before) {
                (Some(_), None) => {
                    *new += 1;
                    is_new = true;
                }
                (Some(_), Some(_)) => heard.again += 1,
                (None, _) => {}
            }
        }
        if is_new {
            let [received, shown, opened, dismissed] = times;
            rows.push(json!([push, received, shown, opened, dismissed, app_state.name()]));
        }
    }
    Ok(rows)
}

/// How long it took from the service to the device. Clocks differ: it is never less than nothing.
/// Of what was taken back since, the time is not known any more.
async fn took(tx: &mut Tx, reporter: Reporter, rows: &[Value]) -> Result<Vec<u32>, StoreError> {
    static READ: Sql = Sql::new(
        "SELECT CAST(x.value->>1 AS BIGINT) - p.ended_at FROM {rows $3} AS x
         CROSS JOIN push AS p
         WHERE p.workspace = $1 AND p.id = x.value->>0 AND p.device = $2
           AND x.value->>1 IS NOT NULL AND p.state = 'accepted'",
    );
    let (workspace, device) = (reporter.workspace.to_string(), reporter.device.to_string());
    let rows = Value::from(rows).to_string();
    let took: Vec<(i64,)> = tx.rows(&READ, &[&workspace, &device, &rows]).await?;
    Ok(took.iter().map(|(ms,)| u32::try_from(*ms).unwrap_or_default()).collect())
}

/// Writes them in the order of their ids, so that two requests do not wait for each other; forgets
/// the device's oldest.
async fn put(
    tx: &mut Tx,
    reporter: Reporter,
    rows: &[Value],
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
    let (workspace, device) = (reporter.workspace.to_string(), reporter.device.to_string());
    let (now, rows) = (now.ms().to_string(), Value::from(rows).to_string());
    let kept = KEPT_MAX.to_string();
    tx.run_all(&[
        (&PUT, &[&workspace, &device, &now, &rows]),
        (&NOTE, &[&workspace, &device, &now]),
        (&FORGET, &[&workspace, &device, &kept]),
    ])
    .await
    .map(drop)
}
