//! Receipts for the server: a push was received, shown, opened or dismissed.
//!
//! They are kept until the server has them and sent in batches, in order. A repeated one is
//! harmless. A pure machine: its inputs return [`ReceiptAction`]s, writes before the requests that
//! need them.

use std::collections::VecDeque;

use baton_protocol::Timestamp;
use serde::{Deserialize, Serialize};

use crate::push::payload::PushId;

/// Receipts that wait at most; the oldest are given up for new ones.
pub const WAITING_MAX: usize = 512;
/// Receipts in one request.
pub const BATCH_MAX: usize = 100;
/// Older ones tell nobody anything.
pub const AGE_MS_MAX: i64 = 7 * 24 * 60 * 60 * 1000;
/// A request whose answer does not come is asked again.
pub const ANSWER_MS_MAX: i64 = 10_000;
/// So often in a row nothing that this device has proves whose it is; then it is given up.
pub const UNPROVEN_MAX: u32 = 8;
const RETRY_MS: i64 = 1_000;
const RETRY_MS_MAX: i64 = 60_000;

/// The stage that a push reached.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptStage {
    /// It reached the device.
    Received,
    /// Its notification was shown.
    Shown,
    /// It was tapped.
    Opened,
    /// It was swiped away.
    Dismissed,
}

/// The state of the app.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppState {
    /// On the screen.
    Foreground,
    /// Running out of sight.
    Background,
    /// Not running: the extension took the push.
    Extension,
}

/// One receipt, as `POST /push/receipts` takes them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Receipt {
    /// The id of the push that it confirms.
    pub id: PushId,
    /// The stage that it reached.
    pub stage: ReceiptStage,
    /// The time.
    pub at: Timestamp,
    /// The state of the app.
    pub app_state: AppState,
}

impl Receipt {
    fn key(&self) -> (PushId, ReceiptStage) {
        (self.id, self.stage)
    }
}

/// The runtime's work, in this order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReceiptAction {
    /// Write it.
    Keep(Receipt),
    /// Delete them.
    Forget(Vec<(PushId, ReceiptStage)>),
    /// Send them, and tell the answer with this number.
    Post {
        /// The number of the request, which its answer repeats.
        request: u64,
        /// Its receipts.
        receipts: Vec<Receipt>,
    },
}

/// The end of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReceiptAnswer {
    /// The server has them, or knows better.
    Taken,
    /// The server will never take them (a 4xx that is no 401, 408, 425, 429).
    Refused,
    /// The server does not believe whose they are (a 401 to all that this device has to prove it
    /// with). A token may be renewed meanwhile; a key that is void stays so.
    Unproven,
    /// Nobody knows; perhaps after this many milliseconds.
    Failed {
        /// The wait that the server asked for.
        after_ms: Option<u64>,
    },
}

/// Why [`Receipts::timeout`] has to be called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeoutReason {
    /// A request got no answer in time.
    Answer,
    /// A failed request may be repeated.
    Retry,
}

/// The queue of receipts that the server has not confirmed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Receipts {
    waiting: VecDeque<Receipt>,
    under_way: Option<UnderWay>,
    /// Not before this.
    retry_at: Option<Timestamp>,
    failures: u32,
    /// Answers in a row that were [`ReceiptAnswer::Unproven`].
    unproven: u32,
    requests: u64,
    given_up: u64,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct UnderWay {
    request: u64,
    keys: Vec<(PushId, ReceiptStage)>,
    until: Timestamp,
}

impl Receipts {
    /// Goes on with what was kept, oldest first.
    pub fn restore(kept: impl IntoIterator<Item = Receipt>) -> Self {
        let mut all = Self::default();
        for receipt in kept {
            if !all.has(&receipt) && all.waiting.len() < WAITING_MAX {
                all.waiting.push_back(receipt);
            }
        }
        all
    }

    /// Something happened to a push.
    pub fn add(&mut self, receipt: Receipt, now: Timestamp) -> Vec<ReceiptAction> {
        if self.has(&receipt) {
            return Vec::new();
        }
        let mut effects = Vec::new();
        while self.waiting.len() >= WAITING_MAX {
            let Some(oldest) = self.waiting.pop_front() else { break };
            self.given_up += 1;
            effects.push(ReceiptAction::Forget(vec![oldest.key()]));
        }
        self.waiting.push_back(receipt);
        effects.push(ReceiptAction::Keep(receipt));
        effects.extend(self.post(now));
        effects
    }

