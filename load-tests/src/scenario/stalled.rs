//! Somebody locks the rows of one workspace: what the others feel of it.

use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Args;

use crate::drive::{Driven, Load, drive};
use crate::progress::Progress;
use crate::report::{Table, one, two};
use crate::server::{Setup, Store};
use crate::stats::median;
use crate::world::{Size, World};

/// `baton-load stalled`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Stalled {
    /// Workspaces; the last one is locked
    #[arg(long, default_value_t = 20, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u16).range(2..=100))]
    pub(crate) workspaces: u16,
    /// Webhooks a second over the others
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub(crate) rate: u32,
    /// Customers of each workspace
    #[arg(long, default_value_t = 50, value_name = "N")]
    pub(crate) contacts: usize,
    /// Seconds that the rows are locked, and that each measurement takes
    #[arg(long, default_value_t = 5, value_name = "S")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=8))]
    pub(crate) seconds: u64,
    /// Rounds: none locked and one locked in turn, and medians count
    #[arg(long, default_value_t = 5, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=20))]
    pub(crate) rounds: u32,
}

/// A webhook a second and poster of the workspace that is locked: each waits for the one before.
const OF_LOCKED_PER_S: u32 = 4;

/// What one round found.
struct Round {
    none: Driven,
    free: Driven,
    locked: Driven,
}

/// Runs it on PostgreSQL: SQLite has one writer and no locks of rows.
pub(crate) async fn stalled(
    setup: &Setup,
    args: &Stalled,
    progress: &Progress,
) -> anyhow::Result<Vec<Table>> {
    ensure!(setup.postgres.is_some(), "rows can be locked in PostgreSQL only: --postgres URL");
    progress.expect(usize::try_from(args.rounds).unwrap_or(1) * 2);
    let workspaces = usize::from(args.workspaces);
    let size = Size { workspaces, ..Size::of(0) };
    let world = World::new(setup, Store::Postgres, size, progress).await?;
    drive(&world, &Load::introduction(workspaces, args.contacts), None).await?;
    let mut rounds = Vec::new();
    for round in 1..=args.rounds {
        progress.phase(&format!("none locked, round {round}"));
        let (none, _) = measure(&world, args).await?;
        progress.step();
        progress.phase(&format!("one locked, round {round}"));
        let hold = Duration::from_secs(args.seconds);
        let locked = world.home.lock_workspace(workspaces - 1, hold);
        let ((), (free, locked)) = tokio::try_join!(locked, measure(&world, args))?;
        progress.step();
        rounds.push(Round { none, free, locked });
    }
    let table = table(args, &rounds);
    world.end().await?;
    Ok(vec![table])
}

/// The free workspaces at their rate, and the last one a little beside them.
async fn measure(world: &World, args: &Stalled) -> anyhow::Result<(Driven, Driven)> {
    let last = usize::from(args.workspaces) - 1;
    let free = Load {
        posters: 64,
        rate: Some(args.rate),
        time: Duration::from_secs(args.seconds),
        first_workspace: 0,
        workspaces: last,
        contacts: args.contacts,
        count_max: usize::MAX,
        messages: 1,
        is_patient: false,
    };
    let locked = Load {
        posters: 8,
        rate: Some(OF_LOCKED_PER_S),
        first_workspace: last,
        workspaces: 1,
        ..free.clone()
    };
    let both = tokio::try_join!(drive(world, &free, None), drive(world, &locked, None));
    both.context("every webhook has to be taken, those of the locked workspace as well")
}

fn of(rounds: &[Round], figure: impl Fn(&Round) -> f64) -> f64 {
    median(rounds.iter().map(figure).collect())
}

fn table(args: &Stalled, rounds: &[Round]) -> Table {
    let row = |name: &str, of_round: fn(&Round) -> &Driven| {
        vec![
            name.into(),
            two(of(rounds, |round| of_round(round).acks.p50())),
            two(of(rounds, |round| of_round(round).acks.p99())),
            two(of(rounds, |round| of_round(round).acks.per_mille(1000))),
        ]
    };
    let p50 = of(rounds, |round| round.free.acks.p50() / round.none.acks.p50());
    let p99 = of(rounds, |round| round.free.acks.p99() / round.none.acks.p99());
    Table {
        title: format!(
            "{} workspaces on PostgreSQL, {} webhooks a second for {} s, {} rounds",
            args.workspaces, args.rate, args.seconds, args.rounds
        ),
        columns: vec!["whose webhooks", "200 p50 ms", "200 p99 ms", "slowest ms"],
        rows: vec![
            row("the others', none locked", |round| &round.none),
            row("the others', one locked", |round| &round.free),
            row("the locked one's", |round| &round.locked),
            vec!["the others', one locked to none".into(), two(p50), two(p99), one(f64::NAN)],
        ],
        notes: vec![
            format!(
                "Locked: a session holds the head of the workspace's log for {} s of {0} s. Goal: \
                 p99 of the others at most 1.5 of none locked. The ratios are medians of rounds.",
                args.seconds
            ),
            "Each webhook of the locked workspace is answered 200 as well, once the lock is gone."
                .to_owned(),
        ],
    }
}
