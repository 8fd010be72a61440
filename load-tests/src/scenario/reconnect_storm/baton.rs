//! Baton's side of the storm.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use baton::demo::client::SignedIn;
use baton_protocol::Cursor;
use baton_protocol::frame::ServerFrame;
use futures_util::StreamExt;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

use super::{AT_ONCE, Back, OF_ONE_AGENT, PATIENCE, QUIET, ReconnectStorm, TEAMS};
use crate::figures::Figures;
use crate::listen::{Entry, Stream, come_in};
use crate::webhook::{self, CustomerAt, marks};
use crate::world::World;

/// Connections that post at once.
const POSTERS: usize = 16;
/// Messages of strangers in one webhook, and customers they are from.
const OF_ONE_POST: usize = 25;
const STRANGERS: usize = 50;
/// The first number of strangers' messages.
const STRANGERS_FROM: usize = 1 << 24;

/// One that lost its connection.
struct Client {
    agent: usize,
    cursor: Cursor,
}

/// All that lost it.
pub(super) struct Crowd(Vec<Client>);

/// The number of events that each missed.
pub(super) struct Missed {
    own: usize,
}

/// A message in each conversation: it is known afterwards.
pub(super) async fn introduce(world: &World) -> anyhow::Result<()> {
    let all = (0..teams(world)).map(|team| (team + 1, 0, team, 1));
    let strangers = (0..STRANGERS).map(|contact| (0, contact, STRANGERS_FROM + contact, 1));
    post_all(world, all.chain(strangers).collect()).await
}

/// Writes what is missed: to each team, and to that of strangers what is left of `events`.
pub(super) async fn miss(
    world: &World,
    args: &ReconnectStorm,
    events: usize,
) -> anyhow::Result<Missed> {
    let own = args.own;
    let mut posts = Vec::new();
    for n in 0..own {
        posts.extend((0..teams(world)).map(|team| (team + 1, 0, team * own + n, 1)));
    }
    let others = events.saturating_sub(posts.len()).div_ceil(OF_ONE_POST);
    let of = |n| (0, n % STRANGERS, STRANGERS_FROM + n * OF_ONE_POST, OF_ONE_POST);
    posts.extend((0..others).map(of));
    post_all(world, posts).await?;
    Ok(Missed { own })
}

fn teams(world: &World) -> usize {
    TEAMS.min(world.agents.len())
}

/// Channel, contact, first number, count.
type Post = (usize, usize, usize, usize);

