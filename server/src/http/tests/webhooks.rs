//! Meta's POSTs: nothing is stored without a good signature, everything before the 200.

use baton_protocol::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::*;
use crate::clock::ManualClock;
use crate::http::ApiState;
use crate::http::quarantine::Quarantine;
use crate::store::Sql;

const PATH: &str = "/webhooks/whatsapp/123";

/// A text by a customer.
pub(super) fn message(wamid: &str, text: &str) -> String {
    json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{
        "field": "messages", "value": {"messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "1555", "phone_number_id": "pn1"},
        "contacts": [{"profile": {"name": "Lucía"}, "wa_id": "34600"}],
        "messages": [{"from": "34600", "id": wamid, "timestamp": "1790000000",
            "type": "text", "text": {"body": text}}]}}]}]})
    .to_string()
}

pub(super) fn sign(body: &str) -> String {
    sign_with(APP_SECRET, body)
}

fn sign_with(secret: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

pub(super) async fn post(desk: &Desk, body: &str, signature: Option<&str>) -> Reply {
    let mut request = Request::post(PATH);
    if let Some(signature) = signature {
        request = request.header("x-hub-signature-256", signature);
    }
    send(&desk.router, request.body(Body::from(body.to_owned())).unwrap()).await
}

async fn count(desk: &Desk, sql: &'static Sql) -> i64 {
    let mut tx = desk.parts.store.read().await.unwrap();
    tx.row::<(i64,)>(sql, &[]).await.unwrap().unwrap().0
}

static INTAKE: Sql = Sql::new("SELECT CAST(COUNT(*) AS BIGINT) FROM intake");
static MESSAGES: Sql = Sql::new("SELECT CAST(COUNT(*) AS BIGINT) FROM message");
static ASIDE: Sql = Sql::new("SELECT CAST(COUNT(*) AS BIGINT) FROM quarantine");

#[tokio::test]
async fn a_post_is_committed_once_however_often_it_comes() {
    for desk in desks().await {
        let body = message("wamid.1", "Hola");
        for _ in 0..3 {
            let reply = post(&desk, &body, Some(&sign(&body))).await.is(200, "");
            assert_eq!(reply.text, "");
            assert_eq!((count(&desk, &INTAKE).await, count(&desk, &MESSAGES).await), (1, 1));
        }
        let list = desk.get(&desk.agent, "/api/v1/conversations").await.is(200, "");
        let row = &list.body["conversations"][0];
        assert_eq!((&row["level"], &row["unread"]), (&json!("full"), &json!(1)));
        assert_eq!(desk.parts.metrics.webhooks.get("committed"), 3);
        desk.database.close().await;
    }
}

#[tokio::test]
async fn what_is_not_signed_is_refused_and_leaves_nothing() {
    for desk in desks().await {
        let body = message("wamid.1", "Hola");
        let good = sign(&body);
        let upper = good.to_uppercase().replace("SHA256", "sha256");
        for signature in [None, Some("sha256=00"), Some(upper.as_str()), Some("sha1=0")] {
            post(&desk, &body, signature).await.is(401, "bad_signature");
        }
        post(&desk, &format!("{body} "), Some(&good)).await.is(401, "bad_signature");
        let twice = Request::post(PATH)
            .header("x-hub-signature-256", &good)
            .header("x-hub-signature-256", &good)
            .body(Body::from(body.clone()))
            .unwrap();
        send(&desk.router, twice).await.is(401, "bad_signature");
        let elsewhere = Request::post("/webhooks/whatsapp/124")
            .header("x-hub-signature-256", &good)
            .body(Body::from(body))
            .unwrap();
        send(&desk.router, elsewhere).await.is(404, "not_found");
        post(&desk, "{", Some(&sign("{"))).await.is(400, "malformed");
        let large = " ".repeat(desk.parts.http.body_bytes_max + 1);
        post(&desk, &large, Some(&sign(&large))).await.is(413, "too_large");
        assert_eq!((count(&desk, &INTAKE).await, count(&desk, &MESSAGES).await), (0, 0));
        desk.database.close().await;
    }
}

#[tokio::test]
async fn a_secret_added_counts_at_once_and_one_removed_for_a_second_at_most() {
    for database in databases().await {
        let time = ManualClock::new(Timestamp::from_ms(1_790_000_000_000), 5);
        let desk = Box::pin(desk(database, time.clock())).await;
        let posts = async |nth: u32, secret: &str| {
            let body = message(&format!("wamid.{nth}"), "Hola");
            post(&desk, &body, Some(&sign_with(secret, &body))).await
        };
        let adds = async |secret: &str| {
            desk.parts.accounts.add_meta_app("123", &Secret::new(secret), None).await.unwrap();
        };
        posts(1, APP_SECRET).await.is(200, "");
        posts(2, "next").await.is(401, "bad_signature");
        adds("next").await;
        posts(3, "next").await.is(200, "");
        posts(4, APP_SECRET).await.is(200, "");
        // Three are tried: each further one removes the oldest.
        adds("third").await;
        adds("fourth").await;
        time.advance_ms(1_000);
        posts(5, APP_SECRET).await.is(401, "bad_signature");
        for (nth, secret) in [(6, "next"), (7, "third"), (8, "fourth")] {
            posts(nth, secret).await.is(200, "");
        }
        assert_eq!(count(&desk, &MESSAGES).await, 6);
        desk.database.close().await;
    }
}

#[tokio::test]
async fn meta_gets_its_challenge_back_for_the_right_token() {
    for desk in desks().await {
        let ask = |token: &str| {
            let path =
                format!("{PATH}?hub.mode=subscribe&hub.challenge=11%2058&hub.verify_token={token}");
            let router = desk.router.clone();
            async move { ask(&router, None, Method::GET, &path, None).await }
        };
        let reply = ask("let+in").await.is(200, "");
        assert_eq!(reply.text, "11 58");
        assert!(reply.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/plain"));
        ask("let+out").await.is(403, "forbidden");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn what_was_set_aside_is_shown_to_the_only_workspace_the_operator_granted_the_app() {
    for desk in desks().await {
        let body = message("wamid.1", "Hola").replace("pn1", "pn2");
        post(&desk, &body, Some(&sign(&body))).await.is(200, "");
        let seen = async |by| {
            let rows = desk.get(by, "/api/v1/quarantine").await.is(200, "").body;
            rows.as_array().unwrap().len()
        };
        let teams = desk.get(&desk.stranger, "/api/v1/teams").await.is(200, "").body;
        let team = teams[0]["id"].as_str().unwrap();
        let new = json!({"name": "Theft", "meta_app": "123", "phone_number_id": "pn2",
            "display_number": "+1", "access_token": "x", "default_team": team});
        let theft = desk.call(&desk.stranger, Method::POST, "/api/v1/channels", new).await;
        assert!(theft.is(404, "not_found").text.contains("meta app"));
        assert_eq!((seen(&desk.admin).await, seen(&desk.stranger).await), (1, 0));
        operator_adds_number(&desk.parts, &desk.stranger, team, "pn3").await;
        assert_eq!((seen(&desk.admin).await, seen(&desk.stranger).await), (0, 0));
        desk.database.close().await;
    }
}

#[tokio::test]
async fn what_was_set_aside_is_replayed_once_its_number_is_connected() {
    for desk in desks().await {
        let body = message("wamid.1", "Hola").replace("pn1", "pn2");
        post(&desk, &body, Some(&sign(&body))).await.is(200, "");
        assert_eq!((count(&desk, &ASIDE).await, count(&desk, &MESSAGES).await), (1, 0));
        let rows = desk.get(&desk.admin, "/api/v1/quarantine").await.is(200, "").body;
        let path = format!("/api/v1/quarantine/{}/replay", rows[0]["id"].as_str().unwrap());
        let replay = |by| ask(&desk.router, Some(by), Method::POST, &path, None);
        replay(&desk.admin).await.is(409, "not_allowed");
        replay(&desk.stranger).await.is(404, "not_found");
        let new = json!({"name": "Second", "meta_app": "123", "phone_number_id": "pn2",
            "display_number": "+1 556", "access_token": "EAAG", "default_team": desk.team,
            "check": false});
        desk.call(&desk.admin, Method::POST, "/api/v1/channels", new).await.is(201, "");
        for _ in 0..2 {
            replay(&desk.admin).await.is(204, "");
            assert_eq!(count(&desk, &MESSAGES).await, 1);
        }
        let rows = desk.get(&desk.admin, "/api/v1/quarantine").await.body;
        assert!(rows[0]["replayed_at"].is_string(), "{rows}");
        desk.database.close().await;
    }
}

fn operator(desk: &Desk) -> Quarantine<'_> {
    let ApiState { store, engine, clock, .. } = &desk.parts;
    Quarantine { store, engine, clock, workspace: None }
}

#[tokio::test]
async fn what_an_app_of_two_workspaces_brought_is_the_operators_to_replay() {
    for desk in desks().await {
        let body = message("wamid.1", "Hola").replace("pn1", "pn2");
        post(&desk, &body, Some(&sign(&body))).await.is(200, "");
        let teams = desk.get(&desk.stranger, "/api/v1/teams").await.is(200, "").body;
        operator_adds_number(&desk.parts, &desk.stranger, teams[0]["id"].as_str().unwrap(), "pn3")
            .await;
        assert_eq!(desk.get(&desk.admin, "/api/v1/quarantine").await.body, json!([]));
        let quarantine = operator(&desk);
        let rows = quarantine.list(None, 9).await.unwrap();
        let [row] = &rows[..] else { panic!("{rows:?}") };
        assert_eq!((row.meta_app.as_str(), row.replayed_at), ("123", None));
        let id = row.id.parse().unwrap();
        assert!(quarantine.replay(id).await.is_err(), "its number is not connected yet");
        operator_adds_number(&desk.parts, &desk.admin, &desk.team, "pn2").await;
        quarantine.replay(id).await.unwrap();
        assert_eq!(count(&desk, &MESSAGES).await, 1);
        assert!(quarantine.read(id).await.unwrap().replayed_at.is_some());
        desk.database.close().await;
    }
}

#[tokio::test]
async fn what_nobody_wants_is_dismissed_by_who_sees_it() {
    for desk in desks().await {
        let body = message("wamid.1", &"Hola ".repeat(2_000)).replace("pn1", "pn2");
        post(&desk, &body, Some(&sign(&body))).await.is(200, "");
        let rows = desk.get(&desk.admin, "/api/v1/quarantine").await.is(200, "").body;
        let shown = rows[0]["element"].as_str().unwrap();
        assert_eq!(shown.chars().count(), 4_096, "a list shows the beginning of a long one");
        let id = rows[0]["id"].as_str().unwrap();
        let path = format!("/api/v1/quarantine/{id}/dismiss");
        let dismiss = |by| ask(&desk.router, Some(by), Method::POST, &path, None);
        dismiss(&desk.stranger).await.is(404, "not_found");
        let whole = operator(&desk).read(id.parse().unwrap()).await.unwrap();
        assert!(whole.dismissed_at.is_none() && whole.element.len() > 10_000);
        for _ in 0..2 {
            dismiss(&desk.admin).await.is(204, "");
        }
        let rows = desk.get(&desk.admin, "/api/v1/quarantine").await.is(200, "").body;
        assert!(rows[0]["dismissed_at"].is_string() && rows[0]["replayed_at"].is_null(), "{rows}");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn nothing_is_acknowledged_into_a_database_whose_file_was_removed_or_replaced() {
    for desk in desks().await {
        let Some(file) = desk.database.url.strip_prefix("sqlite://").map(str::to_owned) else {
            desk.database.close().await;
            continue;
        };
        let watched = desk.parts.store.clone();
        let watch = tokio::spawn(async move { watched.keep_watch().await });
        let aside = format!("{file}.aside");
        let body = message("wamid.1", "Hola");
        for replaced in [false, true] {
            std::fs::rename(&file, &aside).unwrap();
            if replaced {
                std::fs::copy(&aside, &file).unwrap();
            }
            post(&desk, &body, Some(&sign(&body))).await.is(503, "unavailable");
            let ready = desk.get(&desk.agent, "/readyz").await;
            assert_eq!(ready.status, 503);
            assert_eq!(ready.body["database"], "away");
            std::fs::rename(&aside, &file).unwrap();
            let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
            while desk.get(&desk.agent, "/readyz").await.status != 200 {
                assert!(tokio::time::Instant::now() < deadline, "the file is back");
            }
        }
        post(&desk, &body, Some(&sign(&body))).await.is(200, "");
        assert_eq!(count(&desk, &MESSAGES).await, 1);
        watch.abort();
        desk.database.close().await;
    }
}
