//! `baton-load`: how fast Baton is, over loopback, next to what the same machine gives without it.
//!
//! The server is a process of its own: the real binary, found beside this one. A figure counts as
//! a ratio taken in one run; absolute times on shared machines drift.

mod clock;
mod drive;
mod figures;
mod listen;
mod machine;
mod peers;
mod post;
mod postgres;
mod progress;
mod redis;
mod report;
mod scenario;
mod server;
mod socketio;
mod stats;
mod webhook;
mod world;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::{Parser, Subcommand};

use crate::machine::Origin;
use crate::postgres::Postgres;
use crate::progress::Progress;
use crate::report::Report;
use crate::scenario::{
    Attacks, ClaimStorm, CrossNode, FanOut, Growth, Idle, Ingest, Lease, LongQueue, Open, Pushes,
    ReconnectStorm, Rules, Soak, Stalled, Typing, Verify,
};
use crate::server::Setup;
use crate::socketio::Peers;

/// The command line.
#[derive(Clone, Debug, Parser)]
#[command(name = "baton-load", version, about, after_help = EXAMPLES)]
#[command(arg_required_else_help = true)]
struct Cli {
    /// Also measure on this PostgreSQL: postgres://user:password@127.0.0.1:port/name
    ///
    /// Databases are made in it and dropped again. Give it a private one, with fsync on:
    /// `BATON_POSTGRES_FSYNC=on scripts/postgres.sh start`
    #[arg(long, global = true, value_name = "URL", hide_default_value = true)]
    postgres: Option<String>,
    /// Only PostgreSQL, not SQLite as well
    #[arg(long, global = true, requires = "postgres")]
    without_sqlite: bool,
    /// The server's binary [default: baton, beside this program]
    #[arg(long, global = true, value_name = "FILE")]
    baton: Option<PathBuf>,
    /// Where databases are put: the disk that is measured [default: the system's place]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Measure Baton alone, also where Socket.IO is installed
    #[arg(long, global = true)]
    without_peers: bool,
    /// Write the results as JSON as well
    #[arg(long, global = true, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Show no progress
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Give up after so many seconds
    #[arg(long, global = true, value_name = "S", default_value_t = 1800)]
    time_out: u64,
    /// The scenario to measure.
    #[command(subcommand)]
    scenario: Scenario,
}

const EXAMPLES: &str = "\
Examples:
  cargo build --release -p baton -p baton-load
  target/release/baton-load ingest --postgres \"$(scripts/postgres.sh url)\"
  target/release/baton-load ingest --posters 128 --workspaces 8 --seconds 15 --flat-only
  target/release/baton-load claim-storm --rounds 1000 --json storm.json
  scripts/peers.sh && target/release/baton-load idle
  target/release/baton-load fan-out --nodes 3 --postgres \"$(scripts/postgres.sh url)\"

Everything happens on this machine: the server listens on 127.0.0.1, and only a PostgreSQL on \
this machine is taken. Exit codes: 0 measured, 1 something went wrong or a promise was broken, \
2 wrong usage.";

/// The scenario to measure.
#[derive(Clone, Debug, Subcommand)]
enum Scenario {
    /// Webhooks in: acknowledged, on every agent's socket, and how many in a second
    ///
    /// Beside a loop of fdatasync in the same directory and, on PostgreSQL, pgbench with one
    /// transaction for each event.
    Ingest(Ingest),
    /// Everybody claims the same conversation at once: one wins, the others learn who
    ClaimStorm(ClaimStorm),
    /// One agent types or looks: how soon everybody else is told
    Typing(Typing),
    /// One event told to up to 2,000 sockets: deliveries per core-second, and how soon
    ///
    /// Beside a bare loop of write(2) over as many sockets.
    FanOut(FanOut),
    /// Opening a conversation of 100,000 lines beside one of 100
    Open(Open),
    /// Lists, pages, searches, starts and backups, from a thousand messages to a million
    Growth(Growth),
    /// Pushes: from an assignment to the push service, to all phones of a team, after a restart
    Pushes(Pushes),
    /// Memory of authenticated sessions that do nothing
    ///
    /// Beside Socket.IO.
    Idle(Idle),
    /// A crowd loses its connections, misses events and comes back at once
    ///
    /// Beside Socket.IO with its recovery, in memory and over a stream in Redis.
    ReconnectStorm(ReconnectStorm),
    /// The right to compose: how soon it is given, and how soon it is free when a node dies
    ///
    /// Beside an acknowledgement of Socket.IO and SET NX PX.
    Lease(Lease),
    /// From an agent on one node to an agent on another: drafts there and back, and messages
    ///
    /// Beside Socket.IO with its redis-adapter over two processes.
    CrossNode(CrossNode),
    /// A long queue at opening time: given out, offered, and what another team feels of it
    Routing(LongQueue),
    /// Webhooks where fifty rules are published, beside those where none is
    Rules(Rules),
    /// Hours of a busy day: memory, open files, the database, and how soon all is told
    Soak(Soak),
    /// The rows of one workspace are locked: what the others feel of it
    ///
    /// Beside the same load with none locked, in turn. PostgreSQL only.
    Stalled(Stalled),
    /// `baton verify-log` over a million events
    Verify(Verify),
    /// Strangers and a member try to stop the server: what the others feel of it
    Attacks(Attacks),
}

