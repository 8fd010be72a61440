//! Random interleavings over the real engine. Several conversations are played at once, so that
//! their members share groups; each is checked alone.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use baton::engine::Limits;
use baton::store::read;
use baton_domain::fact::apply::{apply, begin};
use baton_protocol::{Conversation, Event, Fact, WorkspaceId};
use baton_world::bench::{Act, Bench, CommitterAnswer, Database, Shape, databases};

use super::player::Player;
use baton_model::history::History;
use baton_model::promises::{Fault, Promise, check, code};

/// Desks of each of the two workspaces.
const DESKS: u128 = 3;

/// The first interleaving that broke a promise.
#[derive(Debug)]
pub(super) struct Found {
    seed: u64,
    fault: Fault,
}

impl Found {
    /// For people.
    pub(super) fn words(&self) -> String {
        format!("seed {} breaks {:?}: {}", self.seed, self.fault.rule, self.fault.what)
    }
}

/// What was played.
#[derive(Default, Debug)]
pub(super) struct Ran {
    pub(super) played: u64,
    pub(super) found: Option<Found>,
    /// How often each answer was given and each send ended: what was tried at all.
    pub(super) counts: BTreeMap<String, u64>,
}

impl Ran {
    fn count(&mut self, history: &History) {
        let answers = history.asks.iter().map(|ask| code(ask).to_owned());
        let statuses = history.events.iter().filter_map(|event| match &event.fact {
            Fact::MessageChanged { status, .. } => Some(format!("→ {}", status.name())),
            _ => None,
        });
        let customer = history.posted.keys().map(|_| "customer's line".to_owned());
        for what in answers.chain(statuses).chain(customer) {
            *self.counts.entry(what).or_default() += 1;
        }
    }
}

/// Plays interleavings from `seeds` until one breaks a promise that is looked for.
pub(super) async fn run(
    bench: &Bench,
    seeds: std::ops::Range<u64>,
    is_looked_for: impl Fn(Promise) -> bool,
) -> Result<Ran> {
    let mut ran = Ran::default();
    let mut seeds = seeds.peekable();
    while seeds.peek().is_some() {
        bench.forget_published();
        let heads = heads(bench).await?;
        let round: Vec<u64> = seeds.by_ref().take(bench.desks.len()).collect();
        let plays = bench.desks.iter().zip(&round).map(|(desk, seed)| {
            let player = Player::new(desk, *seed);
            play(bench, player)
        });
        let players = futures_util::future::join_all(plays).await;
        let logs = logs(bench, &heads).await?;
        for (mut player, seed) in players.into_iter().zip(round) {
            ran.played += 1;
            complete(bench, &mut player, &logs)?;
            ran.count(&player.history);
            let mut faults = check(&player.history);
            faults.extend(stored_fault(bench, &player).await?);
            if let Some(fault) = faults.into_iter().find(|fault| is_looked_for(fault.rule)) {
                return Ok(Ran { found: Some(Found { seed, fault }), ..ran });
            }
        }
    }
    Ok(ran)
}

/// One interleaving: bursts of acts at once, screens that lag, time that passes.
async fn play(bench: &Bench, mut player: Player) -> Player {
    for _ in 0..10 + player.dice.below(24) {
        let size = [1, 1, 1, 2, 3, 5][player.dice.below(6)];
        let acts: Vec<Act> = (0..size).filter_map(|_| player.draw(bench)).collect();
        burst(bench, &mut player, acts).await;
        player.wait(bench);
        if player.dice.percent(4) {
            come_or_go(bench, &mut player).await;
        }
    }
    // Every command is asked for once more, at times by an author who lost the conversation from
    // sight. Then those whose first answer was not final may do something, so once more.
    if player.dice.percent(40) {
        come_or_go(bench, &mut player).await;
    }
    let retries = player.retries();
    burst(bench, &mut player, retries).await;
    for agent in player.away.clone() {
        bench.perform(Bench::membership(&player.desk, agent, true)).await;
    }
    // Else everybody would soon be at capacity.
    let back = player.given_back(bench);
    burst(bench, &mut player, back.into_iter().collect()).await;
    player
}

async fn burst(bench: &Bench, player: &mut Player, acts: Vec<Act>) {
    let mut answers = bench.perform_all(acts.clone()).await;
    for (act, answer) in acts.iter().zip(&mut answers) {
        if Player::is_unavailable(answer) {
            player.history.had_faults = true;
            *answer = insist(bench, act).await;
        }
    }
    // What was published is taken in by another task.
    tokio::task::yield_now().await;
    player.follow(bench);
    for (act, answer) in acts.iter().zip(&answers) {
        player.note(bench, act, answer);
    }
}

