//! A provider that loses answers, answers garbage, hangs, refuses and throttles: every message
//! ends in a state that is so, and none is sent twice.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use baton_protocol::{Fact, MessageStatus};
use baton_simulator::Knobs;
use baton_world::cluster::trouble;
use baton_world::history::History;
use baton_world::process::Installation;
use futures_util::future::try_join_all;
use tokio::time::sleep;

use super::desk::Desk;
use super::kills::figures;
use super::load::Load;
use super::{ONE, number, places, seed, turn};

/// The rarest trouble that the test asks for is met by every ninth send.
const SENDS_MIN: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_provider_does_each_message_ends_honestly_and_none_twice() -> Result<()> {
    let _turn = turn(ONE).await?;
    let seed = seed();
    // Mostly they wait behind messages in doubt: both at once.
    let runs = places().await?.into_iter().map(|place| run(place, seed));
    let told = try_join_all(runs).await.with_context(|| format!("BATON_SEED={seed}"))?;
    println!("{}", told.join("\n"));
    Ok(())
}

async fn run(place: Installation, seed: u64) -> Result<String> {
    let kind = place.kind;
    let mut desk = Desk::open(place, seed, (4, 30)).await?;
    desk.simulator.set_knobs(trouble());
    let load = Load::start(&desk, desk.phones().await?, seed, 30);
    sleep(Duration::from_secs(number("BATON_FAULTS_S", 6))).await;
    // On a slow machine too, each kind of trouble needs so many to be met.
    desk.reaches(SENDS_MIN).await?;
    desk.simulator.set_knobs(Knobs::permissive());
    let mut phones = load.end(&mut desk).await?;
    desk.quiet().await?;
    for phone in &mut phones {
        phone.converges_within(Duration::from_secs(10)).await?;
    }
    let history = desk.history(&mut phones).await?;
    let unanswered = desk.simulator.reached().iter().filter(|one| !one.answered).count();
    desk.close(&history).await?;
    ensure!(unanswered > 0, "no answer was lost");
    for status in [MessageStatus::Unconfirmed, MessageStatus::Failed, MessageStatus::Queued] {
        ensure!(met(&history, status), "no message ever became {}", status.name());
    }
    Ok(format!("{kind}: {unanswered} answers lost after the send: {}", figures(&history)))
}

fn met(history: &History, wanted: MessageStatus) -> bool {
    history
        .events
        .iter()
        .any(|event| matches!(event.fact, Fact::MessageChanged { status, .. } if status == wanted))
}
