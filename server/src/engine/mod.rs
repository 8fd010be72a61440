//! The committer: everything that changes what the log tells goes through it.
//!
//! Members (webhooks, commands, claims of sends, results, timers, settings) queue up; a group is
//! what arrived while the last one was committing. A group is locked, read, decided in memory,
//! one member after the other, written set-based, committed and published. On any error its
//! members are run singly, so that only the guilty one fails.

mod act;
mod committer;
mod group;
mod leases;
mod load;
mod memory;
mod missed;
mod needs;
mod receive;
mod record;
mod senders;
pub mod work;

use std::sync::Arc;
use std::time::Duration;

use baton_domain::decide::delivery::SendResult;
use baton_domain::outcome::Answer;
use baton_protocol::outcome::Outcome;
use baton_protocol::{
    AgentId, Command, CommandBody, CommandResult, ConversationId, MessageId, NoteId, OpId, Refusal,
    Refused, Timestamp, WorkspaceId,
};
use sha2::{Digest, Sha256};
use tokio::sync::{Notify, mpsc, oneshot};

use crate::clock::Clock;
use crate::coordinator::Coordinator;
use crate::store::{Store, StoreError};
use crate::telemetry::Metrics;
use leases::Leases;
use work::{
    Caller, ClaimAnswer, ClaimWork, CommandWork, Done, MessageAt, OutcomesWork, Post, RehomeWork,
    ResultWork, SettingWork, WakeWork, Work,
};

/// Nobody could decide right now: try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server cannot decide right now; try again in {retry_after_ms} ms")]
pub struct Unavailable {
    /// When to try again.
    pub retry_after_ms: u64,
}

/// Why a change of settings was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingRefused {
    /// A rule of the database refused it: a name taken, an id unknown.
    #[error("the change contradicts what there is: {0}")]
    Conflict(String),
    /// Nobody could decide right now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// How the committer works.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Members that may wait; above, answers are `unavailable`.
    pub queue: usize,
    /// Weight of a group at most, in events or so.
    pub group: usize,
    /// How long a group waits for a lock before it is split.
    pub lock_wait: Duration,
    /// How long a member alone waits for a lock before it is refused.
    pub lock_wait_alone: Duration,
    /// How long a member waits for its answer.
    pub answer_wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            queue: 4096,
            group: 256,
            lock_wait: Duration::from_millis(100),
            lock_wait_alone: Duration::from_secs(1),
            answer_wait: Duration::from_secs(10),
        }
    }
}

struct Member {
    work: Work,
    done: oneshot::Sender<Result<Done, StoreError>>,
}

/// The committer's front. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    queue: mpsc::Sender<Member>,
    store: Store,
    clock: Clock,
    leases: Arc<Leases>,
    sends: Arc<Notify>,
    answer_wait: Duration,
    metrics: Metrics,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

const UNAVAILABLE: Unavailable = Unavailable { retry_after_ms: 1000 };

impl Engine {
    /// Starts the committer; it ends when all fronts are gone and the queue is empty.
    pub fn start(
        store: Store,
        clock: Clock,
        coordinator: Arc<dyn Coordinator>,
        metrics: Metrics,
        limits: Limits,
    ) -> (Self, tokio::task::JoinHandle<()>) {
        let (queue, members) = mpsc::channel(limits.queue);
        let sends = Arc::new(Notify::new());
        let committer = committer::Committer {
            store: store.clone(),
            clock: clock.clone(),
            coordinator: Arc::clone(&coordinator),
            metrics: metrics.clone(),
            limits,
            sends: Arc::clone(&sends),
        };
        let task = tokio::spawn(committer.run(members));
        let answer_wait = limits.answer_wait;
        let leases = Arc::new(Leases::new(coordinator, clock.clone(), metrics.clone()));
        (Self { queue, store, clock, leases, sends, answer_wait, metrics }, task)
    }

    /// Takes in a webhook: returns once it is committed.
    pub async fn post(&self, post: Post) -> Result<(), Unavailable> {
        self.ask(Work::Post(post)).await.map(drop)
    }

    /// Decides commands of one author, in order.
    pub async fn commands(&self, caller: Caller, commands: Vec<Command>) -> Vec<CommandResult> {
        let mut waiting = Vec::with_capacity(commands.len());
        for command in commands {
            let (op_id, of) = (command.op_id, command.conversation_id);
            waiting.push((op_id, of, self.enqueue_command(caller, command).await));
        }
        let mut results = Vec::with_capacity(waiting.len());
        for (op_id, of, answer) in waiting {
            let answer = match answer {
                Ok(answer) => self.answer(answer).await,
                Err(unavailable) => Err(unavailable),
            };
            let mut result = result_of(op_id, answer);
            missed::show(&self.store, caller, of, &mut result).await;
            self.count(&result);
            results.push(result);
        }
        results
    }

    /// Decides one command.
    pub async fn command(&self, caller: Caller, command: Command) -> CommandResult {
        let op_id = command.op_id;
        self.commands(caller, vec![command])
            .await
            .pop()
            .unwrap_or_else(|| result_of(op_id, Err(UNAVAILABLE)))
    }

    fn count(&self, result: &CommandResult) {
        self.metrics.commands.inc(match &result.outcome {
            Outcome::Accepted(_) => "accepted",
            Outcome::Refused(refused) => refused.refusal.code(),
        });
    }

