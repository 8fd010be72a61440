//! What the messages endpoint takes and refuses.

use serde_json::{Value, json};

use crate::{SOON, Stage, text_to};
use baton_simulator::{Config, Knobs, Number};

async fn permissive() -> Stage {
    Stage::new(Knobs::permissive()).await
}

#[tokio::test]
async fn a_text_is_answered_with_input_wa_id_and_a_wamid_and_reaches_the_customer() {
    let stage = permissive().await;
    let heard = stage.simulator.customer("34600000001", "Lucía").sends("Buenas").await;
    let mut body = text_to("+34 600 000 001", "Hola");
    body["context"] = json!({"message_id": heard});
    body["biz_opaque_callback_data"] = json!("b1:1:2:3");
    let (status, answer) = stage.post(&body).await.unwrap();
    assert_eq!(status, 200);
    let contact = json!([{"input": "+34 600 000 001", "wa_id": "34600000001"}]);
    assert_eq!(answer["contacts"], contact);
    let wamid = answer["messages"][0]["id"].as_str().unwrap();
    assert!(wamid.starts_with("wamid.HBgLMzQ2MDAwMDAwMDEVAgARGB"), "{wamid}");
    let reached = stage.simulator.wait_reached(|one| one.wamid == wamid, SOON).await.unwrap();
    assert_eq!(reached.text(), Some("Hola"));
    assert_eq!(reached.to, "34600000001");
    assert_eq!(reached.context, Some(heard));
    assert_eq!(reached.biz_opaque_callback_data.as_deref(), Some("b1:1:2:3"));
    assert!(reached.answered);
}

#[tokio::test]
async fn a_customer_without_a_phone_number_is_reached_by_user_id() {
    let stage = permissive().await;
    let sheena = stage.simulator.customer_without_phone("US.13491208655302741918", "Sheena");
    let mut body = text_to("", "Hi");
    body.as_object_mut().unwrap().remove("to");
    body["recipient"] = json!("US.13491208655302741918");
    let (status, answer) = stage.post(&body).await.unwrap();
    assert_eq!(status, 200);
    let expected =
        json!([{"input": "US.13491208655302741918", "user_id": "US.13491208655302741918"}]);
    assert_eq!(answer["contacts"], expected);
    assert_eq!(sheena.received().len(), 1);
}

#[tokio::test]
async fn to_wins_over_recipient() {
    let stage = permissive().await;
    let mut body = text_to("34600000001", "Hi");
    body["recipient"] = json!("US.13491208655302741918");
    stage.post(&body).await.unwrap();
    assert_eq!(stage.simulator.reached()[0].to, "34600000001");
}

#[tokio::test]
async fn wrong_bodies_are_refused_with_the_platforms_code() {
    let stage = permissive().await;
    let with = |key: &str, value: Value| {
        let mut body = text_to("34600000001", "Hola");
        body[key] = value;
        body
    };
    let without = |key: &str| {
        let mut body = text_to("34600000001", "Hola");
        body.as_object_mut().unwrap().remove(key);
        body
    };
    let cases = [
        (json!([]), 100),
        (without("messaging_product"), 100),
        (with("messaging_product", json!("sms")), 100),
        (without("to"), 131_008),
        (with("to", json!("Lucía")), 100),
        (with("to", json!(34_600_000_001_u64)), 100),
        (without("text"), 131_008),
        (with("text", json!({})), 131_008),
        (with("text", json!({"body": ""})), 100),
        (with("text", json!({"body": 5})), 100),
        (with("text", json!({"body": "é".repeat(4_097)})), 100),
        (with("text", json!({"body": "x", "preview_url": "yes"})), 100),
        (with("type", json!("telegram")), 131_008),
        (with("recipient_type", json!("crowd")), 100),
        (with("context", json!({})), 131_008),
        (with("biz_opaque_callback_data", json!("x".repeat(513))), 100),
        (json!({"messaging_product": "whatsapp", "status": "seen", "message_id": "x"}), 100),
        (json!({"messaging_product": "whatsapp", "status": "read"}), 131_008),
        (json!({"messaging_product": "whatsapp", "status": "read", "message_id": "w"}), 100),
    ];
    for (body, code) in cases {
        assert_eq!(stage.is_refused(&body).await, (400, code), "{body}");
    }
    assert_eq!(stage.simulator.reached(), []);
}

