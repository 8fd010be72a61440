//! What an admin needs to connect a number without leaving the page.

use axum::http::Method;
use serde_json::{Value, json};

use super::desks;
use crate::accounts::settings::practice::PracticePlace;
use crate::config::Secret;

#[tokio::test]
async fn an_admin_is_told_what_meta_asks_for_and_adds_an_app_where_nobody_else_can_be_meant() {
    for desk in desks().await {
        let told = desk.get(&desk.admin, "/api/v1/meta-apps").await.is(200, "").body;
        let app = &told["apps"][0];
        assert_eq!(app["id"], "123");
        assert_eq!(app["webhook"], "/webhooks/whatsapp/123");
        assert_eq!(app["verify_token"], "let in");
        assert_eq!(told["apps"].as_array().unwrap().len(), 1);
        // Two workspaces share this server.
        assert_eq!(told["may_add"], json!(false));
        let new = json!({"id": "456", "app_secret": "a secret"});
        desk.call(&desk.admin, Method::POST, "/api/v1/meta-apps", new.clone())
            .await
            .is(409, "not_allowed");
        let others = desk.get(&desk.stranger, "/api/v1/meta-apps").await.is(200, "").body;
        assert_eq!(others["apps"], json!([]), "an app that was not granted is not there");
        for by in [&desk.supervisor, &desk.agent] {
            desk.get(by, "/api/v1/meta-apps").await.is(403, "forbidden");
        }
        desk.database.close().await;
    }
}

#[tokio::test]
async fn a_workspace_has_a_name_that_its_admins_change() {
    for desk in desks().await {
        let path = "/api/v1/workspace";
        let change = json!({"name": " Baton Bikes "});
        desk.call(&desk.agent, Method::PATCH, path, change.clone()).await.is(403, "forbidden");
        let me = desk.call(&desk.admin, Method::PATCH, path, change).await.is(200, "").body;
        assert_eq!(me["workspace_name"], "Baton Bikes");
        let me = desk.get(&desk.agent, "/api/v1/me").await.is(200, "").body;
        assert_eq!(
            (&me["workspace"], &me["workspace_name"]),
            (&json!("acme"), &json!("Baton Bikes"))
        );
        let nothing = json!({"name": " "});
        desk.call(&desk.admin, Method::PATCH, path, nothing).await.is(400, "invalid");
        let others = desk.get(&desk.stranger, "/api/v1/me").await.is(200, "").body;
        assert_eq!(others["workspace_name"], "other");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn only_a_number_for_practice_can_be_removed() {
    for desk in desks().await {
        let all = desk.get(&desk.admin, "/api/v1/channels").await.is(200, "").body;
        assert!(all[0].get("practice").is_none());
        let path = format!("/api/v1/channels/{}", all[0]["id"].as_str().unwrap());
        desk.call(&desk.admin, Method::DELETE, &path, Value::Null).await.is(409, "not_allowed");
        desk.call(&desk.stranger, Method::DELETE, &path, Value::Null).await.is(404, "not_found");
        assert_eq!(desk.get(&desk.admin, "/api/v1/channels").await.body, all);
        desk.database.close().await;
    }
}

#[tokio::test]
async fn numbers_for_practice_and_real_ones_have_nothing_in_common() {
    for desk in desks().await {
        let place = PracticePlace {
            app_secret: Secret::new("of the simulator"),
            verify_token: Secret::new("let in"),
            phone_number_id: "practice-1".to_owned(),
            display_number: "+1 555".to_owned(),
            access_token: "practice-number".to_owned(),
        };
        let of = desk.admin.workspace_id;
        let (practice, _) =
            desk.parts.accounts.practise(&desk.parts.engine, of, &place).await.unwrap();
        let adds = |app: &str, token: &str| {
            json!({"name": "Shop", "meta_app": app, "phone_number_id": "106540352242922",
                "display_number": "+1 555", "access_token": token, "check": false,
                "default_team": desk.team})
        };
        let path = "/api/v1/channels";
        for (app, token, field) in [
            ("practice", "EAAG", "meta_app"),
            ("practice-2", "EAAG", "meta_app"),
            ("practice", "practice-number", "meta_app"),
            ("123", "practice-number", "access_token"),
            ("123", " practice", "access_token"),
        ] {
            let new = adds(app, token);
            let told = desk.call(&desk.admin, Method::POST, path, new).await.is(400, "invalid");
            assert!(told.body["detail"].as_str().unwrap().starts_with(field), "{told:?}");
        }
        // Nor does one become the other by a new token.
        for (number, token, status) in [
            (desk.channel.clone(), "practice-number", 400),
            (desk.channel.clone(), "EAAG-new", 200),
            (practice.to_string(), "EAAG", 400),
        ] {
            let path = format!("{path}/{number}");
            let change = json!({"access_token": token});
            let told = desk.call(&desk.admin, Method::PATCH, &path, change).await;
            assert_eq!(told.status.as_u16(), status, "{token}: {told:?}");
        }
        desk.call(&desk.admin, Method::POST, path, adds("123", "EAAG")).await.is(201, "");
        desk.database.close().await;
    }
}
