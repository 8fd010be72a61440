//! The loop of the committer: gather a group, run it, split it when it fails.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use baton_domain::decide::delivery::SendResult;
use baton_domain::group::{ClaimAnswer, Done, ResultWork, Work};
use baton_domain::log::{Batch, Logged};
use baton_protocol::{ChannelId, Fact, HeldReason, MessageStatus, WorkspaceId};
use tokio::sync::{Notify, mpsc};

use super::due::Due;
use super::group::{self, Committed, Failed};
use super::work::Task;
use super::{Limits, Member};
use crate::clock::Clock;
use crate::coordinator::Coordinator;
use crate::store::{Store, StoreError};
use crate::telemetry::Metrics;

/// How often a commit with an unknown outcome is run again before its members are told
/// `unavailable`.
const UNKNOWN_TRIES: usize = 3;

/// How many members of a part wait for a lock, each alone, before the others are refused.
const STALLS_MAX: usize = 3;
/// The same of a whole group: then it is no workspace that is locked, but a table.
const GROUP_STALLS_MAX: usize = 6;

pub(super) struct Committer {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) coordinator: Arc<dyn Coordinator>,
    pub(super) metrics: Metrics,
    pub(super) limits: Limits,
    pub(super) sends: Arc<Due>,
    pub(super) pushes: Arc<Notify>,
}

impl Committer {
    /// Runs until every front is gone and the queue is empty.
    pub(super) async fn run(self, mut members: mpsc::Receiver<Member>) {
        let mut carried: Option<Member> = None;
        loop {
            let first = match carried.take() {
                Some(member) => member,
                None => match members.recv().await {
                    Some(member) => member,
                    None => return,
                },
            };
            let group = self.gather(first, &mut members, &mut carried);
            if !group.is_empty() {
                self.settle(group).await;
            }
        }
    }

    /// What arrived while the last group was committing; no timer. Settings go alone.
    fn gather(
        &self,
        first: Member,
        members: &mut mpsc::Receiver<Member>,
        carried: &mut Option<Member>,
    ) -> Vec<Member> {
        let mut weight = first.task.work.weight();
        let alone = is_alone(&first.task.work);
        let mut group = Vec::from_iter(Some(first).filter(is_wanted));
        while !alone && weight < self.limits.group {
            let Ok(member) = members.try_recv() else { break };
            weight += member.task.work.weight();
            if is_alone(&member.task.work) || weight > self.limits.group {
                *carried = Some(member);
                break;
            }
            group.extend(Some(member).filter(is_wanted));
        }
        group
    }

    async fn settle(&self, group: Vec<Member>) {
        let tasks: Vec<&Task> = group.iter().map(|member| &member.task).collect();
        match self.commit(&tasks, self.limits.lock_wait).await {
            Ok(done) => self.answer(group, done).await,
            Err(failed) if group.len() == 1 => self.settle_alone(group, failed).await,
            // Each member alone would wait just as long, one after the other.
            Err(failed) if matches!(failed.error, StoreError::Unavailable { .. }) => {
                refuse(group, &failed);
            }
            Err(failed) => {
                self.metrics.group_retries.inc("split");
                tracing::debug!(error = %failed.error, members = group.len(), "group split");
                self.settle_split(group, &failed.error).await;
            }
        }
    }

    /// A lock that another holds stalls only its own workspace; any other error only the guilty
    /// member. Who is not stalled goes first.
    ///
    /// In a group inbound is decided first and claims last: so are its parts, or a claim would be
    /// committed before the customer's message that it waited beside.
    async fn settle_split(&self, mut group: Vec<Member>, error: &StoreError) {
        group.sort_by_key(|member| member.task.work.rank());
        if !matches!(error, StoreError::LockTimeout) {
            return self.settle_singly(group).await;
        }
        let mut parts: BTreeMap<Part, Vec<Member>> = BTreeMap::new();
        for member in group {
            parts.entry(Part::of(&member.task.work)).or_default().push(member);
        }
        // One part alone would only fail in the same way again.
        let is_one = parts.len() == 1;
        let (mut stalled, mut parts_stalled) = (Vec::new(), 0);
        for part in parts.into_values() {
            let tasks: Vec<&Task> = part.iter().map(|member| &member.task).collect();
            // Where so many parts are stalled, no workspace is locked but a table.
            let attempt = match is_one || parts_stalled >= STALLS_MAX {
                true => None,
                false => self.commit(&tasks, self.limits.lock_wait).await.ok(),
            };
            match attempt {
                Some(done) => self.answer(part, done).await,
                None => {
                    parts_stalled += 1;
                    stalled.extend(part);
                }
            }
        }
        stalled.sort_by_key(|member| member.task.work.rank());
        self.settle_singly(stalled).await;
    }

    /// One member after the other. Of a part in which too many were stalled the others are refused
    /// at once: everybody else waits behind them.
    async fn settle_singly(&self, members: Vec<Member>) {
        let mut stalls: BTreeMap<Part, usize> = BTreeMap::new();
        let mut all_stalls = 0;
        let mut members = members.into_iter();
        while let Some(member) = members.next() {
            // Whoever gave up waiting is told nothing, and can say it again.
            if member.done.is_closed() {
                continue;
            }
            let stalled = stalls.entry(Part::of(&member.task.work)).or_default();
            if *stalled >= STALLS_MAX || all_stalls >= GROUP_STALLS_MAX {
                self.metrics.group_retries.inc("given_up");
                refuse(vec![member], &StoreError::LockTimeout.into());
                continue;
            }
            let wait = match *stalled {
                0 => self.limits.lock_wait_alone,
                _ => self.limits.lock_wait,
            };
            match self.commit(&[&member.task], wait).await {
                Ok(done) => self.answer(vec![member], done).await,
                Err(failed) if matches!(failed.error, StoreError::Unavailable { .. }) => {
                    let rest = std::iter::once(member).chain(members).collect();
                    return refuse(rest, &failed);
                }
                Err(failed) => {
                    let is_stalled = matches!(failed.error, StoreError::LockTimeout);
                    *stalled += usize::from(is_stalled);
                    all_stalls += usize::from(is_stalled);
                    refuse(vec![member], &failed);
                }
            }
        }
    }

