//! Receipts: reports of devices on the pushes that came.
//!
//! They are sent by any process that a push woke, which may not have the session. So a registration
//! has a key that is good for receipts alone. A push belongs to the device that reports it first;
//! reports of another one are ignored. So is a receipt that names no push that can be on its way.
//! A repetition changes nothing; of each stage the first time counts.

use std::collections::BTreeMap;

use baton_protocol::limits::RECEIPT_DAYS_MAX;
use baton_protocol::push::{AppState, PushReceipt, ReceiptStage, ReceiptsTaken};
use baton_protocol::{PushId, Timestamp};

use crate::accounts::speaker::by_receipts;
use crate::accounts::{AccountError, Accounts, token};
use crate::speaker::Speaker;
use crate::store::receipt::{self, NewReceipt, ReceiptTimes};
use crate::store::{StoreError, Tx};

/// Pushes of one device that are remembered.
const KEPT_MAX: u32 = 2_000;
const DAY_MS: i64 = 24 * 60 * 60_000;

/// The result of receipts.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ReceiptCounts {
    /// From a service taking a push to the device having it, in ms, of those that are new.
    pub took_ms: Vec<u32>,
    /// New, by stage in the order of [`ReceiptStage::ALL`].
    pub new: [u32; 4],
    /// Known before.
    pub again: u32,
    /// Of a push of another device.
    pub foreign: u32,
    /// Of nothing that can be a push on its way.
    pub unknown: u32,
}

impl ReceiptCounts {
    /// As it is answered.
    pub fn taken(&self) -> ReceiptsTaken {
        ReceiptsTaken {
            taken: self.new.iter().sum::<u32>() + self.again,
            ignored: self.foreign + self.unknown,
        }
    }
}

/// The receipts of one push, as one.
#[derive(Clone, Copy)]
struct MergedReceipts {
    times: ReceiptTimes,
    /// The first of the times, and the state of the app then.
    since: Timestamp,
    app_state: AppState,
}

impl Accounts {
    /// Whether a bearer says that it is a receipt key.
    pub fn is_receipt_key(bearer: &str) -> bool {
        token::is_receipt_key(bearer)
    }

    /// The speaker with a receipt key: a process of a device.
    ///
    /// # Errors
    /// [`AccountError::SignInAgain`] for one of a registration that is over, or of none.
    pub async fn by_receipt_key(&self, receipt_key: &str) -> Result<Speaker, AccountError> {
        let presented =
            token::presented_receipt_key(receipt_key).ok_or(AccountError::SignInAgain)?;
        let (workspace, device) = (presented.workspace, presented.device);
        let found = receipt::holder(&self.0.store, (workspace, device), self.0.clock.now()).await?;
        let holder = found.ok_or(AccountError::SignInAgain)?;
        if !presented.is_of(&self.0.keys, &holder.salt) {
            return Err(AccountError::SignInAgain);
        }
        Ok(by_receipts((workspace, device), &holder))
    }

    /// Keeps the receipts of a device.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn receive_receipts(
        &self,
        reporter: Speaker,
        receipts: &[PushReceipt],
    ) -> Result<ReceiptCounts, AccountError> {
        let now = self.0.clock.now();
        let mut counts = ReceiptCounts::default();
        let merged = gather(receipts, now, &mut counts);
        if merged.is_empty() {
            return Ok(counts);
        }
        let mut tx = self.0.store.begin().await?;
        let new = news(&mut tx, reporter, merged, &mut counts).await?;
        if new.is_empty() {
            tx.rollback().await?;
            return Ok(counts);
        }
        let of = (reporter.workspace, reporter.device);
        receipt::put(&mut tx, of, &new, KEPT_MAX, now).await?;
        let took = receipt::took(&mut tx, of, &new).await?;
        // Clocks differ: it is never less than nothing.
        counts.took_ms = took.into_iter().map(|ms| u32::try_from(ms).unwrap_or_default()).collect();
        tx.commit().await?;
        Ok(counts)
    }
}

/// The receipts of each push that can be one: repetitions within one request count once.
fn gather(
    receipts: &[PushReceipt],
    now: Timestamp,
    counts: &mut ReceiptCounts,
) -> BTreeMap<PushId, MergedReceipts> {
    let mut all: BTreeMap<PushId, MergedReceipts> = BTreeMap::new();
    for receipt in receipts {
        let Some(made_at) = receipt.id.made_at().filter(|at| is_under_way(*at, now)) else {
            counts.unknown += 1;
            continue;
        };
        // Clocks of devices go wrong: nothing happens to a push before it is made, or after now.
        let at = receipt.at.max(made_at).min(now);
        let app_state = receipt.app_state;
        let merged = all.entry(receipt.id).or_insert(MergedReceipts {
            times: [None; 4],
            since: at,
            app_state,
        });
        if at < merged.since {
            (merged.since, merged.app_state) = (at, app_state);
        }
        let Some(time) = merged.times.get_mut(place(receipt.stage)) else { continue };
        if time.is_some() {
            counts.again += 1;
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

/// The receipts that have to be written; the known ones, and those of pushes of another device,
/// are counted.
async fn news(
    tx: &mut Tx,
    reporter: Speaker,
    merged: BTreeMap<PushId, MergedReceipts>,
    counts: &mut ReceiptCounts,
) -> Result<Vec<NewReceipt>, StoreError> {
    let pushes: Vec<PushId> = merged.keys().copied().collect();
    let known = receipt::known(tx, reporter.workspace, &pushes).await?;
    let mut all = Vec::new();
    for (push, MergedReceipts { times, app_state, .. }) in merged {
        let before = known.get(&push);
        let count = times.iter().flatten().map(|_| 1).sum::<u32>();
        if before.is_some_and(|(device, _)| *device != reporter.device) {
            counts.foreign += count;
            continue;
        }
        let before = before.map(|(_, times)| *times).unwrap_or_default();
        let mut is_new = false;
        for ((new, time), before) in counts.new.iter_mut().zip(times).zip(before) {
            match (time, before) {
                (Some(_), None) => {
                    *new += 1;
                    is_new = true;
                }
                (Some(_), Some(_)) => counts.again += 1,
                (None, _) => {}
            }
        }
        if is_new {
            all.push(NewReceipt { push, times, app_state });
        }
    }
    Ok(all)
}