#[tokio::test]
async fn the_longest_text_and_tag_are_taken() {
    let stage = permissive().await;
    let mut body = text_to("34600000001", &"é".repeat(4_096));
    body["biz_opaque_callback_data"] = json!("x".repeat(512));
    assert_eq!(stage.post(&body).await.unwrap().0, 200);
}

#[tokio::test]
async fn a_wrong_bearer_is_401_with_190_and_a_missing_one_is_401() {
    let stage = permissive().await;
    let request = stage.http.post(stage.url()).json(&text_to("34600000001", "Hola"));
    let wrong = request.try_clone().unwrap().bearer_auth("wrong").send().await.unwrap();
    assert_eq!(wrong.status(), 401);
    assert_eq!(wrong.json::<Value>().await.unwrap()["error"]["code"], 190);
    let missing = request.send().await.unwrap();
    assert_eq!(missing.status(), 401);
    assert_eq!(missing.json::<Value>().await.unwrap()["error"]["code"], 104);
}

#[tokio::test]
async fn unknown_numbers_are_100_with_33_and_any_version_will_do() {
    let stage = permissive().await;
    let base = stage.simulator.base_url();
    let id = stage.simulator.number().phone_number_id;
    let cases = [
        (format!("{base}/v26.0/999/messages"), 400, json!(100), json!(33)),
        (format!("{base}/v19.1/{id}/messages"), 200, Value::Null, Value::Null),
        (format!("{base}/latest/{id}/messages"), 400, json!(2_500), Value::Null),
        (format!("{base}/v26.0/{id}/letters"), 400, json!(2_500), Value::Null),
    ];
    for (url, status, code, subcode) in cases {
        let request = stage.http.post(&url).json(&text_to("34600000001", "Hola"));
        let token = &stage.simulator.config().access_token;
        let answer = request.bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), status, "{url}");
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["error"]["code"], code, "{url}");
        assert_eq!(answer["error"]["error_subcode"], subcode, "{url}");
    }
}

#[tokio::test]
async fn reading_and_typing_are_recorded_for_messages_that_customers_wrote() {
    let stage = permissive().await;
    let wamid = stage.simulator.customer("34600000001", "Lucía").sends("Hola").await;
    let mut body = json!({"messaging_product": "whatsapp", "status": "read", "message_id": wamid});
    assert_eq!(stage.post(&body).await.unwrap(), (200, json!({"success": true})));
    body["typing_indicator"] = json!({"type": "text"});
    assert_eq!(stage.post(&body).await.unwrap(), (200, json!({"success": true})));
    let marked = stage.simulator.marked();
    assert_eq!(marked.iter().map(|mark| mark.typing).collect::<Vec<_>>(), [false, true]);
    assert!(marked.iter().all(|mark| mark.wamid == wamid));
}

#[tokio::test]
async fn only_what_a_person_wrote_to_this_number_within_30_days_can_be_marked_read() {
    let numbers = ["106540352242922", "206540352242922"]
        .map(|id| Number { phone_number_id: id.to_owned(), ..Number::default() });
    let config =
        Config { numbers: numbers.to_vec(), knobs: Knobs::permissive(), ..Config::default() };
    let stage = Stage::of(config).await;
    let lucia = stage.simulator.customer("34600000001", "Lucía");
    let elsewhere = lucia.on("206540352242922").sends("Hola").await;
    let old = lucia.sends("Hola").await;
    stage.simulator.advance(std::time::Duration::from_secs(31 * 86_400));
    for wamid in [elsewhere, old] {
        let read = json!({"messaging_product": "whatsapp", "status": "read", "message_id": wamid});
        assert_eq!(stage.is_refused(&read).await, (400, 100));
    }
}
