//! Who may use which route: generated from the table of routes, checked against a table by hand.

use std::collections::BTreeMap;

use baton_protocol::setting::Readers;
use baton_protocol::{DeviceId, SettingKind};

use super::*;
use crate::http::{Access, routes};

/// Who may use each address, by hand: a line for each, with its methods. An address that is missing
/// here fails, and the test says which line it wants.
const MATRIX: &[(&str, &str)] = &[
    ("/api/v1/sessions", "GET person, POST public"),
    ("/api/v1/sessions/refresh", "POST public"),
    ("/api/v1/sessions/{device}", "DELETE person"),
    ("/api/v1/socket-tickets", "POST person"),
    ("/api/v1/me", "GET signed, PATCH person"),
    ("/api/v1/me/password", "PUT person"),
    ("/api/v1/me/push", "GET signed, PUT person"),
    ("/api/v1/push/keys", "GET signed"),
    ("/api/v1/agents", "GET signed, POST admin"),
    ("/api/v1/agents/{agent}", "GET signed, PATCH admin"),
    ("/api/v1/agents/{agent}/sessions", "GET admin"),
    ("/api/v1/agents/{agent}/password", "PUT admin"),
    ("/api/v1/invitations", "GET admin, POST admin"),
    ("/api/v1/invitations/{invitation}/renew", "POST admin"),
    ("/api/v1/invitations/{invitation}", "DELETE admin"),
    ("/api/v1/invitations/read", "POST public"),
    ("/api/v1/invitations/accept", "POST public"),
    ("/api/v1/passwords/forgotten", "POST public"),
    ("/api/v1/passwords/new", "POST public"),
    ("/api/v1/teams", "GET signed, POST admin"),
    ("/api/v1/teams/{team}", "GET signed, PATCH admin"),
    ("/api/v1/teams/{team}/members/{agent}", "GET admin, PUT admin, DELETE admin"),
    ("/api/v1/channels", "GET signed, POST admin"),
    ("/api/v1/channels/{channel}", "PATCH admin, DELETE admin"),
    ("/api/v1/meta-apps", "GET admin, POST admin"),
    ("/api/v1/workspace", "PATCH admin"),
    ("/api/v1/workspace/logo", "PUT admin, DELETE admin"),
    ("/api/v1/logos/{logo}", "GET public"),
    ("/api/v1/channels/{channel}/check", "POST admin"),
    ("/api/v1/channels/{channel}/templates", "GET signed, PUT admin"),
    ("/api/v1/channels/{channel}/templates/fallback", "PUT admin"),
    ("/api/v1/channels/{channel}/templates/usage", "GET admin"),
    ("/api/v1/conversations", "GET signed, POST signed"),
    ("/api/v1/views", "GET signed"),
    ("/api/v1/next", "GET signed"),
    ("/api/v1/board", "GET supervisor"),
    ("/api/v1/saved-views", "GET signed, POST person"),
    ("/api/v1/saved-views/{view}", "PATCH person, DELETE person"),
    ("/api/v1/settings", "GET signed, POST person"),
    ("/api/v1/settings/kinds", "GET signed"),
    ("/api/v1/settings/used-by", "GET signed"),
    ("/api/v1/settings/broken", "GET admin"),
    ("/api/v1/rules/dry-run", "POST admin"),
    ("/api/v1/rules/try", "POST admin"),
    ("/api/v1/outgoing-webhooks/{setting}/deliveries", "GET admin"),
    ("/api/v1/outgoing-webhooks/{setting}/test", "POST admin"),
    ("/api/v1/outgoing-webhooks/{setting}/resume", "POST admin"),
    ("/api/v1/heads", "GET signed"),
    ("/api/v1/conversations/{conversation}", "GET signed"),
    ("/api/v1/conversations/{conversation}/messages", "GET signed"),
    ("/api/v1/conversations/{conversation}/elsewhere", "GET signed"),
    ("/api/v1/conversations/{conversation}/changes", "GET signed"),
    ("/api/v1/conversations/{conversation}/context", "GET signed"),
    ("/api/v1/conversations/{conversation}/suggestion", "POST signed"),
    ("/api/v1/conversations/{conversation}/episodes", "GET signed"),
    ("/api/v1/conversations/{conversation}/routing", "GET signed"),
    ("/api/v1/conversations/{conversation}/drafts", "GET signed"),
    ("/api/v1/canned-replies/uses", "GET signed"),
    ("/api/v1/contacts/{contact}/attributes", "PUT signed"),
    ("/api/v1/contacts/{contact}/files", "GET signed"),
    ("/api/v1/notices", "GET signed"),
    ("/api/v1/notices/read", "POST signed"),
    ("/api/v1/conversations/{conversation}/messages/{message}/file", "GET signed"),
    ("/api/v1/conversations/{conversation}/messages/{message}/history", "GET signed"),
    ("/api/v1/files/{token}", "GET public"),
    ("/api/v1/conversations/{conversation}/uploads", "POST signed"),
    ("/api/v1/uploads/{upload}", "GET signed, PUT signed, DELETE signed"),
    ("/api/v1/uploads", "GET signed"),
    ("/api/v1/review", "GET signed"),
    ("/api/v1/search", "GET signed"),
    ("/api/v1/reports/answers", "GET supervisor"),
    ("/api/v1/reports/answers/conversations", "GET supervisor"),
    ("/api/v1/reports/answers.csv", "GET supervisor"),
    ("/api/v1/log", "GET admin"),
    ("/api/v1/log.csv", "GET admin"),
    ("/api/v1/log.jsonl", "GET admin"),
    ("/api/v1/log/verify", "POST admin"),
    ("/api/v1/snapshot", "GET signed"),
    ("/api/v1/sync", "GET signed"),
    ("/api/v1/commands", "POST signed"),
    ("/api/v1/commands/outcomes", "POST signed"),
    ("/api/v1/devices/{device}/push", "GET person, PUT person, DELETE person"),
    ("/api/v1/push/receipts", "POST device"),
    ("/api/v1/quarantine", "GET admin"),
    ("/api/v1/quarantine/{id}/replay", "POST admin"),
    ("/api/v1/quarantine/{id}/dismiss", "POST admin"),
    ("/api/v1/openapi.json", "GET public"),
    ("/api/v1/asyncapi.json", "GET public"),
    ("/api/v1/docs", "GET public"),
    ("/webhooks/whatsapp/{meta_app}", "GET public, POST public"),
    ("/healthz", "GET public"),
    ("/readyz", "GET public"),
    ("/metrics", "GET public"),
    ("/", "GET public"),
    ("/sign-in", "GET public"),
    ("/join", "GET public"),
    ("/new-password", "GET public"),
    ("/inbox", "GET public"),
    ("/inbox/{view}", "GET public"),
    ("/inbox/{view}/{conversation}", "GET public"),
    ("/c/{conversation}", "GET public"),
    ("/welcome", "GET public"),
    ("/board", "GET public"),
    ("/board/agent/{agent}", "GET public"),
    ("/notices", "GET public"),
    ("/review", "GET public"),
    ("/people", "GET public"),
    ("/reports", "GET public"),
    ("/search", "GET public"),
    ("/settings", "GET public"),
    ("/settings/{page}", "GET public"),
    ("/settings/{page}/{setting}", "GET public"),
    ("/icon.svg", "GET public"),
    ("/icon-192.png", "GET public"),
    ("/icon-512.png", "GET public"),
    ("/manifest.webmanifest", "GET public"),
    ("/service-worker.js", "GET public"),
    ("/assets/{file}", "GET public"),
];

