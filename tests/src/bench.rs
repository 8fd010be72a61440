//! A bench for the engine. It is the committer over a database of its own, without the rest of the
//! server. Its clock stands still until it is moved.
//!
//! Desks are seeded by SQL. Customers, agents and senders are [`Act`]s, performed one by one or
//! many at once, so that they land in one group. What each commit appended is kept as it was
//! published. [`Bench::close`] verifies the logs and what must always be true of the tables.

pub mod counters;
pub mod database;
mod dump;
mod recomputed;
mod seed;
mod stored;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use baton::clock::{Clock, ManualClock};
use baton::coordinator::{BusMessage, Coordinator, InProcess};
use baton::engine::work::{Caller, ClaimAnswer, FreshIds, MessageAt, Post, SettingWork};
use baton::engine::{Engine, Limits};
use baton::store::Store;
use baton::store::node::NodeId;
use baton::store::seal::seal_pending;
use baton::store::verify::verify_log;
use baton::telemetry::Metrics;
use baton_domain::decide::delivery::{SendClaim, SendResult};
use baton_domain::fact::inbound::{Element, ElementBody, InboundMessage, Sender, StatusUpdate};
use baton_domain::fact::log::Batch;
use baton_protocol::{
    AgentId, Command, CommandResult, Content, ConversationId, DeviceId, LineKind, MessageId, OpId,
    Timestamp, WorkspaceId,
};
use tokio::task::JoinHandle;
use uuid::Uuid;

pub use database::{Database, databases};
pub use seed::{Desk, Shape};

/// An agent who claims, where it does not matter who.
const NODE: NodeId = NodeId(Uuid::from_u128(0xbee));

/// The start of the bench's clock.
pub const START: Timestamp = Timestamp::from_ms(1_790_000_000_000);

/// Requests to the committer.
#[derive(Clone, Debug)]
pub enum Act {
    /// A webhook comes.
    Post(Post),
    /// Somebody wants something.
    Command(Caller, Command),
    /// Somebody asks what became of commands.
    Outcomes(WorkspaceId, AgentId, Vec<OpId>),
    /// A worker wants to send; the number is the claim's epoch.
    Claim(MessageAt, u64),
    /// A worker tells what became of an attempt, claimed with that epoch.
    Result(MessageAt, SendClaim, SendResult),
    /// The worker of that claim is thought dead.
    Rescue(MessageAt, SendClaim),
    /// Settings change.
    Setting(SettingWork),
}

impl Act {
    /// Its place in the order in which a group is decided.
    pub fn rank(&self) -> u8 {
        match self {
            Self::Post(_) => 0,
            Self::Result(..) | Self::Rescue(..) => 1,
            Self::Command(..) | Self::Outcomes(..) | Self::Setting(_) => 2,
            Self::Claim(..) => 3,
        }
    }
}

/// The committer's answer.
#[derive(Clone, PartialEq, Debug)]
pub enum CommitterAnswer {
    /// It is committed.
    Done,
    /// Nobody could decide.
    Unavailable,
    /// To commands and questions after them.
    Results(Vec<CommandResult>),
    /// To the claim of a send.
    Claim(ClaimAnswer),
}

/// The committer over a database of its own.
pub struct Bench {
    /// The engine under test.
    pub engine: Engine,
    /// Moves the time.
    pub manual: ManualClock,
    /// Tells it, and makes ids.
    pub clock: Clock,
    /// Under the engine.
    pub store: Store,
    /// The agents.
    pub desks: Vec<Desk>,
    database: Database,
    committer: JoinHandle<()>,
    published: Vec<(WorkspaceId, Published)>,
    claims: AtomicU64,
}

type Published = Arc<Mutex<Vec<Arc<Batch>>>>;

impl std::fmt::Debug for Bench {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bench").field("database", &self.database.kind).finish_non_exhaustive()
    }
}

