//! A rush of customers in routed teams. Counters equal a count at any position of the log, and
//! each reason that is told of a decision is the one in the log, whose chain verifies.
//!
//! `BATON_POSITIONS` is the number of positions, `BATON_WHYS` that of decisions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use baton::store::read;
use baton::store::seal::seal_pending;
use baton::store::verify::verify_log;
use baton_model::dice::Dice;
use baton_protocol::command::{OfOffer, Snooze};
use baton_protocol::conversation::Snapshot;
use baton_protocol::next::NextInLines;
use baton_protocol::routing::RoutingDecision;
use baton_protocol::setting::Setting;
use baton_protocol::{
    Agent as Colleague, AgentId, CommandBody, ConversationId, Event, Fact, MembershipKind,
    OfferEnd, OfferId, Owner, Team, TeamId,
};
use baton_world::bench::counters::{Counters, miscounts};
use baton_world::world::{Agent, Setup, World, claim, eventually, for_each_store, reply, transfer};
use futures_util::future::{join, join_all};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::faults::{number, seed};
use crate::routing::history;

/// Players at once, who act for whoever owns something.
const PLAYERS: u64 = 3;
/// Decisions of one conversation that are told, and a few that may come while it is asked for.
const TOLD: usize = 15;
/// A rush that makes nothing in this time has stopped.
const LASTS: Duration = Duration::from_secs(1_500);

/// The team of the number offers, and another one gives.
struct Rush<'w> {
    world: &'w World,
    night: Team,
    admin: Arc<Agent>,
    agents: Vec<Arc<Agent>>,
    customers: u64,
}

impl<'w> Rush<'w> {
    async fn new(world: &'w World, customers: u64) -> Self {
        let night = world.team("Night", &["Dora", "Emil"]).await;
        let admin = world.admin().await;
        let hands = [
            (world.cast.team, json!({"hand": "offer", "at_once": 5, "window_s": 15})),
            (night.id, json!({"hand": "assign"})),
        ];
        for (team, body) in hands {
            let put = json!({"home": {"kind": "team", "id": team}, "body": body});
            let change = json!([{"kind": "routing", "id": team, "put": put}]);
            let _set: Vec<Setting> =
                admin.signed.post("/settings", &change).await.expect("a setting");
        }
        let mut agents = Vec::new();
        for name in ["Ana", "Ben", "Chloe", "Dora", "Emil"] {
            agents.push(world.agent(name).await);
        }
        Self { world, night, admin, agents, customers }
    }

    /// Customers write, agents answer offers, and players do what owners do, until it is dropped.
    async fn goes_on(&self) {
        let agents = self.agents.iter().zip(1..).map(|(agent, n)| self.answers(agent, n));
        let players = (100..100 + PLAYERS).map(|n| self.plays(n));
        join(self.customers_write(), join(join_all(agents), join_all(players))).await;
    }

    async fn customers_write(&self) {
        let mut dice = Dice::of_part(seed(), 0);
        for n in 0.. {
            let customer =
                self.world.contact(&format!("Customer {}", dice.below_u64(self.customers)));
            drop(customer.customer.sends(&format!("And now? {n}")).await);
            sleep(Duration::from_millis(dice.below_u64(40))).await;
        }
    }

    /// Of ten offers an agent takes seven, declines two, and leaves one alone for now.
    async fn answers(&self, agent: &Agent, part: u64) {
        let mut dice = Dice::of_part(seed(), part);
        loop {
            sleep(Duration::from_millis(20 + dice.below_u64(60))).await;
            if dice.percent(1) {
                says(agent, "away").await;
                sleep(Duration::from_millis(dice.below_u64(1_500))).await;
                says(agent, "available").await;
            }
            let told = agent.signed.get::<NextInLines>("/next").await;
            let Some(offer) = told.ok().and_then(|told| told.offer) else { continue };
            let of = OfOffer { offer_id: offer.offer_id };
            let body = match dice.below(10) {
                0 => continue,
                1 | 2 => CommandBody::DeclineOffer(of),
                _ => CommandBody::AcceptOffer(of),
            };
            // It may be over.
            tries(agent, offer.conversation_id, body).await;
        }
    }

    /// Whoever owns a conversation does something with it, or somebody takes it.
    async fn plays(&self, part: u64) {
        let mut dice = Dice::of_part(seed(), part);
        let mut all = Vec::new();
        for n in 0_u64.. {
            if n.is_multiple_of(50) {
                all = self.admin.signed.conversations().await.unwrap_or(all);
            }
            sleep(Duration::from_millis(dice.below_u64(30))).await;
            let Some(of) = dice.one_of(&all).copied() else { continue };
            // Somebody else may have been faster: then nothing is done.
            self.acts(of, &mut dice).await;
        }
    }

