//! Sends what was accepted: a lane per conversation, in order, at the pace that is allowed.
//!
//! The message row is its own job: `queued` is due. A claim goes through the committer, where the
//! fence is looked at again. Only then a request is made, once, and its outcome is told.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use baton_domain::decide::delivery::{QUEUED_MS_MAX, SendResult};
use baton_domain::fact::tag::Tag;
use baton_domain::group::senders::{Name, NameKind};
use baton_protocol::{ChannelId, Epoch, MessageError, Timestamp, WorkspaceId};
use futures_util::future::join_all;
use tokio::sync::{Notify, Semaphore};

use self::lanes::{Lanes, Running};
use self::numbers::Numbers;
use self::tokens::Said;
use super::pace::Pace;
use crate::clock::Clock;
use crate::config::{PaceConfig, WhatsAppConfig};
use crate::coordinator::Coordinator;
use crate::engine::Engine;
use crate::engine::work::ClaimAnswer;
use crate::node::Membership;
use crate::store::read::{
    MessageAt, SendOrder, due_sends, next_in_lane, send_order, stranded_sends,
};
use crate::store::{Store, StoreError};
use crate::telemetry::{Metrics, Spell};
use crate::whatsapp::client::{Addressee, Client, SendOutcome, SendRequest, Token};
use crate::whatsapp::errors::{Class, Pause, look_up};

mod lanes;
mod numbers;
mod telling;
#[cfg(test)]
mod tests;
mod tokens;

/// Opens a channel's sealed token.
pub type Unseal = Arc<dyn Fn(WorkspaceId, ChannelId, &str) -> Option<Token> + Send + Sync>;

/// What the sender is made of.
pub struct SenderParts {
    /// Where claims are decided.
    pub engine: Engine,
    /// The time.
    pub clock: Clock,
    /// The way out.
    pub client: Client,
    /// Opens tokens.
    pub unseal: Unseal,
    /// What is counted.
    pub metrics: Metrics,
    /// Where the Graph API is.
    pub whatsapp: WhatsAppConfig,
    /// How other nodes are told that there is something to send.
    pub coordinator: Arc<dyn Coordinator>,
    /// Who else is there.
    pub membership: Membership,
    /// How fast messages may be sent.
    pub pace: PaceConfig,
    /// Requests at once.
    pub slots: usize,
}

/// Sends queued messages to WhatsApp. Cheap to clone.
#[derive(Clone)]
pub struct Sender(Arc<Inner>);

struct Inner {
    parts: SenderParts,
    pace: Mutex<Pace>,
    lanes: Lanes,
    numbers: Mutex<Numbers>,
    /// Told when tokens were replaced: orders that were read before name the old ones.
    lifted: Notify,
    slots: Semaphore,
    /// One permit for each claim whose outcome is not told yet. Telling takes no slot, since a
    /// workspace whose rows are locked must not hold those of the others.
    untold: Semaphore,
    /// Held while claims are rescued: beside the lanes, one round at a time.
    rescuing: Arc<tokio::sync::Mutex<()>>,
    is_stopping: AtomicBool,
    /// Told when claims stop.
    stopped: Notify,
    /// What the log is told of looks at what is due.
    looking: Spell,
}

/// Whether a message may leave.
enum Paced {
    /// It may.
    Go,
    /// It waited for too long to be sent at all.
    TooLate,
    /// Its number has another token: its order is read again.
    LookAgain,
}

