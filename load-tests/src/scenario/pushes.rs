//! Pushes: how soon the push service has one, how soon all phones of a team are told, and what
//! waits while the server is down.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, ensure};
use baton::demo::client::SignedIn;
use baton_protocol::command::Assign;
use baton_protocol::outcome::Outcome;
use baton_protocol::push::{PushEnv, PushLane, PushPut, PushTargetKind};
use baton_protocol::{Command, CommandBody, OpId};
use baton_simulator::{Config, Knobs, PushCall, Simulator, Span};
use clap::Args;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use tokio::time::Instant;
use uuid::Uuid;

use crate::drive::{Load, drive};
use crate::progress::Progress;
use crate::report::{Table, one, whole};
use crate::server::{PushService, Setup, Store};
use crate::stats::Times;
use crate::webhook::{CustomerAt, request};
use crate::world::{Size, World};

/// `baton-load pushes`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Pushes {
    /// Agents with a phone each, all of one team
    #[arg(long, default_value_t = 1000, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u16).range(10..=5000))]
    pub(crate) phones: u16,
    /// Assignments a second
    #[arg(long, default_value_t = 200, value_name = "N")]
    pub(crate) rate: u32,
    /// Duration of the load, seconds
    #[arg(long, default_value_t = 10, value_name = "S")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=60))]
    pub(crate) seconds: u32,
    /// Time that the push service takes to answer, ms
    #[arg(long, default_value_t = 50, value_name = "MS")]
    pub(crate) latency: u64,
    /// New customers that the team is told of after a restart; each is a push to every phone
    #[arg(long, default_value_t = 10, value_name = "N")]
    pub(crate) waiting: usize,
}

/// New customers are told of after this, so that who is quick is not disturbed.
const GRACE: Duration = Duration::from_secs(5);
/// All pushes of a step have to come within this: a dead node's claims are taken over after 30 s.
const PATIENCE: Duration = Duration::from_secs(120);
/// Settings that are made at once.
const AT_ONCE: usize = 8;

/// The measurements of one store.
struct Measured {
    store: Store,
    assigned: Times,
    /// From when they were due to the last phone, and from the first phone to the last, ms.
    team: (f64, f64),
    /// From the start of the server to the last push, ms.
    drained: f64,
    /// Pushes that came twice of all, where the server was killed meanwhile.
    copies: (usize, usize),
}

/// Runs it on each store.
pub(crate) async fn pushes(
    setup: &Setup,
    args: &Pushes,
    progress: &Progress,
) -> anyhow::Result<Vec<Table>> {
    let stores = setup.stores();
    progress.expect(stores.len() * 5);
    let mut measured = Vec::new();
    for store in stores {
        measured.push(measure(setup, store, args, progress).await?);
    }
    Ok(vec![table(args, &measured)])
}

async fn measure(
    setup: &Setup,
    store: Store,
    args: &Pushes,
    progress: &Progress,
) -> anyhow::Result<Measured> {
    let phones = Phones::start(args).await?;
    let size = Size::of(usize::from(args.phones));
    let world = World::new(setup, store, size, progress).await?;
    let customers = usize::try_from(args.rate * args.seconds)?;
    drive(&world, &Load::introduction(1, customers), None).await?;
    let world = world.restart_pushing(Some(phones.service())).await?;
    register(&world.agents, &phones.service().topic).await?;
    progress.step();
    progress.phase(&format!("{}: assigning", store.name()));
    let assigned = assign(&world, &phones, args).await?;
    progress.step();
    progress.phase(&format!("{}: telling the team", store.name()));
    let team = tell_team(&world, &phones, customers).await?;
    progress.step();
    progress.phase(&format!("{}: telling what waited", store.name()));
    let first = customers + 1;
    let count = args.waiting * usize::from(args.phones);
    let (world, mark, began_ms) = let_wait(world, &phones, first, args.waiting).await?;
    let last_ms = phones.told(mark, "queue", count).await?.last_ms()?;
    progress.step();
    progress.phase(&format!("{}: killed while telling", store.name()));
    let next = first + args.waiting;
    let (world, mark, _) = let_wait(world, &phones, next, args.waiting).await?;
    phones.told(mark, "queue", count / 3).await?;
    let world = world.restart_pushing(Some(phones.service())).await?;
    let told = phones.told(mark, "queue", count).await?;
    progress.step();
    let copies = (told.calls.len() - told.pushes(), told.pushes());
    world.end().await?;
    Ok(Measured { store, assigned, team, drained: (last_ms - began_ms) as f64, copies })
}

