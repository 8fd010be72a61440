//! Faults: the real program is killed, stopped, lied to and left alone, under load, and the run is
//! judged by what everybody saw. `BATON_SEED` repeats the choices of a run.

mod away;
mod bots;
mod cluster;
mod crowd;
mod desk;
mod disk;
mod drain;
mod heirs;
mod hook;
mod kills;
mod load;
mod offers;
mod orders;
mod parts;
mod posts;
mod provider;
mod pushes;
mod restored;
mod rules;
mod steps;
mod stops;
mod storm;
mod tags;
mod undo;
mod webhooks;

use std::sync::OnceLock;

use anyhow::Result;
use baton_world::process::Installation;
use baton_world::world::{Own, own_store};
use tokio::sync::{Semaphore, SemaphorePermit};

/// What a run of one server weighs, and one of several.
const ONE: u32 = 1;
const SEVERAL: u32 = 2;

/// Waits for a turn. Runs with faults judge by the clock as well, and most of their time they wait.
/// `BATON_RUNS_AT_ONCE` is what those side by side may weigh. They run one after the other unless
/// it is set.
async fn turn(weight: u32) -> Result<SemaphorePermit<'static>> {
    static TURNS: OnceLock<Semaphore> = OnceLock::new();
    let most = u32::try_from(number("BATON_RUNS_AT_ONCE", 1))?;
    let permits = usize::try_from(most)?;
    let turns = TURNS.get_or_init(|| Semaphore::new(permits));
    Ok(turns.acquire_many(weight.min(most)).await?)
}

/// SQLite, and PostgreSQL where there is one. With `BATON_TEST_HALVES` it is one of the two, by the
/// name of the test.
#[expect(clippy::print_stdout, reason = "who reads the test's output should know")]
async fn places() -> Result<Vec<Installation>> {
    let (own, mut places) = (own_store(), Vec::new());
    if own != Some(Own::Nodes) {
        places.push(Installation::sqlite()?);
    }
    if own == Some(Own::Sqlite) {
        return Ok(places);
    }
    match Installation::postgres().await? {
        Some(place) => places.push(place),
        None => println!("SKIPPED on PostgreSQL: BATON_TEST_POSTGRES is not set"),
    }
    Ok(places)
}

/// A number from the environment.
pub(crate) fn number(name: &str, default: u64) -> u64 {
    text(name)
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// What a variable says, if it is set.
fn text(name: &str) -> Option<String> {
    std::env::var_os(name).and_then(|value| value.into_string().ok())
}

/// The seed of this run.
pub(crate) fn seed() -> u64 {
    number("BATON_SEED", 1)
}
