//! What the core says of itself, and what it never does.

use baton_protocol::command::NoteText;
use baton_protocol::outcome::{Accepted, Outcome};
use baton_protocol::{CommandBody, CommandResult, ConversationId, OpId};
use futures_util::SinkExt as _;
use tokio_tungstenite::tungstenite::Message;

use super::*;
use crate::compose::Typed;
use crate::outbox::Tap;
use crate::push::payload::Input;

const HOUR_MS: i64 = 3_600_000;
/// What somebody wrote, or may use.
const SECRETS: [&str; 7] = [
    "a-secret-token",
    "her password",
    "ana@acme.example",
    "a-note-of-hers",
    "a-draft-of-hers",
    "a-push-of-somebody",
    "what a panic says",
];

async fn says(socket: &mut Other, frame: &ServerFrame) {
    socket.send(Message::text(json(frame))).await.unwrap();
}

#[tokio::test]
async fn the_log_says_what_happened_and_nothing_that_somebody_wrote() {
    let mut app = App::new().await;
    app.core.log_to(None, LogLevel::Debug).unwrap();
    app.core.network(true).await.unwrap();
    app.core.foreground().await.unwrap();
    app.signs_in(&session(ANA, "a-secret-token", HOUR_MS)).await;
    let mut socket = app.socket().await;
    says(&mut socket, &welcome(ANA)).await;
    app.said("welcome", |said| said.iter().any(|one| one.contains("welcomes"))).await;
    let conversation_id = ConversationId(Uuid::from_u128(0x77));
    let op_id = OpId(Uuid::now_v7());
    let body = CommandBody::Note(NoteText::from("a-note-of-hers".to_owned()));
    app.core.act(Tap { op_id: Some(op_id), conversation_id, body, follows: false }).await.unwrap();
    app.core.typing(conversation_id, Typed::reply("a-draft-of-hers")).await.unwrap();
    let outcome = Outcome::Accepted(Accepted::default());
    let result = CommandResult { op_id: Some(op_id), outcome };
    says(&mut socket, &ServerFrame::CommandResult(Box::new(result))).await;
    let of = "a-push-of-somebody".to_owned();
    let push = Input::Fcm([("k".to_owned(), of.clone()), (of.clone(), of)].into());
    app.core.handle_push(push, SOON).await.unwrap();
    drop(socket);
    app.said("the end", |said| said.iter().any(|one| one.starts_with("a socket was"))).await;
    let panicked = app.core.call(|_, _| panic!("what a panic says")).await;
    assert_eq!(panicked, Err::<(), _>(CoreError::Closed));
    let said = app.said("a panic", |said| said.iter().any(|one| one.contains("caught"))).await;
    let (op, all) = (op_id.to_string(), said.join("\n"));
    for expected in [
        "the store is open found=nothing",
        "the app is in the foreground",
        "there is a network",
        "a phone begins agent=",
        "the connection stands at=connecting",
        &format!("a command is sent op={op} kind=note road=socket"),
        &format!("a command is answered op={op} outcome=accepted"),
        "a push is decided kind=unreadable verdict=fallback",
        "a thread of the core panicked at=src/runtime/tests/logs.rs:",
        "a panic was caught so_far=1",
    ] {
        assert!(all.contains(expected), "{expected} is not in\n{all}");
    }
    for secret in SECRETS {
        assert!(!all.contains(secret), "{secret} is in\n{all}");
    }
    app.core.shutdown();
    let last = app.core.recent_logs().pop().unwrap();
    assert_eq!(last.message, "the core is shut down");
    assert_eq!(app.core.log_to(None, LogLevel::Info), Err(CoreError::Closed));
}
