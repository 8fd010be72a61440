//! Keys of programs: they work as their agent, set nothing up, and end at once.

use baton_protocol::setting::ApiKey;
use baton_protocol::{AgentId, Timestamp};

use super::*;
use crate::clock::ManualClock;

/// Makes a key that works as the agent Ben; its address.
pub(super) async fn key(desk: &Desk, more: Value) -> String {
    let mut body = json!({ "name": "Orders", "agent": desk.agent.agent_id });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let one = format!("/api/v1/api-keys/{}", desk.parts.clock.uuid_v7());
    put(desk, &one, (header::IF_NONE_MATCH, "*"), &body).await.is(200, "");
    one
}

async fn put(desk: &Desk, one: &str, seen: (header::HeaderName, &str), body: &Value) -> Reply {
    let bearer = format!("Bearer {}", desk.admin.access_token);
    let request = Request::builder()
        .method(Method::PUT)
        .uri(one)
        .header(seen.0, seen.1)
        .header(header::AUTHORIZATION, bearer)
        .header(header::CONTENT_TYPE, "application/json");
    let put = json!({ "home": { "kind": "workspace" }, "body": body });
    send(&desk.router, request.body(Body::from(put.to_string())).unwrap()).await
}

/// A session of a program with a new secret of a key.
pub(super) async fn program(desk: &Desk, one: &str) -> Session {
    let path = format!("{one}/secrets");
    let made = ask(&desk.router, Some(&desk.admin), Method::POST, &path, None).await.is(201, "");
    let access_token = made.body["secret"].as_str().unwrap().to_owned();
    assert!(access_token.starts_with("bk_"), "{access_token}");
    Session { access_token, ..desk.agent.clone() }
}

#[tokio::test]
async fn a_program_sees_and_does_what_its_agent_may_and_sets_nothing_up() {
    for desk in desks().await {
        desk.customer_writes("wamid.1", "Hola").await;
        let one = key(&desk, json!({})).await;
        let program = program(&desk, &one).await;
        let me = desk.get(&program, "/api/v1/me").await.is(200, "").body;
        assert_eq!(me["agent"]["id"], json!(desk.agent.agent_id));
        let list = desk.get(&program, "/api/v1/conversations").await.is(200, "").body;
        assert_eq!(list["conversations"].as_array().unwrap().len(), 1);
        let head = &list["conversations"][0]["view"]["head"];
        let command = json!([{
            "op_id": desk.parts.clock.uuid_v7(), "conversation_id": head["id"],
            "type": "claim", "expect_owner_epoch": head["owner_epoch"],
        }]);
        let path = "/api/v1/commands";
        let done = ask(&desk.router, Some(&program), Method::POST, path, Some(command)).await;
        assert_eq!(done.status.as_u16(), 200, "{done:?}");
        let list = desk.get(&program, "/api/v1/conversations").await.is(200, "").body;
        let owner = &list["conversations"][0]["view"]["head"]["owner"];
        assert_eq!(owner["id"], json!(desk.agent.agent_id));
        let setting = format!("/api/v1/canned-replies/{}", desk.parts.clock.uuid_v7());
        for (method, path) in [
            (Method::PUT, "/api/v1/me/password"),
            (Method::GET, "/api/v1/sessions"),
            (Method::POST, "/api/v1/socket-tickets"),
            (Method::PUT, &*setting),
            (Method::POST, "/api/v1/settings"),
            (Method::POST, "/api/v1/saved-views"),
            (Method::POST, "/api/v1/push/receipts"),
        ] {
            ask(&desk.router, Some(&program), method, path, Some(json!({})))
                .await
                .is(403, "forbidden");
        }
        desk.database.close().await;
    }
}