impl Bench {
    /// Seeds the database and starts a committer on it; ids follow from `seed`.
    pub async fn open(
        database: Database,
        shape: &Shape,
        limits: Limits,
        seed: u64,
    ) -> Result<Self> {
        let manual = ManualClock::new(START, seed);
        let clock = manual.clock();
        let store = database.store.clone();
        let desks = seed::desks(shape);
        seed::write(&store, shape, &desks).await?;
        let wall = manual.clock();
        let coordinator = Arc::new(InProcess::new(baton::coordinator::Clock {
            monotonic: Arc::new(tokio::time::Instant::now),
            wall: Arc::new(move || wall.now()),
        }));
        let mut published = Vec::new();
        for workspace in seed::workspaces(shape) {
            let kept = Published::default();
            keep(&coordinator, workspace, Arc::clone(&kept)).await?;
            published.push((workspace, kept));
        }
        let limits = Limits { answer_wait: database::PATIENCE, ..limits };
        let (engine, committer) =
            Engine::start(store.clone(), clock.clone(), coordinator, Metrics::new(), limits);
        let claims = AtomicU64::new(1);
        Ok(Self { engine, manual, clock, store, desks, database, committer, published, claims })
    }

    /// The name of the database it runs on.
    pub fn kind(&self) -> &'static str {
        self.database.kind
    }

    /// The database's address.
    pub fn url(&self) -> &str {
        &self.database.url
    }

    /// Asks the committer, and waits for its answer.
    pub async fn perform(&self, act: Act) -> CommitterAnswer {
        let done = match act {
            Act::Post(post) => self.engine.post(post).await.map(|()| CommitterAnswer::Done),
            Act::Command(caller, command) => {
                return CommitterAnswer::Results(vec![self.engine.command(caller, command).await]);
            }
            Act::Outcomes(workspace, agent, op_ids) => {
                self.engine.outcomes(workspace, agent, op_ids).await.map(CommitterAnswer::Results)
            }
            Act::Claim(at, epoch) => {
                self.engine.claim(at, epoch, NODE).await.map(CommitterAnswer::Claim)
            }
            Act::Result(at, claim, result) => {
                self.engine.result(at, claim, result, None).await.map(|()| CommitterAnswer::Done)
            }
            Act::Rescue(at, claim) => {
                self.engine.rescue(at, claim).await.map(|()| CommitterAnswer::Done)
            }
            Act::Setting(work) => {
                return match self.engine.setting(work).await {
                    Ok(()) => CommitterAnswer::Done,
                    Err(_) => CommitterAnswer::Unavailable,
                };
            }
        };
        done.unwrap_or(CommitterAnswer::Unavailable)
    }

    /// Performs all at once: what finds the committer idle lands in one group.
    pub async fn perform_all(&self, acts: Vec<Act>) -> Vec<CommitterAnswer> {
        futures_util::future::join_all(acts.into_iter().map(|act| self.perform(act))).await
    }

    /// Batches that commits of this workspace appended, since the last [`Self::forget_published`].
    pub fn published(&self, workspace: WorkspaceId, from: usize) -> Vec<Arc<Batch>> {
        let of = self.published.iter().find(|(of, _)| *of == workspace);
        let batches = of.map(|(_, kept)| kept.lock().unwrap_or_else(PoisonError::into_inner));
        batches.map_or_else(Vec::new, |kept| kept.iter().skip(from).cloned().collect())
    }

    /// Forgets what was published, so that long runs stay small.
    pub fn forget_published(&self) {
        for (_, kept) in &self.published {
            kept.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }

    /// The epoch of a new claim: above all before it.
    pub fn claim_epoch(&self) -> u64 {
        self.claims.fetch_add(1, Ordering::Relaxed)
    }

    /// A new op id, made now.
    pub fn op_id(&self) -> OpId {
        OpId(self.clock.uuid_v7())
    }

    /// A POST of lines that a customer wrote: each with its id at Meta and its text.
    pub fn says(&self, desk: &Desk, from: &str, lines: &[(&str, &str)]) -> Post {
        let elements = lines.iter().map(|(wamid, text)| {
            let sender = Sender { wa_id: Some(from.to_owned()), ..Sender::default() };
            self.element(
                desk,
                ElementBody::Message(InboundMessage {
                    sender,
                    wamid: (*wamid).to_owned(),
                    at: self.clock.now(),
                    kind: LineKind::Text,
                    content: Content { text: Some((*text).to_owned()), ..Content::default() },
                    participant: None,
                    quoted_wamid: None,
                    media: None,
                    language: None,
                }),
            )
        });
        self.post(elements.collect())
    }

    /// A POST of one status.
    pub fn ticks(&self, desk: &Desk, update: StatusUpdate) -> Post {
        self.post(vec![self.element(desk, ElementBody::Status(update))])
    }

    /// A POST that says this, with fresh ids.
    fn post(&self, elements: Vec<(Element, FreshIds)>) -> Post {
        let raw: Vec<&str> = elements.iter().map(|(element, _)| element.raw.as_str()).collect();
        let raw = raw.join("\n");
        Post {
            meta_app: seed::META_APP.to_owned(),
            // Any text that is the same for the same body will do.
            digest: raw.clone(),
            raw,
            received_at: self.clock.now(),
            id: self.clock.uuid_v4().to_string(),
            again: false,
            is_piece: false,
            elements,
        }
    }

    fn element(&self, desk: &Desk, body: ElementBody) -> (Element, FreshIds) {
        let raw = format!("{} {body:?}", desk.number);
        let fresh = FreshIds {
            message: MessageId(self.clock.uuid_v4()),
            conversation: ConversationId(self.clock.uuid_v4()),
            contact: self.clock.uuid_v4(),
            card: self.clock.uuid_v4(),
        };
        (Element { phone_number_id: Some(desk.number.clone()), raw, body }, fresh)
    }

    /// Takes an agent out of the desk's team, or back in.
    pub fn membership(desk: &Desk, agent: AgentId, is_member: bool) -> Act {
        Act::Setting(seed::membership(desk, agent, is_member))
    }

    /// Returns the faults in the tables. It tells what must always be true, by name and with the
    /// first row where it is not. It also tells what the log alone says otherwise.
    pub async fn stored_faults(&self) -> Result<Vec<String>> {
        stored_faults(&self.store).await
    }

    /// Returns all that is stored, as rows of text in order. Ids that the engine drew are written
    /// as what they name. Salts, and digests that cover them, are left out.
    pub async fn dump(&self) -> Result<Vec<String>> {
        dump::dump(&self.store).await
    }

    /// Verifies the logs and the tables, stops the committer and removes the database.
    pub async fn close(self) -> Result<()> {
        for (workspace, _) in &self.published {
            while seal_pending(&self.store, *workspace, 1000).await?.upto
                < verify_log(&self.store, *workspace).await?.checked
            {}
            let report = verify_log(&self.store, *workspace).await?;
            ensure!(report.fault.is_none(), "{}: {:?}", self.database.kind, report.fault);
        }
        let faults = self.stored_faults().await?;
        ensure!(faults.is_empty(), "{}: {faults:?}", self.database.kind);
        self.discard().await
    }

    /// Stops the committer and removes the database, whatever is in it.
    pub async fn discard(self) -> Result<()> {
        drop(self.engine);
        self.committer.await.context("the committer ended badly")?;
        self.database.close().await
    }
}

/// Where the tables of any database contradict themselves, whatever its log says.
pub async fn contradictions(store: &Store) -> Result<Vec<String>> {
    stored::faults(store).await
}

/// The same of any database.
pub async fn stored_faults(store: &Store) -> Result<Vec<String>> {
    let mut faults = stored::faults(store).await?;
    faults.extend(recomputed::faults(store).await?);
    Ok(faults)
}

/// A device, by number; each agent's are their own.
pub fn device(agent: AgentId, n: u128) -> DeviceId {
    DeviceId(Uuid::from_u128(agent.0.as_u128() + ((n + 1) << 32)))
}

async fn keep(bus: &InProcess, workspace: WorkspaceId, kept: Published) -> Result<()> {
    let mut subscription = bus.subscribe(workspace).await?;
    tokio::spawn(async move {
        while let Some(message) = subscription.next().await {
            if let BusMessage::Batch(batch) = message {
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(batch);
            }
        }
    });
    Ok(())
}
