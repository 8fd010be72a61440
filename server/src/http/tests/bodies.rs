//! Bodies: what strangers may send, and how much of all of them is kept at once.

use std::time::Duration;

use axum::body::Bytes;
use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc;

use super::*;

/// Bytes, and then nothing more for ever; says when the bytes were taken.
fn unfinished(bytes: usize) -> (Body, mpsc::Receiver<()>) {
    let (taken, is_taken) = mpsc::channel(1);
    let first = stream::once(async move { Ok(Bytes::from(vec![b' '; bytes])) });
    let rest = stream::once(async move {
        taken.send(()).await.unwrap();
        std::future::pending::<Result<Bytes, std::io::Error>>().await
    });
    (Body::from_stream(first.chain(rest)), is_taken)
}

/// A router with room for four bodies of 64 KiB: two of webhooks, one of people, one of others.
fn narrow(desk: &Desk) -> Router {
    let mut parts = desk.parts.clone();
    let mut http = (*parts.http).clone();
    (http.body_bytes_max, http.bodies_bytes_max) = (65_536, 4 * 65_536);
    (parts.room, parts.http) = (Room::new(&http), Arc::new(http));
    router(parts)
}

fn hook(app: &str, body: Body) -> Request<Body> {
    Request::post(format!("/webhooks/whatsapp/{app}")).body(body).unwrap()
}

fn json_of(path: &str, by: Option<&Session>, body: Body) -> Request<Body> {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    let bearer = by.map(|session| format!("Bearer {}", session.access_token));
    let request = match bearer {
        Some(bearer) => request.header(header::AUTHORIZATION, bearer),
        None => request,
    };
    request.body(body).unwrap()
}

#[tokio::test]
async fn a_webhook_of_no_known_app_is_refused_unread() {
    let desk = desks().await.remove(0);
    let (body, _) = unfinished(10);
    let answer = send(&desk.router, hook("124", body));
    let answer = tokio::time::timeout(Duration::from_secs(5), answer).await;
    answer.expect("it waits for the body").is(404, "not_found");
    desk.database.close().await;
}

#[tokio::test]
async fn who_is_not_signed_in_sends_little() {
    let desk = desks().await.remove(0);
    let long = || Body::from(format!("[\"{}\"]", "a".repeat(64 * 1024)));
    for path in ["/api/v1/sessions", "/api/v1/sessions/refresh"] {
        send(&desk.router, json_of(path, None, long())).await.is(413, "too_large");
        // A token that nobody asks for changes nothing.
        let odd = json_of(path, Some(&desk.agent), long());
        send(&desk.router, odd).await.is(413, "too_large");
    }
    let commands = json_of("/api/v1/commands", Some(&desk.agent), long());
    send(&desk.router, commands).await.is(200, "");
    desk.database.close().await;
}

#[tokio::test]
async fn where_room_is_short_bodies_that_are_still_coming_are_given_up() {
    let desk = desks().await.remove(0);
    let router = narrow(&desk);
    let body = webhooks::message("wamid.1", "Hola");
    let signature = webhooks::sign(&body);
    let mut slow = Vec::new();
    for _ in 0..2 {
        let (body, mut is_taken) = unfinished(65_536);
        let (router, request) = (router.clone(), hook("123", body));
        slow.push(tokio::spawn(async move { send(&router, request).await }));
        is_taken.recv().await.unwrap();
    }
    let genuine = Request::post("/webhooks/whatsapp/123").header("x-hub-signature-256", signature);
    send(&router, genuine.body(Body::from(body)).unwrap()).await.is(200, "");
    // The oldest one had to go, and no other.
    let second = slow.pop().unwrap();
    slow.remove(0).await.unwrap().is(408, "request_timeout");
    assert!(!second.is_finished());
    assert_eq!(desk.parts.metrics.webhooks.get("not_received"), 1);
    second.abort();
    desk.database.close().await;
}

#[tokio::test]
async fn neither_strangers_nor_colleagues_leave_webhooks_or_each_other_without_room() {
    let desk = desks().await.remove(0);
    let router = narrow(&desk);
    for (path, by, status) in
        [("/api/v1/sessions", None, 400), ("/api/v1/commands", Some(&desk.agent), 200)]
    {
        let (body, mut is_taken) = unfinished(65_536);
        let request = json_of(path, by, body);
        let one = tokio::spawn({
            let router = router.clone();
            async move { send(&router, request).await }
        });
        is_taken.recv().await.unwrap();
        let answer = send(&router, json_of(path, by, Body::from("[]"))).await;
        assert_eq!(answer.status.as_u16(), status, "{answer:?}");
        one.await.unwrap().is(408, "request_timeout");
        let body = webhooks::message(&format!("wamid.{path}"), "Hola");
        let signature = webhooks::sign(&body);
        let request = Request::post("/webhooks/whatsapp/123")
            .header("x-hub-signature-256", signature)
            .body(Body::from(body))
            .unwrap();
        send(&router, request).await.is(200, "");
    }
    desk.database.close().await;
}
