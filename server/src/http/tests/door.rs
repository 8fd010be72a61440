//! What stands at the door: names the server is asked under, ids of requests, parameters, figures
//! of who tries to come in.

use super::*;

fn get(path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_server_is_asked_under_its_own_names_only() {
    let desk = desks().await.remove(0);
    let mut parts = desk.parts.clone();
    let mut http = (*parts.http).clone();
    http.allowed_hosts = vec!["desk.example".to_owned()];
    parts.http = Arc::new(http);
    let router = router(parts);
    let bearer = format!("Bearer {}", desk.agent.access_token);
    let ask = |path: &str, host: &str| {
        send(&router, get(path, &[("host", host), ("authorization", &bearer)]))
    };
    ask("/api/v1/me", "desk.example:8443").await.is(200, "");
    ask("/api/v1/me", "evil.example").await.is(421, "host_not_allowed");
    ask("/nowhere", "evil.example").await.is(421, "host_not_allowed");
    for probe in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(ask(probe, "10.0.0.1").await.status, 200, "{probe}");
    }
    desk.database.close().await;
}

#[tokio::test]
async fn the_id_that_a_request_was_given_is_kept_if_it_may_stand_in_a_log() {
    let desk = desks().await.remove(0);
    for (given, kept) in [("abc-1.2_Z", true), ("a b", false), ("a\"b", false)] {
        let reply = send(&desk.router, get("/healthz", &[("x-request-id", given)])).await;
        let answered = reply.headers["x-request-id"].to_str().unwrap();
        assert_eq!(answered == given, kept, "{given}: {answered}");
    }
    let long = "a".repeat(129);
    let reply = send(&desk.router, get("/healthz", &[("x-request-id", &long)])).await;
    assert_eq!(reply.headers["x-request-id"].len(), 36);
    desk.database.close().await;
}

#[tokio::test]
async fn parameters_that_an_address_does_not_know_are_refused_in_our_own_words() {
    let desk = desks().await.remove(0);
    let bearer = format!("Bearer {}", desk.agent.access_token);
    for path in [
        "/api/v1/me?limit=1",
        "/api/v1/teams?page=2",
        "/api/v1/conversations?colour=red",
        "/api/v1/conversations?limit=many",
        "/api/v1/snapshot?after=1",
    ] {
        let reply = send(&desk.router, get(path, &[("authorization", &bearer)])).await;
        let reply = reply.is(400, "invalid");
        for word in ["unknown field", "expected", "deserialize", "invalid digit"] {
            assert!(!reply.text.contains(word), "{path}: {}", reply.text);
        }
    }
    send(&desk.router, get("/healthz?probe=1", &[])).await.is(200, "");
    desk.database.close().await;
}

#[tokio::test]
async fn who_tries_to_come_in_shows_in_the_figures() {
    let desk = desks().await.remove(0);
    let metrics = desk.parts.metrics.clone();
    let sign_in = async |password: &str| {
        let login = json!({"workspace": "acme", "email": "ben@host", "password": password});
        ask(&desk.router, None, Method::POST, "/api/v1/sessions", Some(login)).await
    };
    let before = metrics.sign_ins.get("accepted");
    let session = sign_in(PASSWORD).await.is(201, "");
    let mut session: Session = serde_json::from_value(session.body).unwrap();
    for _ in 0..crate::accounts::TRIES_MAX {
        sign_in("a wrong one").await.is(403, "wrong_credentials");
    }
    sign_in(PASSWORD).await.is(429, "rate_limited");
    assert_eq!(metrics.sign_ins.get("accepted"), before + 1);
    assert_eq!(metrics.sign_ins.get("wrong"), crate::accounts::TRIES_MAX as u64);
    assert_eq!(metrics.sign_ins.get("throttled"), 1);
    // A copy of a refresh token shows when both were used.
    let copy = session.refresh_token.clone();
    for _ in 0..2 {
        let body = json!({"refresh_token": session.refresh_token, "device_id": session.device_id});
        let path = "/api/v1/sessions/refresh";
        let reply = ask(&desk.router, None, Method::POST, path, Some(body)).await.is(200, "");
        session = serde_json::from_value(reply.body).unwrap();
    }
    let body = json!({"refresh_token": copy, "device_id": session.device_id});
    let reply = ask(&desk.router, None, Method::POST, "/api/v1/sessions/refresh", Some(body)).await;
    reply.is(401, "unauthenticated");
    assert_eq!(metrics.refreshes.get("accepted"), 2);
    assert_eq!(metrics.refreshes.get("reused"), 1);
    desk.database.close().await;
}

#[tokio::test]
async fn a_full_disk_shows_in_readiness_where_the_database_needs_it() {
    for desk in desks().await {
        let ready = async || ask(&desk.router, None, Method::GET, "/readyz", None).await;
        assert_eq!(ready().await.body["disk"], "up");
        desk.parts.metrics.disk_full.set(1);
        let reply = ready().await;
        let needs_disk = desk.parts.store.dialect() == crate::store::Dialect::Sqlite;
        assert_eq!(reply.status.as_u16(), if needs_disk { 503 } else { 200 });
        assert_eq!(reply.body["disk"], "full");
        desk.database.close().await;
    }
}
