//! The loop of the committer: gather a group, run it, set aside what somebody has locked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use baton_domain::decide::delivery::SendResult;
use baton_domain::fact::log::{Batch, Logged};
use baton_domain::group::{ClaimAnswer, ClaimWork, Done, ResultWork, Work};
use baton_protocol::{ChannelId, Fact, HeldReason, MessageStatus};
use tokio::sync::{Notify, Semaphore};

use super::beside::Beside;
use super::due::Due;
use super::group::{self, Committed, Failed, Road, Way};
use super::others::Others;
use super::part::{Owners, must_follow};
use super::policies::Policies;
use super::queue::{Exit, Queue};
use super::work::Task;
use super::{Limits, Member};
use crate::clock::Clock;
use crate::coordinator::Coordinator;
use crate::store::{Store, StoreError};
use crate::telemetry::{Metrics, Spell};

/// How often a commit with an unknown outcome is run again before its members are told
/// `unavailable`.
const UNKNOWN_TRIES: usize = 3;

/// How many members of a workspace try for a lock, each alone, before the others are left.
const STALLS_MAX: usize = 3;

pub(super) struct Committer {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) coordinator: Arc<dyn Coordinator>,
    pub(super) metrics: Metrics,
    pub(super) limits: Limits,
    pub(super) sends: Arc<Due>,
    pub(super) pushes: Arc<Notify>,
    pub(super) files: Arc<Notify>,
    pub(super) owners: Arc<Owners>,
    pub(super) others: Arc<Others>,
    pub(super) policies: Policies,
    pub(super) waits: Waits,
    /// Who may try again beside the loop, in turn.
    pub(super) turns: Semaphore,
    /// What the log is told of what could not be committed.
    pub(super) spells: Spells,
}

/// Failures of commits, of which there may be hundreds a second.
#[derive(Debug, Default)]
pub(super) struct Spells {
    uncommitted: Spell,
    unknown: Spell,
}

const UNCOMMITTED: &str = "work could not be committed; it is refused as unavailable";
const UNKNOWN: &str = "the outcome of a commit is unknown; it is looked up";

/// How long the loop waits for a lock. Everybody waits with it, so no longer than four groups take:
/// what another node holds for the length of a group is had by then.
#[derive(Debug, Default)]
pub(super) struct Waits {
    /// What a group took lately, in microseconds.
    group_us: AtomicU64,
}

impl Waits {
    fn take_note(&self, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let before = self.group_us.load(Ordering::Relaxed);
        // Two that run at once may overwrite each other: it is a mean.
        self.group_us.store(before.saturating_mul(7).saturating_add(took) / 8, Ordering::Relaxed);
    }

    fn lock_wait(&self, most: Duration) -> Duration {
        let groups = Duration::from_micros(self.group_us.load(Ordering::Relaxed).saturating_mul(4));
        groups.clamp(most / 5, most)
    }
}

impl Committer {
    /// Runs until every front is gone and the queue is empty.
    pub(super) async fn run(self, queue: Exit) {
        let committer = Arc::new(self);
        let mut beside = Beside::new(Arc::clone(&committer));
        let mut carried: Option<Member> = None;
        loop {
            let first = match carried.take() {
                Some(member) => member,
                None => tokio::select! {
                    Some(()) = beside.next() => continue,
                    member = queue.next() => match member {
                        Some(member) => member,
                        None => break,
                    },
                },
            };
            let group = committer.gather(first, &queue, &mut carried, &mut beside);
            if !group.is_empty() {
                let stuck = committer.settle(Road::Loop, group).await;
                beside.open(stuck);
            }
        }
        while beside.next().await.is_some() {}
    }

    /// Takes what arrived while the last group was committing, the workspaces in turn; no timer.
    /// Settings go alone. What belongs to a workspace that is stuck goes beside.
    fn gather(
        &self,
        first: Member,
        queue: &Queue,
        carried: &mut Option<Member>,
        beside: &mut Beside,
    ) -> Vec<Member> {
        let (mut group, mut weight) = (Vec::new(), 0);
        let mut next = Some(first);
        while let Some(member) = next.take().or_else(|| queue.take()) {
            if !is_wanted(&member) {
                continue;
            }
            let Some(member) = beside.divert(member) else { continue };
            weight += member.task.work.weight();
            let is_alone = is_alone(&member.task.work);
            if !group.is_empty() && (is_alone || weight > self.limits.group) {
                *carried = Some(member);
                break;
            }
            group.push(member);
            if is_alone || weight >= self.limits.group {
                break;
            }
        }
        group
    }