/// Every line of the matrix as the table of routes has it.
fn lines() -> BTreeMap<String, String> {
    const METHODS: [Method; 5] =
        [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    let mut routes = routes();
    routes.retain(|route| !of_settings().any(|(_, path, _)| route.path == path));
    for method in METHODS {
        for route in routes.iter().filter(|route| route.method == method) {
            let line = all.entry(route.path.to_string()).or_default();
            let comma = if line.is_empty() { "" } else { ", " };
            let may = format!("{:?}", route.access).to_ascii_lowercase();
            line.push_str(&format!("{comma}{method} {may}"));
        }
    }
    all
}

/// Each method of each address, and who the matrix says may.
fn matrix() -> Vec<(Method, &'static str, Access)> {
    let all = [
        Access::Public,
        Access::Signed,
        Access::Person,
        Access::Device,
        Access::Supervisor,
        Access::Admin,
    ];
    let of = |path: &'static str, may: &str| {
        let (method, who) = may.split_once(' ').expect("a method and who may");
        let access = all.into_iter().find(|one| format!("{one:?}").eq_ignore_ascii_case(who));
        (method.parse().expect("a method"), path, access.expect("who may"))
    };
    let line = |(path, line): &(&'static str, &'static str)| {
        line.split(", ").map(|may| of(path, may)).collect::<Vec<_>>()
    };
    MATRIX.iter().flat_map(line).chain(of_settings()).collect()
}

