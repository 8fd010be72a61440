//! What the platform takes and refuses of each type of message.

use std::time::Duration;

use baton_simulator::{AppEvent, Around, Inbound, Knobs, PlatformEvent};
use serde_json::{Value, json};

use crate::{Stage, message};

async fn permissive() -> Stage {
    Stage::new(Knobs::permissive()).await
}

fn buttons(buttons: &[(&str, &str)]) -> Value {
    let buttons: Vec<Value> = buttons
        .iter()
        .map(|(id, title)| json!({"type": "reply", "reply": {"id": id, "title": title}}))
        .collect();
    interactive("button", json!({"buttons": buttons}))
}

fn list(rows: &[(&str, &str)]) -> Value {
    let rows: Vec<Value> =
        rows.iter().map(|(id, title)| json!({"id": id, "title": title})).collect();
    interactive("list", json!({"button": "Open", "sections": [{"rows": rows}]}))
}

fn interactive(kind: &str, action: Value) -> Value {
    with(json!({"type": kind, "body": {"text": "Choose"}}), "action", action)
}

fn url_button(url: &str, text: &str) -> Value {
    let parameters = json!({"display_text": text, "url": url});
    interactive("cta_url", json!({"name": "cta_url", "parameters": parameters}))
}

fn with(mut content: Value, key: &str, value: Value) -> Value {
    content[key] = value;
    content
}

#[tokio::test]
async fn what_the_platform_takes_is_taken() {
    let stage = permissive().await;
    let wamid = stage.simulator.customer("34600000001", "Lucía").sends("Hola").await;
    let action = json!({"buttons": [{"type": "reply", "reply": {"id": "a", "title": "A"}}]});
    let image = json!({"type": "image", "image": {"link": "https://example.com/a.jpg"}});
    let rows: Vec<_> = (0..10).map(|n| (format!("r{n}"), "The same title".to_owned())).collect();
    let rows: Vec<_> = rows.iter().map(|(id, title)| (id.as_str(), title.as_str())).collect();
    let cases = [
        ("interactive", buttons(&[("a", "A"), ("b", "B"), ("c", "é23456789012345678😀")])),
        ("interactive", with(buttons(&[("a", "A")]), "action", json!(action.to_string()))),
        ("interactive", with(buttons(&[("a", "A")]), "header", image.clone())),
        ("interactive", list(&rows)),
        ("interactive", url_button("https://example.com/x?y=1", "Open the shop")),
        ("location", json!({"latitude": -90, "longitude": "180", "name": "Edge"})),
        ("reaction", json!({"message_id": wamid, "emoji": "👍🏽"})),
        ("reaction", json!({"message_id": wamid, "emoji": ""})),
        ("image", json!({"link": "http://example.com/a.png", "caption": "x".repeat(1_024)})),
        ("audio", json!({"link": "https://example.com/a.ogg", "voice": true, "caption": null})),
        ("contacts", json!([{"name": {"formatted_name": "Ana", "first_name": "Ana"}}])),
    ];
    let count = cases.len();
    for (kind, content) in cases {
        let body = message(kind, content);
        let (status, answer) = stage.post(&body).await.unwrap();
        assert_eq!(status, 200, "{body}: {answer}");
    }
    let reached = stage.simulator.reached();
    assert_eq!(reached.len(), count);
    assert_eq!(reached[1].body["action"], action, "kept as an object");
}

#[tokio::test]
async fn what_the_platform_refuses_is_refused_with_its_code() {
    let stage = permissive().await;
    let eleven: Vec<_> = (0..11).map(|n| format!("r{n}")).collect();
    let eleven: Vec<_> = eleven.iter().map(|id| (id.as_str(), "Row")).collect();
    let two = json!([{"rows": [{"id": "a", "title": "A"}]}, {"rows": []}]);
    let image_header = json!({"type": "image", "image": {"link": "https://example.com/a"}});
    let cases = [
        ("interactive", buttons(&[("a", "A"), ("a", "B")]), 131_009),
        ("interactive", buttons(&[("a", "A"), ("b", "A")]), 131_009),
        ("interactive", buttons(&[("a", "123456789012345678901")]), 131_009),
        ("interactive", buttons(&[("a", "")]), 131_009),
        ("interactive", buttons(&[("a", "A"), ("b", "B"), ("c", "C"), ("d", "D")]), 100),
        ("interactive", buttons(&[]), 100),
        ("interactive", with(buttons(&[("a", "A")]), "body", json!({"text": ""})), 131_009),
        ("interactive", with(buttons(&[("a", "A")]), "action", json!("{")), 100),
        (
            "interactive",
            with(buttons(&[("a", "A")]), "footer", json!({"text": "f".repeat(61)})),
            131_009,
        ),
        ("interactive", list(&[("a", "A"), ("a", "B")]), 131_009),
        ("interactive", list(&eleven), 100),
        ("interactive", list(&[("a", "1234567890123456789012345")]), 131_009),
        ("interactive", interactive("list", json!({"button": "Open", "sections": two})), 131_008),
        ("interactive", with(list(&[("a", "A")]), "header", image_header), 131_009),
        ("interactive", url_button("example.com", "Open"), 100),
        ("interactive", url_button("https://", "Open"), 100),
        ("interactive", interactive("poll", json!({"name": "poll"})), 131_009),
        ("reaction", json!({"message_id": "wamid.x", "emoji": "ok"}), 131_009),
        ("reaction", json!({"message_id": "wamid.x", "emoji": "👍👍"}), 131_009),
        ("reaction", json!({"emoji": "👍"}), 131_008),
        ("location", json!({"latitude": 90.01, "longitude": 0}), 131_009),
        ("location", json!({"latitude": 0, "longitude": -180.5}), 131_009),
        ("location", json!({"latitude": "north", "longitude": 0}), 100),
        ("image", json!({"link": "example.com/a.jpg"}), 100),
        ("image", json!({"link": "https://example.com/a", "id": "1"}), 100),
        ("image", json!({"id": "1037543291543636"}), 100),
        ("audio", json!({"link": "https://example.com/a.ogg", "caption": "x"}), 100),
        ("document", json!({"link": "https://example.com/a", "caption": "x".repeat(1_025)}), 100),
        ("contacts", json!([{"name": {"formatted_name": "Ana"}}]), 100),
        ("contacts", json!([]), 100),
    ];
    for (kind, content, code) in cases {
        let body = message(kind, content);
        assert_eq!(stage.is_refused(&body).await, (400, code), "{body}");
    }
    assert_eq!(stage.simulator.reached(), []);
}

