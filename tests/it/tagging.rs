//! Tags on conversations: everybody who sees one sees them, lists and searches find by them, and
//! what became of a tag meanwhile counts.

use baton_protocol::command::{Nothing, Tagging};
use baton_protocol::heads::PackedHeads;
use baton_protocol::page::{ConversationPage, SearchPage};
use baton_protocol::setting::Setting;
use baton_protocol::{CommandBody, ConversationId, Refusal, SettingId};
use baton_world::world::{Agent, Answered, Setup, World, eventually, for_each_store};
use serde_json::{Value, json};

fn tag(add: &[SettingId], remove: &[SettingId]) -> CommandBody {
    CommandBody::Tag(Tagging { add: add.to_vec(), remove: remove.to_vec() })
}

/// Sets up a tag, or changes the version of one.
async fn sets(world: &World, id: SettingId, expect: Option<u32>, body: Value) -> Setting {
    let change = if body.is_null() {
        json!({"kind": "tag", "id": id, "expect": expect})
    } else {
        let put = json!({"home": {"kind": "workspace"}, "body": body});
        json!({"kind": "tag", "id": id, "expect": expect, "put": put})
    };
    let admin = world.admin().await;
    let mut made: Vec<Setting> =
        admin.signed.post("/settings", &json!([change])).await.expect("it");
    made.remove(0)
}

async fn on(agent: &Agent, of: ConversationId) -> Vec<SettingId> {
    let view = agent.view(of).await;
    view.conversation.thread.tags.iter().map(|on| on.tag).collect()
}

async fn found(agent: &Agent, query: &str) -> usize {
    let page: ConversationPage =
        agent.signed.get(&format!("/conversations?{query}")).await.expect("a page");
    page.conversations.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_are_seen_by_all_found_by_all_and_fall_off_with_the_episode() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let sofia = world.agent("Sofia").await;
        let mut ids = [(); 2].map(|()| SettingId(world.clock.uuid_v7()));
        ids.sort();
        let [refund, vip] = ids;
        sets(world, refund, None, json!({"name": "Refund", "colour": "red"})).await;
        let lasting = json!({"name": "VIP", "lasting": true, "set_by": "supervisors"});
        sets(world, vip, None, lasting).await;
        world.contact("Lucía").sends("Quiero mi dinero").await;
        world.contact("Mateo").sends("Quiero una bici").await;
        let of = world.contact("Lucía").conversation().await;

        ana.does(of, tag(&[refund], &[])).await.accepted();
        let again = ana.does(of, tag(&[refund], &[])).await.accepted();
        assert_eq!(again.position, None, "nothing had to change");
        assert_eq!(ana.does(of, tag(&[vip], &[])).await.refusal(), Refusal::NotAllowed);
        sofia.does(of, tag(&[vip], &[])).await.accepted();
        assert_eq!(on(&ben, of).await.len(), 2);
        ben.phone()
            .until("both tags", move |mirror| {
                let full = mirror.conversations.get(&of).and_then(baton_world::phone::full);
                full.is_some_and(|full| full.view.conversation.thread.tags.len() == 2)
            })
            .await;

        assert_eq!(found(&ben, &format!("tag={refund}")).await, 1);
        assert_eq!(found(&ben, &format!("tag={refund}&status=resolved")).await, 0);
        let heads: PackedHeads = ben.signed.get("/heads").await.expect("heads");
        let tags: Vec<_> = heads.tags.iter().map(|(tag, rows)| (*tag, rows.len())).collect();
        assert_eq!(tags, [(refund, 1), (vip, 1)]);
        let hits = async |of: SettingId| {
            let path = format!("/search?q=quiero&tag={of}");
            let page: SearchPage = ben.signed.get(&path).await.expect("hits");
            page.hits.len()
        };
        eventually("it is searched", async || (hits(refund).await == 1).then_some(())).await;
        assert_eq!(hits(SettingId(world.clock.uuid_v7())).await, 0);

        let seen = ana.last_line(of).await;
        ana.does(of, CommandBody::Resolve(seen.into())).await.accepted();
        ana.does(of, CommandBody::Reopen(Nothing {})).await.accepted();
        assert_eq!(on(&ana, of).await, [vip], "the other one was of the episode before");
        for agent in [&ana, &ben, &sofia] {
            agent.phone().converges().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_that_was_merged_or_ended_meanwhile_is_what_it_became() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let [refund, reclaim] = [(); 2].map(|()| SettingId(world.clock.uuid_v7()));
        sets(world, refund, None, json!({"name": "Refund"})).await;
        sets(world, reclaim, None, json!({"name": "Reclaim"})).await;
        world.contact("Lucía").sends("Hola").await;
        let of = world.contact("Lucía").conversation().await;
        ana.does(of, tag(&[reclaim], &[])).await.accepted();

        let merged = json!({"name": "Reclaim", "merged_into": refund});
        sets(world, reclaim, Some(1), merged).await;
        assert_eq!(found(&ana, &format!("tag={refund}")).await, 1, "under its other name");
        ana.does(of, tag(&[], &[refund])).await.accepted();
        assert_eq!(on(&ana, of).await, []);
        ana.does(of, tag(&[reclaim], &[])).await.accepted();
        assert_eq!(on(&ana, of).await, [refund]);

        sets(world, reclaim, Some(2), json!({"name": "Reclaim"})).await;
        assert_eq!(found(&ana, &format!("tag={reclaim}")).await, 0, "the merge was undone");
        sets(world, refund, Some(1), Value::Null).await;
        ana.does(of, tag(&[], &[refund])).await.accepted();
        let late = ana.does(of, tag(&[refund], &[])).await.refusal();
        assert!(matches!(&late, Refusal::Invalid { field, .. } if field == "add"), "{late:?}");
        ana.phone().converges().await;
    })
    .await;
}
