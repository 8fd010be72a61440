//! The committer: everything that changes what the log tells goes through it.
//!
//! Members (webhooks, commands, claims of sends, results, timers, settings) queue up, in turn by
//! workspace. A group is what arrived while the last one was committing. It is locked, read,
//! decided in memory, one member after the other, written set-based, committed and published. On
//! any error its members are run singly, so that only the guilty one fails. What waits for a lock
//! waits beside the others.

pub mod acts;
pub(crate) mod announce;
mod assign;
mod beside;
mod classify;
mod clocks;
mod committer;
pub mod courtesies;
mod drafts;
mod due;
mod errand;
mod group;
mod leases;
mod load;
mod missed;
mod needs;
mod notice;
mod others;
mod part;
mod policies;
mod queue;
mod record;
mod senders;
mod sets;
mod settings_cache;
mod slots;
#[cfg(test)]
pub(crate) mod testing;
pub mod work;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use baton_domain::decide::delivery::{SendClaim, SendResult};
use baton_domain::fact::inbound::Element;
use baton_domain::fact::outcome::Answer;
use baton_domain::fact::planted::{Bug, is_planted};
use baton_domain::group::{
    BlockedWork, ClaimWork, ClassifiedWork, CommandWork, Done, FileWork, HandBackWork, LookWork,
    OfferEndWork, OutcomesWork, RehomeWork, RescueWork, ResultWork, RouteWork, SetRefused, SetWork,
    UnparkWork, Work,
};
use baton_protocol::outcome::Outcome;
use baton_protocol::setting::Setting;
use baton_protocol::{
    AgentId, ChannelId, Command, CommandBody, CommandResult, ConversationId, MessageId, NodeId,
    NoteId, OpId, Refusal, Refused, Timestamp, WorkspaceId,
};
use sha2::{Digest, Sha256};
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::coordinator::Coordinator;
use crate::store::{BESIDE_CONNECTIONS, Store, StoreError, past};
use crate::telemetry::Metrics;
use due::Due;
use leases::Leases;
use queue::{Answered, Entrance, Exit, Member, Queue};
use slots::{CommandSlot, CommandSlots};
use work::{BeginWork, Caller, ClaimAnswer, MessageAt, Post, SettingWork, Task};

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
    /// Members that may wait; above, answers are `unavailable`. What people want may take three
    /// quarters of it: the rest is for webhooks and sends. One workspace may take seven eighths:
    /// the rest is for the others.
    pub queue: usize,
    /// Commands of one agent that may be under way; above, answers are `rate_limited`.
    pub commands_of_agent: usize,
    /// Weight of a group at most, in events or so.
    pub group: usize,
    /// How long a group waits for a lock at most, before each of its workspaces goes beside.
    pub lock_wait: Duration,
    /// How long a member waits for its answer, beside too.
    pub answer_wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            queue: 4096,
            commands_of_agent: 128,
            group: 256,
            lock_wait: Duration::from_millis(100),
            answer_wait: Duration::from_secs(10),
        }
    }
}

/// The committer's front. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    queue: Arc<Entrance>,
    store: Store,
    clock: Clock,
    leases: Arc<Leases>,
    slots: Arc<CommandSlots>,
    others: Arc<others::Others>,
    sends: Arc<Due>,
    pushes: Arc<Notify>,
    files: Arc<Notify>,
    courtesies: courtesies::Courtesies,
    acts: acts::Acts,
    answer_wait: Duration,
    metrics: Metrics,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

/// Messages of the past that are taken in at once: some milliseconds.
const PAST_PIECE: usize = 50;

