//! Counts and packed heads say what the list says.

use std::collections::BTreeSet;

use super::*;
use crate::http::tests::webhooks::{message, post, sign};

async fn writes(desk: &Desk, n: u32) {
    let body = message(&format!("wamid.{n}"), "Hola").replace("34600", &format!("3460000{n}"));
    post(desk, &body, Some(&sign(&body))).await.is(200, "");
}

async fn acts(desk: &Desk, by: &Session, act: Value) {
    let mut command = act;
    command["op_id"] = json!(uuid::Uuid::now_v7());
    let reply = desk.call(by, Method::POST, "/api/v1/commands", json!([command])).await;
    assert!(reply.body["results"][0]["accepted"].is_object(), "{}", reply.text);
}

async fn listed(desk: &Desk, by: &Session) -> Vec<Value> {
    let mut rows = Vec::new();
    for status in ["open", "waiting", "snoozed"] {
        let path = format!("/api/v1/conversations?status={status}&limit=200");
        let page = desk.get(by, &path).await.is(200, "").body;
        rows.extend(page["conversations"].as_array().unwrap().iter().cloned());
    }
    rows
}

/// Seven conversations: two of the agent's, one of the supervisor's, one waits, one is snoozed,
/// one is done.
async fn a_day(desk: &Desk) {
    for n in 1..=7 {
        writes(desk, n).await;
    }
    let rows = listed(desk, &desk.admin).await;
    let head = |n: usize| rows[n]["view"]["head"].clone();
    let claim = |n: usize| {
        json!({"type": "claim", "conversation_id": head(n)["id"],
            "expect_owner_epoch": head(n)["owner_epoch"]})
    };
    acts(desk, &desk.agent, claim(0)).await;
    acts(desk, &desk.agent, claim(1)).await;
    acts(desk, &desk.supervisor, claim(2)).await;
    for (n, mut act) in [
        (3, json!({"type": "mark_waiting"})),
        (4, json!({"type": "snooze", "until": desk.parts.clock.now().plus_ms(3_600_000)})),
        (5, json!({"type": "resolve"})),
        (2, json!({"type": "follow"})),
    ] {
        act["conversation_id"] = head(n)["id"].clone();
        if n != 2 {
            act["seen"] = rows[n]["view"]["thread"]["last_line"].clone();
        }
        acts(desk, &desk.agent, act).await;
    }
}

#[tokio::test]
async fn packed_heads_are_those_of_the_list() {
    for desk in desks().await {
        a_day(&desk).await;
        for by in [&desk.agent, &desk.supervisor, &desk.admin] {
            let heads = desk.get(by, "/api/v1/heads").await.is(200, "").body;
            let rows = listed(&desk, by).await;
            assert_eq!(heads["rows"], json!(6));
            assert_eq!(heads["rows"], json!(rows.len()));
            let columns = &heads["columns"];
            let ids = columns["ids"].as_str().unwrap();
            for (n, id) in ids.as_bytes().chunks(32).enumerate() {
                let id = uuid::Uuid::parse_str(str::from_utf8(id).unwrap()).unwrap();
                let row = rows.iter().find(|row| row["view"]["head"]["id"] == json!(id)).unwrap();
                let (head, thread) = (&row["view"]["head"], &row["view"]["thread"]);
                assert_eq!(columns["revision"][n], head["revision"]);
                assert_eq!(columns["customer_seq"][n], thread["customer_seq"]);
                let place =
                    |name: &str| usize::try_from(columns[name][n].as_u64().unwrap()).unwrap();
                assert_eq!(heads["teams"][place("team")], head["team_id"]);
                let owner = match place("owner") {
                    0 => json!({"kind": "queue", "id": head["team_id"]}),
                    at => json!({"kind": "agent", "id": heads["agents"][at - 1]}),
                };
                assert_eq!(owner, head["owner"]);
                let ms = columns["activity_at"][n].as_i64().unwrap();
                let at = Timestamp::from_ms(heads["base_ms"].as_i64().unwrap() + ms);
                assert_eq!(json!(at), head["activity_at"]);
                let status = columns["status"].as_str().unwrap().as_bytes()[n];
                assert!(head["status"]["kind"].as_str().unwrap().as_bytes()[0] == status);
            }
        }
        let heads = desk.get(&desk.agent, "/api/v1/heads").await.body;
        assert_eq!(heads["followed"].as_array().unwrap().len(), 1);
        let stranger = desk.get(&desk.stranger, "/api/v1/heads").await.is(200, "").body;
        assert_eq!(stranger["rows"], 0);
        desk.database.close().await;
    }
}