    /// Decides members of one workspace beside the loop, and gives back those whose rows are still
    /// locked. One that is locked in a conversation stalls that conversation only.
    pub(super) async fn settle_beside(&self, batch: Vec<Member>) -> Vec<Member> {
        let Ok(_turn) = self.turns.acquire().await else { return Vec::new() };
        let batch: Vec<Member> =
            batch.into_iter().filter(|member| !member.done.is_closed()).collect();
        let stuck = match batch.len() {
            0 => return batch,
            _ => self.settle(Road::Beside, batch).await,
        };
        match stuck.len() {
            0 | 1 => stuck,
            _ => self.settle_singly(Road::Beside, stuck).await,
        }
    }

    /// Decides a group, or tells those who asked that nobody can. Gives back whose rows somebody
    /// has locked.
    async fn settle(&self, road: Road, group: Vec<Member>) -> Vec<Member> {
        let tasks: Vec<&Task> = group.iter().map(|member| &member.task).collect();
        let failed = match self.commit(road, &tasks).await {
            Ok(done) => {
                self.answer(road, group, done).await;
                return Vec::new();
            }
            Err(failed) => failed,
        };
        if matches!(failed.error, StoreError::LockTimeout) {
            if road == Road::Loop {
                self.metrics.group_retries.inc("split");
            }
            return group;
        }
        let is_alone = group.len() == 1;
        // Perhaps another node wrote the same a moment ago: then it is found.
        let may_be_found = matches!(failed.error, StoreError::Conflict { .. });
        // While it is away each member alone would wait just as long, one after the other.
        let is_away = matches!(failed.error, StoreError::Unavailable { .. });
        if is_away || (is_alone && !may_be_found) {
            self.refuse(group, &failed);
            return Vec::new();
        }
        if !is_alone {
            self.metrics.group_retries.inc("split");
            tracing::debug!(error = %failed.error, members = group.len(), "group split");
        }
        self.settle_singly(road, group).await
    }

    /// One member after the other; only the guilty one fails. Gives back those whose rows somebody
    /// has locked, with what must follow them.
    ///
    /// In a group inbound is decided first and claims last, and its members keep that order. Else a
    /// claim would be committed before the customer's message that waited beside it.
    async fn settle_singly(&self, road: Road, mut group: Vec<Member>) -> Vec<Member> {
        group.sort_by_key(|member| member.task.work.rank());
        let mut stuck: Vec<Member> = Vec::new();
        let mut stalls = 0;
        let mut members = group.into_iter();
        while let Some(member) = members.next() {
            // Whoever gave up waiting is told nothing, and can say it again.
            if member.done.is_closed() {
                continue;
            }
            let is_behind = |earlier: &Member| self.is_behind(road, earlier, &member);
            if stalls >= STALLS_MAX || stuck.iter().any(is_behind) {
                stuck.push(member);
                continue;
            }
            match self.commit(road, &[&member.task]).await {
                Ok(done) => self.answer(road, vec![member], done).await,
                Err(failed) if matches!(failed.error, StoreError::LockTimeout) => {
                    stalls += 1;
                    stuck.push(member);
                }
                Err(failed) if matches!(failed.error, StoreError::Unavailable { .. }) => {
                    let rest = std::iter::once(member).chain(members).collect();
                    self.refuse(rest, &failed);
                    return stuck;
                }
                Err(failed) => self.refuse(vec![member], &failed),
            }
        }
        stuck
    }

    /// Whether a member may not be decided before one that is stuck. In the loop nothing of its
    /// workspace may: it goes beside.
    fn is_behind(&self, road: Road, stuck: &Member, member: &Member) -> bool {
        let (stuck, work) = (&stuck.task.work, &member.task.work);
        match road {
            Road::Loop => !self.owners.parts(stuck).is_disjoint(&self.owners.parts(work)),
            Road::Beside => must_follow(stuck, work),
        }
    }

    /// Answers. A claim that nobody waits for any more goes back: its worker gave up before a
    /// byte left.
    async fn answer(&self, road: Road, group: Vec<Member>, done: Vec<Done>) {
        let mut back = Vec::new();
        for (member, done) in group.into_iter().zip(done) {
            // Whoever else asked may have gone: nobody is then to be told.
            let Err(Ok(Done::Claim(ClaimAnswer::Go(claim)))) = member.done.send(Ok(done)) else {
                continue;
            };
            let Work::Claim(ClaimWork { at, .. }) = member.task.work else { continue };
            back.push(Task::from(Work::Result(ResultWork {
                at,
                claim,
                result: SendResult::Again,
                due_at: None,
            })));
        }
        if !back.is_empty() {
            let tasks: Vec<&Task> = back.iter().collect();
            // Should this fail, the rescue says `unconfirmed`.
            if let Err(failed) = self.commit(road, &tasks).await {
                tracing::warn!(error = %failed.error, "claims could not be given back");
            }
        }
    }

