//! Webhooks in: how fast they are acknowledged and reach every agent, and how many fit in a second.

use std::time::Duration;

use clap::Args;

use crate::drive::{Driven, Load, drive};
use crate::figures::Figures;
use crate::listen::{Audience, Sent};
use crate::peers;
use crate::postgres::Database;
use crate::progress::Progress;
use crate::report::{Cell, Table, one, two, whole};
use crate::server::{Setup, Store};
use crate::stats::{Times, median};
use crate::world::{Size, World};

/// `baton-load ingest`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Ingest {
    /// Agents whose sockets are connected
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub(crate) agents: usize,
    /// Webhooks a second while the way to the sockets is measured
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub(crate) rate: u32,
    /// Posters that post flat out; one measurement each
    #[arg(long, default_values_t = [32, 128], value_delimiter = ',', value_name = "N,…")]
    pub(crate) posters: Vec<usize>,
    /// Workspaces that the flat-out load is spread over; one measurement each
    #[arg(long, default_values_t = [1, 8], value_delimiter = ',', value_name = "N,…")]
    pub(crate) workspaces: Vec<usize>,
    /// Customers of each workspace
    #[arg(long, default_value_t = 500, value_name = "N")]
    pub(crate) contacts: usize,
    /// Messages that are in the database before anything is measured
    #[arg(long, default_value_t = 20_000, value_name = "N")]
    pub(crate) preload: usize,
    /// Seconds of each measurement in each round
    #[arg(long, default_value_t = 5, value_name = "S")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) seconds: u64,
    /// Rounds: everything is measured in turn, and medians count
    #[arg(long, default_value_t = 3, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=9))]
    pub(crate) rounds: u32,
    /// Leave out the measurement at a rate
    #[arg(long)]
    pub(crate) flat_only: bool,
}

/// Runs it on every store there is.
pub(crate) async fn ingest(
    setup: &Setup,
    args: &Ingest,
    progress: &Progress,
) -> anyhow::Result<Vec<Table>> {
    let mut worlds = Vec::new();
    let most = args.workspaces.iter().copied().max().unwrap_or(1);
    progress.expect(steps(args, setup.stores().len()));
    for store in setup.stores() {
        let agents = if args.flat_only { 0 } else { args.agents };
        let world =
            World::new(setup, store, Size { workspaces: most, ..Size::of(agents) }, progress)
                .await?;
        preload(&world, args, most, progress).await?;
        progress.step();
        worlds.push(world);
    }
    let mut tables = Vec::new();
    if !args.flat_only {
        tables.push(at_a_rate(&worlds, args, progress).await?);
    }
    tables.extend(flat_out(setup, &worlds, args, progress).await?);
    for world in worlds {
        world.end().await?;
    }
    Ok(tables)
}

fn steps(args: &Ingest, stores: usize) -> usize {
    let rounds = usize::try_from(args.rounds).unwrap_or(1);
    let flat = args.workspaces.len() * (args.posters.len() * stores + 1) + 1;
    stores + rounds * (flat + if args.flat_only { 0 } else { stores })
}

/// Makes every customer known, then fills the tables, many messages in each POST.
async fn preload(
    world: &World,
    args: &Ingest,
    workspaces: usize,
    progress: &Progress,
) -> anyhow::Result<()> {
    const AT_ONCE: usize = 50;
    progress.phase(&format!("{}: loading {} messages", world.store().name(), args.preload));
    let known = Load::introduction(workspaces, args.contacts);
    drive(world, &known, None).await?;
    let posts = args.preload.div_ceil(AT_ONCE);
    let load = Load {
        posters: 4,
        count_max: posts,
        messages: AT_ONCE,
        time: Duration::from_secs(900),
        ..known
    };
    drive(world, &load, None).await?;
    Ok(())
}

/// The findings of one measurement on one server.
struct Measured {
    driven: Driven,
    heard: Option<Times>,
    before: Figures,
    after: Figures,
    cpu_ms: u64,
}

impl Measured {
    async fn of(world: &World, load: &Load, agents: bool) -> anyhow::Result<Self> {
        let sent = Sent::new(if agents { load.count() } else { 0 });
        let audience = match agents {
            true => Some(Audience::gather(&world.agents, &sent).await?),
            false => None,
        };
        let (before, cpu) = (world.server.figures().await?, world.server.cpu_ms()?);
        let driven = drive(world, load, agents.then_some(&sent)).await?;
        let heard = match audience {
            Some(audience) => {
                Some(audience.finish(driven.acks.count(), Duration::from_secs(30)).await?)
            }
            None => None,
        };
        let cpu_ms = world.server.cpu_ms()? - cpu;
        Ok(Self { driven, heard, before, after: world.server.figures().await?, cpu_ms })
    }