#[tokio::test]
async fn heads_that_are_known_are_not_sent_again() {
    for desk in desks().await {
        a_day(&desk).await;
        let ask = async |tag: &str| {
            let bearer = format!("Bearer {}", desk.agent.access_token);
            let request = Request::get("/api/v1/heads")
                .header(header::AUTHORIZATION, bearer)
                .header(header::IF_NONE_MATCH, tag);
            send(&desk.router, request.body(Body::empty()).unwrap()).await
        };
        let first = ask("W/\"none\"").await.is(200, "");
        let tag = first.headers[header::ETAG].to_str().unwrap();
        assert_eq!(ask(tag).await.is(304, "").text, "");
        writes(&desk, 8).await;
        let next = ask(tag).await.is(200, "");
        assert_eq!(next.body["rows"], 7);
        let other = desk.get(&desk.admin, "/api/v1/heads").await;
        assert_ne!(other.headers[header::ETAG], next.headers[header::ETAG]);
        desk.database.close().await;
    }
}

#[tokio::test]
async fn a_head_alone_says_nothing_of_its_lines() {
    for desk in desks().await {
        a_day(&desk).await;
        let team = format!("/api/v1/teams/{}", desk.team);
        desk.call(&desk.admin, Method::PATCH, &team, json!({"visibility": "head"})).await;
        let heads = desk.get(&desk.agent, "/api/v1/heads").await.is(200, "").body;
        let columns = &heads["columns"];
        let levels = columns["level"].as_str().unwrap();
        // What is one's own, and the one below: head alone.
        assert_eq!(levels.bytes().filter(|level| *level == b'f').count(), 2, "{levels}");
        for (n, level) in levels.bytes().enumerate().filter(|(_, level)| *level == b'h') {
            assert_eq!(level, b'h');
            for hidden in ["customer_seq", "read_seq"] {
                assert_eq!(columns[hidden][n], 0, "{hidden}");
            }
            assert_eq!(columns["window_until"][n], Value::Null);
        }
        assert_eq!(heads["followed"], json!([]));
        desk.database.close().await;
    }
}

#[tokio::test]
async fn views_are_counted_as_they_list() {
    for desk in desks().await {
        a_day(&desk).await;
        let counts = async |by: &Session| desk.get(by, "/api/v1/views").await.is(200, "").body;
        let team = format!("team-{}", desk.team);
        let agent = counts(&desk.agent).await["views"].clone();
        // Two of the agent's, one that is followed, and the two of the queue.
        assert_eq!(agent, json!({"mine": 5, "late": 4, "open": 5, "snoozed": 1, team.as_str(): 5}));
        let admin = counts(&desk.admin).await["views"].clone();
        assert_eq!(
            (&admin["mine"], &admin["open"], &admin[&team]),
            (&json!(5 - 3), &json!(5), &json!(5))
        );
        let stranger = counts(&desk.stranger).await["views"].clone();
        assert_eq!(stranger, json!({"mine": 0, "late": 0, "open": 0, "snoozed": 0}));
        let change = json!({"visibility": "head"});
        let path = format!("/api/v1/teams/{}", desk.team);
        desk.call(&desk.admin, Method::PATCH, &path, change).await.is(200, "");
        assert_eq!(counts(&desk.agent).await["views"]["mine"], 4, "a head cannot be followed");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn rows_are_read_by_their_ids_and_only_those_in_scope() {
    for desk in desks().await {
        a_day(&desk).await;
        let rows = listed(&desk, &desk.agent).await;
        let id = |n: usize| rows[n]["view"]["head"]["id"].as_str().unwrap();
        let path = format!("/api/v1/conversations?ids={},{}", id(1), id(0));
        let page = desk.get(&desk.agent, &path).await.is(200, "").body;
        let found: BTreeSet<_> = page["conversations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["view"]["head"]["id"].as_str().unwrap())
            .collect();
        assert_eq!(found, BTreeSet::from([id(0), id(1)]));
        let none = desk.get(&desk.stranger, &path).await.is(200, "").body;
        assert_eq!(none["conversations"], json!([]));
        for wrong in [format!("{path}&status=open"), "/api/v1/conversations?ids=a".to_owned()] {
            desk.get(&desk.agent, &wrong).await.is(400, "invalid");
        }
        let many = vec![id(0); 101].join(",");
        let path = format!("/api/v1/conversations?ids={many}");
        desk.get(&desk.agent, &path).await.is(400, "invalid");
        desk.database.close().await;
    }
}
