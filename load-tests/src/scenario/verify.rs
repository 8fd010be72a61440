//! A large log is verified in the time of a coffee.

use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Args;
use serde::Deserialize;
use tokio::time::Instant;

use crate::drive::{Load, drive};
use crate::progress::Progress;
use crate::report::{Cell, Table, one, whole};
use crate::server::{Setup, Store};
use crate::stats::median;
use crate::world::{Size, World};

/// `baton-load verify`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Verify {
    /// Events of the log, at least
    #[arg(long, default_value_t = 1_000_000, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u32).range(100..=10_000_000))]
    pub(crate) events: u32,
    /// Workspaces that they are spread over
    #[arg(long, default_value_t = 4, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=100))]
    pub(crate) workspaces: u16,
    /// Customers of each workspace
    #[arg(long, default_value_t = 500, value_name = "N")]
    pub(crate) contacts: usize,
    /// Number of verifications of the log; medians count
    #[arg(long, default_value_t = 3, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=20))]
    pub(crate) rounds: u32,
}

/// Messages in one POST while the log is built.
const AT_ONCE: usize = 50;
/// The server seals its log a little after it is written.
const SEALED_WITHIN: Duration = Duration::from_secs(300);
const SEALED_LOOK: Duration = Duration::from_secs(1);

/// Runs it on every store there is.
pub(crate) async fn verify(
    setup: &Setup,
    args: &Verify,
    progress: &Progress,
) -> anyhow::Result<Vec<Table>> {
    let rounds = usize::try_from(args.rounds)?;
    progress.expect(setup.stores().len() * (rounds + 1));
    let mut rows = Vec::new();
    for store in setup.stores() {
        rows.push(verify_on(setup, store, args, progress).await?);
    }
    Ok(vec![Table {
        title: format!(
            "`baton verify-log` over {} workspaces and at least {} events",
            args.workspaces, args.events
        ),
        columns: vec![
            "store",
            "events",
            "stamped rows",
            "median s",
            "slowest s",
            "events a second",
        ],
        rows,
        notes: vec![format!(
            "The whole command, {} times, beside a server without work. Goal: a million events \
             within 60 s.",
            args.rounds
        )],
    }])
}

async fn verify_on(
    setup: &Setup,
    store: Store,
    args: &Verify,
    progress: &Progress,
) -> anyhow::Result<Vec<Cell>> {
    let workspaces = usize::from(args.workspaces);
    let world = World::new(setup, store, Size { workspaces, ..Size::of(0) }, progress).await?;
    progress.phase(&format!("{}: writing {} events", store.name(), args.events));
    let load = Load {
        posters: 4,
        time: Duration::from_secs(3600),
        contacts: args.contacts,
        count_max: usize::try_from(args.events)?.div_ceil(AT_ONCE),
        messages: AT_ONCE,
        is_patient: true,
        ..Load::introduction(workspaces, args.contacts)
    };
    drive(&world, &load, None).await?;
    let began = Instant::now();
    while look(&world).await?.unsealed > 0 {
        ensure!(began.elapsed() < SEALED_WITHIN, "the log is not sealed");
        tokio::time::sleep(SEALED_LOOK).await;
    }
    progress.step();
    let (mut times, mut last) = (Vec::new(), Seen::default());
    for round in 1..=args.rounds {
        progress.phase(&format!("{}: verifying, round {round}", store.name()));
        let began = Instant::now();
        last = look(&world).await?;
        times.push(began.elapsed().as_secs_f64());
        ensure!(last.events >= u64::from(args.events), "only {} events", last.events);
        progress.step();
    }
    world.end().await?;
    let took = median(times.clone());
    Ok(vec![
        store.name().into(),
        whole(last.events as f64),
        whole(last.rows as f64),
        one(took),
        one(times.into_iter().fold(0.0, f64::max)),
        whole(last.events as f64 / took),
    ])
}

/// The report of one run of the command.
#[derive(Default)]
struct Seen {
    events: u64,
    unsealed: u64,
    rows: u64,
}

/// A line of it; most have one of these.
#[derive(Deserialize)]
struct Line {
    report: Option<Report>,
    rows: Option<Rows>,
}

#[derive(Deserialize)]
struct Report {
    checked: u64,
    unsealed: u64,
}

#[derive(Deserialize)]
struct Rows {
    checked: u64,
}

/// Verifies the log once. The command fails if anything is not as it was written.
async fn look(world: &World) -> anyhow::Result<Seen> {
    let told = world.home.run(&["verify-log", "--json"]).await?;
    let mut seen = Seen::default();
    for line in told.lines() {
        let line: Line = serde_json::from_str(line).with_context(|| line.to_owned())?;
        if let Some(report) = line.report {
            seen.events += report.checked;
            seen.unsealed += report.unsealed;
        }
        seen.rows += line.rows.map_or(0, |rows| rows.checked);
    }
    Ok(seen)
}
