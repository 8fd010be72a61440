//! A bot dies at any point of its conversations: none stays with it longer than it may be silent.
//!
//! `BATON_BOT_TALKS` is the number of conversations on each store.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use baton::demo::Login;
use baton::demo::client::SignedIn;
use baton_model::dice::Dice;
use baton_protocol::account::Team;
use baton_protocol::command::Claim;
use baton_protocol::conversation::{ConversationView, Snapshot};
use baton_protocol::setting::Setting;
use baton_protocol::{
    AgentId, Author, Command, CommandBody, ConversationId, Event, Fact, OpId, Owner, Role,
    SettingId, Timestamp,
};
use baton_simulator::Customer;
use baton_world::history::Conversed;
use baton_world::phone::Phone;
use baton_world::process::Installation;
use baton_world::stage;
use serde_json::json;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::desk::Desk;
use super::load::reply;
use super::rules::log;
use super::{ONE, number, places, seed, turn};

/// So long a bot may leave a customer without a word, s: the least that can be set.
const SILENT_S: i64 = 10;
/// By then the conversation has left it, ms.
const LEAVES_MS: i64 = (SILENT_S + 5) * 1_000;
/// A bot lives at most so long, ms.
const LIFE_MS: u64 = 4_000;
/// Conversations side by side.
const AT_ONCE: u64 = 20;

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_that_dies_at_any_point_keeps_no_customer_longer_than_it_may_be_silent() -> Result<()>
{
    let _turn = turn(ONE).await?;
    for place in places().await? {
        let seed = seed();
        let told = Box::pin(deaths(place, seed, number("BATON_BOT_TALKS", 12))).await;
        println!("{}", told.with_context(|| format!("BATON_SEED={seed}"))?);
    }
    Ok(())
}

async fn deaths(mut place: Installation, seed: u64, count: u64) -> Result<String> {
    let kind = place.kind;
    // A thousand deaths take longer than a session holds by itself.
    place.set("BATON_SESSIONS__ACCESS_MINUTES", &(24 * 60));
    let customers = AT_ONCE.min(count);
    let desk = Desk::open(place, seed, (1, u32::try_from(customers)?)).await?;
    let is_agent = |login: &&Login| login.role == Role::Agent;
    let login = desk.cast.logins.iter().find(is_agent).context("no agent")?;
    let bot = Phone::sign_in(&desk.place.url(), login).await?.signed;
    let agent = bot.session.agent_id;
    publish(&desk.admin.signed, agent).await?;
    let threads = stage::threads(&desk.admin.signed).await?;
    let mut dice = Dice::of_part(seed, 0);
    let mut talked = 0;
    while talked < count {
        let mut talks = Vec::new();
        for customer in &desk.customers {
            let is_of = |thread: &Conversed| thread.with.trim_start_matches('+') == customer.id();
            let of = threads.iter().find(|(_, thread)| is_of(thread)).map(|(id, _)| *id);
            let of = of.context("a customer without a conversation")?;
            let life = Duration::from_millis(dice.below_u64(LIFE_MS));
            talks.push(tokio::spawn(talk(bot.clone(), customer.clone(), of, life)));
        }
        for talk in talks {
            talk.await?;
        }
        talked += customers;
        for of in threads.keys() {
            is_left(&desk.admin.signed, agent, *of).await?;
        }
    }
    let (left, slowest) = judge(&log(&desk.admin.signed).await?, agent)?;
    ensure!(left > 0, "no conversation has left the bot");
    desk.quiet().await?;
    desk.end().await?;
    Ok(format!(
        "{kind}: {talked} deaths, {left} conversations left the bot, the slowest {slowest} ms \
         after its customer began to wait"
    ))
}

