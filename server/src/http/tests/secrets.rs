//! Secrets of settings: told once, replaced without a gap, and found nowhere afterwards.

use baton_model::settings::example;
use baton_protocol::SettingKind;

use super::*;
use crate::store::Sql;
use crate::store::stamped::verify_rows;
use crate::store::verify::verify_log;

/// Makes a webhook; its address.
async fn webhook(desk: &Desk) -> String {
    let one = format!("/api/v1/outgoing-webhooks/{}", desk.parts.clock.uuid_v7());
    let mut request = Request::builder().method(Method::PUT).uri(&one);
    request = request.header(header::IF_NONE_MATCH, "*");
    let bearer = format!("Bearer {}", desk.admin.access_token);
    request = request.header(header::AUTHORIZATION, bearer);
    request = request.header(header::CONTENT_TYPE, "application/json");
    let put = serde_json::to_string(&example(SettingKind::Webhook)).unwrap();
    send(&desk.router, request.body(Body::from(put)).unwrap()).await.is(200, "");
    one
}

async fn make(desk: &Desk, by: &Session, one: &str) -> Reply {
    ask(&desk.router, Some(by), Method::POST, &format!("{one}/secrets"), None).await
}

async fn end(desk: &Desk, one: &str, n: u32) -> Reply {
    ask(&desk.router, Some(&desk.admin), Method::DELETE, &format!("{one}/secrets/{n}"), None).await
}