#[test]
fn every_route_has_a_line_in_the_matrix() {
    let there = lines();
    let listed: BTreeMap<String, String> =
        MATRIX.iter().map(|(path, line)| ((*path).to_owned(), (*line).to_owned())).collect();
    assert_eq!(listed.len(), MATRIX.len(), "an address stands twice");
    let wanted = there.iter().filter(|(path, line)| listed.get(*path) != Some(*line));
    let wanted: Vec<_> = wanted.map(|line| format!("{line:?},")).collect();
    assert!(wanted.is_empty(), "the matrix wants\n{}", wanted.join("\n"));
    let gone: Vec<_> = listed.keys().filter(|path| !there.contains_key(*path)).collect();
    assert!(gone.is_empty(), "no route has {gone:?}");
}

/// For each kind of setting and verb: who sees the home may ask, and the home decides.
fn of_settings() -> impl Iterator<Item = (Method, &'static str, Access)> {
    SettingKind::ALL.into_iter().flat_map(|kind| {
        let spec = kind.spec();
        let (who, sets) = match spec.reads {
            Readers::Everyone => (Access::Signed, Access::Person),
            Readers::Admins => (Access::Admin, Access::Admin),
        };
        let one = [(Method::GET, who), (Method::PUT, sets), (Method::DELETE, sets)];
        let one = one.map(|(method, who)| (method, spec.one, who));
        let lists = [spec.list, spec.history].map(|path| (Method::GET, path, who));
        let secrets = [
            (Method::GET, spec.secrets, who),
            (Method::POST, spec.secrets, who),
            (Method::DELETE, spec.secret_one, who),
        ];
        let secrets = secrets.into_iter().filter(|_| spec.secret.is_some());
        one.into_iter().chain(lists).chain(secrets)
    })
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
        let of_agent = keyed(&desk, &desk.agent, false).await;
        let agents_reader = keyed(&desk, &desk.agent, true).await;
        let of_admin = keyed(&desk, &desk.admin, false).await;
        let admins_reader = keyed(&desk, &desk.admin, true).await;
        for (method, path, access) in matrix() {
            for (who, session) in [
                ("nobody", None),
                ("forged", Some(&forged)),
                ("refresh token", Some(&wrong_kind)),
                ("revoked", Some(&revoked)),
                ("agent", Some(&desk.agent)),
                ("supervisor", Some(&desk.supervisor)),
                ("admin", Some(&desk.admin)),
                ("agent's key", Some(&of_agent)),
                ("agent's reader", Some(&agents_reader)),
                ("admin's key", Some(&of_admin)),
                ("admin's reader", Some(&admins_reader)),
            ] {
                let body = (method != Method::GET).then(|| json!({}));
                let reply = ask(&desk.router, session, method.clone(), &address(path), body).await;
                let expected = match (access, who) {
                    (Access::Public, _) => None,
                    (_, "revoked") => Some((401, "device_revoked")),
                    (_, "nobody" | "forged" | "refresh token") => Some((401, "unauthenticated")),
                    (Access::Admin, "agent" | "supervisor") => Some((403, "forbidden")),
                    (Access::Supervisor, "agent") => Some((403, "forbidden")),
                    (_, who) if is_forbidden_to_key(access, &method, who) => {
                        Some((403, "forbidden"))
                    }
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

/// A session of a program with a key of somebody.
async fn keyed(desk: &Desk, of: &Session, read_only: bool) -> Session {
    let name = format!("{} {read_only}", of.agent_id);
    let body = json!({ "name": name, "agent": of.agent_id, "read_only": read_only });
    let one = keys::key(desk, body).await;
    keys::program(desk, &one).await
}

/// What programs may not, by hand: nothing of people, nothing that sets something up, nothing of a
/// role that their agent has not, and with a key that only reads nothing that does something.
fn is_forbidden_to_key(access: Access, method: &Method, who: &str) -> bool {
    let is_read = method == Method::GET;
    let (is_reader, is_admin) = (who.ends_with("reader"), who.starts_with("admin's"));
    let is_key = is_reader || who.ends_with("key");
    is_key
        && match access {
            Access::Public => false,
            Access::Person | Access::Device => true,
            Access::Signed => is_reader && !is_read,
            Access::Supervisor => !is_admin,
            Access::Admin => !is_admin || !is_read,
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
            ("GET", format!("/api/v1/teams/{team}/members/{agent}"), Value::Null),
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
