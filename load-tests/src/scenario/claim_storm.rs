//! Everybody claims the same conversation at once: one wins, the others learn who.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use baton::demo::client::Socket;
use baton_protocol::command::Claim;
use baton_protocol::conversation::Snapshot;
use baton_protocol::frame::ServerFrame;
use baton_protocol::outcome::Outcome;
use baton_protocol::{AgentId, Command, CommandBody, ConversationId, Owner, Refusal};
use clap::Args;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::clock;
use crate::figures::Figures;
use crate::progress::Progress;
use crate::report::{Cell, Table, one, two};
use crate::server::Setup;
use crate::stats::{Times, micros};
use crate::webhook::{self, CustomerAt};
use crate::world::{Size, World};

/// `baton-load claim-storm`.
#[derive(Clone, Debug, Args)]
pub(crate) struct ClaimStorm {
    /// Agents who claim at once
    #[arg(long, default_value_t = 50, value_name = "N")]
    pub(crate) agents: usize,
    /// Conversations that are claimed, one after the other, on each store
    #[arg(long, default_value_t = 200, value_name = "N")]
    pub(crate) rounds: usize,
}

/// Frames of a socket are taken at 30 a second: a round sends one on each.
const ROUND: Duration = Duration::from_millis(50);

struct Arena {
    world: World,
    sockets: Vec<(AgentId, Arc<Socket>)>,
    known: BTreeSet<ConversationId>,
    before: Figures,
    won: Vec<u32>,
    lost: Vec<u32>,
}

/// Runs it on every store there is, the stores taking turns.
pub(crate) async fn claim_storm(
    setup: &Setup,
    args: &ClaimStorm,
    progress: &Progress,
) -> anyhow::Result<Vec<Table>> {
    progress.expect(args.rounds);
    let mut arenas = Vec::new();
    for store in setup.stores() {
        let size = Size::of(args.agents);
        let world = World::new(setup, store, size, progress).await?;
        let mut sockets = Vec::new();
        for agent in &world.agents {
            sockets.push((agent.session.agent_id, Arc::new(agent.connect(None).await?)));
        }
        let before = world.server.figures().await?;
        let (known, won, lost) = (BTreeSet::new(), Vec::new(), Vec::new());
        arenas.push(Arena { world, sockets, known, before, won, lost });
    }
    let mut due = Instant::now();
    for round in 0..args.rounds {
        tokio::time::sleep_until(due).await;
        due = Instant::now() + ROUND;
        progress.phase(&format!("{} agents claim", args.agents));
        for arena in &mut arenas {
            let store = arena.world.store().name();
            arena.round(round).await.with_context(|| format!("{store}, round {round}"))?;
        }
        progress.step();
    }
    let mut rows = Vec::new();
    for arena in arenas {
        rows.push(arena.row().await?);
    }
    Ok(vec![Table {
        title: format!("{} agents claim one conversation at once", args.agents),
        columns: vec![
            "store",
            "conversations",
            "winners",
            "losers told who",
            "winner p50 ms",
            "winner p99 ms",
            "loser p50 ms",
            "loser p99 ms",
            "members/group",
            "flush mean ms",
        ],
        rows,
        notes: vec![
            "Each conversation had exactly one winner, and every loser was told that very agent: \
             the run ends with an error otherwise. Times are from the command to its result, on \
             the agent's socket; a refusal is stored before it is told."
                .to_owned(),
        ],
    }])
}

impl Arena {
    async fn round(&mut self, round: usize) -> anyhow::Result<()> {
        let (conversation_id, epoch) = self.fresh(round).await?;
        let barrier = Arc::new(Barrier::new(self.sockets.len()));
        let mut claims = JoinSet::new();
        for (agent, socket) in &self.sockets {
            let (agent, socket, barrier) = (*agent, Arc::clone(socket), Arc::clone(&barrier));
            socket.forget();
            let command = Command {
                op_id: clock::op_id(),
                conversation_id,
                after: None,
                retry_of: None,
                body: CommandBody::Claim(Claim {
                    expect_owner_epoch: epoch,
                    exceed_capacity: false,
                }),
            };
            claims.spawn(async move {
                barrier.wait().await;
                let began = Instant::now();
                let result = socket.command(command).await?;
                anyhow::Ok((agent, result.outcome, micros(began.elapsed())))
            });
        }
        let (mut winners, mut told) = (Vec::new(), BTreeSet::new());
        while let Some(claim) = claims.join_next().await {
            let (agent, outcome, took) = claim??;
            match outcome {
                Outcome::Accepted(_) => {
                    winners.push(agent);
                    self.won.push(took);
                }
                Outcome::Refused(refused) => {
                    told.insert(told_owner(&refused.refusal)?);
                    self.lost.push(took);
                }
            }
        }
        ensure!(winners.len() == 1, "{} agents won", winners.len());
        let won: BTreeSet<_> = winners.into_iter().collect();
        ensure!(told == won || self.sockets.len() == 1, "losers were told another owner");
        Ok(())
    }

    /// A new customer's conversation, that nobody owns.
    async fn fresh(&mut self, round: usize) -> anyhow::Result<(ConversationId, u64)> {
        let (_, socket) = self.sockets.first().context("no agents")?;
        socket.forget();
        let run = uuid::Uuid::now_v7().simple().to_string();
        let request = webhook::request(&run, CustomerAt { channel: 0, contact: round }, round, 1);
        self.world.poster().await?.post(&request).await?;
        let known = &self.known;
        let find = |frame: &ServerFrame| conversation_of(frame).filter(|id| !known.contains(id));
        let frame = socket.wait_for(|frame| find(frame).is_some(), Duration::from_secs(10)).await?;
        let id = find(&frame.frame).context("no conversation")?;
        self.known.insert(id);
        let snapshot: Snapshot = self.world.admin.get(&format!("/conversations/{id}")).await?;
        Ok((id, snapshot.head().owner_epoch))
    }

    async fn row(self) -> anyhow::Result<Vec<Cell>> {
        let after = self.world.server.figures().await?;
        let (won, lost) = (Times::of(self.won), Times::of(self.lost));
        let row = vec![
            self.world.store().name().into(),
            self.known.len().into(),
            won.count().into(),
            lost.count().into(),
            two(won.p50()),
            two(won.p99()),
            two(lost.p50()),
            two(lost.p99()),
            one(after.mean(&self.before, "baton_group_members")),
            two(after.mean(&self.before, "baton_flush_seconds") * 1000.0),
        ];
        self.world.end().await?;
        Ok(row)
    }
}

fn told_owner(refusal: &Refusal) -> anyhow::Result<AgentId> {
    let (Refusal::OwnerChanged { owner, .. } | Refusal::NotOwner { owner }) = refusal else {
        bail!("a loser was told {}", refusal.code())
    };
    match *owner {
        Owner::Agent(id) => Ok(id),
        Owner::Queue(_) => bail!("a loser was told that the queue owns it"),
    }
}

fn conversation_of(frame: &ServerFrame) -> Option<ConversationId> {
    if let ServerFrame::Entered { snapshot, .. } = frame {
        return Some(snapshot.head().id);
    }
    let ServerFrame::Events { events, .. } = frame else { return None };
    events.iter().find_map(|event| event.conversation_id)
}
