//! Who may use which route: generated from the table of routes, checked against a table by hand.

use baton_protocol::DeviceId;

use super::*;
use crate::http::{Access, routes};

/// Every route and who may. A route that is missing here fails.
const MATRIX: &[(&str, &str, Access)] = &[
    ("POST", "/api/v1/sessions", Access::Public),
    ("POST", "/api/v1/sessions/refresh", Access::Public),
    ("GET", "/api/v1/sessions", Access::Signed),
    ("DELETE", "/api/v1/sessions/{device}", Access::Signed),
    ("POST", "/api/v1/socket-tickets", Access::Signed),
    ("GET", "/api/v1/me", Access::Signed),
    ("PATCH", "/api/v1/me", Access::Signed),
    ("PUT", "/api/v1/me/password", Access::Signed),
    ("GET", "/api/v1/me/push", Access::Signed),
    ("PUT", "/api/v1/me/push", Access::Signed),
    ("GET", "/api/v1/push/keys", Access::Signed),
    ("GET", "/api/v1/agents", Access::Signed),
    ("POST", "/api/v1/agents", Access::Admin),
    ("GET", "/api/v1/agents/{agent}", Access::Signed),
    ("PATCH", "/api/v1/agents/{agent}", Access::Admin),
    ("GET", "/api/v1/agents/{agent}/sessions", Access::Admin),
    ("PUT", "/api/v1/agents/{agent}/password", Access::Admin),
    ("GET", "/api/v1/invitations", Access::Admin),
    ("POST", "/api/v1/invitations", Access::Admin),
    ("POST", "/api/v1/invitations/{invitation}/renew", Access::Admin),
    ("DELETE", "/api/v1/invitations/{invitation}", Access::Admin),
    ("POST", "/api/v1/invitations/read", Access::Public),
    ("POST", "/api/v1/invitations/accept", Access::Public),
    ("GET", "/api/v1/teams", Access::Signed),
    ("POST", "/api/v1/teams", Access::Admin),
    ("GET", "/api/v1/teams/{team}", Access::Signed),
    ("PATCH", "/api/v1/teams/{team}", Access::Admin),
    ("PUT", "/api/v1/teams/{team}/members/{agent}", Access::Admin),
    ("DELETE", "/api/v1/teams/{team}/members/{agent}", Access::Admin),
    ("GET", "/api/v1/channels", Access::Signed),
    ("POST", "/api/v1/channels", Access::Admin),
    ("PATCH", "/api/v1/channels/{channel}", Access::Admin),
    ("DELETE", "/api/v1/channels/{channel}", Access::Admin),
    ("POST", "/api/v1/channels/{channel}/check", Access::Admin),
    ("GET", "/api/v1/meta-apps", Access::Admin),
    ("POST", "/api/v1/meta-apps", Access::Admin),
    ("PATCH", "/api/v1/workspace", Access::Admin),
    ("GET", "/api/v1/channels/{channel}/templates", Access::Signed),
    ("PUT", "/api/v1/channels/{channel}/templates", Access::Admin),
    ("PUT", "/api/v1/channels/{channel}/templates/fallback", Access::Admin),
    ("GET", "/api/v1/channels/{channel}/templates/usage", Access::Admin),
    ("GET", "/api/v1/conversations", Access::Signed),
    ("POST", "/api/v1/conversations", Access::Signed),
    ("GET", "/api/v1/views", Access::Signed),
    ("GET", "/api/v1/saved-views", Access::Signed),
    ("POST", "/api/v1/saved-views", Access::Signed),
    ("PATCH", "/api/v1/saved-views/{view}", Access::Signed),
    ("DELETE", "/api/v1/saved-views/{view}", Access::Signed),
    ("GET", "/api/v1/heads", Access::Signed),
    ("GET", "/api/v1/conversations/{conversation}", Access::Signed),
    ("GET", "/api/v1/conversations/{conversation}/messages", Access::Signed),
    ("GET", "/api/v1/conversations/{conversation}/elsewhere", Access::Signed),
    ("GET", "/api/v1/conversations/{conversation}/changes", Access::Signed),
    ("GET", "/api/v1/conversations/{conversation}/drafts", Access::Signed),
    ("GET", "/api/v1/notices", Access::Signed),
    ("POST", "/api/v1/notices/read", Access::Signed),
    ("GET", "/api/v1/conversations/{conversation}/messages/{message}/file", Access::Signed),
    ("GET", "/api/v1/conversations/{conversation}/messages/{message}/history", Access::Signed),
    ("GET", "/api/v1/files/{token}", Access::Public),
    ("POST", "/api/v1/conversations/{conversation}/uploads", Access::Signed),
    ("GET", "/api/v1/uploads/{upload}", Access::Signed),
    ("PUT", "/api/v1/uploads/{upload}", Access::Signed),
    ("DELETE", "/api/v1/uploads/{upload}", Access::Signed),
    ("GET", "/api/v1/uploads", Access::Signed),
    ("GET", "/api/v1/review", Access::Signed),
    ("GET", "/api/v1/search", Access::Signed),
    ("GET", "/api/v1/reports/answers", Access::Supervisor),
    ("GET", "/api/v1/reports/answers/conversations", Access::Supervisor),
    ("GET", "/api/v1/reports/answers.csv", Access::Supervisor),
    ("GET", "/api/v1/log", Access::Admin),
    ("GET", "/api/v1/log.csv", Access::Admin),
    ("GET", "/api/v1/log.jsonl", Access::Admin),
    ("POST", "/api/v1/log/verify", Access::Admin),
    ("GET", "/api/v1/snapshot", Access::Signed),
    ("GET", "/api/v1/sync", Access::Signed),
    ("POST", "/api/v1/commands", Access::Signed),
    ("POST", "/api/v1/commands/outcomes", Access::Signed),
    ("PUT", "/api/v1/devices/{device}/push", Access::Signed),
    ("GET", "/api/v1/devices/{device}/push", Access::Signed),
    ("DELETE", "/api/v1/devices/{device}/push", Access::Signed),
    ("POST", "/api/v1/push/receipts", Access::Device),
    ("GET", "/api/v1/quarantine", Access::Admin),
    ("POST", "/api/v1/quarantine/{id}/replay", Access::Admin),
    ("POST", "/api/v1/quarantine/{id}/dismiss", Access::Admin),
    ("GET", "/api/v1/openapi.json", Access::Public),
    ("GET", "/api/v1/asyncapi.json", Access::Public),
    ("GET", "/api/v1/docs", Access::Public),
    ("GET", "/webhooks/whatsapp/{meta_app}", Access::Public),
    ("POST", "/webhooks/whatsapp/{meta_app}", Access::Public),
    ("GET", "/healthz", Access::Public),
    ("GET", "/readyz", Access::Public),
    ("GET", "/metrics", Access::Public),
    ("GET", "/", Access::Public),
    ("GET", "/sign-in", Access::Public),
    ("GET", "/join", Access::Public),
    ("GET", "/inbox", Access::Public),
    ("GET", "/inbox/{view}", Access::Public),
    ("GET", "/inbox/{view}/{conversation}", Access::Public),
    ("GET", "/c/{conversation}", Access::Public),
    ("GET", "/welcome", Access::Public),
    ("GET", "/board", Access::Public),
    ("GET", "/board/agent/{agent}", Access::Public),
    ("GET", "/notices", Access::Public),
    ("GET", "/review", Access::Public),
    ("GET", "/people", Access::Public),
    ("GET", "/reports", Access::Public),
    ("GET", "/search", Access::Public),
    ("GET", "/settings", Access::Public),
    ("GET", "/settings/{page}", Access::Public),
    ("GET", "/icon.svg", Access::Public),
    ("GET", "/icon-192.png", Access::Public),
    ("GET", "/icon-512.png", Access::Public),
    ("GET", "/manifest.webmanifest", Access::Public),
    ("GET", "/service-worker.js", Access::Public),
    ("GET", "/assets/{file}", Access::Public),
];

