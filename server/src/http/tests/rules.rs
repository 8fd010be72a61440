//! Rules that are tried with a message that nobody sent.

use super::*;

const ONE: &str = "0198f2a0-0000-7000-8000-0000000000f1";
const TWO: &str = "0198f2a0-0000-7000-8000-0000000000f2";

fn rule(id: &str, mut body: Value) -> Value {
    body["name"] = json!("Rule");
    body["then"] = json!([{"do": "note", "text": "Look"}]);
    json!({"id": id, "body": body})
}

#[tokio::test]
async fn a_message_is_tried_on_rules_as_they_would_be_and_nothing_is_done() {
    for desk in desks().await {
        let before = desk.facts().await.len();
        let words = json!([{"test": "text", "any_of": ["parcel"]}]);
        let rules = json!([
            rule(ONE, json!({"when": "message", "enabled": true, "if": words})),
            rule(TWO, json!({"when": "message"})),
        ]);
        let tries = async |text: &str| {
            let ask = json!({"rules": rules, "text": text});
            let reply = desk.call(&desk.admin, Method::POST, "/api/v1/rules/try", ask).await;
            assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
            reply.body["rules"].clone()
        };
        let told = tries("Where is my Parcel?").await;
        let ran = json!({"id": ONE, "fate": "runs", "tests": [true], "did": [{"do": "note"}]});
        assert_eq!(told, json!([ran, {"id": TWO, "fate": "off"}]));
        let told = tries("Hola").await;
        assert_eq!(told[0], json!({"id": ONE, "fate": "tests", "tests": [false]}));
        assert_eq!(desk.facts().await.len(), before, "nothing was done");
    }
}

#[tokio::test]
async fn a_trial_refuses_too_many_rules_long_texts_and_what_is_not_there() {
    for desk in desks().await {
        let one = rule(ONE, json!({"when": "message"}));
        let many: Vec<Value> = vec![one.clone(); 201];
        let nobody = "0198f2a0-0000-7000-8000-00000000dead";
        for (ask, status) in [
            (json!({"rules": many}), StatusCode::BAD_REQUEST),
            (json!({"rules": [one], "text": "a".repeat(4097)}), StatusCode::BAD_REQUEST),
            (json!({"rules": [one], "conversation_id": nobody}), StatusCode::NOT_FOUND),
            (json!({"rules": [one], "channel_id": nobody}), StatusCode::NOT_FOUND),
        ] {
            let reply = desk.call(&desk.admin, Method::POST, "/api/v1/rules/try", ask).await;
            assert_eq!(reply.status, status, "{reply:?}");
        }
        let ask = json!({"rules": [one], "text": "a".repeat(4096)});
        let reply = desk.call(&desk.admin, Method::POST, "/api/v1/rules/try", ask).await;
        assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    }
}
