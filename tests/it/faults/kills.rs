//! SIGKILL at random moments of receiving and sending, under load.
//!
//! `BATON_KILLS` is the number of kills on each store.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use baton_model::dice::Dice;
use baton_protocol::MessageStatus;
use baton_protocol::outcome::Outcome;
use baton_world::history::History;
use baton_world::process::{BatonProcess, Installation};
use tokio::time::sleep;

use super::desk::Desk;
use super::load::Load;
use super::{ONE, number, places, seed, turn};

/// Kills of one server; a new desk after them, so that logs stay of a size to be judged whole.
const ROUND: u64 = 20;
/// A client that was there has caught up this long after the last fault.
const CONVERGE: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_loses_and_doubles_nothing_and_everybody_converges() -> Result<()> {
    let _turn = turn(ONE).await?;
    let kills = number("BATON_KILLS", 6);
    for place in places().await? {
        let kind = place.kind;
        let mut next = Some(place);
        let mut done = 0;
        while done < kills {
            let place = match next.take() {
                Some(place) => place,
                None if kind == "SQLite" => Installation::sqlite()?,
                None => Installation::postgres().await?.context("no PostgreSQL any more")?,
            };
            let count = ROUND.min(kills - done);
            let seed = seed() + done;
            let told = round(place, seed, count).await;
            println!("{}", told.with_context(|| format!("BATON_SEED={seed}, {count} kills"))?);
            done += count;
        }
    }
    Ok(())
}

async fn round(place: Installation, seed: u64, kills: u64) -> Result<String> {
    let kind = place.kind;
    let mut dice = Dice::of_part(seed, 0);
    let mut desk = Desk::open(place, seed, (4, 10)).await?;
    let load = Load::start(&desk, desk.phones().await?, seed, 40);
    let mut starts = Vec::new();
    for _ in 0..kills {
        // On a crowded machine it takes a while until somebody is signed in and has answered.
        desk.reaches_somebody().await?;
        sleep(Duration::from_millis(dice.below_u64(2_000))).await;
        desk.process.take().context("it runs")?.kill().await?;
        if dice.percent(15) {
            // And once more while it starts.
            let newborn = BatonProcess::spawn(&desk.place)?;
            sleep(Duration::from_millis(dice.below_u64(400))).await;
            newborn.kill().await?;
        }
        let mut process = BatonProcess::spawn(&desk.place)?;
        starts.push(process.ready(&desk.place).await?);
        desk.process = Some(process);
    }
    let mut phones = load.end(&mut desk).await?;
    let mut slowest = Duration::ZERO;
    for phone in &mut phones {
        slowest = slowest.max(phone.converges_within(CONVERGE).await?);
    }
    desk.quiet().await?;
    let history = desk.history(&mut phones).await?;
    for phone in &mut phones {
        phone.converges_within(CONVERGE).await?;
    }
    ensure!(history.reached.len() > 5, "there was no load: {}", figures(&history));
    let connects: usize = phones.iter_mut().map(|phone| phone.connects()).sum();
    desk.close(&history).await?;
    starts.sort();
    let start = starts.get(starts.len() / 2).copied().unwrap_or_default();
    Ok(format!(
        "{kind}: {kills} kills, start {} ms at the median, {connects} connects, converged in {} \
         ms: {}",
        start.as_millis(),
        slowest.as_millis(),
        figures(&history)
    ))
}

/// How much there was to judge.
pub(super) fn figures(history: &History) -> String {
    let accepted = |outcome: &Option<Outcome>| matches!(outcome, Some(Outcome::Accepted(_)));
    let lines = || history.threads.values().flat_map(|thread| &thread.lines);
    let stand = |status| lines().filter(|line| line.status == Some(status)).count();
    format!(
        "{} customers' messages, {} acknowledged; {} commands, {} accepted; {} reached; {} \
         unconfirmed, {} held, {} failed; {} events",
        history.written.len(),
        history.acknowledged.len(),
        history.commands.len(),
        history.commands.iter().filter(|given| accepted(&given.outcome)).count(),
        history.reached.len(),
        stand(MessageStatus::Unconfirmed),
        stand(MessageStatus::Held),
        stand(MessageStatus::Failed),
        history.events.len(),
    )
}
