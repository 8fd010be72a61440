//! What a version does not understand is kept, and a later one reads it at its place.

mod mutated;

use baton_domain::fact::inbound::ElementBody;
use baton_protocol::{LineKind, Timestamp};

use super::webhooks::{post as sends, sign};
use super::*;
use crate::engine::work::Post;
use crate::http::HandlerResult;
use crate::http::intake::{Intake, Replayed};
use crate::http::webhooks::post;
use crate::store::Sql;

/// As a version reads a webhook that knows neither places nor calls.
#[expect(clippy::wildcard_enum_match_arm, reason = "an older version knows the others")]
fn older(clock: &Clock, app: String, body: &[u8], at: Timestamp) -> HandlerResult<Post> {
    let mut post = post(clock, app, body, at)?;
    for (element, _) in &mut post.elements {
        match &mut element.body {
            ElementBody::Message(message) if message.kind == LineKind::Location => {
                message.kind = LineKind::Unsupported;
                (message.content.text, message.content.details) = (None, None);
            }
            ElementBody::Message(message) if message.kind == LineKind::Call => {
                element.body = ElementBody::Ignored { what: "calls" };
            }
            _ => {}
        }
    }
    Ok(post)
}

fn webhook(field: &str, value: Value) -> String {
    let mut value = value;
    value["metadata"] = json!({"phone_number_id": "pn1"});
    value["contacts"] = json!([{"wa_id": "34600", "profile": {"name": "Lucía"}}]);
    json!({"object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": field, "value": value}]}]})
    .to_string()
}

fn place(wamid: &str) -> String {
    let message = json!({"from": "34600", "id": wamid, "timestamp": "1790000000",
        "type": "location", "location": {"latitude": 37.4, "longitude": -5.9, "name": "Triana"}});
    webhook("messages", json!({"messages": [message]}))
}

fn call(id: &str) -> String {
    let call = json!({"from": "34600", "to": "1555", "id": id, "timestamp": "1790000000",
        "event": "connect", "direction": "USER_INITIATED"});
    webhook("calls", json!({"calls": [call]}))
}

/// The server took it in before its upgrade.
async fn came_earlier(desk: &Desk, body: &str) {
    let clock = &desk.parts.clock;
    let post = older(clock, "123".to_owned(), body.as_bytes(), clock.now()).unwrap();
    desk.parts.engine.post(post).await.unwrap();
}

fn operator(desk: &Desk) -> Intake<'_> {
    let ApiState { store, engine, clock, .. } = &desk.parts;
    Intake::new(store, engine, clock)
}

async fn waiting(desk: &Desk) -> Vec<(String, Option<String>)> {
    let rows = operator(desk).list(None, 50.try_into().unwrap(), false).await.unwrap();
    rows.into_iter().map(|row| (row.kind, row.original_type)).collect()
}

async fn number(desk: &Desk, sql: &'static Sql) -> i64 {
    desk.parts.store.rows_alone::<(i64,)>(sql, &[]).await.unwrap()[0].0
}

async fn run(desk: &Desk, sql: &'static Sql) {
    desk.parts.store.run_alone(sql, &[""; 0]).await.unwrap();
}

static HEAD: Sql = Sql::new("SELECT CAST(SUM(position) AS BIGINT) FROM log_head");
static PUSHES: Sql = Sql::new("SELECT CAST(COUNT(*) AS BIGINT) FROM push");

/// The only conversation and its lines.
async fn thread(desk: &Desk) -> (Value, Vec<Value>) {
    let page = desk.get(&desk.admin, "/api/v1/conversations").await.is(200, "").body;
    let view = page["conversations"][0]["view"].clone();
    let id = view["head"]["id"].as_str().unwrap_or_else(|| panic!("{page}"));
    let path = format!("/api/v1/conversations/{id}/messages");
    let lines = desk.get(&desk.admin, &path).await.is(200, "").body;
    (view, lines["lines"].as_array().unwrap().clone())
}