#[tokio::test]
async fn a_key_of_an_admin_sets_nothing_up_and_one_that_reads_does_nothing() {
    for desk in desks().await {
        let of_admin = key(&desk, json!({ "agent": desk.admin.agent_id })).await;
        let admin = program(&desk, &of_admin).await;
        desk.get(&admin, "/api/v1/log?limit=10").await.is(200, "");
        let more = format!("{of_admin}/secrets");
        for (method, path) in [(Method::POST, &*more), (Method::POST, "/api/v1/teams")] {
            ask(&desk.router, Some(&admin), method, path, Some(json!({})))
                .await
                .is(403, "forbidden");
        }
        let one = key(&desk, json!({ "name": "Export", "read_only": true })).await;
        let reader = program(&desk, &one).await;
        desk.get(&reader, "/api/v1/conversations").await.is(200, "");
        ask(&desk.router, Some(&reader), Method::POST, "/api/v1/commands", Some(json!([])))
            .await
            .is(403, "forbidden");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn a_key_ends_with_its_secret_its_setting_its_last_day_and_its_agent() {
    for database in databases().await {
        let clock = ManualClock::new(Timestamp::from_ms(1_767_225_600_000), 1);
        let desk = Box::pin(desk(database, clock.clock())).await;
        let me = "/api/v1/me";
        let one = key(&desk, json!({ "until": "2026-01-01" })).await;
        let (first, second) = (program(&desk, &one).await, program(&desk, &one).await);
        desk.get(&first, me).await.is(200, "");
        let end = format!("{one}/secrets/1");
        ask(&desk.router, Some(&desk.admin), Method::DELETE, &end, None).await.is(204, "");
        desk.get(&first, me).await.is(401, "unauthenticated");
        desk.get(&second, me).await.is(200, "");
        let lasting = key(&desk, json!({ "name": "Lasting" })).await;
        let third = program(&desk, &lasting).await;
        clock.advance_ms(24 * 60 * 60 * 1_000 - 1);
        desk.get(&second, me).await.is(200, "");
        clock.advance_ms(1);
        desk.get(&second, me).await.is(401, "unauthenticated");
        desk.get(&third, me).await.is(200, "");
        let admin = sign_in(&desk.router, "acme", "admin@host").await;
        let agent = format!("/api/v1/agents/{}", desk.agent.agent_id);
        let leaves = Some(json!({ "state": "leaving" }));
        ask(&desk.router, Some(&admin), Method::PATCH, &agent, leaves).await.is(200, "");
        desk.get(&third, me).await.is(401, "unauthenticated");
        for wrong in ["bk_", "bk_forged", &format!("{}x", second.access_token), &"b".repeat(500)] {
            let forged = Session { access_token: wrong.to_owned(), ..desk.agent.clone() };
            desk.get(&forged, me).await.is(401, "unauthenticated");
        }
        desk.database.close().await;
    }
}

#[tokio::test]
async fn a_key_keeps_its_agent_and_its_last_day_is_a_day() {
    for desk in desks().await {
        let one = key(&desk, json!({})).await;
        let other = json!({ "name": "Orders", "agent": desk.supervisor.agent_id });
        let read = desk.get(&desk.admin, &one).await.is(200, "");
        let etag = read.headers[header::ETAG].to_str().unwrap().to_owned();
        let refused = put(&desk, &one, (header::IF_MATCH, &etag), &other).await.is(400, "invalid");
        assert!(refused.text.contains("agent"), "{refused:?}");
        let body = json!({ "name": "Odd", "agent": desk.agent.agent_id, "until": "2026-02-30" });
        let new = format!("/api/v1/api-keys/{}", desk.parts.clock.uuid_v7());
        put(&desk, &new, (header::IF_NONE_MATCH, "*"), &body).await.is(400, "invalid");
        let nobody = ApiKey {
            name: "Nobody".to_owned(),
            agent: AgentId(uuid::Uuid::from_u128(9)),
            read_only: false,
            until: None,
        };
        let body = serde_json::to_value(nobody).unwrap();
        let refused = put(&desk, &new, (header::IF_NONE_MATCH, "*"), &body).await;
        assert!(refused.status.is_client_error(), "{refused:?}");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn a_program_takes_neither_requests_nor_commands_of_its_agent() {
    for desk in desks().await {
        let one = key(&desk, json!({})).await;
        let program = program(&desk, &one).await;
        let accounts = &desk.parts.accounts;
        let program = accounts.authenticate(&program.access_token).await.unwrap();
        let agent = accounts.authenticate(&desk.agent.access_token).await.unwrap();
        let mut held = Vec::new();
        for _ in 0..6 {
            held.push(desk.parts.queues.slots.take(program.party()).await.unwrap());
        }
        desk.get(&desk.agent, "/api/v1/me").await.is(200, "");
        let before = desk.parts.quota.take(agent.party(), 1).unwrap().remaining;
        desk.parts.quota.take(program.party(), 200).unwrap();
        let after = desk.parts.quota.take(agent.party(), 1).unwrap().remaining;
        assert!(after + 1 >= before, "{before} and then {after}");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn one_secret_of_a_key_is_not_the_other_and_a_change_of_what_it_may_is_told() {
    use crate::accounts::SessionState;
    for desk in desks().await {
        let accounts = &desk.parts.accounts;
        let workspace = desk.admin.workspace_id;
        let one = key(&desk, json!({})).await;
        let (first, second) = (program(&desk, &one).await, program(&desk, &one).await);
        let mut speak = Vec::new();
        for session in [&first, &second, &desk.agent] {
            speak.push(accounts.authenticate(&session.access_token).await.unwrap());
        }
        let standings = async || accounts.standings(workspace, &speak).await.unwrap();
        assert_eq!(standings().await, [SessionState::Live; 3]);
        let end = format!("{one}/secrets/1");
        ask(&desk.router, Some(&desk.admin), Method::DELETE, &end, None).await.is(204, "");
        let [over, live] = [SessionState::SignInAgain, SessionState::Live];
        assert_eq!(standings().await, [over, live, live]);
        let read = desk.get(&desk.admin, &one).await.is(200, "");
        let etag = read.headers[header::ETAG].to_str().unwrap().to_owned();
        let reads = json!({ "name": "Orders", "agent": desk.agent.agent_id, "read_only": true });
        put(&desk, &one, (header::IF_MATCH, &etag), &reads).await.is(200, "");
        assert_eq!(standings().await, [over, SessionState::Changed, live]);
        let agent = format!("/api/v1/agents/{}", desk.agent.agent_id);
        let role = Some(json!({ "role": "supervisor" }));
        ask(&desk.router, Some(&desk.admin), Method::PATCH, &agent, role).await.is(200, "");
        let changed = SessionState::Changed;
        assert_eq!(standings().await, [over, changed, changed]);
        // The same device again is another session: the socket of the one before is over.
        accounts.sign_out(speak[2]).await.unwrap();
        let again = json!({ "workspace": "acme", "email": "ben@host", "password": PASSWORD,
            "device_id": desk.agent.device_id });
        let back = ask(&desk.router, None, Method::POST, "/api/v1/sessions", Some(again)).await;
        assert_eq!(back.body["device_id"], json!(desk.agent.device_id), "{back:?}");
        assert_eq!(standings().await[2], over);
        desk.database.close().await;
    }
}
