//! Offers over several nodes. A node dies while they ring, the leader too: none is lost, none ends
//! early, and nothing is offered twice. Many who take what waits at once get different things.
//!
//! `BATON_OFFER_KILLS` is how often a node dies, `BATON_TAKERS` how many take at once. With
//! `BATON_PLANTED_ALL=1` the planted bug that shows late is played as well.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use baton::demo::client::{Api, SignedIn};
use baton_domain::fact::planted::Bug;
use baton_model::dice::Dice;
use baton_protocol::command::{Claim, OfOffer};
use baton_protocol::conversation::ConversationView;
use baton_protocol::next::NextInLines;
use baton_protocol::outcome::Outcome;
use baton_protocol::page::{ConversationPage, ConversationRow};
use baton_protocol::setting::Setting;
use baton_protocol::{
    AgentId, Command, CommandBody, ConversationId, Event, Fact, OfferEnd, OfferId, OpId, Owner,
    Refusal, Role, Timestamp,
};
use baton_world::cluster::{Cluster, Layout};
use futures_util::future::{join_all, try_join_all};
use serde_json::json;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{SEVERAL, number, seed, text, turn};

const NODES: usize = 3;
const AGENTS: u32 = 4;
const CUSTOMERS: u32 = 4;
/// The shortest time that a team may let offers stand.
const WINDOW_MS: i64 = 15_000;
/// A device has an offer by then, or it ends.
const EARLY_MS: i64 = 8_000;
/// By then somebody has what waits: a leader died, and several did not answer.
const TAKEN: Duration = Duration::from_secs(100);
/// Agents take from the queue what has waited for so long.
const HELPS_MS: i64 = 45_000;
const PAUSE: Duration = Duration::from_millis(250);

const SKIPPED: &str = "SKIPPED: BATON_TEST_POSTGRES is not set";

/// `None` where there is no PostgreSQL.
async fn cluster(agents: u32, customers: u32, bug: Option<&str>) -> Result<Option<Cluster>> {
    let set = |name: &str, value: &str| (format!("BATON_SESSIONS__{name}"), value.to_owned());
    let planted = bug.map(|name| ("PLANTED_BUG".to_owned(), name.to_owned()));
    let settings = [set("ACCESS_MINUTES", "1440"), set("SIGN_INS_MAX", "100000")];
    let layout = Layout {
        seed: seed(),
        nodes: NODES,
        agents,
        customers,
        settings: settings.into_iter().chain(planted).collect(),
        has_future: false,
        old_program: None,
    };
    Cluster::start(&layout).await
}

/// Every agent, each at another node.
async fn agents(cluster: &Cluster) -> Result<Vec<SignedIn>> {
    let logins = cluster.cast.logins.iter().filter(|login| login.role == Role::Agent);
    let mut agents = Vec::new();
    for (nth, login) in logins.enumerate() {
        let api = cluster.api(nth % NODES)?;
        agents.push(api.sign_in(&login.workspace, &login.email, &login.password).await?);
    }
    Ok(agents)
}

#[tokio::test(flavor = "multi_thread")]
async fn all_who_take_at_once_over_three_nodes_get_different_conversations() -> Result<()> {
    let _turn = turn(SEVERAL).await?;
    println!("{}", take_at_once(number("BATON_TAKERS", 24), None).await?);
    Ok(())
}

async fn take_at_once(takers: u64, bug: Option<&str>) -> Result<String> {
    let people = u32::try_from(takers)?;
    let Some(cluster) = cluster(people, people + 10, bug).await? else {
        return Ok(SKIPPED.to_owned());
    };
    let agents = agents(&cluster).await?;
    let taken = try_join_all(agents.into_iter().map(take)).await?;
    let different: BTreeSet<ConversationId> = taken.iter().map(|(_, of, _)| *of).collect();
    ensure!(different.len() == taken.len(), "{} of {takers} are different", different.len());
    let owners: BTreeMap<_, _> = conversations(&cluster).await?.into_iter().collect();
    for (agent, of, _) in &taken {
        let owner = owners.get(of).map(|view| view.conversation.head.owner);
        ensure!(owner == Some(Owner::Agent(*agent)), "{of} is {owner:?}'s, and not {agent}'s");
    }
    let vain: usize = taken.iter().map(|(.., vain)| vain).sum();
    cluster.close(Vec::new(), true).await?;
    Ok(format!(
        "{takers} took at once over {NODES} nodes: all different, {vain} claims were too late"
    ))
}

