//! Registrations of devices and receipts of pushes, as requests.

use baton_protocol::Colleague;
use baton_protocol::push::{PushDevice, PushKeys, PushRegistered, PushState, ReceiptsTaken};
use uuid::Uuid;

use super::*;
use crate::http::{Access, routes};
use crate::store::Sql;

const P256DH: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZG\
                      H6SRpkNtoIAiw4";
const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";
const RECEIPTS: &str = "/api/v1/push/receipts";

/// A registration with FCM.
pub(super) fn fcm(target: &str) -> Value {
    json!({
        "lane": "fcm", "target_kind": "token", "target": target,
        "key": {"id": "01a23b45c67d89ef", "p256dh": P256DH, "auth": AUTH},
        "app_id": "org.example.baton", "locale": "es-ES", "caps": ["actions"],
    })
}

fn path(of: &Session) -> String {
    format!("/api/v1/devices/{}/push", of.device_id)
}

fn receipt(push: Uuid, stage: &str, at: Timestamp) -> Value {
    json!({"id": push, "stage": stage, "at": at, "app_state": "extension"})
}

#[tokio::test]
async fn an_endpoint_on_a_private_network_is_refused_when_it_is_registered() {
    let desk = desks().await.remove(0);
    let by = &desk.agent;
    let webpush = |target: &str| {
        let key = json!({"p256dh": P256DH, "auth": AUTH});
        json!({"lane": "webpush", "target_kind": "endpoint", "target": target, "key": key})
    };
    for private in ["https://10.0.0.1/push", "https://ntfy.internal/push", "http://127.0.0.1/push"]
    {
        let reply = desk.call(by, Method::PUT, &path(by), webpush(private)).await;
        let reply = reply.is(400, "invalid");
        assert!(reply.text.contains("target"), "{}", reply.text);
    }
    assert!(desk.push_of(by).await.is_none());
    desk.registers(by, webpush("https://push.example/1")).await;
    desk.database.close().await;
}

impl Desk {
    async fn registers(&self, by: &Session, put: Value) -> PushRegistered {
        let reply = self.call(by, Method::PUT, &path(by), put).await.is(200, "");
        serde_json::from_value(reply.body).unwrap()
    }

    async fn push_of(&self, by: &Session) -> Option<PushDevice> {
        let reply = self.get(by, &path(by)).await;
        match reply.status.as_u16() {
            404 => None,
            _ => Some(serde_json::from_value(reply.is(200, "").body).unwrap()),
        }
    }

    /// Posts receipts with any bearer.
    async fn tells(&self, bearer: &str, receipts: &[Value]) -> Reply {
        let by = Session { access_token: bearer.to_owned(), ..self.agent.clone() };
        self.call(&by, Method::POST, RECEIPTS, json!(receipts)).await
    }

    async fn told(&self, bearer: &str, receipts: &[Value]) -> (u32, u32) {
        let reply = self.tells(bearer, receipts).await.is(200, "");
        let ReceiptsTaken { taken, ignored } = serde_json::from_value(reply.body).unwrap();
        (taken, ignored)
    }

    fn counted<const N: usize>(&self, outcomes: [&str; N]) -> [u64; N] {
        outcomes.map(|outcome| {
            let known = ["received", "shown", "opened", "dismissed", "again", "foreign", "unknown"];
            let name = known.into_iter().find(|name| *name == outcome).unwrap();
            self.parts.metrics.push_receipts.get(name)
        })
    }

    async fn rows(&self, sql: &'static Sql) -> Vec<(String, Option<String>)> {
        let mut tx = self.parts.store.read().await.unwrap();
        let rows = tx.rows(sql, &[]).await.unwrap();
        tx.rollback().await.unwrap();
        rows
    }
}

#[tokio::test]
async fn everybody_subscribes_with_the_same_key_which_is_a_point_of_the_curve() {
    for desk in desks().await {
        let mut keys = Vec::new();
        for by in [&desk.agent, &desk.admin] {
            let reply = desk.get(by, "/api/v1/push/keys").await.is(200, "");
            let PushKeys { vapid } = serde_json::from_value(reply.body).unwrap();
            // 65 bytes, the first of which is 4.
            assert_eq!((vapid.len(), vapid.starts_with('B')), (87, true), "{vapid}");
            keys.push(vapid);
        }
        assert_eq!(keys[0], keys[1]);
        desk.database.close().await;
    }
}

