//! What an admin needs to connect a number without leaving the page.

use axum::http::Method;
use serde_json::{Value, json};

use super::desks;

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