fn main() -> ExitCode {
    match measure(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            drop(writeln!(std::io::stderr(), "baton-load: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn measure(cli: &Cli) -> anyhow::Result<()> {
    // One crypto provider for the whole process, as the server does; loopback needs none.
    drop(rustls::crypto::ring::default_provider().install_default());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = runtime.block_on(async {
        let limit = Duration::from_secs(cli.time_out);
        tokio::time::timeout(limit, run(cli)).await.context("it took too long")?
    })?;
    let mut out = std::io::stdout();
    // The reader of the pipe may have gone.
    drop(out.write_all(report.markdown().as_bytes()).and_then(|()| out.flush()));
    if let Some(file) = &cli.json {
        std::fs::write(file, serde_json::to_string_pretty(&report)? + "\n")
            .with_context(|| format!("writing {}", file.display()))?;
    }
    Ok(())
}

async fn run(cli: &Cli) -> anyhow::Result<Report> {
    let setup = Setup {
        binary: binary(cli.baton.clone())?,
        data: cli.data.clone(),
        postgres: cli.postgres.as_deref().map(Postgres::new).transpose()?,
        has_sqlite: !cli.without_sqlite,
        peers: if cli.without_peers { Peers::none() } else { Peers::find() },
    };
    let origin = Origin::look();
    let progress = Progress::new(0, cli.quiet);
    let mut nodes = 1;
    let (scenario, tables) = match &cli.scenario {
        Scenario::Ingest(args) => ("ingest", scenario::ingest(&setup, args, &progress).await),
        Scenario::ClaimStorm(args) => {
            ("claim-storm", scenario::claim_storm(&setup, args, &progress).await)
        }
        Scenario::Typing(args) => ("typing", scenario::typing(&setup, args, &progress).await),
        Scenario::FanOut(args) => {
            nodes = args.nodes;
            ("fan-out", scenario::fan_out(&setup, args, &progress).await)
        }
        Scenario::Open(args) => ("open", scenario::open(&setup, args, &progress).await),
        Scenario::Growth(args) => ("growth", scenario::growth(&setup, args, &progress).await),
        Scenario::Pushes(args) => ("pushes", scenario::pushes(&setup, args, &progress).await),
        Scenario::Idle(args) => ("idle", scenario::idle(&setup, args, &progress).await),
        Scenario::ReconnectStorm(args) => {
            nodes = args.nodes;
            ("reconnect-storm", scenario::reconnect_storm(&setup, args, &progress).await)
        }
        Scenario::Lease(args) => ("lease", scenario::lease(&setup, args, &progress).await),
        Scenario::CrossNode(args) => {
            ("cross-node", scenario::cross_node(&setup, args, &progress).await)
        }
        Scenario::Routing(args) => ("routing", scenario::routing(&setup, args, &progress).await),
        Scenario::Rules(args) => ("rules", scenario::rules(&setup, args, &progress).await),
        Scenario::Soak(args) => ("soak", scenario::soak(&setup, args, &progress).await),
        Scenario::Stalled(args) => ("stalled", scenario::stalled(&setup, args, &progress).await),
        Scenario::Verify(args) => ("verify", scenario::verify(&setup, args, &progress).await),
        Scenario::Attacks(args) => ("attacks", scenario::attacks(&setup, args, &progress).await),
    };
    progress.end();
    let nodes = if nodes > 1 { format!(", {nodes} nodes") } else { String::new() };
    Ok(Report { scenario: format!("{scenario}{nodes}"), origin, tables: tables? })
}

fn binary(given: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    let beside = || anyhow::Ok(std::env::current_exe()?.with_file_name("baton"));
    let binary = given.map_or_else(beside, Ok)?;
    let name = binary.display();
    ensure!(binary.is_file(), "there is no {name}; run: cargo build --release -p baton");
    Ok(binary)
}