    /// A request ended. `dice` is a random number that keeps devices from asking in step.
    pub fn answered(
        &mut self,
        request: u64,
        answer: ReceiptAnswer,
        now: Timestamp,
        dice: u32,
    ) -> Vec<ReceiptAction> {
        let Some(under_way) = self.under_way.take_if(|it| it.request == request) else {
            return Vec::new();
        };
        let mut effects = Vec::new();
        match answer {
            ReceiptAnswer::Taken | ReceiptAnswer::Refused => {
                (self.failures, self.unproven) = (0, 0);
                effects.push(self.forget(under_way.keys));
            }
            ReceiptAnswer::Unproven if self.unproven + 1 >= UNPROVEN_MAX => {
                self.unproven = 0;
                self.given_up += u64::try_from(under_way.keys.len()).unwrap_or_default();
                effects.push(self.forget(under_way.keys));
                self.fail(None, now, dice);
            }
            ReceiptAnswer::Unproven => {
                self.unproven += 1;
                self.fail(None, now, dice);
            }
            ReceiptAnswer::Failed { after_ms } => self.fail(after_ms, now, dice),
        }
        effects.extend(self.post(now));
        effects
    }

    /// The network is there (again), or the app: try at once.
    pub fn kick(&mut self, now: Timestamp) -> Vec<ReceiptAction> {
        self.retry_at = None;
        self.post(now)
    }

    /// The time of [`Self::poll_timeout`] has come.
    pub fn timeout(&mut self, now: Timestamp, dice: u32) -> Vec<ReceiptAction> {
        if self.under_way.take_if(|it| it.until <= now).is_some() {
            self.fail(None, now, dice);
        }
        self.post(now)
    }

    /// The time to call [`Self::timeout`], and the reason.
    pub fn poll_timeout(&self) -> Option<(Timestamp, TimeoutReason)> {
        match (&self.under_way, self.retry_at) {
            (Some(under_way), _) => Some((under_way.until, TimeoutReason::Answer)),
            (None, Some(at)) if !self.waiting.is_empty() => Some((at, TimeoutReason::Retry)),
            (None, Some(_) | None) => None,
        }
    }

    /// The receipts to store, oldest first.
    pub fn kept(&self) -> Vec<Receipt> {
        self.waiting.iter().copied().collect()
    }

    /// Receipts the server does not have so far.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Receipts that were given up: too many, too old, or believed by nobody.
    pub fn given_up(&self) -> u64 {
        self.given_up
    }

    fn forget(&mut self, keys: Vec<(PushId, ReceiptStage)>) -> ReceiptAction {
        self.waiting.retain(|receipt| !keys.contains(&receipt.key()));
        ReceiptAction::Forget(keys)
    }

    fn has(&self, receipt: &Receipt) -> bool {
        self.waiting.iter().any(|held| held.key() == receipt.key())
    }

    fn fail(&mut self, after_ms: Option<u64>, now: Timestamp, dice: u32) {
        let longest = RETRY_MS.saturating_mul(1 << self.failures.min(6)).min(RETRY_MS_MAX);
        let jitter = i64::from(dice) % (longest / 2);
        let asked = after_ms.and_then(|ms| i64::try_from(ms).ok()).unwrap_or(0).min(AGE_MS_MAX);
        self.failures = self.failures.saturating_add(1);
        self.retry_at = Some(now.plus_ms((longest / 2 + jitter).max(asked)));
    }

    fn post(&mut self, now: Timestamp) -> Vec<ReceiptAction> {
        let is_early = self.retry_at.is_some_and(|at| now < at);
        if self.under_way.is_some() || is_early {
            return Vec::new();
        }
        self.retry_at = None;
        let mut effects = self.forget_old(now);
        let receipts: Vec<_> = self.waiting.iter().take(BATCH_MAX).copied().collect();
        if !receipts.is_empty() {
            self.requests += 1;
            let keys = receipts.iter().map(Receipt::key).collect();
            let until = now.plus_ms(ANSWER_MS_MAX);
            self.under_way = Some(UnderWay { request: self.requests, keys, until });
            effects.push(ReceiptAction::Post { request: self.requests, receipts });
        }
        effects
    }

    fn forget_old(&mut self, now: Timestamp) -> Vec<ReceiptAction> {
        let is_old = |receipt: &Receipt| now.since(receipt.at) > AGE_MS_MAX;
        let old: Vec<_> = self.waiting.iter().filter(|r| is_old(r)).map(Receipt::key).collect();
        if old.is_empty() {
            return Vec::new();
        }
        self.waiting.retain(|receipt| !is_old(receipt));
        self.given_up += u64::try_from(old.len()).unwrap_or_default();
        vec![ReceiptAction::Forget(old)]
    }
}
