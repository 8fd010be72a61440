//! One event, many sockets: what telling everybody costs, and how soon they know. Beside it run
//! Socket.IO and a bare loop of `write(2)` that writes the same to as many sockets.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use baton::demo::client::SignedIn;
use clap::Args;
use futures_util::StreamExt;
use serde_json::json;
use tokio::time::{Instant, sleep};
use tokio_tungstenite::tungstenite::Message;

use crate::listen::{Audience, Sent, Stream, open};
use crate::machine::enough_files;
use crate::peers::WriteLoop;
use crate::post::Poster;
use crate::progress::Progress;
use crate::report::{Cell, Table, two, whole};
use crate::server::Setup;
use crate::socketio::{Adapter, Peer, SKIPPED, tell};
use crate::stats::{Times, ratio};
use crate::webhook::{self, CustomerAt, marks};
use crate::world::{Size, World};

/// `baton-load fan-out`.
#[derive(Clone, Debug, Args)]
pub(crate) struct FanOut {
    /// Subscribers of one workspace; each number is measured on its own
    #[arg(long, value_delimiter = ',', default_values_t = [50, 500, 2_000], value_name = "N,…")]
    pub(crate) subscribers: Vec<usize>,
    /// Events that all of them are told
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub(crate) events: usize,
    /// Servers that the subscribers are spread over, of Baton and of Socket.IO. Several need
    /// --postgres
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) nodes: usize,
}

/// As many as an agent may have on one node.
const OF_ONE_AGENT: usize = 10;
/// Baton and the bare loop take turns this often.
const TURNS: usize = 5;
/// After the last socket, until the first event: handshakes end, presence is told.
const SETTLING: Duration = Duration::from_secs(3);
/// The longest time that one step may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs it; a commit costs the same however many are told, so only the first store is taken.
pub(crate) async fn fan_out(
    setup: &Setup,
    args: &FanOut,
    progress: &Progress,
) -> anyhow::Result<Vec<Table>> {
    let most = args.subscribers.iter().max().copied().context("no subscribers")?;
    ensure!(most > 0 && args.events > 0 && args.nodes > 0, "nobody would be told anything");
    // A socket of Baton's and of Socket.IO's, and both ends of one of the bare loop's.
    enough_files(4 * most)?;
    progress.expect(args.subscribers.len() * TURNS);
    let store = setup.store_of(args.nodes).context("several nodes need --postgres")?;
    let size = Size::of(most.div_ceil(OF_ONE_AGENT)).on(args.nodes);
    let world = World::new(setup, store, size, progress).await?;
    let mut speaker = Speaker::new(&world).await?;
    let frame = speaker.frame(world.agents.first().context("no agent")?).await?;
    let (mut costs, mut delays) = (Vec::new(), Vec::new());
    for count in &args.subscribers {
        progress.phase(&format!("{count} subscribers: connecting"));
        let mut stage = FanOutRun::start(&world, *count, args.events, &frame).await?;
        stage.peers = Peers::start(setup, &world, args, *count, &frame).await?;
        sleep(SETTLING).await;
        // A server closes a connection that says nothing while a crowd comes in.
        speaker.poster = world.poster().await?;
        progress.phase(&format!("{count} subscribers: {} events", args.events));
        let played = stage.play(&world, &mut speaker, progress).await?;
        costs.push(played.cost(*count));
        delays.extend(played.delays(*count));
    }
    world.end().await?;
    Ok(vec![cost(setup, args, costs, store.name()), delay(args, delays)])
}

fn cost(setup: &Setup, args: &FanOut, rows: Vec<Vec<Cell>>, store: &str) -> Table {
    let mut notes = vec![
        format!(
            "An event is a customer's message; the next one comes when everybody has it. The \
             servers' CPU is all they used meanwhile, webhook and commit ({store}) with it; the \
             bare loop's is that of its thread, which writes the same frame to as many sockets; \
             Socket.IO is told the same frame on a socket and emits it to a room. In turn, \
             {TURNS} times."
        ),
        "Goals: 0.75 of the bare loop and 1.6 of Socket.IO at 2,000.".to_owned(),
    ];
    if !setup.peers.are_there() {
        notes.push(SKIPPED.to_owned());
    }
    Table {
        title: format!("{}: what it costs", title(args)),
        columns: vec![
            "subscribers",
            "told",
            "told/core-s",
            "bare loop",
            "to bare",
            "Socket.IO",
            "to Socket.IO",
        ],
        rows,
        notes,
    }
}

