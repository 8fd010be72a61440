//! What cannot be carried out is answered as a problem that says what to do, and never as 500.

use axum::routing::get;

use super::*;
use crate::http::edge;

#[tokio::test]
async fn requests_that_cannot_be_read_are_refused_with_their_reason() {
    for desk in desks().await {
        let (get, post, put) = (Method::GET, Method::POST, Method::PUT);
        let admin = &desk.admin;
        for (method, path, body, status, code) in [
            (get.clone(), "/api/v1/nothing", Value::Null, 404, "unknown_route"),
            (get.clone(), "/nowhere", Value::Null, 404, "unknown_route"),
            (put, "/api/v1/conversations", Value::Null, 405, "method_not_allowed"),
            (post.clone(), "/api/v1/teams", json!({"name": "A", "x": 1}), 400, "invalid"),
            (post.clone(), "/api/v1/teams", json!({"name": ""}), 400, "invalid"),
            (post.clone(), "/api/v1/teams", json!({"name": "a\u{0}b"}), 400, "invalid"),
            (post.clone(), "/api/v1/teams", json!({"name": {"$ne": 1}}), 400, "invalid"),
            (post.clone(), "/api/v1/teams", json!({"name": "Sales"}), 409, "taken"),
            (post.clone(), "/api/v1/commands", json!({"op_id": 1}), 400, "invalid"),
            (get.clone(), "/api/v1/conversations?limit=0", Value::Null, 400, "invalid"),
            (get.clone(), "/api/v1/conversations?limit=201", Value::Null, 400, "invalid"),
            (get.clone(), "/api/v1/conversations?limit=-1", Value::Null, 400, "invalid"),
            (get.clone(), "/api/v1/conversations?owner=x", Value::Null, 400, "invalid"),
            (get.clone(), "/api/v1/conversations?status=odd", Value::Null, 400, "invalid"),
            (get.clone(), "/api/v1/conversations?colour=red", Value::Null, 400, "invalid"),
            (get.clone(), "/api/v1/conversations?page=zz", Value::Null, 400, "invalid"),
            (get.clone(), "/api/v1/conversations?q=%00", Value::Null, 400, "invalid"),
            (get.clone(), "/api/v1/snapshot?page=00", Value::Null, 400, "invalid"),
            (get, "/api/v1/sync?after=1", Value::Null, 400, "invalid"),
        ] {
            let reply = desk.call(admin, method.clone(), path, body).await;
            let got = (reply.status.as_u16(), reply.code().to_owned());
            assert_eq!(got, (status, code.to_owned()), "{method} {path}: {reply:?}");
            assert!(reply.headers.contains_key("x-request-id"));
            assert_eq!(reply.headers["x-content-type-options"], "nosniff");
        }
        let raw = |kind: &str, body: &str| {
            Request::post("/api/v1/commands")
                .header(header::CONTENT_TYPE, kind)
                .header(header::AUTHORIZATION, format!("Bearer {}", admin.access_token))
                .body(Body::from(body.to_owned()))
                .unwrap()
        };
        send(&desk.router, raw("application/json", "[{")).await.is(400, "malformed");
        let deep = "[".repeat(10_000);
        send(&desk.router, raw("application/json", &deep)).await.is(400, "malformed");
        send(&desk.router, raw("text/plain", "{}")).await.is(415, "unsupported_media_type");
        let large = " ".repeat(desk.parts.http.body_bytes_max + 1);
        send(&desk.router, raw("application/json", &large)).await.is(413, "too_large");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn wrong_passwords_are_refused_alike_and_then_have_to_wait() {
    for desk in desks().await {
        let login = |email: &str| json!({"workspace": "acme", "email": email, "password": "no"});
        let attempt = |email: &str| {
            let body = Some(login(email));
            let router = desk.router.clone();
            async move { ask(&router, None, Method::POST, "/api/v1/sessions", body).await }
        };
        let known = attempt("ben@host").await.is(403, "wrong_credentials");
        let unknown = attempt("nobody@host").await.is(403, "wrong_credentials");
        assert_eq!(known.body, unknown.body);
        for _ in 0..9 {
            attempt("ben@host").await.is(403, "wrong_credentials");
        }
        let reply = attempt("ben@host").await.is(429, "rate_limited");
        assert!(reply.headers.contains_key(header::RETRY_AFTER));
        desk.database.close().await;
    }
}

#[tokio::test]
async fn a_panic_is_a_problem_without_detail() {
    let desk = desks().await.remove(0);
    async fn boom() -> &'static str {
        panic!("the password is x")
    }
    let parts = Arc::new(desk.parts.clone());
    let around = axum::middleware::from_fn_with_state(parts, edge::around);
    let router = Router::new().route("/boom", get(boom)).layer(around);
    let request = Request::get("/boom").body(Body::empty()).unwrap();
    let reply = send(&router, request).await.is(500, "internal");
    assert!(!reply.text.contains("password"));
    desk.database.close().await;
}

#[tokio::test]
async fn a_cookie_changes_something_only_from_an_allowed_origin() {
    for desk in desks().await {
        let login = json!({"workspace": "acme", "email": "ben@host", "password": PASSWORD});
        let request = |origin: Option<&str>, cookie: Option<&str>, path: &str, body: &Value| {
            let mut request = Request::post(path)
                .header(header::HOST, "desk.example")
                .header(header::CONTENT_TYPE, "application/json");
            if let Some(origin) = origin {
                request = request.header(header::ORIGIN, origin);
            }
            if let Some(cookie) = cookie {
                request = request.header(header::COOKIE, cookie);
            }
            request.body(Body::from(body.to_string())).unwrap()
        };
        let own = Some("https://desk.example");
        let foreign = Some("https://evil.example");
        let path = "/api/v1/sessions?cookie=true";
        send(&desk.router, request(foreign, None, path, &login))
            .await
            .is(403, "origin_not_allowed");
        let reply = send(&desk.router, request(own, None, path, &login)).await.is(201, "");
        assert_eq!(reply.body["access_token"], "");
        let cookies: Vec<_> =
            reply.headers.get_all(header::SET_COOKIE).iter().map(|c| c.to_str().unwrap()).collect();
        assert_eq!(cookies.len(), 2);
        for cookie in &cookies {
            assert!(cookie.contains("HttpOnly; SameSite=Lax; Secure"), "{cookie}");
        }
        let pair = |n: usize| cookies[n].split(';').next().unwrap();
        let cookie = Some(pair(0));
        let tickets = "/api/v1/socket-tickets";
        for (origin, status, code) in [
            (None, 403, "origin_not_allowed"),
            (foreign, 403, "origin_not_allowed"),
            (Some("null"), 403, "origin_not_allowed"),
            (own, 201, ""),
        ] {
            let reply = send(&desk.router, request(origin, cookie, tickets, &Value::Null)).await;
            reply.is(status, code);
        }
        let device = reply.body["device_id"].clone();
        let body = json!({"refresh_token": "", "device_id": device});
        let path = "/api/v1/sessions/refresh?cookie=true";
        let refresh = request(None, Some(pair(1)), path, &body);
        send(&desk.router, refresh).await.is(403, "origin_not_allowed");
        send(&desk.router, request(own, Some(pair(1)), path, &body)).await.is(200, "");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn a_page_without_https_changes_nothing_at_a_server_with_https() {
    let desk = desks().await.remove(0);
    let login = json!({"workspace": "acme", "email": "ben@host", "password": PASSWORD});
    let with = |change: fn(&mut crate::config::HttpConfig)| {
        let mut parts = desk.parts.clone();
        let mut http = (*parts.http).clone();
        change(&mut http);
        parts.http = Arc::new(http);
        router(parts)
    };
    let certified = with(|http| "certificate.pem".clone_into(&mut http.certificate));
    // Where requests come from that no listener took.
    let proxied = with(|http| http.trusted_proxies = vec![std::net::Ipv4Addr::UNSPECIFIED.into()]);
    for (router, scheme, told, status) in [
        (&desk.router, "http", None, 201),
        (&certified, "http", None, 403),
        (&certified, "https", None, 201),
        (&proxied, "http", Some("https"), 403),
        (&proxied, "http", Some("http"), 201),
        (&proxied, "https", Some("https"), 201),
    ] {
        let mut request = Request::post("/api/v1/sessions?cookie=true")
            .header(header::HOST, "desk.example")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ORIGIN, format!("{scheme}://desk.example"));
        if let Some(told) = told {
            request = request.header("x-forwarded-proto", told);
        }
        let reply = send(router, request.body(Body::from(login.to_string())).unwrap()).await;
        reply.is(status, if status == 403 { "origin_not_allowed" } else { "" });
    }
    desk.database.close().await;
}

#[tokio::test]
async fn an_object_that_names_a_key_twice_is_refused() {
    let desk = desks().await.remove(0);
    let post = async |path: &str, body: String| {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {}", desk.admin.access_token));
        send(&desk.router, request.body(Body::from(body)).unwrap()).await
    };
    let teams = r#"{"name": "Red", "name": "Blue"}"#.to_owned();
    let reply = post("/api/v1/teams", teams).await.is(400, "invalid");
    assert!(reply.text.contains("name: is there twice"), "{}", reply.text);
    let view = r#"{"name": "Mine", "filter": {"owner": "me", "owner": "nobody"}}"#.to_owned();
    post("/api/v1/saved-views", view).await.is(400, "invalid");
    // Of several commands each is judged by itself.
    let op = |n: u128| uuid::Uuid::from_u128((n << 80) | (7 << 76) | (2 << 62) | n);
    let note = |n: u128, more: &str| {
        let ids = format!(r#""op_id": "{}", "conversation_id": "{}""#, op(n), op(9));
        format!(r#"{{{ids}, "type": "note", "text": "a"{more}}}"#)
    };
    let both = format!("[{}, {}]", note(1, r#", "text": "b""#), note(2, ""));
    let reply = post("/api/v1/commands", both).await.is(200, "");
    let results = reply.body["results"].as_array().unwrap();
    assert_eq!(results[0]["op_id"], json!(op(1)));
    let problem = results[0]["refused"]["problem"].as_str().unwrap();
    assert!(problem.starts_with("text: is there twice"), "{problem}");
    assert_ne!(results[1]["refused"]["code"], "invalid", "{}", results[1]);
    desk.database.close().await;
}

#[tokio::test]
async fn behind_a_trusted_proxy_a_stranger_locks_nobody_else_out() {
    let desk = desks().await.remove(0);
    let mut parts = desk.parts.clone();
    let mut http = (*parts.http).clone();
    // Where requests come from that no listener took.
    http.trusted_proxies = vec![std::net::Ipv4Addr::UNSPECIFIED.into()];
    parts.http = Arc::new(http);
    let router = router(parts);
    let sign_in = |from: &str, password: &str| {
        let login = json!({"workspace": "acme", "email": "ben@host", "password": password});
        let request = Request::post("/api/v1/sessions")
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-forwarded-for", from);
        send(&router, request.body(Body::from(login.to_string())).unwrap())
    };
    for n in 0..crate::accounts::TRIES_MAX {
        sign_in(&format!("9.9.9.{n}, 6.6.6.6"), "wrong horse").await.is(403, "wrong_credentials");
    }
    sign_in("9.9.9.9, 6.6.6.6", PASSWORD).await.is(429, "rate_limited");
    sign_in("6.6.6.6, 7.7.7.7", PASSWORD).await.is(201, "");
    desk.database.close().await;
}

#[tokio::test]
async fn a_listed_origin_may_read_answers_and_another_may_not() {
    let desk = desks().await.remove(0);
    let mut parts = desk.parts.clone();
    let mut http = (*parts.http).clone();
    http.allowed_origins = vec!["https://desk.example".to_owned()];
    parts.http = Arc::new(http);
    let router = router(parts);
    let ask = |method: &Method, origin: &str| {
        let request = Request::builder()
            .method(method)
            .uri("/api/v1/teams")
            .header(header::ORIGIN, origin)
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
            .header(header::AUTHORIZATION, format!("Bearer {}", desk.admin.access_token));
        send(&router, request.body(Body::empty()).unwrap())
    };
    for method in [Method::GET, Method::OPTIONS] {
        let reply = ask(&method, "https://desk.example").await;
        assert!(reply.status.is_success(), "{reply:?}");
        let allowed = header::ACCESS_CONTROL_ALLOW_ORIGIN;
        assert_eq!(reply.headers[&allowed], "https://desk.example");
        let reply = ask(&method, "https://evil.example").await;
        assert!(!reply.headers.contains_key(&allowed), "{reply:?}");
    }
    desk.database.close().await;
}

#[tokio::test]
async fn a_command_that_cannot_be_read_is_answered_in_its_place() {
    for desk in desks().await {
        let op = desk.parts.clock.uuid_v7();
        let conversation = desk.parts.clock.uuid_v7();
        let commands = json!([
            {"op_id": op, "type": "dance"},
            7,
            {"op_id": desk.parts.clock.uuid_v7(), "conversation_id": conversation,
             "type": "claim", "expect_owner_epoch": 1},
        ]);
        let path = "/api/v1/commands";
        let reply = desk.call(&desk.agent, Method::POST, path, commands).await.is(200, "");
        let results = reply.body["results"].as_array().unwrap();
        let codes: Vec<_> = results.iter().map(|r| r["refused"]["code"].as_str()).collect();
        assert_eq!(codes, [Some("invalid"), Some("invalid"), Some("not_in_scope")]);
        assert_eq!(results[0]["op_id"], json!(op));
        assert_eq!(results[1]["op_id"], Value::Null);
        assert_eq!(desk.parts.metrics.commands.get("invalid"), 2);
        let many = Value::from(vec![Value::Null; 101]);
        desk.call(&desk.agent, Method::POST, path, many).await.is(413, "too_large");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn a_draining_server_lives_but_is_not_ready() {
    let desk = desks().await.remove(0);
    let get = |path| ask(&desk.router, None, Method::GET, path, None);
    get("/readyz").await.is(200, "");
    desk.parts.draining.store(true, std::sync::atomic::Ordering::Relaxed);
    get("/readyz").await.is(503, "unavailable");
    get("/healthz").await.is(200, "");
    assert!(get("/metrics").await.text.contains("baton_sockets_open 0"));
    desk.database.close().await;
}

#[test]
fn what_is_busy_is_told_from_what_was_not_answered_for() {
    use crate::accounts::AccountError;
    let told = |error: AccountError| format!("{:?}", crate::http::Fault::from(error));
    let (busy, unanswered) = (told(AccountError::Busy), told(AccountError::Unanswered));
    assert!(busy.contains("503") && busy.contains("passwords"), "{busy}");
    assert!(unanswered.contains("503") && unanswered.contains("look whether"), "{unanswered}");
}
