//! What the machines ask for, and what they are told.

use std::time::Duration;

use baton_protocol::account::{Login, Session};
use baton_protocol::page::{CustomerFiles, LinesPage};
use baton_protocol::{
    AgentId, Command, ContactId, ConversationId, Cursor, DeviceId, Epoch, OpId, Timestamp,
    WorkspaceId,
};
use serde_json::{Value, json};
use tokio::join;
use uuid::Uuid;

use super::stand::{Stand, answer, ok, problem};
use crate::link::{Failure, Fetched, Query};
use crate::net::{
    ListPart, SignInError, SignedIn, customer_files, delete, lines, past, patch, post, put,
};
use crate::outbox;

const SOON: Duration = Duration::from_secs(20);
const A: ConversationId = ConversationId(Uuid::from_u128(7));
const DEVICE: DeviceId = DeviceId(Uuid::from_u128(9));

fn first_line(heard: &str) -> &str {
    heard.lines().next().unwrap()
}

fn body(heard: &str) -> Value {
    serde_json::from_str(heard.split_once("\r\n\r\n").unwrap().1).unwrap()
}

async fn fetched(query: &Query, said: &str) -> (Result<Fetched, Failure>, String) {
    let stand = Stand::new().await;
    let server = stand.server();
    let (answer, (heard, _)) = join!(server.fetch(query, "a-token"), stand.answers(said));
    assert!(heard.contains("authorization: Bearer a-token\r\n"));
    (answer, first_line(&heard).to_owned())
}