fn title(args: &FanOut) -> String {
    let nodes = if args.nodes == 1 { String::new() } else { format!(" over {} nodes", args.nodes) };
    format!("{} events, each told to every subscriber{nodes}", args.events)
}

fn delay(args: &FanOut, rows: Vec<Vec<Cell>>) -> Table {
    Table {
        title: format!("{}: how soon", title(args)),
        columns: vec![
            "subscribers",
            "since",
            "p50 ms",
            "bare loop",
            "ratio",
            "Socket.IO",
            "p99 ms",
            "bare loop",
            "ratio",
            "Socket.IO",
        ],
        rows,
        notes: vec![
            "Since the POST, with its commit, or the loop's beginning, or what Socket.IO is told; \
             and since the first socket had it. Over every socket and event."
                .to_owned(),
            "Goal: at most 1.5 times the bare loop, and p99 10 ms at 50.".to_owned(),
        ],
    }
}

/// The result for one number of subscribers: Baton's, the bare loop's, Socket.IO's.
struct Played {
    told: usize,
    per_core: [f64; 3],
    since_start: [Times; 3],
    since_first: [Times; 3],
}

impl Played {
    fn cost(&self, subscribers: usize) -> Vec<Cell> {
        let [mine, bare, peer] = self.per_core;
        vec![
            subscribers.into(),
            self.told.into(),
            whole(mine),
            whole(bare),
            two(mine / bare),
            whole(peer),
            two(mine / peer),
        ]
    }

    fn delays(&self, subscribers: usize) -> [Vec<Cell>; 2] {
        let all = [("the start", &self.since_start), ("the first socket", &self.since_first)];
        all.map(|(since, [mine, bare, peer])| {
            let mut row = vec![subscribers.into(), since.into()];
            for per_mille in [500, 990] {
                let of = |times: &Times| times.per_mille(per_mille);
                row.extend([two(of(mine)), two(of(bare)), two(of(mine) / of(bare))]);
                row.push(two(of(peer)));
            }
            row
        })
    }
}

/// Socket.IO with as many subscribers, over as many processes.
struct Peers {
    all: Vec<Peer>,
    speaker: Stream,
    frame: String,
    sent: Arc<Sent>,
    audience: Audience,
}

impl Peers {
    /// `None` where it is not installed.
    async fn start(
        setup: &Setup,
        world: &World,
        args: &FanOut,
        count: usize,
        frame: &str,
    ) -> anyhow::Result<Option<Self>> {
        let adapter = if args.nodes == 1 { Adapter::Plain } else { Adapter::Redis };
        let mut all = Vec::new();
        for _ in 0..args.nodes {
            all.extend(setup.peers.start(adapter, world.home.redis()).await?);
        }
        let Some(first) = all.first() else { return Ok(None) };
        let speaker = first.open(&json!({ "room": "control" })).await?.stream;
        let mut streams = Vec::new();
        for peer in all.iter().cycle().take(count) {
            streams.push(peer.open(&json!({})).await?.stream);
        }
        let sent = Sent::new(args.events);
        let audience = Audience::of(streams, &sent);
        Ok(Some(Self { all, speaker, frame: frame.to_owned(), sent, audience }))
    }

    fn cpu_ms(&self) -> anyhow::Result<u64> {
        self.all.iter().map(Peer::cpu_ms).sum()
    }

    async fn say(&mut self, number: usize) -> anyhow::Result<()> {
        let frame = webhook::renumbered(&self.frame, number);
        self.sent.note(number, Instant::now());
        tell(&mut self.speaker, "say", &frame).await
    }
}

/// Says something by webhook.
struct Speaker {
    poster: Poster,
    run: String,
}

impl Speaker {
    async fn new(world: &World) -> anyhow::Result<Self> {
        let run = uuid::Uuid::now_v7().simple().to_string();
        let mut speaker = Self { poster: world.poster().await?, run };
        // The customer is known from here on.
        speaker.say_part("first", 0).await?;
        Ok(speaker)
    }

    async fn say_part(&mut self, part: &str, number: usize) -> anyhow::Result<()> {
        let run = format!("{}{part}", self.run);
        let request = webhook::request(&run, CustomerAt { channel: 0, contact: 0 }, number, 1);
        self.poster.post(&request).await
    }

