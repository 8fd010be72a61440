//! A network that misbehaves on purpose: a TCP proxy whose weather is changed while it runs.
//!
//! Each direction has a sky of its own: late, jittery, in small pieces, slow, or not at all. A
//! direction loses nothing. What it holds back comes when the sky clears, as TCP sends again what
//! was dropped. A partition that outlasts the peers' patience ends connections instead.
//!
//! Connections can be reset (RST) at once, or after so many bytes. They can also be reset right
//! after something was said, such as a COMMIT whose answer nobody will hear. The seed repeats every
//! random choice.

mod pipe;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use baton_model::dice::Dice;

/// The effect of the network on the bytes of one direction.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sky {
    /// Everything comes this much later.
    pub delay_ms: u64,
    /// And up to this much later than that.
    pub jitter_ms: u64,
    /// Written in pieces of at most so many bytes.
    pub slice: Option<usize>,
    /// The highest rate, in bytes a second.
    pub bytes_per_s: Option<u64>,
    /// Nothing comes through until it clears.
    pub is_black: bool,
    /// After so many bytes of a connection it is reset.
    pub reset_after: Option<u64>,
}

/// The fate of new connections.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Door {
    /// They are connected.
    #[default]
    Open,
    /// They are accepted, and nobody ever answers.
    HalfOpen,
    /// There is nobody: the port is closed.
    Shut,
}

/// The state of the network.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Weather {
    /// For new connections.
    pub door: Door,
    /// From the client to the server.
    pub up: Sky,
    /// From the server to the client.
    pub down: Sky,
}

impl Weather {
    /// Whether anything at all is amiss.
    pub fn is_fair(&self) -> bool {
        *self == Self::default()
    }
}

/// State shared by all connections of a proxy.
#[derive(Debug)]
struct Shared {
    targets: Vec<SocketAddr>,
    seed: u64,
    weather: watch::Sender<Weather>,
    /// Counts the calls to reset everything.
    cuts: watch::Sender<u64>,
    /// The word that ends the next connection on which a client says it, once.
    word: watch::Sender<Option<&'static [u8]>>,
    is_word_said: AtomicBool,
    connections: AtomicU64,
    /// Our ports towards the servers.
    ports: Mutex<BTreeSet<u16>>,
}

impl Shared {
    fn ports(&self) -> MutexGuard<'_, BTreeSet<u16>> {
        self.ports.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A TCP proxy whose faults can be changed while it runs.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Listens on a free port of this machine, in fair weather.
    pub fn start(target: SocketAddr, seed: u64) -> Result<Self> {
        Self::balance(vec![target], seed)
    }

    /// The same before several servers: connections go to them in turn, past those that refuse.
    pub fn balance(targets: Vec<SocketAddr>, seed: u64) -> Result<Self> {
        let port = crate::process::free_port()?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let shared = Arc::new(Shared {
            targets,
            seed,
            weather: watch::Sender::default(),
            cuts: watch::Sender::default(),
            word: watch::Sender::new(None),
            is_word_said: AtomicBool::new(false),
            connections: AtomicU64::new(0),
            ports: Mutex::default(),
        });
        let listener = listen(address)?;
        let task = tokio::spawn(serve(Arc::clone(&shared), address, listener));
        Ok(Self { address, shared, task })
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the weather, for connections that stand as well.
    pub fn set(&self, weather: Weather) {
        self.shared.weather.send_replace(weather);
    }

    /// Fair weather again. What was held back comes through.
    pub fn heal(&self) {
        self.set(Weather::default());
        self.shared.word.send_replace(None);
    }

    /// Resets every connection that stands.
    pub fn cut(&self) {
        self.shared.cuts.send_modify(|count| *count += 1);
    }

    /// Lets the next client that says this say it, and resets the client before the answer.
    pub fn cut_after(&self, word: &'static [u8]) {
        self.shared.is_word_said.store(false, Ordering::SeqCst);
        self.shared.word.send_replace(Some(word));
    }

    /// Whether it was said and the connection reset.
    pub fn has_cut_after_word(&self) -> bool {
        self.shared.is_word_said.load(Ordering::SeqCst)
    }

    /// The ports from which the servers see the connections that stand.
    pub fn ports(&self) -> Vec<u16> {
        self.shared.ports().iter().copied().collect()
    }

    /// The number of connections accepted so far.
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn listen(address: SocketAddr) -> Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    // The port is left and taken again while connections of it linger.
    socket.set_reuseaddr(true)?;
    socket.bind(address).with_context(|| format!("binding {address}"))?;
    Ok(socket.listen(1024)?)
}

/// Connections end with the task that serves them.
async fn serve(shared: Arc<Shared>, address: SocketAddr, first: TcpListener) {
    let mut weather = shared.weather.subscribe();
    let mut listener = Some(first);
    let mut open = JoinSet::new();
    loop {
        let door = weather.borrow_and_update().door;
        match (door, &listener) {
            (Door::Shut, Some(_)) => listener = None,
            (Door::Open | Door::HalfOpen, None) => listener = listen(address).ok(),
            (Door::Shut, None) | (Door::Open | Door::HalfOpen, Some(_)) => {}
        }
        tokio::select! {
            changed = weather.changed() => if changed.is_err() { return },
            Some(client) = accept(listener.as_ref()) => {
                let nth = shared.connections.fetch_add(1, Ordering::SeqCst);
                // Each connection rolls dice of its own, whatever the others do.
                let dice = Dice::of_part(shared.seed, nth);
                // From here on it is cut with the others, whenever its task begins. The door is the
                // one that it came through, not the one of a moment before.
                let cuts = shared.cuts.subscribe();
                let door = weather.borrow().door;
                open.spawn(connection(Arc::clone(&shared), (client, cuts), (door, dice, nth)));
            }
            Some(_) = open.join_next() => {}
        }
    }
}

async fn accept(listener: Option<&TcpListener>) -> Option<TcpStream> {
    match listener {
        Some(listener) => listener.accept().await.ok().map(|(client, _)| client),
        None => std::future::pending().await,
    }
}

/// The first of the servers that takes a connection, beginning with the one whose turn it is.
async fn connect(targets: &[SocketAddr], nth: u64) -> Option<TcpStream> {
    let turn = usize::try_from(nth).unwrap_or(0) % targets.len().max(1);
    for target in targets.iter().cycle().skip(turn).take(targets.len()) {
        if let Ok(server) = TcpStream::connect(target).await {
            return Some(server);
        }
    }
    None
}

async fn connection(
    shared: Arc<Shared>,
    (client, mut cuts): (TcpStream, watch::Receiver<u64>),
    (door, dice, nth): (Door, Dice, u64),
) {
    if door == Door::HalfOpen {
        // Held open for the client that waits; only a cut ends it.
        if cuts.changed().await.is_ok() {
            pipe::reset(&client);
        }
        return;
    }
    let Some(server) = connect(&shared.targets, nth).await else {
        pipe::reset(&client);
        return;
    };
    let port = server.local_addr().map(|address| address.port()).ok();
    shared.ports().extend(port);
    let mut pipe = pipe::Pipe::new(client, server);
    let how = {
        let run = pipe.run(&shared, dice);
        tokio::select! {
            how = run => how,
            _ = cuts.changed() => pipe::End::Reset,
        }
    };
    pipe.end(how);
    if let Some(port) = port {
        shared.ports().remove(&port);
    }
}
