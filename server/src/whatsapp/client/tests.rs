//! The client against a server that answers, stalls or breaks off as told.

use std::time::Duration;

use baton_protocol::{Epoch, MessageId};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use uuid::Uuid;

use super::*;
use crate::whatsapp::errors::look_up;

const BEARER: &str = "EAAB-very-secret";
const DEADLINE: Duration = Duration::from_secs(10);

fn tag() -> Tag {
    Tag { epoch: Epoch(Uuid::from_u128(1)), message: MessageId(Uuid::from_u128(2)), attempt: 1 }
}

fn said(text: &str) -> Content {
    Content { text: Some(text.to_owned()), ..Content::default() }
}

fn client(timeouts: Timeouts) -> Client {
    // Another test may have installed it before.
    drop(rustls::crypto::ring::default_provider().install_default());
    Client::new(timeouts).unwrap()
}

async fn send_to(base_url: &str, timeouts: Timeouts, to: Addressee) -> SendOutcome {
    send_with(&client(timeouts), base_url, to).await
}

async fn send_with(client: &Client, base_url: &str, to: Addressee) -> SendOutcome {
    let request = SendRequest {
        author: None,
        previews_links: true,
        base_url,
        version: "v26.0",
        phone_number_id: "106540352242922",
        token: &Token::new(BEARER),
        to: &to,
        content: &said("¡Hola!"),
        quoted_wamid: Some("wamid.Q"),
        file: None,
        tag: tag(),
    };
    tokio::time::timeout(DEADLINE, client.send(&request)).await.expect("an outcome in time")
}

async fn send(base_url: &str) -> SendOutcome {
    send_to(base_url, Timeouts::default(), Addressee::WaId("16505551234".to_owned())).await
}

/// Takes connections until told to stop and lets `serve` deal with each after its request came.
async fn server<F, Fut>(serve: F) -> (String, tokio::sync::mpsc::UnboundedReceiver<String>)
where
    F: Fn(TcpStream) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let (seen, requests) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            if seen.send(read_request(&mut stream).await).is_err() {
                return;
            }
            serve(stream).await;
        }
    });
    (base_url, requests)
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    while request.last() != Some(&b'}') {
        assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0, "the request broke off");
    }
    String::from_utf8(request).unwrap()
}

fn http(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
}

/// What the client makes of an answer; and that it asked exactly once.
async fn outcome_of(answer: String) -> SendOutcome {
    let (base_url, mut requests) = server(move |mut stream| {
        let answer = answer.clone();
        async move { stream.write_all(answer.as_bytes()).await.unwrap() }
    })
    .await;
    let outcome = send(&base_url).await;
    assert!(requests.recv().await.is_some());
    assert!(requests.try_recv().is_err(), "the request was repeated");
    outcome
}

fn error_body(code: i64) -> String {
    json!({"error": {"message": "(#1) no", "type": "OAuthException", "code": code}}).to_string()
}

#[tokio::test]
async fn a_message_id_in_the_answer_means_accepted() {
    let body = json!({"messaging_product": "whatsapp", "messages": [{"id": "wamid.A"}]});
    let outcome = outcome_of(http(200, "", &body.to_string())).await;
    assert_eq!(outcome, SendOutcome::Accepted { wamid: "wamid.A".to_owned() });
}

