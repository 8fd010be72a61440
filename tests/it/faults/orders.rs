//! Orders of statuses, answers, undo and kills: customers write, an agent answers, takes back and
//! puts aside, WhatsApp loses, refuses and tells in any order, and the server is killed meanwhile.
//! At the end each conversation stands as a plain count from the log says, and a webhook was told
//! what a plain count says, each once.
//!
//! `BATON_ORDERS` is the number of orders on each store.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use baton::demo::client::SignedIn;
use baton_model::answered::{Count, Terms};
use baton_model::dice::Dice;
use baton_protocol::command::{Claim, Nothing, OfMessage, Seeing, Snooze};
use baton_protocol::conversation::Snapshot;
use baton_protocol::{
    CommandBody, Conversation, ConversationId, Event, Fact, Head, LineRef, MessageId,
    MessageStatus, SettingId, Timestamp,
};
use baton_simulator::{Customer, Knobs};
use baton_world::cluster::{bad_day, trouble};
use baton_world::phone::{Phone, full};
use baton_world::process::Installation;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::desk::Desk;
use super::hook::{Hook, position, secret, set};
use super::load::reply;
use super::rules::log;
use super::undo::{Door, gives, hold};
use super::{ONE, number, places, seed, turn};

const MINUTE: i64 = 60_000;
const TERMS: Terms = Terms { first: 10 * MINUTE, next: 25 * MINUTE, end: 90 * MINUTE };
/// Acts of an order, and orders side by side.
const ACTS: u32 = 10;
const AT_ONCE: usize = 20;
/// All that is to be told is told within this time, however crowded the machine is.
const TOLD: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_order_and_the_kills_clocks_and_webhooks_are_what_a_plain_count_says()
-> Result<()> {
    let _turn = turn(ONE).await?;
    for place in places().await? {
        let seed = seed();
        let told = Box::pin(orders(place, seed, number("BATON_ORDERS", 20))).await;
        println!("{}", told.with_context(|| format!("BATON_SEED={seed}"))?);
    }
    Ok(())
}

async fn orders(mut place: Installation, seed: u64, count: u64) -> Result<String> {
    let kind = place.kind;
    place.set("BATON_PUSH__ALLOW_PRIVATE_ENDPOINTS", &true);
    let mut dice = Dice::of_part(seed, 0);
    let mut desk = Desk::open(place, seed, (1, u32::try_from(count)?)).await?;
    let login = desk.cast.logins.first().context("no admin")?.clone();
    let door = Door { url: desk.place.url(), login };
    let hook = Hook::start().await?;
    set_up(&desk.admin.signed, &hook).await?;
    let since = log(&desk.admin.signed).await?.last().map_or(0, |event| event.position);
    desk.simulator.set_knobs(Knobs { faults: trouble().faults, ..bad_day() });
    let mut waiting = of_customers(&desk).await?.into_iter().zip(1..);
    let (mut running, mut kills) = (JoinSet::new(), 0);
    let mut dies_at = Instant::now();
    loop {
        while running.len() < AT_ONCE
            && let Some(((of, customer), part)) = waiting.next()
        {
            running.spawn(order(door.clone(), of, customer, Dice::of_part(seed, part)));
        }
        tokio::select! {
            ended = running.join_next() => match ended {
                Some(ended) => ended??,
                None => break,
            },
            () = tokio::time::sleep_until(dies_at) => {
                desk.process.take().context("it runs")?.kill().await?;
                desk.restart().await?;
                kills += 1;
                dies_at = Instant::now() + Duration::from_millis(1_000 + dice.below_u64(3_000));
            }
        }
    }
    ensure!(kills > 0, "nothing was killed: that proves nothing");
    desk.simulator.set_knobs(Knobs::permissive());
    desk.admin.signed = door.sign_in().await?;
    desk.quiet().await?;
    let told = judge(&desk, &hook, since).await?;
    desk.end().await?;
    Ok(format!("{kind}: {count} orders, {kills} kills, {told}"))
}

/// Sets up the promise to each customer, the webhook, and a moment to take back what was sent.
async fn set_up(admin: &SignedIn, hook: &Hook) -> Result<()> {
    hold(admin).await?;
    let [sla, webhook] = [(); 2].map(|()| SettingId(Uuid::now_v7()));
    let target = |ms: i64| json!({"target_min": ms / MINUTE});
    let body = json!({"name": "All", "first": target(TERMS.first), "next": target(TERMS.next),
        "resolution": target(TERMS.end)});
    set(admin, ("sla", sla), body).await?;
    let events = ["message.sent", "message.failed"];
    let body = json!({"name": "Hook", "url": hook.url, "events": events});
    set(admin, ("webhook", webhook), body).await?;
    secret(admin, &format!("/outgoing-webhooks/{webhook}/secrets")).await?;
    Ok(())
}

/// The conversation of each customer.
async fn of_customers(desk: &Desk) -> Result<Vec<(ConversationId, Customer)>> {
    let held = standing(&desk.admin.signed).await?;
    let mut pairs = Vec::new();
    for (of, (with, _)) in held {
        let customer = desk.customers.iter().find(|one| with.ends_with(one.id()));
        pairs.push((of, customer.context("a conversation with nobody")?.clone()));
    }
    Ok(pairs)
}

/// Each conversation as it stands, and the number of its customer.
async fn standing(admin: &SignedIn) -> Result<BTreeMap<ConversationId, (String, Conversation)>> {
    let mut fresh = Phone::of(admin.clone());
    fresh.listen().await?;
    let mut all = BTreeMap::new();
    for (id, held) in &fresh.mirror().conversations {
        let view = &full(held).context("the admin sees a head only")?.view;
        let with = view.contact.phone.clone().unwrap_or_default();
        all.insert(*id, (with, view.conversation.clone()));
    }
    Ok(all)
}