    async fn acts(&self, of: ConversationId, dice: &mut Dice) {
        let path = format!("/conversations/{of}");
        let Ok(Snapshot::Full { view, .. }) = self.admin.signed.get(&path).await else { return };
        let (head, thread) = (&view.conversation.head, &view.conversation.thread);
        let owner = head.owner.agent().and_then(|of| self.agents.iter().find(|one| one.id == of));
        let Some(owner) = owner else {
            // The router is faster as a rule.
            if let Some(one) = dice.one_of(&self.agents).filter(|_| thread.offer.is_none()) {
                tries(one, of, claim(head.owner_epoch)).await;
            }
            return;
        };
        let seen = thread.last_line;
        let queue = |team: TeamId| transfer(Owner::Queue(team), head.owner_epoch, thread.last_line);
        let until = self.world.clock.now().plus_ms(1_500);
        let body = match dice.below(20) {
            0..8 => reply("It is on its way", thread.last_line),
            8..15 => CommandBody::Resolve(seen.into()),
            15 => CommandBody::Snooze(Snooze { until, seen }),
            16 | 17 => queue(self.night.id),
            _ => queue(self.world.cast.team),
        };
        tries(owner, of, body).await;
    }
}

/// Gives a command. It may be refused, and its answer may be lost.
async fn tries(agent: &Agent, of: ConversationId, body: CommandBody) {
    drop(agent.signed.command(agent.command(of, body)).await);
}

async fn says(agent: &Agent, availability: &str) {
    let (signed, body) = (&agent.signed, json!({"availability": availability}));
    let token = Some(&*signed.session.access_token);
    eventually("a yes", async || {
        signed.api.call::<Value>(Method::PATCH, "/me", token, Some(&body)).await.ok()
    })
    .await;
}

/// Reads counters at so many positions of the log, and goes on until so much was decided.
async fn read_counters(rush: &Rush<'_>, (positions, whys): (usize, usize)) -> Vec<Counters> {
    let (world, mut dice) = (rush.world, Dice::of_part(seed(), 0x1005));
    let (store, of) = (world.server.engine.store(), world.cast.workspace);
    let (mut all, began): (Vec<Counters>, _) = (Vec::new(), Instant::now());
    loop {
        sleep(Duration::from_millis(dice.below_u64(60))).await;
        let counters = Counters::look(store, of, world.clock.now()).await.expect("counters");
        if all.last().is_none_or(|last| last.position < counters.position) {
            all.push(counters);
            let is_enough = all.len() >= positions && all.len().is_multiple_of(25);
            if is_enough && rush.decisions().await.len() >= whys {
                return all;
            }
        }
        assert!(began.elapsed() < LASTS, "{} positions were looked at", all.len());
    }
}

/// A decision as the log has it, with the team in whose queue the conversation was.
struct Decision {
    event: Event,
    team: TeamId,
}