#[tokio::test]
async fn what_was_not_understood_is_read_at_its_place_after_an_upgrade_and_once() {
    for desk in desks().await {
        desk.customer_writes("wamid.1", "Where are you?").await;
        came_earlier(&desk, &place("wamid.2")).await;
        desk.customer_writes("wamid.3", "Here").await;
        let (view, lines) = thread(&desk).await;
        assert_eq!((&lines[1]["kind"], &lines[1]["seq"]), (&json!("unsupported"), &json!(2)));
        let kept = ("unsupported".to_owned(), Some("location".to_owned()));
        assert_eq!(waiting(&desk).await, [kept]);
        assert_eq!(desk.parts.metrics.not_understood.get("unsupported"), 1);
        let (head, pushes) = (number(&desk, &HEAD).await, number(&desk, &PUSHES).await);

        let done = operator(&desk).replay().await.unwrap();
        assert_eq!(done, Replayed { webhooks: 0, understood: 1, waits: 0 });
        let (after, lines) = thread(&desk).await;
        let read = &lines[1];
        assert_eq!((&read["kind"], &read["seq"]), (&json!("location"), &json!(2)));
        assert_eq!(read["content"]["text"], "Triana");
        assert_eq!(read["content"]["details"]["type"], "location");
        assert_eq!(lines.len(), 3);
        for same in ["turn", "window_until", "customer_seq", "last_line"] {
            assert_eq!(after["thread"][same], view["thread"][same], "{same}");
        }
        assert_eq!(after["head"]["last_seq"], view["head"]["last_seq"]);
        assert_eq!(number(&desk, &HEAD).await, head + 1, "the log says so, once");
        assert_eq!(number(&desk, &PUSHES).await, pushes, "nobody is told again");

        // Killed before it could note what was done, and again; WhatsApp repeats its webhook, too.
        static FORGET: Sql = Sql::new("UPDATE not_understood SET replayed_at = NULL");
        run(&desk, &FORGET).await;
        for understood in [1, 0] {
            let done = operator(&desk).replay().await.unwrap();
            assert_eq!(done, Replayed { understood, ..Replayed::default() });
        }
        let body = place("wamid.2");
        sends(&desk, &body, Some(&sign(&body))).await.is(200, "");
        assert_eq!(number(&desk, &HEAD).await, head + 1);
        assert_eq!(thread(&desk).await.1, lines);
        desk.database.close().await;
    }
}

#[tokio::test]
async fn what_earlier_versions_left_in_the_bodies_alone_is_taken_in_once() {
    for desk in desks().await {
        came_earlier(&desk, &place("wamid.1")).await;
        came_earlier(&desk, &call("wacid.1")).await;
        came_earlier(&desk, &webhook("security", json!({"event": "PIN_CHANGED"}))).await;
        // As a database is whose versions kept nothing but bodies.
        static EMPTY: Sql = Sql::new("DELETE FROM not_understood");
        static UNSIFTED: Sql = Sql::new("UPDATE intake SET sifted = 0");
        run(&desk, &EMPTY).await;
        run(&desk, &UNSIFTED).await;
        let done = operator(&desk).replay().await.unwrap();
        assert_eq!(done, Replayed { webhooks: 3, understood: 0, waits: 1 });
        assert_eq!(waiting(&desk).await, [("security".to_owned(), None)]);
        let (view, lines) = thread(&desk).await;
        let said: Vec<_> = lines.iter().map(|line| &line["content"]["text"]).collect();
        assert_eq!(said, ["Triana", "Missed call"]);
        assert_eq!(view["thread"]["turn"]["from_seq"], 1, "one turn");
        let head = number(&desk, &HEAD).await;
        let done = operator(&desk).replay().await.unwrap();
        assert_eq!(done, Replayed { webhooks: 0, understood: 0, waits: 1 });
        assert_eq!(number(&desk, &HEAD).await, head);
        desk.database.close().await;
    }
}

#[tokio::test]
async fn a_customers_call_is_a_line_that_opens_a_turn_once() {
    for desk in desks().await {
        let calls = call("wacid.1");
        let ends = calls.replace("connect", "terminate");
        for body in [&calls, &ends, &calls] {
            sends(&desk, body, Some(&sign(body))).await.is(200, "");
        }
        let (view, lines) = thread(&desk).await;
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_eq!(
            (&lines[0]["kind"], &lines[0]["content"]["text"]),
            (&json!("call"), &json!("Missed call"))
        );
        assert_eq!(view["thread"]["turn"]["from_seq"], 1);
        assert!(view["head"]["unanswered_since"].is_string(), "{view}");
        // What the business called is nobody's question.
        let own = call("wacid.2").replace("USER_INITIATED", "BUSINESS_INITIATED");
        sends(&desk, &own, Some(&sign(&own))).await.is(200, "");
        assert_eq!(waiting(&desk).await, [("calls".to_owned(), None)]);
        desk.database.close().await;
    }
}

