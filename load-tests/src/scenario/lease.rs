//! The right to compose. It measures how soon an agent has it, beside an acknowledgement of
//! Socket.IO that sets a key in Redis. It also measures how soon the right is free when the node of
//! its holder is killed.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use baton::coordinator::LEASE_TTL;
use baton::demo::client::SignedIn;
use baton_protocol::frame::{ClientFrame, Compose, ComposeAction, LeaseHolder, ServerFrame};
use baton_protocol::{AgentId, ConversationId};
use clap::Args;
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::time::{Instant, Interval, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::listen::{Stream, open};
use crate::progress::Progress;
use crate::report::{Cell, Table, two, whole};
use crate::scenario::cross_node::first_conversation;
use crate::server::Setup;
use crate::socketio::{Adapter, Peer, SKIPPED, ask};
use crate::stats::{Times, median, micros};
use crate::world::{Size, World};

/// `baton-load lease`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Lease {
    /// Leases taken one after the other
    #[arg(long, default_value_t = 3_000, value_name = "N")]
    pub(crate) count: usize,
    /// Number of kills of a holder's node
    #[arg(long, default_value_t = 3, value_name = "N")]
    pub(crate) kills: usize,
}

/// Sockets that take turns: a session takes 30 frames a second.
const SOCKETS: usize = 10;
/// Between two turns.
const PACE: Duration = Duration::from_millis(8);
/// Between two tries to get a dead holder's lease.
const TRY: Duration = Duration::from_millis(100);
/// The longest time that one step may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs it. Several nodes need PostgreSQL: without it no node is killed.
pub(crate) async fn lease(
    setup: &Setup,
    args: &Lease,
    progress: &Progress,
) -> anyhow::Result<Vec<Table>> {
    ensure!(args.count > 0, "nothing would be measured");
    progress.expect(args.kills + 1);
    let mut tables = vec![acquire(setup, args, progress).await?];
    progress.step();
    if setup.postgres.is_some() && args.kills > 0 {
        tables.push(take_over(setup, args, progress).await?);
    } else if args.kills > 0
        && let Some(table) = tables.first_mut()
    {
        table.notes.push("A holder's death: SKIPPED, two nodes need --postgres.".to_owned());
    }
    Ok(tables)
}

async fn acquire(setup: &Setup, args: &Lease, progress: &Progress) -> anyhow::Result<Table> {
    let store = setup.store_of(1).context("no store")?;
    let store = setup.store_of(2).unwrap_or(store);
    let has_postgres = setup.postgres.is_some();
    let size = Size { shares: has_postgres, ..Size::of(1) };
    let world = World::new(setup, store, size, progress).await?;
    let conversation = first_conversation(&world).await?;
    let agent = world.agents.first().context("no agent")?;
    let peer = setup.peers.start(Adapter::Plain, world.home.redis()).await?;
    let peer = peer.filter(|_| has_postgres);
    progress.phase("leases in turn");
    let mut stage = LeaseRun::start(agent, peer.as_ref()).await?;
    let (mut mine, mut theirs) = (Vec::new(), Vec::new());
    for n in 0..args.count {
        mine.push(stage.of_baton(n, conversation).await?);
        theirs.extend(stage.of_socketio(n).await?);
    }
    drop(stage);
    if let Some(peer) = peer {
        peer.stop().await?;
    }
    world.end().await?;
    Ok(table(args, &Times::of(mine), &Times::of(theirs), has_postgres))
}