#[tokio::test]
async fn the_business_cannot_write_to_its_own_number() {
    let stage = permissive().await;
    let own = crate::text_to("+1 555 078 3881", "Hola");
    assert_eq!(stage.is_refused(&own).await, (400, 131_021));
}

#[tokio::test]
async fn a_reaction_to_what_is_no_message_of_the_conversation_fails_after_its_200() {
    let stage = permissive().await;
    let lucia = stage.simulator.customer("34600000001", "Lucía");
    let reaction = lucia.reacts(&lucia.sends("Hola").await, "👍").await;
    let of_another = stage.simulator.customer("34600000002", "Mateo").sends("Hi").await;
    let revoked = lucia.sends("Adiós").await;
    lucia.says(Inbound::Revoke { wamid: revoked.clone() }, Around::default()).await.unwrap();
    let old = lucia.sends("Hola").await;
    stage.simulator.advance(Duration::from_secs(31 * 86_400));
    lucia.blocks_business(true);
    let failed = stage.sends("34600000001", "Hola").await;
    lucia.blocks_business(false);
    for wamid in ["wamid.unknown", &reaction, &of_another, &revoked, &old, &failed] {
        let body = message("reaction", json!({"message_id": wamid, "emoji": "👍"}));
        let (status, answer) = stage.post(&body).await.unwrap();
        assert_eq!(status, 200);
        stage.quiet().await;
        let sent = answer["messages"][0]["id"].as_str().unwrap();
        assert_eq!(stage.sink.statuses_of(sent), ["failed"]);
        assert_eq!(stage.sink.statuses().last().unwrap()["errors"][0]["code"], 131_009);
    }
    let own = stage.sends("34600000001", "Buenas").await;
    let body = message("reaction", json!({"message_id": own, "emoji": "❤️"}));
    let (_, answer) = stage.post(&body).await.unwrap();
    assert_eq!(stage.simulator.reached().last().unwrap().kind, "reaction");
    stage.quiet().await;
    let wamid = answer["messages"][0]["id"].as_str().unwrap();
    assert_eq!(stage.sink.statuses_of(wamid), ["sent"], "no more is told of a reaction");
}

#[tokio::test]
async fn what_is_quoted_must_be_a_message_of_the_conversation() {
    let stage = permissive().await;
    let lucia = stage.simulator.customer("34600000001", "Lucía");
    let heard = lucia.sends("Hola").await;
    let own = stage.sends("34600000001", "Buenas").await;
    let person = lucia.person();
    let echo =
        AppEvent::Echo { to: person, message: json!({"type": "text", "text": {"body": "Y"}}) };
    stage.simulator.happens(PlatformEvent::App(echo)).await.unwrap();
    stage.quiet().await;
    let echoes = stage.sink.changes("smb_message_echoes").pop().unwrap();
    let from_the_app = echoes["message_echoes"][0]["id"].as_str().unwrap().to_owned();
    let quoting = |wamid: &str| {
        let mut body = crate::text_to("34600000001", "?");
        body["context"] = json!({"message_id": wamid});
        body
    };
    for wamid in [&heard, &own, &from_the_app] {
        assert_eq!(stage.post(&quoting(wamid)).await.unwrap().0, 200, "{wamid}");
    }
    let of_another = stage.simulator.customer("34600000002", "Mateo").sends("Hi").await;
    for wamid in ["wamid.unknown", &of_another] {
        assert_eq!(stage.is_refused(&quoting(wamid)).await, (400, 131_009), "{wamid}");
    }
    assert_eq!(stage.simulator.reached().len(), 4);
}

#[tokio::test]
async fn a_customer_with_another_number_keeps_what_was_said() {
    let stage = permissive().await;
    let mut lucia = stage.simulator.customer("34600000001", "Lucía");
    let heard = lucia.sends("Hola").await;
    lucia.changes_number("34600000009").await;
    let mut body = crate::text_to("34600000009", "Hola");
    body["context"] = json!({"message_id": heard});
    assert_eq!(stage.post(&body).await.unwrap().0, 200);
    let reaction = json!({"message_id": heard, "emoji": "👍"});
    let mut body = message("reaction", reaction);
    body["to"] = json!("34600000009");
    stage.post(&body).await.unwrap();
    stage.quiet().await;
    assert_eq!(stage.simulator.reached().last().unwrap().kind, "reaction");
}

#[tokio::test]
async fn a_refused_call_is_answered_although_its_body_is_large() {
    let stage = permissive().await;
    let request = stage.http.post(stage.url()).body(vec![b'x'; 20 * 1024 * 1024]);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 401);
    let url = format!("{}/no/such/path/at/all", stage.simulator.base_url());
    let request = stage.http.post(url).body(vec![b'x'; 20 * 1024 * 1024]);
    assert_eq!(request.send().await.unwrap().status(), 400);
}
