//! Another node does what a dead node did. Its numbers are sent from, and what it was sending is
//! unconfirmed. What only one node does is done.
//!
//! `BATON_HEIRS` is how often a node dies.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use baton::demo::client::SignedIn;
use baton_protocol::command::Snooze;
use baton_protocol::conversation::Snapshot;
use baton_protocol::outcome::Outcome;
use baton_protocol::page::{ConversationPage, ConversationRow};
use baton_protocol::{
    Command, CommandBody, ConversationId, LineRef, MessageStatus, OpId, Status, Timestamp,
};
use baton_simulator::{Fault, FaultRule, Knobs, StatusKind, When};
use baton_world::cluster::{Cluster, Layout};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::load::reply;
use super::{SEVERAL, number, seed, turn};

const NODES: usize = 3;
/// By then another node does what the dead one did.
const HEIR: Duration = Duration::from_secs(15);
/// For what is not measured.
const PATIENCE: Duration = Duration::from_secs(30);
/// WhatsApp takes a message and says nothing for so long.
const SILENT_MS: u64 = 20_000;

#[expect(clippy::print_stdout, reason = "who reads the test's output should know")]
async fn cluster() -> Result<Option<Cluster>> {
    let drain = ("BATON_HTTP__DRAIN_MS".to_owned(), "3000".to_owned());
    // The node dies while it waits for WhatsApp, not after it has given up.
    let waits = ("BATON_WHATSAPP__REQUEST_TIME_OUT_MS".to_owned(), "15000".to_owned());
    let settings = vec![drain, waits];
    let layout = Layout {
        seed: seed(),
        nodes: NODES,
        agents: 1,
        customers: 6,
        settings,
        has_future: false,
        old_program: None,
    };
    let cluster = Cluster::start(&layout).await?;
    if cluster.is_none() {
        println!("SKIPPED: BATON_TEST_POSTGRES is not set");
    }
    Ok(cluster)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_nodes_numbers_are_sent_from_by_another_and_its_sends_are_unconfirmed() -> Result<()>
{
    let _turn = turn(SEVERAL).await?;
    let Some(mut cluster) = cluster().await? else { return Ok(()) };
    let mut slowest = Duration::ZERO;
    // On either side of what WhatsApp has done.
    let times = number("BATON_HEIRS", 2);
    for n in 0..times {
        slowest = slowest.max(sender_dies(&mut cluster, n).await.context("the sender's death")?);
    }
    println!("{times} deaths of the node that sends: another had sent after {slowest:?} at most");
    cluster.close(Vec::new(), true).await
}

/// Kills the node that sends while it sends; tells when another one had sent what waited.
async fn sender_dies(cluster: &mut Cluster, n: u64) -> Result<Duration> {
    // No status tells what became of a message.
    let quiet = Knobs {
        drop_statuses: vec![StatusKind::Sent, StatusKind::Delivered, StatusKind::Read],
        ..Knobs::permissive()
    };
    cluster.simulator.set_knobs(quiet.clone());
    met(cluster).await?;
    let signed = signed(cluster, 0)?;
    let [a, b, c, d, e, f] = conversations(&signed).await?;
    let accepted = n.is_multiple_of(2);
    // What is in doubt holds back what is said after it.
    let [one, other, third] = if accepted { [a, b, c] } else { [d, e, f] };
    let mut sent = [0.0; NODES];
    for (nth, sent) in sent.iter_mut().enumerate() {
        *sent = cluster.figure(nth, SENT).await?;
    }
    say(&signed, one, &[format!("first {n}")]).await?;
    reached(cluster, &format!("first {n}")).await?;
    let has_sent = async |nth: usize| {
        Ok(cluster.figure(nth, SENT).await? > sent.get(nth).copied().unwrap_or_default())
    };
    let sender = first_node(has_sent).await?;
    let hangs = FaultRule::new(When::Every(1), Fault::Hang { ms: SILENT_MS, accepted });
    cluster.simulator.set_knobs(Knobs { faults: vec![hangs], ..quiet.clone() });
    let alive = self::signed(cluster, sender + 1)?;
    let under_way = say(&alive, other, &[format!("under way {n}")]).await?;
    let line = *under_way.first().context("a line")?;
    until("it is being sent", async || {
        Ok(status(&alive, other, line).await? == Some(MessageStatus::Sending))
    })
    .await?;
    if accepted {
        reached(cluster, &format!("under way {n}")).await?;
    }
    cluster.kill(sender).await?;
    let killed_at = Instant::now();
    cluster.simulator.set_knobs(quiet);
    let chain = ["a", "b", "c"].map(|part| format!("{part} {n}"));
    say(&alive, third, &chain).await?;
    for text in &chain {
        reached(cluster, text).await?;
    }
    let took = killed_at.elapsed();
    ensure!(took <= HEIR, "another one sent only after {took:?}");
    until("what was under way is unconfirmed", async || {
        Ok(status(&alive, other, line).await? == Some(MessageStatus::Unconfirmed))
    })
    .await?;
    ensure!(killed_at.elapsed() <= HEIR, "unconfirmed only after {:?}", killed_at.elapsed());
    let texts = cluster.simulator.reached();
    let texts: Vec<_> = texts.iter().filter_map(|sent| sent.text()).collect();
    let ours: Vec<_> = texts.iter().filter(|text| chain.iter().any(|one| one == *text)).collect();
    ensure!(ours == chain.iter().collect::<Vec<_>>(), "in the order {ours:?}");
    let doubled = texts.iter().filter(|text| **text == format!("under way {n}")).count();
    let expected = usize::from(accepted);
    ensure!(doubled == expected, "what was under way reached the customer {doubled} times");
    cluster.revive(sender).await?;
    Ok(took)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_leader_is_followed_and_what_is_snoozed_wakes() -> Result<()> {
    let _turn = turn(SEVERAL).await?;
    let Some(mut cluster) = cluster().await? else { return Ok(()) };
    let (mut led, mut woken) = (Duration::ZERO, Duration::ZERO);
    let times = number("BATON_HEIRS", 1);
    for _ in 0..times {
        let took = leader_dies(&mut cluster).await.context("the leader's death")?;
        (led, woken) = (led.max(took.0), woken.max(took.1));
    }
    println!(
        "{times} deaths of the leader: another led after {led:?} at most and had sealed and woken \
         after {woken:?}"
    );
    cluster.close(Vec::new(), true).await
}

/// Kills the leader; tells when another one led, and when it had done the leader's work.
async fn leader_dies(cluster: &mut Cluster) -> Result<(Duration, Duration)> {
    let leads = async |nth| Ok(cluster.figure(nth, "baton_leads ").await? > 0.5);
    let leader = first_node(leads).await?;
    let alive = signed(cluster, leader + 1)?;
    let [one, ..]: [_; 6] = conversations(&alive).await?;
    let seen = last_line(&alive, one).await?;
    let now = baton::clock::Clock::system().now();
    let until_at = Timestamp::from_ms(now.ms() + 1_000);
    give(&alive, one, vec![CommandBody::Snooze(Snooze { until: until_at, seen })]).await?;
    cluster.kill(leader).await?;
    let killed_at = Instant::now();
    let follower = first_node(async |nth| {
        Ok(nth != leader && cluster.figure(nth, "baton_leads ").await? > 0.5)
    });
    let follower = follower.await?;
    let led = killed_at.elapsed();
    until("it wakes", async || Ok(head(&alive, one).await? == Status::Open)).await?;
    until("it seals", async || Ok(cluster.figure(follower, "baton_seal_lag").await? < 0.5)).await?;
    let woken = killed_at.elapsed();
    ensure!(woken <= HEIR, "another one led after {led:?} and had done its work after {woken:?}");
    cluster.revive(leader).await?;
    Ok((led, woken))
}

const SENT: &str = "baton_sends_total{outcome=\"accepted\"}";

/// The first node that fits, waiting for one.
async fn first_node(fits: impl AsyncFn(usize) -> Result<bool>) -> Result<usize> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        for nth in 0..NODES {
            // One of them may be dead.
            if fits(nth).await.unwrap_or(false) {
                return Ok(nth);
            }
        }
        ensure!(Instant::now() < deadline, "no node does it");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until all nodes know of each other. Before that two may send from a number, and the one
/// that did last need not be the one that does next.
async fn met(cluster: &Cluster) -> Result<()> {
    let all = f64::from(u32::try_from(NODES)?);
    for nth in 0..NODES {
        until("all know of each other", async || {
            Ok((cluster.figure(nth, "baton_nodes ").await? - all).abs() < 0.5)
        })
        .await?;
    }
    Ok(())
}

async fn until(what: &str, holds: impl AsyncFn() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await? {
        ensure!(Instant::now() < deadline, "not in time: {what}");
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// The admin, at a node.
fn signed(cluster: &Cluster, nth: usize) -> Result<SignedIn> {
    let session = cluster.admin.signed.session.clone();
    Ok(SignedIn { api: cluster.api(nth % NODES)?, session })
}

async fn conversations<const N: usize>(signed: &SignedIn) -> Result<[ConversationId; N]> {
    let page: ConversationPage = signed.get(&format!("/conversations?limit={N}")).await?;
    let mut ids: Vec<_> = page.conversations.iter().filter_map(id).collect();
    ids.sort_unstable();
    ids.try_into().ok().with_context(|| format!("{N} conversations"))
}

fn id(row: &ConversationRow) -> Option<ConversationId> {
    match row {
        ConversationRow::Full { view, .. } => Some(view.conversation.head.id),
        ConversationRow::Head { .. } => None,
    }
}

async fn snapshot(signed: &SignedIn, of: ConversationId) -> Result<Snapshot> {
    signed.get(&format!("/conversations/{of}")).await
}

async fn head(signed: &SignedIn, of: ConversationId) -> Result<Status> {
    Ok(snapshot(signed, of).await?.head().status)
}

async fn last_line(signed: &SignedIn, of: ConversationId) -> Result<Option<LineRef>> {
    match snapshot(signed, of).await? {
        Snapshot::Full { view, .. } => Ok(view.conversation.thread.last_line),
        Snapshot::Head { .. } => anyhow::bail!("the admin sees a head only"),
    }
}

async fn status(
    signed: &SignedIn,
    of: ConversationId,
    line: LineRef,
) -> Result<Option<MessageStatus>> {
    match snapshot(signed, of).await? {
        Snapshot::Full { lines, .. } => {
            Ok(lines.into_iter().find(|one| one.id == line.id).and_then(|line| line.status))
        }
        Snapshot::Head { .. } => anyhow::bail!("the admin sees a head only"),
    }
}

/// Replies, each after the one before.
async fn say(signed: &SignedIn, to: ConversationId, texts: &[String]) -> Result<Vec<LineRef>> {
    let seen = last_line(signed, to).await?;
    give(signed, to, texts.iter().map(|text| reply(text.clone(), seen)).collect()).await
}

/// Gives commands in a chain; the lines they wrote.
async fn give(
    signed: &SignedIn,
    conversation_id: ConversationId,
    bodies: Vec<CommandBody>,
) -> Result<Vec<LineRef>> {
    let mut after = None;
    let chain = bodies.into_iter().map(|body| {
        let op_id = OpId(Uuid::now_v7());
        let after = after.replace(op_id);
        Command { op_id, conversation_id, after, retry_of: None, body }
    });
    let results = signed.commands(&chain.collect::<Vec<_>>()).await?;
    let mut lines = Vec::new();
    for result in results {
        match result.outcome {
            Outcome::Accepted(accepted) => lines.extend(accepted.line),
            Outcome::Refused(refused) => anyhow::bail!("{refused:?}"),
        }
    }
    Ok(lines)
}

async fn reached(cluster: &Cluster, text: &str) -> Result<()> {
    let fits = |sent: &baton_simulator::Reached| sent.text() == Some(text);
    cluster.simulator.wait_reached(fits, PATIENCE).await.with_context(|| text.to_owned())?;
    Ok(())
}
