//! Sessions that do nothing: what one costs in memory, beside Socket.IO.

use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Args;
use futures_util::StreamExt;
use serde_json::json;
use tokio::task::JoinSet;

use crate::figures::Figures;
use crate::listen::{Stream, open};
use crate::machine::enough_files;
use crate::progress::Progress;
use crate::report::{Cell, Table, one, two, whole};
use crate::server::Setup;
use crate::socketio::{Adapter, SKIPPED};
use crate::stats::{median, micros, ratio};
use crate::world::{Size, World};

/// `baton-load idle`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Idle {
    /// Authenticated sessions
    #[arg(long, default_value_t = 5_000, value_name = "N")]
    pub(crate) sessions: usize,
    /// Baton and Socket.IO take turns this often, each time as new processes
    #[arg(long, default_value_t = 3, value_name = "N")]
    pub(crate) rounds: usize,
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
    ensure!(args.sessions > 0 && args.rounds > 0, "nothing would be measured");
    progress.expect(args.rounds);
    let store = *setup.stores().first().context("no store")?;
    let agents = (args.sessions + FIRST).div_ceil(OF_ONE_AGENT);
    let mut world = World::new(setup, store, Size::of(agents), progress).await?;
    let (mut mine, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..args.rounds {
        // Signing in needs much memory for a moment, which would hide what sessions need.
        world = world.restart().await?;
        progress.phase("Baton: connecting");
        mine.push(of_baton(&world, args.sessions).await?);
        progress.phase("Socket.IO: connecting");
        theirs.extend(of_socketio(setup, args.sessions).await?);
        progress.step();
    }
    world.end().await?;
    Ok(vec![table(args, &mine, &theirs)])
}

/// The cost of sessions in one round.
#[derive(Clone, Copy, Debug)]
struct Cost {
    bytes: f64,
    before_mib: f64,
    connect_us: f64,
    connect_cpu_us: f64,
    idle_percent: f64,
}

/// Readings of a server while its sessions connected and then did nothing.
struct Measured {
    before_bytes: u64,
    after_bytes: u64,
    connecting: Duration,
    connecting_cpu_ms: u64,
    idle_cpu_ms: u64,
}

impl Cost {
    fn of(sessions: usize, of: &Measured) -> Self {
        let count = sessions as u64;
        Self {
            bytes: ratio(of.after_bytes.saturating_sub(of.before_bytes), count),
            before_mib: of.before_bytes as f64 / 1024.0 / 1024.0,
            connect_us: ratio(u64::from(micros(of.connecting)), count),
            connect_cpu_us: ratio(of.connecting_cpu_ms * 1000, count),
            idle_percent: 100.0 * of.idle_cpu_ms as f64 / SETTLING.as_secs_f64() / 1000.0,
        }
    }
}

fn table(args: &Idle, mine: &[Cost], theirs: &[Cost]) -> Table {
    let of = |costs: &[Cost], what: fn(&Cost) -> f64| median(costs.iter().map(what).collect());
    let row = |name: &str, costs: &[Cost]| -> Vec<Cell> {
        let bytes = of(costs, |cost| cost.bytes);
        vec![
            name.into(),
            whole(bytes),
            one(bytes / 1024.0),
            two(bytes / of(theirs, |cost| cost.bytes)),
            whole(of(costs, |cost| cost.before_mib)),
            whole(of(costs, |cost| cost.connect_us)),
            whole(of(costs, |cost| cost.connect_cpu_us)),
            one(of(costs, |cost| cost.idle_percent)),
        ]
    };
    let mut rows = vec![row("Baton", mine)];
    let mut notes = vec![
        format!(
            "Growth of the server's resident memory from {FIRST} sessions on, divided by the \
             sessions; the kernel's socket buffers are not in it. Baton: {OF_ONE_AGENT} sessions \
             of each agent, authenticated. Socket.IO: unauthenticated, in one room, after its \
             garbage was collected. Medians of {} rounds in turn.",
            args.rounds
        ),
        "Goals: 8 KiB a session, and 0.5 of Socket.IO.".to_owned(),
    ];
    if theirs.is_empty() {
        notes.push(SKIPPED.to_owned());
    } else {
        rows.push(row("Socket.IO", theirs));
    }
    Table {
        title: format!("{} idle sessions", args.sessions),
        columns: vec![
            "server",
            "bytes/session",
            "KiB/session",
            "to Socket.IO",
            "RSS before MiB",
            "connect us",
            "server CPU us/connect",
            "idle CPU %",
        ],
        rows,
        notes,
    }
}

async fn of_baton(world: &World, sessions: usize) -> anyhow::Result<Cost> {
    let server = &world.server;
    let mut crowd = Crowd::default();
    let mut places = world.agents.iter().flat_map(|agent| [agent; OF_ONE_AGENT]);
    for agent in places.by_ref().take(FIRST) {
        crowd.add(open(agent).await?);
    }
    tokio::time::sleep(SETTLING).await;
    let before_bytes = server.resident_bytes()?;
    let (began, cpu) = (tokio::time::Instant::now(), server.cpu_ms()?);
    for agent in places.take(sessions) {
        crowd.add(open(agent).await?);
    }
    let (connecting, connecting_cpu_ms) = (began.elapsed(), server.cpu_ms()? - cpu);
    tokio::time::sleep(SETTLING).await;
    let after_bytes = server.resident_bytes()?;
    let cpu = server.cpu_ms()?;
    tokio::time::sleep(SETTLING).await;
    let idle_cpu_ms = server.cpu_ms()? - cpu;
    let open = server.figures().await?.grew(&Figures::default(), "baton_sockets_open");
    ensure!(open == (sessions + FIRST) as f64, "{open} sockets are open");
    ensure!(began.elapsed() < WITHIN, "connecting took {connecting:?}");
    ensure!(crowd.is_whole(), "sockets were closed while they were counted");
    let measured =
        Measured { before_bytes, after_bytes, connecting, connecting_cpu_ms, idle_cpu_ms };
    Ok(Cost::of(sessions, &measured))
}

async fn of_socketio(setup: &Setup, sessions: usize) -> anyhow::Result<Option<Cost>> {
    let Some(peer) = setup.peers.start(Adapter::Plain, None).await? else { return Ok(None) };
    let (auth, mut crowd) = (json!({}), Crowd::default());
    for _ in 0..FIRST {
        crowd.add(peer.open(&auth).await?.stream);
    }
    tokio::time::sleep(SETTLING).await;
    let before_bytes = peer.resident_bytes().await?;
    let (began, cpu) = (tokio::time::Instant::now(), peer.cpu_ms()?);
    for _ in 0..sessions {
        crowd.add(peer.open(&auth).await?.stream);
    }
    let (connecting, connecting_cpu_ms) = (began.elapsed(), peer.cpu_ms()? - cpu);
    tokio::time::sleep(SETTLING).await;
    let after_bytes = peer.resident_bytes().await?;
    let cpu = peer.cpu_ms()?;
    tokio::time::sleep(SETTLING).await;
    let idle_cpu_ms = peer.cpu_ms()? - cpu;
    let open = peer.collect_garbage().await?;
    ensure!(open >= (sessions + FIRST) as u64, "{open} sockets are open");
    ensure!(crowd.is_whole(), "sockets were closed while they were counted");
    peer.stop().await?;
    let measured =
        Measured { before_bytes, after_bytes, connecting, connecting_cpu_ms, idle_cpu_ms };
    Ok(Some(Cost::of(sessions, &measured)))
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