fn table(args: &Lease, mine: &Times, theirs: &Times, has_redis: bool) -> Table {
    let row = |name: &str, times: &Times| -> Vec<Cell> {
        vec![
            name.into(),
            times.count().into(),
            Cell::Figure(times.p50(), 3),
            two(times.p50() / theirs.p50()),
            Cell::Figure(times.p99(), 3),
            two(times.p99() / theirs.p99()),
        ]
    };
    let mut rows = vec![row("Baton", mine)];
    let mut notes = vec![
        format!(
            "From the client's frame to the answer that names it as the holder, one after the \
             other over {SOCKETS} sockets; both in turn at each of {} turns, one Redis for both \
             ({}). Baton also tells every colleague; Socket.IO tells nobody.",
            args.count,
            if has_redis { "shared" } else { "none here: SQLite, in process" }
        ),
        "Goal: p50 at most 1.2 of Socket.IO's acknowledgement with SET NX PX.".to_owned(),
    ];
    if theirs.count() > 0 {
        rows.push(row("Socket.IO, SET NX PX", theirs));
    } else {
        notes.push(SKIPPED.to_owned());
    }
    Table {
        title: "A lease is taken".to_owned(),
        columns: vec!["server", "leases", "p50 ms", "to Socket.IO", "p99 ms", "to Socket.IO"],
        rows,
        notes,
    }
}

struct LeaseRun {
    agent: AgentId,
    /// Of the last lease taken.
    token: u64,
    sockets: Vec<Stream>,
    peers: Vec<Stream>,
    turn: Interval,
}

impl LeaseRun {
    async fn start(agent: &SignedIn, peer: Option<&Peer>) -> anyhow::Result<Self> {
        let (mut sockets, mut peers) = (Vec::new(), Vec::new());
        for _ in 0..SOCKETS {
            sockets.push(open(agent).await?);
            if let Some(peer) = peer {
                peers.push(peer.open(&json!({})).await?.stream);
            }
        }
        let turn = tokio::time::interval(PACE);
        Ok(Self { agent: agent.session.agent_id, token: 0, sockets, peers, turn })
    }

    async fn of_baton(&mut self, n: usize, place: ConversationId) -> anyhow::Result<u32> {
        self.turn.tick().await;
        let stream = self.sockets.get_mut(n % SOCKETS).context("no socket")?;
        let began = Instant::now();
        compose(stream, place, ComposeAction::Start).await?;
        // The sockets are one agent's: what an earlier turn told them has a lower token.
        let (agent, last) = (self.agent, self.token);
        let is_new =
            |it: Option<LeaseHolder>| it.is_some_and(|it| it.agent_id == agent && it.token > last);
        let taken = holder(stream, place, is_new).await?;
        let took = micros(began.elapsed());
        self.token = taken.context("a lease without a holder")?.token;
        compose(stream, place, ComposeAction::Stop).await?;
        holder(stream, place, |holder| holder.is_none()).await?;
        // What the others were told must not wait for their turn.
        for other in &mut self.sockets {
            drain(other).await?;
        }
        Ok(took)
    }

    async fn of_socketio(&mut self, n: usize) -> anyhow::Result<Option<u32>> {
        self.turn.tick().await;
        if self.peers.is_empty() {
            return Ok(None);
        }
        let stream = self.peers.get_mut(n % SOCKETS).context("no socket")?;
        let key = json!("lease");
        let began = Instant::now();
        let taken = ask(stream, "acquire", Some(&key)).await?;
        let took = micros(began.elapsed());
        ensure!(taken == json!(true), "Socket.IO did not give the lock");
        ask(stream, "release", Some(&key)).await?;
        Ok(Some(took))
    }
}

/// Says what is wanted of a lease.
async fn compose(
    stream: &mut Stream,
    conversation_id: ConversationId,
    action: ComposeAction,
) -> anyhow::Result<()> {
    let frame = ClientFrame::Compose(Compose { conversation_id, action });
    Ok(stream.send(Message::text(serde_json::to_string(&frame)?)).await?)
}

