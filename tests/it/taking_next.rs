//! Taking what waits longest: many who take at once get different conversations.

use std::sync::Arc;

use baton_protocol::command::SetPriority;
use baton_protocol::next::NextInLines;
use baton_protocol::outcome::Outcome;
use baton_protocol::setting::Setting;
use baton_protocol::{CommandBody, ConversationId, Owner, Priority, Refusal};
use baton_world::world::{Agent, Answered as _, Setup, World, claim, for_each_store, reply};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

const WAITING: usize = 12;

async fn asks(world: &World, of: &Agent, query: &str) -> NextInLines {
    let token = of.signed.session.access_token.clone();
    let answer = world.asks(Method::GET, &format!("/api/v1/next{query}"), Some(&token), None).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    serde_json::from_str(&answer.text).expect("what waits")
}

/// Takes as a client does: what is first, else the one behind it.
async fn takes(world: &World, of: &Agent) -> ConversationId {
    loop {
        let told = asks(world, of, "").await;
        assert!(!told.waiting.is_empty(), "something waits for each");
        for one in told.waiting {
            let done = of.does(one.conversation_id, claim(one.owner_epoch)).await;
            let Outcome::Refused(refused) = done.outcome else { return one.conversation_id };
            let is_slower = matches!(refused.refusal, Refusal::OwnerChanged { .. });
            assert!(is_slower, "{refused:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_who_take_at_once_get_different_conversations_and_the_oldest() {
    for_each_store(Setup::usual(), async |world| {
        let agents =
            [world.agent("Ana").await, world.agent("Ben").await, world.agent("Chloe").await];
        let mut order = Vec::new();
        for n in 0..WAITING {
            let contact = world.contact(&format!("Customer {n}"));
            contact.sends("Hola").await;
            order.push(contact.conversation().await);
        }
        let told = asks(world, &agents[0], "").await;
        assert!(told.offer.is_none() && !told.more);
        let since: Vec<_> = told.waiting.iter().map(|one| one.since).collect();
        assert!(since.is_sorted(), "the longest wait first: {since:?}");
        let team = world.cast.team;
        let of_team = asks(world, &agents[1], &format!("?team={team}")).await;
        assert_eq!(of_team.waiting.len(), WAITING);
        let taken = join_all(agents.iter().map(|of: &Arc<Agent>| takes(world, of))).await;
        let mut oldest: Vec<_> = order.iter().take(agents.len() + 2).collect();
        oldest.retain(|one| taken.contains(one));
        assert_eq!(oldest.len(), agents.len(), "{taken:?} are different, and of the oldest");
        for (agent, conversation) in agents.iter().zip(&taken) {
            assert_eq!(agent.head(*conversation).await.owner, Owner::Agent(agent.id));
        }
        let token = agents[0].signed.session.access_token.clone();
        let strange = "/api/v1/next?team=00000000-0000-7000-8000-000000000000";
        let refused = world.asks(Method::GET, strange, Some(&token), None).await;
        assert_eq!(refused.status, 403, "{refused:?}");
    })
    .await;
}

fn is_now(priority: Priority) -> CommandBody {
    CommandBody::SetPriority(SetPriority { priority, reason: Some("She called".to_owned()) })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_urgent_is_taken_first_and_what_is_high_before_what_waited_longer() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let mut order = Vec::new();
        for n in 0..4 {
            let contact = world.contact(&format!("Customer {n}"));
            contact.sends("Hola").await;
            order.push(contact.conversation().await);
        }
        for (of, priority) in [(2, Priority::High), (3, Priority::Urgent)] {
            let done = ana.does(order[of], is_now(priority)).await;
            assert!(matches!(done.outcome, Outcome::Accepted(_)), "{done:?}");
        }
        let told = asks(world, &ana, "").await;
        let found: Vec<_> = told.waiting.iter().map(|one| one.conversation_id).collect();
        assert_eq!(found, [order[3], order[2], order[0], order[1]]);
        assert_eq!(told.waiting[0].priority, Priority::Urgent);
        assert_eq!(takes(world, &ana).await, order[3]);
        assert_eq!(ana.head(order[3]).await.priority, Priority::Urgent, "it stays so");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_members_take_the_next_one_none_far_behind_in_line_can_be_taken() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, sofia) = (world.agent("Ana").await, world.agent("Sofia").await);
        let mut order = Vec::new();
        for n in 0..WAITING {
            let contact = world.contact(&format!("Customer {n}"));
            contact.sends("Hola").await;
            order.push(contact.conversation().await);
        }
        lets_take(world, "next", None).await;
        let told = asks(world, &ana, "").await;
        let epoch = |of: ConversationId| {
            told.waiting.iter().find(|one| one.conversation_id == of).map(|one| one.owner_epoch)
        };
        let takes = async |who: &Arc<Agent>, n: usize| {
            let of = order[n];
            who.does(of, claim(epoch(of).expect("it waits"))).await.outcome
        };
        let is_refused = |outcome: Outcome| {
            matches!(outcome, Outcome::Refused(refused)
            if refused.refusal == Refusal::NotAllowed)
        };
        assert!(is_refused(takes(&ana, 5).await), "five wait before it");
        let seen = ana.last_line(order[11]).await;
        assert_eq!(ana.does(order[11], reply("Hola", seen)).await.refusal(), Refusal::NotAllowed);
        assert!(!is_refused(takes(&ana, 4).await), "four wait before it");
        assert!(!is_refused(takes(&ana, 5).await), "again four");
        assert!(!is_refused(takes(&sofia, 11).await), "who supervises takes whichever they like");
        assert!(is_refused(takes(&ana, 10).await));

        lets_take(world, "offered", Some(1)).await;
        assert!(is_refused(takes(&ana, 0).await), "nobody is offered it");
        assert!(asks(world, &ana, "").await.waiting.is_empty(), "nothing is there to be taken");
        assert!(!is_refused(takes(&sofia, 0).await));
        assert!(!asks(world, &sofia, "").await.waiting.is_empty());

        lets_take(world, "any", Some(2)).await;
        assert!(!is_refused(takes(&ana, 10).await));
    })
    .await;
}

async fn lets_take(world: &World, from_queue: &str, expect: Option<u32>) {
    let team = world.cast.team;
    let put = json!({"home": {"kind": "team", "id": team}, "body": {"from_queue": from_queue}});
    let change = json!([{"kind": "team_policy", "id": team, "expect": expect, "put": put}]);
    let admin = world.admin().await;
    let _set: Vec<Setting> = admin.signed.post("/settings", &change).await.expect("a setting");
}
