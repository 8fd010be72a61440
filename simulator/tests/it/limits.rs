//! The window of 24 hours, the pair rate and the rate of a number.

use std::time::Duration;

use baton_simulator::{Knobs, WindowMode};
use serde_json::json;

use crate::{Stage, text_to};

const HOUR: Duration = Duration::from_secs(3_600);

fn only_window(window_mode: WindowMode) -> Knobs {
    Knobs { enforce_window: true, window_mode, ..Knobs::permissive() }
}

#[tokio::test]
async fn free_text_is_taken_for_24_hours_after_the_customer_wrote() {
    let stage = Stage::new(only_window(WindowMode::Sync)).await;
    let text = text_to("34600000001", "Hola");
    assert_eq!(stage.is_refused(&text).await, (400, 131_047));
    let lucia = stage.simulator.customer("34600000001", "Lucía");
    lucia.sends("Buenas").await;
    stage.sends("34600000001", "Hola").await;
    stage.simulator.advance(24 * HOUR - Duration::from_secs(60));
    stage.sends("34600000001", "Hola").await;
    stage.simulator.advance(Duration::from_secs(60));
    assert_eq!(stage.is_refused(&text).await, (400, 131_047));
    lucia.sends("¿Siguen ahí?").await;
    stage.sends("34600000001", "Sí").await;
}

#[tokio::test]
async fn a_template_needs_no_window() {
    let stage = Stage::new(only_window(WindowMode::Sync)).await;
    let mut body = text_to("34600000001", "");
    body["type"] = json!("template");
    body["template"] = json!({"name": "hello_world", "language": {"code": "en_US"}});
    let (status, answer) = stage.post(&body).await.unwrap();
    assert_eq!(status, 200);
    assert_eq!(answer["messages"][0]["message_status"], "accepted");
}

#[tokio::test]
async fn a_closed_window_may_be_told_by_a_failed_status_after_a_200() {
    let stage = Stage::new(only_window(WindowMode::Async)).await;
    let mut body = text_to("34600000001", "Hola");
    body["biz_opaque_callback_data"] = json!("tag");
    let (status, answer) = stage.post(&body).await.unwrap();
    assert_eq!(status, 200);
    stage.quiet().await;
    let wamid = answer["messages"][0]["id"].as_str().unwrap();
    assert_eq!(stage.sink.statuses_of(wamid), ["failed"]);
    let failed = &stage.sink.statuses()[0];
    assert_eq!(failed["errors"][0]["code"], 131_047);
    assert_eq!(failed["biz_opaque_callback_data"], "tag");
    assert_eq!(stage.simulator.reached(), []);
}

#[tokio::test]
async fn a_burst_to_one_recipient_is_borrowed_and_paid_back() {
    let stage = Stage::new(Knobs { enforce_pair_rate: true, ..Knobs::permissive() }).await;
    for _ in 0..45 {
        stage.sends("34600000001", "Hola").await;
    }
    let text = text_to("34600000001", "Hola");
    assert_eq!(stage.is_refused(&text).await, (400, 131_056));
    stage.sends("34600000002", "Hola").await;
    stage.simulator.advance(Duration::from_secs(240));
    assert_eq!(stage.is_refused(&text).await, (400, 131_056));
    stage.simulator.advance(Duration::from_secs(45 * 6 - 240));
    stage.sends("34600000001", "Hola").await;
}

#[tokio::test]
async fn beyond_its_rate_a_number_is_refused_as_400_or_as_429_with_retry_after() {
    let knobs = Knobs { enforce_mps: true, mps: 1, mps_http: 400, ..Knobs::permissive() };
    let stage = Stage::new(knobs.clone()).await;
    stage.sends("34600000001", "Hola").await;
    let text = text_to("34600000002", "Hola");
    assert_eq!(stage.is_refused(&text).await, (400, 130_429));
    stage.simulator.set_knobs(Knobs { mps_http: 429, ..knobs });
    let token = &stage.simulator.config().access_token;
    let answer = stage.http.post(stage.url()).bearer_auth(token).json(&text).send().await.unwrap();
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["retry-after"], "1");
    stage.simulator.advance(Duration::from_secs(2));
    stage.sends("34600000002", "Hola").await;
}

#[tokio::test]
async fn a_closed_window_that_no_webhook_can_tell_of_is_told_by_the_answer() {
    let simulator = baton_simulator::Simulator::start(baton_simulator::Config::default()).await;
    let simulator = simulator.unwrap();
    let number = simulator.number().phone_number_id;
    let url = format!("{}/v26.0/{number}/messages", simulator.base_url());
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = http.post(url).json(&text_to("34600000001", "Hola"));
    let answer = request.bearer_auth(&simulator.config().access_token).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    let answer: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(answer["error"]["code"], 131_047);
    simulator.stop().await;
}
