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

#[tokio::test]
async fn a_dry_run_over_an_erased_month_counts_what_nobody_can_judge_and_finds_the_rest() {
    for desk in desks().await {
        let words = json!([{"test": "text", "any_of": ["parcel"]}]);
        let rules = json!([
            rule(ONE, json!({"when": "message", "enabled": true, "once": "always", "if": words})),
            rule(TWO, json!({"when": "message", "enabled": true, "once": "always"})),
        ]);
        for n in 0..5 {
            desk.customer_writes(&format!("wamid.{n}"), "Where is my parcel?").await;
        }
        let now = desk.parts.clock.now();
        let month = 30 * 24 * 60 * 60 * 1_000;
        let ask = json!({
            "rules": rules, "from": now.plus_ms(60_000 - month), "until": now.plus_ms(60_000),
        });
        let tells = async || {
            let path = "/api/v1/rules/dry-run";
            let told = desk.call(&desk.admin, Method::POST, path, ask.clone()).await.is(200, "");
            let runs = |of: &str| {
                let of_it = told.body["rules"].as_array().unwrap().iter().find(|it| it["id"] == of);
                of_it.map_or(0, |of_it| of_it["runs"].as_u64().unwrap())
            };
            (told.body["erased"].as_u64().unwrap(), runs(ONE), runs(TWO))
        };
        assert_eq!(tells().await, (0, 5, 5));
        let erased = "DELETE FROM content WHERE id IN (SELECT id FROM message)";
        desk.database.tamper(erased).await;
        assert_eq!(tells().await, (5, 0, 5), "what was said is gone, that it was said is not");
        desk.database.close().await;
    }
}

/// Sets one thing in the workspace.
async fn sets(desk: &Desk, kind: &str, id: impl std::fmt::Display, body: &Value) -> Reply {
    let put = json!({"home": {"kind": "workspace"}, "body": body});
    let change = json!([{"kind": kind, "id": id.to_string(), "put": put}]);
    desk.call(&desk.admin, Method::POST, "/api/v1/settings", change).await
}

#[tokio::test]
async fn a_webhook_within_the_network_is_refused_when_it_is_set() {
    for desk in desks().await {
        for url in [
            "https://169.254.169.254/latest/meta-data",
            "https://[::ffff:10.0.0.1]/hook",
            "http://hooks.example.org/hook",
            "https://user@hooks.example.org/hook",
        ] {
            let body = json!({"name": "W", "url": url, "events": ["message.received"]});
            let reply = sets(&desk, "webhook", ONE, &body).await.is(400, "invalid");
            assert_eq!(reply.body["setting"]["field"], "url", "{url}");
        }
        desk.database.close().await;
    }
}

#[tokio::test]
async fn a_rule_with_an_ended_tag_and_the_two_hundred_and_first_are_refused() {
    for desk in desks().await {
        let clock = &desk.parts.clock;
        let tag = clock.uuid_v7();
        sets(&desk, "tag", tag, &json!({"name": "VIP"})).await.is(200, "");
        let ends = json!([{"kind": "tag", "id": tag, "expect": 1}]);
        desk.call(&desk.admin, Method::POST, "/api/v1/settings", ends).await.is(200, "");
        let puts_it_on = json!({
            "name": "Tags", "when": "message", "then": [{"do": "tag", "tag": tag}],
        });
        sets(&desk, "rule", ONE, &puts_it_on).await.is(400, "invalid");
        let notes = |n: usize| {
            let then = json!([{"do": "note", "text": "Look"}]);
            json!({"name": format!("Rule {n}"), "when": "message", "then": then})
        };
        for from in [0, 100] {
            let changes: Vec<Value> = (from..from + 100)
                .map(|n| {
                    let put = json!({"home": {"kind": "workspace"}, "body": notes(n)});
                    json!({"kind": "rule", "id": clock.uuid_v7(), "put": put})
                })
                .collect();
            let all = json!(changes);
            desk.call(&desk.admin, Method::POST, "/api/v1/settings", all).await.is(200, "");
        }
        let full = sets(&desk, "rule", clock.uuid_v7(), &notes(200)).await.is(409, "too_many");
        assert_eq!(full.body["setting"]["most"], 200);
        desk.database.close().await;
    }
}