    /// The frame that a socket gets when the customer says something.
    async fn frame(&mut self, who: &SignedIn) -> anyhow::Result<String> {
        const NUMBER: usize = 7;
        let mut stream = open(who).await?;
        self.say_part("frame", NUMBER).await?;
        let frame = async {
            while let Some(message) = stream.next().await {
                if let Message::Text(text) = message?
                    && marks(text.as_bytes()).any(|number| number == NUMBER)
                    && text.contains("\"events\"")
                {
                    return Ok(text.to_string());
                }
            }
            anyhow::bail!("the socket closed")
        };
        tokio::time::timeout(PATIENCE, frame).await.context("no frame came")?
    }
}

/// The sockets of one row.
struct FanOutRun {
    subscribers: usize,
    events: usize,
    sent: Arc<Sent>,
    audience: Audience,
    bare: WriteLoop,
    bare_sent: Arc<Sent>,
    bare_audience: Audience,
    peers: Option<Peers>,
}

impl FanOutRun {
    async fn start(
        world: &World,
        subscribers: usize,
        events: usize,
        frame: &str,
    ) -> anyhow::Result<Self> {
        let mut streams = Vec::new();
        let places = world.agents.iter().flat_map(|agent| [agent; OF_ONE_AGENT]);
        for (n, agent) in places.take(subscribers).enumerate() {
            streams.push(open(&world.at(n, agent)?).await?);
        }
        let (bare, ends) = WriteLoop::start(subscribers, frame).await?;
        let (sent, bare_sent) = (Sent::new(events), Sent::new(events));
        let audience = Audience::of(streams, &sent);
        let bare_audience = Audience::of(ends, &bare_sent);
        Ok(Self {
            subscribers,
            events,
            sent,
            audience,
            bare,
            bare_sent,
            bare_audience,
            peers: None,
        })
    }

    async fn play(
        mut self,
        world: &World,
        speaker: &mut Speaker,
        progress: &Progress,
    ) -> anyhow::Result<Played> {
        let (mut server_ms, mut bare_ns, mut peer_ms) = (0, 0, 0);
        for turn in 0..TURNS {
            let cpu = world.cpu_ms()?;
            self.turn_of_baton(turn, speaker).await?;
            server_ms += world.cpu_ms()? - cpu;
            let cpu = self.bare.cpu_ns()?;
            for number in self.numbers(turn) {
                self.bare_sent.note(number, Instant::now());
                self.bare.tell(number)?;
                self.bare_audience.has((number + 1) * self.subscribers, PATIENCE).await?;
            }
            bare_ns += self.bare.cpu_ns()? - cpu;
            peer_ms += self.turn_of_socketio(turn).await?;
            progress.step();
        }
        let told = self.events * self.subscribers;
        let per_core = [
            ratio(told as u64 * 1_000, server_ms),
            ratio(told as u64 * 1_000_000_000, bare_ns),
            self.peers.as_ref().map_or(f64::NAN, |_| ratio(told as u64 * 1_000, peer_ms)),
        ];
        let mine = self.audience.finish_with_spread(self.events, PATIENCE).await?;
        let bare = self.bare_audience.finish_with_spread(self.events, PATIENCE).await?;
        let peer = match self.peers {
            Some(peers) => peers.audience.finish_with_spread(self.events, PATIENCE).await?,
            None => Default::default(),
        };
        let (since_start, since_first) = ([mine.0, bare.0, peer.0], [mine.1, bare.1, peer.1]);
        Ok(Played { told, per_core, since_start, since_first })
    }

    async fn turn_of_baton(&self, turn: usize, speaker: &mut Speaker) -> anyhow::Result<()> {
        let part = format!("of{}x", self.subscribers);
        for number in self.numbers(turn) {
            self.sent.note(number, Instant::now());
            speaker.say_part(&part, number).await?;
            self.audience.has((number + 1) * self.subscribers, PATIENCE).await?;
        }
        Ok(())
    }

    /// The CPU that it took, in milliseconds.
    async fn turn_of_socketio(&mut self, turn: usize) -> anyhow::Result<u64> {
        let numbers = self.numbers(turn);
        let Some(peers) = &mut self.peers else { return Ok(0) };
        let cpu = peers.cpu_ms()?;
        for number in numbers {
            peers.say(number).await?;
            peers.audience.has((number + 1) * self.subscribers, PATIENCE).await?;
        }
        Ok(peers.cpu_ms()? - cpu)
    }

    /// The events of a turn.
    fn numbers(&self, turn: usize) -> Range<usize> {
        self.events * turn / TURNS..self.events * (turn + 1) / TURNS
    }
}
