//! Rules, from the customer's line to what the conversation says of it.

use baton_protocol::dry_run::DryRun;
use baton_protocol::page::ChangePage;
use baton_protocol::setting::Setting;
use baton_protocol::{
    Actor, Author, ConversationId, Event, Fact, MessageStatus, OpId, RuleStep, SettingId,
};
use baton_world::world::{Agent, Setup, World, eventually, for_each_store};
use serde_json::{Value, json};

async fn sets(world: &World, changes: Value) {
    let admin = world.admin().await;
    let _set: Vec<Setting> = admin.signed.post("/settings", &changes).await.expect("settings");
}

fn put(kind: &str, id: SettingId, body: &Value) -> Value {
    json!({"kind": kind, "id": id, "put": {"home": {"kind": "workspace"}, "body": body}})
}

async fn runs(agent: &Agent, of: ConversationId) -> Vec<Event> {
    let path = format!("/conversations/{of}/changes");
    let page: ChangePage = agent.signed.get(&path).await.expect("changes");
    let is_run = |event: &Event| matches!(event.fact, Fact::RuleRan { .. });
    page.changes.into_iter().filter(is_run).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_acknowledges_tags_and_says_so_and_a_dry_run_finds_the_same() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let (tag, rule) = (SettingId(uuid::Uuid::now_v7()), SettingId(uuid::Uuid::now_v7()));
        let body = json!({
            "name": "Acknowledge", "enabled": true, "when": "message",
            "if": [{"test": "owner", "is": "queue"}],
            "then": [{"do": "tag", "tag": tag}, {"do": "reply", "text": "We have it"},
                {"do": "note", "text": "By itself"}],
        });
        let tags = put("tag", tag, &json!({"name": "New"}));
        sets(world, json!([tags])).await;
        sets(world, json!([put("rule", rule, &body)])).await;
        let lucia = world.contact("Lucía");
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        let view = ana.view(conversation).await;
        assert_eq!(view.conversation.thread.tags[0].tag, tag);
        assert!(view.conversation.thread.turn.is_some(), "nobody has answered");
        lucia.receives("We have it").await;
        let line = eventually("it is sent", async || {
            let preview = ana.view(conversation).await.preview?;
            (preview.status != Some(MessageStatus::Queued)).then_some(preview)
        })
        .await;
        assert_eq!(line.author, Author::Acknowledgement);
        let run = runs(&ana, conversation).await.remove(0);
        assert_eq!(run.actor, Actor::Rule { id: rule });
        assert!(serde_json::to_string(&run.content).unwrap().contains("By itself"));
        let Fact::RuleRan { did, skipped, .. } = run.fact else { panic!() };
        assert_eq!(did, [RuleStep::Tag { tag }, RuleStep::Reply, RuleStep::Note]);
        assert!(skipped.is_empty());
        // Another one of the same turn: once.
        lucia.sends("¿Hola?").await;
        assert_eq!(runs(&ana, conversation).await.len(), 1);
        let now = OpId::from(uuid::Uuid::now_v7()).made_at().unwrap();
        let (from, until) = (now.plus_ms(-3_600_000), now.plus_ms(60_000));
        let ask = json!({"rules": [{"id": rule, "body": body}], "from": from, "until": until});
        let admin = world.admin().await;
        let told: DryRun = admin.signed.post("/rules/dry-run", &ask).await.expect("a dry run");
        assert_eq!((told.same, told.gone, told.rules[0].runs), (1, 0, 1));
        let ask = json!({"rules": [], "from": from, "until": until});
        let told: DryRun = admin.signed.post("/rules/dry-run", &ask).await.expect("a dry run");
        assert_eq!((told.same, told.gone, told.rules.len()), (0, 1, 0));
        ana.phone().converges().await;
    })
    .await;
}