#[test]
fn every_route_has_a_row_in_the_matrix() {
    let mut found: Vec<_> =
        routes().iter().map(|r| (r.method.to_string(), r.path, r.access)).collect();
    let mut listed: Vec<_> = MATRIX
        .iter()
        .map(|(method, path, access)| ((*method).to_owned(), *path, *access))
        .collect();
    found.sort();
    listed.sort();
    assert_eq!(found, listed);
}

/// The address with ids that exist nowhere.
fn address(path: &str) -> String {
    let nowhere = uuid::Uuid::from_u128(77).to_string();
    let parts = path.split('/').map(|part| match part {
        "{meta_app}" => "999",
        part if part.starts_with('{') => &nowhere,
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn every_route_lets_in_whom_the_matrix_names_and_nobody_else() {
    for desk in desks().await {
        let revoked = sign_in(&desk.router, "acme", "ben@host").await;
        let by = desk.parts.accounts.authenticate(&revoked.access_token).await.unwrap();
        desk.parts.accounts.revoke(&desk.parts.engine, by, revoked.device_id).await.unwrap();
        let forged = Session { access_token: "ba_forged".to_owned(), ..desk.agent.clone() };
        let refresh = &desk.admin.refresh_token;
        let wrong_kind = Session { access_token: refresh.clone(), ..desk.agent.clone() };
        for (method, path, access) in MATRIX {
            let method: Method = method.parse().unwrap();
            for (who, session) in [
                ("nobody", None),
                ("forged", Some(&forged)),
                ("refresh token", Some(&wrong_kind)),
                ("revoked", Some(&revoked)),
                ("agent", Some(&desk.agent)),
                ("supervisor", Some(&desk.supervisor)),
                ("admin", Some(&desk.admin)),
            ] {
                let body = (method != Method::GET).then(|| json!({}));
                let reply = ask(&desk.router, session, method.clone(), &address(path), body).await;
                let expected = match (access, who) {
                    (Access::Public, _) => None,
                    (_, "revoked") => Some((401, "device_revoked")),
                    (_, "nobody" | "forged" | "refresh token") => Some((401, "unauthenticated")),
                    (Access::Admin, "agent" | "supervisor") => Some((403, "forbidden")),
                    (Access::Supervisor, "agent") => Some((403, "forbidden")),
                    _ => None,
                };
                let got = (reply.status.as_u16(), reply.code());
                match expected {
                    Some(expected) => assert_eq!(got, expected, "{method} {path} by {who}"),
                    None => assert!(
                        !matches!(got.0, 401 | 403 | 405 | 500..) && got.1 != "unknown_route",
                        "{method} {path} by {who}: {got:?}"
                    ),
                }
            }
        }
        desk.database.close().await;
    }
}

#[tokio::test]
async fn ids_of_another_workspace_are_not_found() {
    for desk in desks().await {
        desk.customer_writes("wamid.1", "Hola").await;
        let list = desk.get(&desk.agent, "/api/v1/conversations").await;
        let head = &list.body["conversations"][0]["view"]["head"];
        let conversation = head["id"].as_str().unwrap();
        let (agent, team) = (desk.agent.agent_id, &desk.team);
        let stranger = &desk.stranger;
        let device = desk.agent.device_id;
        let channels = desk.get(&desk.agent, "/api/v1/channels").await;
        let channel = channels.body[0]["id"].as_str().unwrap();
        for (method, path, body) in [
            ("GET", format!("/api/v1/agents/{agent}"), Value::Null),
            ("PATCH", format!("/api/v1/agents/{agent}"), json!({"name": "X"})),
            ("GET", format!("/api/v1/agents/{agent}/sessions"), Value::Null),
            ("PUT", format!("/api/v1/agents/{agent}/password"), json!({"next": PASSWORD})),
            ("GET", format!("/api/v1/teams/{team}"), Value::Null),
            ("PATCH", format!("/api/v1/teams/{team}"), json!({"name": "X"})),
            ("PUT", format!("/api/v1/teams/{team}/members/{agent}"), json!({"kind": "member"})),
            ("DELETE", format!("/api/v1/teams/{team}/members/{agent}"), Value::Null),
            ("PATCH", format!("/api/v1/channels/{channel}"), json!({"access_token": "x"})),
            ("POST", format!("/api/v1/channels/{channel}/check"), Value::Null),
            ("GET", format!("/api/v1/channels/{channel}/templates"), Value::Null),
            ("PUT", format!("/api/v1/channels/{channel}/templates"), json!({"account_id": "1"})),
            (
                "PUT",
                format!("/api/v1/channels/{channel}/templates/fallback"),
                json!({"name": "hello", "language": "en"}),
            ),
            ("GET", format!("/api/v1/channels/{channel}/templates/usage"), Value::Null),
            ("DELETE", format!("/api/v1/sessions/{device}"), Value::Null),
            ("PUT", format!("/api/v1/devices/{device}/push"), push::fcm("t")),
            ("GET", format!("/api/v1/devices/{device}/push"), Value::Null),
            ("DELETE", format!("/api/v1/devices/{device}/push"), Value::Null),
            ("GET", format!("/api/v1/conversations/{conversation}"), Value::Null),
            ("GET", format!("/api/v1/conversations/{conversation}/messages"), Value::Null),
            ("GET", format!("/api/v1/conversations/{conversation}/elsewhere"), Value::Null),
            ("GET", "/api/v1/agents/no-id".to_owned(), Value::Null),
        ] {
            let method: Method = method.parse().unwrap();
            let reply = desk.call(stranger, method.clone(), &path, body).await;
            assert_eq!(
                (reply.status.as_u16(), reply.code()),
                (404, "not_found"),
                "{method} {path}"
            );
        }
        let channel = json!({"name": "Theft", "meta_app": "123", "phone_number_id": "pn2",
            "display_number": "+1", "access_token": "x", "default_team": desk.team});
        desk.call(stranger, Method::POST, "/api/v1/channels", channel).await.is(404, "not_found");
        for path in ["/api/v1/conversations", "/api/v1/snapshot"] {
            let reply = desk.get(stranger, path).await;
            assert_eq!(reply.body["conversations"], json!([]), "{path}");
        }
        assert_eq!(desk.get(stranger, "/api/v1/quarantine").await.body, json!([]));
        let filter = format!("/api/v1/conversations?team={team}");
        assert_eq!(desk.get(stranger, &filter).await.body["conversations"], json!([]));
        desk.get(&desk.agent, "/api/v1/me").await.is(200, "");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn a_revoked_device_is_out_and_a_stranger_cannot_revoke() {
    for desk in desks().await {
        let phone = sign_in(&desk.router, "acme", "ben@host").await;
        let devices = desk.get(&desk.agent, "/api/v1/sessions").await.is(200, "");
        assert_eq!(devices.body.as_array().unwrap().len(), 2);
        let delete = async |by: &Session, device: DeviceId| {
            let path = format!("/api/v1/sessions/{device}");
            ask(&desk.router, Some(by), Method::DELETE, &path, None).await
        };
        delete(&desk.supervisor, phone.device_id).await.is(404, "not_found");
        delete(&desk.agent, phone.device_id).await.is(204, "");
        desk.get(&phone, "/api/v1/me").await.is(401, "device_revoked");
        // An admin sees whose devices there are, to revoke the right one.
        let path = format!("/api/v1/agents/{}/sessions", desk.agent.agent_id);
        let devices = desk.get(&desk.admin, &path).await.is(200, "").body;
        let ids: Vec<_> = devices.as_array().unwrap().iter().map(|device| &device["id"]).collect();
        assert_eq!(ids, [&json!(desk.agent.device_id)]);
        assert_eq!(devices[0]["current"], json!(false));
        delete(&desk.admin, desk.agent.device_id).await.is(204, "");
        assert_eq!(desk.get(&desk.admin, &path).await.body, json!([]));
        desk.get(&desk.agent, "/api/v1/me").await.is(401, "device_revoked");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn an_admin_changes_a_number_and_its_token_is_never_shown() {
    for desk in desks().await {
        let all = desk.get(&desk.admin, "/api/v1/channels").await;
        let before = all.body[0].clone();
        let path = format!("/api/v1/channels/{}", before["id"].as_str().unwrap());
        let patch =
            async |change: Value| desk.call(&desk.admin, Method::PATCH, &path, change).await;
        let position = async || {
            let snapshot = desk.get(&desk.admin, "/api/v1/snapshot").await.is(200, "");
            snapshot.body["cursor"].as_str().unwrap().to_owned()
        };
        let at = position().await;
        assert_eq!(patch(json!({})).await.is(200, "").body, before);
        assert_eq!(patch(json!({"name": "Shop"})).await.is(200, "").body, before);
        assert_eq!(position().await, at, "what holds already is no event");
        let token = patch(json!({"access_token": "EAAGnext"})).await.is(200, "");
        assert_eq!(token.body, before);
        assert_ne!(position().await, at, "everyone hears of it");
        let changed = patch(json!({"name": "Door", "pace_per_s": 7})).await.is(200, "");
        assert_eq!(
            (changed.body["name"].as_str(), &changed.body["id"], &changed.body["pace_per_s"]),
            (Some("Door"), &before["id"], &json!(7))
        );
        for (wrong, status, code) in [
            (json!({"pace_per_s": 0}), 400, "invalid"),
            (json!({"access_token": ""}), 400, "invalid"),
            (json!({"access_token": "a\nb"}), 400, "invalid"),
            (json!({"name": " "}), 400, "invalid"),
            (json!({"default_team": uuid::Uuid::from_u128(77)}), 404, "not_found"),
            (json!({"meta_app": "124"}), 400, "invalid"),
        ] {
            patch(wrong).await.is(status, code);
        }
        desk.database.close().await;
    }
}
