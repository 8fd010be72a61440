//! From an agent on one node to an agent on another. Drafts go there and back through Redis alone,
//! beside Socket.IO with its redis-adapter. A customer's message is stored on the one node before
//! it is told on the other.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use baton_protocol::frame::{ClientFrame, Draft};
use baton_protocol::page::{ConversationPage, ConversationRow};
use baton_protocol::{AgentId, ConversationId};
use clap::Args;
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::time::{Instant, Interval, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::listen::{Stream, open};
use crate::post::Poster;
use crate::progress::Progress;
use crate::report::{Cell, Table, two};
use crate::server::Setup;
use crate::socketio::{Adapter, SKIPPED, tell};
use crate::stats::{Times, micros};
use crate::webhook::{self, CustomerAt, marks};
use crate::world::{Size, World};

/// `baton-load cross-node`.
#[derive(Clone, Debug, Args)]
pub(crate) struct CrossNode {
    /// Drafts there and back
    #[arg(long, default_value_t = 2_000, value_name = "N")]
    pub(crate) pings: usize,
    /// Customers' messages
    #[arg(long, default_value_t = 500, value_name = "N")]
    pub(crate) messages: usize,
    /// Servers; the agents sit at the first and the last one
    #[arg(long, default_value_t = 2, value_name = "N")]
    pub(crate) nodes: usize,
}

/// Pairs that take turns: a session takes 30 frames a second.
const PAIRS: usize = 4;
/// Between two turns.
const PACE: Duration = Duration::from_millis(10);
/// After the last socket, until the first draft: handshakes end, presence is told.
const SETTLING: Duration = Duration::from_secs(2);
/// The longest time that one step may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs it on PostgreSQL, which several nodes need.
pub(crate) async fn cross_node(
    setup: &Setup,
    args: &CrossNode,
    progress: &Progress,
) -> anyhow::Result<Vec<Table>> {
    ensure!(args.nodes > 1 && args.pings > 0 && args.messages > 0, "nothing would be measured");
    let store = setup.store_of(args.nodes).context("several nodes need --postgres")?;
    progress.expect(2);
    let world = World::new(setup, store, Size::of(2 * PAIRS).on(args.nodes), progress).await?;
    let place = first_conversation(&world).await?;
    let mut mine = Vec::new();
    for pair in 0..PAIRS {
        mine.push(BatonPair::meet(&world, pair, place, args.nodes - 1).await?);
    }
    let redis = world.home.redis();
    let mut peers = Vec::new();
    for _ in 0..2 {
        peers.extend(setup.peers.start(Adapter::Redis, redis).await?);
    }
    let mut theirs = Vec::new();
    if let [here, there] = peers.as_slice() {
        for _ in 0..PAIRS {
            let (here, there) = (here.open(&json!({})).await?, there.open(&json!({})).await?);
            theirs.push((here.stream, there.stream));
        }
    }
    sleep(SETTLING).await;
    progress.phase("drafts there and back");
    let mut pace = tokio::time::interval(PACE);
    let (mut ours, mut others) = (Vec::new(), Vec::new());
    for n in 0..args.pings {
        let pair = mine.get_mut(n % PAIRS).context("no pair")?;
        ours.push(pair.ping(n, &mut pace).await?);
        if let Some((here, there)) = theirs.get_mut(n % PAIRS) {
            others.push(ping_socketio(here, there, n, &mut pace).await?);
        }
    }
    drop(theirs);
    for peer in peers {
        peer.stop().await?;
    }
    progress.step();
    let drafts = drafts(args, &Times::of(ours), &Times::of(others));
    progress.phase("customers' messages");
    let messages = messages(&world, args, &mut mine, &mut pace).await?;
    drop(mine);
    world.end().await?;
    Ok(vec![drafts, messages])
}

/// A customer writes; the conversation that begins.
pub(super) async fn first_conversation(world: &World) -> anyhow::Result<ConversationId> {
    let request = webhook::request("place", CustomerAt { channel: 0, contact: 0 }, 0, 1);
    world.poster().await?.post(&request).await?;
    let page: ConversationPage = world.admin.get("/conversations").await?;
    Ok(match page.conversations.first().context("no conversation")? {
        ConversationRow::Head { head } => head.id,
        ConversationRow::Full { view, .. } => view.conversation.head.id,
    })
}

fn drafts(args: &CrossNode, mine: &Times, theirs: &Times) -> Table {
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
            "A draft from an agent at the first node to one at the last, who answers with one: \
             there and back. {} people are told of each; both in turn at each ping, over one \
             Redis.",
            2 * PAIRS - 1
        ),
        "Goal: p50 at most 1.5 of Socket.IO.".to_owned(),
    ];
    if theirs.count() > 0 {
        rows.push(row(Adapter::Redis.name(), theirs));
    } else {
        notes.push(SKIPPED.to_owned());
    }
    Table {
        title: format!("Drafts between {} nodes, there and back", args.nodes),
        columns: vec!["server", "pings", "p50 ms", "to Socket.IO", "p99 ms", "to Socket.IO"],
        rows,
        notes,
    }
}