/// Claims whose outcome is not told yet, all of them together.
const UNTOLD_MAX: usize = 65_536;
/// Claims that are rescued in one group.
const RESCUES_AT_ONCE: usize = 64;
/// Lanes looked for at once.
const DUE_AT_ONCE: u64 = 512;
/// How often that is done in a row, when it finds as many.
const PAGES_AT_ONCE: u32 = 8;
/// How often what nobody woke us for is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A claim that dials later than this after its commit goes back. Connecting takes at most 1.5 s,
/// so its first byte leaves within 2 s.
const DIAL_WITHIN: Duration = Duration::from_millis(500);
/// A claim of which nothing was heard for this long is of a dead worker.
const CLAIM_EXPIRES_MS: i64 = 60_000;

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl Sender {
    /// A sender, not yet running.
    pub fn new(parts: SenderParts) -> Self {
        let interval_ms = i64::try_from(parts.pace.recipient_interval_ms).unwrap_or(i64::MAX);
        let pace = Pace::new(interval_ms, i64::from(parts.pace.recipient_burst));
        let slots = Semaphore::new(parts.slots);
        Self(Arc::new(Inner {
            parts,
            pace: Mutex::new(pace),
            lanes: Lanes::default(),
            numbers: Mutex::default(),
            lifted: Notify::new(),
            slots,
            untold: Semaphore::new(UNTOLD_MAX),
            rescuing: Arc::default(),
            is_stopping: AtomicBool::new(false),
            stopped: Notify::new(),
            looking: Spell::default(),
        }))
    }

    /// Rescues what dead nodes left behind and sends what this node is to send, until claims stop.
    pub async fn run(self) {
        let parts = &self.0.parts;
        let mut membership = parts.membership.clone();
        let mut from_others = parts.coordinator.on_sends_due();
        let mut looked: Option<Duration> = None;
        while !self.is_stopping() {
            self.lift_replaced().await;
            self.start_due_lanes().await;
            let now = parts.clock.monotonic();
            if looked.is_none_or(|looked| now.saturating_sub(looked) >= LOOK_EVERY) {
                looked = Some(now);
                self.start_rescue();
            }
            tokio::select! {
                () = self.sends_due() => {}
                Ok(()) = from_others.changed() => {}
                () = membership.changed() => looked = None,
                () = parts.clock.sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Waits until something was queued here that is ours to send; what is another node's to send,
    /// that one is told of.
    async fn sends_due(&self) {
        loop {
            let numbers = self.0.parts.engine.sends_due().await;
            let all = numbers.len();
            let ours = numbers.into_iter().filter(|channel| self.is_ours(*channel)).count();
            // It looks by itself as well: without a bus it comes later.
            if ours < all && self.0.parts.coordinator.sends_due().await.is_err() {
                tracing::debug!("another node is not told of what it has to send");
            }
            if ours > 0 {
                return;
            }
        }
    }

    /// Claims nothing more from here on.
    pub fn stop_claims(&self) {
        self.0.is_stopping.store(true, Ordering::SeqCst);
        self.0.stopped.notify_waiters();
    }

    /// Claims nothing more, and waits until what was claimed has its outcome, at most `within`;
    /// whether it has. A request that is cut off here would be of unknown outcome at the next
    /// start.
    pub async fn drain(&self, within: Duration) -> bool {
        self.stop_claims();
        let all = u32::try_from(UNTOLD_MAX).unwrap_or(u32::MAX);
        tokio::time::timeout(within, self.0.untold.acquire_many(all)).await.is_ok()
    }

    /// Rescues beside the lanes, unless it goes on: while the database is slow each takes long.
    fn start_rescue(&self) {
        let Ok(turn) = Arc::clone(&self.0.rescuing).try_lock_owned() else { return };
        let sender = self.clone();
        tokio::spawn(async move {
            sender.rescue().await;
            drop(turn);
        });
    }

    /// Claims that no lane of ours holds and of which nobody will tell a result: their outcome is
    /// unknown.
    async fn rescue(&self) {
        let me = self.0.parts.membership.roster().me;
        let expired = self.now().plus_ms(-CLAIM_EXPIRES_MS);
        let stranded = async {
            let mut tx = self.store().read().await?;
            stranded_sends(&mut tx, me, expired, DUE_AT_ONCE).await
        };
        let Ok(stranded) = stranded.await else { return };
        for some in stranded.chunks(RESCUES_AT_ONCE) {
            let theirs = some.iter().filter(|(at, _)| !self.0.lanes.is_running(at));
            let asked = theirs.map(|(at, claim)| self.0.parts.engine.rescue(*at, *claim));
            let rescued = join_all(asked).await.iter().filter(|rescued| rescued.is_ok()).count();
            self.0.parts.metrics.sends.add("rescued", u64::try_from(rescued).unwrap_or(0));
        }
    }

    async fn start_due_lanes(&self) {
        let mut all = 0;
        for _ in 0..PAGES_AT_ONCE {
            let due = self.due().await;
            if !self.store().is_away() {
                let what = "what is due could not be read; trying again";
                let now = self.0.parts.clock.monotonic();
                self.0.looking.note(what, due.as_ref().err(), now);
            }
            let Ok(due) = due else { return };
            let found = due.len();
            all += found;
            self.0.parts.metrics.jobs_due.set(i64::try_from(all).unwrap_or(i64::MAX));
            for at in due {
                if self.is_ours(at.channel)
                    && let Some(running) = self.0.lanes.enter(&at)
                {
                    tokio::spawn(self.clone().run_lane(at, running));
                }
            }
            // Those behind a full page are not theirs to wait for.
            if u64::try_from(found).unwrap_or(u64::MAX) < DUE_AT_ONCE {
                return;
            }
        }
    }

    async fn due(&self) -> Result<Vec<MessageAt>, StoreError> {
        let mut busy = self.0.lanes.busy();
        let roster = self.0.parts.membership.roster();
        busy.channels.extend(self.numbers().others(&roster));
        let mut tx = self.store().read().await?;
        due_sends(&mut tx, self.now(), &busy, DUE_AT_ONCE).await
    }

    /// Sends the lane's first message and those that follow it, until one has to wait.
    async fn run_lane(self, first: MessageAt, _running: Running) {
        let mut next = Some(first);
        while let Some(message) = next.take() {
            if !self.send_one(message).await {
                return;
            }
            if !self.is_ours(message.channel) {
                return;
            }
            let lane = (message.workspace, message.conversation);
            let following = async {
                let mut tx = self.store().read().await?;
                next_in_lane(&mut tx, lane.0, lane.1, self.now()).await
            };
            next = following.await.unwrap_or_default();
        }
    }

    /// Whether the lane may go on.
    async fn send_one(&self, at: MessageAt) -> bool {
        let order = match self.order(at).await {
            Ok(order) => order,
            Err(error) => {
                tracing::warn!(%error, message_id = %at.message, "a send must wait");
                return false;
            }
        };
        if order.as_ref().is_some_and(|order| self.is_awaiting_delivery(order)) {
            return false;
        }
        let paced_order = match &order {
            Some(order) => match self.wait_for_pace(at, order).await {
                Paced::Go => Some(order),
                Paced::TooLate => None,
                Paced::LookAgain => return true,
            },
            None => None,
        };
        let Ok(slot) = self.0.slots.acquire().await else { return false };
        let Ok(_untold) = self.0.untold.acquire().await else { return false };
        if self.is_stopping() {
            return false;
        }
        let me = self.0.parts.membership.roster().me;
        let answer = self.0.parts.engine.claim(at, self.claim_epoch(), me).await;
        // The claim may have waited long for its group; the limit counts from its commit.
        let claimed_at = self.0.parts.clock.monotonic();
        if let (Some(order), Ok(ClaimAnswer::Wait | ClaimAnswer::No) | Err(_)) =
            (paced_order, &answer)
        {
            self.pace().give_back(at.channel, &order.to.value);
        }
        match answer {
            Ok(ClaimAnswer::Go(claim)) => {
                let attempt = claim.attempt;
                let (result, due_at) = match paced_order {
                    Some(order) => self.attempt(at, order, attempt, claimed_at).await,
                    // It was queued anew meanwhile: once more from the start.
                    None if order.is_some() => {
                        (SendResult::Again, Some(self.now().plus_ms(backoff_ms(attempt))))
                    }
                    None => (SendResult::Refused(nothing_to_send()), None),
                };
                let goes_on = matches!(result, SendResult::Accepted { .. });
                drop(slot);
                self.tell(at, claim, result, due_at).await;
                goes_on
            }
            Ok(ClaimAnswer::No) => true,
            Ok(ClaimAnswer::Wait) | Err(_) => false,
        }
    }

    async fn order(&self, at: MessageAt) -> Result<Option<SendOrder>, StoreError> {
        let mut tx = self.store().read().await?;
        send_order(&mut tx, at).await
    }

    /// Holds the lane, not a slot, until both buckets have room. What has been queued for too long
    /// goes on without: its claim holds it for review.
    async fn wait_for_pace(&self, at: MessageAt, order: &SendOrder) -> Paced {
        let channel = at.channel;
        let held_from = order.queued_at.plus_ms(QUEUED_MS_MAX + 1);
        loop {
            let left_ms = held_from.since(self.now());
            if left_ms <= 0 {
                return Paced::TooLate;
            }
            let lifted = self.0.lifted.notified();
            let taken = {
                let mut pace = self.pace();
                pace.set_number(channel, order.pace_per_s);
                pace.take(channel, &order.to.value, self.pace_now())
            };
            let Err(wait_ms) = taken else { return Paced::Go };
            let wait_ms = u64::try_from(wait_ms.min(left_ms)).unwrap_or(0);
            tokio::select! {
                () = self.0.parts.clock.sleep(Duration::from_millis(wait_ms)) => {}
                () = lifted => return Paced::LookAgain,
            }
        }
    }

    async fn attempt(
        &self,
        at: MessageAt,
        order: &SendOrder,
        attempt: u32,
        claimed_at: Duration,
    ) -> (SendResult, Option<Timestamp>) {
        let parts = &self.0.parts;
        let opened = (parts.unseal)(at.workspace, at.channel, &order.token_sealed);
        let Some(token) = opened else {
            tracing::error!(channel_id = %at.channel, "the channel's token cannot be read");
            self.pause(at, order, Pause::Channel, 60_000);
            return (SendResult::Again, Some(self.now()));
        };
        if order.file.as_ref().is_some_and(|(_, media)| media.is_empty()) {
            return (SendResult::Refused(file_not_had()), None);
        }
        let request = SendRequest {
            base_url: &parts.whatsapp.graph_url,
            version: &parts.whatsapp.graph_version,
            phone_number_id: &order.phone_number_id,
            token: &token,
            to: &addressee(order),
            content: &order.content,
            author: order.author.as_deref(),
            previews_links: order.previews_links,
            quoted_wamid: order.quoted_wamid.as_deref(),
            file: order.file.as_ref().map(|(kind, media)| (*kind, media.as_str())),
            tag: tag(parts.engine.store().epoch(), at, attempt),
        };
        if parts.clock.monotonic().saturating_sub(claimed_at) > DIAL_WITHIN {
            // Without a pause a slow server would do nothing but claim.
            return (SendResult::Again, Some(self.now().plus_ms(backoff_ms(attempt))));
        }
        let outcome = parts.client.send(&request).await;
        let said = Said::of(&outcome);
        let judged = self.judge(at, order, attempt, outcome);
        self.note(at, order.queued_at, said).await;
        judged
    }

    /// What an outcome means for the message, and for those that follow.
    fn judge(
        &self,
        at: MessageAt,
        order: &SendOrder,
        attempt: u32,
        outcome: SendOutcome,
    ) -> (SendResult, Option<Timestamp>) {
        let metrics = &self.0.parts.metrics;
        let now = self.now();
        match outcome {
            SendOutcome::Accepted { wamid } => {
                metrics.sends.inc("accepted");
                tracing::debug!(message_id = %at.message, attempt, "sent");
                (SendResult::Accepted { wamid }, None)
            }
            SendOutcome::NotSent { why } => {
                metrics.sends.inc("not_sent");
                tracing::debug!(message_id = %at.message, attempt, why, "not sent; tried again");
                (SendResult::Again, Some(now.plus_ms(backoff_ms(attempt))))
            }
            SendOutcome::Unknown { why } => {
                metrics.sends.inc("unknown");
                tracing::warn!(message_id = %at.message, why, "the outcome of a send is unknown");
                (SendResult::Unknown, None)
            }
            SendOutcome::Refused { error, class, retry_after_ms } => {
                metrics.sends.inc("refused");
                let pause = look_up(error.code).map_or(Pause::Nothing, |row| row.pause);
                log_refused(at, attempt, &error, pause);
                let wait_ms =
                    retry_after_ms.and_then(|ms| i64::try_from(ms).ok()).unwrap_or_else(|| {
                        match pause {
                            Pause::Recipient => pair_backoff_ms(attempt),
                            Pause::Nothing | Pause::Number | Pause::Account | Pause::Channel => {
                                backoff_ms(attempt)
                            }
                        }
                    });
                let until = now.plus_ms(wait_ms);
                self.pause(at, order, pause, wait_ms);
                // However long the pause, a queued message is looked at when it is too late for
                // it. What a token holds back is due at once: it waits for the number's pause,
                // which a new token ends.
                let is_held = pause == Pause::Channel;
                let again_at = if is_held { now } else { until.min(now.plus_ms(QUEUED_MS_MAX)) };
                if class.passes_by_itself() || is_held {
                    (SendResult::Again, Some(again_at))
                } else if class == Class::Unknown {
                    (SendResult::Unknown, None)
                } else {
                    (SendResult::Refused(error), None)
                }
            }
        }
    }

    fn pause(&self, at: MessageAt, order: &SendOrder, pause: Pause, wait_ms: i64) {
        let (channel, until) = (at.channel, self.pace_now().plus_ms(wait_ms));
        match pause {
            Pause::Nothing => {}
            Pause::Recipient => self.pace().pause_recipient(channel, &order.to.value, until),
            Pause::Number | Pause::Account => self.pace().pause_number(channel, until),
            Pause::Channel => {
                let number = (at.workspace, channel);
                let is_new = self.pace().pause_refused(number, &order.token_sealed, until);
                // Once for each token, however many sends it refuses.
                if is_new {
                    let channel_id = channel;
                    tracing::warn!(%channel_id, "WhatsApp refuses this number; sends wait");
                }
            }
        }
    }

    /// Made from the clock, so that it grows with every claim of a message.
    fn claim_epoch(&self) -> u64 {
        let ms = u64::try_from(self.now().ms()).unwrap_or(0);
        (ms << 20) | self.0.parts.clock.below(1 << 20)
    }

    fn is_stopping(&self) -> bool {
        self.0.is_stopping.load(Ordering::SeqCst)
    }

    fn now(&self) -> Timestamp {
        self.0.parts.clock.now()
    }

    /// The time of paces: a wall clock that is put back would hold everything up.
    fn pace_now(&self) -> Timestamp {
        let elapsed = self.0.parts.clock.monotonic().as_millis();
        Timestamp::from_ms(i64::try_from(elapsed).unwrap_or(i64::MAX))
    }

    /// Whether this node sends from that number.
    fn is_ours(&self, channel: ChannelId) -> bool {
        self.numbers().is_ours(&self.0.parts.membership.roster(), channel)
    }

    fn numbers(&self) -> std::sync::MutexGuard<'_, Numbers> {
        self.0.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn store(&self) -> &Store {
        self.0.parts.engine.store()
    }

    fn pace(&self) -> std::sync::MutexGuard<'_, Pace> {
        self.0.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One line for each message that is refused, with the reason in our own words. What a token holds
/// back is told once for the number.
fn log_refused(at: MessageAt, attempt: u32, error: &MessageError, pause: Pause) {
    let (message_id, code, reason) = (at.message, error.code, &error.reason);
    if pause == Pause::Channel {
        tracing::debug!(%message_id, attempt, code, reason, "WhatsApp refused a send");
    } else {
        tracing::info!(%message_id, attempt, code, reason, "WhatsApp refused a send");
    }
}

/// 1, 2, 4 … 60 s.
fn backoff_ms(attempt: u32) -> i64 {
    let doublings = attempt.saturating_sub(1).min(6);
    (1000_i64 << doublings).min(60_000)
}

/// 1, 4, 16 … s, as Meta asks for pair rate limits (Cloud API, error 131056).
fn pair_backoff_ms(attempt: u32) -> i64 {
    4_i64.pow(attempt.saturating_sub(1).min(5)) * 1000
}

fn nothing_to_send() -> MessageError {
    MessageError {
        code: 0,
        reason: "What it says was erased, or the customer has no address any more.".to_owned(),
        remedy: "If the customer still needs an answer, write it again.".to_owned(),
    }
}

/// Of a line that was sent on.
fn file_not_had() -> MessageError {
    MessageError {
        code: 0,
        reason: "Its file could not be given to WhatsApp.".to_owned(),
        remedy: "Send the file itself, if the customer still needs it.".to_owned(),
    }
}

fn addressee(order: &SendOrder) -> Addressee {
    let Name { kind, value } = &order.to;
    match kind {
        NameKind::UserId => Addressee::UserId(value.clone()),
        NameKind::WaId => Addressee::WaId(value.clone()),
        NameKind::GroupId => Addressee::Group(value.clone()),
    }
}

fn tag(epoch: Epoch, at: MessageAt, attempt: u32) -> Tag {
    Tag { epoch, message: at.message, attempt }
}