    /// Answers. A claim that nobody waits for any more goes back: its worker gave up before a
    /// byte left.
    async fn answer(&self, group: Vec<Member>, done: Vec<Done>) {
        let mut back = Vec::new();
        for (member, done) in group.into_iter().zip(done) {
            // Whoever else asked may have gone: nobody is then to be told.
            let Err(Ok(Done::Claim(ClaimAnswer::Go { attempt, claim_epoch }))) =
                member.done.send(Ok(done))
            else {
                continue;
            };
            let Work::Claim(claim) = member.task.work else { continue };
            back.push(Task::from(Work::Result(ResultWork {
                at: claim.at,
                attempt,
                claim_epoch,
                result: SendResult::Again,
                due_at: None,
            })));
        }
        if !back.is_empty() {
            let tasks: Vec<&Task> = back.iter().collect();
            // Should this fail, the rescue says `unconfirmed`.
            if let Err(failed) = self.commit(&tasks, self.limits.lock_wait_alone).await {
                tracing::warn!(error = %failed.error, "claims could not be given back");
            }
        }
    }

    async fn settle_alone(&self, group: Vec<Member>, failed: Failed) {
        if !matches!(failed.error, StoreError::LockTimeout | StoreError::Conflict { .. }) {
            return refuse(group, &failed);
        }
        let tasks: Vec<&Task> = group.iter().map(|member| &member.task).collect();
        match self.commit(&tasks, self.limits.lock_wait_alone).await {
            Ok(done) => self.answer(group, done).await,
            Err(failed) => refuse(group, &failed),
        }
    }

    /// Commits and publishes. A commit whose outcome is unknown is run again: it then finds its
    /// own op ids and claims, if it did happen.
    async fn commit(&self, tasks: &[&Task], lock_wait: Duration) -> Result<Vec<Done>, Failed> {
        let mut tries = 0;
        let mut may_have_happened = false;
        loop {
            tries += 1;
            let started = self.clock.monotonic();
            match group::run(&self.store, &self.clock, tasks, lock_wait).await {
                Ok(committed) => {
                    let all = self.clock.monotonic().saturating_sub(started);
                    self.metrics.commit_s.observe(all.as_secs_f64());
                    self.metrics.flush_s.observe(committed.commit.as_secs_f64());
                    self.metrics
                        .group_members
                        .observe(f64::from(u32::try_from(tasks.len()).unwrap_or(u32::MAX)));
                    return Ok(self.publish(committed).await);
                }
                Err(failed) if failed.is_unknown && tries < UNKNOWN_TRIES => {
                    may_have_happened = true;
                    tracing::warn!(error = %failed.error, "the outcome of a commit is unknown");
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

    async fn publish(&self, committed: Committed) -> Vec<Done> {
        for reason in committed.set_aside {
            self.metrics.quarantined.inc(reason);
            tracing::warn!(reason, "an element of a webhook was set aside; see /quarantine");
        }
        if committed.has_pushes {
            self.pushes.notify_one();
        }
        for batch in committed.batches {
            let appended = u64::try_from(batch.entries.len()).unwrap_or(0);
            self.sends
                .tell(batch.entries.iter().filter_map(|one| sends_from(&batch, one)).collect());
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
fn sends_from(batch: &Batch, logged: &Logged) -> Option<ChannelId> {
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
        None => "unsaid",
    })
}

/// Settings write rows that others of the group may have read.
fn is_alone(work: &Work) -> bool {
    matches!(work, Work::Setting(_))
}

/// What one lock can stall. Whose a number is shows only once the store was read.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(Option<String>),
    Workspace(WorkspaceId),
}

impl Part {
    fn of(work: &Work) -> Self {
        match work {
            Work::Post(post) => {
                let mut numbers = post.elements.iter().map(|(element, _)| &element.phone_number_id);
                Self::Number(numbers.find_map(Clone::clone))
            }
            Work::Command(work) => Self::Workspace(work.caller.workspace),
            Work::Outcomes(work) => Self::Workspace(work.workspace),
            Work::Claim(work) => Self::Workspace(work.at.workspace),
            Work::Result(work) => Self::Workspace(work.at.workspace),
            Work::Rescue(work) => Self::Workspace(work.at.workspace),
            Work::Restored(at) => Self::Workspace(at.workspace),
            Work::Unpark(work) => Self::Workspace(work.workspace),
            Work::Wake(work) => Self::Workspace(work.workspace),
            Work::Rehome(work) => Self::Workspace(work.workspace),
            Work::Setting(work) => Self::Workspace(work.workspace),
        }
    }
}

/// A claim is worth nothing to a worker that has given up waiting for it.
fn is_wanted(member: &Member) -> bool {
    !(matches!(member.task.work, Work::Claim(_)) && member.done.is_closed())
}

fn refuse(group: Vec<Member>, failed: &Failed) {
    for member in group {
        if !failed.error.is_known_away() {
            tracing::warn!(error = %failed.error, "a member was not committed");
        }
        let error = if let StoreError::Conflict { constraint } = &failed.error {
            StoreError::Conflict { constraint: constraint.clone() }
        } else {
            StoreError::Unavailable { cause: failed.error.to_string() }
        };
        drop(member.done.send(Err(error)));
    }
}
