//! Short questions to values of the wire, where no story asks them.

use baton_domain::fact::predicates::{is_load, is_retryable, needs_window, stops_sends};
use baton_protocol::connection::ConnectionFault;
use baton_protocol::{CommandBody, Refusal, Status, Timestamp};
use serde_json::json;

#[test]
fn a_refusal_of_the_future_is_final() {
    let told = json!({ "code": "being_trained", "by": 4 });
    let refusal: Refusal = serde_json::from_value(told).unwrap();
    assert!(matches!(refusal, Refusal::Unknown(_)) && !is_retryable(&refusal));
    assert!(is_retryable(&Refusal::Unavailable { retry_after_ms: 1 }));
}

#[test]
fn what_is_put_off_or_done_is_nobodys_load() {
    assert!(is_load(Status::Open) && is_load(Status::Waiting));
    assert!(
        !is_load(Status::Snoozed { until: Timestamp::default() }) && !is_load(Status::Resolved)
    );
}

#[test]
fn only_answers_that_are_no_template_need_the_window() {
    let needs = |body| needs_window(&serde_json::from_value::<CommandBody>(body).unwrap());
    assert!(needs(json!({ "type": "reply", "text": "Hola", "seen": null })));
    assert!(!needs(json!({ "type": "note", "text": "Hola" })));
    let template = json!({ "type": "template", "name": "hello", "language": "es" });
    assert!(!needs(json!({ "type": "send", "details": template, "seen": null })));
}

#[test]
fn a_low_quality_stops_no_sends_and_a_wrong_token_does() {
    assert!(stops_sends(ConnectionFault::TokenWrong));
    assert!(!stops_sends(ConnectionFault::QualityLow));
}
