//! One event, many sockets: what telling everybody costs, and how soon they know, beside a bare
//! loop of `write(2)` over as many sockets that says the same.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use baton::demo::client::SignedIn;
use clap::Args;
use futures_util::StreamExt;
use tokio::time::{Instant, sleep};
use tokio_tungstenite::tungstenite::Message;

use crate::listen::{Audience, Sent, open};
use crate::machine::enough_files;
use crate::peers::WriteLoop;
use crate::post::Poster;
use crate::progress::Progress;
use crate::report::{Cell, Table, two, whole};
use crate::server::Setup;
use crate::stats::{Times, ratio};
use crate::webhook::{self, From, marks};
use crate::world::{Size, World};

/// `baton-load fan-out`.
#[derive(Clone, Debug, Args)]
pub(crate) struct FanOut {
    /// Subscribers of one workspace; each number is measured on its own
    #[arg(long, value_delimiter = ',', default_values_t = [100, 500, 2_000], value_name = "N,…")]
    pub(crate) subscribers: Vec<usize>,
    /// Events that all of them are told
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub(crate) events: usize,
}

/// As many as an agent may have on one node.
const OF_ONE_AGENT: usize = 10;
/// Baton and the bare loop take turns this often.
const TURNS: usize = 5;
/// After the last socket, until the first event: handshakes end, presence is told.
const SETTLING: Duration = Duration::from_secs(3);
/// How long anybody may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs it; a commit costs the same however many are told, so only the first store is taken.
pub(crate) async fn fan_out(
    setup: &Setup,
    args: &FanOut,
    progress: &Progress,
) -> anyhow::Result<Vec<Table>> {
    let most = args.subscribers.iter().max().copied().context("no subscribers")?;
    ensure!(most > 0 && args.events > 0, "nobody would be told anything");
    // A socket of Baton's, and both ends of one of the bare loop's.
    enough_files(3 * most)?;
    progress.expect(args.subscribers.len() * TURNS);
    let store = *setup.stores().first().context("no store")?;
    let size = Size::of(most.div_ceil(OF_ONE_AGENT));
    let world = World::new(setup, store, size, progress).await?;
    let mut speaker = Speaker::new(&world).await?;
    let frame = speaker.frame(world.agents.first().context("no agent")?).await?;
    let (mut costs, mut delays) = (Vec::new(), Vec::new());
    for count in &args.subscribers {
        progress.phase(&format!("{count} subscribers: connecting"));
        let stage = Stage::set(&world, *count, args.events, &frame).await?;
        progress.phase(&format!("{count} subscribers: {} events", args.events));
        let played = stage.play(&world, &mut speaker, progress).await?;
        costs.push(played.cost(*count));
        delays.extend(played.delays(*count));
    }
    world.end().await?;
    Ok(vec![cost(args, costs, store.name()), delay(args, delays)])
}

fn cost(args: &FanOut, rows: Vec<Vec<Cell>>, store: &str) -> Table {
    Table {
        title: format!("{} events, each told to every subscriber: what it costs", args.events),
        columns: vec!["subscribers", "told", "told/core-s", "bare loop", "ratio"],
        rows,
        notes: vec![
            format!(
                "An event is a customer's message; the next one comes when everybody has it. The \
                 server's CPU is all it used meanwhile, webhook and commit ({store}) with it; the \
                 bare loop's is that of its thread, which writes the same frame to as many \
                 sockets. Both in turn, {TURNS} times."
            ),
            "Goal: 0.75 of the bare loop at 2,000.".to_owned(),
        ],
    }
}

fn delay(args: &FanOut, rows: Vec<Vec<Cell>>) -> Table {
    Table {
        title: format!("{} events, each told to every subscriber: how soon", args.events),
        columns: vec![
            "subscribers",
            "since",
            "p50 ms",
            "bare loop",
            "ratio",
            "p99 ms",
            "bare loop",
            "ratio",
        ],
        rows,
        notes: vec![
            "Since the POST, with its commit, or the loop's beginning; and since the first socket \
             had it. Over every socket and event."
                .to_owned(),
            "Goal: at most 1.5 times the bare loop, and p99 10 ms at 50.".to_owned(),
        ],
    }
}

