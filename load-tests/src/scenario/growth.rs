//! Lists, pages and searches take as long with a million messages as with a thousand.

use std::time::Duration;

use anyhow::{Context, ensure};
use baton::demo::client::SignedIn;
use baton_protocol::frame::ServerFrame;
use baton_protocol::page::{
    ConversationPage, ConversationRow, LinesPage, SearchPage, SnapshotAnswer, SyncAnswer,
};
use baton_protocol::{ConversationId, Cursor};
use clap::Args;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::drive::{Load, drive};
use crate::progress::Progress;
use crate::report::{Cell, Table, two, whole};
use crate::server::{Setup, Store};
use crate::stats::{Times, micros};
use crate::world::{self, Size, World};

/// `baton-load growth`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Growth {
    /// Numbers of messages at which it is measured, each larger than the one before
    #[arg(long, default_value = "1000,10000,100000,1000000", value_name = "N,…")]
    #[arg(value_delimiter = ',', value_parser = clap::value_parser!(u32).range(100..=20_000_000))]
    pub(crate) messages: Vec<u32>,
    /// Number of times that each question is asked
    #[arg(long, default_value_t = 200, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u32).range(20..=10_000))]
    pub(crate) asks: u32,
    /// No backup and no verify-log of more messages: a backup takes as much room as the database
    #[arg(long, default_value_t = 20_000_000, value_name = "N")]
    pub(crate) whole_to: u32,
}

/// Messages of each customer; each has one conversation.
const EACH: usize = 10;
/// Events of the page that somebody catches up with.
const MISSED: u64 = 200;
/// Looks for the newest message by one session, which ends where nobody renews it.
const LOOKS: u32 = 1_000;
const LOOK: Duration = Duration::from_millis(200);

/// Runs it on every store there is.
pub(crate) async fn growth(
    setup: &Setup,
    args: &Growth,
    progress: &Progress,
) -> anyhow::Result<Vec<Table>> {
    ensure!(args.messages.is_sorted_by(|one, next| one < next), "--messages must climb");
    progress.expect(setup.stores().len() * args.messages.len());
    let mut rows = Vec::new();
    for store in setup.stores() {
        rows.extend(grow(setup, store, args, progress).await?);
    }
    Ok(vec![Table {
        title: format!("A growing workspace, {EACH} messages a conversation"),
        columns: vec![
            "store",
            "messages",
            "list ms",
            "catch up ms",
            "open ms",
            "rare word p95 ms",
            "common word p95 ms",
            "name p95 ms",
            "start s",
            "backup s",
            "verify s",
            "searchable s",
            "MB",
        ],
        rows,
        notes: vec![
            format!(
                "Asked over HTTP as an agent who sees all of it, {} times each; medians but for \
                 searches. List: the first page of 50. Catch up: the last {MISSED} events. Open: \
                 the newest page of a conversation. The rare word stands in one message, the \
                 common one in all.",
                args.asks
            ),
            "Start: from the end of a killed server to the next one's readiness. Verify: `baton \
             verify-log` beside the running server. Searchable: from the last webhook until the \
             newest message is found. MB: the database on the disk."
                .to_owned(),
            "Goals: list and catch up at most 4 times what they take at 1,000; searches 300 ms \
             at 10 million."
                .to_owned(),
        ],
    }])
}

async fn grow(
    setup: &Setup,
    store: Store,
    args: &Growth,
    progress: &Progress,
) -> anyhow::Result<Vec<Vec<Cell>>> {
    let mut world = World::new(setup, store, Size::of(1), progress).await?;
    let (mut rows, mut before) = (Vec::new(), 0);
    for size in &args.messages {
        let size = usize::try_from(*size)?;
        progress.phase(&format!("{}: up to {size} messages", store.name()));
        let new = size - before;
        let contacts = size / EACH;
        let load = Load {
            posters: 8,
            time: Duration::from_secs(6 * 3600),
            count_max: new.div_ceil(EACH),
            messages: EACH,
            is_patient: true,
            ..Load::introduction(1, contacts)
        };
        drive(&world, &load, None).await?;
        before = size;
        let written = load.count_max * EACH;
        progress.phase(&format!("{}: until {size} messages are searchable", store.name()));
        let began = Instant::now();
        until_searchable(&world, &mark(written - 1)).await?;
        let searchable = began.elapsed().as_secs_f64();
        // Not the newest, which any search meets first.
        let rare = mark(written / 2);
        world.home.analyze().await?;
        let agent = sign_in(&world).await?;
        progress.phase(&format!("{}: asking at {size} messages", store.name()));
        let asked = ask_all(&agent, args, &rare).await?;
        progress.phase(&format!("{}: starting anew at {size} messages", store.name()));
        let began = Instant::now();
        world = world.restart().await?;
        let start = began.elapsed().as_secs_f64();
        let is_whole = size <= usize::try_from(args.whole_to)?;
        let backup = if is_whole { back_up(&world).await? } else { f64::NAN };
        progress.phase(&format!("{}: verifying {size} messages", store.name()));
        let verify = if is_whole { verify(&world).await? } else { f64::NAN };
        let mb = world.home.database_bytes().await? as f64 / 1e6;
        let mut row = vec![store.name().into(), size.into()];
        row.extend(asked);
        row.extend([two(start), two(backup), two(verify), two(searchable), whole(mb)]);
        rows.push(row);
        progress.step();
    }
    world.end().await?;
    Ok(rows)
}