#[tokio::test]
async fn each_query_has_its_address_and_its_answer() {
    let cursor = Cursor { epoch: Epoch(Uuid::from_u128(3)), position: 12 };
    let page = format!(r#"{{"cursor":"{cursor}","conversations":[],"next":"a"}}"#);
    let sync = format!(r#"{{"cursor":"{cursor}","frames":[]}}"#);

    let first = Query::Snapshot { page: None, limit: 50 };
    let (answer, asked) = fetched(&first, &ok(&page)).await;
    assert_eq!(asked, "GET /api/v1/snapshot?limit=50 HTTP/1.1");
    assert!(matches!(answer, Ok(Fetched::Page(page)) if page.next.as_deref() == Some("a")));

    let later = Query::Snapshot { page: Some("a+/=&b".to_owned()), limit: 10 };
    let (_, asked) = fetched(&later, &ok(&page)).await;
    assert_eq!(asked, "GET /api/v1/snapshot?limit=10&page=a%2B%2F%3D%26b HTTP/1.1");

    let (answer, asked) = fetched(&Query::Sync(cursor), &ok(&sync)).await;
    let escaped = cursor.to_string().replace(':', "%3A");
    assert_eq!(asked, format!("GET /api/v1/sync?after={escaped} HTTP/1.1"));
    assert!(matches!(answer, Ok(Fetched::Sync(sync)) if sync.cursor == cursor));

    let (answer, asked) = fetched(&Query::Agents, &ok("[]")).await;
    assert_eq!(asked, "GET /api/v1/agents HTTP/1.1");
    assert!(matches!(answer, Ok(Fetched::Agents(all)) if all.is_empty()));
    let (answer, asked) = fetched(&Query::Teams, &ok("[]")).await;
    assert_eq!(asked, "GET /api/v1/teams HTTP/1.1");
    assert!(matches!(answer, Ok(Fetched::Teams(all)) if all.is_empty()));
    let (answer, asked) = fetched(&Query::Channels, &ok("[]")).await;
    assert_eq!(asked, "GET /api/v1/channels HTTP/1.1");
    assert!(matches!(answer, Ok(Fetched::Channels(all)) if all.is_empty()));

    let gone = problem(404, "not_found", "");
    let (answer, asked) = fetched(&Query::Conversation(A), &gone).await;
    assert_eq!(asked, format!("GET /api/v1/conversations/{A} HTTP/1.1"));
    let code = Some("not_found".to_owned());
    assert_eq!(answer.unwrap_err(), Failure::Refused { status: 404, code, retry_after_ms: None });
}

fn session() -> String {
    let session = Session {
        access_token: "access".to_owned(),
        access_expires_at: Timestamp::from_ms(784_111_777_000 + 900_000),
        refresh_token: "refresh".to_owned(),
        device_id: DEVICE,
        agent_id: AgentId(Uuid::from_u128(1)),
        workspace_id: WorkspaceId(Uuid::from_u128(2)),
    };
    serde_json::to_string(&session).unwrap()
}

fn login() -> Login {
    Login {
        workspace: "acme".to_owned(),
        email: "ada@example.com".to_owned(),
        password: "secret".to_owned(),
        device_id: None,
        device_name: Some("Ada's phone".to_owned()),
    }
}

async fn signed_in(said: &str) -> (Result<SignedIn, SignInError>, String) {
    let stand = Stand::new().await;
    let server = stand.server();
    let (signed, (heard, _)) = join!(async { server.sign_in(&login()).await }, stand.answers(said));
    (signed, heard)
}

#[tokio::test]
async fn who_signs_in_gets_tokens_and_how_long_they_are_good() {
    let date = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    let (signed, heard) = signed_in(&answer("201 Created", date, &session())).await;
    assert_eq!(first_line(&heard), "POST /api/v1/sessions HTTP/1.1");
    assert!(!heard.contains("authorization"));
    let login = json!({"workspace": "acme", "email": "ada@example.com", "password": "secret",
        "device_id": null, "device_name": "Ada's phone"});
    assert_eq!(body(&heard), login);
    let signed = signed.unwrap();
    assert_eq!(signed.session.access_token, "access");
    assert_eq!(signed.session.device_id, DEVICE);
    // By the server's clock, whatever the phone's says.
    assert_eq!(signed.good_for, Some(Duration::from_secs(900)));
    assert!(!format!("{signed:?}").contains("refresh"));

    let (signed, _) = signed_in(&answer("201 Created", "", &session())).await;
    assert_eq!(signed.unwrap().good_for, None);
}

#[tokio::test]
async fn who_is_not_signed_in_hears_why() {
    let throttled = |retry_ms| SignInError::Throttled { retry_ms };
    let refused =
        |status, code: Option<&str>| SignInError::Refused { status, code: code.map(str::to_owned) };
    for (said, error) in [
        (problem(403, "wrong_credentials", ""), SignInError::WrongCredentials),
        (problem(429, "rate_limited", "retry-after: 7\r\n"), throttled(7_000)),
        (problem(503, "unavailable", ""), throttled(1_000)),
        (problem(401, "device_revoked", ""), SignInError::DeviceRevoked),
        (problem(404, "unknown_route", ""), SignInError::Incompatible),
        (problem(426, "too_old", ""), SignInError::Incompatible),
        (problem(400, "invalid", ""), refused(400, Some("invalid"))),
        (answer("403 No", "", "<html>"), refused(403, None)),
        (answer("302 Found", "location: /login\r\n", ""), SignInError::Incompatible),
        // A portal.
        (answer("200 OK", "", "<html>"), SignInError::Incompatible),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\n".to_owned(),
            SignInError::Incompatible,
        ),
        ("HTTP/1.1 OK\r\n\r\n".to_owned(), SignInError::Unreachable),
    ] {
        assert_eq!(signed_in(&said).await.0.map(drop), Err(error), "{said}");
    }
}

#[tokio::test]
async fn a_refresh_names_token_and_device() {
    let stand = Stand::new().await;
    let server = stand.server();
    let asked = server.refresh("refresh", DEVICE);
    let (signed, (heard, _)) = join!(asked, stand.answers(ok(&session())));
    assert_eq!(signed.unwrap().session.refresh_token, "refresh");
    assert_eq!(first_line(&heard), "POST /api/v1/sessions/refresh HTTP/1.1");
    assert_eq!(body(&heard), json!({"refresh_token": "refresh", "device_id": DEVICE}));
    assert!(!heard.contains("authorization"));
}

#[tokio::test]
async fn a_refresh_that_fails_is_told_as_the_link_hears_it() {
    let stand = Stand::new().await;
    let server = stand.server();
    let said = problem(401, "device_revoked", "");
    let (signed, _) = join!(server.refresh("refresh", DEVICE), stand.answers(&said));
    let code = Some("device_revoked".to_owned());
    let refused = Failure::Refused { status: 401, code, retry_after_ms: None };
    assert_eq!(signed.map(drop), Err(refused));
    drop(stand);
    assert_eq!(server.refresh("r", DEVICE).await.map(drop), Err(Failure::Unreachable));
}

#[tokio::test]
async fn only_the_server_itself_ends_a_session() {
    for (said, ended) in [
        (answer("204 No Content", "", ""), Ok(())),
        // A portal.
        (ok("<html>"), Err(Failure::Unreadable)),
    ] {
        let stand = Stand::new().await;
        let server = stand.server();
        let (out, (heard, _)) = join!(server.sign_out("a-token", DEVICE), stand.answers(&said));
        assert_eq!(first_line(&heard), format!("DELETE /api/v1/sessions/{DEVICE} HTTP/1.1"));
        assert_eq!(out, ended);
    }
}

fn command() -> Command {
    serde_json::from_value(json!({
        "op_id": OpId(Uuid::from_u128(5)), "conversation_id": A, "type": "note", "text": "hello",
    }))
    .unwrap()
}

#[tokio::test]
async fn commands_go_as_an_array_and_each_has_its_answer() {
    let stand = Stand::new().await;
    let server = stand.server();
    let op_id = command().op_id;
    let said = ok(&format!(r#"{{"results":[{{"op_id":"{op_id}","accepted":{{"revision":3}}}}]}}"#));
    let (results, (heard, _)) =
        join!(async { server.commands(&[command()], "a-token", SOON).await }, stand.answers(&said));
    assert_eq!(first_line(&heard), "POST /api/v1/commands HTTP/1.1");
    assert_eq!(body(&heard), json!([command()]));
    assert_eq!(results.unwrap()[0].op_id, Some(op_id));
}

#[tokio::test]
async fn outcomes_are_asked_by_op_id() {
    let stand = Stand::new().await;
    let server = stand.server();
    let op_id = command().op_id;
    let (results, (heard, _)) = join!(
        async { server.outcomes(&[op_id], "a-token", SOON).await },
        stand.answers(ok(r#"{"results":[]}"#))
    );
    assert_eq!(first_line(&heard), "POST /api/v1/commands/outcomes HTTP/1.1");
    assert_eq!(body(&heard), json!({"op_ids": [op_id]}));
    assert_eq!(results, Ok(Vec::new()));
}

#[tokio::test]
async fn a_failure_of_commands_is_told_as_the_outbox_hears_it() {
    let http = |status, s: Option<u64>| outbox::Failure::Http {
        status,
        retry_after: s.map(Duration::from_secs),
    };
    for (said, failure) in [
        (problem(401, "unauthenticated", ""), http(401, None)),
        (problem(429, "rate_limited", "retry-after: 3\r\n"), http(429, Some(3))),
        (answer("520 Odd", "", "<html>"), http(520, None)),
        (answer("302 Found", "location: /\r\n", ""), http(302, None)),
        // A portal: the commands may have gone nowhere, or somewhere.
        (ok("<html>"), outbox::Failure::Lost),
        (answer("204 None", "", ""), outbox::Failure::Lost),
        ("HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\n".to_owned(), outbox::Failure::Lost),
        ("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{".to_owned(), outbox::Failure::Lost),
    ] {
        let stand = Stand::new().await;
        let server = stand.server();
        let (results, ()) =
            join!(async { server.commands(&[command()], "a-token", SOON).await }, async {
                drop(stand.answers(&said).await);
            });
        assert_eq!(results, Err(failure), "{said}");
    }
    let stand = Stand::new().await;
    let server = stand.server();
    drop(stand);
    let results = server.commands(&[command()], "a-token", SOON).await;
    assert_eq!(results, Err(outbox::Failure::NotSent));
}

/// Only the link knows what a code means for the session.
#[tokio::test]
async fn a_failure_of_commands_is_told_as_the_link_hears_it_too() {
    let code = Some("device_revoked".to_owned());
    let refused = Failure::Refused { status: 401, code, retry_after_ms: None };
    for (said, link) in [
        (problem(401, "device_revoked", ""), refused),
        (ok("<html>"), Failure::Unreadable),
        ("HTTP/1.1 OK\r\n\r\n".to_owned(), Failure::Unreachable),
    ] {
        let stand = Stand::new().await;
        let server = stand.server();
        let (results, ()) = join!(
            async { server.outcomes_with_reason(&[command().op_id], "a-token", SOON).await },
            async {
                drop(stand.answers(&said).await);
            }
        );
        assert_eq!(results.unwrap_err().link, link, "{said}");
    }
}

#[tokio::test]
async fn older_lines_come_by_the_page() {
    let page = ok(r#"{"lines":[],"notes":[],"before":7}"#);
    for (before, query) in [(None, "limit=50"), (Some(57), "limit=50&before=57")] {
        let stand = Stand::new().await;
        let server = stand.server();
        let (lines, (heard, _)) =
            join!(server.ask(lines(A, before, 50).by("a-token")), stand.answers(&page));
        let path = format!("GET /api/v1/conversations/{A}/messages?{query} HTTP/1.1");
        assert_eq!(first_line(&heard), path);
        assert_eq!(lines.unwrap().read::<LinesPage>().unwrap().before, Some(7));
    }
}

#[tokio::test]
async fn what_was_said_before_the_first_line_comes_by_the_page() {
    let page = ok(r#"{"lines":[],"notes":[],"past":"0a"}"#);
    let stand = Stand::new().await;
    let server = stand.server();
    let (lines, (heard, _)) =
        join!(server.ask(past(A, "ff&x=1", 50).by("a-token")), stand.answers(&page));
    let path = format!("GET /api/v1/conversations/{A}/messages?limit=50&past=ffx1 HTTP/1.1");
    assert_eq!(first_line(&heard), path);
    assert_eq!(lines.unwrap().read::<LinesPage>().unwrap().past.as_deref(), Some("0a"));
}

#[tokio::test]
async fn files_of_a_customer_come_by_the_page() {
    let contact = ContactId(A.0);
    let page = |page: Option<&str>| ListPart { page: page.map(str::to_owned), limit: 50 };
    let answered = ok(r#"{"files":[],"next":"9.a"}"#);
    for (asked, query) in [(None, "limit=50"), (Some("7.b&x"), "limit=50&page=7.b%26x")] {
        let stand = Stand::new().await;
        let server = stand.server();
        let request = customer_files(contact, &page(asked)).by("a-token");
        let (files, (heard, _)) = join!(server.ask(request), stand.answers(&answered));
        let path = format!("GET /api/v1/contacts/{contact}/files?{query} HTTP/1.1");
        assert_eq!(first_line(&heard), path);
        let files = files.unwrap().read::<CustomerFiles>().unwrap();
        assert_eq!((files.files.len(), files.next.as_deref()), (0, Some("9.a")));
    }
}

#[tokio::test]
async fn other_resources_are_written_by_their_path() {
    let stand = Stand::new().await;
    let server = stand.server();
    let bounds = (SOON, 1_000);
    let said = answer("204 None", "connection: close\r\n", "");
    let sent = json!({"a": 1});

    let request = put("/api/v1/x", &sent, bounds).unwrap().by("a-token");
    let (done, (heard, _)) = join!(server.ask(request), stand.answers(&said));
    assert_eq!(first_line(&heard), "PUT /api/v1/x HTTP/1.1");
    assert!(heard.contains("authorization: Bearer a-token\r\n"));
    assert_eq!((done.unwrap().read(), body(&heard)), (Ok(()), sent.clone()));

    let made = answer("201 Made", "connection: close\r\n", "2");
    let request = post("/api/v1/x", &sent, bounds).unwrap();
    let (done, (heard, _)) = join!(server.ask(request), stand.answers(made));
    assert_eq!(first_line(&heard), "POST /api/v1/x HTTP/1.1");
    assert_eq!((done.unwrap().read(), body(&heard)), (Ok(json!(2)), sent.clone()));

    let changed = answer("200 OK", "connection: close\r\n", "2");
    let request = patch("/api/v1/x", &sent, bounds).unwrap();
    let (done, (heard, _)) = join!(server.ask(request), stand.answers(changed));
    assert_eq!(first_line(&heard), "PATCH /api/v1/x HTTP/1.1");
    assert_eq!((done.unwrap().read(), body(&heard)), (Ok(json!(2)), sent));

    let (done, (heard, _)) = join!(server.ask(delete("/x", bounds)), stand.answers(&said));
    assert_eq!(first_line(&heard), "DELETE /x HTTP/1.1");
    assert_eq!(done.unwrap().nothing(), Ok(()));
}