/// The push service with all phones behind it.
struct Phones {
    simulator: Simulator,
}

/// The pushes of one kind that the push service was asked for.
struct RequestedPushes {
    calls: Vec<(PushCall, Value)>,
}

impl Phones {
    async fn start(args: &Pushes) -> anyhow::Result<Self> {
        let mut knobs = Knobs::permissive();
        knobs.push.enforces_rates = false;
        knobs.push.answers_after = Span::new(args.latency, args.latency);
        let simulator = Simulator::start(Config { knobs, ..Config::default() }).await?;
        Ok(Self { simulator })
    }

    fn service(&self) -> PushService {
        let account = self.simulator.apns_account();
        PushService {
            url: self.simulator.push_base_url(),
            key: account.private_key,
            key_id: account.key_id,
            team_id: account.team_id,
            topic: account.bundle_id,
        }
    }

    fn count(&self) -> usize {
        self.simulator.push_call_count()
    }

    /// Waits for so many different pushes of a kind after the first `mark` calls.
    async fn told(&self, mark: usize, kind: &str, count: usize) -> anyhow::Result<RequestedPushes> {
        let deadline = Instant::now() + PATIENCE;
        let (mut told, mut ids, mut seen) =
            (RequestedPushes { calls: Vec::new() }, BTreeSet::new(), mark);
        loop {
            for call in self.simulator.push_calls_since(seen) {
                seen += 1;
                let data: Value = serde_json::from_str(&call.body).unwrap_or_default();
                if call.status == 200 && text(&data, "k") == kind {
                    ids.insert(text(&data, "id").to_owned());
                    told.calls.push((call, data));
                }
            }
            if ids.len() >= count {
                return Ok(told);
            }
            ensure!(Instant::now() < deadline, "{} of {count} pushes came", ids.len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl RequestedPushes {
    fn pushes(&self) -> usize {
        self.calls.iter().map(|(_, data)| text(data, "id")).collect::<BTreeSet<_>>().len()
    }

    fn last_ms(&self) -> anyhow::Result<i64> {
        self.calls.iter().map(|(call, _)| call.at_ms).max().context("nobody was told")
    }

    fn first_ms(&self) -> anyhow::Result<i64> {
        self.calls.iter().map(|(call, _)| call.at_ms).min().context("nobody was told")
    }
}

fn text<'v>(data: &'v Value, field: &str) -> &'v str {
    data.get(field).and_then(Value::as_str).unwrap_or_default()
}

async fn register(agents: &[SignedIn], app: &str) -> anyhow::Result<()> {
    let all = agents.iter().map(async |agent| {
        let device = agent.session.device_id;
        let put = PushPut {
            lane: PushLane::Apns,
            target_kind: PushTargetKind::Token,
            target: device.0.simple().to_string(),
            key: None,
            app_id: Some(app.to_owned()),
            env: Some(PushEnv::Production),
            locale: None,
            caps: Vec::new(),
        };
        agent.register_push(&put).await.map(drop)
    });
    stream::iter(all).buffer_unordered(AT_ONCE).try_collect().await
}

/// From the moment an assignment leaves to its push at the push service.
async fn assign(world: &World, phones: &Phones, args: &Pushes) -> anyhow::Result<Times> {
    let talks = world.admin.conversations().await?;
    let mark = phones.count();
    let (began, began_ms) = (Instant::now(), phones.simulator.now_ms());
    let given = talks.iter().zip(world.agents.iter().cycle()).enumerate();
    let given = given.map(async |(n, (talk, agent))| {
        let due = Duration::from_secs_f64(n as f64 / f64::from(args.rate));
        tokio::time::sleep_until(began + due).await;
        let due_ms = began_ms + i64::try_from(due.as_millis())?;
        let wish = Assign {
            agent_id: agent.session.agent_id,
            expect_owner_epoch: 1,
            exceed_capacity: true,
        };
        let command = Command {
            op_id: OpId(Uuid::now_v7()),
            conversation_id: *talk,
            after: None,
            retry_of: None,
            body: CommandBody::Assign(wish),
        };
        let result = world.admin.command(command).await?;
        let is_accepted = matches!(result.outcome, Outcome::Accepted(_));
        ensure!(is_accepted, "an assignment was refused: {:?}", result.outcome);
        Ok((talk.to_string(), due_ms))
    });
    let given: BTreeMap<String, i64> =
        stream::iter(given).buffer_unordered(talks.len()).try_collect().await?;
    let told = phones.told(mark, "assigned", given.len()).await?;
    let took = told.calls.iter().map(|(call, data)| {
        let given_ms = given.get(text(data, "c")).context("a push of something else")?;
        anyhow::Ok(u32::try_from((call.at_ms - given_ms).max(0) * 1_000)?)
    });
    Ok(Times::of(took.collect::<anyhow::Result<_>>()?))
}

/// A new customer writes: from when the team is due to be told to the last phone, and from the
/// first phone to the last.
async fn tell_team(world: &World, phones: &Phones, customer: usize) -> anyhow::Result<(f64, f64)> {
    let mark = phones.count();
    let due_ms = phones.simulator.now_ms() + i64::try_from(GRACE.as_millis())?;
    write(world, customer, 1).await?;
    let told = phones.told(mark, "queue", world.agents.len()).await?;
    let (first_ms, last_ms) = (told.first_ms()?, told.last_ms()?);
    Ok(((last_ms - due_ms) as f64, (last_ms - first_ms) as f64))
}

/// A message from each of so many customers.
async fn write(world: &World, first: usize, count: usize) -> anyhow::Result<()> {
    let run = Uuid::now_v7().simple().to_string();
    let mut poster = world.poster().await?;
    for n in 0..count {
        poster.post(&request(&run, CustomerAt { channel: 0, contact: first + n }, n, 1)).await?;
    }
    Ok(())
}

/// Customers write to a server that cannot push; it is started anew with a push service once all
/// of it is due. Returns how many calls were made before, and when it was started.
async fn let_wait(
    world: World,
    phones: &Phones,
    first: usize,
    count: usize,
) -> anyhow::Result<(World, usize, i64)> {
    let world = world.restart_pushing(None).await?;
    write(&world, first, count).await?;
    tokio::time::sleep(GRACE + Duration::from_secs(1)).await;
    let (mark, began_ms) = (phones.count(), phones.simulator.now_ms());
    Ok((world.restart_pushing(Some(phones.service())).await?, mark, began_ms))
}

fn table(args: &Pushes, measured: &[Measured]) -> Table {
    let row = |one_of: &Measured| {
        let (copies, all) = one_of.copies;
        vec![
            one_of.store.name().into(),
            one(one_of.assigned.p50()),
            one(one_of.assigned.p99()),
            one(one_of.assigned.per_mille(1000)),
            whole(one_of.team.0),
            whole(one_of.team.1),
            whole(one_of.drained),
            format!("{copies} of {all}").into(),
        ]
    };
    let waiting = args.waiting * usize::from(args.phones);
    Table {
        title: format!(
            "{} phones, a push service that answers after {} ms, {} assignments a second for {} s",
            args.phones, args.latency, args.rate, args.seconds
        ),
        columns: vec![
            "store",
            "assigned p50 ms",
            "p99 ms",
            "slowest ms",
            "team told ms",
            "first to last ms",
            "waiting told ms",
            "copies after a kill",
        ],
        rows: measured.iter().map(row).collect(),
        notes: vec![
            format!(
                "Assigned: from the assignment leaving its supervisor to the request at the push \
                 service; the {} ms in which that answers come after. Goal: p50 30 ms, p99 250 ms.",
                args.latency
            ),
            format!(
                "Team told: one new customer, all {} phones; from when it is due, {} s after the \
                 message. Goal: 2,000 ms.",
                args.phones,
                GRACE.as_secs()
            ),
            format!(
                "Waiting told: {waiting} pushes that were due before the start of the server, \
                 from there. Copies: as many again, with SIGKILL after a third of them."
            ),
        ],
    }
}
