//! What comes as an answer: never too much, never too late, never from somewhere else.

use std::time::Duration;

use baton_protocol::Timestamp;
use tokio::io::AsyncWriteExt as _;
use tokio::join;

use super::stand::{Stand, answer, get, ok, post, problem, soon};
use crate::link::limits::RETRY_AFTER_MAX;
use crate::link::{Failure, Query};
use crate::net::{NetError, Reply, Request, escaped};

#[tokio::test]
async fn a_request_says_who_asks_and_the_answer_says_when() {
    let stand = Stand::new().await;
    let server = stand.server();
    let said = answer("200 OK", "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "[1]");
    let (reply, (heard, _peer)) = join!(server.ask(post("/api/v1/x?y=1")), stand.answers(&said));
    let reply = reply.unwrap();
    assert_eq!((reply.status, reply.body.as_slice()), (200, b"[1]".as_slice()));
    assert_eq!(reply.server_time, Some(Timestamp::from_ms(784_111_777_000)));
    assert!(heard.starts_with("POST /api/v1/x?y=1 HTTP/1.1\r\n"), "{heard}");
    for line in [
        &format!("host: {}", stand.address),
        "user-agent: baton-test/1",
        "authorization: Bearer a-token",
        "content-type: application/json",
        "content-length: 2",
    ] {
        assert!(heard.contains(&format!("{line}\r\n")), "no {line} in {heard}");
    }
}

#[tokio::test]
async fn an_answer_that_is_announced_as_too_large_is_not_read() {
    let stand = Stand::new().await;
    let server = stand.server();
    let said = "HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n";
    let (reply, (_, mut peer)) = join!(server.ask(get("/x")), stand.answers(said));
    assert_eq!(reply, Err(NetError::TooLarge));
    peer.is_left().await;
    assert_eq!(stand.connections(), 0);
}

#[tokio::test]
async fn an_answer_of_exactly_the_size_that_is_allowed_is_read() {
    let stand = Stand::new().await;
    let server = stand.server();
    let said = ok(&"x".repeat(1_000));
    let (reply, _) = join!(server.ask(get("/x")), stand.answers(&said));
    assert_eq!(reply.unwrap().body.len(), 1_000);
}

#[tokio::test]
async fn a_body_without_an_end_is_given_up() {
    let stand = Stand::new().await;
    let server = stand.server();
    let endless = async {
        let said = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        let (_, mut peer) = stand.answers(said).await;
        // Ends when nobody takes it any more.
        soon(async { while peer.0.write_all(b"4\r\nmore\r\n").await.is_ok() {} }).await;
    };
    let (reply, ()) = join!(server.ask(get("/x")), endless);
    assert_eq!(reply, Err(NetError::TooLarge));
}

#[tokio::test]
async fn a_head_without_an_end_is_given_up() {
    let stand = Stand::new().await;
    let server = stand.server();
    let endless = async {
        let (_, mut peer) = stand.answers("HTTP/1.1 200 OK\r\n").await;
        let line = format!("x-more: {}\r\n", "x".repeat(1_000));
        soon(async { while peer.0.write_all(line.as_bytes()).await.is_ok() {} }).await;
    };
    let (reply, ()) = join!(server.ask(get("/x")), endless);
    assert_eq!(reply, Err(NetError::Lost));
}

#[tokio::test]
async fn an_answer_that_dribbles_in_is_given_up_at_the_deadline() {
    let stand = Stand::new().await;
    let server = stand.server();
    let request = Request { within: Duration::from_millis(200), ..get("/x") };
    let dribble = async {
        let (_, mut peer) = stand.answers("HTTP/1.1 200 OK\r\nx-slow: ").await;
        soon(async {
            while peer.0.write_all(b"x").await.is_ok() {
                tokio::task::yield_now().await;
            }
        })
        .await;
    };
    let (reply, ()) = join!(server.ask(request), dribble);
    assert_eq!(reply, Err(NetError::Lost));
}

#[tokio::test]
async fn no_redirection_is_followed() {
    let (stand, elsewhere) = (Stand::new().await, Stand::new().await);
    let server = stand.server();
    let head = format!("location: http://{}/x\r\n", elsewhere.address);
    let said = answer("307 Elsewhere", &head, "");
    let (reply, _) = join!(server.fetch(&Query::Agents, "a-token"), stand.answers(&said));
    let refused = Failure::Refused { status: 307, code: None, retry_after_ms: None };
    assert_eq!(reply.unwrap_err(), refused);
    assert!(elsewhere.is_left_alone().await && stand.is_left_alone().await);
}

#[tokio::test]
async fn what_is_not_http_is_no_answer() {
    for garbage in
        ["SSH-2.0-OpenSSH\r\n", "\0\0\0\0", "HTTP/1.1 OK\r\n\r\n", "HTTP/2 200 OK\r\n\r\n"]
    {
        let stand = Stand::new().await;
        let server = stand.server();
        let talk = async { drop(stand.answers(garbage).await) };
        let (reply, ()) = join!(server.ask(get("/x")), talk);
        assert_eq!(reply, Err(NetError::Lost), "{garbage:?}");
    }
}

#[tokio::test]
async fn what_is_no_json_cannot_be_read() {
    for page in [ok("<html>"), ok(""), ok(r#"{"agents":[]}"#), answer("204 None", "", "")] {
        let stand = Stand::new().await;
        let server = stand.server();
        let (reply, _) = join!(server.fetch(&Query::Agents, "a-token"), stand.answers(&page));
        assert_eq!(reply.unwrap_err(), Failure::Unreadable, "{page}");
    }
}

#[tokio::test]
async fn a_preliminary_answer_is_none() {
    let stand = Stand::new().await;
    let server = stand.server();
    let said = format!("HTTP/1.1 103 Early\r\nlink: x\r\n\r\n{}", ok("1"));
    let (reply, _) = join!(server.ask(get("/x")), stand.answers(&said));
    assert_eq!(reply.unwrap().status, 200);
}

async fn replied(said: &str) -> Reply {
    let stand = Stand::new().await;
    let server = stand.server();
    join!(server.ask(get("/x")), stand.answers(said)).0.unwrap()
}

#[tokio::test]
async fn a_refusal_says_why_and_for_how_long() {
    let seconds = |s| Some(Duration::from_secs(s));
    for (said, status, code, wait) in [
        (problem(401, "device_revoked", ""), 401, Some("device_revoked"), None),
        (problem(426, "too_old", "retry-after: 9\r\n"), 426, Some("too_old"), seconds(9)),
        (problem(429, "rate_limited", "retry-after: 7\r\n"), 429, Some("rate_limited"), seconds(7)),
        // A proxy has no documents.
        (answer("503 No", "retry-after: 2\r\n", "<html>"), 503, None, seconds(2)),
        (answer("503 No", "retry-after: Sun, 06 Nov 1994 08:49:37 GMT\r\n", ""), 503, None, None),
        (answer("503 No", "retry-after: -1\r\n", ""), 503, None, None),
        // Nobody waits for years.
        (
            answer("503 No", "retry-after: 18446744073709551615\r\n", ""),
            503,
            None,
            Some(RETRY_AFTER_MAX),
        ),
    ] {
        let reply = replied(&said).await;
        assert_eq!((reply.status, reply.code(), reply.retry_after), (status, code, wait), "{said}");
    }
}

#[tokio::test]
async fn the_document_knows_better_than_the_header_how_long_to_wait() {
    let body =
        r#"{"type":"","status":429,"code":"c","title":"","detail":"","retry_after_ms":1500}"#;
    let head = "content-type: application/problem+json; charset=utf-8\r\nretry-after: 2\r\n";
    let reply = replied(&answer("429 No", head, body)).await;
    assert_eq!(reply.retry_after, Some(Duration::from_millis(1_500)));
}

/// It says to wipe the device.
#[tokio::test]
async fn only_a_problem_document_of_this_answer_is_believed() {
    let body = r#"{"type":"","status":401,"code":"device_revoked","title":"","detail":""}"#;
    let (json, problem) =
        ("content-type: application/json\r\n", "content-type: application/problem+json\r\n");
    for (status, head, body) in [
        ("401 No", json, body),
        ("401 No", "", body),
        ("403 No", problem, body),
        ("401 No", problem, r#"{"code":"device_revoked"}"#),
        ("401 No", problem, &format!("{body}<!-- -->")),
    ] {
        assert_eq!(replied(&answer(status, head, body)).await.code(), None, "{head} {body}");
    }
}

#[tokio::test]
async fn nothing_that_was_said_is_printed() {
    let request = post("/api/v1/search?q=Rossi");
    let printed = format!("{request:?} {:?}", replied(&ok("Rossi")).await);
    assert!(!printed.contains("Rossi") && !printed.contains("a-token"), "{printed}");
}

#[tokio::test]
async fn a_time_that_is_none_is_not_told() {
    for odd in [
        "",
        "now",
        "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 66 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Nov 1994 08:49:37 GMT x",
    ] {
        let reply = replied(&answer("200 OK", &format!("date: {odd}\r\n"), "")).await;
        assert_eq!(reply.server_time, None, "{odd}");
    }
}

proptest::proptest! {
    #[test]
    fn what_is_escaped_is_one_word_and_loses_nothing(text: String) {
        let escaped = escaped(&text);
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~%".contains(&b);
        proptest::prop_assert!(escaped.bytes().all(is_plain));
        let mut bytes = Vec::new();
        let mut rest = escaped.as_bytes();
        while let Some((first, more)) = rest.split_first() {
            if *first == b'%' {
                let digits = std::str::from_utf8(&more[..2]).unwrap();
                bytes.push(u8::from_str_radix(digits, 16).unwrap());
                rest = &more[2..];
            } else {
                bytes.push(*first);
                rest = more;
            }
        }
        proptest::prop_assert_eq!(bytes, text.as_bytes());
    }
}
