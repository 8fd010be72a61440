//! Routing, from the customer's line to whoever is asked.

use std::time::Duration;

use baton_mobile::push::Kind;
use baton_mobile::push::payload::read;
use baton_protocol::command::OfOffer;
use baton_protocol::page::ChangePage;
use baton_protocol::routing::RoutingHistory;
use baton_protocol::setting::Setting;
use baton_protocol::{
    Agent as Colleague, AgentId, CommandBody, ConversationId, Fact, OfferEnd, OfferId, OpenOffer,
    Owner, OwnerCause, PassedOver, Refusal,
};
use baton_world::world::{Agent, Answered, RunningClock, Setup, World, eventually, for_each_store};
use reqwest::Method;
use serde_json::{Value, json};

use crate::pushing::Pocket;

/// The team of the number is routed like this.
pub(crate) async fn is_routed(world: &World, body: Value) {
    is_set(world, "routing", body).await;
}

/// The team of the number has this setting.
async fn is_set(world: &World, kind: &str, body: Value) {
    let team = world.cast.team;
    let put = json!({"home": {"kind": "team", "id": team}, "body": body});
    let change = json!([{"kind": kind, "id": team, "put": put}]);
    let admin = world.admin().await;
    let _set: Vec<Setting> = admin.signed.post("/settings", &change).await.expect("a setting");
}

async fn says_of_themselves(agent: &Agent, availability: &str) {
    let (signed, body) = (&agent.signed, json!({"availability": availability}));
    let token = Some(&*signed.session.access_token);
    let _me: Value =
        signed.api.call(Method::PATCH, "/me", token, Some(&body)).await.expect("a yes");
}

pub(crate) async fn is_away(agent: &Agent) {
    says_of_themselves(agent, "away").await;
}

pub(crate) async fn is_available(agent: &Agent) {
    says_of_themselves(agent, "available").await;
}

pub(crate) async fn history(agent: &Agent, of: ConversationId) -> RoutingHistory {
    agent.signed.get(&format!("/conversations/{of}/routing")).await.expect("a history")
}

async fn load(agent: &Agent, of: AgentId) -> u32 {
    let all: Vec<Colleague> = agent.signed.get("/agents").await.expect("agents");
    all.into_iter().find(|one| one.id == of).expect("an agent").load
}

pub(crate) async fn offer_to(agent: &Agent, of: ConversationId, whom: AgentId) -> OpenOffer {
    eventually("an offer", async || {
        let offer = agent.view(of).await.conversation.thread.offer;
        offer.filter(|offer| offer.agent_id == whom)
    })
    .await
}

fn accept(offer_id: OfferId) -> CommandBody {
    CommandBody::AcceptOffer(OfOffer { offer_id })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_assigned_rings_at_one_who_is_there_and_everybody_can_ask_why() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, chloe) = (world.agent("Ana").await, world.agent("Chloe").await);
        let ben = world.agent("Ben").await;
        is_away(&ana).await;
        is_away(&chloe).await;
        let mut pocket = Pocket::of_ben(world).await;
        is_routed(world, json!({"hand": "assign"})).await;
        world.contact("Lucía").sends("Hola").await;
        let conversation = world.contact("Lucía").conversation().await;
        let push = read(&pocket.is_handed().await, None).expect("a push");
        assert_eq!(push.kind, Kind::Assigned, "and not that something waits in the queue");
        assert_eq!(ben.head(conversation).await.owner, Owner::Agent(ben.id));
        assert_eq!(load(&ben, ben.id).await, 1);
        let decision = history(&ana, conversation).await.decisions.remove(0);
        assert_eq!((decision.agent_id, decision.offer), (Some(ben.id), None));
        let left = decision.trail.left_out.iter().map(|left| (left.agent_id, left.why));
        let mut expected = vec![(ana.id, PassedOver::Away), (chloe.id, PassedOver::Away)];
        expected.sort_by_key(|(agent, _)| *agent);
        assert_eq!(left.collect::<Vec<_>>(), expected);
        for agent in [&ana, &ben, &chloe] {
            agent.phone().converges().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_offered_goes_to_the_next_who_is_there_when_one_declines() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let chloe = world.agent("Chloe").await;
        is_away(&chloe).await;
        let first = vec![ben.id, ana.id];
        is_routed(world, json!({"hand": "offer", "choose": "priority", "first": first})).await;
        world.contact("Lucía").sends("Hola").await;
        let conversation = world.contact("Lucía").conversation().await;
        let offer = offer_to(&ana, conversation, ben.id).await;
        let team = Owner::Queue(world.cast.team);
        assert_eq!((ana.head(conversation).await.owner, load(&ana, ben.id).await), (team, 1));
        let others = ana.does(conversation, accept(offer.offer_id)).await.refusal();
        assert_eq!(others, Refusal::OfferGone, "it is Ben's to take");
        let no = CommandBody::DeclineOffer(OfOffer { offer_id: offer.offer_id });
        ben.does(conversation, no).await.accepted();
        let next = offer_to(&ana, conversation, ana.id).await;
        assert_eq!(load(&ana, ben.id).await, 0);
        let late = ben.does(conversation, accept(offer.offer_id)).await.refusal();
        assert_eq!(late, Refusal::OfferGone);
        ana.does(conversation, accept(next.offer_id)).await.accepted();
        assert_eq!(ana.head(conversation).await.owner, Owner::Agent(ana.id));
        assert_eq!(load(&ana, ana.id).await, 1);
        let all = history(&ben, conversation).await.decisions;
        let ends: Vec<_> = all.iter().map(|one| (one.agent_id, one.end)).collect();
        let accepted = (Some(ana.id), Some(OfferEnd::Accepted));
        assert_eq!(ends, [accepted, (Some(ben.id), Some(OfferEnd::Declined))]);
        let why = |of| all[0].trail.left_out.iter().find(|left| left.agent_id == of);
        assert_eq!(why(ben.id).map(|left| left.why), Some(PassedOver::Declined));
        for agent in [&ana, &ben] {
            agent.phone().converges().await;
        }
    })
    .await;
}