/// Waits for a lease frame whose holder fits.
async fn holder(
    stream: &mut Stream,
    place: ConversationId,
    fits: impl Fn(Option<LeaseHolder>) -> bool + Send + Sync,
) -> anyhow::Result<Option<LeaseHolder>> {
    let wait = async {
        while let Some(message) = stream.next().await {
            let message = message?;
            let Message::Text(text) = message else { continue };
            ensure!(!text.starts_with(r#"{"type":"error""#), "the server says: {text}");
            if !text.starts_with(r#"{"type":"lease""#) {
                continue;
            }
            if let ServerFrame::Lease(lease) = serde_json::from_str(&text)?
                && lease.conversation_id == place
                && fits(lease.holder)
            {
                return Ok(lease.holder);
            }
        }
        bail!("the socket closed")
    };
    timeout(PATIENCE, wait).await.context("no answer about the lease")?
}

/// Reads what is there already.
async fn drain(stream: &mut Stream) -> anyhow::Result<()> {
    while let Ok(message) = timeout(Duration::ZERO, stream.next()).await {
        drop(message.context("the socket closed")??);
    }
    Ok(())
}

async fn take_over(setup: &Setup, args: &Lease, progress: &Progress) -> anyhow::Result<Table> {
    let store = setup.store_of(2).context("no store")?;
    let mut took = Vec::new();
    let mut world = World::new(setup, store, Size::of(2).on(2), progress).await?;
    let conversation = first_conversation(&world).await?;
    for _ in 0..args.kills {
        progress.phase("a node is killed");
        let (first, second) = (world.agents.first(), world.agents.get(1));
        let first = world.at(1, first.context("no agent")?)?;
        let mut here = open(second.context("no agent")?).await?;
        let me = second.context("no agent")?.session.agent_id;
        let mut there = open(&first).await?;
        // The agent who got it in the round before may still have it.
        compose(&mut there, conversation, ComposeAction::TakeOver).await?;
        let holds =
            |it: Option<LeaseHolder>| it.is_some_and(|it| it.agent_id == first.session.agent_id);
        holder(&mut there, conversation, holds).await?;
        let began = Instant::now();
        // Its data stays; only the process dies.
        world.others.pop().context("no second node")?.stop().await?;
        took.push(wait_for_lease(&mut here, conversation, me, began).await?);
        world = world.with_nodes(2).await?;
        progress.step();
    }
    world.end().await?;
    let lease_ms = LEASE_TTL.as_secs_f64() * 1000.0;
    let most = took.iter().copied().fold(0.0, f64::max);
    Ok(Table {
        title: "A holder's node is killed: until somebody else has the lease".to_owned(),
        columns: vec!["kills", "median ms", "longest ms", "lease ms", "over it ms"],
        rows: vec![vec![
            took.len().into(),
            whole(median(took)),
            whole(most),
            whole(lease_ms),
            whole(most - lease_ms),
        ]],
        notes: vec![
            format!(
                "Two nodes, one Redis. The holder had just taken it; from the kill (-9) on a \
                 colleague on the other node asks for it every {} ms.",
                TRY.as_millis()
            ),
            "Goal: at most 250 ms over the lease.".to_owned(),
        ],
    })
}

/// Asks until it has the lease; how long that took, in milliseconds.
async fn wait_for_lease(
    stream: &mut Stream,
    place: ConversationId,
    me: AgentId,
    began: Instant,
) -> anyhow::Result<f64> {
    let mut tries = tokio::time::interval(TRY);
    let mine = |text: &str| {
        let frame = serde_json::from_str(text).ok();
        let Some(ServerFrame::Lease(lease)) = frame else { return false };
        lease.conversation_id == place && lease.holder.is_some_and(|it| it.agent_id == me)
    };
    let wait = async {
        loop {
            tokio::select! {
                _ = tries.tick() => compose(stream, place, ComposeAction::Start).await?,
                message = stream.next() => {
                    let message = message.context("the socket closed")??;
                    if message.to_text().is_ok_and(mine) {
                        return anyhow::Ok(began.elapsed().as_secs_f64() * 1000.0);
                    }
                }
            }
        }
    };
    timeout(PATIENCE, wait).await.context("nobody got the lease")?
}
