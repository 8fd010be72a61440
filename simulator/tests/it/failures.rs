//! Sends that fail, hang, or succeed without their sender learning of it.

use std::collections::BTreeSet;
use std::time::Duration;

use baton_simulator::{Fault, FaultRule, Knobs, Loss, LostAnswers, When};
use serde_json::json;

use crate::{SOON, Stage, span, text_to};

fn failing(when: When, fault: Fault) -> Knobs {
    Knobs { faults: vec![FaultRule::new(when, fault)], ..Knobs::permissive() }
}

#[tokio::test]
async fn faults_are_told_as_the_platform_tells_them() {
    let cases = [
        (Fault::RateLimited { http: 400, retry_after_s: 0 }, (400, 130_429)),
        (Fault::RateLimited { http: 429, retry_after_s: 3 }, (429, 130_429)),
        (Fault::PairRate, (400, 131_056)),
        (Fault::Unknown, (500, 131_000)),
        (Fault::Maintenance, (503, 133_004)),
        (Fault::Token, (401, 190)),
        (Fault::Error { code: 131_031, http: 403 }, (403, 131_031)),
    ];
    let stage = Stage::new(Knobs::permissive()).await;
    let text = text_to("34600000001", "Hola");
    for (fault, expected) in cases {
        stage.simulator.set_knobs(failing(When::Next(1), fault.clone()));
        assert_eq!(stage.is_refused(&text).await, expected, "{fault:?}");
        assert_eq!(stage.simulator.reached().len(), 0, "{fault:?}");
    }
    stage.sends("34600000001", "Hola").await;
}

#[tokio::test]
async fn retry_after_is_told_with_a_429() {
    let fault = Fault::RateLimited { http: 429, retry_after_s: 3 };
    let stage = Stage::new(failing(When::Always, fault)).await;
    let token = &stage.simulator.config().access_token;
    let request = stage.http.post(stage.url()).bearer_auth(token);
    let answer = request.json(&text_to("34600000001", "Hola")).send().await.unwrap();
    assert_eq!(answer.headers()["retry-after"], "3");
}

#[tokio::test]
async fn a_send_may_fail_after_its_200() {
    let stage = Stage::new(failing(When::Always, Fault::AsyncFailure { code: 131_026 })).await;
    let wamid = stage.sends("34600000001", "Hola").await;
    stage.quiet().await;
    assert_eq!(stage.sink.statuses_of(&wamid), ["failed"]);
    assert_eq!(stage.sink.statuses()[0]["errors"][0]["code"], 131_026);
    assert_eq!(stage.simulator.reached(), []);
}

#[tokio::test]
async fn a_lost_answer_is_a_reset_connection_and_a_message_that_reached_the_customer() {
    let lost_answers = Some(LostAnswers { probability: 1.0, how: Loss::Drop });
    let stage = Stage::new(Knobs { lost_answers, ..Knobs::permissive() }).await;
    let mut body = text_to("34600000001", "Hola");
    body["biz_opaque_callback_data"] = json!("b1:1:2:3");
    let error = stage.post(&body).await.unwrap_err();
    assert!(error.is_request(), "{error:?}");
    let reached = stage.simulator.wait_reached(|_| true, SOON).await.unwrap();
    assert_eq!(reached.text(), Some("Hola"));
    assert!(!reached.answered);
    stage.quiet().await;
    assert_eq!(stage.sink.statuses_of(&reached.wamid), ["sent", "delivered"]);
    assert_eq!(stage.sink.statuses()[0]["biz_opaque_callback_data"], "b1:1:2:3");
}

#[tokio::test]
async fn a_lost_answer_may_be_a_200_that_nobody_can_read() {
    let lost_answers = Some(LostAnswers { probability: 1.0, how: Loss::Garbage });
    let stage = Stage::new(Knobs { lost_answers, ..Knobs::permissive() }).await;
    let error = stage.post(&text_to("34600000001", "Hola")).await.unwrap_err();
    assert!(error.is_decode(), "{error:?}");
    assert_eq!(stage.simulator.reached().len(), 1);
}

