//! While something the server needs is away: refused at once, said once, and all goes on by itself.

use std::time::Duration;

use baton_protocol::command::NoteText;
use baton_protocol::frame::ServerFrame;
use baton_protocol::outcome::Outcome;
use baton_protocol::{CommandBody, ConversationId, Refusal};
use baton_world::world::{NUMBER, Setup, World, eventually, for_each_alone, webhook};
use reqwest::Method;
use serde_json::json;
use tokio::time::Instant;

use crate::webhook::Gate;

/// Commands and webhooks while it is away; more in a second are too many of one socket.
const TRIES: usize = 25;
/// All of them together: none waits for a time-out.
const AT_ONCE: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_away_all_is_refused_at_once_and_then_goes_on() {
    for_each_alone(Setup::usual(), async |world| {
        let Some(gate) = Gate::of(world) else { return };
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        world.contact("Lucía").sends("Hola").await;
        ana.phone().shows("Hola").await;
        let of = world.contact("Lucía").conversation().await;
        let before = ana.phone().mark().await;
        for _ in 0..2 {
            let mark = ana.phone().mark().await;
            gate.shut().await;
            ana.phone().hears_from(mark, "that the database is away", is_told).await;
            is_ready(world, 503, "away").await;
            assert_eq!(figure(world, "baton_database_away").await, 1);
            refuses_at_once(world, of).await;
            gate.open().await;
            is_ready(world, 200, "up").await;
            assert_eq!(figure(world, "baton_database_away").await, 0);
        }
        ana.notes(of, "we are back").await;
        world.contact("Lucía").sends("And now?").await;
        ana.phone().shows("And now?").await;
        ben.phone().shows("And now?").await;
        // The same socket all along, which was told once each time.
        let frames = ana.phone().frames().await;
        let told = frames.iter().skip(before).filter(|frame| is_told(frame)).count();
        assert_eq!(told, 2);
        let welcomed =
            frames.iter().filter(|frame| matches!(frame, ServerFrame::Welcome { .. })).count();
        assert_eq!(welcomed, 1);
        assert!(figure(world, "baton_database_statements_total").await > 0);
    })
    .await;
}

/// Nobody waits, nothing piles up, and each is told when to try again.
async fn refuses_at_once(world: &World, of: ConversationId) {
    let ana = world.agent("Ana").await;
    let began = Instant::now();
    for n in 0..TRIES {
        let body = CommandBody::Note(NoteText::from(format!("note {n}")));
        let result = ana.phone().gives(ana.command(of, body)).await;
        let Outcome::Refused(refused) = result.outcome else { panic!("accepted: {n}") };
        let Refusal::Unavailable { retry_after_ms } = refused.refusal else {
            panic!("{:?}", refused.refusal)
        };
        assert!((1..=60_000).contains(&retry_after_ms));
        let said = json!({
            "contacts": [{"wa_id": "34600000009", "profile": {"name": "Eva"}}],
            "messages": [{
                "id": format!("wamid.{n}"), "from": "34600000009", "timestamp": "1700000000",
                "type": "text", "text": {"body": "Hola?"},
            }],
        });
        let answer = world.posts(&webhook(NUMBER, said)).await;
        assert_eq!((answer.status, answer.code()), (503, "unavailable".to_owned()));
        assert!(answer.text.contains("retry_after_ms"));
        let token = Some(ana.signed.session.access_token.as_str());
        let read = world.asks(Method::GET, "/api/v1/conversations", token, None).await;
        assert_eq!(read.status, 503);
    }
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
    assert_eq!(world.server.engine.waiting(), 0);
}

fn is_told(frame: &ServerFrame) -> bool {
    matches!(frame, ServerFrame::Error { code, of: None, .. } if code == "unavailable")
}

async fn is_ready(world: &World, status: u16, database: &str) {
    eventually("ready or not", async || {
        let ready = world.asks(Method::GET, "/readyz", None, None).await;
        let body: serde_json::Value = serde_json::from_str(&ready.text).expect("JSON");
        let is_so = ready.status == status && body.get("database") == Some(&json!(database));
        (is_so && world.server.store.is_away() == (database == "away")).then_some(())
    })
    .await;
}

async fn figure(world: &World, name: &str) -> u64 {
    let all = world.asks(Method::GET, "/metrics", None, None).await.text;
    let found = all.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    found.expect("a figure")
}