#[tokio::test]
async fn a_secret_is_told_in_the_answer_that_makes_it_and_nowhere_else() {
    static ROW: Sql = Sql::new("SELECT sealed FROM setting_secret");
    for desk in desks().await {
        let one = webhook(&desk).await;
        let made = make(&desk, &desk.admin, &one).await.is(201, "");
        assert_eq!(made.headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(made.body["n"], 1);
        let secret = made.body["secret"].as_str().unwrap().to_owned();
        assert!(secret.starts_with("whsec_") && secret.len() > 40, "{secret}");
        let random = secret.trim_start_matches("whsec_");
        let cursor = format!("{}:0", desk.parts.store.epoch());
        for path in [
            one.clone(),
            format!("{one}/history"),
            format!("{one}/secrets"),
            format!("{one}/deliveries"),
            "/api/v1/outgoing-webhooks".to_owned(),
            "/api/v1/settings".to_owned(),
            "/api/v1/log?limit=200".to_owned(),
            format!("/api/v1/sync?after={cursor}"),
        ] {
            let told = desk.get(&desk.admin, &path).await.is(200, "");
            assert!(!told.text.contains(random), "{path} tells it");
        }
        let mut tx = desk.parts.store.read().await.unwrap();
        let rows: Vec<(String,)> = tx.rows(&ROW, &[]).await.unwrap();
        tx.rollback().await.unwrap();
        assert_eq!(rows.len(), 1);
        assert!(!rows[0].0.contains(random), "the database has it in plain text");
        let past = desk.get(&desk.admin, &format!("{one}/history")).await.is(200, "").body;
        assert_eq!((&past[0]["secret"], &past[0]["changed"]), (&json!("made"), &json!([])));
        assert_eq!(past[0]["body"], past[1]["body"], "nothing else changed");
        let now = desk.get(&desk.admin, &one).await.is(200, "").body;
        assert_eq!(now["version"], 2);
        desk.database.close().await;
    }
}

#[tokio::test]
async fn two_secrets_count_at_once_and_numbers_are_never_used_again() {
    for desk in desks().await {
        let one = webhook(&desk).await;
        for n in [1, 2] {
            assert_eq!(make(&desk, &desk.admin, &one).await.is(201, "").body["n"], n);
        }
        let third = make(&desk, &desk.admin, &one).await.is(409, "too_many");
        assert_eq!(third.body["setting"]["most"], 2);
        end(&desk, &one, 1).await.is(204, "");
        end(&desk, &one, 1).await.is(204, "");
        end(&desk, &one, 9).await.is(404, "not_found");
        assert_eq!(make(&desk, &desk.admin, &one).await.is(201, "").body["n"], 3);
        let listed = desk.get(&desk.admin, &format!("{one}/secrets")).await.is(200, "").body;
        let ended: Vec<_> =
            listed.as_array().unwrap().iter().map(|of| of.get("ended_at").is_some()).collect();
        assert_eq!(ended, [true, false, false]);
        let past = desk.get(&desk.admin, &format!("{one}/history")).await.is(200, "").body;
        let steps: Vec<_> =
            past.as_array().unwrap().iter().map(|of| of["secret"].clone()).collect();
        assert_eq!(json!(steps), json!(["made", "ended", "made", "made", null]));
        let (store, workspace) = (&desk.parts.store, desk.admin.workspace_id);
        assert_eq!(verify_log(store, workspace).await.unwrap().fault, None);
        desk.database.close().await;
    }
}

#[tokio::test]
async fn who_may_not_set_a_setting_makes_no_secret_of_it_and_ends_none() {
    for desk in desks().await {
        let one = webhook(&desk).await;
        make(&desk, &desk.admin, &one).await.is(201, "");
        for by in [&desk.agent, &desk.supervisor] {
            make(&desk, by, &one).await.is(403, "forbidden");
            desk.get(by, &format!("{one}/secrets")).await.is(403, "forbidden");
        }
        make(&desk, &desk.stranger, &one).await.is(404, "not_found");
        desk.get(&desk.stranger, &format!("{one}/secrets")).await.is(404, "not_found");
        desk.get(&desk.stranger, &format!("{one}/deliveries")).await.is(404, "not_found");
        let tag = format!("/api/v1/tags/{}/secrets", desk.parts.clock.uuid_v7());
        let none = ask(&desk.router, Some(&desk.admin), Method::POST, &tag, None).await;
        none.is(404, "unknown_route");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn with_a_setting_its_secrets_end() {
    for desk in desks().await {
        let one = webhook(&desk).await;
        make(&desk, &desk.admin, &one).await.is(201, "");
        let mut request = Request::builder().method(Method::DELETE).uri(&one);
        let bearer = format!("Bearer {}", desk.admin.access_token);
        request = request.header(header::AUTHORIZATION, bearer).header(header::IF_MATCH, "2");
        send(&desk.router, request.body(Body::empty()).unwrap()).await.is(200, "");
        let listed = desk.get(&desk.admin, &format!("{one}/secrets")).await.is(200, "").body;
        assert!(listed[0].get("ended_at").is_some(), "{listed}");
        make(&desk, &desk.admin, &one).await.is(404, "not_found");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn a_secret_that_was_put_into_the_database_by_hand_is_named() {
    for desk in desks().await {
        let store = &desk.parts.store;
        store.stamp_with(desk.parts.keys.stamps(), Some("stamped")).await.unwrap();
        let one = webhook(&desk).await;
        make(&desk, &desk.admin, &one).await.is(201, "");
        end(&desk, &one, 1).await.is(204, "");
        let faults = async || {
            let rows = verify_rows(store, 0).await.unwrap().expect("stamps");
            rows.faults.into_iter().map(|fault| fault.table).collect::<Vec<_>>()
        };
        assert_eq!(faults().await, Vec::<String>::new());
        desk.database.tamper("UPDATE setting_secret SET ended_at = NULL").await;
        assert_eq!(faults().await, ["setting_secret"]);
        desk.database.close().await;
    }
}

#[tokio::test]
async fn a_webhook_leads_to_the_open_internet_alone() {
    for desk in desks().await {
        let put = |url: &str| {
            let mut put = serde_json::to_value(example(SettingKind::Webhook)).unwrap();
            put["body"]["url"] = json!(url);
            json!([{"kind": "webhook", "id": desk.parts.clock.uuid_v7(), "put": put}])
        };
        for url in [
            "http://hooks.example.org/x",
            "https://127.0.0.1/x",
            "https://localhost/x",
            "https://10.0.0.1/x",
            "https://[::1]/x",
            "ftp://hooks.example.org/x",
            "https://",
            "hooks",
        ] {
            let publish = desk.call(&desk.admin, Method::POST, "/api/v1/settings", put(url));
            let refused = publish.await.is(400, "invalid");
            assert_eq!(refused.body["setting"]["field"], "url", "{url}");
        }
        let publish =
            desk.call(&desk.admin, Method::POST, "/api/v1/settings", put("https://a.org"));
        publish.await.is(200, "");
        desk.database.close().await;
    }
}
