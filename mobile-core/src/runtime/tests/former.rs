//! What was asked or heard for a phone that is over does not reach the one after it.

use futures_util::SinkExt as _;
use tokio_tungstenite::tungstenite::Message;

use super::*;

#[tokio::test]
async fn a_token_that_a_former_agent_asked_for_is_not_the_next_ones() {
    let mut app = App::new().await;
    app.core.network(true).await.unwrap();
    app.core.foreground().await.unwrap();
    // It has to be renewed at once.
    app.signs_in(&session(ANA, "anas", 0)).await;
    let refresh = app.asked("POST /api/v1/sessions/refresh").await;
    app.core.sign_out().await.unwrap();
    app.asked("DELETE /api/v1/sessions/").await.gets("200 OK", "{}").await;
    app.signs_in(&session(BEN, "bens", HOUR_MS)).await;
    refresh.gets("200 OK", &json(&session(ANA, "anas-renewed", HOUR_MS))).await;
    let late = "an answer came for a phone that is over";
    soon(async {
        loop {
            let who = app.core.signed_in().await.unwrap();
            assert_eq!(who.map(|who| who.agent), Some(BEN), "her token is his");
            // For the end of the session, and for the token.
            let said = app.core.recent_logs();
            if said.iter().filter(|one| one.message == late).count() == 2 {
                return;
            }
        }
    })
    .await;
    let kept = String::from_utf8(app.keys.get("baton.session").unwrap().unwrap()).unwrap();
    assert!(kept.contains("bens") && !kept.contains("anas"), "{kept}");
    app.core.shutdown();
}

#[tokio::test]
async fn what_came_over_a_former_phones_socket_is_not_the_next_ones() {
    let mut app = App::new().await;
    app.core.network(true).await.unwrap();
    app.core.foreground().await.unwrap();
    app.signs_in(&session(ANA, "anas", HOUR_MS)).await;
    let mut anas = app.socket().await;
    app.said("her socket", |said| said.iter().any(|one| one.starts_with("hello"))).await;
    let (begun, is_begun) = oneshot::channel();
    // The engine is busy while frames come, and then with another agent.
    let core = app.core.clone();
    let next = session(BEN, "bens", HOUR_MS);
    let busy = tokio::spawn(async move {
        let changed = core.call(move |engine, now| {
            begun.send(()).unwrap();
            let until = now.mono + SOON;
            while engine.config.frames.capacity() == FRAMES {
                assert!(engine.config.clock.now().mono < until, "no frame came");
                std::thread::yield_now();
            }
            engine.sign_out(now);
            engine.begin_session(next, None, now)
        });
        changed.await
    });
    is_begun.await.unwrap();
    anas.send(Message::text(json(&welcome(ANA)))).await.unwrap();
    busy.await.unwrap().unwrap().unwrap();
    let mut bens = app.socket().await;
    app.said("his socket", |said| after(said, BEN).any(|one| one.starts_with("hello"))).await;
    bens.send(Message::text(json(&welcome(BEN)))).await.unwrap();
    let is_welcome = |one: &&String| one.starts_with("the server welcomes us");
    let said = app.said("his welcome", |said| after(said, BEN).any(|one| is_welcome(&one))).await;
    let heard: Vec<_> = after(&said, BEN).map(|one| one.as_str()).collect();
    assert_eq!(after(&said, BEN).filter(is_welcome).count(), 1, "hers as well: {heard:?}");
    let hello = heard.iter().position(|one| one.starts_with("hello"));
    assert!(hello < heard.iter().position(|one| one.starts_with("the server")), "{heard:?}");
    app.core.shutdown();
}

/// What was said since this agent's phone began.
fn after(said: &[String], agent: AgentId) -> impl Iterator<Item = &String> {
    let begins = format!("a phone begins agent={agent}");
    said.iter().skip_while(move |one| !one.starts_with(&begins))
}