/// An agent has a setting of their own.
async fn has_set(world: &World, agent: &Agent, kind: &str, body: Value) {
    let id = if kind == "agent_skills" { agent.id.0 } else { uuid::Uuid::now_v7() };
    let put = json!({"home": {"kind": "agent", "id": agent.id}, "body": body});
    let change = json!([{"kind": kind, "id": id, "put": put}]);
    let admin = world.admin().await;
    let _set: Vec<Setting> = admin.signed.post("/settings", &change).await.expect("a setting");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_asks_who_has_the_skill_and_works_now_and_the_next_one_all_others() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let chloe = world.agent("Chloe").await;
        let billing = |level: u32| json!({"skills": [{"name": "Billing", "level": level}]});
        has_set(world, &ana, "agent_skills", billing(1)).await;
        has_set(world, &ben, "agent_skills", billing(3)).await;
        has_set(world, &chloe, "agent_skills", billing(3)).await;
        world.contact("Lucía").sends("Hola").await;
        let first = world.contact("Lucía").conversation().await;
        // Chloe works for a minute at noon, and today not even that.
        let moment = json!(ana.head(first).await.activity_at);
        let today = moment.as_str().and_then(|text| text.get(..10)).expect("a day");
        let week = vec![[[720, 721]]; 7];
        let hours = json!({"name": "Shift", "zone": "UTC", "week": week,
            "days": {today: []}});
        has_set(world, &chloe, "schedule", hours).await;
        let steps = json!([{"skills": [{"name": "BILLING", "level": 2}]}, {}]);
        is_routed(world, json!({"hand": "assign", "steps": steps})).await;
        let owner = eventually("an owner", async || ana.head(first).await.owner.agent()).await;
        assert_eq!(owner, ben.id);
        let decision = history(&ana, first).await.decisions.remove(0);
        let why = |of| decision.trail.left_out.iter().find(|left| left.agent_id == of);
        assert_eq!(decision.trail.step, Some(1));
        assert_eq!(why(ana.id).map(|left| left.why), Some(PassedOver::Skill));
        assert_eq!(why(chloe.id).map(|left| left.why), Some(PassedOver::OffShift));
        is_away(&ben).await;
        world.contact("Mateo").sends("Hola").await;
        let second = world.contact("Mateo").conversation().await;
        let owner = eventually("an owner", async || ana.head(second).await.owner.agent()).await;
        assert_eq!(owner, ana.id, "the next step asks who has no skill");
        assert_eq!(history(&ana, second).await.decisions[0].trail.step, Some(2));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_office_is_closed_who_is_on_call_is_asked_though_they_are_off_shift() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        // Open for a minute on a day that is long over.
        let mut hours = json!({"name": "Office", "zone": "UTC", "week": vec![json!([]); 7],
            "days": {"2026-01-05": [[720, 721]]}});
        has_set(world, &ben, "schedule", hours.clone()).await;
        let (admin, office) = (world.admin().await, uuid::Uuid::now_v7());
        hours["name"] = json!("Desk");
        let put = json!({"home": {"kind": "workspace"}, "body": hours});
        let change = json!([{"kind": "schedule", "id": office, "put": put}]);
        let _set: Vec<Setting> = admin.signed.post("/settings", &change).await.expect("a setting");
        let steps = json!([
            {"who": "named", "agents": [ana.id], "schedule": office},
            {"who": "on_call", "agents": [ben.id], "schedule": office, "closed": true},
            {},
        ]);
        is_routed(world, json!({"hand": "offer", "steps": steps})).await;
        world.contact("Lucía").sends("Hola").await;
        let conversation = world.contact("Lucía").conversation().await;
        let offer = offer_to(&ana, conversation, ben.id).await;
        let decision = history(&ana, conversation).await.decisions.remove(0);
        assert_eq!((decision.trail.step, decision.trail.on_call), (Some(2), true));
        let why = decision.trail.left_out.iter().find(|left| left.agent_id == ana.id);
        assert_eq!(why.map(|left| left.why), Some(PassedOver::NotNamed));
        ben.does(conversation, accept(offer.offer_id)).await.accepted();
        assert_eq!(ana.head(conversation).await.owner, Owner::Agent(ben.id));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_is_there_for_goes_to_another_team_after_its_time_and_is_offered_there() {
    let clock = RunningClock::begin(0);
    let setup = Setup { clock: Some(clock.clock()), ..Setup::usual() };
    for_each_store(setup, async |world| {
        // Customers write at the system's time.
        clock.comes_back();
        let night = world.team("Night", &["Dora"]).await;
        let ana = world.agent("Ana").await;
        for name in ["Ana", "Ben", "Chloe"] {
            is_away(&*world.agent(name).await).await;
        }
        let steps = json!([{}, {"who": "move", "to_team": night.id, "after_s": 600}]);
        is_routed(world, json!({"hand": "offer", "steps": steps})).await;
        let body = json!({"hand": "offer"});
        let put = json!({"home": {"kind": "team", "id": night.id}, "body": body});
        let change = json!([{"kind": "routing", "id": night.id, "put": put}]);
        let admin = world.admin().await;
        let _set: Vec<Setting> = admin.signed.post("/settings", &change).await.expect("a setting");
        world.contact("Lucía").sends("Hola").await;
        let conversation = world.contact("Lucía").conversation().await;
        eventually("the team is called", async || {
            clock.passes(Duration::ZERO);
            history(&ana, conversation).await.decisions.first().map(drop)
        })
        .await;
        assert_eq!(ana.head(conversation).await.owner, Owner::Queue(world.cast.team));
        clock.passes(Duration::from_mins(10));
        // Her night begins.
        let dora = world.agent("Dora").await;
        let offer = eventually("an offer", async || {
            clock.passes(Duration::ZERO);
            let offer = admin.view(conversation).await.conversation.thread.offer;
            offer.filter(|offer| offer.agent_id == dora.id)
        })
        .await;
        dora.does(conversation, accept(offer.offer_id)).await.accepted();
        let head = dora.head(conversation).await;
        assert_eq!((head.owner, head.team_id), (Owner::Agent(dora.id), night.id));
        let all = history(&dora, conversation).await.decisions;
        let teams: Vec<_> = all.iter().map(|one| (one.agent_id, one.trail.to_team)).collect();
        assert_eq!(teams.first(), Some(&(Some(dora.id), None)), "{teams:?}");
        assert!(teams.contains(&(None, Some(night.id))), "{teams:?}");
        assert_eq!(teams.last(), Some(&(None, None)), "{teams:?}");
        for agent in [&ana, &dora] {
            agent.phone().converges().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_is_there_the_whole_team_is_called_once() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let mut pocket = Pocket::of_ben(world).await;
        let chloe = world.agent("Chloe").await;
        for agent in [&ana, &ben, &chloe] {
            is_away(agent).await;
        }
        is_routed(world, json!({"hand": "offer"})).await;
        world.contact("Lucía").sends("Hola").await;
        let conversation = world.contact("Lucía").conversation().await;
        let push = read(&pocket.is_handed().await, None).expect("a push");
        assert_eq!(push.kind, Kind::Queue);
        let all = history(&ana, conversation).await.decisions;
        assert_eq!(all.iter().map(|one| one.agent_id).collect::<Vec<_>>(), [None]);
        // Who comes back is asked.
        says_of_themselves(&ana, "available").await;
        let offer = offer_to(&ana, conversation, ana.id).await;
        ana.does(conversation, accept(offer.offer_id)).await.accepted();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_took_a_conversation_is_asked_again_when_its_customer_comes_back() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let chloe = world.agent("Chloe").await;
        is_away(&ana).await;
        is_away(&chloe).await;
        is_routed(world, json!({"hand": "offer"})).await;
        for text in ["Hola", "One thing more", "And another one", "The last one"] {
            world.contact("Lucía").sends(text).await;
            let conversation = world.contact("Lucía").conversation().await;
            let offer = offer_to(&ana, conversation, ben.id).await;
            ben.does(conversation, accept(offer.offer_id)).await.accepted();
            ben.resolves(conversation).await;
        }
        let conversation = world.contact("Lucía").conversation().await;
        let asked = history(&ana, conversation).await.decisions;
        let asked: Vec<_> = asked.iter().map(|one| (one.agent_id, one.end)).collect();
        assert_eq!(asked, [(Some(ben.id), Some(OfferEnd::Accepted)); 4], "and nobody was called");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_that_sees_heads_only_is_called_and_nobody_of_it_is_asked() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        says_of_themselves(&ana, "available").await;
        let admin = world.admin().await;
        let (signed, path) = (&admin.signed, format!("/teams/{}", world.cast.team));
        let token = Some(&*signed.session.access_token);
        let change = json!({"visibility": "head"});
        let _team: Value =
            signed.api.call(Method::PATCH, &path, token, Some(&change)).await.expect("a team");
        is_routed(world, json!({"hand": "offer"})).await;
        world.contact("Lucía").sends("Hola").await;
        let conversation = world.contact("Lucía").conversation().await;
        let call = eventually("the team is called", async || {
            history(&admin, conversation).await.decisions.first().cloned()
        })
        .await;
        assert_eq!(call.agent_id, None, "members cannot take what they do not see");
        let head = admin.head(conversation).await;
        assert_eq!(head.owner, Owner::Queue(world.cast.team));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_who_is_away_loses_an_open_turn_after_the_teams_minutes_and_all_read_why() {
    let clock = RunningClock::begin(0);
    let setup = Setup { clock: Some(clock.clock()), ..Setup::usual() };
    for_each_store(setup, async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        is_set(world, "team_policy", json!({"absent_min": 1})).await;
        for name in ["Lucía", "Marta"] {
            world.contact(name).sends("Hola").await;
            ana.claims(world.contact(name).conversation().await).await;
        }
        let lucia = world.contact("Lucía").conversation().await;
        let marta = world.contact("Marta").conversation().await;
        ana.replies(marta, "Ya va").await;
        let began = clock.clock().monotonic();
        is_away(&ana).await;
        let queue = Owner::Queue(world.cast.team);
        eventually("the turn goes back", async || {
            clock.passes(Duration::ZERO);
            let owner = ben.head(lucia).await.owner;
            assert!(owner == queue || owner == Owner::Agent(ana.id), "{owner:?}");
            (owner == queue).then_some(())
        })
        .await;
        let waited = clock.clock().monotonic().saturating_sub(began);
        assert!(waited >= Duration::from_mins(1), "not after {waited:?}");
        let head = ben.head(lucia).await;
        assert!(head.orphaned_at.is_some() && head.unanswered_since.is_some());
        let path = format!("/conversations/{lucia}/changes");
        let page: ChangePage = ben.signed.get(&path).await.expect("changes");
        let absent = page.changes.iter().filter(|event| {
            let is_it = |owner: &Owner, cause| *owner == queue && cause == OwnerCause::Absent;
            matches!(&event.fact, Fact::OwnerChanged { owner, cause, .. } if is_it(owner, *cause))
        });
        assert_eq!(absent.count(), 1, "the conversation says why");
        assert_eq!(ben.head(marta).await.owner, Owner::Agent(ana.id), "nobody waits there");
        ben.claims(lucia).await;
        assert_eq!(ben.head(lucia).await.orphaned_at, None);
        for agent in [&ana, &ben] {
            agent.phone().converges().await;
        }
    })
    .await;
}