#[tokio::test]
async fn the_request_has_the_form_of_the_cloud_api() {
    for (to, key, id) in [
        (Addressee::WaId("16505551234".to_owned()), "to", "16505551234"),
        (Addressee::UserId("US.1349".to_owned()), "recipient", "US.1349"),
    ] {
        let (base_url, mut requests) = server(|_| async {}).await;
        send_to(&format!("{base_url}/graph/"), Timeouts::default(), to).await;
        let request = requests.recv().await.unwrap();
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("POST /graph/v26.0/106540352242922/messages HTTP/1.1\r\n"));
        assert!(head.contains(&format!("authorization: Bearer {BEARER}\r\n")), "{head}");
        assert!(head.contains("content-type: application/json\r\n"), "{head}");
        let mut expected = json!({
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "context": {"message_id": "wamid.Q"},
            "biz_opaque_callback_data": tag().to_string(),
            "type": "text",
            "text": {"body": "¡Hola!", "preview_url": false},
        });
        expected[key] = json!(id);
        assert_eq!(serde_json::from_str::<Value>(body).unwrap(), expected);
    }
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let outcome = send(&format!("http://127.0.0.1:{port}")).await;
    assert!(matches!(outcome, SendOutcome::NotSent { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_failed_tls_handshake_sent_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("https://{}", listener.local_addr().unwrap());
    let refuse = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    };
    let (outcome, ()) = tokio::join!(send(&base_url), refuse);
    assert!(matches!(outcome, SendOutcome::NotSent { .. }), "{outcome:?}");
}

#[tokio::test]
async fn what_cannot_become_a_request_was_not_sent() {
    for base_url in ["graph.facebook.com", "ftp://127.0.0.1", "data:text/plain,x", ""] {
        let outcome = send(base_url).await;
        assert!(matches!(outcome, SendOutcome::NotSent { .. }), "{base_url}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_leaves_it_unknown() {
    let (base_url, mut requests) = server(|stream| async { drop(stream) }).await;
    let outcome = send(&base_url).await;
    assert!(matches!(outcome, SendOutcome::Unknown { .. }), "{outcome:?}");
    assert!(requests.recv().await.is_some());
    assert!(requests.try_recv().is_err(), "the request was repeated");
}

#[tokio::test]
async fn a_kept_connection_that_breaks_after_the_request_leaves_it_unknown() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_request(&mut stream).await;
        let answer = http(200, "", r#"{"messages":[{"id":"wamid.A"}]}"#);
        stream.write_all(answer.as_bytes()).await.unwrap();
        read_request(&mut stream).await;
    };
    let client = client(Timeouts::default());
    let to = Addressee::WaId("1".to_owned());
    let sends = async {
        let first = send_with(&client, &base_url, to.clone()).await;
        (first, send_with(&client, &base_url, to.clone()).await)
    };
    let ((first, second), ()) = tokio::join!(sends, serve);
    assert!(matches!(first, SendOutcome::Accepted { .. }), "{first:?}");
    assert!(matches!(second, SendOutcome::Unknown { .. }), "{second:?}");
}

#[tokio::test]
async fn silence_after_the_request_leaves_it_unknown() {
    let (base_url, _requests) = server(|stream| async {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let timeouts = Timeouts { total: Duration::from_millis(200), ..Timeouts::default() };
    let outcome = send_to(&base_url, timeouts, Addressee::WaId("1".to_owned())).await;
    assert_eq!(outcome, SendOutcome::Unknown { why: "no answer in time".to_owned() });
}

#[tokio::test]
async fn an_error_that_proves_it_means_refused() {
    let outcome = outcome_of(http(400, "", &error_body(131_047))).await;
    let SendOutcome::Refused { error, class, retry_after_ms } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!((error.code, class, retry_after_ms), (131_047, Class::AgentMustAct, None));
    assert!(look_up(error.code).unwrap().proves_not_sent);
}

#[tokio::test]
async fn an_error_that_proves_it_counts_with_a_5xx_as_well() {
    let outcome = outcome_of(http(500, "", &error_body(131_057))).await;
    assert!(
        matches!(outcome, SendOutcome::Refused { class: Class::Maintenance, .. }),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_throttle_tells_how_long_to_wait() {
    for (headers, expected) in [
        ("retry-after: 7\r\n", Some(7_000)),
        (
            "x-business-use-case-usage: {\"1\":[{\"call_count\":9,\
             \"estimated_time_to_regain_access\":2}]}\r\nretry-after: 7\r\n",
            Some(120_000),
        ),
        ("retry-after: soon\r\nx-business-use-case-usage: {\r\n", None),
    ] {
        let outcome = outcome_of(http(429, headers, &error_body(130_429))).await;
        let SendOutcome::Refused { class, retry_after_ms, .. } = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!((class, retry_after_ms), (Class::ThrottledNumber, expected));
    }
}

#[tokio::test]
async fn too_many_requests_without_a_code_are_a_throttle_and_no_doubt() {
    for body in ["", "<html>slow down</html>", r#"{"error":{"message":"no code"}}"#] {
        let outcome = outcome_of(http(429, "retry-after: 7\r\n", body)).await;
        let SendOutcome::Refused { class, retry_after_ms, .. } = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!((class, retry_after_ms), (Class::ThrottledNumber, Some(7_000)));
    }
}

#[tokio::test]
async fn answers_that_prove_nothing_leave_it_unknown() {
    let large = format!(r#"{{"messages":[{{"id":"wamid.A"}}],"x":"{}"}}"#, "x".repeat(70_000));
    for (status, body) in [
        (500, error_body(131_000)),
        (400, error_body(131_000)),
        (500, error_body(2)),
        (500, error_body(999_999)),
        (502, "<html>bad gateway</html>".to_owned()),
        (500, r#"{"error":{"message":"no code"}}"#.to_owned()),
        (401, String::new()),
        (302, String::new()),
        (200, "garbage".to_owned()),
        (200, r#"{"messages":[]}"#.to_owned()),
        (200, r#"{"messages":[{"id":""}]}"#.to_owned()),
        (200, r#"{"messages":[{"id":"wamid.\u0000"}]}"#.to_owned()),
        (200, format!(r#"{{"messages":[{{"id":"{}"}}]}}"#, "x".repeat(513))),
        (200, large),
    ] {
        let outcome = outcome_of(http(status, "location: /elsewhere\r\n", &body)).await;
        assert!(matches!(outcome, SendOutcome::Unknown { .. }), "{status} {outcome:?}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_leaves_it_unknown() {
    let whole = http(200, "", r#"{"messages":[{"id":"wamid.A"}]}"#);
    let outcome = outcome_of(whole.replace("\"}]}", "")).await;
    assert!(matches!(outcome, SendOutcome::Unknown { .. }), "{outcome:?}");
}

#[tokio::test]
async fn an_unlisted_code_that_blames_the_request_is_refused_for_good() {
    let outcome = outcome_of(http(400, "", &error_body(999_999))).await;
    let SendOutcome::Refused { error, class, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!((error.code, class), (999_999, Class::Unlisted));
    assert!(!class.passes_by_itself());
}

#[test]
fn neither_token_nor_addressee_print() {
    let printed =
        format!("{:?} {:?}", Token::new(BEARER), Addressee::WaId("16505551234".to_owned()));
    assert_eq!(printed, "*** WaId(***)");
}
