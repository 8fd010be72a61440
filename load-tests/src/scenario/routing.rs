//! A long queue at opening time: the time until it is given out, or offered and accepted. Customers
//! of another team write meanwhile.

mod floor;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use baton_protocol::setting::Setting;
use baton_protocol::{Agent, Team, TeamId};
use clap::Args;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

use crate::drive::{Driven, Load, drive};
use crate::progress::Progress;
use crate::report::{Cell, Table, one, two, whole};
use crate::server::{Setup, Store};
use crate::stats::median;
use crate::webhook::{CustomerAt, request};
use crate::world::{Size, World};

use floor::{Choices, Floor};

/// `baton-load routing`.
#[derive(Clone, Debug, Args)]
pub(crate) struct LongQueue {
    /// Agents of the team that is routed, each at a socket
    #[arg(long, default_value_t = 100, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) agents: u16,
    /// Conversations that wait when routing begins to give them
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    pub(crate) waiting: usize,
    /// Conversations that wait when routing begins to offer them
    #[arg(long, default_value_t = 2_000, value_name = "N")]
    pub(crate) offered: usize,
    /// Time that agents take to accept, ms; one measurement each
    #[arg(long, default_values_t = [0, 3000], value_delimiter = ',', value_name = "MS,…")]
    pub(crate) answer: Vec<u64>,
    /// Posters that post flat out to another team while a queue is given out
    #[arg(long, default_value_t = 32, value_name = "N")]
    pub(crate) posters: usize,
    /// Webhooks a second to another team while a queue is given out
    #[arg(long, default_value_t = 300, value_name = "N")]
    pub(crate) rate: u32,
    /// Customers of that team
    #[arg(long, default_value_t = 500, value_name = "N")]
    pub(crate) contacts: usize,
    /// Seconds of each measurement in each round
    #[arg(long, default_value_t = 3, value_name = "S")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=60))]
    pub(crate) seconds: u64,
    /// Rounds: with and without routing in turn, and medians count
    #[arg(long, default_value_t = 5, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=30))]
    pub(crate) rounds: u32,
}

/// The number of the team that is routed; that of the other one is the first.
const LINE: usize = 1;
/// Offers that one agent may have at once.
const AT_ONCE: usize = 3;
/// Posters that fill the queue.
const FILLERS: usize = 16;

/// Runs it on every store there is.
pub(crate) async fn routing(
    setup: &Setup,
    args: &LongQueue,
    progress: &Progress,
) -> anyhow::Result<Vec<Table>> {
    crate::machine::enough_files(2 * usize::from(args.agents))?;
    let stores = setup.stores();
    progress.expect(stores.len() * (3 + args.answer.len()));
    let (mut given, mut beside, mut offered) = (Vec::new(), Vec::new(), Vec::new());
    for store in stores {
        let size = Size { teams: 1, ..Size::of(usize::from(args.agents)) };
        let world = World::new(setup, store, size, progress).await?;
        drive(&world, &Load::introduction(1, args.contacts), None).await?;
        let mut queue = Queue::new(&world).await?;
        progress.step();
        let floor = Floor::open(&world).await?;
        progress.phase(&format!("{}: giving {} out", store.name(), args.waiting));
        given.push(give_out(&world, &mut queue, &floor, args).await?);
        progress.step();
        beside.extend(go_beside(&world, &mut queue, &floor, args, progress).await?);
        progress.step();
        for ms in &args.answer {
            progress.phase(&format!("{}: accepted after {ms} ms", store.name()));
            offered.push(offer(&world, &mut queue, &floor, (args, *ms)).await?);
            progress.step();
        }
        floor.close();
        world.end().await?;
    }
    Ok(vec![given_table(args, given), beside_table(args, beside), offered_table(args, offered)])
}

/// The queue of the team that is routed.
struct Queue {
    team: TeamId,
    version: Option<u32>,
    /// The customers who wrote so far.
    written: usize,
}

impl Queue {
    async fn new(world: &World) -> anyhow::Result<Self> {
        let teams: Vec<Team> = world.admin.get("/teams").await?;
        let team = teams.iter().find(|team| team.name == "Team 0").context("no team")?;
        Ok(Self { team: team.id, version: None, written: 0 })
    }

    /// Sets the routing of the team.
    async fn route(&mut self, world: &World, body: Value) -> anyhow::Result<()> {
        let put = json!({"home": {"kind": "team", "id": self.team}, "body": body});
        let mut change = json!({"kind": "routing", "id": self.team, "put": put});
        if let (Some(version), Some(fields)) = (self.version, change.as_object_mut()) {
            fields.insert("expect".to_owned(), version.into());
        }
        let set: Vec<Setting> = world.admin.post("/settings", &json!([change])).await?;
        self.version = Some(set.first().context("no setting")?.version);
        Ok(())
    }

    async fn rest(&mut self, world: &World) -> anyhow::Result<()> {
        self.route(world, json!({"hand": "off"})).await
    }

