//! Followers: told of a conversation without owning it.

use baton_protocol::command::Following;
use baton_protocol::setting::Setting;
use baton_protocol::settings::AgentChange;
use baton_protocol::{Agent, AgentId, AgentState, CommandBody, Owner, Refusal};
use baton_world::world::{Answered, Setup, eventually, for_each_store};
use serde_json::json;

use crate::assignment::change;

fn follow(agent_id: Option<AgentId>) -> CommandBody {
    CommandBody::Follow(Following { agent_id })
}

fn unfollow(agent_id: Option<AgentId>) -> CommandBody {
    CommandBody::Unfollow(Following { agent_id })
}

#[tokio::test(flavor = "multi_thread")]
async fn followers_are_named_to_everybody_and_own_nothing() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let (chloe, sofia) = (world.agent("Chloe").await, world.agent("Sofia").await);
        world.contact("Lucía").sends("Hola").await;
        let conversation = world.contact("Lucía").conversation().await;
        ana.claims(conversation).await;

        ben.does(conversation, follow(None)).await.accepted();
        let again = ben.does(conversation, follow(None)).await.accepted();
        assert_eq!(again.position, None, "nothing had to change");
        let meddling = ben.does(conversation, follow(Some(chloe.id))).await.refusal();
        assert_eq!(meddling, Refusal::NotAllowed);
        sofia.does(conversation, follow(Some(chloe.id))).await.accepted();

        let mut both = [ben.id, chloe.id];
        both.sort_unstable();
        assert_eq!(ana.view(conversation).await.conversation.thread.followers, both);
        let is_told = |expected: &[AgentId]| {
            let expected = expected.to_vec();
            move |mirror: &baton_domain::see::mirror::Mirror| {
                let held = mirror.conversations.get(&conversation);
                held.and_then(baton_world::phone::full)
                    .is_some_and(|full| full.view.conversation.thread.followers == expected)
            }
        };
        ana.phone().until("both follow", is_told(&both)).await;
        assert_eq!(ana.head(conversation).await.owner, Owner::Agent(ana.id));
        let agents: Vec<Agent> = sofia.signed.get("/agents").await.expect("agents");
        let load = |id| agents.iter().find(|agent| agent.id == id).expect("an agent").load;
        assert_eq!((load(ana.id), load(ben.id), load(chloe.id)), (1, 0, 0));

        ben.does(conversation, unfollow(None)).await.accepted();
        ana.phone().until("one follows", is_told(&[chloe.id])).await;

        // Who leaves follows nothing, and what they set up for themselves ends.
        let own = json!({"kind": "schedule", "id": world.clock.uuid_v7(), "put": {
            "home": {"kind": "agent", "id": chloe.id},
            "body": {"name": "Hers", "zone": "UTC", "week": [[[0, 60]], [], [], [], [], [], []]},
        }});
        let admin = world.admin().await;
        let made: Vec<Setting> = admin.signed.post("/settings", &json!([own])).await.expect("one");
        let leaving = AgentChange { state: Some(AgentState::Leaving), ..AgentChange::default() };
        change(world, chloe.id, &leaving).await;
        ana.phone().until("nobody follows", is_told(&[])).await;
        eventually("she is gone", async || {
            let agents: Vec<Agent> = sofia.signed.get("/agents").await.expect("agents");
            let chloe = agents.iter().find(|agent| agent.id == chloe.id).expect("Chloe");
            (chloe.state == AgentState::Inactive).then_some(())
        })
        .await;
        let one = format!("/schedules/{}", made[0].id);
        let ended: Setting = admin.signed.get(&one).await.expect("what it was");
        assert!(ended.ended, "{ended:?}");
        assert!(ana.view(conversation).await.conversation.thread.followers.is_empty());
        let late = sofia.does(conversation, follow(Some(chloe.id))).await.refusal();
        assert!(matches!(&late, Refusal::Invalid { field, .. } if field == "agent_id"), "{late:?}");
        for agent in [&ana, &ben, &sofia] {
            agent.phone().converges().await;
        }
    })
    .await;
}