#[tokio::test]
async fn messages_under_an_unknown_field_wait_for_somebody_and_the_rest_of_it_is_kept() {
    for desk in desks().await {
        let aside = place("wamid.1").replace(r#""messages","value""#, r#""whispers","value""#);
        assert_ne!(aside, place("wamid.1"));
        let rest = webhook("whispers", json!({"event": "HEARD"}));
        for body in [&aside, &rest] {
            sends(&desk, body, Some(&sign(body))).await.is(200, "");
        }
        let all = crate::http::quarantine::Quarantine {
            store: &desk.parts.store,
            engine: &desk.parts.engine,
            clock: &desk.parts.clock,
            workspace: None,
        };
        let rows = all.list(None, 9).await.unwrap();
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert!(rows[0].element.contains("Triana"));
        assert_eq!(waiting(&desk).await, [("unlisted_field".to_owned(), None)]);
        desk.database.close().await;
    }
}

#[tokio::test]
async fn what_an_earlier_version_kept_of_a_phone_apps_history_is_taken_in_and_tells_nobody() {
    for desk in desks().await {
        desk.customer_writes("wamid.1", "Where are you?").await;
        let said = |from: &str, id: &str, body: &str| {
            json!({"from": from, "id": id, "timestamp": "1739230955", "type": "text",
                "text": {"body": body}, "history_context": {"status": "READ"}})
        };
        // One is held as a line already.
        let messages = [said("34600", "past.1", "Hola"), said("34600", "wamid.1", "Where?")];
        let old = json!({"id": "34600", "messages": messages});
        let many: Vec<_> =
            (0..120).map(|n| said("1555", &format!("past.many.{n}"), "Hi")).collect();
        let many = json!({"id": "34700", "messages": many});
        let body = webhook("history", json!({"history": [{"threads": [many, old]}]}));
        let name = json!({"type": "contact", "action": "add",
            "contact": {"full_name": "Pablo", "phone_number": "34700"}});
        let names = webhook("smb_app_state_sync", json!({"state_sync": [name]}));
        for body in [&body, &names] {
            sends(&desk, body, Some(&sign(body))).await.is(200, "");
        }
        let kinds: Vec<_> = waiting(&desk).await.into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, ["smb_app_state_sync", "history"]);
        let (head, pushes) = (number(&desk, &HEAD).await, number(&desk, &PUSHES).await);
        let done = operator(&desk).replay().await.unwrap();
        assert_eq!(done, Replayed { webhooks: 0, understood: 2, waits: 0 });
        static PAST: Sql = Sql::new("SELECT CAST(COUNT(*) AS BIGINT) FROM past");
        static NAMED: Sql =
            Sql::new("SELECT CAST(COUNT(*) AS BIGINT) FROM contact WHERE name = 'Pablo'");
        assert_eq!(number(&desk, &PAST).await, 121);
        assert_eq!(number(&desk, &NAMED).await, 1);
        assert_eq!(number(&desk, &PUSHES).await, pushes, "nobody is told");
        let end = number(&desk, &HEAD).await;
        // The new contact: opened, its card and then its name, over.
        assert_eq!(end, head + 4);
        static FORGET: Sql = Sql::new("UPDATE not_understood SET replayed_at = NULL");
        run(&desk, &FORGET).await;
        let done = operator(&desk).replay().await.unwrap();
        assert_eq!(done, Replayed { webhooks: 0, understood: 2, waits: 0 });
        assert_eq!(number(&desk, &HEAD).await, end, "again it changes nothing");
        assert_eq!(number(&desk, &PAST).await, 121);
        let workspace = desk.admin.workspace_id;
        let report = crate::store::verify::verify_log(&desk.parts.store, workspace).await;
        assert_eq!(report.unwrap().fault, None, "the log tells of all that is there");
        desk.database.close().await;
    }
}