/// One order: acts of a customer and of who answers them, by dice.
async fn order(door: Door, of: ConversationId, customer: Customer, mut dice: Dice) -> Result<()> {
    let author = door.sign_in().await?;
    // What was open before the promise was made is promised nothing: the next episode begins after.
    while !is_ended(&author, of).await? {
        sleep(Duration::from_millis(50)).await;
    }
    let mut said: Vec<MessageId> = Vec::new();
    for act in 0..ACTS {
        sleep(Duration::from_millis(dice.below_u64(700))).await;
        let Some((head, seen)) = look(&author, of).await? else { continue };
        let body = match dice.below_u64(20) {
            0..4 => {
                customer.sends(&format!("{} asks, {act}", customer.id())).await;
                continue;
            }
            4..11 => reply(format!("answer {act}"), seen),
            11..13 => {
                let Some(message_id) = said.last().copied() else { continue };
                CommandBody::Cancel(OfMessage { message_id })
            }
            13 => CommandBody::MarkWaiting(Seeing { seen }),
            14 => {
                let hours = 1 + i64::try_from(dice.below_u64(5))?;
                let until = head.activity_at.plus_ms((24 + hours) * 60 * MINUTE);
                CommandBody::Snooze(Snooze { until, seen })
            }
            15..17 => CommandBody::Resolve(seen.into()),
            17..19 => CommandBody::Reopen(Nothing {}),
            _ => CommandBody::Claim(Claim {
                expect_owner_epoch: head.owner_epoch,
                exceed_capacity: false,
            }),
        };
        if let Some(line) = gives(&author, of, body).await?.and_then(|accepted| accepted.line) {
            said.push(line.id);
        }
    }
    Ok(())
}

/// Resolves it, unless somebody wrote meanwhile or nobody answers.
async fn is_ended(author: &SignedIn, of: ConversationId) -> Result<bool> {
    let Some((_, seen)) = look(author, of).await? else { return Ok(false) };
    Ok(gives(author, of, CommandBody::Resolve(seen.into())).await?.is_some())
}

/// The head and the last line, as an author sees them; nothing while nobody answers.
async fn look(author: &SignedIn, of: ConversationId) -> Result<Option<(Head, Option<LineRef>)>> {
    match author.get(&format!("/conversations/{of}")).await {
        Ok(Snapshot::Full { view, .. }) => {
            let Conversation { head, thread } = view.conversation;
            Ok(Some((head, thread.last_line)))
        }
        Ok(Snapshot::Head { .. }) => bail!("the admin sees a head only"),
        Err(_) => Ok(None),
    }
}

/// Holds what stands and what the webhook was told against the log.
async fn judge(desk: &Desk, hook: &Hook, since: u64) -> Result<String> {
    let admin = &desk.admin.signed;
    let events = log(admin).await?;
    let expected = to_be_told(&events, since);
    let deadline = Instant::now() + TOLD;
    loop {
        let ids = hook.ids();
        let told: BTreeSet<u64> = ids.iter().filter_map(|id| position(id)).collect();
        ensure!(told.len() == ids.len(), "one event under two ids");
        let odd = told.difference(&expected).next();
        ensure!(odd.is_none(), "told, and by count not to be told: {odd:?}");
        if told.len() == expected.len() {
            break;
        }
        let missing = expected.difference(&told).next();
        ensure!(Instant::now() < deadline, "never told: {missing:?}");
        sleep(Duration::from_millis(250)).await;
    }
    let standing = standing(admin).await?;
    let (mut lost, mut turns) = (0, 0);
    for (of, (_, conversation)) in &standing {
        let mut count = Count::new(TERMS);
        for event in events.iter().filter(|event| event.conversation_id == Some(*of)) {
            count.see(event);
            lost += u32::from(is_lost(event));
        }
        let now = Timestamp::from_ms(desk.simulator.now_ms());
        count.agrees(conversation, now).map_err(|why| anyhow::anyhow!("{of}: {why}"))?;
        turns += u32::from(conversation.thread.turn.is_some());
    }
    ensure!(lost > 0 && turns > 0 && !expected.is_empty(), "that proves nothing");
    Ok(format!("{lost} answers lost, {turns} turns open at the end, {} told", expected.len()))
}

fn is_lost(event: &Event) -> bool {
    use MessageStatus::{Cancelled, Failed, Held};
    matches!(event.fact, Fact::MessageChanged { status: Failed | Held | Cancelled, .. })
}

/// The events by which WhatsApp took a message first, or failed it: a webhook is to be told of
/// them.
fn to_be_told(events: &[Event], since: u64) -> BTreeSet<u64> {
    use MessageStatus::{
        Accepted, Cancelled, Delivered, Failed, Held, Played, Queued, Read, Sending, Sent,
        Unconfirmed, Unknown,
    };
    let (mut was, mut told) = (BTreeMap::new(), BTreeSet::new());
    for event in events {
        let Fact::MessageChanged { line, status, .. } = &event.fact else { continue };
        let kind = match status {
            Failed => Some("failed"),
            Accepted | Sent | Delivered | Read | Played => Some("sent"),
            Queued | Sending | Unconfirmed | Held | Cancelled | Unknown => None,
        };
        let before = was.insert(line.id, kind).flatten();
        if kind.is_some() && before != kind && event.position > since {
            told.insert(event.position);
        }
    }
    told
}
