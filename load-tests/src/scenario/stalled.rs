//! Somebody locks the rows of one workspace, or a node is stopped while it has them locked: what
//! the others feel of it.

use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Args;

use crate::drive::{Driven, Load, drive};
use crate::post::Poster;
use crate::progress::Progress;
use crate::report::{Table, one, two};
use crate::server::{Setup, Store};
use crate::stats::median;
use crate::webhook::{CustomerAt, request};
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

/// The findings of one round.
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
    progress.expect(usize::try_from(args.rounds).unwrap_or(1) * 4);
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
    let locked = table(args, &rounds, &Cause::Locked);
    world.end().await?;
    let stopped = stopped(setup, args, progress).await?;
    Ok(vec![locked, stopped])
}

/// The cause that stalls a workspace.
enum Cause {
    /// A session of somebody else holds the head of its log.
    Locked,
    /// A node was stopped inside a transaction of it.
    Stopped,
}

/// The same with two nodes: one has the last workspace's customers, and is stopped inside a
/// transaction.
async fn stopped(setup: &Setup, args: &Stalled, progress: &Progress) -> anyhow::Result<Table> {
    let workspaces = usize::from(args.workspaces);
    let size = Size { workspaces, ..Size::of(0) }.on(2);
    let world = World::new(setup, Store::Postgres, size, progress).await?;
    drive(&world, &Load::introduction(workspaces, args.contacts), None).await?;
    let mut rounds = Vec::new();
    for round in 1..=args.rounds {
        progress.phase(&format!("no node stopped, round {round}"));
        let (none, _) = measure(&world, args).await?;
        progress.step();
        progress.phase(&format!("a node stopped, round {round}"));
        stop_inside(&world, workspaces - 1).await?;
        let measured = measure(&world, args).await;
        world.others.first().context("two nodes")?.resume().await?;
        let (free, locked) = measured?;
        progress.step();
        rounds.push(Round { none, free, locked });
    }
    let table = table(args, &rounds, &Cause::Stopped);
    world.end().await?;
    Ok(table)
}

/// Tries to stop the second node between two statements of a transaction.
const TRIES: usize = 200;
/// Posts to the second node before each try.
const POSTS: usize = 8;

/// Stops the second node inside a transaction of this workspace.
async fn stop_inside(world: &World, workspace: usize) -> anyhow::Result<()> {
    let other = world.others.first().context("two nodes")?;
    for n in 0..TRIES {
        let run = uuid::Uuid::now_v7().simple().to_string();
        let posts = async {
            let mut poster = Poster::connect(other.address()).await?;
            for post in 0..POSTS {
                let from = CustomerAt { channel: workspace, contact: 0 };
                poster.send(&request(&run, from, post, 50)).await?;
            }
            anyhow::Ok(())
        };
        let posts = tokio::time::timeout(Duration::from_secs(5), posts);
        let wait = Duration::from_millis(10 + 3 * (n % 40) as u64);
        let stop = async {
            tokio::time::sleep(wait).await;
            other.pause().await?;
            tokio::time::sleep(Duration::from_millis(300)).await;
            let is_inside = world.home.has_idle_transaction().await?;
            if !is_inside {
                other.resume().await?;
            }
            anyhow::Ok(is_inside)
        };
        let is_inside = tokio::select! {
            is_inside = stop => is_inside?,
            ended = posts => {
                drop(ended);
                false
            }
        };
        if is_inside {
            return Ok(());
        }
        other.resume().await?;
    }
    anyhow::bail!("the node could not be stopped inside a transaction in {TRIES} tries")
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

fn table(args: &Stalled, rounds: &[Round], cause: &Cause) -> Table {
    let (what, how) = match cause {
        Cause::Locked => (
            "one locked",
            format!(
                "Locked: a session holds the head of the workspace's log for {} s of {0} s.",
                args.seconds
            ),
        ),
        Cause::Stopped => (
            "a node stopped",
            "Stopped: the second node gets SIGSTOP inside a transaction of the workspace, and \
             goes on at the end."
                .to_owned(),
        ),
    };
    let row = |name: String, of_round: fn(&Round) -> &Driven| {
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
            "{} workspaces on PostgreSQL, {what}, {} webhooks a second for {} s, {} rounds",
            args.workspaces, args.rate, args.seconds, args.rounds
        ),
        columns: vec!["whose webhooks", "200 p50 ms", "200 p99 ms", "slowest ms"],
        rows: vec![
            row("the others', nothing stalled".to_owned(), |round| &round.none),
            row(format!("the others', {what}"), |round| &round.free),
            row("the stalled one's".to_owned(), |round| &round.locked),
            vec![
                format!("the others', {what} to nothing stalled").into(),
                two(p50),
                two(p99),
                one(f64::NAN),
            ],
        ],
        notes: vec![
            format!(
                "{how} Goal: p99 of the others at most 1.5 of nothing stalled. The ratios are \
                 medians of rounds."
            ),
            "Each webhook of the stalled workspace is answered 200 as well, in the end.".to_owned(),
        ],
    }
}
