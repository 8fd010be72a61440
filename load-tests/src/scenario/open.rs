//! A conversation of many lines opens as fast as one of few.

use anyhow::{Context, ensure};
use baton_protocol::ConversationId;
use baton_protocol::conversation::Snapshot;
use baton_protocol::page::{ConversationPage, ConversationRow, LinesPage};
use clap::Args;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::progress::Progress;
use crate::report::{Cell, Table, two};
use crate::server::Setup;
use crate::stats::{Times, median, micros};
use crate::webhook::{self, CustomerAt};
use crate::world::{Size, World};

/// `baton-load open`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Open {
    /// Lines of the long conversation
    #[arg(long, default_value_t = 100_000, value_name = "N")]
    pub(crate) messages: usize,
    /// Lines of the short one
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub(crate) few: usize,
    /// Number of times that each is opened in a round
    #[arg(long, default_value_t = 200, value_name = "N")]
    pub(crate) opens: usize,
    /// Rounds; medians of them count
    #[arg(long, default_value_t = 3, value_name = "N")]
    pub(crate) rounds: usize,
}

/// Messages in one POST while the conversation is built.
const AT_ONCE: usize = 200;

/// The requests for a conversation.
const ASKS: [(&str, &str); 3] =
    [("snapshot", ""), ("newest page", "/messages?limit=50"), ("page in the middle", "middle")];

/// Runs it on every store there is.
pub(crate) async fn open(
    setup: &Setup,
    args: &Open,
    progress: &Progress,
) -> anyhow::Result<Vec<Table>> {
    progress.expect(setup.stores().len() * (args.rounds + 1));
    let mut rows = Vec::new();
    for store in setup.stores() {
        let world = World::new(setup, store, Size::of(1), progress).await?;
        progress.phase(&format!("{}: building {} lines", store.name(), args.messages));
        let few = build(&world, 0, args.few).await?;
        let many = build(&world, 1, args.messages).await?;
        progress.step();
        rows.extend(compare(&world, args, few, many, progress).await?);
        world.end().await?;
    }
    Ok(vec![Table {
        title: format!("Opening a conversation of {} lines and one of {}", args.messages, args.few),
        columns: vec!["store", "asked", "few p50 ms", "many p50 ms", "many p99 ms", "ratio"],
        rows,
        notes: vec![
            format!(
                "Asked in turn, {} times a round over HTTP; medians of {} rounds.",
                args.opens, args.rounds
            ),
            "Goal: as fast, which is a ratio of 1. A snapshot carries the newest lines of an open \
             turn, up to 200: compare it with --few 200 or more."
                .to_owned(),
        ],
    }])
}

/// Has a customer write so many lines; returns the conversation.
async fn build(world: &World, contact: usize, lines: usize) -> anyhow::Result<ConversationId> {
    // The first line alone: it makes the conversation.
    let from = CustomerAt { channel: 0, contact };
    let run = uuid::Uuid::now_v7().simple().to_string();
    let mut poster = world.poster().await?;
    poster.post(&webhook::request(&run, from, 0, 1)).await?;
    for first in (1..lines).step_by(AT_ONCE) {
        let count = AT_ONCE.min(lines - first);
        poster.post(&webhook::request(&run, from, first, count)).await?;
    }
    let page: ConversationPage = world.admin.get("/conversations").await?;
    let ids = page.conversations.iter().map(|row| match row {
        ConversationRow::Head { head } => (head.id, head.last_seq),
        ConversationRow::Full { view, .. } => {
            let head = &view.conversation.head;
            (head.id, head.last_seq)
        }
    });
    let mut all = ids.filter(|(_, last)| *last == lines as u64);
    Ok(all.next().context("the conversation has not all of its lines")?.0)
}

async fn compare(
    world: &World,
    args: &Open,
    few: ConversationId,
    many: ConversationId,
    progress: &Progress,
) -> anyhow::Result<Vec<Vec<Cell>>> {
    let mut rounds: Vec<Vec<(Times, Times)>> = ASKS.iter().map(|_| Vec::new()).collect();
    for _ in 0..args.rounds {
        for ((what, ask), rounds) in ASKS.iter().zip(&mut rounds) {
            progress.phase(&format!("{}: {what}", world.store().name()));
            let (mut of_few, mut of_many) = (Vec::new(), Vec::new());
            for n in 0..args.opens {
                of_few.push(open_once(world, few, ask, args.few, n).await?);
                of_many.push(open_once(world, many, ask, args.messages, n).await?);
            }
            rounds.push((Times::of(of_few), Times::of(of_many)));
        }
        progress.step();
    }
    let of = |rounds: &[(Times, Times)], figure: &dyn Fn(&(Times, Times)) -> f64| {
        median(rounds.iter().map(figure).collect())
    };
    let rows = ASKS.iter().zip(&rounds).map(|((what, _), rounds)| {
        vec![
            world.store().name().into(),
            (*what).into(),
            two(of(rounds, &|(few, _)| few.p50())),
            two(of(rounds, &|(_, many)| many.p50())),
            two(of(rounds, &|(_, many)| many.p99())),
            two(of(rounds, &|(few, many)| many.p50() / few.p50())),
        ]
    });
    Ok(rows.collect())
}

async fn open_once(
    world: &World,
    conversation: ConversationId,
    ask: &str,
    lines: usize,
    n: usize,
) -> anyhow::Result<u32> {
    let path = match ask {
        // Another place each time, so that no page is a cached one.
        "middle" => {
            let before = (lines / 4 + n * 37 % (lines / 2)).max(51);
            format!("/conversations/{conversation}/messages?limit=50&before={before}")
        }
        ask => format!("/conversations/{conversation}{ask}"),
    };
    if ask.is_empty() {
        let (snapshot, took) = timed::<Snapshot>(world, &path).await?;
        ensure!(snapshot.head().last_seq == lines as u64, "the snapshot is not whole");
        return Ok(took);
    }
    let (page, took) = timed::<LinesPage>(world, &path).await?;
    ensure!(page.lines.len() == 50, "a page of {} lines", page.lines.len());
    Ok(took)
}

async fn timed<T: DeserializeOwned>(world: &World, path: &str) -> anyhow::Result<(T, u32)> {
    let began = Instant::now();
    let answer = world.admin.get(path).await?;
    Ok((answer, micros(began.elapsed())))
}