    /// So many new customers write, and wait.
    async fn fill(&mut self, world: &World, count: usize) -> anyhow::Result<()> {
        let run: Arc<str> = Uuid::now_v7().simple().to_string().into();
        let next = Arc::new(AtomicUsize::new(self.written));
        self.written += count;
        let end = self.written;
        let mut fillers = JoinSet::new();
        for _ in 0..FILLERS {
            let (mut poster, run) = (world.poster().await?, Arc::clone(&run));
            let next = Arc::clone(&next);
            fillers.spawn(async move {
                loop {
                    let contact = next.fetch_add(1, Ordering::Relaxed);
                    if contact >= end {
                        return anyhow::Ok(());
                    }
                    let from = CustomerAt { channel: LINE, contact };
                    poster.post(&request(&run, from, contact, 1)).await?;
                }
            });
        }
        while let Some(filled) = fillers.join_next().await {
            filled??;
        }
        Ok(())
    }
}

/// Everything that waits is given to somebody, and to each the same.
async fn give_out(
    world: &World,
    queue: &mut Queue,
    floor: &Floor,
    args: &LongQueue,
) -> anyhow::Result<Vec<Cell>> {
    queue.fill(world, args.waiting).await?;
    let (before, cpu) = (loads(world, queue.team).await?, world.cpu_ms()?);
    let began = Instant::now();
    queue.route(world, json!({"hand": "assign"})).await?;
    let last = floor.until("given", |told| &told.routed, args.waiting).await?;
    let (took, cpu) = (last.saturating_duration_since(began), world.cpu_ms()? - cpu);
    let after = loads(world, queue.team).await?;
    let given = after.iter().sum::<u32>() - before.iter().sum::<u32>();
    ensure!(usize::try_from(given)? == args.waiting, "{given} of {} are theirs", args.waiting);
    let bursts = floor.choices().bursts();
    queue.rest(world).await?;
    floor.forget();
    let seconds = took.as_secs_f64();
    Ok(vec![
        world.store().name().into(),
        one(seconds),
        whole(args.waiting as f64 / seconds),
        bursts.into(),
        whole(seconds * 1000.0 / bursts as f64),
        whole(args.waiting as f64 / bursts as f64),
        whole(f64::from(after.iter().min().copied().unwrap_or(0))),
        whole(f64::from(after.iter().max().copied().unwrap_or(0))),
        whole(cpu as f64 * 1000.0 / args.waiting as f64),
    ])
}

/// The loads of those who are routed.
async fn loads(world: &World, team: TeamId) -> anyhow::Result<Vec<u32>> {
    let all: Vec<Agent> = world.admin.get("/agents").await?;
    let is_in = |agent: &&Agent| agent.teams.iter().any(|place| place.team_id == team);
    Ok(all.iter().filter(is_in).map(|agent| agent.load).collect())
}

/// Webhooks of another team in one round, and what was routed a second meanwhile.
struct Round {
    quiet: Driven,
    beside: Driven,
    routed_per_s: f64,
}

/// Webhooks to another team of the same log, while a queue rests and while it is given out.
async fn go_beside(
    world: &World,
    queue: &mut Queue,
    floor: &Floor,
    args: &LongQueue,
    progress: &Progress,
) -> anyhow::Result<Vec<Vec<Cell>>> {
    let (mut rows, mut left) = (Vec::new(), 0);
    for rate in [None, Some(args.rate)] {
        let how = rate.map_or_else(|| "flat out".to_owned(), |rate| format!("{rate}/s"));
        let mut rounds = Vec::new();
        for round in 0..args.rounds {
            progress.phase(&format!("{}: beside it, {how}, round {round}", world.store().name()));
            // What waits has to outlast the measurement.
            let wanted = args.waiting.saturating_sub(left);
            queue.fill(world, wanted).await?;
            left = args.waiting;
            let is_first = round.is_multiple_of(2);
            let before = if is_first { Some(quiet(world, args, rate).await?) } else { None };
            floor.forget();
            queue.route(world, json!({"hand": "assign"})).await?;
            let beside = quiet(world, args, rate).await?;
            let meanwhile = floor.choices().routed.len();
            queue.rest(world).await?;
            // What was decided on before may come still.
            tokio::time::sleep(Duration::from_secs(2)).await;
            left -= floor.choices().routed.len().min(left);
            let quiet = match before {
                Some(before) => before,
                None => quiet(world, args, rate).await?,
            };
            let routed_per_s = meanwhile as f64 / beside.took.as_secs_f64();
            rounds.push(Round { quiet, beside, routed_per_s });
        }
        rows.push(beside_row(world.store(), &how, &rounds, left));
    }
    // What is left is given out, so that the next measurement begins with nothing.
    floor.forget();
    let left = waiting(world, queue.team).await?;
    queue.route(world, json!({"hand": "assign"})).await?;
    if left > 0 {
        floor.until("given", |told| &told.routed, left).await?;
    }
    queue.rest(world).await?;
    floor.forget();
    Ok(rows)
}

