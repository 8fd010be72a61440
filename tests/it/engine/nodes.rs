//! Claims over the committers of several nodes on one database: one wins, and no limit is exceeded
//! at any commit.
//!
//! `BATON_ROUNDS` and `BATON_CLAIMS` say how many.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, ensure};
use baton::coordinator::InProcess;
use baton::engine::work::Caller;
use baton::engine::{Engine, Limits};
use baton::store::{Options, Store, read};
use baton::telemetry::Metrics;
use baton_model::dice::Dice;
use baton_protocol::command::{Claim, Unassign};
use baton_protocol::outcome::Outcome;
use baton_protocol::{
    AgentId, Command, CommandBody, CommandResult, ConversationId, Epoch, Fact, Owner, Refusal,
};
use baton_world::bench::database::postgres;
use baton_world::bench::{Act, Bench, CommitterAnswer, Shape, device};
use futures_util::future::join_all;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::claims::{claim, winner};
use super::interleavings::times;

const NODES: usize = 3;
const CLAIMERS: u128 = 50;
const CROWD: u128 = 200;
const CAPACITY: u32 = 2;
/// How many of its claims an agent gives at once: more than it may own.
const AT_ONCE: usize = 3;
/// Conversations in the queue before each round: fewer than there are claims.
const QUEUED: u64 = 300;
/// How often a command is given before its `unavailable` counts.
const TRIES: usize = 20;
/// Events read at once.
const BATCH: u64 = 1_000;

/// The committers of other nodes, on the database of a bench.
struct Nodes {
    bench: Bench,
    others: Vec<(Engine, JoinHandle<()>, Store)>,
    /// Commands that were given again.
    repeated: AtomicU64,
}

impl Nodes {
    #[expect(clippy::print_stdout, reason = "who reads the test's output should know")]
    async fn open(agents: u128, capacity: Option<u32>) -> Result<Option<Self>> {
        let Some(database) = postgres().await? else {
            println!("SKIPPED: BATON_TEST_POSTGRES is not set");
            return Ok(None);
        };
        let shape = Shape { workspaces: 1, desks: 1, agents, capacity };
        let bench = Bench::open(database, &shape, Limits::default(), 7).await?;
        let mut others = Vec::new();
        for _ in 1..NODES {
            let mut options = Options::new(Epoch(Uuid::new_v4()));
            options.readers = 3;
            options.is_power_safe = false;
            let store = Store::open(bench.url(), &options).await?;
            let wall = bench.clock.clone();
            let coordinator = Arc::new(InProcess::new(baton::coordinator::Clock {
                monotonic: Arc::new(tokio::time::Instant::now),
                wall: Arc::new(move || wall.now()),
            }));
            let (clock, limits) = (bench.clock.clone(), Limits::default());
            let (engine, committer) =
                Engine::start(store.clone(), clock, coordinator, Metrics::new(), limits);
            others.push((engine, committer, store));
        }
        Ok(Some(Self { bench, others, repeated: AtomicU64::new(0) }))
    }

    fn engine(&self, nth: usize) -> &Engine {
        match nth % NODES {
            0 => &self.bench.engine,
            other => &self.others[other - 1].0,
        }
    }

    /// Gives commands at once, to the nodes in turn. Who is told that the nodes wait for each other
    /// for too long tries again at the next one, as clients do.
    async fn give(&self, commands: Vec<(Caller, Command)>) -> Vec<CommandResult> {
        let all = commands.into_iter().enumerate();
        join_all(all.map(|(nth, (caller, command))| self.insist(nth, caller, command))).await
    }