impl Rush<'_> {
    async fn log(&self) -> Vec<Event> {
        let mut tx = self.world.server.engine.store().read().await.expect("a snapshot");
        let mut all: Vec<Event> = Vec::new();
        loop {
            let from = all.last().map_or(0, |event| event.position);
            let some = read::log_after(&mut tx, self.world.cast.workspace, from, 1_000).await;
            let some = some.expect("the log");
            if some.is_empty() {
                tx.rollback().await.expect("the end of a snapshot");
                return all;
            }
            all.extend(some.into_iter().map(|logged| logged.event));
        }
    }

    /// The decisions that are told still: the newest of each conversation.
    async fn decisions(&self) -> Vec<Decision> {
        let mut teams: BTreeMap<ConversationId, TeamId> = BTreeMap::new();
        let mut all: BTreeMap<ConversationId, Vec<Decision>> = BTreeMap::new();
        for event in self.log().await {
            let Some(of) = event.conversation_id else { continue };
            if let Fact::OwnerChanged { team_id, .. } = event.fact {
                teams.insert(of, team_id);
            } else if let Fact::Routed { .. } = event.fact {
                let team = teams.get(&of).copied().unwrap_or(self.world.cast.team);
                all.entry(of).or_default().push(Decision { event, team });
            }
        }
        all.into_values().flat_map(|of| of.into_iter().rev().take(TOLD)).collect()
    }

    /// Nobody takes anything any more, and no offer stands.
    async fn ends(&self) {
        join_all(self.agents.iter().map(|agent| says(agent, "away"))).await;
        eventually("no offer stands", async || {
            let store = self.world.server.engine.store();
            let mut tx = store.read().await.expect("a snapshot");
            let standing = read::standing_offers(&mut tx).await.expect("offers");
            tx.rollback().await.expect("the end of a snapshot");
            standing.is_empty().then_some(())
        })
        .await;
    }

    /// Asks why of so many decisions: what is told is what the log has, and names everybody.
    async fn verify_whys(&self, count: usize) -> String {
        let mut dice = Dice::of_part(seed(), 0x3A7);
        let mut all = self.decisions().await;
        let mut ends: BTreeMap<OfferId, OfferEnd> = BTreeMap::new();
        for event in self.log().await {
            if let Fact::OfferEnded { offer_id, end, .. } = event.fact {
                ends.insert(offer_id, end);
            }
        }
        let members = self.members().await;
        let (mut asked, mut upto, mut named) = (0, 0, 0);
        while asked < count {
            assert!(!all.is_empty(), "{asked} decisions are told");
            let Decision { event, team } = all.swap_remove(dice.below(all.len()));
            let Fact::Routed { agent_id, offer, trail } = event.fact else { continue };
            let of = event.conversation_id.expect("a conversation");
            let told = history(&self.admin, of).await.decisions;
            let told = told.into_iter().find(|told| told.position == event.position);
            let end = offer.and_then(|offer| ends.get(&offer.offer_id).copied());
            let (position, at, trail) = (event.position, event.at, *trail);
            let left_out = trail.left_out.iter().map(|left| left.agent_id);
            let looked_at: BTreeSet<AgentId> = left_out.chain(agent_id).collect();
            let of_team = members.get(&team).expect("a team");
            assert!(looked_at.is_superset(of_team), "{position}: {looked_at:?} of {of_team:?}");
            let expected = RoutingDecision { position, at, agent_id, offer, end, trail };
            assert_eq!(told, Some(expected), "{of} at {position}");
            (asked, upto, named) = (asked + 1, position.max(upto), named + looked_at.len());
        }
        let (store, workspace) = (self.world.server.engine.store(), self.world.cast.workspace);
        while seal_pending(store, workspace, 1_000).await.expect("a seal").upto < upto {}
        let report = verify_log(store, workspace).await.expect("a report");
        assert!(report.fault.is_none() && report.sealed >= upto, "{report:?}");
        format!("{asked} decisions with {named} names are those of the log, sealed to {upto}")
    }

    /// The members of each team.
    async fn members(&self) -> BTreeMap<TeamId, BTreeSet<AgentId>> {
        let all: Vec<Colleague> = self.admin.signed.get("/agents").await.expect("agents");
        let mut members: BTreeMap<TeamId, BTreeSet<AgentId>> = BTreeMap::new();
        for agent in all {
            let serves = agent.teams.iter().filter(|place| place.kind == MembershipKind::Member);
            for place in serves {
                members.entry(place.team_id).or_default().insert(agent.id);
            }
        }
        members
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_rush_counters_equal_a_count_at_any_position_and_each_why_is_that_of_the_log() {
    let (positions, whys) = (number("BATON_POSITIONS", 25), number("BATON_WHYS", 10));
    let setup = Setup::usual().with("BATON_SESSIONS__ACCESS_MINUTES", "600");
    for_each_store(setup, async |world| {
        let wanted = [positions, whys].map(|count| usize::try_from(count).expect("a count"));
        let rush = Rush::new(world, 10 + whys / 8).await;
        let counters = tokio::select! {
            counters = read_counters(&rush, wanted.into()) => counters,
            () = rush.goes_on() => unreachable!("customers write until all is read"),
        };
        let (store, of) = (world.server.engine.store(), world.cast.workspace);
        let faults = miscounts(store, of, &counters).await.expect("a count");
        let some: Vec<_> = faults.iter().take(5).collect();
        assert!(faults.is_empty(), "{} of {} positions: {some:#?}", faults.len(), counters.len());
        rush.ends().await;
        let told = rush.verify_whys(wanted[1]).await;
        let head = rush.log().await.len();
        println!(
            "{}: counters at {} of {head} positions equal a count; {told}",
            world.database.kind,
            counters.len()
        );
    })
    .await;
}
