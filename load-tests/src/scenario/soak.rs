//! Hours of a busy day: nothing grows but what was said, and nothing gets slower.

use std::time::Duration;

use anyhow::{Context, ensure};
use baton::demo::client::SignedIn;
use baton_protocol::page::{ConversationPage, SearchPage};
use clap::Args;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::drive::{Load, drive};
use crate::listen::{Audience, Sent};
use crate::progress::Progress;
use crate::report::{Cell, Table, one, two, whole};
use crate::server::{Setup, Store};
use crate::stats::{Times, micros};
use crate::world::{self, Size, World};

/// `baton-load soak`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Soak {
    /// Seconds of load on each store
    #[arg(long, default_value_t = 1500, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u32).range(2..=21_600))]
    pub(crate) seconds: u32,
    /// Parts that the time is told in; everybody signs in and connects anew in each
    #[arg(long, default_value_t = 5, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u32).range(2..=72))]
    pub(crate) parts: u32,
    /// Messages a second
    #[arg(long, default_value_t = 50, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=2_000))]
    pub(crate) rate: u32,
    /// Agents who listen
    #[arg(long, default_value_t = 50, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=500))]
    pub(crate) agents: u16,
}

/// Customers who write.
const CUSTOMERS: usize = 2_000;
/// Somebody looks at a list and searches this often.
const LOOK: Duration = Duration::from_millis(500);
/// Late messages come within this time.
const LATE: Duration = Duration::from_secs(30);

/// Runs it on every store there is.
pub(crate) async fn soak(
    setup: &Setup,
    args: &Soak,
    progress: &Progress,
) -> anyhow::Result<Vec<Table>> {
    progress.expect(setup.stores().len() * usize::try_from(args.parts)?);
    let mut rows = Vec::new();
    for store in setup.stores() {
        rows.extend(soak_on(setup, store, args, progress).await?);
    }
    Ok(vec![Table {
        title: format!(
            "{} s with {} messages a second to {} agents",
            args.seconds, args.rate, args.agents
        ),
        columns: vec![
            "store",
            "part",
            "messages",
            "ack p99 ms",
            "told p99 ms",
            "list p99 ms",
            "search p99 ms",
            "CPU %",
            "RSS MB",
            "files",
            "database MB",
        ],
        rows,
        notes: vec![
            "Memory, open files and the database at the end of each part. CPU of one core, of the \
             server alone. The database grows by what is said; all else should stay."
                .to_owned(),
        ],
    }])
}

async fn soak_on(
    setup: &Setup,
    store: Store,
    args: &Soak,
    progress: &Progress,
) -> anyhow::Result<Vec<Vec<Cell>>> {
    let size = Size::of(usize::from(args.agents));
    let world = World::new(setup, store, size, progress).await?;
    drive(&world, &Load::introduction(1, CUSTOMERS), None).await?;
    let time = Duration::from_secs(u64::from(args.seconds)) / args.parts;
    let mut rows = Vec::new();
    for part in 1..=args.parts {
        progress.phase(&format!("{}: part {part} of {}", store.name(), args.parts));
        let mut row = vec![store.name().into(), usize::try_from(part)?.into()];
        row.extend(one_part(&world, args, time).await?);
        rows.push(row);
        progress.step();
    }
    world.end().await?;
    Ok(rows)
}

async fn one_part(world: &World, args: &Soak, time: Duration) -> anyhow::Result<Vec<Cell>> {
    let load = Load {
        posters: 16,
        rate: Some(args.rate),
        time,
        contacts: CUSTOMERS,
        count_max: usize::MAX,
        is_patient: true,
        ..Load::introduction(1, CUSTOMERS)
    };
    let agents = signed_in(world, args.agents).await?;
    let sent = Sent::new(load.count());
    let audience = Audience::gather(&agents, &sent).await?;
    let reader = agents.first().context("no agent")?.clone();
    let (stop, stopped) = watch::channel(false);
    let reading = tokio::spawn(read_on(reader, stopped));
    let (began, cpu) = (Instant::now(), world.server.cpu_ms()?);
    let driven = drive(world, &load, Some(&sent)).await?;
    let took = began.elapsed();
    let told = audience.finish(load.count(), LATE).await?;
    stop.send_replace(true);
    let (lists, searches) = reading.await??;
    let cpu = (world.server.cpu_ms()? - cpu) as f64 / 10.0 / took.as_secs_f64();
    Ok(vec![
        driven.acks.count().into(),
        two(driven.acks.p99()),
        two(told.p99()),
        two(lists.p99()),
        two(searches.p99()),
        one(cpu),
        one(world.server.resident_bytes()? as f64 / 1e6),
        world.server.open_files()?.into(),
        whole(world.home.database_bytes().await? as f64 / 1e6),
    ])
}

async fn signed_in(world: &World, agents: u16) -> anyhow::Result<Vec<SignedIn>> {
    let (api, mut all) = (&world.admin.api, Vec::new());
    for n in 0..usize::from(agents) {
        let email = world::agent_email(n);
        all.push(api.sign_in(&world::slug(0), &email, world::password()).await?);
    }
    Ok(all)
}

/// Looks at the list and searches until it is told to stop; how long each took.
async fn read_on(
    agent: SignedIn,
    mut stopped: watch::Receiver<bool>,
) -> anyhow::Result<(Times, Times)> {
    let (mut lists, mut searches) = (Vec::new(), Vec::new());
    let mut tick = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            _ = stopped.changed() => break,
        }
        let began = Instant::now();
        let list: ConversationPage = agent.get("/conversations?limit=50").await?;
        lists.push(micros(began.elapsed()));
        ensure!(!list.conversations.is_empty(), "an empty list");
        let began = Instant::now();
        let _found: SearchPage = agent.get("/search?q=parcel").await?;
        searches.push(micros(began.elapsed()));
    }
    Ok((Times::of(lists), Times::of(searches)))
}