async fn post_all(world: &World, posts: Vec<Post>) -> anyhow::Result<()> {
    let run: Arc<str> = uuid::Uuid::now_v7().simple().to_string().into();
    let (posts, next) = (Arc::new(posts), Arc::new(AtomicUsize::new(0)));
    let mut workers = JoinSet::new();
    for _ in 0..POSTERS {
        let mut poster = world.poster().await?;
        let (run, posts, next) = (Arc::clone(&run), Arc::clone(&posts), Arc::clone(&next));
        workers.spawn(async move {
            while let Some(post) = posts.get(next.fetch_add(1, Ordering::Relaxed)) {
                let (channel, contact, first, count) = *post;
                let from = CustomerAt { channel, contact };
                poster.post(&webhook::request(&run, from, first, count)).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = workers.join_next().await {
        done??;
    }
    Ok(())
}

/// Waits until the servers have noticed that everybody has gone.
pub(super) async fn wait_until_gone(world: &World) -> anyhow::Result<()> {
    let gone = async {
        for server in world.nodes() {
            while server.figures().await?.grew(&Figures::default(), "baton_sockets_open") > 0.0 {
                sleep(Duration::from_millis(50)).await;
            }
        }
        anyhow::Ok(())
    };
    timeout(PATIENCE, gone).await.context("sockets that were cut stay open")?
}

impl Crowd {
    /// Everybody comes, notes where they are, and loses the connection.
    pub(super) async fn gather(world: &World, args: &ReconnectStorm) -> anyhow::Result<Self> {
        let gate = Arc::new(Semaphore::new(AT_ONCE));
        let mut coming = JoinSet::new();
        for n in 0..args.clients {
            let agent = n / OF_ONE_AGENT;
            let who = world.at(n, world.agents.get(agent).context("no agent")?)?;
            let gate = Arc::clone(&gate);
            coming.spawn(async move {
                let (stream, cursor, _) = enter(&who, None, &gate).await?;
                anyhow::Ok((stream, Client { agent, cursor }))
            });
        }
        // Nobody goes before the last one came: all are lost at once.
        let (mut streams, mut clients) = (Vec::new(), Vec::new());
        while let Some(came) = coming.join_next().await {
            let (stream, client) = came??;
            streams.push(stream);
            clients.push(client);
        }
        Ok(Self(clients))
    }

    /// Everybody comes back, each to another server, and has to get what they missed.
    pub(super) async fn come_back(self, world: &World, missed: &Missed) -> anyhow::Result<Back> {
        let (began, cpu) = (Instant::now(), world.cpu_ms()?);
        let (gate, done) = (Arc::new(Semaphore::new(AT_ONCE)), watch::Sender::new(0));
        let (end, ended) = watch::channel(false);
        let clients = self.0.len();
        let mut coming = JoinSet::new();
        for (n, client) in self.0.into_iter().enumerate() {
            let who = world.at(n + 1, world.agents.get(client.agent).context("no agent")?)?;
            let first = client.agent % teams(world) * missed.own;
            let wanted = (first..first + missed.own).collect();
            let (cursor, gate) = (Some(client.cursor), Arc::clone(&gate));
            let (done, ended) = (done.clone(), ended.clone());
            coming.spawn(async move {
                let (stream, _, away) = enter(&who, cursor, &gate).await?;
                let heard = Heard { wanted, ..Heard::default() };
                anyhow::Ok((heard.listen(stream, &done, ended).await?, away))
            });
        }
        let mut all = done.subscribe();
        let everybody = all.wait_for(|all| *all == clients);
        let is_whole = timeout(PATIENCE, everybody).await.is_ok();
        let mut back = Back {
            clients,
            took: began.elapsed(),
            cpu_ms: world.cpu_ms()? - cpu,
            ..Back::default()
        };
        sleep(QUIET).await;
        end.send_replace(true);
        while let Some(came) = coming.join_next().await {
            let (heard, away) = came??;
            back.lost += heard.wanted.len();
            back.doubled += heard.doubled;
            back.away += away;
        }
        ensure!(is_whole, "not everybody had everything in {PATIENCE:?}: {back:?}");
        Ok(back)
    }
}

/// Comes in, as often as it takes; how often it was sent away. A place is given back once inside.
async fn enter(
    who: &SignedIn,
    cursor: Option<Cursor>,
    gate: &Semaphore,
) -> anyhow::Result<(Stream, Cursor, usize)> {
    let mut away = 0;
    loop {
        let place = gate.acquire().await?;
        let entry = come_in(who, cursor).await?;
        drop(place);
        match entry {
            Entry::In(stream, cursor) => return Ok((*stream, cursor, away)),
            Entry::Away(after) => {
                away += 1;
                sleep(after).await;
            }
        }
    }
}

/// Messages received by a client that came back.
#[derive(Default)]
struct Heard {
    /// Still missing.
    wanted: BTreeSet<usize>,
    /// The number of times that each position came.
    positions: BTreeMap<u64, usize>,
    doubled: usize,
}

impl Heard {
    async fn listen(
        mut self,
        mut stream: Stream,
        done: &watch::Sender<usize>,
        mut ended: watch::Receiver<bool>,
    ) -> anyhow::Result<Self> {
        let mut is_told = false;
        loop {
            let message = tokio::select! {
                message = stream.next() => message,
                _ = ended.changed() => return Ok(self),
            };
            match message.context("a socket broke")?? {
                Message::Text(text) => self.hear(&text)?,
                Message::Close(close) => bail!("a socket was closed: {close:?}"),
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
            if self.wanted.is_empty() && !is_told {
                is_told = true;
                done.send_modify(|all| *all += 1);
            }
        }
    }

    fn hear(&mut self, text: &str) -> anyhow::Result<()> {
        ensure!(!text.starts_with(r#"{"type":"reset""#), "a client was told to begin anew: {text}");
        if !text.starts_with(r#"{"type":"events""#) {
            return Ok(());
        }
        let frame: ServerFrame = serde_json::from_str(text)?;
        let ServerFrame::Events { events, .. } = frame else { return Ok(()) };
        for event in events {
            let count = self.positions.entry(event.position).or_default();
            *count += 1;
            self.doubled += usize::from(*count > 1);
        }
        for number in marks(text.as_bytes()) {
            self.wanted.remove(&number);
        }
        Ok(())
    }
}
