//! Filters that are kept by name: whose they are, who may change them, how many there may be.

use axum::http::Method;
use serde_json::{Value, json};

use super::{ask, desks};
use crate::store::verify::verify_log;

const ALL: &str = "/api/v1/saved-views";

fn names(body: &Value) -> Vec<&str> {
    body.as_array().unwrap().iter().map(|view| view["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn ones_own_views_are_ones_own_and_a_teams_are_its_supervisors_to_change() {
    for desk in desks().await {
        let add = async |by, body: Value| desk.call(by, Method::POST, ALL, body).await;
        let waits = json!({"name": " Waits ", "filter": {"unanswered": true, "owner": "me"}});
        let own = add(&desk.agent, waits).await.is(201, "").body;
        assert_eq!((own["name"].as_str(), &own["editable"]), (Some("Waits"), &json!(true)));
        let late = json!({"name": "Late", "of_team": desk.team, "filter": {"status": "open"}});
        add(&desk.agent, late.clone()).await.is(403, "forbidden");
        add(&desk.stranger, late.clone()).await.is(404, "not_found");
        let of_team = add(&desk.admin, late).await.is(201, "").body;

        let sooner = json!({"name": "Sooner", "of_team": desk.team, "filter": {"owner": "nobody"}});
        let sooner = add(&desk.supervisor, sooner).await.is(201, "").body;
        let path = format!("{ALL}/{}", sooner["id"].as_str().unwrap());
        desk.call(&desk.supervisor, Method::DELETE, &path, Value::Null).await.is(204, "");

        let seen = desk.get(&desk.agent, ALL).await.is(200, "").body;
        assert_eq!(names(&seen), ["Late", "Waits"]);
        assert_eq!(seen[0]["editable"], json!(false));
        assert_eq!(names(&desk.get(&desk.admin, ALL).await.body), ["Late"]);
        assert!(names(&desk.get(&desk.stranger, ALL).await.body).is_empty());

        let path = |view: &Value| format!("{ALL}/{}", view["id"].as_str().unwrap());
        let change = json!({"name": "Ours"});
        let patch = async |by, view: &Value| {
            desk.call(by, Method::PATCH, &path(view), change.clone()).await
        };
        patch(&desk.agent, &of_team).await.is(403, "forbidden");
        patch(&desk.admin, &own).await.is(404, "not_found");
        patch(&desk.stranger, &own).await.is(404, "not_found");
        let changed = patch(&desk.admin, &of_team).await.is(200, "").body;
        assert_eq!((&changed["name"], &changed["filter"]), (&json!("Ours"), &of_team["filter"]));

        let drop =
            async |by, view: &Value| desk.call(by, Method::DELETE, &path(view), Value::Null).await;
        drop(&desk.agent, &of_team).await.is(403, "forbidden");
        drop(&desk.agent, &own).await.is(204, "");
        drop(&desk.agent, &own).await.is(404, "not_found");
        assert_eq!(names(&desk.get(&desk.agent, ALL).await.body), ["Ours"]);

        let member = format!("/api/v1/teams/{}/members/{}", desk.team, desk.agent.agent_id);
        ask(&desk.router, Some(&desk.admin), Method::DELETE, &member, None).await.is(204, "");
        assert!(names(&desk.get(&desk.agent, ALL).await.body).is_empty());
        patch(&desk.agent, &of_team).await.is(404, "not_found");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn a_view_has_a_name_and_says_something_and_there_are_twenty_at_most() {
    for desk in desks().await {
        let add = async |body: Value| desk.call(&desk.agent, Method::POST, ALL, body).await;
        let long = "x".repeat(41);
        for wrong in [
            json!({"name": " ", "filter": {"unanswered": true}}),
            json!({"name": long, "filter": {"unanswered": true}}),
            json!({"name": "a\nb", "filter": {"unanswered": true}}),
            json!({"name": "A", "filter": {}}),
            json!({"name": "A", "filter": {"text": " "}}),
            json!({"name": "A", "filter": {"text": "x".repeat(101)}}),
            json!({"name": "A", "filter": {"owner": "everybody"}}),
            json!({"name": "A", "filter": {"colour": "red"}}),
            json!({"name": "A", "filter": {"unanswered": true, "text": "x"}}),
            json!({"name": "A", "filter": {"unanswered": true, "status": "resolved"}}),
        ] {
            add(wrong).await.is(400, "invalid");
        }
        for n in 0..20 {
            let view = json!({"name": format!("View {n}"), "filter": {"text": "garantía"}});
            add(view).await.is(201, "");
        }
        let more = json!({"name": "One more", "filter": {"text": "x"}});
        add(more).await.is(409, "not_allowed");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn a_teams_view_is_a_setting_that_its_members_hear_of_and_the_log_tells() {
    for desk in desks().await {
        let cursor = desk.get(&desk.agent, "/api/v1/snapshot").await.body["cursor"].clone();
        let cursor = cursor.as_str().unwrap().to_owned();
        let late = json!({"name": "Late", "of_team": desk.team, "filter": {"status": "open"}});
        let made = desk.call(&desk.supervisor, Method::POST, ALL, late).await.is(201, "").body;
        let missed = desk.get(&desk.agent, &format!("/api/v1/sync?after={cursor}")).await;
        let events: Vec<Value> = missed.body["frames"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|frame| frame["events"].as_array().cloned().unwrap_or_default())
            .collect();
        let told = events.iter().find(|event| event["kind"] == "saved_view").unwrap();
        let id = made["id"].as_str().unwrap();
        assert_eq!((&told["type"], &told["setting_id"]), (&json!("setting_changed"), &made["id"]));
        assert_eq!(told["content"]["setting"]["name"], "Late");
        let one =
            desk.get(&desk.agent, &format!("/api/v1/inbox-views/{id}")).await.is(200, "").body;
        assert_eq!(one["body"]["filter"], made["filter"]);
        let report = verify_log(&desk.parts.store, desk.agent.workspace_id).await.unwrap();
        assert_eq!(report.fault, None);
        desk.database.close().await;
    }
}