#[tokio::test]
async fn a_reset_may_happen_before_or_after_the_message_was_taken() {
    let stage = Stage::new(failing(When::Next(1), Fault::Reset { accepted: false })).await;
    assert!(stage.post(&text_to("34600000001", "Hola")).await.unwrap_err().is_request());
    assert_eq!(stage.simulator.reached().len(), 0);
    stage.simulator.set_knobs(failing(When::Next(1), Fault::Reset { accepted: true }));
    assert!(stage.post(&text_to("34600000001", "Hola")).await.unwrap_err().is_request());
    assert_eq!(stage.simulator.reached().len(), 1);
    stage.sends("34600000001", "Hola").await;
}

#[tokio::test]
async fn a_send_may_hang_until_its_caller_gives_up_and_its_statuses_come_all_the_same() {
    let stage =
        Stage::new(failing(When::Next(1), Fault::Hang { ms: 60_000, accepted: true })).await;
    let token = &stage.simulator.config().access_token;
    let request = stage.http.post(stage.url()).bearer_auth(token);
    let request = request.json(&text_to("34600000001", "Hola"));
    let error = request.timeout(Duration::from_millis(300)).send().await.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    let reached = stage.simulator.wait_reached(|_| true, SOON).await.unwrap();
    stage.quiet().await;
    assert_eq!(stage.sink.statuses_of(&reached.wamid), ["sent", "delivered"]);
}

#[tokio::test]
async fn stopping_ends_a_send_that_hangs() {
    let stage =
        Stage::new(failing(When::Always, Fault::Hang { ms: 600_000, accepted: true })).await;
    let Stage { simulator, http, .. } = stage;
    let id = simulator.number().phone_number_id;
    let url = format!("{}/v26.0/{id}/messages", simulator.base_url());
    let token = simulator.config().access_token.clone();
    let request = http.post(url).bearer_auth(token).json(&text_to("34600000001", "Hola"));
    let hanging = tokio::spawn(request.send());
    simulator.wait_reached(|_| true, SOON).await.unwrap();
    tokio::time::timeout(SOON, simulator.stop()).await.unwrap();
    assert!(hanging.await.unwrap().is_err());
}

#[tokio::test]
async fn a_status_may_arrive_before_the_answer() {
    let stage = Stage::new(Knobs { status_before_answer: true, ..Knobs::permissive() }).await;
    let wamid = stage.sends("34600000001", "Hola").await;
    let told = stage.sink.statuses_of(&wamid);
    assert_eq!(told.first().map(String::as_str), Some("sent"));
}

#[tokio::test]
async fn with_every_knob_turned_nothing_is_lost() {
    let stage = Stage::new(Knobs {
        webhook_delay: span(0, 30),
        status_delay: span(0, 30),
        duplicate_probability: 0.2,
        reorder_ms: 30,
        batch_size: 50,
        batch_linger_ms: 5,
        retry_delays_ms: vec![0, 1, 5],
        lost_answers: Some(LostAnswers { probability: 0.3, how: Loss::Drop }),
        faults: vec![FaultRule::new(When::Every(3), Fault::Maintenance)],
        shuffle_keys: true,
        escape_slashes: true,
        auto_read: true,
        ..Knobs::permissive()
    })
    .await;
    stage.sink.answers(&[200, 500, 503, 200, 404].repeat(4));
    let mut wrote = BTreeSet::new();
    for nth in 0..150 {
        let wa_id = format!("346000000{:02}", nth % 20);
        wrote.insert(stage.simulator.customer(&wa_id, "C").sends("a/b é").await);
        drop(stage.post(&text_to(&wa_id, "Hola")).await);
    }
    stage.quiet().await;
    let heard: BTreeSet<_> =
        stage.sink.messages().iter().map(|m| m["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(heard, wrote);
    let reached = stage.simulator.reached();
    assert_eq!(reached.len(), 100);
    assert!(reached.iter().any(|one| one.answered) && reached.iter().any(|one| !one.answered));
    for one in reached {
        let told: BTreeSet<_> = stage.sink.statuses_of(&one.wamid).into_iter().collect();
        assert_eq!(told.len(), 3, "{told:?}");
    }
}
