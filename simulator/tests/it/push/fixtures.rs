//! The pushes in `protocol/fixtures`: the services take what a server posts, and hand on what the
//! files say that phones read.

use std::path::Path;

use baton_simulator::PushInput;
use serde_json::Value;

use super::providers::{
    APNS_TARGET, access_token, apns, fcm, inbox, now_s, provider_token, services,
};
use crate::Stage;

fn pushes(lane: &str) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol/fixtures");
    let text = std::fs::read_to_string(folder.join(format!("push.{lane}.json"))).unwrap();
    let all: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(all.len() > 8, "{lane}");
    all
}

/// What the phone was handed last; Apple's read as JSON.
async fn handed(stage: &Stage, target: &str) -> Value {
    let last = inbox(stage, target).await.pop().unwrap();
    let input = last.input.unwrap();
    let mut handed = serde_json::to_value(&input).unwrap();
    if let PushInput::Apns(json) = &input {
        handed["data"] = serde_json::from_str(json).unwrap();
    }
    handed
}

#[tokio::test]
async fn firebase_takes_each_push_of_the_fixtures_and_hands_on_what_they_say() {
    let stage = services().await;
    let token = access_token(&stage).await;
    for one in pushes("fcm") {
        let body = &one["posted"]["body"];
        assert_eq!(fcm(&stage, &token, body).await.0, 200, "{body}");
        let target = body["message"]["token"].as_str().unwrap();
        assert_eq!(handed(&stage, target).await, one["handed"]);
    }
}

#[tokio::test]
async fn apple_takes_each_push_of_the_fixtures_and_hands_on_what_they_say() {
    let stage = services().await;
    let account = stage.simulator.apns_account();
    let token = provider_token(&account, now_s(&stage));
    for one in pushes("apns") {
        let headers = one["posted"]["headers"].as_object().unwrap().iter();
        let headers: Vec<_> = headers
            .filter(|(name, _)| *name != "apns-topic")
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
            .collect();
        let body = one["posted"]["body"].to_string();
        assert_eq!(apns(&stage, &token, &headers, &body).await.unwrap().0, 200, "{headers:?}");
        assert_eq!(handed(&stage, APNS_TARGET).await, one["handed"]);
    }
}
