//! The log for admins: filtered, exported, verified, and without what people said.

use super::*;

async fn a_day(desk: &Desk) -> String {
    desk.customer_writes("wamid.1", "Hola, soy yo").await;
    let list = desk.get(&desk.agent, "/api/v1/conversations").await.body;
    let head = &list["conversations"][0]["view"]["head"];
    let id = head["id"].as_str().unwrap().to_owned();
    let note = json!({"type": "note", "text": "secret words"});
    let claim = json!({"type": "claim", "expect_owner_epoch": head["owner_epoch"]});
    for mut command in [note, claim] {
        command["op_id"] = json!(uuid::Uuid::now_v7());
        command["conversation_id"] = json!(id);
        desk.call(&desk.agent, Method::POST, "/api/v1/commands", json!([command])).await;
    }
    id
}

#[tokio::test]
async fn an_admin_reads_who_did_what_and_never_what_was_said() {
    for desk in desks().await {
        let id = a_day(&desk).await;
        let get = async |query: &str| {
            desk.get(&desk.admin, &format!("/api/v1/log{query}")).await.is(200, "")
        };
        let all = get("?limit=200").await;
        assert!(!all.text.contains("Hola") && !all.text.contains("secret"), "{}", all.text);
        let positions = |reply: &Reply| -> Vec<u64> {
            let entries = reply.body["entries"].as_array().unwrap().iter();
            entries.map(|entry| entry["position"].as_u64().unwrap()).collect()
        };
        let mut found = Vec::new();
        let mut query = "?limit=3".to_owned();
        loop {
            let page = get(&query).await;
            found.extend(positions(&page));
            let Some(next) = page.body["next"].as_u64() else { break };
            query = format!("?limit=3&before={next}");
        }
        let head = found[0];
        assert_eq!(found, (1..=head).rev().collect::<Vec<_>>(), "each once, the newest first");
        let agent = desk.agent.agent_id;
        let own = get(&format!("?agent={agent}&conversation={id}&type=owner_changed")).await;
        let [entry] = own.body["entries"].as_array().unwrap().as_slice() else { panic!() };
        assert_eq!(entry["cause"], "claimed");
        let from = desk.parts.clock.now().plus_ms(3_600_000).ms();
        assert_eq!(get(&format!("?from={from}")).await.body["entries"], json!([]));
        let theirs = desk.get(&desk.stranger, "/api/v1/log?limit=200").await.is(200, "");
        assert!(!theirs.text.contains(&id));
        for wrong in ["?type=Claimed", "?limit=0", "?page=1"] {
            desk.get(&desk.admin, &format!("/api/v1/log{wrong}")).await.is(400, "invalid");
        }
        desk.database.close().await;
    }
}

#[tokio::test]
async fn the_log_is_exported_whole_and_no_cell_is_a_formula() {
    for desk in desks().await {
        a_day(&desk).await;
        let me = json!({"name": "=HYPERLINK(\"x\")"});
        desk.call(&desk.agent, Method::PATCH, "/api/v1/me", me).await.is(200, "");
        let lines = desk.get(&desk.admin, "/api/v1/log.jsonl").await.is(200, "");
        assert_eq!(lines.headers[header::CONTENT_TYPE], "application/x-ndjson");
        let events: Vec<Value> =
            lines.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for (n, event) in events.iter().enumerate() {
            assert_eq!(event["position"], n + 1);
        }
        let table = desk.get(&desk.admin, "/api/v1/log.csv").await.is(200, "").text;
        assert!(table.starts_with("\u{feff}position,"), "spreadsheets know UTF-8 by it: {table}");
        assert_eq!(table.lines().count(), events.len() + 1);
        assert!(table.contains("\"'=HYPERLINK(\"\"x\"\")\""), "{table}");
        assert!(!table.contains("secret words") && !lines.text.contains("secret words"));
        let some = desk.get(&desk.admin, "/api/v1/log.csv?type=owner_changed").await.text;
        assert_eq!(some.lines().count(), 2, "{some}");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn a_check_reads_every_event_and_says_that_nothing_was_changed() {
    for desk in desks().await {
        a_day(&desk).await;
        let reply = desk.call(&desk.admin, Method::POST, "/api/v1/log/verify", json!({})).await;
        let reply = reply.is(200, "");
        let last: Value = serde_json::from_str(reply.text.lines().last().unwrap()).unwrap();
        assert_eq!(last["found"]["result"], "whole", "{last}");
        assert_eq!(last["checked"], last["of"]);
        assert!(last["of"].as_u64().unwrap() > 0, "{last}");
        desk.database.close().await;
    }
}