    fn mean_ms(&self, histogram: &str) -> f64 {
        self.after.mean(&self.before, histogram) * 1000.0
    }

    fn flush_ms(&self) -> f64 {
        self.mean_ms("baton_flush_seconds")
    }

    fn commit_ms(&self) -> f64 {
        self.mean_ms("baton_commit_seconds")
    }

    fn members(&self) -> f64 {
        self.after.mean(&self.before, "baton_group_members")
    }

    fn events_per_commit(&self) -> f64 {
        let commits = self.after.observed(&self.before, "baton_flush_seconds");
        self.after.grew(&self.before, "baton_events_appended_total") / commits
    }

    fn cpu_us(&self) -> f64 {
        self.cpu_ms as f64 * 1000.0 / self.driven.acks.count() as f64
    }
}

/// The median over rounds of a figure.
fn of(rounds: &[Measured], figure: impl Fn(&Measured) -> f64) -> f64 {
    median(rounds.iter().map(figure).collect())
}

async fn at_a_rate(worlds: &[World], args: &Ingest, progress: &Progress) -> anyhow::Result<Table> {
    let load = Load {
        posters: 32,
        rate: Some(args.rate),
        time: Duration::from_secs(args.seconds),
        first_workspace: 0,
        workspaces: 1,
        contacts: args.contacts,
        count_max: usize::MAX,
        messages: 1,
        is_patient: false,
    };
    let mut measured: Vec<Vec<Measured>> = worlds.iter().map(|_| Vec::new()).collect();
    for round in 1..=args.rounds {
        for (world, rounds) in worlds.iter().zip(&mut measured) {
            let (store, rate) = (world.store().name(), args.rate);
            progress.phase(&format!("{store}: {rate} webhooks a second, round {round}"));
            rounds.push(Measured::of(world, &load, true).await?);
            progress.step();
        }
    }
    let heard = |m: &Measured, figure: fn(&Times) -> f64| m.heard.as_ref().map_or(f64::NAN, figure);
    let rows = worlds.iter().zip(&measured).map(|(world, rounds)| {
        let flush = of(rounds, Measured::flush_ms);
        let mean = of(rounds, |m| heard(m, Times::mean));
        vec![
            world.store().name().into(),
            two(of(rounds, |m| m.driven.acks.p50())),
            two(of(rounds, |m| m.driven.acks.p99())),
            two(of(rounds, |m| heard(m, Times::p50))),
            two(of(rounds, |m| heard(m, Times::p99))),
            two(mean),
            two(flush),
            whole(100.0 * flush / mean),
            two(of(rounds, Measured::commit_ms)),
            one(of(rounds, Measured::members)),
        ]
    });
    Ok(Table {
        title: format!(
            "POST to the sockets of {} agents, {} webhooks a second for {} s, {} rounds",
            args.agents, args.rate, args.seconds, args.rounds
        ),
        columns: vec![
            "store",
            "200 p50 ms",
            "200 p99 ms",
            "socket p50 ms",
            "socket p99 ms",
            "socket mean ms",
            "flush mean ms",
            "flush share %",
            "group mean ms",
            "members/group",
        ],
        rows: rows.collect(),
        notes: vec![
            "Socket: from the POST to its message on a socket, over every socket.".to_owned(),
            "Flush: the COMMIT alone; its share is of the mean way to a socket. Group: from the \
             first lock to the end of the commit, flush included."
                .to_owned(),
        ],
    })
}

/// The findings of one round of one load, beside its peers.
struct Flat {
    workspaces: usize,
    posters: usize,
    store: Store,
    rounds: Vec<Measured>,
}

async fn flat_out(
    setup: &Setup,
    worlds: &[World],
    args: &Ingest,
    progress: &Progress,
) -> anyhow::Result<Vec<Table>> {
    let bench = match &setup.postgres {
        Some(postgres) => Some(postgres.database().await?),
        None => None,
    };
    if let Some(bench) = &bench {
        peers::prepare(bench).await?;
    }
    let mut flats: Vec<Flat> = Vec::new();
    for workspaces in args.workspaces.iter().copied() {
        for posters in args.posters.iter().copied() {
            flats.extend(worlds.iter().map(|world| {
                let store = world.store();
                Flat { workspaces, posters, store, rounds: Vec::new() }
            }));
        }
    }
    let (mut flushes, mut events) = (Vec::new(), vec![Vec::new(); args.workspaces.len()]);
    for round in 1..=args.rounds {
        progress.phase(&format!("fdatasync, round {round}"));
        if let Some(world) = worlds.first() {
            let time = Duration::from_secs(args.seconds.min(3));
            flushes.push(peers::fdatasyncs_per_second(world.home.path(), time).await?);
        }
        progress.step();
        for (workspaces, events) in args.workspaces.iter().zip(&mut events) {
            progress.phase(&format!("pgbench, {workspaces} workspaces, round {round}"));
            events.extend(pgbench(bench.as_ref(), *workspaces, args.seconds).await?);
            progress.step();
        }
        for flat in &mut flats {
            let (store, posters) = (flat.store.name(), flat.posters);
            progress.phase(&format!("{store}: {posters} posters flat out, round {round}"));
            for world in worlds.iter().filter(|world| world.store() == flat.store) {
                flat.rounds.push(Measured::of(world, &flat_load(flat, args), false).await?);
            }
            progress.step();
        }
    }
    let events = args.workspaces.iter().copied().zip(events);
    let events = events.filter(|(_, rounds)| !rounds.is_empty());
    let events = events.map(|(workspaces, rounds)| (workspaces, median(rounds))).collect();
    Ok(vec![flat_table(args, &flats, &Floors { flushes: median(flushes), events })])
}

