//! Socket.IO's side of the storm, with its recovery.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use futures_util::StreamExt;
use serde_json::json;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::{AT_ONCE, Back, PATIENCE, QUIET, ReconnectStorm};
use crate::listen::Stream;
use crate::redis::Redis;
use crate::server::Setup;
use crate::socketio::{Adapter, Peer, ask, offset};
use crate::webhook::marks;

/// The text of a message besides its number: as long as a customer's in Baton's webhooks.
const TEXT: &str = " Good morning, where is my parcel? It should have come yesterday.";
/// After everybody has gone, until it is stored what they may come back to.
const STORING: Duration = Duration::from_secs(1);

/// One that lost its connection.
struct Client {
    room: String,
    pid: String,
    offset: String,
}

/// One storm with a fresh server; `None` where it is not installed.
pub(super) async fn storm(
    setup: &Setup,
    adapter: Adapter,
    args: &ReconnectStorm,
) -> anyhow::Result<Option<Back>> {
    let redis = Redis::start().await?;
    let url = (adapter == Adapter::Streams).then(|| redis.url());
    let Some(peer) = setup.peers.start(adapter, url).await? else { return Ok(None) };
    let peer = Arc::new(peer);
    let mut control = peer.open(&json!({ "room": "control" })).await?.stream;
    let clients = gather(&peer, args.peer_clients, &mut control).await?;
    let gone = async {
        while peer.collect_garbage().await? > 1 {
            sleep(Duration::from_millis(50)).await;
        }
        anyhow::Ok(())
    };
    timeout(PATIENCE, gone).await.context("sockets that were cut stay open")??;
    sleep(STORING).await;
    let rooms: Vec<String> = clients.iter().map(|client| client.room.clone()).collect();
    let events = args.peer_clients * args.own;
    publish(&mut control, &rooms, rooms.len(), events).await?;
    let back = come_back(&peer, clients, args.own).await?;
    drop(control);
    Arc::into_inner(peer).context("a client stays")?.stop().await?;
    Ok(Some(back))
}

async fn publish(
    control: &mut Stream,
    rooms: &[String],
    first: usize,
    count: usize,
) -> anyhow::Result<()> {
    let what = json!({ "rooms": rooms, "first": first, "count": count, "text": TEXT });
    ask(control, "publish", Some(&what)).await.map(drop)
}

/// Everybody comes, hears one message, and loses the connection.
async fn gather(peer: &Peer, count: usize, control: &mut Stream) -> anyhow::Result<Vec<Client>> {
    let mut opened = Vec::new();
    let rooms: Vec<String> = (0..count).map(|n| format!("room-{n}")).collect();
    for room in &rooms {
        opened.push(peer.open(&json!({ "room": room })).await?);
    }
    // Without an offset nobody may come back.
    publish(control, &rooms, 0, count).await?;
    let mut clients = Vec::new();
    let mut lost = Vec::new();
    for (room, mut opened) in rooms.into_iter().zip(opened) {
        let heard = async {
            while let Some(message) = opened.stream.next().await {
                if let Some(offset) = message?.to_text().ok().and_then(offset) {
                    return anyhow::Ok(offset.to_owned());
                }
            }
            anyhow::bail!("the peer closed the connection")
        };
        let offset = timeout(PATIENCE, heard).await.context("no offset came")??;
        let pid = opened.pid.take().context("the peer recovers nobody")?;
        clients.push(Client { room, pid, offset });
        lost.push(opened.stream);
    }
    Ok(clients)
}

async fn come_back(peer: &Arc<Peer>, clients: Vec<Client>, own: usize) -> anyhow::Result<Back> {
    let count = clients.len();
    let (began, cpu) = (Instant::now(), peer.cpu_ms()?);
    let (gate, done) = (Arc::new(Semaphore::new(AT_ONCE)), watch::Sender::new(0));
    let (end, ended) = watch::channel(false);
    let mut coming = JoinSet::new();
    for (n, client) in clients.into_iter().enumerate() {
        let (peer, gate) = (Arc::clone(peer), Arc::clone(&gate));
        let (done, ended) = (done.clone(), ended.clone());
        // As they were published: round after round over all rooms.
        let wanted = (1..=own).map(|turn| (n + turn * count, 0)).collect();
        let Client { room, pid, offset } = client;
        let auth = json!({ "room": room, "pid": pid, "offset": offset });
        coming.spawn(async move {
            let place = gate.acquire().await?;
            let opened = peer.open(&auth).await?;
            ensure!(opened.pid == Some(pid), "the peer did not recover a session");
            drop(place);
            drop(auth);
            Heard::of(wanted, &opened.early, &done).listen(opened.stream, ended).await
        });
    }
    let mut all = done.subscribe();
    let is_whole = timeout(PATIENCE, all.wait_for(|all| *all == count)).await.is_ok();
    let cpu_ms = peer.cpu_ms()? - cpu;
    let mut back = Back { clients: count, took: began.elapsed(), cpu_ms, ..Back::default() };
    sleep(QUIET).await;
    end.send_replace(true);
    while let Some(came) = coming.join_next().await {
        for times in came??.wanted.into_values() {
            back.lost += usize::from(times == 0);
            back.doubled += usize::from(times > 1);
        }
    }
    ensure!(is_whole, "not everybody had everything in {PATIENCE:?}: {back:?}");
    Ok(back)
}

/// Messages received by a client that came back.
struct Heard {
    /// The number of times that each number came.
    wanted: BTreeMap<usize, usize>,
    missing: usize,
    done: watch::Sender<usize>,
}

impl Heard {
    fn of(wanted: BTreeMap<usize, usize>, early: &[String], done: &watch::Sender<usize>) -> Self {
        let mut heard = Self { missing: wanted.len(), wanted, done: done.clone() };
        early.iter().for_each(|text| heard.hear(text));
        heard
    }

    fn hear(&mut self, text: &str) {
        for number in marks(text.as_bytes()) {
            let Some(times) = self.wanted.get_mut(&number) else { continue };
            *times += 1;
            if *times == 1 {
                self.missing -= 1;
                if self.missing == 0 {
                    self.done.send_modify(|all| *all += 1);
                }
            }
        }
    }

    async fn listen(
        mut self,
        mut stream: Stream,
        mut ended: watch::Receiver<bool>,
    ) -> anyhow::Result<Self> {
        loop {
            let message = tokio::select! {
                message = stream.next() => message.context("a socket broke")??,
                _ = ended.changed() => return Ok(self),
            };
            self.hear(message.to_text().unwrap_or_default());
        }
    }
}
