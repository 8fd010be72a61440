//! SIGTERM under load: the server ends in order, and nothing acknowledged is lost.
//!
//! `BATON_STOPS` is the number of stops on each store.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use baton_model::dice::Dice;
use baton_protocol::{Fact, MessageStatus};
use baton_world::process::Installation;
use tokio::time::sleep;

use super::desk::Desk;
use super::kills::figures;
use super::load::Load;
use super::{ONE, number, places, seed, turn};

/// From the signal to the end of the process.
const END: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn a_server_told_to_stop_ends_in_time_and_loses_nothing() -> Result<()> {
    let _turn = turn(ONE).await?;
    for place in places().await? {
        let seed = seed();
        let told = stops(place, seed, number("BATON_STOPS", 3)).await;
        println!("{}", told.with_context(|| format!("BATON_SEED={seed}"))?);
    }
    Ok(())
}

async fn stops(place: Installation, seed: u64, count: u64) -> Result<String> {
    let kind = place.kind;
    let mut dice = Dice::of_part(seed, 0);
    let mut desk = Desk::open(place, seed, (4, 10)).await?;
    let load = Load::start(&desk, desk.phones().await?, seed, 40);
    let mut slowest = Duration::ZERO;
    for _ in 0..count {
        sleep(Duration::from_millis(500 + dice.below_u64(1_500))).await;
        let process = desk.process.take().context("it runs")?;
        let (status, took) = process.terminate(END).await?;
        ensure!(status.code() == Some(0), "it ended with {status}");
        slowest = slowest.max(took);
        desk.restart().await?;
    }
    let mut phones = load.end(&mut desk).await?;
    for phone in &mut phones {
        phone.converges_within(Duration::from_secs(10)).await?;
    }
    desk.quiet().await?;
    let history = desk.history(&mut phones).await?;
    desk.close(&history).await?;
    // The provider answers, so an orderly end leaves no send in doubt.
    let doubts = history.events.iter().filter(|event| {
        matches!(event.fact, Fact::MessageChanged { status: MessageStatus::Unconfirmed, .. })
    });
    let doubts = doubts.count();
    ensure!(doubts == 0, "{doubts} sends were left in doubt by an orderly end on {kind}");
    let slowest = slowest.as_millis();
    Ok(format!("{kind}: {count} stops, the slowest {slowest} ms: {}", figures(&history)))
}