/// Asks until somebody could decide, as Meta and phones do for days. A machine with too much to do
/// makes its database late, and late is away.
pub(super) async fn insist(bench: &Bench, act: &Act) -> CommitterAnswer {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    loop {
        let answer = bench.perform(act.clone()).await;
        if !Player::is_unavailable(&answer) || tokio::time::Instant::now() > deadline {
            return answer;
        }
    }
}

async fn come_or_go(bench: &Bench, player: &mut Player) {
    let agent = player.desk.agents[player.dice.below(2)];
    let is_member = player.away.contains(&agent);
    bench.perform(Bench::membership(&player.desk, agent, is_member)).await;
    if is_member {
        player.away.retain(|away| *away != agent);
    } else {
        player.away.push(agent);
    }
}

/// Where the logs end.
async fn heads(bench: &Bench) -> Result<BTreeMap<WorkspaceId, u64>> {
    let mut tx = bench.store.read().await?;
    let mut heads = BTreeMap::new();
    for desk in &bench.desks {
        let head = read::log_head(&mut tx, desk.workspace).await?;
        heads.insert(desk.workspace, head.position);
    }
    Ok(heads)
}

/// What the logs got since they ended there.
async fn logs(
    bench: &Bench,
    heads: &BTreeMap<WorkspaceId, u64>,
) -> Result<BTreeMap<WorkspaceId, Vec<Event>>> {
    let mut tx = bench.store.read().await?;
    let mut logs = BTreeMap::new();
    for (workspace, after) in heads {
        let all = read::log_after(&mut tx, *workspace, *after, 1_000_000).await?;
        let positions = all.iter().map(|logged| logged.event.position);
        ensure!(positions.eq(after + 1..=after + u64::try_from(all.len())?), "log with holes");
        logs.insert(*workspace, all.into_iter().map(|logged| logged.event).collect());
    }
    Ok(logs)
}

/// The log itself has the last word, not what was published.
fn complete(
    bench: &Bench,
    player: &mut Player,
    logs: &BTreeMap<WorkspaceId, Vec<Event>>,
) -> Result<()> {
    let all = logs.get(&player.desk.workspace).context("a log")?;
    let of = player.view.conversation;
    let mine = all.iter().filter(|event| event.conversation_id == of).cloned();
    player.history.events = mine.collect();
    let batches = bench.published(player.desk.workspace, 0);
    player.history.note_commits(batches.iter().map(AsRef::as_ref));
    Ok(())
}

/// The history of one that was played on a bench of its own; commits may have been lost.
pub(super) async fn complete_alone(bench: &Bench, player: &mut Player) -> Result<()> {
    let heads = bench.desks.iter().map(|desk| (desk.workspace, 0)).collect();
    complete(bench, player, &logs(bench, &heads).await?)
}

/// The conversation's row is what its events make.
async fn stored_fault(bench: &Bench, player: &Player) -> Result<Option<Fault>> {
    let Some(id) = player.view.conversation else { return Ok(None) };
    let mut folded: Option<Conversation> = None;
    for event in &player.history.events {
        match &mut folded {
            Some(conversation) => apply(conversation, event),
            None => folded = begin(id, event),
        }
    }
    let mut tx = bench.store.read().await?;
    let stored = read::conversations(&mut tx, player.desk.workspace, &[id]).await?;
    let stored = stored.into_iter().next().map(|(_, conversation)| conversation);
    let what = format!("the log makes {folded:?}, stored is {stored:?}");
    Ok((folded != stored).then_some(Fault { rule: Promise::Stored, what }))
}

/// A bench to play on.
pub(super) async fn bench(database: Database) -> Result<Bench> {
    let shape = Shape { workspaces: 2, desks: DESKS, agents: 2, capacity: Some(40) };
    Bench::open(database, &shape, Limits::default(), 1).await
}

/// How often, from the environment.
pub(super) fn times(name: &str, default: u64) -> u64 {
    let text = std::env::var_os(name).and_then(|text| text.into_string().ok());
    text.map_or(default, |text| text.parse().unwrap_or_else(|e| panic!("{name}={text}: {e}")))
}

#[tokio::test]
async fn nobody_answers_a_turn_unknowingly_however_acts_interleave() -> Result<()> {
    let count = times("BATON_INTERLEAVINGS", 60);
    for database in databases().await? {
        let bench = bench(database).await?;
        let ran = run(&bench, 0..count, |_| true).await?;
        println!("{}: {} interleavings: {:?}", bench.kind(), ran.played, ran.counts);
        if let Some(found) = ran.found {
            bail!("{}: {}", bench.kind(), found.words());
        }
        bench.close().await?;
    }
    Ok(())
}
