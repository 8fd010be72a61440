//! A rule tells the webhook that it names.

use baton_protocol::setting::Rule;
use serde_json::json;

use super::*;

impl Scene {
    /// A rule that tells the webhook of each message, with a note.
    async fn is_called_by_a_rule(&self) -> SettingId {
        let id = SettingId(self.clock.clock().uuid_v7());
        let rule: Rule = serde_json::from_value(json!({
            "name": "Refunds", "enabled": true, "when": "message", "once": "always",
            "if": [{"test": "text", "any_of": ["refund"]}],
            "then": [{"do": "webhook", "webhook": self.id}, {"do": "note", "text": "Look at it"}],
        }))
        .unwrap();
        let put = SettingPut {
            home: Home::Workspace,
            rank: None,
            body: SettingBody::from(rule).to_json(),
        };
        let (kind, epoch, anyway) = (SettingKind::Rule, None, false);
        let change = SettingChange { kind, id, expect: None, epoch, put: Some(put), anyway };
        let changes = vec![(change, self.clock.clock().uuid_v4())];
        let workspace = self.bench.workspace;
        let work = SetWork { workspace, by: None, changes, secret: None };
        self.bench.engine.set(work).await.unwrap().unwrap();
        id
    }
}

#[tokio::test]
async fn a_webhook_is_told_when_a_rule_calls_it_and_nothing_of_other_rules() {
    for contents in [false, true] {
        let change = |webhook: &mut Webhook| {
            (webhook.events, webhook.contents) = (vec![WebhookKind::RuleCalled], contents);
        };
        for scene in scenes(change).await {
            let rule = scene.is_called_by_a_rule().await;
            scene.bench.says("34600", "wamid.1", "hello").await;
            scene.bench.says("34600", "wamid.2", "a refund, please").await;
            scene.tells().await;
            let [came] = scene.receiver.came().try_into().unwrap();
            assert!(scene.is_signed(&came, 0));
            let body = came.body();
            assert_eq!(body["type"], "rule.called");
            let data = &body["data"];
            assert_eq!(data["rule"]["id"], json!(rule));
            assert_eq!(
                (&data["rule"]["name"], &data["rule"]["version"]),
                (&"Refunds".into(), &1.into())
            );
            assert_eq!(data["actor"], json!({"kind": "rule", "id": rule}));
            assert!(data["conversation_id"].is_string());
            assert_eq!(data["rule"]["note"].as_str(), contents.then_some("Look at it"));
            scene.bench.close().await;
        }
    }
}

#[tokio::test]
async fn a_call_that_is_not_taken_is_made_again_under_the_same_id() {
    let change = |webhook: &mut Webhook| webhook.events = vec![WebhookKind::RuleCalled];
    for scene in scenes(change).await {
        scene.is_called_by_a_rule().await;
        scene.receiver.answers(503);
        scene.bench.says("34600", "wamid.1", "refund").await;
        scene.tells().await;
        let [first] = scene.receiver.came().try_into().unwrap();
        scene.receiver.answers(200);
        scene.bench.says("34600", "wamid.2", "refund!").await;
        scene.tells().await;
        let [other] = scene.receiver.came().try_into().unwrap();
        assert_ne!(other.id, first.id, "the next call waits for no earlier one");
        scene.clock.advance_ms(5_000);
        scene.tells().await;
        let [again] = scene.receiver.came().try_into().unwrap();
        assert_eq!((again.id, again.text), (first.id, first.text));
        scene.bench.close().await;
    }
}
