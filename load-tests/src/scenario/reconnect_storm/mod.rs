//! A crowd loses its connections, misses events and comes back 200 at a time. It measures what that
//! costs the server, and whether anything is lost or doubled. Beside it runs Socket.IO with
//! recovery.

mod baton;
mod socketio;

use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Args;

use self::baton::Crowd;
use crate::machine::enough_files;
use crate::progress::Progress;
use crate::report::{Cell, Table, two, whole};
use crate::server::{Door, Setup};
use crate::socketio::{Adapter, SKIPPED};
use crate::stats::median;
use crate::world::{Size, World};

/// `baton-load reconnect-storm`.
#[derive(Clone, Debug, Args)]
pub(crate) struct ReconnectStorm {
    /// Connections to Baton that are lost
    #[arg(long, default_value_t = 2_000, value_name = "N")]
    pub(crate) clients: usize,
    /// Connections to Socket.IO that are lost
    #[arg(long, default_value_t = 500, value_name = "N")]
    pub(crate) peer_clients: usize,
    /// Messages that one client misses
    #[arg(long, default_value_t = 2, value_name = "N")]
    pub(crate) own: usize,
    /// Messages that all of them together miss, at least; each number is measured on its own
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 50_000], value_name = "N,…")]
    pub(crate) events: Vec<usize>,
    /// Each is measured this often, in turn
    #[arg(long, default_value_t = 3, value_name = "N")]
    pub(crate) rounds: usize,
    /// Servers of Baton; clients that return connect to another one. Several need --postgres
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) nodes: usize,
}

/// Connections of one agent, who sees what is told to their team alone.
const OF_ONE_AGENT: usize = 4;
/// Teams that they are spread over.
const TEAMS: usize = 50;
/// Connections that are being made at once.
const AT_ONCE: usize = 200;
/// The longest time that one step may take.
const PATIENCE: Duration = Duration::from_secs(90);
/// After everybody has everything, until it is asked whether something came twice.
const QUIET: Duration = Duration::from_secs(1);

/// The return of a crowd.
#[derive(Clone, Copy, Debug, Default)]
struct Back {
    clients: usize,
    took: Duration,
    cpu_ms: u64,
    /// Messages that did not come.
    lost: usize,
    /// Events that came twice.
    doubled: usize,
    /// The number of answers that said to come back later.
    away: usize,
}

impl Back {
    fn cpu_of_one(&self) -> f64 {
        self.cpu_ms as f64 / self.clients as f64
    }
}

/// The case that is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Case {
    Baton { events: usize, restarts: bool, door: Door },
    SocketIo(Adapter),
}

impl Case {
    fn all(setup: &Setup, args: &ReconnectStorm) -> Vec<Self> {
        let baton = |events, restarts, door| Self::Baton { events, restarts, door };
        let first = args.events.first().copied().unwrap_or(0);
        let mut all = Vec::new();
        for events in &args.events {
            all.push(baton(*events, false, Door::Open));
        }
        all.push(baton(first, true, Door::Open));
        if setup.peers.are_there() {
            all.extend([Adapter::Memory, Adapter::Streams].map(Self::SocketIo));
        }
        all.push(baton(first, false, Door::Default));
        all
    }

    fn name(self) -> String {
        match self {
            Self::Baton { restarts: true, .. } => "Baton, restarted".to_owned(),
            Self::Baton { door: Door::Default, .. } => "Baton, default door".to_owned(),
            Self::Baton { .. } => "Baton".to_owned(),
            Self::SocketIo(adapter) => adapter.name().to_owned(),
        }
    }
}

/// Runs it; what is missed is read from memory or the database, so only the first store that
/// serves is taken.
pub(crate) async fn reconnect_storm(
    setup: &Setup,
    args: &ReconnectStorm,
    progress: &Progress,
) -> anyhow::Result<Vec<Table>> {
    ensure!(args.clients > 0 && args.own > 0 && args.rounds > 0, "nothing would be measured");
    ensure!(args.peer_clients > 0, "Socket.IO would have nobody");
    enough_files(args.clients.max(args.peer_clients))?;
    let Some(store) = setup.store_of(args.nodes) else {
        return Ok(vec![skipped("several nodes need --postgres")]);
    };
    let agents = args.clients.div_ceil(OF_ONE_AGENT);
    let size = Size { teams: TEAMS.min(agents), ..Size::of(agents).on(args.nodes) };
    let mut world = World::new(setup, store, size, progress).await?;
    baton::introduce(&world).await?;
    let cases = Case::all(setup, args);
    progress.expect(cases.len() * args.rounds);
    let mut backs: Vec<Vec<Back>> = vec![Vec::new(); cases.len()];
    for _ in 0..args.rounds {
        for (case, backs) in cases.iter().zip(&mut backs) {
            progress.phase(&case.name());
            let back = match *case {
                Case::Baton { events, restarts, door } => {
                    let back;
                    (world, back) = play(world, args, events, restarts, door).await?;
                    back
                }
                Case::SocketIo(adapter) => {
                    let of = socketio::storm(setup, adapter, args).await?;
                    of.context("Socket.IO is not there any more")?
                }
            };
            backs.push(back);
            progress.step();
        }
    }
    world.end().await?;
    Ok(vec![table(setup, args, &cases, &backs)])
}