    /// Commits and publishes. A commit whose outcome is unknown is run again: it then finds its
    /// own op ids and claims, if it did happen.
    async fn commit(&self, road: Road, tasks: &[&Task]) -> Result<Vec<Done>, Failed> {
        let lock_wait = match road {
            Road::Loop => self.waits.lock_wait(self.limits.lock_wait),
            Road::Beside => self.limits.lock_wait,
        };
        let (store, clock, owners) = (&self.store, &self.clock, &*self.owners);
        let policies = &self.policies;
        let others = &*self.others;
        let way = Way { store, clock, owners, policies, others, lock_wait, road };
        let mut tries = 0;
        let mut may_have_happened = false;
        loop {
            tries += 1;
            let started = self.clock.monotonic();
            match group::run(way, tasks).await {
                Ok(committed) => {
                    let all = self.clock.monotonic().saturating_sub(started);
                    self.spells.uncommitted.note::<StoreError>(UNCOMMITTED, None, started);
                    self.spells.unknown.note::<StoreError>(UNKNOWN, None, started);
                    self.metrics.commit_s.observe(all.as_secs_f64());
                    self.waits.take_note(all);
                    self.metrics.flush_s.observe(committed.commit.as_secs_f64());
                    self.metrics
                        .group_members
                        .observe(f64::from(u32::try_from(tasks.len()).unwrap_or(u32::MAX)));
                    return Ok(self.publish(committed).await);
                }
                Err(failed) if failed.is_unknown && tries < UNKNOWN_TRIES => {
                    may_have_happened = true;
                    self.spells.unknown.note(UNKNOWN, Some(&failed.error), started);
                }
                // A refusal now may only mean that it happened: nobody can tell.
                Err(failed) if may_have_happened => {
                    let error = StoreError::Unavailable { cause: failed.error.to_string() };
                    return Err(Failed { error, is_unknown: true });
                }
                Err(failed) => return Err(failed),
            }
        }
    }

    fn refuse(&self, group: Vec<Member>, failed: &Failed) {
        for member in group {
            let error = if let StoreError::Conflict { constraint } = &failed.error {
                StoreError::Conflict { constraint: constraint.clone() }
            } else {
                if !failed.error.is_known_away() {
                    let now = self.clock.monotonic();
                    self.spells.uncommitted.note(UNCOMMITTED, Some(&failed.error), now);
                }
                StoreError::Unavailable { cause: failed.error.to_string() }
            };
            drop(member.done.send(Err(error)));
        }
    }

    async fn publish(&self, committed: Committed) -> Vec<Done> {
        for reason in committed.set_aside {
            self.metrics.quarantined.inc(reason);
            tracing::warn!(reason, "an element of a webhook was set aside; see /quarantine");
        }
        for kind in committed.not_understood {
            self.metrics.not_understood.inc(kind);
        }
        if committed.has_pushes {
            self.pushes.notify_one();
        }
        if committed.has_files {
            self.files.notify_one();
        }
        for batch in committed.batches {
            let appended = u64::try_from(batch.entries.len()).unwrap_or(0);
            self.sends
                .tell(batch.entries.iter().filter_map(|one| queued_number(&batch, one)).collect());
            self.metrics.events_appended.inc_by(appended);
            for reason in batch.entries.iter().filter_map(|logged| held(&logged.event.fact)) {
                self.metrics.held.inc(reason);
            }
            // A bus that is away costs latency: nodes poll the heads of the logs as well.
            self.coordinator.publish(Arc::new(batch)).await.unwrap_or_default();
        }
        committed.done
    }
}

/// The number from which an event has something queued to be sent, if it has.
fn queued_number(batch: &Batch, logged: &Logged) -> Option<ChannelId> {
    let (Fact::LineWritten { status, .. } | Fact::MessageChanged { status, .. }) =
        &logged.event.fact
    else {
        return None;
    };
    let head = batch.heads.get(&logged.event.conversation_id?)?;
    (*status == MessageStatus::Queued).then_some(head.channel_id)
}

/// Why a fact holds a message for review, if it does.
fn held(fact: &Fact) -> Option<&'static str> {
    let Fact::MessageChanged { status: MessageStatus::Held, held, .. } = fact else { return None };
    Some(match held {
        Some(HeldReason::Overtaken) => "overtaken",
        Some(HeldReason::WindowClosed) => "window_closed",
        Some(HeldReason::TooLate) => "too_late",
        Some(HeldReason::PredecessorHeld) => "predecessor_held",
        Some(HeldReason::Restored) => "restored",
        Some(HeldReason::Blocked) => "blocked",
        Some(HeldReason::Unknown) | None => "unsaid",
    })
}

/// Settings write rows that others of the group may have read.
pub(super) fn is_alone(work: &Work) -> bool {
    matches!(work, Work::Setting(_))
}

/// A claim is worth nothing to a worker that has given up waiting for it.
fn is_wanted(member: &Member) -> bool {
    !(matches!(member.task.work, Work::Claim(_)) && member.done.is_closed())
}

/// Tells that nobody can decide; of a workspace that is stuck that was logged once.
pub(super) fn refuse_quietly(member: Member) {
    drop(member.done.send(Err(StoreError::LockTimeout)));
}
