//! A wire to PostgreSQL that breaks at the worst moment. It breaks after a COMMIT was carried out
//! and before its answer is passed on, or before the COMMIT is passed on at all. Nobody can tell
//! which.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// A proxy to PostgreSQL that cuts connections at a COMMIT.
pub(super) struct Cutter {
    pub(super) address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    is_on: AtomicBool,
    /// Commits from here on that lose their answer.
    losing: AtomicU64,
    commits: AtomicU64,
    lost: AtomicU64,
    prevented: AtomicU64,
}

/// What becomes of a COMMIT.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Passed,
    /// Carried out, its answer cut off.
    Lost,
    /// Never passed on.
    Prevented,
}

impl State {
    fn fate(&self) -> Fate {
        let one_less = |left: u64| left.checked_sub(1);
        if self.losing.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok() {
            return Fate::Lost;
        }
        if !self.is_on.load(Ordering::Relaxed) {
            return Fate::Passed;
        }
        match self.commits.fetch_add(1, Ordering::Relaxed) % 7 {
            2 | 5 => Fate::Lost,
            6 => Fate::Prevented,
            _ => Fate::Passed,
        }
    }
}

impl Cutter {
    /// Listens, and passes on to `server`.
    pub(super) async fn start(server: String) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(&server).await else { continue };
                tokio::spawn(carry(client, server, Arc::clone(&shared)));
            }
        });
        Ok(Self { address, state })
    }

    /// From here on it breaks, or does not.
    pub(super) fn set(&self, is_on: bool) {
        self.state.is_on.store(is_on, Ordering::Relaxed);
    }

    /// The next so many commits are carried out and lose their answer.
    pub(super) fn lose(&self, commits: u64) {
        self.state.losing.store(commits, Ordering::Relaxed);
    }

    /// How many commits lost their answer, and how many were prevented.
    pub(super) fn cut(&self) -> (u64, u64) {
        let (lost, prevented) = (&self.state.lost, &self.state.prevented);
        (lost.load(Ordering::Relaxed), prevented.load(Ordering::Relaxed))
    }
}

async fn carry(client: TcpStream, server: TcpStream, state: Arc<State>) {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let is_doomed = Arc::new(AtomicBool::new(false));
    // Whichever ends first, the other is dropped with it: both sides are closed.
    tokio::select! {
        () = up(from_client, to_server, &state, &is_doomed) => {}
        () = down(from_server, to_client, &state, &is_doomed) => {}
    }
}

async fn up(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: &State, doomed: &AtomicBool) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        let bytes = &buffer[..read];
        let commits = bytes.windows(7).any(|window| window == b"COMMIT\0");
        let fate = if commits { state.fate() } else { Fate::Passed };
        match fate {
            Fate::Passed => {}
            Fate::Lost => doomed.store(true, Ordering::SeqCst),
            Fate::Prevented => {
                state.prevented.fetch_add(1, Ordering::Relaxed);
                return;
            }
        }
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
}

async fn down(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: &State, doomed: &AtomicBool) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if doomed.load(Ordering::SeqCst) {
            state.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