/// The word of one message alone.
fn mark(number: usize) -> String {
    format!("L{number:08x}")
}

async fn sign_in(world: &World) -> anyhow::Result<SignedIn> {
    let api = &world.admin.api;
    api.sign_in(&world::slug(0), &world::agent_email(0), world::password()).await
}

async fn until_searchable(world: &World, newest: &str) -> anyhow::Result<()> {
    loop {
        let agent = sign_in(world).await?;
        for _ in 0..LOOKS {
            let began = Instant::now();
            let found: SearchPage = agent.get(&format!("/search?q={newest}")).await?;
            if !found.hits.is_empty() {
                return Ok(());
            }
            // Among a million customers a name that nobody has takes its time.
            tokio::time::sleep(LOOK.max(4 * began.elapsed())).await;
        }
    }
}

/// Asks everything in turn, so that a slow moment of the machine meets all of it.
async fn ask_all(agent: &SignedIn, args: &Growth, rare: &str) -> anyhow::Result<Vec<Cell>> {
    let first: ConversationPage = agent.get("/conversations?limit=50").await?;
    let ids: Vec<_> = first.conversations.iter().map(id_of).collect();
    let cursor = agent.get::<SnapshotAnswer>("/snapshot?limit=1").await?.cursor;
    let position = cursor.position.saturating_sub(MISSED);
    let missed = Cursor { position, ..cursor };
    let mut taken: [Vec<u32>; 6] = Default::default();
    for n in 0..usize::try_from(args.asks)? {
        let id = ids.get(n % ids.len().max(1)).context("no conversation")?;
        let [list, catch_up, open, one, all, name] = &mut taken;
        let page: ConversationPage = timed(agent, "/conversations?limit=50", list).await?;
        ensure!(page.conversations.len() == 50, "{} conversations", page.conversations.len());
        let told: SyncAnswer = timed(agent, &format!("/sync?after={missed}"), catch_up).await?;
        let is_whole = !told.frames.iter().any(|f| matches!(f, ServerFrame::Reset { .. }));
        ensure!(is_whole && !told.frames.is_empty(), "no events were told");
        let path = format!("/conversations/{id}/messages?limit=50");
        let lines: LinesPage = timed(agent, &path, open).await?;
        ensure!(!lines.lines.is_empty(), "a conversation without lines");
        let found: SearchPage = timed(agent, &format!("/search?q={rare}"), one).await?;
        ensure!(!found.hits.is_empty(), "{rare} is not on the first page");
        let found: SearchPage = timed(agent, "/search?q=parcel", all).await?;
        ensure!(!found.hits.is_empty(), "the common word is not found");
        let path = format!("/search?q=customer%20{}", 1 + n % 99);
        let found: SearchPage = timed(agent, &path, name).await?;
        ensure!(!found.conversations.is_empty(), "the name is not found");
    }
    let [list, catch_up, open, one, all, name] = taken.map(Times::of);
    let p95 = |times: &Times| two(times.per_mille(950));
    Ok(vec![
        two(list.p50()),
        two(catch_up.p50()),
        two(open.p50()),
        p95(&one),
        p95(&all),
        p95(&name),
    ])
}

fn id_of(row: &ConversationRow) -> ConversationId {
    match row {
        ConversationRow::Head { head } => head.id,
        ConversationRow::Full { view, .. } => view.conversation.head.id,
    }
}

async fn timed<T: DeserializeOwned>(
    agent: &SignedIn,
    path: &str,
    taken: &mut Vec<u32>,
) -> anyhow::Result<T> {
    let began = Instant::now();
    let answer = agent.get(path).await?;
    taken.push(micros(began.elapsed()));
    Ok(answer)
}

/// The seconds that a backup beside a running server takes.
async fn back_up(world: &World) -> anyhow::Result<f64> {
    let place = world.home.path().join("growth.backup");
    let to = place.to_str().context("a path that is no text")?;
    let began = Instant::now();
    world.home.run(&["backup", "--to", to]).await?;
    let took = began.elapsed().as_secs_f64();
    std::fs::remove_file(&place)?;
    Ok(took)
}

/// The seconds that `verify-log` takes beside a running server.
async fn verify(world: &World) -> anyhow::Result<f64> {
    let began = Instant::now();
    world.home.run(&["verify-log", "--json"]).await?;
    Ok(began.elapsed().as_secs_f64())
}
