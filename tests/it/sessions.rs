//! Signing in, staying signed in, and the end of it.

use baton_protocol::account::{Device, Me, Refresh, Session};
use baton_protocol::frame::{ClientFrame, Hello};
use baton_protocol::settings::SocketTicket;
use baton_world::world::{
    Agent, Raw, Setup, World, email, for_each_alone, for_each_layout, for_each_store,
};
use reqwest::Method;
use serde_json::json;
use tokio::time::{Duration, Instant, timeout};

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_gives_the_next_and_one_used_too_late_ends_the_session() {
    for_each_store(Setup::usual(), async |world| {
        let first = world.agent("Ana").await.signed.session.clone();
        let second = refreshed(world, &first).await;
        // The answer may have been lost: the same successor again, until it was used.
        let again = refreshed(world, &first).await;
        assert_eq!(second.refresh_token, again.refresh_token);
        assert_eq!(me(world, &second.access_token).await.status, 200);
        let third = refreshed(world, &second).await;
        assert_ne!(third.refresh_token, second.refresh_token);
        assert_eq!(me(world, &third.access_token).await.status, 200);
        // Somebody else has a copy of the first: nobody can tell who is who.
        let stolen = refresh(world, &first).await;
        assert_eq!((stolen.status, stolen.code()), (401, "unauthenticated".to_owned()));
        assert_eq!(me(world, &third.access_token).await.status, 401);
        assert_eq!(refresh(world, &third).await.status, 401);
        // Another device's name on a token is no session either.
        let ben = world.agent("Ben").await.signed.session.clone();
        let device_id = first.device_id;
        let mixed = Session { device_id, ..ben };
        assert_eq!(refresh(world, &mixed).await.status, 401);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_device_is_off_within_a_second_and_told_to_wipe() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let lost = ana.on_another_device(world).await;
        let devices: Vec<Device> = ana.signed.get("/sessions").await.expect("devices");
        assert_eq!(devices.len(), 2);
        assert_eq!(devices.iter().filter(|device| device.current).count(), 1);
        let device = lost.signed.session.device_id;
        let path = format!("/api/v1/sessions/{device}");
        let token = Some(ana.signed.session.access_token.as_str());
        let revoked_at = Instant::now();
        assert_eq!(world.asks(Method::DELETE, &path, token, None).await.status, 204);
        let (code, _) =
            timeout(Duration::from_secs(1), lost.phone().is_closed()).await.unwrap_or_else(|_| {
                panic!("still open after {:?}", revoked_at.elapsed());
            });
        assert_eq!(code, 4403);
        let refused = me(world, &lost.signed.session.access_token).await;
        assert_eq!((refused.status, refused.code()), (401, "device_revoked".to_owned()));
        let refused = refresh(world, &lost.signed.session).await;
        assert_eq!((refused.status, refused.code()), (401, "device_revoked".to_owned()));
        assert!(lost.phone().comes_back().await.is_err(), "no socket either");
        // The other device goes on; nobody revokes a colleague's.
        assert_eq!(me(world, &ana.signed.session.access_token).await.status, 200);
        let bens = world.agent("Ben").await.signed.session.device_id;
        let path = format!("/api/v1/sessions/{bens}");
        assert_eq!(world.asks(Method::DELETE, &path, token, None).await.status, 404);
        assert_eq!(
            me(world, &world.agent("Ben").await.signed.session.access_token).await.status,
            200
        );
        world.contact("Lucía").sends("Hola").await;
        ana.phone().shows("Hola").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_out_has_to_sign_in_again_and_nothing_is_wiped() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let phone = ana.on_another_device(world).await;
        let session = &phone.signed.session;
        let path = format!("/api/v1/sessions/{}", session.device_id);
        let ended = world.asks(Method::DELETE, &path, Some(&session.access_token), None).await;
        assert_eq!(ended.status, 204);
        let closed = timeout(Duration::from_secs(1), phone.phone().is_closed()).await;
        assert_eq!(closed.expect("closed within a second").0, 4401);
        let refused = [me(world, &session.access_token).await, refresh(world, session).await];
        for refused in refused {
            assert_eq!((refused.status, refused.code()), (401, "unauthenticated".to_owned()));
        }
        assert_eq!(me(world, &ana.signed.session.access_token).await.status, 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_ends_all_other_sessions() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let other = ana.on_another_device(world).await;
        let token = Some(ana.signed.session.access_token.as_str());
        let put = async |current: &str, next: &str| {
            let body = json!({"current": current, "next": next}).to_string().into_bytes();
            let body = Some(("application/json", body));
            world.asks(Method::PUT, "/api/v1/me/password", token, body).await
        };
        assert_eq!(put("not it", "a better password").await.status, 403);
        assert_eq!(put(baton::demo::PASSWORD, "a better password").await.status, 204);
        let (code, _) = other.phone().is_closed().await;
        assert_eq!(code, 4401, "4403 would make the phone wipe what it holds");
        assert_eq!(me(world, &other.signed.session.access_token).await.status, 401);
        assert_eq!(me(world, &ana.signed.session.access_token).await.status, 200);
        let old = sign_in(world, "Ana", baton::demo::PASSWORD).await;
        assert_eq!((old.status, old.code()), (403, "wrong_credentials".to_owned()));
        assert_eq!(sign_in(world, "Ana", "a better password").await.status, 201);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_token_lets_nobody_in() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let good = &ana.signed.session.access_token;
        let cut: String = good.chars().take(good.chars().count() - 1).collect();
        let refresh_token = ana.signed.session.refresh_token.clone();
        let odd = [String::new(), "x".to_owned(), cut, format!("{good}x"), refresh_token];
        for token in odd {
            let refused = me(world, &token).await;
            assert_eq!((refused.status, refused.code()), (401, "unauthenticated".to_owned()));
        }
        let nobody = world.asks(Method::GET, "/api/v1/me", None, None).await;
        assert_eq!(nobody.status, 401);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_ten_wrong_passwords_even_the_right_one_has_to_wait() {
    for_each_alone(Setup::usual(), async |world| {
        for _ in 0..10 {
            let wrong = sign_in(world, "Ana", "not her password").await;
            assert_eq!((wrong.status, wrong.code()), (403, "wrong_credentials".to_owned()));
        }
        let late = sign_in(world, "Ana", baton::demo::PASSWORD).await;
        assert_eq!((late.status, late.code()), (429, "rate_limited".to_owned()));
        assert!(late.text.contains("retry_after_ms"));
        // Others are not concerned, and who does not exist is not told from who does.
        assert_eq!(sign_in(world, "Ben", baton::demo::PASSWORD).await.status, 201);
        let nobody = sign_in(world, "Nobody", "not a password").await;
        assert_eq!((nobody.status, nobody.code()), (403, "wrong_credentials".to_owned()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_ticket_opens_one_socket() {
    for_each_layout(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let ticket: SocketTicket =
            ana.signed.post("/socket-tickets", &json!({})).await.expect("a ticket");
        assert!(hello(&ana, &ticket.ticket).await, "once");
        assert!(!hello(&ana, &ticket.ticket).await, "not twice");
        assert!(!hello(&ana, "another").await, "nor any other");
    })
    .await;
}

/// Whether a ticket is let in: the socket answers `welcome`, or closes.
async fn hello(agent: &Agent, ticket: &str) -> bool {
    use futures_util::{SinkExt, StreamExt};
    use tokio_tungstenite::tungstenite::client::IntoClientRequest;
    use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
    let url = format!("{}/api/v1/socket", agent.signed.api.base().replacen("http", "ws", 1));
    let mut request = url.into_client_request().expect("a request");
    let protocol = "baton.v1".parse().expect("a header");
    request.headers_mut().insert("sec-websocket-protocol", protocol);
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.expect("a socket");
    let hello = ClientFrame::Hello(Hello {
        token: None,
        ticket: Some(ticket.to_owned()),
        device_id: agent.signed.session.device_id,
        cursor: None,
    });
    let text = serde_json::to_string(&hello).expect("JSON");
    socket.send(Message::Text(Utf8Bytes::from(text))).await.expect("sent");
    match socket.next().await {
        Some(Ok(Message::Text(text))) => text.contains("welcome"),
        _ => false,
    }
}

async fn me(world: &World, token: &str) -> Raw {
    let answer = world.asks(Method::GET, "/api/v1/me", Some(token), None).await;
    if answer.status == 200 {
        drop(serde_json::from_str::<Me>(&answer.text).expect("me"));
    }
    answer
}

async fn refresh(world: &World, of: &Session) -> Raw {
    let body = Refresh { refresh_token: of.refresh_token.clone(), device_id: of.device_id };
    let body = serde_json::to_vec(&body).expect("JSON");
    let body = Some(("application/json", body));
    world.asks(Method::POST, "/api/v1/sessions/refresh", None, body).await
}

async fn refreshed(world: &World, of: &Session) -> Session {
    let answer = refresh(world, of).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    serde_json::from_str(&answer.text).expect("a session")
}

async fn sign_in(world: &World, name: &str, password: &str) -> Raw {
    let body = json!({"workspace": "acme", "email": email(name, "acme"), "password": password});
    let body = Some(("application/json", body.to_string().into_bytes()));
    world.asks(Method::POST, "/api/v1/sessions", None, body).await
}