/// Makes an agent a bot, whose conversations go back to the first team.
async fn publish(admin: &SignedIn, agent: AgentId) -> Result<()> {
    let teams: Vec<Team> = admin.get("/teams").await?;
    let team = teams.first().context("no team")?.id;
    let body = json!({"agent": agent, "back_to": team, "words": ["human"], "turns_max": 50,
        "silent_s": SILENT_S, "minutes_max": 30});
    let put = json!({"home": {"kind": "workspace"}, "body": body});
    let change = json!({"kind": "bot", "id": SettingId(Uuid::now_v7()), "put": put});
    let made: Vec<Setting> = admin.post("/settings", &json!([change])).await?;
    ensure!(made.len() == 1, "{made:?}");
    Ok(())
}

/// A customer writes, and the bot dies at some point of what it does about it.
async fn talk(bot: SignedIn, customer: Customer, of: ConversationId, life: Duration) {
    let alive = tokio::spawn(serve(bot, of));
    customer.sends("Hola").await;
    sleep(life).await;
    alive.abort();
    customer.sends("Hello?").await;
}

/// Takes the conversation and says something to its customer. What fails is done once more.
async fn serve(bot: SignedIn, of: ConversationId) {
    let me = Owner::Agent(bot.session.agent_id);
    for n in 0_u32.. {
        let Ok(view) = view(&bot, of).await else { continue };
        let (head, thread) = (&view.conversation.head, &view.conversation.thread);
        let body = if head.owner == me {
            reply(format!("One moment, {n}"), thread.last_line)
        } else {
            let expect_owner_epoch = head.owner_epoch;
            CommandBody::Claim(Claim { expect_owner_epoch, exceed_capacity: false })
        };
        let op_id = OpId(Uuid::now_v7());
        let command = Command { op_id, conversation_id: of, after: None, retry_of: None, body };
        drop(bot.command(command).await);
        sleep(Duration::from_millis(100)).await;
    }
}

async fn view(by: &SignedIn, of: ConversationId) -> Result<ConversationView> {
    match by.get(&format!("/conversations/{of}")).await? {
        Snapshot::Full { view, .. } => Ok(*view),
        Snapshot::Head { .. } => bail!("{of} is seen as a head only"),
    }
}

/// Waits until a conversation is the bot's no more.
async fn is_left(admin: &SignedIn, bot: AgentId, of: ConversationId) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let view = view(admin, of).await?;
        if view.conversation.head.owner != Owner::Agent(bot) {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "{of} stays with the bot");
        sleep(Duration::from_millis(200)).await;
    }
}

/// A conversation as the log tells of it.
#[derive(Default)]
struct Told {
    has_turn: bool,
    is_bots: bool,
    /// Since when its customer waits for a word of the bot.
    waits: Option<Timestamp>,
}

/// Returns how many conversations left the bot, and how long the slowest customer waited, ms.
fn judge(events: &[Event], bot: AgentId) -> Result<(usize, i64)> {
    let mut all: BTreeMap<ConversationId, Told> = BTreeMap::new();
    let (mut left, mut slowest) = (0, 0);
    for event in events {
        let Some(of) = event.conversation_id else { continue };
        let told = all.entry(of).or_default();
        #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else concerns a bot")]
        match &event.fact {
            Fact::LineReceived { turn: Some(_), .. } => {
                told.has_turn = true;
                told.waits = told.waits.or(told.is_bots.then_some(event.at));
            }
            Fact::LineWritten { author: Author::Agent { id }, .. } if *id == bot => {
                told.waits = None;
            }
            Fact::OwnerChanged { owner, .. } => {
                if let Some(since) = told.waits.take() {
                    let waited = event.at.since(since);
                    ensure!(waited <= LEAVES_MS, "after {waited} ms: {event:?}");
                    slowest = waited.max(slowest);
                }
                left += usize::from(told.is_bots);
                told.is_bots = owner.agent() == Some(bot);
                told.waits = (told.is_bots && told.has_turn).then_some(event.at);
            }
            _ => {}
        }
    }
    ensure!(!all.values().any(|told| told.is_bots), "a conversation stays with the bot");
    Ok((left, slowest))
}