async fn pgbench(
    bench: Option<&Database>,
    workspaces: usize,
    seconds: u64,
) -> anyhow::Result<Option<f64>> {
    let Some(bench) = bench else { return Ok(None) };
    peers::events_per_second(bench, workspaces, seconds).await.map(Some)
}

fn flat_load(flat: &Flat, args: &Ingest) -> Load {
    Load {
        posters: flat.posters,
        rate: None,
        time: Duration::from_secs(args.seconds),
        first_workspace: 0,
        workspaces: flat.workspaces,
        contacts: args.contacts,
        count_max: usize::MAX,
        messages: 1,
        is_patient: false,
    }
}

/// The floors of the machine without Baton.
struct Floors {
    flushes: f64,
    /// Over how many workspaces, events a second; none where `pgbench` was not run.
    events: Vec<(usize, f64)>,
}

impl Floors {
    fn note(&self) -> String {
        let events = self.events.iter();
        let events: Vec<_> =
            events.map(|(workspaces, events)| format!("{events:.0} over {workspaces}")).collect();
        let pgbench = if events.is_empty() {
            "pgbench was not run, for no PostgreSQL was given".to_owned()
        } else {
            format!(
                "pgbench (one transaction for each event, 8 connections) {} workspaces",
                events.join(" and ")
            )
        };
        format!("In the same run: fdatasync {:.0}/s; {pgbench}.", self.flushes)
    }
}

fn flat_table(args: &Ingest, flats: &[Flat], floors: &Floors) -> Table {
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for flat in flats {
        let rate = of(&flat.rounds, |m| m.driven.per_second());
        let events = floors.events.iter().find(|(workspaces, _)| *workspaces == flat.workspaces);
        let events = events.map_or(f64::NAN, |(_, events)| *events);
        rows.push(vec![
            flat.store.name().into(),
            flat.workspaces.into(),
            flat.posters.into(),
            whole(rate),
            two(of(&flat.rounds, |m| m.driven.acks.p50())),
            two(of(&flat.rounds, |m| m.driven.acks.p99())),
            one(of(&flat.rounds, Measured::members)),
            one(of(&flat.rounds, Measured::events_per_commit)),
            two(of(&flat.rounds, Measured::flush_ms)),
            two(of(&flat.rounds, Measured::commit_ms)),
            whole(of(&flat.rounds, Measured::cpu_us)),
            two(rate / floors.flushes),
            two(rate / events),
        ]);
    }
    Table {
        title: format!(
            "Webhooks a second, flat out for {} s, {} rounds, {} messages before",
            args.seconds, args.rounds, args.preload
        ),
        columns: vec![
            "store",
            "workspaces",
            "posters",
            "webhooks/s",
            "p50 ms",
            "p99 ms",
            "members/group",
            "events/commit",
            "flush ms",
            "group ms",
            "server CPU us",
            "to fdatasync",
            "to pgbench",
        ],
        rows,
        notes: vec![
            "Goals: 8,000 webhooks/s with 128 posters on either store, 2.0 to pgbench, 8 events \
             a commit; generator and database share the cores."
                .to_owned(),
            floors.note(),
            "Server CPU: of Baton's process for each webhook, without PostgreSQL's.".to_owned(),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_that_was_not_run_is_said_so_and_has_no_figure() {
        let without = Floors { flushes: 900.0, events: Vec::new() }.note();
        assert_eq!(
            without,
            "In the same run: fdatasync 900/s; pgbench was not run, for no PostgreSQL was given."
        );
        let with = Floors { flushes: 900.0, events: vec![(1, 700.4), (8, 950.0)] }.note();
        assert!(with.contains("700 over 1 and 950 over 8 workspaces"), "{with}");
    }
}