#[tokio::test]
async fn a_device_says_how_it_is_reached_again_and_again_and_nobody_is_shown_where() {
    static STORED: Sql = Sql::new("SELECT target_sealed, auth_sealed FROM push_device");
    for desk in desks().await {
        assert_eq!(desk.push_of(&desk.agent).await, None);
        let first = desk.registers(&desk.agent, fcm("token-1")).await;
        let again = desk.registers(&desk.agent, fcm("token-1")).await;
        assert_eq!(again.receipt_key, first.receipt_key, "its answer may have been lost");
        assert_eq!(again.registration.registered_at, first.registration.registered_at);
        // The service gave the app another token, the app made another key.
        let mut put = fcm("token-2");
        put["key"]["id"] = json!("fe98d76c54b32a10");
        put["caps"] = json!([]);
        let rotated = desk.registers(&desk.agent, put).await;
        assert_eq!(rotated.receipt_key, first.receipt_key);
        let shown = desk.get(&desk.agent, &path(&desk.agent)).await.is(200, "");
        for secret in ["token-1", "token-2", AUTH, "bp_"] {
            assert!(!shown.text.contains(secret), "{}", shown.text);
        }
        let told = desk.push_of(&desk.agent).await.unwrap();
        assert_eq!(told, rotated.registration);
        let key = told.key.unwrap();
        assert_eq!((key.id.as_deref(), &*key.p256dh), (Some("fe98d76c54b32a10"), P256DH));
        assert_eq!((told.locale.as_deref(), told.caps), (Some("es-ES"), Vec::<String>::new()));
        let rows = desk.rows(&STORED).await;
        assert_eq!(rows.len(), 1, "one row for one device");
        for sealed in [Some(&rows[0].0), rows[0].1.as_ref()].into_iter().flatten() {
            assert!(sealed.starts_with("s1:") && !sealed.contains("token-2"), "{sealed}");
        }
        // Without a key pushes carry no contents any more.
        let mut put = fcm("token-2");
        put.as_object_mut().unwrap().remove("key");
        assert_eq!(desk.registers(&desk.agent, put).await.registration.key, None);
        let delete = async || {
            ask(&desk.router, Some(&desk.agent), Method::DELETE, &path(&desk.agent), None).await
        };
        delete().await.is(204, "");
        delete().await.is(204, "");
        assert_eq!(desk.push_of(&desk.agent).await, None);
        desk.tells(&first.receipt_key, &[]).await.is(401, "unauthenticated");
        let anew = desk.registers(&desk.agent, fcm("token-2")).await;
        assert_ne!(anew.receipt_key, first.receipt_key, "that one may be in other hands");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn colleagues_see_whether_a_push_reaches_somebody_and_when_they_were_last_heard_of() {
    for desk in desks().await {
        let new = json!({
            "email": "new@host", "name": "New", "role": "agent", "password": "a long pass phrase",
        });
        let new = desk.call(&desk.admin, Method::POST, "/api/v1/agents", new).await.is(201, "");
        assert_eq!(new.body["reach"], json!({"by_push": false, "heard_at": null}));
        let reach = async || {
            let agent = desk.agent.agent_id;
            let all = desk.get(&desk.supervisor, "/api/v1/agents").await.is(200, "").body;
            let all: Vec<Colleague> = serde_json::from_value(all).unwrap();
            let listed = all.into_iter().find(|one| one.agent.id == agent).unwrap();
            let one = desk.get(&desk.admin, &format!("/api/v1/agents/{agent}")).await.is(200, "");
            assert_eq!(serde_json::from_value::<Colleague>(one.body).unwrap(), listed);
            listed.reach
        };
        let signed_in = reach().await;
        assert!(!signed_in.by_push && signed_in.heard_at.is_some(), "{signed_in:?}");
        desk.registers(&desk.agent, fcm("token-1")).await;
        let registered = reach().await;
        assert!(registered.by_push && registered.heard_at >= signed_in.heard_at);
        let (agent, at) = (Some(&desk.agent), path(&desk.agent));
        ask(&desk.router, agent, Method::DELETE, &at, None).await.is(204, "");
        assert!(!reach().await.by_push, "nothing reaches a device that took it back");
    }
}

#[tokio::test]
async fn an_app_is_told_that_the_server_is_not_set_up_for_its_push_service() {
    for desk in desks().await {
        let apple = json!({
            "lane": "apns", "target_kind": "token", "target": "0a".repeat(32), "env": "production",
            "app_id": "org.example.baton",
        });
        let made = desk.registers(&desk.agent, apple).await.registration;
        assert_eq!(made.state, PushState::NotSetUp);
        assert_eq!(desk.push_of(&desk.agent).await.unwrap().state, PushState::NotSetUp);
        let of = format!("/api/v1/agents/{}", desk.agent.agent_id);
        let reach = desk.get(&desk.admin, &of).await.is(200, "").body["reach"].clone();
        assert_eq!(reach["by_push"], json!(false), "nothing is sent there");
        let made = desk.registers(&desk.agent, fcm("token-1")).await.registration;
        assert_eq!(made.state, PushState::Active);
        desk.database.close().await;
    }
}

#[tokio::test]
async fn a_target_is_told_of_one_agent_alone_whoever_registered_it_last() {
    for desk in desks().await {
        let before = desk.registers(&desk.agent, fcm("handset")).await;
        desk.registers(&desk.supervisor, fcm("handset")).await;
        assert_eq!(desk.push_of(&desk.agent).await, None);
        desk.tells(&before.receipt_key, &[]).await.is(401, "unauthenticated");
        // Over the borders of workspaces as well: the handset is one.
        desk.registers(&desk.stranger, fcm("handset")).await;
        assert_eq!(desk.push_of(&desk.supervisor).await, None);
        assert!(desk.push_of(&desk.stranger).await.is_some());
        // A rotated token is its own.
        desk.registers(&desk.agent, fcm("handset-2")).await;
        assert!(desk.push_of(&desk.stranger).await.is_some());
        desk.database.close().await;
    }
}

#[tokio::test]
async fn devices_are_registered_from_themselves_and_read_and_ended_by_their_agent() {
    for desk in desks().await {
        let phone = sign_in(&desk.router, "acme", "ben@host").await;
        desk.registers(&phone, fcm("phone")).await;
        let address = path(&phone);
        // The agent's other device sees it and may end it, but does not say where it is.
        desk.call(&desk.agent, Method::PUT, &address, fcm("x")).await.is(409, "not_allowed");
        desk.get(&desk.agent, &address).await.is(200, "");
        for other in [&desk.supervisor, &desk.admin, &desk.stranger] {
            desk.call(other, Method::PUT, &address, fcm("x")).await.is(404, "not_found");
            desk.get(other, &address).await.is(404, "not_found");
            ask(&desk.router, Some(other), Method::DELETE, &address, None)
                .await
                .is(404, "not_found");
        }
        assert!(desk.push_of(&phone).await.is_some());
        ask(&desk.router, Some(&desk.agent), Method::DELETE, &address, None).await.is(204, "");
        assert_eq!(desk.push_of(&phone).await, None);
        desk.database.close().await;
    }
}

#[tokio::test]
async fn a_wrong_field_is_named_and_what_was_there_stays() {
    for desk in desks().await {
        desk.registers(&desk.agent, fcm("good")).await;
        for (field, value) in [
            ("target", json!("")),
            ("target", json!("a\u{0}b")),
            ("target_kind", json!("endpoint")),
            ("locale", json!("es ES")),
            ("app_id", json!("x".repeat(201))),
            ("caps", json!(["Shout"])),
            ("key", json!({"p256dh": "AAAA", "auth": AUTH})),
        ] {
            let mut put = fcm("bad");
            put[field] = value;
            let reply = desk.call(&desk.agent, Method::PUT, &path(&desk.agent), put).await;
            let reply = reply.is(400, "invalid");
            assert!(reply.text.contains(field), "{}", reply.text);
            assert!(!reply.text.contains(AUTH), "{}", reply.text);
        }
        let mut put = fcm("bad");
        put["lane"] = json!("pigeon");
        desk.call(&desk.agent, Method::PUT, &path(&desk.agent), put).await.is(400, "invalid");
        let registration = desk.push_of(&desk.agent).await.unwrap();
        assert_eq!(registration.app_id.as_deref(), Some("org.example.baton"));
        desk.database.close().await;
    }
}

#[tokio::test]
async fn receipts_are_taken_with_the_key_alone_as_often_as_they_are_told() {
    static STORED: Sql =
        Sql::new("SELECT push, CAST(shown_at AS TEXT) AS shown FROM push_receipt ORDER BY push");
    for desk in desks().await {
        let key = desk.registers(&desk.agent, fcm("t")).await.receipt_key;
        let now = desk.parts.clock.now();
        let [one, two] = [desk.parts.clock.uuid_v7(), desk.parts.clock.uuid_v7()];
        let batch =
            [receipt(one, "received", now), receipt(one, "shown", now), receipt(two, "shown", now)];
        assert_eq!(desk.told(&key, &batch).await, (3, 0));
        let later = now.plus_ms(-1);
        let batch = [receipt(one, "shown", later), receipt(two, "opened", now)];
        assert_eq!(desk.told(&key, &batch).await, (2, 0));
        // By the session's token as well.
        let dismissed = [receipt(one, "dismissed", now), receipt(one, "dismissed", now)];
        assert_eq!(desk.told(&desk.agent.access_token, &dismissed).await, (2, 0));
        assert_eq!(desk.counted(["received", "shown", "opened", "dismissed"]), [1, 2, 1, 1]);
        assert_eq!(desk.counted(["again", "foreign", "unknown"]), [2, 0, 0]);
        let rows = desk.rows(&STORED).await;
        assert_eq!(rows.len(), 2);
        assert!(rows.iter().all(|(_, shown)| shown.is_some()), "{rows:?}");
        let told = desk.push_of(&desk.agent).await.unwrap();
        assert!(told.last_receipt_at.is_some_and(|at| at >= now), "{told:?}");
        assert_eq!(desk.told(&key, &[]).await, (0, 0));
        desk.database.close().await;
    }
}

#[tokio::test]
async fn a_receipt_key_is_good_for_receipts_and_nothing_else() {
    for desk in desks().await {
        let key = desk.registers(&desk.agent, fcm("t")).await.receipt_key;
        let holder = Session { access_token: key.clone(), ..desk.agent.clone() };
        for route in routes() {
            if !matches!(route.access, Access::Public | Access::Device) {
                let address = route.path.replace("{device}", &desk.agent.device_id.to_string());
                let body = (route.method != Method::GET).then(|| json!({}));
                let reply =
                    ask(&desk.router, Some(&holder), route.method.clone(), &address, body).await;
                let got = (reply.status.as_u16(), reply.code());
                assert_eq!(got, (401, "unauthenticated"), "{} {address}", route.method);
            }
        }
        // A key with another device in it, a changed one, and none.
        let other = desk.registers(&desk.supervisor, fcm("u")).await.receipt_key;
        let mixed: String = key.chars().take(40).chain(other.chars().skip(40)).collect();
        let mut changed = key.clone();
        let last = changed.pop().unwrap();
        changed.push(if last == 'A' { 'Q' } else { 'A' });
        let now = desk.parts.clock.now();
        let batch = [receipt(desk.parts.clock.uuid_v7(), "shown", now)];
        for forged in [&mixed, &changed, "bp_", "bp_AAAA", &"bp_A".repeat(2_000)] {
            desk.tells(forged, &batch).await.is(401, "unauthenticated");
        }
        assert_eq!(desk.counted(["shown"]), [0]);
        desk.database.close().await;
    }
}

#[tokio::test]
async fn what_another_device_had_or_nobody_can_have_had_is_ignored_and_counted() {
    static STORED: Sql = Sql::new("SELECT device, NULL FROM push_receipt");
    for desk in desks().await {
        let mine = desk.registers(&desk.agent, fcm("mine")).await.receipt_key;
        let theirs = desk.registers(&desk.supervisor, fcm("theirs")).await.receipt_key;
        let now = desk.parts.clock.now();
        let push = desk.parts.clock.uuid_v7();
        assert_eq!(desk.told(&mine, &[receipt(push, "received", now)]).await, (1, 0));
        let foreign = [receipt(push, "shown", now), receipt(push, "opened", now)];
        assert_eq!(desk.told(&theirs, &foreign).await, (0, 2));
        let month_old = Uuid::new_v7(uuid::Timestamp::from_unix(
            uuid::NoContext,
            u64::try_from(now.ms() / 1_000 - 31 * 86_400).unwrap(),
            0,
        ));
        let next_year = Uuid::new_v7(uuid::Timestamp::from_unix(
            uuid::NoContext,
            u64::try_from(now.ms() / 1_000 + 365 * 86_400).unwrap(),
            0,
        ));
        let forged = [Uuid::nil(), Uuid::from_u128(5), month_old, next_year];
        let forged = forged.map(|id| receipt(id, "shown", now));
        assert_eq!(desk.told(&mine, &forged).await, (0, 4));
        assert_eq!(desk.counted(["foreign", "unknown", "shown", "opened"]), [2, 4, 0, 0]);
        let rows = desk.rows(&STORED).await;
        assert_eq!(rows, [(desk.agent.device_id.to_string(), None)]);
        // In another workspace the same id is another push.
        let far = desk.registers(&desk.stranger, fcm("far")).await.receipt_key;
        assert_eq!(desk.told(&far, &[receipt(push, "shown", now)]).await, (1, 0));
        desk.database.close().await;
    }
}

#[tokio::test]
async fn too_many_receipts_and_odd_ones_are_refused_whole() {
    for desk in desks().await {
        let key = desk.registers(&desk.agent, fcm("t")).await.receipt_key;
        let now = desk.parts.clock.now();
        let one = || receipt(desk.parts.clock.uuid_v7(), "shown", now);
        let full: Vec<_> = (0..100).map(|_| one()).collect();
        assert_eq!(desk.told(&key, &full).await, (100, 0));
        let over: Vec<_> = (0..101).map(|_| one()).collect();
        desk.tells(&key, &over).await.is(413, "too_large");
        for (field, value) in [
            ("stage", json!("eaten")),
            ("id", json!("no id")),
            ("at", json!("yesterday")),
            ("app_state", json!("asleep")),
            ("text", json!("hello")),
        ] {
            let mut odd = one();
            odd[field] = value;
            desk.tells(&key, &[one(), odd]).await.is(400, "invalid");
        }
        assert_eq!(desk.counted(["shown"]), [100]);
        desk.database.close().await;
    }
}
