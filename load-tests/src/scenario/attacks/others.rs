//! Other people's work during an attack, and the time it takes them.

use std::time::Duration;

use baton_protocol::ConversationId;
use baton_protocol::page::LinesPage;
use tokio::time::{Instant, interval, timeout};

use super::OTHERS;
use crate::stats::{Times, micros};
use crate::webhook::{CustomerAt, request};
use crate::world::{World, agent_email, password, slug};

const WEBHOOK_EVERY: Duration = Duration::from_millis(20);
const SIGN_IN_EVERY: Duration = Duration::from_millis(250);
const PAGE_EVERY: Duration = Duration::from_millis(50);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// The time after which a request counts as not served.
const PATIENCE: Duration = Duration::from_secs(10);

/// The effect on the others.
pub(super) struct Felt {
    pub(super) webhooks: Times,
    pub(super) sign_ins: Times,
    pub(super) pages: Times,
    pub(super) not_served: u64,
    /// The most bytes of memory that the server had.
    pub(super) resident: u64,
}

/// Webhooks, sign-ins and pages at their pace.
pub(super) async fn feel(
    world: &World,
    conversation: ConversationId,
    time: Duration,
) -> anyhow::Result<Felt> {
    let until = Instant::now() + time;
    let webhooks = paced(until, WEBHOOK_EVERY, async |n| webhook(world, n).await);
    let sign_ins = paced(until, SIGN_IN_EVERY, async |n| sign_in(world, n).await);
    let pages = paced(until, PAGE_EVERY, async |_| page(world, conversation).await);
    let (webhooks, sign_ins, pages, resident) =
        tokio::join!(webhooks, sign_ins, pages, most_resident(world, until));
    let not_served = webhooks.1 + sign_ins.1 + pages.1;
    let (webhooks, sign_ins, pages) = (webhooks.0, sign_ins.0, pages.0);
    Ok(Felt { webhooks, sign_ins, pages, not_served, resident: resident? })
}

/// Does something at a pace; gives the times it took, and how often it did not work.
async fn paced(
    until: Instant,
    every: Duration,
    act: impl AsyncFn(usize) -> anyhow::Result<()>,
) -> (Times, u64) {
    let (mut times, mut failed, mut pace) = (Vec::new(), 0, interval(every));
    for n in 0.. {
        pace.tick().await;
        let began = Instant::now();
        if began >= until {
            break;
        }
        match timeout(PATIENCE, act(n)).await {
            Ok(Ok(())) => times.push(micros(began.elapsed())),
            Ok(Err(_)) | Err(_) => failed += 1,
        }
    }
    (Times::of(times), failed)
}

/// On a connection of its own: a new one has to be let in as well.
async fn webhook(world: &World, n: usize) -> anyhow::Result<()> {
    // Not the one with the notes, which stand behind its last line.
    let request = request(&run(), CustomerAt { channel: 0, contact: 1 }, n, 1);
    world.poster().await?.post(&request).await
}

/// Ids of one run are not those of another.
fn run() -> String {
    crate::clock::op_id().to_string().replace('-', "")
}

async fn sign_in(world: &World, n: usize) -> anyhow::Result<()> {
    let email = agent_email(1 + n % (OTHERS - 1));
    world.admin.api.sign_in(&slug(0), &email, password()).await.map(drop)
}

async fn page(world: &World, conversation: ConversationId) -> anyhow::Result<()> {
    let path = format!("/conversations/{conversation}/messages?limit=50");
    world.admin.get::<LinesPage>(&path).await.map(drop)
}

async fn most_resident(world: &World, until: Instant) -> anyhow::Result<u64> {
    let (mut most, mut pace) = (0, interval(LOOK_EVERY));
    while Instant::now() < until {
        pace.tick().await;
        most = world.server.resident_bytes()?.max(most);
    }
    Ok(most)
}