/// The number of those that nobody has.
async fn waiting(world: &World, team: TeamId) -> anyhow::Result<usize> {
    let board: baton_protocol::board::Board = world.admin.get("/board").await?;
    let figures = board.teams.get(&team).context("the team is not on the board")?;
    Ok(usize::try_from(figures.in_line)?)
}

async fn quiet(world: &World, args: &LongQueue, rate: Option<u32>) -> anyhow::Result<Driven> {
    let load = Load {
        posters: args.posters,
        rate,
        time: Duration::from_secs(args.seconds),
        count_max: usize::MAX,
        ..Load::introduction(1, args.contacts)
    };
    drive(world, &load, None).await
}

fn beside_row(store: Store, how: &str, rounds: &[Round], left: usize) -> Vec<Cell> {
    let of = |figure: &dyn Fn(&Round) -> f64| median(rounds.iter().map(figure).collect());
    let (quiet, beside) =
        (of(&|round| round.quiet.per_second()), of(&|round| round.beside.per_second()));
    vec![
        store.name().into(),
        how.into(),
        whole(quiet),
        whole(beside),
        two(of(&|round| round.beside.per_second() / round.quiet.per_second())),
        two(of(&|round| round.quiet.acks.p50())),
        two(of(&|round| round.beside.acks.p50())),
        two(of(&|round| round.quiet.acks.p99())),
        two(of(&|round| round.beside.acks.p99())),
        whole(of(&|round| round.routed_per_s)),
        left.into(),
    ]
}

/// Offers what waits; each agent accepts after some time.
async fn offer(
    world: &World,
    queue: &mut Queue,
    floor: &Floor,
    (args, answer_ms): (&LongQueue, u64),
) -> anyhow::Result<Vec<Cell>> {
    queue.fill(world, args.offered).await?;
    floor.answers_after(Duration::from_millis(answer_ms));
    floor.forget();
    let began = Instant::now();
    queue.route(world, json!({"hand": "offer", "at_once": AT_ONCE})).await?;
    let last = floor.until("accepted", |told| &told.accepted, args.offered).await?;
    queue.rest(world).await?;
    let seconds = last.saturating_duration_since(began).as_secs_f64();
    let told = floor.choices();
    let most = usize::from(args.agents) * AT_ONCE;
    Ok(offered_row(world.store(), answer_ms, &told, (args.offered, seconds, most)))
}

fn offered_row(
    store: Store,
    answer_ms: u64,
    told: &Choices,
    (count, seconds, most): (usize, f64, usize),
) -> Vec<Cell> {
    let by_people = most as f64 * 1000.0 / answer_ms as f64;
    vec![
        store.name().into(),
        whole(answer_ms as f64),
        one(seconds),
        one(count as f64 / seconds),
        one(by_people),
        told.bursts().into(),
        whole(seconds * 1000.0 / told.bursts() as f64),
        whole(told.routed.len() as f64 / told.bursts() as f64),
        whole(told.standing()),
        most.into(),
        told.in_vain.into(),
    ]
}

fn given_table(args: &LongQueue, rows: Vec<Vec<Cell>>) -> Table {
    Table {
        title: format!(
            "{} conversations wait, and are given to {} agents at their sockets",
            args.waiting, args.agents
        ),
        columns: vec![
            "store",
            "given in s",
            "a second",
            "bursts",
            "a burst ms",
            "in a burst",
            "least load",
            "largest load",
            "server CPU us",
        ],
        rows,
        notes: vec![
            "Goal: 10,000 to 100 in 30 s. From the setting leaving its admin to the last choice on \
             the admin's socket. A burst: choices without a pause between them."
                .to_owned(),
        ],
    }
}

fn beside_table(args: &LongQueue, rows: Vec<Vec<Cell>>) -> Table {
    Table {
        title: format!(
            "Webhooks to another team of the same log meanwhile: {} posters, {} s, {} rounds",
            args.posters, args.seconds, args.rounds
        ),
        columns: vec![
            "store",
            "load",
            "quiet/s",
            "beside/s",
            "ratio",
            "quiet p50 ms",
            "beside p50 ms",
            "quiet p99 ms",
            "beside p99 ms",
            "routed/s",
            "left",
        ],
        rows,
        notes: vec![
            "Goal: a ratio of 0.97. Quiet and beside are measured in turn, each first in every \
             other round. Left: what waited still at the end; with 0 it was quiet beside in part."
                .to_owned(),
        ],
    }
}

fn offered_table(args: &LongQueue, rows: Vec<Vec<Cell>>) -> Table {
    Table {
        title: format!(
            "{} conversations wait, and are offered to {} agents, {AT_ONCE} to each at once",
            args.offered, args.agents
        ),
        columns: vec![
            "store",
            "answer ms",
            "accepted in s",
            "a second",
            "people's most",
            "bursts",
            "a burst ms",
            "in a burst",
            "standing",
            "of at most",
            "in vain",
        ],
        rows,
        notes: vec![
            "People's most: all offers that may stand, once in the time of an answer. Standing: \
             the mean when an offer was made; near the most, people set the pace, and far below it \
             the router does."
                .to_owned(),
        ],
    }
}