/// One storm: connect, cut, miss, come back.
async fn play(
    world: World,
    args: &ReconnectStorm,
    events: usize,
    restarts: bool,
    door: Door,
) -> anyhow::Result<(World, Back)> {
    // A fresh start each time, so that no round has another's memory.
    let mut world = world.restart_with(door).await?;
    let crowd = Crowd::gather(&world, args).await?;
    if restarts {
        let missed = baton::miss(&world, args, events).await?;
        world = world.restart_with(door).await?;
        let back = crowd.come_back(&world, &missed).await?;
        return Ok((world, back));
    }
    baton::wait_until_gone(&world).await?;
    let missed = baton::miss(&world, args, events).await?;
    let back = crowd.come_back(&world, &missed).await?;
    Ok((world, back))
}

fn skipped(why: &str) -> Table {
    Table {
        title: "Not measured".to_owned(),
        columns: vec!["why"],
        rows: vec![vec![format!("SKIPPED: {why}").into()]],
        notes: Vec::new(),
    }
}

fn table(setup: &Setup, args: &ReconnectStorm, cases: &[Case], backs: &[Vec<Back>]) -> Table {
    let cpu = |backs: &[Back]| median(backs.iter().map(Back::cpu_of_one).collect());
    let of = |wanted: Case| {
        let place = cases.iter().position(|case| *case == wanted);
        place.and_then(|place| backs.get(place)).map_or(f64::NAN, |backs| cpu(backs))
    };
    let (memory, streams) = (Adapter::Memory, Adapter::Streams);
    let (memory, streams) = (of(Case::SocketIo(memory)), of(Case::SocketIo(streams)));
    let first = args.events.first().copied().unwrap_or(0);
    let base = of(Case::Baton { events: first, restarts: false, door: Door::Open });
    let row = |(case, backs): (&Case, &Vec<Back>)| -> Vec<Cell> {
        let events = match case {
            Case::Baton { events, .. } => *events,
            Case::SocketIo(_) => args.peer_clients * args.own,
        };
        let mine = cpu(backs);
        vec![
            case.name().into(),
            backs.first().map_or(0, |back| back.clients).into(),
            events.into(),
            two(median(backs.iter().map(|back| back.took.as_secs_f64()).collect())),
            Cell::Figure(mine, 3),
            two(mine / base),
            two(memory / mine),
            two(streams / mine),
            backs.iter().map(|back| back.lost).sum::<usize>().into(),
            backs.iter().map(|back| back.doubled).sum::<usize>().into(),
            whole(median(backs.iter().map(|back| back.away as f64).collect())),
        ]
    };
    Table {
        title: format!(
            "Everybody comes back, {AT_ONCE} at a time, having missed {} messages each, {}",
            args.own,
            if args.nodes == 1 { "1 node".to_owned() } else { format!("{} nodes", args.nodes) }
        ),
        columns: vec![
            "server",
            "clients",
            "missed in all",
            "all back s",
            "server CPU ms/client",
            "to Baton",
            "in-memory to it",
            "streams to it",
            "lost",
            "doubled",
            "sent away",
        ],
        rows: cases.iter().zip(backs).map(row).collect(),
        notes: notes(setup, args),
    }
}

fn notes(setup: &Setup, args: &ReconnectStorm) -> Vec<String> {
    let mut notes = vec![
        format!(
            "CPU of the server's processes from the first connection until everybody has \
             everything, handshakes and hellos included; Redis's is not in it. Lost and doubled: \
             over all {} rounds; all else are medians of them, in turn. {OF_ONE_AGENT} \
             connections of each agent, {TEAMS} teams: each misses what was written to their \
             own; the rest was written to a team of others. With Socket.IO each has a room.",
            args.rounds
        ),
        "Restarted: the server was killed and started between the loss and the return. Default \
         door: `limits.connects_*` as they are set by default, which lets 200 in each second; the \
         other rows are without that pace."
            .to_owned(),
        "Goals: a client costs 0.2 ms at most, and 1.2 times that after 50,000 messages. \
         Socket.IO costs 3 times as much in memory, and 20 times with Redis streams. Nothing is \
         lost or doubled."
            .to_owned(),
    ];
    if !setup.peers.are_there() {
        notes.push(SKIPPED.to_owned());
    }
    notes
}