    async fn insist(&self, nth: usize, caller: Caller, command: Command) -> CommandResult {
        let mut tried = 0;
        loop {
            let result = self.engine(nth + tried).command(caller, command.clone()).await;
            tried += 1;
            let is_busy = matches!(&result.outcome, Outcome::Refused(refused)
                if matches!(refused.refusal, Refusal::Unavailable { .. }));
            if !is_busy || tried == TRIES {
                return result;
            }
            self.repeated.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A customer writes; the conversation.
    async fn writes(&self, n: u64) -> Result<ConversationId> {
        let (from, wamid) = (format!("4915{n:09}"), format!("wamid.{n}"));
        let post = self.bench.says(&self.bench.desks[0], &from, &[(&wamid, "Hola")]);
        let conversation = post.elements[0].1.conversation;
        self.engine(usize::try_from(n)?).post(post).await?;
        Ok(conversation)
    }

    fn command(
        &self,
        agent: AgentId,
        conversation_id: ConversationId,
        body: CommandBody,
    ) -> (Caller, Command) {
        let workspace = self.bench.desks[0].workspace;
        let op_id = self.bench.op_id();
        let caller = Caller { workspace, agent, device: device(agent, 0) };
        (caller, Command { op_id, conversation_id, after: None, retry_of: None, body })
    }

    async fn close(self) -> Result<()> {
        for (engine, committer, store) in self.others {
            drop(engine);
            committer.await.context("a committer ended badly")?;
            store.close().await;
        }
        self.bench.close().await
    }
}

#[tokio::test]
async fn of_fifty_who_claim_at_once_over_three_nodes_one_wins_and_all_learn_who() -> Result<()> {
    let rounds = times("BATON_ROUNDS", 20);
    let Some(nodes) = Nodes::open(CLAIMERS, None).await? else { return Ok(()) };
    let mut won = [0; NODES];
    for n in 0..rounds {
        let conversation = nodes.writes(n).await?;
        // Another agent is first each time, and at another node.
        let mut agents = nodes.bench.desks[0].agents.clone();
        let first = usize::try_from(n)? % agents.len();
        agents.rotate_left(first);
        let claims = agents.iter().map(|agent| claim(&nodes.bench, *agent, conversation));
        let claims = claims.map(|act| match act {
            Act::Command(caller, command) => (caller, command),
            other => unreachable!("a claim is a command: {other:?}"),
        });
        let results = nodes.give(claims.collect()).await;
        let answers: Vec<_> =
            results.into_iter().map(|one| CommitterAnswer::Results(vec![one])).collect();
        let winner = winner(&agents, &answers)?;
        let place = agents.iter().position(|agent| *agent == winner).context("a winner")?;
        won[place % NODES] += 1;
    }
    println!("{rounds} rounds of {CLAIMERS} claims over {NODES} nodes; won at each: {won:?}");
    nodes.close().await
}

#[tokio::test]
async fn claims_of_a_crowd_over_three_nodes_never_exceed_a_limit_at_any_commit() -> Result<()> {
    let wanted = times("BATON_CLAIMS", 1_200);
    let Some(nodes) = Nodes::open(CROWD, Some(CAPACITY)).await? else { return Ok(()) };
    let agents = nodes.bench.desks[0].agents.clone();
    let mut dice = Dice::of_part(7, 0);
    // What nobody owns, with its owner's epoch.
    let mut queued: Vec<(ConversationId, u64)> = Vec::new();
    let (mut written, mut given, mut accepted, mut at_limit) = (0, 0, 0, 0);
    while given < wanted {
        while (queued.len() as u64) < QUEUED {
            queued.push((nodes.writes(written).await?, 1));
            written += 1;
        }
        let mut commands = Vec::new();
        let mut meant = Vec::new();
        for agent in agents.iter().flat_map(|agent| [agent; AT_ONCE]) {
            let place = usize::try_from(dice.below_u64(queued.len() as u64))?;
            let (conversation, expect_owner_epoch) = queued[place];
            let body = CommandBody::Claim(Claim { expect_owner_epoch, exceed_capacity: false });
            commands.push(nodes.command(*agent, conversation, body));
            meant.push((*agent, place));
        }
        given += commands.len() as u64;
        let mut owned = BTreeMap::new();
        for ((agent, place), result) in meant.into_iter().zip(nodes.give(commands).await) {
            match result.outcome {
                Outcome::Accepted(_) => {
                    accepted += 1;
                    // Who claims what is theirs already has their wish.
                    let before = owned.insert(place, agent).unwrap_or(agent);
                    ensure!(before == agent, "two own one conversation");
                }
                Outcome::Refused(refused) => match refused.refusal {
                    Refusal::AtCapacity { .. } => at_limit += 1,
                    Refusal::OwnerChanged { .. } => {}
                    other => anyhow::bail!("{other:?}"),
                },
            }
        }
        give_back(&nodes, &mut queued, owned).await?;
    }
    let (commits, most) = loads_at_every_event(&nodes).await?;
    ensure!(at_limit > 0 && most == CAPACITY, "nobody came to the limit: {most}");
    println!(
        "{given} claims of {CROWD} agents over {NODES} nodes: {accepted} accepted, {at_limit} \
         refused at the limit of {CAPACITY}; at none of {commits} changes of owner did anybody own \
         more; {} were repeated because the nodes waited for each other",
        nodes.repeated.load(Ordering::Relaxed)
    );
    nodes.close().await
}

/// Everybody gives back what they own.
async fn give_back(
    nodes: &Nodes,
    queued: &mut [(ConversationId, u64)],
    owned: BTreeMap<usize, AgentId>,
) -> Result<()> {
    let mut commands = Vec::new();
    for (place, agent) in owned {
        let (conversation, epoch) = &mut queued[place];
        let body = CommandBody::Unassign(Unassign { expect_owner_epoch: *epoch + 1 });
        commands.push(nodes.command(agent, *conversation, body));
        *epoch += 2;
    }
    for result in nodes.give(commands).await {
        ensure!(matches!(result.outcome, Outcome::Accepted(_)), "{:?}", result.outcome);
    }
    Ok(())
}

/// How many changes of owner the log tells, and the most that anybody owned after any of them.
async fn loads_at_every_event(nodes: &Nodes) -> Result<(u64, u32)> {
    let workspace = nodes.bench.desks[0].workspace;
    let mut tx = nodes.bench.store.read().await?;
    let mut owners: BTreeMap<ConversationId, AgentId> = BTreeMap::new();
    let mut loads: BTreeMap<AgentId, u32> = BTreeMap::new();
    let (mut position, mut changes, mut most) = (0, 0, 0);
    loop {
        let some = read::log_after(&mut tx, workspace, position, BATCH).await?;
        let Some(last) = some.last() else { break };
        position = last.event.position;
        for event in some.into_iter().map(|logged| logged.event) {
            let Fact::OwnerChanged { owner, .. } = event.fact else { continue };
            let conversation = event.conversation_id.context("whose owner")?;
            if let Some(before) = owners.remove(&conversation) {
                *loads.entry(before).or_default() -= 1;
            }
            if let Owner::Agent(agent) = owner {
                owners.insert(conversation, agent);
                let load = loads.entry(agent).or_default();
                *load += 1;
                most = most.max(*load);
                ensure!(*load <= CAPACITY, "{agent} owns {load} at position {}", event.position);
            }
            changes += 1;
        }
    }
    tx.rollback().await?;
    Ok((changes, most))
}
