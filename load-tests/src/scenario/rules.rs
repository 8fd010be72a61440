//! The cost of rules: webhooks of a workspace without any beside those of one with fifty.

mod decision;
mod fifty;

use std::time::Duration;

use baton_protocol::setting::Setting;
use clap::Args;
use serde_json::json;

use crate::drive::{Driven, Load, drive};
use crate::progress::Progress;
use crate::report::{Table, one, two, whole};
use crate::server::Setup;
use crate::stats::median;
use crate::world::{Size, World, admin_email, password, slug};

use decision::Decider;
use fifty::fifty;

/// The rules of each workspace: a name, and the number of fifty that wait for a clock. The last is
/// as the first: the difference between them is the run's own noise.
const KINDS: [(&str, Option<usize>); 4] = [
    ("none", None),
    ("50, by events", Some(0)),
    ("50, of them 4 by clocks", Some(4)),
    ("none, once more", None),
];

/// `baton-load rules`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Rules {
    /// Posters that post flat out
    #[arg(long, default_value_t = 32, value_name = "N")]
    pub(crate) posters: usize,
    /// Customers of each workspace
    #[arg(long, default_value_t = 500, value_name = "N")]
    pub(crate) contacts: usize,
    /// Seconds of each measurement in each round
    #[arg(long, default_value_t = 4, value_name = "S")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=60))]
    pub(crate) seconds: u64,
    /// Rounds: all are measured in turn, forwards and backwards, and medians count
    #[arg(long, default_value_t = 8, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=30))]
    pub(crate) rounds: u32,
    /// Groups that are decided in memory in each round
    #[arg(long, default_value_t = 400, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) groups: u32,
}

/// Measures the decision alone, then webhooks on every store there is.
pub(crate) async fn rules(
    setup: &Setup,
    args: &Rules,
    progress: &Progress,
) -> anyhow::Result<Vec<Table>> {
    let rounds = usize::try_from(args.rounds).unwrap_or(1);
    let stores = setup.stores();
    progress.expect(1 + stores.len() * (1 + rounds * KINDS.len()));
    progress.phase("decisions in memory");
    let mut tables = vec![decided(args)?];
    progress.step();
    for store in stores {
        let size = Size { workspaces: KINDS.len(), ..Size::of(0) };
        let world = World::new(setup, store, size, progress).await?;
        for (n, (_, clocks)) in KINDS.iter().enumerate() {
            if let Some(clocks) = clocks {
                publish(&world, n, *clocks).await?;
            }
        }
        drive(&world, &Load::introduction(KINDS.len(), args.contacts), None).await?;
        progress.step();
        tables.push(posted(&world, args, progress).await?);
        world.end().await?;
    }
    Ok(tables)
}

/// Publishes the fifty in a workspace.
async fn publish(world: &World, n: usize, clocks: usize) -> anyhow::Result<()> {
    let admin = world.admin.api.sign_in(&slug(n), &admin_email(n), password()).await?;
    let changes: Vec<_> = fifty(clocks)
        .into_iter()
        .map(|(id, body)| {
            let put = json!({"home": {"kind": "workspace"}, "body": body});
            json!({"kind": "rule", "id": id, "put": put})
        })
        .collect();
    for some in changes.chunks(20) {
        let _made: Vec<Setting> = admin.post("/settings", &some).await?;
    }
    Ok(())
}

/// The places of the kinds in a round: every other one runs backwards, so none is always first.
fn order(round: u32) -> Vec<usize> {
    let places = 0..KINDS.len();
    if round.is_multiple_of(2) { places.collect() } else { places.rev().collect() }
}

fn decided(args: &Rules) -> anyhow::Result<Table> {
    let mut teams = KINDS
        .map(|(_, clocks)| Decider::new(clocks))
        .into_iter()
        .collect::<Result<Vec<Decider>, _>>()?;
    let mut took: Vec<Vec<f64>> = KINDS.map(|_| Vec::new()).into();
    // In turn, group by group: what slows the machine slows all of them.
    for round in 0..args.groups * args.rounds {
        for place in order(round) {
            if let (Some(team), Some(took)) = (teams.get_mut(place), took.get_mut(place)) {
                took.push(team.group()?.as_secs_f64() * 1_000_000.0);
            }
        }
    }
    let medians: Vec<f64> = took.into_iter().map(median).collect();
    let none = medians.first().copied().unwrap_or(f64::NAN);
    let rows = KINDS
        .iter()
        .zip(&medians)
        .map(|((name, _), us)| vec![(*name).into(), one(*us), one(us - none)]);
    Ok(Table {
        title: format!(
            "One webhook in the decision, median of {} groups",
            args.groups * args.rounds
        ),
        columns: vec!["rules", "us", "us more than with none"],
        rows: rows.collect(),
        notes: vec![
            "Goal: at most 30 us more with fifty rules. In memory, on one core, without a database."
                .to_owned(),
        ],
    })
}

async fn posted(world: &World, args: &Rules, progress: &Progress) -> anyhow::Result<Table> {
    let mut all: Vec<Vec<(Driven, f64)>> = KINDS.map(|_| Vec::new()).into();
    for round in 0..args.rounds {
        for place in order(round) {
            let name = world.store().name();
            progress.phase(&format!("{name}: workspace {place}, round {}", round + 1));
            let load = Load {
                posters: args.posters,
                time: Duration::from_secs(args.seconds),
                first_workspace: place,
                workspaces: 1,
                count_max: usize::MAX,
                ..Load::introduction(1, args.contacts)
            };
            let cpu = world.server.cpu_ms()?;
            let driven = drive(world, &load, None).await?;
            let cpu = world.server.cpu_ms()? - cpu;
            let us = cpu as f64 * 1000.0 / driven.acks.count() as f64;
            if let Some(of) = all.get_mut(place) {
                of.push((driven, us));
            }
            progress.step();
        }
    }
    let rate = |of: &[(Driven, f64)]| median(of.iter().map(|(of, _)| of.per_second()).collect());
    let none = all.first().map_or(f64::NAN, |of| rate(of));
    let rows = KINDS.iter().zip(&all).map(|((name, _), of)| {
        vec![
            (*name).into(),
            whole(rate(of)),
            two(rate(of) / none),
            two(median(of.iter().map(|(of, _)| of.acks.p50()).collect())),
            two(median(of.iter().map(|(of, _)| of.acks.p99()).collect())),
            whole(median(of.iter().map(|(_, us)| *us).collect())),
        ]
    });
    Ok(Table {
        title: format!(
            "Webhooks a second, flat out, {}: {} posters, {} s, {} rounds",
            world.store().name(),
            args.posters,
            args.seconds,
            args.rounds
        ),
        columns: vec!["rules", "webhooks/s", "to none", "p50 ms", "p99 ms", "server CPU us"],
        rows: rows.collect(),
        notes: vec![
            "Goal: 0.97 of the workspace without rules, on the same server and in turn.".to_owned(),
        ],
    })
}