/// Takes as a client does. Returns whose it is by then, and how many claims were too late.
async fn take(signed: SignedIn) -> Result<(AgentId, ConversationId, usize)> {
    let mut vain = 0;
    loop {
        let told: NextInLines = signed.get("/next").await?;
        ensure!(!told.waiting.is_empty(), "something waits for each");
        for one in told.waiting {
            let body = CommandBody::Claim(Claim {
                expect_owner_epoch: one.owner_epoch,
                exceed_capacity: false,
            });
            match give(&signed, OpId(Uuid::now_v7()), one.conversation_id, body).await? {
                None => return Ok((signed.session.agent_id, one.conversation_id, vain)),
                Some(Refusal::OwnerChanged { .. }) => vain += 1,
                Some(other) => bail!("{other:?}"),
            }
        }
    }
}

async fn give(
    signed: &SignedIn,
    op_id: OpId,
    conversation_id: ConversationId,
    body: CommandBody,
) -> Result<Option<Refusal>> {
    let command = Command { op_id, conversation_id, after: None, retry_of: None, body };
    match signed.command(command).await?.outcome {
        Outcome::Accepted(_) => Ok(None),
        Outcome::Refused(refused) => Ok(Some(refused.refusal)),
    }
}

/// All conversations, as the admin sees them at a node that lives.
async fn conversations(cluster: &Cluster) -> Result<Vec<(ConversationId, ConversationView)>> {
    let admin = &cluster.admin.signed.session;
    for nth in 0..NODES {
        let signed = SignedIn { api: cluster.api(nth)?, session: admin.clone() };
        let Ok(page) = signed.get::<ConversationPage>("/conversations?limit=200").await else {
            continue;
        };
        let rows = page.conversations.into_iter().filter_map(|row| match row {
            ConversationRow::Full { view, .. } => Some((view.conversation.head.id, *view)),
            ConversationRow::Head { .. } => None,
        });
        return Ok(rows.collect());
    }
    bail!("no node answers")
}

#[tokio::test(flavor = "multi_thread")]
async fn offers_survive_the_deaths_of_nodes_and_none_is_lost_early_or_made_twice() -> Result<()> {
    let _turn = turn(SEVERAL).await?;
    println!("{}", survive(number("BATON_OFFER_KILLS", 3), None).await?);
    Ok(())
}

async fn survive(kills: u64, bug: Option<&str>) -> Result<String> {
    let Some(mut cluster) = cluster(AGENTS, CUSTOMERS, bug).await? else {
        return Ok(SKIPPED.to_owned());
    };
    let team = cluster.cast.team;
    let body = json!({"hand": "offer", "window_s": WINDOW_MS / 1000});
    let put = json!({"home": {"kind": "team", "id": team}, "body": body});
    let change = json!([{"kind": "routing", "id": team, "put": put}]);
    let mut dice = Dice::of_part(seed(), 0x0FFE);
    let (mut slowest, mut leaders) = (Duration::ZERO, 0);
    for n in 0..kills {
        let agents = agents(&cluster).await?;
        if n == 0 {
            let admin = &cluster.admin.signed;
            let _set: Vec<Setting> = admin.post("/settings", &change).await?;
        }
        let people: BTreeMap<AgentId, SignedIn> =
            agents.iter().map(|one| (one.session.agent_id, one.clone())).collect();
        let began = Instant::now();
        for customer in &cluster.customers {
            customer.sends(&format!("And now? {n}")).await;
        }
        let at_work = tokio::spawn(work(agents, cluster.apis_of_all()?));
        sleep(Duration::from_millis(500 + dice.below_u64(4_000))).await;
        let leader = leader(&cluster).await;
        let victim = leader.filter(|_| n.is_multiple_of(2)).unwrap_or(dice.below(NODES));
        leaders += u64::from(leader == Some(victim));
        cluster.kill(victim).await?;
        sleep(Duration::from_millis(dice.below_u64(2_000))).await;
        cluster.revive(victim).await?;
        let taken = taken(&cluster).await;
        at_work.abort();
        taken.with_context(|| format!("kill {n}"))?;
        slowest = slowest.max(began.elapsed());
        resolve_all(&cluster, &people).await?;
    }
    cluster.quiet().await?;
    let told = judge(&cluster.log().await?)?;
    let wrong = cluster.stored_faults().await?;
    cluster.close(wrong, true).await?;
    Ok(format!(
        "{kills} kills, {leaders} of them of the leader: {told}; somebody had each after \
         {slowest:?} at most"
    ))
}