/// Two agents at two nodes.
struct BatonPair {
    place: ConversationId,
    here: (AgentId, Stream),
    there: (AgentId, Stream),
}

impl BatonPair {
    async fn meet(
        world: &World,
        pair: usize,
        place: ConversationId,
        far: usize,
    ) -> anyhow::Result<Self> {
        let at = async |node: usize, n: usize| {
            let who = world.at(node, world.agents.get(n).context("no agent")?)?;
            anyhow::Ok((who.session.agent_id, open(&who).await?))
        };
        Ok(Self { place, here: at(0, 2 * pair).await?, there: at(far, 2 * pair + 1).await? })
    }

    async fn ping(&mut self, n: usize, pace: &mut Interval) -> anyhow::Result<u32> {
        pace.tick().await;
        let text = format!("there and back ~L{n:08x}");
        let frame = ClientFrame::Draft(Draft { conversation_id: self.place, text });
        let frame = serde_json::to_string(&frame)?;
        let began = Instant::now();
        self.here.1.send(Message::text(frame.clone())).await?;
        hear(&mut self.there.1, n, &self.here.0.to_string()).await?;
        self.there.1.send(Message::text(frame)).await?;
        hear(&mut self.here.1, n, &self.there.0.to_string()).await?;
        Ok(micros(began.elapsed()))
    }
}

async fn ping_socketio(
    here: &mut Stream,
    there: &mut Stream,
    n: usize,
    pace: &mut Interval,
) -> anyhow::Result<u32> {
    pace.tick().await;
    // As much as a draft of Baton's tells.
    let body = |from: &str| {
        let id = "01900000-0000-7000-8000-000000000000";
        let text = format!("there and back ~L{n:08x}");
        json!({ "type": "draft", "conversation_id": id, "agent_id": id, "text": text, "by": from })
            .to_string()
    };
    let began = Instant::now();
    tell(here, "draft", &body("here")).await?;
    hear(there, n, "\"here\"").await?;
    tell(there, "draft", &body("there")).await?;
    hear(here, n, "\"there\"").await?;
    Ok(micros(began.elapsed()))
}

/// Waits for the frame with this number and these words.
async fn hear(stream: &mut Stream, number: usize, words: &str) -> anyhow::Result<()> {
    let wait = async {
        while let Some(message) = stream.next().await {
            let message = message?;
            let Message::Text(text) = message else { continue };
            ensure!(!text.starts_with(r#"{"type":"error""#), "the server says: {text}");
            if marks(text.as_bytes()).any(|other| other == number) && text.contains(words) {
                return Ok(());
            }
        }
        bail!("the socket closed")
    };
    timeout(PATIENCE, wait).await.context("a frame did not come")?
}

/// From the POST at the first node to its 200, and to the sockets at the first and the last one.
async fn messages(
    world: &World,
    args: &CrossNode,
    pairs: &mut [BatonPair],
    pace: &mut Interval,
) -> anyhow::Result<Table> {
    let pair = pairs.first_mut().context("no pair")?;
    let run = uuid::Uuid::now_v7().simple().to_string();
    let mut poster: Poster = world.poster().await?;
    let (mut acks, mut here, mut there) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..args.messages {
        pace.tick().await;
        let number = args.pings + n;
        let request = webhook::request(&run, CustomerAt { channel: 0, contact: 0 }, number, 1);
        let began = Instant::now();
        let since = |done: anyhow::Result<()>| done.map(|()| micros(began.elapsed()));
        let (ack, near, far) = tokio::join!(
            async { since(poster.post(&request).await) },
            async { since(hear(&mut pair.here.1, number, "\"events\"").await) },
            async { since(hear(&mut pair.there.1, number, "\"events\"").await) },
        );
        acks.push(ack?);
        here.push(near?);
        there.push(far?);
    }
    let (acks, here, there) = (Times::of(acks), Times::of(here), Times::of(there));
    let row = |name: &str, times: &Times| -> Vec<Cell> {
        vec![name.into(), two(times.p50()), two(times.p50() - acks.p50()), two(times.p99())]
    };
    Ok(Table {
        title: format!(
            "{} customers' messages to the first of {} nodes",
            args.messages, args.nodes
        ),
        columns: vec!["until", "p50 ms", "after the 200, p50 ms", "p99 ms"],
        rows: vec![
            row("the 200", &acks),
            row("a socket at the first node", &here),
            row("a socket at the last node", &there),
        ],
        notes: vec![
            "The 200 comes after the commit (PostgreSQL, fsync as it is set there). Goal: the \
             commit and no more than a draft's way."
                .to_owned(),
        ],
    })
}
