//! The same over HTTP, as tests in other languages use it.

use std::time::Duration;

use baton_mobile::push::Keyring;
use baton_mobile::push::payload::{Content, read};
use baton_simulator::{Knobs, PushLane};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{CONVERSATION, EPOCH, WORKSPACE, device_key, fields, input, public, to, wake};
use crate::Stage;

async fn ask(stage: &Stage, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
    let url = format!("{}/control/push{path}", stage.simulator.base_url());
    let mut request = stage.http.request(method.parse().unwrap(), url);
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
}

#[tokio::test]
async fn another_process_pushes_to_a_registration_and_fetches_what_the_phone_is_handed() {
    let stage = Stage::new(Knobs::default()).await;
    let key = device_key(1);
    // The body of PUT /devices/{id}/push as it is.
    let to = json!({
        "lane": "fcm", "target_kind": "token", "target": "https://push.example/a?b=c",
        "key": public(&key), "app_id": "org.example.baton", "locale": "es", "caps": [],
    });
    let push = json!({
        "kind": "message", "workspace": WORKSPACE, "conversation": CONVERSATION,
        "expires_at_ms": stage.simulator.now_ms() + 60_000, "cursor": format!("{EPOCH}:3"),
        "title": "Lucía", "body": "Hola",
    });
    let order = json!({"to": to, "push": push});
    let (status, sent) = ask(&stage, "POST", "", Some(order.clone())).await;
    assert_eq!(status, 200, "{sent}");
    let made = baton_protocol::PushId(sent["id"].as_str().unwrap().parse().unwrap()).made_at();
    assert!(made.unwrap().ms().abs_diff(stage.simulator.now_ms()) < 60_000, "a UUIDv7 of now");
    // A target that is a URL is one piece of the path.
    let path = "/inbox/https%3A%2F%2Fpush.example%2Fa%3Fb%3Dc";
    let (_, inbox) = ask(&stage, "GET", &format!("{path}?wait_ms=5000"), None).await;
    assert_eq!(inbox[0]["id"], sent["id"]);
    assert_eq!(inbox[0]["input"], sent["input"]);
    let handed = serde_json::from_value(inbox[0]["input"].clone()).unwrap();
    let push = read(&input(&handed), Some(&Keyring::new(key))).unwrap();
    assert!(matches!(push.content, Content::Opened(Some(_))), "{push:?}");
    assert_eq!(ask(&stage, "GET", &format!("{path}?since=1"), None).await.1, json!([]));
    let (_, counts) = ask(&stage, "GET", "", None).await;
    assert_eq!((&counts["sent"], &counts["delivered"]), (&json!(1), &json!(1)));
    // What would be handed, without handing it.
    let (status, made) = ask(&stage, "POST", "/payload", Some(order)).await;
    assert_eq!((status, &made["input"]["road"]), (200, &json!("fcm")));
    assert_eq!(ask(&stage, "GET", "", None).await.1["sent"], 1);
}

#[tokio::test]
async fn a_poll_waits_for_what_comes_and_for_no_longer_than_it_says() {
    let stage = Stage::new(Knobs::default()).await;
    let poll = "/inbox/target-1?wait_ms=8000";
    let began = Instant::now();
    let waiting = ask(&stage, "GET", poll, None);
    let sending = async {
        let mut order = wake("soon", PushLane::Fcm, stage.simulator.now_ms());
        order.delay_ms = Some(50);
        stage.simulator.push(order).unwrap();
    };
    let ((_, inbox), ()) = tokio::join!(waiting, sending);
    assert_eq!(inbox[0]["id"], "soon");
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
    // A push of tomorrow comes when the clock says so.
    let mut order = wake("tomorrow", PushLane::Fcm, stage.simulator.now_ms());
    order.push.expires_at_ms += 100_000_000;
    order.delay_ms = Some(86_400_000);
    stage.simulator.push(order).unwrap();
    let waiting = ask(&stage, "GET", "/inbox/target-1?since=1&wait_ms=8000", None);
    let advancing = async { stage.simulator.advance(Duration::from_secs(86_401)) };
    let ((_, inbox), ()) = tokio::join!(waiting, advancing);
    assert_eq!(inbox[0]["id"], "tomorrow");
    let (status, inbox) = ask(&stage, "GET", "/inbox/nobody?wait_ms=20", None).await;
    assert_eq!((status, inbox), (200, json!([])));
}

#[tokio::test]
async fn a_phone_is_switched_off_and_knobs_are_patched() {
    let stage = Stage::new(Knobs::default()).await;
    let off = Some(json!({"is_on": false}));
    assert_eq!(ask(&stage, "PUT", "/phones/target-1", off).await.0, 200);
    stage.simulator.push(wake("a", PushLane::Apns, stage.simulator.now_ms())).unwrap();
    assert_eq!(ask(&stage, "GET", "/inbox/target-1", None).await.1, json!([]));
    let on = Some(json!({"is_on": true}));
    assert_eq!(ask(&stage, "PUT", "/phones/target-1", on).await.0, 200);
    assert_eq!(ask(&stage, "GET", "/inbox/target-1", None).await.1[0]["id"], "a");
    let url = format!("{}/control/knobs", stage.simulator.base_url());
    let patch = json!({"push": {"drop_probability": 1.0}});
    assert_eq!(stage.http.patch(url).json(&patch).send().await.unwrap().status(), 200);
    stage.simulator.push(wake("lost", PushLane::Apns, stage.simulator.now_ms())).unwrap();
    assert_eq!(ask(&stage, "GET", "", None).await.1["dropped"], 1);
}

#[tokio::test]
async fn wrong_orders_are_refused() {
    let stage = Stage::new(Knobs::default()).await;
    let good = json!({
        "to": to(PushLane::Fcm, None), "push": fields("message", stage.simulator.now_ms()),
    });
    for (field, value, status) in [
        ("content", json!("whispered"), 422),
        ("copies", json!(101), 400),
        ("speed", json!(1), 422),
        ("to", json!({"lane": "webpush", "target": "https://push.example/1"}), 400),
        ("push", json!({"kind": "message"}), 422),
    ] {
        let mut wrong = good.clone();
        wrong[field] = value;
        assert_eq!(ask(&stage, "POST", "", Some(wrong)).await.0, status, "{field}");
    }
    assert_eq!(ask(&stage, "POST", "", Some(good)).await.0, 200);
}