/// Each bug planted in routing turns its run red, by the words of what it breaks.
#[tokio::test(flavor = "multi_thread")]
async fn every_bug_planted_in_routing_turns_its_run_red() -> Result<()> {
    let _turn = turn(SEVERAL).await?;
    if text("BATON_TEST_POSTGRES").is_none() {
        println!("{SKIPPED}");
        return Ok(());
    }
    let [(unfenced, _), (outlives, _)] = Bug::OF_ROUTING;
    let taken = take_at_once(24, Some(unfenced)).await;
    println!("{}", found(unfenced, taken, "of 24 are different")?);
    if number("BATON_PLANTED_ALL", 0) == 1 {
        // The first and the third to die is the leader, and of four offers one is not answered.
        let survived = survive(4, Some(outlives)).await;
        println!("{}", found(outlives, survived, "still wait")?);
    }
    Ok(())
}

/// The words by which a run must be red.
fn found(bug: &str, run: Result<String>, words: &str) -> Result<String> {
    let told = run.err().map(|error| format!("{error:#}")).unwrap_or_default();
    let first: String = told.chars().take(120).collect();
    ensure!(told.contains(words), "{bug} is not found by \"{words}\": {first}");
    Ok(format!("{bug}: found with seed {}: {first}", seed()))
}

async fn leader(cluster: &Cluster) -> Option<usize> {
    for nth in 0..NODES {
        if cluster.figure(nth, "baton_leads ").await.is_ok_and(|leads| leads > 0.5) {
            return Some(nth);
        }
    }
    None
}

/// Waits until an agent owns each conversation.
async fn taken(cluster: &Cluster) -> Result<()> {
    let deadline = Instant::now() + TAKEN;
    loop {
        let all = conversations(cluster).await?;
        let waits = |(_, view): &&(ConversationId, ConversationView)| {
            view.conversation.thread.turn.is_some()
                && view.conversation.head.owner.agent().is_none()
        };
        // A customer's line may be on its way still.
        let waiting = all.iter().filter(waits).count();
        let owned = all.iter().filter(|(_, view)| view.conversation.thread.turn.is_some()).count();
        if waiting == 0 && owned == all.len() {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "{waiting} still wait, {owned} are owned: {all:#?}");
        sleep(PAUSE).await;
    }
}

/// Each conversation is resolved by its owner.
async fn resolve_all(cluster: &Cluster, people: &BTreeMap<AgentId, SignedIn>) -> Result<()> {
    for (of, view) in conversations(cluster).await? {
        let body = CommandBody::Resolve(view.conversation.thread.last_line.into());
        let owner = view.conversation.head.owner.agent();
        let owner = owner.and_then(|owner| people.get(&owner)).context("no owner")?;
        let refused = give(owner, OpId(Uuid::now_v7()), of, body).await?;
        ensure!(refused.is_none(), "{refused:?}");
    }
    Ok(())
}

/// The work of agents: of four offers they take two, decline one and do not hear one. They take
/// from the queue what has waited for long, and say again elsewhere what got no answer.
async fn work(agents: Vec<SignedIn>, nodes: Vec<Api>) {
    let works = agents.into_iter().enumerate().map(|(nth, agent)| {
        let nodes = nodes.clone();
        async move {
            let mut done = Answered::default();
            for turn in nth.. {
                let Some(api) = nodes.get(turn % nodes.len()) else { return };
                let signed = SignedIn { api: api.clone(), session: agent.session.clone() };
                // The node may be dead.
                if let Ok(told) = signed.get::<NextInLines>("/next").await {
                    drop(answers(&signed, &told, &mut done).await);
                }
                sleep(PAUSE).await;
            }
        }
    });
    join_all(works).await;
}