/// The giver of a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Giver {
    Person,
    /// In the name of somebody, to tidy up: no outcome is asked for.
    Baton,
    /// It may set what no person sets.
    Program,
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
        let owners = Arc::new(part::Owners::default());
        let queue = Queue::new(limits.queue, Arc::clone(&owners));
        let sends = Arc::new(Due::default());
        let (pushes, files) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let others = Arc::new(others::Others::default());
        let committer = committer::Committer {
            store: store.clone(),
            clock: clock.clone(),
            coordinator: Arc::clone(&coordinator),
            metrics: metrics.clone(),
            limits,
            sends: Arc::clone(&sends),
            pushes: Arc::clone(&pushes),
            files: Arc::clone(&files),
            owners,
            others: Arc::clone(&others),
            policies: policies::Policies::default(),
            waits: committer::Waits::default(),
            turns: tokio::sync::Semaphore::new(BESIDE_CONNECTIONS),
            spells: committer::Spells::default(),
        };
        let task = tokio::spawn(committer.run(Exit(Arc::clone(&queue))));
        let answer_wait = limits.answer_wait;
        let leases = Arc::new(Leases::new(coordinator, clock.clone(), metrics.clone()));
        let slots = CommandSlots::new(limits.commands_of_agent);
        let engine = Self {
            queue: Entrance::to(queue),
            store,
            clock,
            leases,
            slots,
            others,
            sends,
            pushes,
            files,
            courtesies: courtesies::Courtesies::default(),
            acts: acts::Acts::default(),
            answer_wait,
            metrics,
        };
        (engine, task)
    }

    /// Tells how to find out whether each living node knows a schema. Until it is told, none of
    /// before is there.
    pub fn know_nodes(&self, all_know: impl Fn(u64) -> bool + Send + Sync + 'static) {
        self.others.know(Box::new(all_know));
    }

    /// Takes in a webhook: returns once it is committed.
    pub async fn post(&self, post: Post) -> Result<(), Unavailable> {
        if is_planted(Bug::AcknowledgedBeforeCommit) {
            let engine = self.clone();
            tokio::spawn(async move { engine.ask(Work::Post(post)).await.map(drop) });
            return Ok(());
        }
        self.ask(Work::Post(post)).await.map(drop)
    }

    /// Takes in what a phone app shared of the time before Baton, in pieces: others are decided in
    /// between. Whether its number is connected; else nothing happens.
    pub async fn take_past(
        &self,
        meta_app: &str,
        elements: Vec<Element>,
        received_at: Timestamp,
    ) -> Result<bool, Unavailable> {
        let numbers: BTreeSet<_> =
            elements.iter().filter_map(|one| one.phone_number_id.clone()).collect();
        for number in &numbers {
            let speaks = past::has_number(&self.store, meta_app, number).await;
            if !speaks.map_err(|_away| UNAVAILABLE)? {
                return Ok(false);
            }
        }
        let mut elements = elements.into_iter().peekable();
        while elements.peek().is_some() {
            let piece = elements.by_ref().take(PAST_PIECE);
            let elements = piece.map(|element| (element, work::fresh(&self.clock))).collect();
            let post = Post {
                meta_app: meta_app.to_owned(),
                raw: String::new(),
                digest: String::new(),
                received_at,
                id: String::new(),
                again: true,
                is_piece: true,
                elements,
            };
            self.post(post).await?;
        }
        Ok(true)
    }

    /// Decides commands of one author, in order. Where one finds no slot, those after it do not
    /// either: one of them might build on it.
    pub async fn commands(&self, caller: Caller, commands: Vec<Command>) -> Vec<CommandResult> {
        self.decide_in_order(caller, commands, Giver::Person).await
    }

    /// The same for commands that Baton gives in the name of somebody: no outcome is asked for.
    pub async fn tidy_up(&self, caller: Caller, commands: Vec<Command>) -> Vec<CommandResult> {
        self.decide_in_order(caller, commands, Giver::Baton).await
    }

    /// Decides a command of a program, which may set what no person sets.
    pub async fn program(&self, caller: Caller, command: Command) -> CommandResult {
        let op_id = command.op_id;
        let mut results = self.decide_in_order(caller, vec![command], Giver::Program).await;
        results.pop().unwrap_or_else(|| result_of(op_id, Err(UNAVAILABLE.into())))
    }

    async fn decide_in_order(
        &self,
        caller: Caller,
        commands: Vec<Command>,
        by: Giver,
    ) -> Vec<CommandResult> {
        let mut waiting = Vec::with_capacity(commands.len());
        let mut full: Option<Refusal> = None;
        for command in commands {
            let (op_id, of) = (command.op_id, command.conversation_id);
            let reads = matches!(command.body, CommandBody::MarkRead(_));
            let answer = match &full {
                None => self.enqueue_command(caller, command, by).await,
                Some(refusal) => Err(refusal.clone()),
            };
            full = answer.as_ref().err().cloned();
            waiting.push((op_id, (of, reads), answer));
        }
        let mut results = Vec::with_capacity(waiting.len());
        for (op_id, (of, reads), answer) in waiting {
            let answer = match answer {
                Ok(answer) => self.answer(answer).await.map_err(Refusal::from),
                Err(refusal) => Err(refusal),
            };
            let mut result = result_of(op_id, answer);
            missed::show(&self.store, caller, of, &mut result).await;
            self.count(&result);
            if reads && matches!(result.outcome, Outcome::Accepted(_)) {
                self.courtesies.read((caller.workspace, of));
            }
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
            .unwrap_or_else(|| result_of(op_id, Err(UNAVAILABLE.into())))
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
        by: Giver,
    ) -> Result<Answered, Refusal> {
        let whose = (caller.workspace, caller.agent);
        let full = Refusal::RateLimited { retry_after_ms: UNAVAILABLE.retry_after_ms };
        let slot = self.slots.take(whose).ok_or(full)?;
        let lease = if command.body.is_answer() {
            self.leases.live(caller.workspace, command.conversation_id).await
        } else {
            None
        };
        let work = CommandWork {
            caller,
            body_hash: body_hash(&command),
            // An upload has the id of the line that it becomes.
            message: command.body.upload().unwrap_or_else(|| MessageId(self.clock.uuid_v4())),
            note: NoteId(self.clock.uuid_v4()),
            lease,
            is_asked: by != Giver::Baton,
            is_program: by == Giver::Program,
            command,
        };
        Ok(self.enqueue_for_people(Work::Command(work).into(), Some(slot))?)
    }

    /// Finds the conversation with somebody, or begins it.
    pub async fn begin(
        &self,
        work: BeginWork,
    ) -> Result<Result<ConversationId, Refusal>, Unavailable> {
        let slot = self.slots.take((work.caller.workspace, work.caller.agent));
        let slot = slot.ok_or(UNAVAILABLE)?;
        let receiver = self.enqueue_for_people(Work::Begin(work).into(), Some(slot))?;
        let Done::Begun(begun) = self.answer(receiver).await? else { return Err(UNAVAILABLE) };
        Ok(begun)
    }

    /// What became of op ids; from here on, those unknown are refused as `cancelled`.
    pub async fn outcomes(
        &self,
        workspace: WorkspaceId,
        agent: AgentId,
        op_ids: Vec<OpId>,
    ) -> Result<Vec<CommandResult>, Unavailable> {
        let work = Work::Outcomes(OutcomesWork { workspace, agent, op_ids });
        let slot = self.slots.take((workspace, agent)).ok_or(UNAVAILABLE)?;
        let answer = self.answer(self.enqueue_for_people(work.into(), Some(slot))?).await?;
        let Done::Outcomes(answers) = answer else { return Err(UNAVAILABLE) };
        let result = |(op_id, answer)| result_of(op_id, Ok(Done::Command(answer)));
        Ok(answers.into_iter().map(result).collect())
    }

    /// Changes settings; each change is an event.
    pub async fn setting(&self, work: SettingWork) -> Result<(), SettingRefused> {
        let receiver = self.enqueue_for_people(work.into(), None)?;
        match tokio::time::timeout(self.answer_wait, receiver).await {
            Ok(Ok(Ok(_))) => Ok(()),
            Ok(Ok(Err(StoreError::Conflict { constraint }))) => {
                Err(SettingRefused::Conflict(constraint))
            }
            _ => Err(SettingRefused::Unavailable(UNAVAILABLE)),
        }
    }

    /// Sets settings: all of it or none.
    pub async fn set(
        &self,
        work: SetWork,
    ) -> Result<Result<Vec<Setting>, SetRefused>, Unavailable> {
        let slot = work.by.map(|agent| self.slots.take((work.workspace, agent)));
        let slot = slot.map(|slot| slot.ok_or(UNAVAILABLE)).transpose()?;
        let receiver = self.enqueue_for_people(Work::Set(work).into(), slot)?;
        let Done::Set(set) = self.answer(receiver).await? else { return Err(UNAVAILABLE) };
        Ok(set)
    }

    /// Claims a message for sending. `claim_epoch` must be above any earlier one of the message.
    /// The attempt is `node`'s to make; when that node is dead, nobody knows what became of it.
    pub async fn claim(
        &self,
        at: MessageAt,
        claim_epoch: u64,
        node: NodeId,
    ) -> Result<ClaimAnswer, Unavailable> {
        Ok(self.ask(Work::Claim(ClaimWork { at, claim_epoch, node })).await?.claim())
    }

    /// Tells what became of an attempt.
    pub async fn result(
        &self,
        at: MessageAt,
        claim: SendClaim,
        result: SendResult,
        due_at: Option<Timestamp>,
    ) -> Result<(), Unavailable> {
        let work = ResultWork { at, claim, result, due_at };
        self.ask(Work::Result(work)).await.map(drop)
    }

    /// A claim whose worker died: its outcome is unknown. If it is not that claim any more,
    /// somebody knew better.
    pub async fn rescue(&self, at: MessageAt, claim: SendClaim) -> Result<(), Unavailable> {
        self.ask(Work::Rescue(RescueWork { at, claim })).await.map(drop)
    }

    /// Applies the statuses that wait for this id of Meta, if its message is known; `attempt` is
    /// the one that Meta gave the id.
    pub async fn unpark(
        &self,
        workspace: WorkspaceId,
        channel: ChannelId,
        wamid: String,
        attempt: Option<u32>,
    ) -> Result<(), Unavailable> {
        self.ask(Work::Unpark(UnparkWork { workspace, channel, wamid, attempt })).await.map(drop)
    }

    /// It was on its way when the database was backed up: its outcome is unknown.
    pub async fn restored(&self, at: MessageAt) -> Result<(), Unavailable> {
        self.ask(Work::Restored(at)).await.map(drop)
    }

    /// Tells what became of the file of a line. If another worker told it before, nothing changes.
    pub async fn file_ended(&self, work: FileWork) -> Result<(), Unavailable> {
        self.ask(Work::File(work)).await.map(drop)
    }

    /// Lets the clocks of a conversation ring that are due.
    pub async fn look(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
    ) -> Result<(), Unavailable> {
        self.ask(Work::Look(LookWork { workspace, conversation })).await.map(drop)
    }

    /// A source that a rule asked has answered, or has not.
    pub async fn classified(&self, work: ClassifiedWork) -> Result<(), Unavailable> {
        self.ask(Work::Classified(work)).await.map(drop)
    }

    /// WhatsApp answered to a block.
    pub async fn blocked(&self, work: BlockedWork) -> Result<(), Unavailable> {
        self.ask(Work::Blocked(work)).await.map(drop)
    }

    /// Gives a conversation of somebody who leaves back to its queue.
    pub async fn rehome(&self, work: RehomeWork) -> Result<(), Unavailable> {
        self.ask(Work::Rehome(work)).await.map(drop)
    }

    /// Gives a conversation back to its queue, unless its owner answered or came back since.
    pub async fn hand_back(&self, work: HandBackWork) -> Result<(), Unavailable> {
        self.ask(Work::HandBack(work)).await.map(drop)
    }

    /// Carries out the routing's choice, unless something happened to the conversation or the agent
    /// since.
    pub async fn route(&self, work: RouteWork) -> Result<(), Unavailable> {
        self.ask(Work::Route(work)).await.map(drop)
    }

    /// Ends an offer, unless it is over.
    pub async fn end_offer(&self, work: OfferEndWork) -> Result<(), Unavailable> {
        self.ask(Work::OfferEnd(work)).await.map(drop)
    }

    async fn ask(&self, work: Work) -> Result<Done, Unavailable> {
        let receiver = self.enqueue(Member::new(work.into()))?;
        self.answer(receiver).await
    }

    /// What people want leaves room to webhooks and sends, however much it is.
    fn enqueue_for_people(
        &self,
        task: Task,
        slot: Option<CommandSlot>,
    ) -> Result<Answered, Unavailable> {
        let (member, receiver) = Member::new(task);
        self.enqueue((Member { is_of_people: true, _slot: slot, ..member }, receiver))
    }

    fn enqueue(&self, (member, receiver): (Member, Answered)) -> Result<Answered, Unavailable> {
        // A full queue refuses at once: waiting longer would only hide that it is too much.
        if self.queue.push(member) { Ok(receiver) } else { Err(UNAVAILABLE) }
    }

    async fn answer(&self, receiver: Answered) -> Result<Done, Unavailable> {
        let mut receiver = receiver;
        let answer = match tokio::time::timeout(self.answer_wait, &mut receiver).await {
            Ok(answer) => answer.ok(),
            // Closed first: an answer that came in this very moment is taken, a later one returns
            // to the committer, who gives a claim back.
            Err(_) => {
                receiver.close();
                receiver.try_recv().ok()
            }
        };
        answer.and_then(Result::ok).ok_or(UNAVAILABLE)
    }

    /// Returns when messages were queued since the last call returned: from which numbers. What
    /// waited for a call that was given up is told to the next one.
    pub async fn sends_due(&self) -> BTreeSet<ChannelId> {
        self.sends.next().await
    }

    /// Returns when pushes were queued since the last call returned.
    pub async fn pushes_due(&self) {
        self.pushes.notified().await;
    }

    /// Returns when a line with a file was received since the last call returned.
    pub async fn files_due(&self) {
        self.files.notified().await;
    }

    /// Acts of people on their devices.
    pub fn acts(&self) -> &acts::Acts {
        &self.acts
    }

    /// What customers may be shown of what agents do.
    pub fn courtesies(&self) -> &courtesies::Courtesies {
        &self.courtesies
    }

    /// Members that wait.
    pub fn waiting(&self) -> usize {
        self.queue.size()
    }

    /// The same committer, for workers: what they read comes over connections of their own.
    #[must_use]
    pub fn for_background(&self) -> Self {
        Self { store: self.store.for_background(), ..self.clone() }
    }

    /// The database behind it.
    pub fn store(&self) -> &Store {
        &self.store
    }
}

impl From<Unavailable> for Refusal {
    fn from(Unavailable { retry_after_ms }: Unavailable) -> Self {
        Self::Unavailable { retry_after_ms }
    }
}

fn result_of(op_id: OpId, answer: Result<Done, Refusal>) -> CommandResult {
    let outcome = match answer {
        Ok(Done::Command(Answer::Accepted(accepted))) => Outcome::Accepted(accepted),
        Ok(Done::Command(Answer::Refused(refusal))) | Err(refusal) => {
            Outcome::Refused(Refused::from(refusal))
        }
        Ok(_) => Outcome::Refused(Refused::from(Refusal::from(UNAVAILABLE))),
    };
    CommandResult { op_id: Some(op_id), outcome }
}

/// SHA-256 of the canonical command: the same wish has the same hash on every road.
fn body_hash(command: &Command) -> String {
    hex::encode(Sha256::digest(serde_json::to_vec(command).unwrap_or_default()))
}

#[cfg(test)]
mod tests;
