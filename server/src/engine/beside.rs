//! Workspaces whose rows somebody has locked. What they are asked waits beside the committer's
//! loop, in order within its workspace, so that it stalls only itself.
//!
//! A side queue begins when a group had to wait for a lock: each workspace of the group gets one.
//! It ends when everything in it is decided, for most of them a moment later. Nobody waits in it
//! for longer than askers wait.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use baton_protocol::WorkspaceId;
use tokio::task::JoinSet;

use super::Member;
use super::committer::{Committer, is_alone, refuse_quietly};
use super::part::{Part, is_of_worker};

/// Members that wait in one queue. Further ones are refused, so that webhooks of one workspace do
/// not fill the server.
const WAITING_MAX: usize = 256;
/// Members in one queue whose workers try again by themselves.
const OF_WORKERS_MAX: usize = 4;

/// The side queues of workspaces whose rows are locked.
pub(super) struct Beside {
    committer: Arc<Committer>,
    queues: BTreeMap<Part, SideQueue>,
    running: JoinSet<Ran>,
}

#[derive(Default)]
struct SideQueue {
    members: VecDeque<Member>,
    /// Whether a batch of it is being tried.
    is_running: bool,
    /// Since when it is stuck.
    stuck: Option<Duration>,
}

/// A batch of a queue was tried.
pub(super) struct Ran {
    part: Part,
    /// What is still locked.
    stuck: Vec<Member>,
}

impl Beside {
    pub(super) fn new(committer: Arc<Committer>) -> Self {
        Self { committer, queues: BTreeMap::new(), running: JoinSet::new() }
    }

    /// Opens a queue for each workspace of these members, in their order.
    pub(super) fn open(&mut self, members: Vec<Member>) {
        for member in members {
            let part = self.committer.owners.part(&member.task.work);
            self.queues.entry(part).or_default().members.push_back(member);
        }
        let idle = self.queues.iter().filter(|(_, queue)| !queue.is_running);
        let idle: Vec<Part> = idle.map(|(part, _)| part.clone()).collect();
        for part in idle {
            self.spawn(part);
        }
    }

    /// Takes a member whose workspace has a queue; gives any other back.
    pub(super) fn divert(&mut self, member: Member) -> Option<Member> {
        // For nearly always: nothing is looked up.
        if self.queues.is_empty() {
            return Some(member);
        }
        let parts = self.committer.owners.parts(&member.task.work);
        let part = parts.iter().find(|part| self.queues.contains_key(part));
        let Some(queue) = part.and_then(|part| self.queues.get_mut(part)) else {
            return Some(member);
        };
        if queue.has_room_for(&member) {
            queue.members.push_back(member);
        } else {
            self.committer.metrics.group_retries.inc("given_up");
            refuse_quietly(member);
        }
        None
    }

    /// Waits for a batch of any queue, and starts the next one of it. `None` without any queue.
    pub(super) async fn next(&mut self) -> Option<()> {
        let ran = match self.running.join_next().await? {
            Ok(ran) => ran,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        };
        self.take_back(ran);
        Some(())
    }

    fn take_back(&mut self, Ran { part, stuck }: Ran) {
        let Some(queue) = self.queues.get_mut(&part) else { return };
        queue.is_running = false;
        let now = self.committer.clock.monotonic();
        if !stuck.is_empty() && queue.stuck.is_none() {
            queue.stuck = Some(now);
            tracing::warn!(
                workspace = workspace(&part),
                "the rows of a workspace are locked; what it is asked waits, the others go on"
            );
        }
        for member in stuck.into_iter().rev() {
            queue.members.push_front(member);
        }
        queue.drop_surplus();
        queue.members.retain(|member| !member.done.is_closed());
        if queue.members.is_empty() {
            if let Some(since) = queue.stuck {
                let held_ms = u64::try_from(now.saturating_sub(since).as_millis()).unwrap_or(0);
                let workspace = workspace(&part);
                tracing::info!(workspace, held_ms, "nothing of this workspace waits for locks");
            }
            self.queues.remove(&part);
        } else {
            self.spawn(part);
        }
        self.show();
    }

    fn spawn(&mut self, part: Part) {
        let Some(queue) = self.queues.get_mut(&part) else { return };
        queue.is_running = true;
        let batch = queue.batch(self.committer.limits.group);
        let committer = Arc::clone(&self.committer);
        self.running.spawn(async move {
            let stuck = committer.settle_beside(batch).await;
            Ran { part, stuck }
        });
    }

    fn show(&self) {
        let stuck = self.queues.values().filter(|queue| queue.stuck.is_some()).count();
        let metrics = &self.committer.metrics;
        metrics.workspaces_stuck.set(i64::try_from(stuck).unwrap_or(i64::MAX));
    }
}

impl SideQueue {
    fn has_room_for(&self, member: &Member) -> bool {
        let is_of_worker = is_of_worker(&member.task.work);
        self.members.len() < WAITING_MAX
            && (self.stuck.is_none() || !is_of_worker || self.of_workers() < OF_WORKERS_MAX)
    }

    fn of_workers(&self) -> usize {
        self.members.iter().filter(|member| is_of_worker(&member.task.work)).count()
    }

    /// Of what workers brought before the queue was stuck, only a few wait.
    fn drop_surplus(&mut self) {
        let mut surplus = match self.stuck {
            Some(_) => self.of_workers().saturating_sub(OF_WORKERS_MAX),
            None => 0,
        };
        while surplus > 0
            && let Some(at) = self.members.iter().rposition(|one| is_of_worker(&one.task.work))
            && let Some(member) = self.members.remove(at)
        {
            refuse_quietly(member);
            surplus -= 1;
        }
    }

    /// The first members, as many as a group takes. Settings go alone.
    fn batch(&mut self, weight_max: usize) -> Vec<Member> {
        let mut batch: Vec<Member> = Vec::new();
        let mut weight = 0;
        while let Some(member) = self.members.pop_front() {
            if member.done.is_closed() {
                continue;
            }
            weight += member.task.work.weight();
            let is_alone = is_alone(&member.task.work);
            if !batch.is_empty() && (is_alone || weight > weight_max) {
                self.members.push_front(member);
                break;
            }
            batch.push(member);
            if is_alone {
                break;
            }
        }
        batch
    }
}

fn workspace(part: &Part) -> Option<String> {
    match part {
        Part::Workspace(workspace) => Some(WorkspaceId::to_string(workspace)),
        // Its number stands in no log.
        Part::Number(_) => None,
    }
}
