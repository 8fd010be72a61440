//! Sessions that do nothing: what one costs in memory.

use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Args;
use futures_util::StreamExt;
use tokio::task::JoinSet;

use crate::listen::{Stream, open};
use crate::machine::enough_files;
use crate::progress::Progress;
use crate::report::{Table, one, whole};
use crate::server::Setup;
use crate::stats::{micros, ratio};
use crate::world::{Size, World};

/// `baton-load idle`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Idle {
    /// Authenticated sessions
    #[arg(long, default_value_t = 5_000, value_name = "N")]
    pub(crate) sessions: usize,
}

/// As many as an agent may have on one node.
const OF_ONE_AGENT: usize = 10;
/// Connected before memory is read for the first time: what the first sessions cost alone is not
/// each one's.
const FIRST: usize = 50;
/// After the last session, until memory is read: handshakes end, presence is told.
const SETTLING: Duration = Duration::from_secs(3);
/// Longest without work before the sessions count as idle no more.
const WITHIN: Duration = Duration::from_secs(300);

/// Runs it; the store makes no difference, so only the first one is taken.
pub(crate) async fn idle(
    setup: &Setup,
    args: &Idle,
    progress: &Progress,
) -> anyhow::Result<Vec<Table>> {
    enough_files(args.sessions + FIRST)?;
    progress.expect(args.sessions);
    let store = *setup.stores().first().context("no store")?;
    let agents = (args.sessions + FIRST).div_ceil(OF_ONE_AGENT);
    let world = World::new(setup, store, Size { workspaces: 1, agents }, progress).await?;
    // Signing in needs much memory for a moment, which would hide what sessions need.
    let world = world.restart().await?;
    progress.phase("connecting");
    let mut crowd = Crowd::default();
    let mut sessions = world.agents.iter().flat_map(|agent| [agent; OF_ONE_AGENT]);
    for agent in sessions.by_ref().take(FIRST) {
        crowd.add(open(agent).await?);
    }
    tokio::time::sleep(SETTLING).await;
    let before = world.server.resident_bytes()?;
    let (began, cpu) = (tokio::time::Instant::now(), world.server.cpu_ms()?);
    for agent in sessions.take(args.sessions) {
        crowd.add(open(agent).await?);
        progress.step();
    }
    let (took, connect_ms) = (began.elapsed(), world.server.cpu_ms()? - cpu);
    progress.phase("settling");
    tokio::time::sleep(SETTLING).await;
    let grown = world.server.resident_bytes()?.saturating_sub(before);
    let cpu = world.server.cpu_ms()?;
    tokio::time::sleep(SETTLING).await;
    let idle_ms = world.server.cpu_ms()? - cpu;
    let figures = world.server.figures().await?;
    let open_now = figures.grew(&crate::figures::Figures::default(), "baton_sockets_open");
    ensure!(began.elapsed() < WITHIN, "connecting took {took:?}");
    ensure!(crowd.is_whole(), "sockets were closed while they were counted");
    let count = args.sessions as u64;
    let row = vec![
        args.sessions.into(),
        whole(open_now),
        whole(ratio(grown, count)),
        one(ratio(grown, count) / 1024.0),
        whole(before as f64 / 1024.0 / 1024.0),
        whole(ratio(u64::from(micros(took)), count)),
        whole(ratio(connect_ms * 1000, count)),
        one(100.0 * idle_ms as f64 / SETTLING.as_secs_f64() / 1000.0),
    ];
    drop(crowd);
    world.end().await?;
    Ok(vec![Table {
        title: format!("{} authenticated idle sessions", args.sessions),
        columns: vec![
            "sessions",
            "open",
            "bytes/session",
            "KiB/session",
            "RSS before MiB",
            "connect us",
            "server CPU us/connect",
            "idle CPU %",
        ],
        rows: vec![row],
        notes: vec![
            format!(
                "Growth of the server's resident memory from {FIRST} sessions on, divided by the \
                 sessions; the kernel's socket buffers are not in it. {OF_ONE_AGENT} sessions \
                 of each agent."
            ),
            "Goal: 8 KiB a session.".to_owned(),
        ],
    }])
}

/// Sockets that are read and whose frames are dropped.
#[derive(Default)]
struct Crowd(JoinSet<()>);

impl Crowd {
    fn add(&mut self, mut stream: Stream) {
        self.0.spawn(async move { while let Some(Ok(_)) = stream.next().await {} });
    }

    /// Whether none of them has ended.
    fn is_whole(&mut self) -> bool {
        self.0.try_join_next().is_none()
    }
}
