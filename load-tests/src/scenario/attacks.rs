//! Strangers and one member try to stop a server: what the others feel of it, and how much memory
//! it takes.
//!
//! Strangers come from an address of their own. All limits of the server are as they ship.

mod assault;
mod others;
mod words;

use std::time::Duration;

use clap::Args;

use self::assault::Assault;
use self::others::{Felt, feel};
use crate::drive::{Load, drive};
use crate::progress::Progress;
use crate::report::{Cell, Table, one, two, whole};
use crate::server::{Door, Setup, Store};
use crate::world::{Size, World};

/// `baton-load attacks`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Attacks {
    /// Seconds that each attack takes
    #[arg(long, default_value_t = 10, value_name = "S")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=60))]
    pub(crate) seconds: u64,
    /// Notes of 4 kB in one conversation, for the attack by reading
    #[arg(long, default_value_t = 6_000, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub(crate) notes: u32,
    /// Only attacks that have this in their name
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
    pub(crate) only: String,
}

/// Agents beside the member who attacks. Each signs in a few times, the last again and again: what
/// an account may do is not what is measured.
const OTHERS: usize = 10;

/// Runs it on every store there is.
pub(crate) async fn attacks(
    setup: &Setup,
    args: &Attacks,
    progress: &Progress,
) -> anyhow::Result<Vec<Table>> {
    progress.expect(setup.stores().len() * (Assault::ALL.len() + 1));
    let mut tables = Vec::new();
    for store in setup.stores() {
        tables.push(on(setup, store, args, progress).await?);
    }
    Ok(tables)
}

async fn on(
    setup: &Setup,
    store: Store,
    args: &Attacks,
    progress: &Progress,
) -> anyhow::Result<Table> {
    let size = Size { workspaces: 2, ..Size::of(OTHERS + 1) };
    let world = World::new(setup, store, size, progress).await?;
    drive(&world, &Load::introduction(2, 1), None).await?;
    progress.phase(&format!("{}: writing {} notes", store.name(), args.notes));
    let conversation = assault::write_notes(&world, args.notes).await?;
    progress.step();
    let mut world = world.restart_with(Door::Shipped).await?;
    let time = Duration::from_secs(args.seconds);
    let mut rows = Vec::new();
    let chosen = |assault: &Assault| assault.name().contains(&args.only);
    for assault in Assault::ALL.into_iter().filter(chosen) {
        progress.phase(&format!("{}: {}", store.name(), assault.name()));
        if assault == Assault::Words {
            words::publish(&world).await?;
        }
        let under_way = assault.go_on(&world, conversation, time);
        let (turned_away, felt) = tokio::join!(under_way, feel(&world, conversation, time));
        rows.push(row(assault, turned_away?, &felt?));
        progress.step();
        // Each attack finds a server that remembers nothing of the one before.
        world = world.restart_with(Door::Shipped).await?;
    }
    world.end().await?;
    Ok(Table {
        title: format!("{}: what others feel of an attack of {} s", store.name(), args.seconds),
        columns: vec![
            "attack",
            "webhook p50 ms",
            "p99 ms",
            "sign-in p50 ms",
            "p99 ms",
            "page p50 ms",
            "p99 ms",
            "not served",
            "memory MiB",
            "attempts",
        ],
        rows,
        notes: vec![
            "Meanwhile: a webhook each 20 ms, a sign-in each 250 ms, a page of messages each 50 \
             ms. Goal: each p99 below 1 s, nobody not served, memory bounded. Memory is the most \
             that was resident."
                .to_owned(),
        ],
    })
}

fn row(assault: Assault, attempts: u64, felt: &Felt) -> Vec<Cell> {
    let Felt { webhooks, sign_ins, pages, not_served, resident } = felt;
    let mut cells = vec![assault.name().into()];
    for times in [webhooks, sign_ins, pages] {
        cells.extend([two(times.p50()), one(times.p99())]);
    }
    cells.extend([
        whole(*not_served as f64),
        one(*resident as f64 / 1_048_576.0),
        whole(attempts as f64),
    ]);
    cells
}
