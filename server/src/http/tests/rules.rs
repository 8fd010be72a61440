//! Rules that are tried with a message that nobody sent.

use super::*;
use crate::http::long::LongKind;

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

/// Asks for a dry run of a month, or a trial, with these rules.
async fn attempts(desk: &Desk, path: &str, rules: &Value) -> Reply {
    let now = desk.parts.clock.now();
    let stretch = json!({"rules": rules, "from": now.plus_ms(-60_000), "until": now});
    let said = json!({"rules": rules, "text": "Hola"});
    let ask = if path.ends_with("dry-run") { stretch } else { said };
    desk.call(&desk.admin, Method::POST, path, ask).await
}

const ATTEMPTS: [&str; 2] = ["/api/v1/rules/dry-run", "/api/v1/rules/try"];

#[tokio::test]
async fn rules_that_are_tried_are_checked_as_those_that_are_set() {
    for desk in desks().await {
        let long = json!([{"test": "text", "any_of": ["a".repeat(201)]}]);
        let many: Vec<String> = (0..101).map(|n| format!("word {n}")).collect();
        let many = json!([{"test": "text", "any_of": many}]);
        let nobody = "0198f2a0-0000-7000-8000-00000000dead";
        let gone = json!([{"test": "tag", "any_of": [nobody]}]);
        for path in ATTEMPTS {
            for (field, tests) in [("if", &long), ("if", &many), ("if", &gone)] {
                let good = rule(ONE, json!({"when": "message"}));
                let wrong = rule(TWO, json!({"when": "message", "if": tests}));
                let told = attempts(&desk, path, &json!([good, wrong])).await.is(400, "invalid");
                assert_eq!(told.body["setting"]["field"], field, "{path}: {told:?}");
                assert_eq!(told.body["setting"]["change"], 2, "{path}");
            }
            let twice = json!([
                rule(ONE, json!({"when": "message"})),
                rule(ONE, json!({"when": "message"}))
            ]);
            attempts(&desk, path, &twice).await.is(400, "invalid");
        }
        desk.database.close().await;
    }
}

#[tokio::test]
async fn what_stands_is_tried_although_it_names_what_is_no_more() {
    for desk in desks().await {
        let clock = &desk.parts.clock;
        let (tag, of) = (clock.uuid_v7(), clock.uuid_v7());
        sets(&desk, "tag", tag, &json!({"name": "VIP"})).await.is(200, "");
        let body = json!({"name": "Tags", "when": "message", "enabled": true,
            "then": [{"do": "tag", "tag": tag}]});
        sets(&desk, "rule", of, &body).await.is(200, "");
        let ends = json!([{"kind": "tag", "id": tag, "expect": 1, "anyway": true}]);
        desk.call(&desk.admin, Method::POST, "/api/v1/settings", ends).await.is(200, "");
        for path in ATTEMPTS {
            let rules = json!([{"id": of, "body": body}]);
            attempts(&desk, path, &rules).await.is(200, "");
        }
        desk.database.close().await;
    }
}

#[tokio::test]
async fn one_dry_run_of_a_workspace_goes_at_a_time_and_another_one_is_refused() {
    for desk in desks().await {
        let long = &desk.parts.queues.long;
        let rules = json!([rule(ONE, json!({"when": "message"}))]);
        let turn = long.begin(desk.admin.workspace_id, LongKind::DryRun).unwrap();
        let told = attempts(&desk, ATTEMPTS[0], &rules).await.is(429, "rate_limited");
        assert!(told.headers.contains_key(header::RETRY_AFTER));
        attempts(&desk, ATTEMPTS[1], &rules).await.is(200, "");
        // Another workspace has a turn of its own.
        let now = desk.parts.clock.now();
        let ask = json!({"rules": [], "from": now.plus_ms(-60_000), "until": now});
        desk.call(&desk.stranger, Method::POST, ATTEMPTS[0], ask).await.is(200, "");
        drop(turn);
        attempts(&desk, ATTEMPTS[0], &rules).await.is(200, "");
        desk.database.close().await;
    }
}

/// A rule that looks for so many phrases.
fn seeks(name: &str, phrases: usize) -> Value {
    let tests: Vec<Value> = (0..phrases)
        .collect::<Vec<_>>()
        .chunks(100)
        .map(|of| {
            let words: Vec<String> = of.iter().map(|n| format!("w{n}")).collect();
            json!({"test": "text", "any_of": words})
        })
        .collect();
    json!({"name": name, "when": "message", "enabled": true, "holds": "any", "if": tests,
        "then": [{"do": "note", "text": "Look"}]})
}

#[tokio::test]
async fn the_rules_of_a_workspace_look_for_so_many_phrases_together() {
    for desk in desks().await {
        let clock = &desk.parts.clock;
        let all: Vec<uuid::Uuid> = (0..4).map(|_| clock.uuid_v7()).collect();
        let publishes = async |of: &[(usize, usize, Option<u32>)]| {
            let changes: Vec<Value> = of
                .iter()
                .map(|(n, phrases, expect)| {
                    let body = seeks(&format!("Rule {n}"), *phrases);
                    let put = json!({"home": {"kind": "workspace"}, "body": body});
                    json!({"kind": "rule", "id": all[*n], "expect": expect, "put": put})
                })
                .collect();
            desk.call(&desk.admin, Method::POST, "/api/v1/settings", json!(changes)).await
        };
        publishes(&[(0, 1_500, None), (1, 1_500, None)]).await.is(200, "");
        publishes(&[(2, 1_500, None)]).await.is(200, "");
        let over = publishes(&[(3, 501, None)]).await.is(400, "invalid");
        assert_eq!(over.body["setting"]["field"], "if");
        assert!(over.body["detail"].as_str().unwrap().contains("5001"), "{over:?}");
        publishes(&[(3, 500, None)]).await.is(200, "");
        // Those of one list count together: one makes room for the other.
        publishes(&[(0, 1_501, Some(1))]).await.is(400, "invalid");
        publishes(&[(1, 1_499, Some(1)), (0, 1_501, Some(1))]).await.is(200, "");
        publishes(&[(0, 1_502, Some(2)), (1, 1_498, Some(2))]).await.is(400, "invalid");
        // One that is off counts for nothing, until it is switched on.
        let mut off = seeks("Rule 3", 500);
        off["enabled"] = json!(false);
        let put = json!({"home": {"kind": "workspace"}, "body": off});
        let change = json!([{"kind": "rule", "id": all[3], "expect": 1, "put": put}]);
        desk.call(&desk.admin, Method::POST, "/api/v1/settings", change).await.is(200, "");
        publishes(&[(0, 1_600, Some(2))]).await.is(200, "");
        publishes(&[(3, 500, Some(2))]).await.is(400, "invalid");
        desk.database.close().await;
    }
}
