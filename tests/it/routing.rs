//! Routing, from the customer's line to whoever is asked.

use baton_mobile::push::Kind;
use baton_mobile::push::payload::read;
use baton_protocol::command::OfOffer;
use baton_protocol::routing::RoutingHistory;
use baton_protocol::setting::Setting;
use baton_protocol::{
    Agent as Colleague, AgentId, CommandBody, ConversationId, OfferEnd, OfferId, OpenOffer, Owner,
    PassedOver, Refusal,
};
use baton_world::world::{Agent, Answered, Setup, World, eventually, for_each_store};
use reqwest::Method;
use serde_json::{Value, json};

use crate::pushing::Pocket;

/// The team of the number is routed like this.
async fn is_routed(world: &World, body: Value) {
    let team = world.cast.team;
    let put = json!({"home": {"kind": "team", "id": team}, "body": body});
    let change = json!([{"kind": "routing", "id": team, "put": put}]);
    let admin = world.admin().await;
    let _set: Vec<Setting> = admin.signed.post("/settings", &change).await.expect("a setting");
}

async fn says_of_themselves(agent: &Agent, availability: &str) {
    let (signed, body) = (&agent.signed, json!({"availability": availability}));
    let token = Some(&*signed.session.access_token);
    let _me: Value =
        signed.api.call(Method::PATCH, "/me", token, Some(&body)).await.expect("a yes");
}

async fn is_away(agent: &Agent) {
    says_of_themselves(agent, "away").await;
}

async fn history(agent: &Agent, of: ConversationId) -> RoutingHistory {
    agent.signed.get(&format!("/conversations/{of}/routing")).await.expect("a history")
}

async fn load(agent: &Agent, of: AgentId) -> u32 {
    let all: Vec<Colleague> = agent.signed.get("/agents").await.expect("agents");
    all.into_iter().find(|one| one.id == of).expect("an agent").load
}

async fn offer_to(agent: &Agent, of: ConversationId, whom: AgentId) -> OpenOffer {
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
