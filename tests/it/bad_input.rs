//! What nobody should send: refused with a reason, or kept exactly; never a fault of the server.

use baton_protocol::command::NoteText;
use baton_protocol::frame::ServerFrame;
use baton_protocol::limits::{COMMANDS_MAX, TEXT_CHARS_MAX};
use baton_protocol::outcome::CommandResults;
use baton_protocol::{CommandBody, Refusal};
use baton_world::world::{Answered, Raw, Setup, World, for_each_store, reply};
use reqwest::Method;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Bytes, Message, Utf8Bytes};
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_cannot_be_read_is_refused_as_a_whole() {
    for_each_store(Setup::usual(), async |world| {
        let token = world.agent("Ana").await.signed.session.access_token.clone();
        let post = async |body: Vec<u8>| {
            let body = Some(("application/json", body));
            world.asks(Method::POST, "/api/v1/commands", Some(&token), body).await
        };
        for odd in ["", "[", "nul", "[1,]", "\u{feff}[]", "[\"\\ud800\"]"] {
            let answer = post(odd.into()).await;
            assert_eq!((answer.status, answer.code()), (400, "malformed".into()), "{odd:?}");
        }
        for odd in ["1", "{", "{}", "null", "\"a\""] {
            assert_eq!(post(odd.into()).await.code(), "invalid", "{odd:?}");
        }
        assert_eq!(post(b"[\"\xff\xfe\"]".to_vec()).await.status, 400);
        let deep = "[".repeat(50_000) + &"]".repeat(50_000);
        assert_eq!(post(deep.into()).await.status, 400);
        let large = format!("[\"{}\"]", "a".repeat(4_194_304));
        assert_eq!(post(large.into()).await.status, 413);
        let many = Value::from(vec![json!({}); COMMANDS_MAX + 1]).to_string();
        assert_eq!(post(many.into()).await.status, 413);
        let text = Some(("text/plain", b"[]".to_vec()));
        let answer = world.asks(Method::POST, "/api/v1/commands", Some(&token), text).await;
        assert_eq!(answer.status, 415);
        assert_eq!(post("[]".into()).await, Raw { status: 200, text: r#"{"results":[]}"#.into() });
        let nowhere = world.asks(Method::GET, "/api/v1/nowhere", Some(&token), None).await;
        assert_eq!(nowhere.status, 404);
        let wrong = world.asks(Method::DELETE, "/api/v1/me", Some(&token), None).await;
        assert_eq!(wrong.status, 405);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_cannot_be_read_is_refused_and_its_neighbours_are_carried_out() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        world.contact("Lucía").sends("Hola").await;
        let conversation = world.contact("Lucía").conversation().await;
        let id = || Uuid::now_v7().to_string();
        let base = |kind: &str| {
            json!({"op_id": id(), "conversation_id": conversation, "type": kind, "text": "a"})
        };
        let with = |key: &str, value: Value| {
            let mut command = base("note");
            command[key] = value;
            command
        };
        let odd = vec![
            json!(1),
            json!({}),
            json!([]),
            base("no_such_type"),
            with("extra", json!(true)),
            with("op_id", json!("not an id")),
            with("op_id", json!(Uuid::new_v4())),
            with("conversation_id", json!("x")),
            with("conversation_id", json!(null)),
            with("conversation_id", json!(Uuid::now_v7())),
            with("text", json!(7)),
            with("after", json!("x")),
            with("type", json!(null)),
            base("reply"),
            base("claim"),
        ];
        let mut all = odd.clone();
        all.push(base("note"));
        let body = Some(("application/json", Value::from(all).to_string().into_bytes()));
        let token = Some(ana.signed.session.access_token.as_str());
        let answer = world.asks(Method::POST, "/api/v1/commands", token, body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let results: CommandResults = serde_json::from_str(&answer.text).expect("results");
        let mut results = results.results;
        results.pop().expect("the last").accepted();
        assert_eq!(results.len(), odd.len());
        for (result, sent) in results.into_iter().zip(odd) {
            let refusal = result.refusal();
            let fits = matches!(refusal, Refusal::Invalid { .. } | Refusal::NotInScope);
            assert!(fits, "{sent}: {refusal:?}");
        }
        // An op id from another time.
        for days in [-8_i64, 2] {
            let ms = world.clock.now().plus_ms(days * 86_400_000).ms();
            let ms = u64::try_from(ms).expect("positive");
            let old = uuid::Builder::from_unix_timestamp_millis(ms, &[7; 10]).into_uuid();
            let note = CommandBody::Note(NoteText::from("a".to_owned()));
            let mut command = ana.command(conversation, note);
            command.op_id = baton_protocol::OpId(old);
            assert_eq!(ana.gives(command).await.refusal(), Refusal::OpExpired);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_are_kept_to_the_letter_or_refused() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, lucia) = (world.agent("Ana").await, world.contact("Lucía"));
        let full = "é".repeat(TEXT_CHARS_MAX);
        let kept = [
            "مرحبا \u{202e}abc\u{202c} שלום",
            "a\u{200b}b\u{200d}c\u{feff}d",
            "👩‍👩‍👧‍👦🏳️‍🌈 e\u{301}",
            "  two  spaces and\ttabs\nand\r\nlines  ",
            "'; DROP TABLE message; -- \" \\ \u{7f}\u{1} %s {rows} $1 ?",
            "\u{fffd}\u{10ffff}",
            &full,
        ];
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        for text in kept {
            lucia.sends(text).await;
            assert_eq!(last_text(&ana, conversation).await, text, "said by the customer");
            ana.replies(conversation, text).await;
            assert_eq!(last_text(&ana, conversation).await, text, "said by us");
            lucia.receives(text).await;
            ana.phone().shows(text).await;
        }
        ana.phone().converges().await;
        let seen = ana.last_line(conversation).await;
        let long = "é".repeat(TEXT_CHARS_MAX + 1);
        for text in ["", " \n\t", "a\0b", &long] {
            let refusal = ana.does(conversation, reply(text, seen)).await.refusal();
            let fits = matches!(&refusal, Refusal::Invalid { field, .. } if field == "text");
            assert!(fits, "{refusal:?}");
            let note = CommandBody::Note(NoteText::from(text.to_owned()));
            let result = ana.does(conversation, note).await;
            assert!(text.len() > 10 || matches!(result.refusal(), Refusal::Invalid { .. }));
        }
        // A customer's NUL cannot be refused; it becomes what stands for the unreadable.
        lucia.sends("a\0b").await;
        assert_eq!(last_text(&ana, conversation).await, "a\u{fffd}b");
        // Longer than we may write, but they may.
        let long = "x".repeat(60_000);
        lucia.sends(&long).await;
        assert_eq!(last_text(&ana, conversation).await, long);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_tells_what_it_cannot_read_and_goes_on() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let odd = [
            "",
            "{",
            "[]",
            "1",
            r#"{"type":7}"#,
            r#"{"type":"no_such"}"#,
            r#"{"no":"type"}"#,
            r#"{"type":"command"}"#,
            r#"{"type":"command","command":{}}"#,
            r#"{"type":"compose","conversation_id":"x","action":"start"}"#,
            r#"{"type":"ack","upto":-1}"#,
            r#"{"type":"presence","watch":"yes"}"#,
            r#"{"type":"hello","token":"a","device_id":"x"}"#,
        ];
        for text in odd {
            let mark = ana.phone().mark().await;
            ana.phone().sends_message(Message::Text(Utf8Bytes::from(text))).await;
            let is_error = |frame: &ServerFrame| matches!(frame, ServerFrame::Error { .. });
            ana.phone().hears_from(mark, text, is_error).await;
        }
        world.contact("Lucía").sends("Hola").await;
        ana.phone().shows("Hola").await;
        for _ in 0..20 {
            ana.phone().sends_message(Message::Text(Utf8Bytes::from("{"))).await;
        }
        assert_eq!(ana.phone().is_closed().await.0, 4400);
        ana.phone().comes_back().await.expect("a new connection");
        ana.phone().sends_message(Message::Binary(Bytes::from_static(b"{}"))).await;
        assert_eq!(ana.phone().is_closed().await.0, 1003);
        ana.phone().comes_back().await.expect("a new connection");
        let large = format!("{{\"type\":\"{}\"}}", "a".repeat(65_536));
        ana.phone().sends_message(Message::Text(Utf8Bytes::from(large))).await;
        assert_eq!(ana.phone().is_closed().await.0, 1009);
        ana.phone().comes_back().await.expect("a new connection");
        ana.phone().converges().await;
    })
    .await;
}

async fn last_text(
    agent: &baton_world::world::Agent,
    conversation: baton_protocol::ConversationId,
) -> String {
    let lines = agent.lines(conversation).await;
    lines.last().and_then(|line| line.content.text.clone()).expect("a text")
}

/// Every address with every kind of odd body: refused, and the server is there afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn no_odd_request_makes_the_server_fail() {
    for_each_store(Setup::usual(), async |world: &World| {
        let token = world.admin().await.signed.session.access_token.clone();
        let odd_ids = ["x", "%00", "..%2f..", "00000000-0000-0000-0000-000000000000", "%ff", "é"];
        let bodies =
            ["", "{}", "[]", "null", "{\"name\":\"\\u0000\"}", "{\"name\":7}", "[[[[", "\u{0}"];
        for route in baton::http::routes() {
            if route.path == "/api/v1/sessions" && route.method == Method::POST {
                continue;
            }
            for id in odd_ids {
                let mut path = String::new();
                for piece in route.path.split('/').skip(1) {
                    path.push('/');
                    path.push_str(if piece.starts_with('{') { id } else { piece });
                }
                for body in bodies {
                    let body = Some(("application/json", body.as_bytes().to_vec()));
                    let method = route.method.clone();
                    let answer = world.asks(method, &path, Some(&token), body).await;
                    assert!(answer.status < 500, "{} {path}: {answer:?}", route.method);
                }
                if !route.path.contains('{') {
                    break;
                }
            }
        }
        let ready = world.asks(Method::GET, "/readyz", None, None).await;
        assert_eq!(ready.status, 200);
    })
    .await;
}