/// What came of one number of subscribers, Baton's first and the bare loop's second.
struct Played {
    told: usize,
    per_core: (f64, f64),
    since_post: (Times, Times),
    since_first: (Times, Times),
}

impl Played {
    fn cost(&self, subscribers: usize) -> Vec<Cell> {
        let (mine, bare) = self.per_core;
        vec![subscribers.into(), self.told.into(), whole(mine), whole(bare), two(mine / bare)]
    }

    fn delays(&self, subscribers: usize) -> [Vec<Cell>; 2] {
        let pairs = [("the POST", &self.since_post), ("the first socket", &self.since_first)];
        pairs.map(|(since, (mine, bare))| {
            let mut row = vec![subscribers.into(), since.into()];
            for (mine, bare) in [(mine.p50(), bare.p50()), (mine.p99(), bare.p99())] {
                row.extend([two(mine), two(bare), two(mine / bare)]);
            }
            row
        })
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
        speaker.says("first", 0).await?;
        Ok(speaker)
    }

    async fn says(&mut self, part: &str, number: usize) -> anyhow::Result<()> {
        let run = format!("{}{part}", self.run);
        let request = webhook::request(&run, From { channel: 0, contact: 0 }, number, 1);
        self.poster.post(&request).await
    }

    /// What a socket gets when the customer says something.
    async fn frame(&mut self, who: &SignedIn) -> anyhow::Result<String> {
        const NUMBER: usize = 7;
        let mut stream = open(who).await?;
        self.says("frame", NUMBER).await?;
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
struct Stage {
    subscribers: usize,
    events: usize,
    sent: Arc<Sent>,
    audience: Audience,
    bare: WriteLoop,
    bare_sent: Arc<Sent>,
    bare_audience: Audience,
}

impl Stage {
    async fn set(
        world: &World,
        subscribers: usize,
        events: usize,
        frame: &str,
    ) -> anyhow::Result<Self> {
        let mut streams = Vec::new();
        for agent in world.agents.iter().flat_map(|agent| [agent; OF_ONE_AGENT]).take(subscribers) {
            streams.push(open(agent).await?);
        }
        let (bare, ends) = WriteLoop::start(subscribers, frame).await?;
        let (sent, bare_sent) = (Sent::new(events), Sent::new(events));
        let audience = Audience::of(streams, &sent);
        let bare_audience = Audience::of(ends, &bare_sent);
        sleep(SETTLING).await;
        Ok(Self { subscribers, events, sent, audience, bare, bare_sent, bare_audience })
    }

    async fn play(
        self,
        world: &World,
        speaker: &mut Speaker,
        progress: &Progress,
    ) -> anyhow::Result<Played> {
        let (mut server_ms, mut bare_ns) = (0, 0);
        let part = format!("of{}x", self.subscribers);
        for turn in 0..TURNS {
            let (cpu, bare_cpu) = (world.server.cpu_ms()?, self.bare.cpu_ns()?);
            for number in self.numbers(turn) {
                self.sent.note(number, Instant::now());
                speaker.says(&part, number).await?;
                self.audience.has((number + 1) * self.subscribers, PATIENCE).await?;
            }
            server_ms += world.server.cpu_ms()? - cpu;
            for number in self.numbers(turn) {
                self.bare_sent.note(number, Instant::now());
                self.bare.tell(number)?;
                self.bare_audience.has((number + 1) * self.subscribers, PATIENCE).await?;
            }
            bare_ns += self.bare.cpu_ns()? - bare_cpu;
            progress.step();
        }
        let told = self.events * self.subscribers;
        let of = told as u64;
        let per_core = (ratio(of * 1_000, server_ms), ratio(of * 1_000_000_000, bare_ns));
        let mine = self.audience.finish_with_spread(self.events, PATIENCE).await?;
        let bare = self.bare_audience.finish_with_spread(self.events, PATIENCE).await?;
        let (since_post, since_first) = ((mine.0, bare.0), (mine.1, bare.1));
        Ok(Played { told, per_core, since_post, since_first })
    }

    /// The events of a turn.
    fn numbers(&self, turn: usize) -> Range<usize> {
        self.events * turn / TURNS..self.events * (turn + 1) / TURNS
    }
}