/// The offers that somebody answered, and those that they began to answer.
#[derive(Default)]
struct Answered {
    done: BTreeSet<OfferId>,
    ops: BTreeMap<OfferId, OpId>,
}

async fn answers(signed: &SignedIn, told: &NextInLines, by: &mut Answered) -> Result<()> {
    if let Some(offer) = told.offer.filter(|offer| !by.done.contains(&offer.offer_id)) {
        let of = OfOffer { offer_id: offer.offer_id };
        let body = match offer.offer_id.0.as_u128() % 4 {
            0 => None,
            1 => Some(CommandBody::DeclineOffer(of)),
            _ => Some(CommandBody::AcceptOffer(of)),
        };
        if let Some(body) = body {
            // The same op id again, where no answer came.
            let op_id = *by.ops.entry(offer.offer_id).or_insert_with(|| OpId(Uuid::now_v7()));
            give(signed, op_id, offer.conversation_id, body).await?;
        }
        by.done.insert(offer.offer_id);
    }
    let now = baton::clock::Clock::system().now();
    for one in told.waiting.iter().filter(|one| now.since(one.since) > HELPS_MS) {
        let body = CommandBody::Claim(Claim {
            expect_owner_epoch: one.owner_epoch,
            exceed_capacity: false,
        });
        give(signed, OpId(Uuid::now_v7()), one.conversation_id, body).await?;
    }
    Ok(())
}

/// An offer of a conversation, as the log tells it.
#[derive(Clone, Copy, Debug)]
struct Live {
    offer: OfferId,
    agent: AgentId,
    at: Timestamp,
}

/// Looks at each offer in the log: one at a time for a conversation, each ends once, and none
/// before its time unless somebody did something.
fn judge(events: &[Event]) -> Result<String> {
    let mut live: BTreeMap<ConversationId, Live> = BTreeMap::new();
    let mut owners: BTreeMap<ConversationId, Owner> = BTreeMap::new();
    let (mut ends, mut ended) = (BTreeMap::new(), BTreeSet::new());
    for event in events {
        let Some(of) = event.conversation_id else { continue };
        #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else tells of offers")]
        match &event.fact {
            Fact::OwnerChanged { owner, .. } => drop(owners.insert(of, *owner)),
            Fact::Routed { agent_id: Some(agent), offer: Some(offer), .. } => {
                let owner = owners.get(&of).and_then(|owner| owner.agent());
                ensure!(owner.is_none(), "what {owner:?} owns is offered: {event:?}");
                let (offer, agent, at) = (offer.offer_id, *agent, event.at);
                let before = live.insert(of, Live { offer, agent, at });
                ensure!(before.is_none(), "offered twice: {before:?}, {event:?}");
            }
            Fact::OfferEnded { offer_id, agent_id, end, .. } => {
                let of = live.remove(&of).with_context(|| format!("no offer: {event:?}"))?;
                ensure!((of.offer, of.agent) == (*offer_id, *agent_id), "{of:?}, {event:?}");
                ensure!(ended.insert(of.offer), "it ended twice: {event:?}");
                let least = match end {
                    OfferEnd::Missed => WINDOW_MS,
                    OfferEnd::NotReceived => EARLY_MS,
                    _ => 0,
                };
                let lasted = event.at.since(of.at);
                ensure!(lasted >= least, "it ended after {lasted} ms: {event:?}");
                *ends.entry(format!("{end:?}")).or_insert(0) += 1;
            }
            _ => {}
        }
    }
    ensure!(live.is_empty(), "these have no end: {live:?}");
    ensure!(ends.contains_key("Accepted"), "nothing was accepted: {ends:?}");
    Ok(format!("{} offers, {ends:?}", ended.len()))
}