    async fn enqueue_command(
        &self,
        caller: Caller,
        command: Command,
    ) -> Result<oneshot::Receiver<Result<Done, StoreError>>, Unavailable> {
        let lease = if matches!(command.body, CommandBody::Reply(_)) {
            self.leases.live(caller.workspace, command.conversation_id).await
        } else {
            None
        };
        let work = CommandWork {
            caller,
            body_hash: body_hash(&command),
            message: MessageId(self.clock.uuid_v4()),
            note: NoteId(self.clock.uuid_v4()),
            lease,
            command,
        };
        self.enqueue(Work::Command(work))
    }

    /// What became of op ids; from here on, those unknown are refused as `cancelled`.
    pub async fn outcomes(
        &self,
        workspace: WorkspaceId,
        agent: AgentId,
        op_ids: Vec<OpId>,
    ) -> Result<Vec<CommandResult>, Unavailable> {
        let work = Work::Outcomes(OutcomesWork { workspace, agent, op_ids });
        let Done::Outcomes(answers) = self.ask(work).await? else { return Err(UNAVAILABLE) };
        let result = |(op_id, answer)| result_of(op_id, Ok(Done::Command(answer)));
        Ok(answers.into_iter().map(result).collect())
    }

    /// Changes settings; each change is an event.
    pub async fn setting(&self, work: SettingWork) -> Result<(), SettingRefused> {
        let receiver = self.enqueue(Work::Setting(work))?;
        match tokio::time::timeout(self.answer_wait, receiver).await {
            Ok(Ok(Ok(_))) => Ok(()),
            Ok(Ok(Err(StoreError::Conflict { constraint }))) => {
                Err(SettingRefused::Conflict(constraint))
            }
            _ => Err(SettingRefused::Unavailable(UNAVAILABLE)),
        }
    }

    /// Claims a message for sending. `claim_epoch` must be above any earlier one of the message.
    pub async fn claim(&self, at: MessageAt, claim_epoch: u64) -> Result<ClaimAnswer, Unavailable> {
        Ok(self.ask(Work::Claim(ClaimWork { at, claim_epoch })).await?.claim())
    }

    /// Tells what became of an attempt.
    pub async fn result(
        &self,
        at: MessageAt,
        (attempt, claim_epoch): (u32, u64),
        result: SendResult,
        due_at: Option<Timestamp>,
    ) -> Result<(), Unavailable> {
        let work = ResultWork { at, attempt, claim_epoch, result, due_at };
        self.ask(Work::Result(work)).await.map(drop)
    }

    /// A claim whose worker died: its outcome is unknown.
    pub async fn rescue(&self, at: MessageAt) -> Result<(), Unavailable> {
        self.ask(Work::Rescue(at)).await.map(drop)
    }

    /// A snooze has come to its end.
    pub async fn wake(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
        until: Timestamp,
    ) -> Result<(), Unavailable> {
        self.ask(Work::Wake(WakeWork { workspace, conversation, until })).await.map(drop)
    }

    /// Gives a conversation of somebody who leaves back to its queue.
    pub async fn rehome(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
        agent: AgentId,
    ) -> Result<(), Unavailable> {
        self.ask(Work::Rehome(RehomeWork { workspace, conversation, agent })).await.map(drop)
    }

    async fn ask(&self, work: Work) -> Result<Done, Unavailable> {
        let receiver = self.enqueue(work)?;
        self.answer(receiver).await
    }

    fn enqueue(
        &self,
        work: Work,
    ) -> Result<oneshot::Receiver<Result<Done, StoreError>>, Unavailable> {
        let (done, receiver) = oneshot::channel();
        // A full queue refuses at once: waiting longer would only hide that it is too much.
        match self.queue.try_send(Member { work, done }) {
            Ok(()) => Ok(receiver),
            Err(_) => Err(UNAVAILABLE),
        }
    }

    async fn answer(
        &self,
        receiver: oneshot::Receiver<Result<Done, StoreError>>,
    ) -> Result<Done, Unavailable> {
        match tokio::time::timeout(self.answer_wait, receiver).await {
            Ok(Ok(Ok(done))) => Ok(done),
            _ => Err(UNAVAILABLE),
        }
    }

    /// Returns when a message was queued since the last call returned.
    pub async fn sends_due(&self) {
        self.sends.notified().await;
    }

    /// Members that wait.
    pub fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    /// The database behind it.
    pub fn store(&self) -> &Store {
        &self.store
    }
}

fn result_of(op_id: OpId, answer: Result<Done, Unavailable>) -> CommandResult {
    let outcome = match answer {
        Ok(Done::Command(Answer::Accepted(accepted))) => Outcome::Accepted(accepted),
        Ok(Done::Command(Answer::Refused(refusal))) => Outcome::Refused(Refused::from(refusal)),
        Ok(_) | Err(_) => {
            let retry_after_ms = UNAVAILABLE.retry_after_ms;
            Outcome::Refused(Refused::from(Refusal::Unavailable { retry_after_ms }))
        }
    };
    CommandResult { op_id: Some(op_id), outcome }
}

/// SHA-256 of the canonical command: the same wish has the same hash on every road.
fn body_hash(command: &Command) -> String {
    hex::encode(Sha256::digest(serde_json::to_vec(command).unwrap_or_default()))
}

#[cfg(test)]
mod tests;
