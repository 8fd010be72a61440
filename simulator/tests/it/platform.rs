//! What the platform tells of by itself.

use baton_simulator::{
    AccountEvent, AppEvent, CustomerEvent, InboundMedia, Knobs, Person, PlatformEvent,
};
use serde_json::{Value, json};

use crate::{Stage, text_to};

async fn told(stage: &Stage, event: PlatformEvent, field: &str) -> Value {
    stage.simulator.happens(event).await.unwrap();
    stage.quiet().await;
    stage.sink.changes(field).pop().unwrap()
}

fn lucia() -> Person {
    Person { wa_id: Some("34600000001".to_owned()), name: "Lucía".to_owned(), ..Person::default() }
}

#[tokio::test]
async fn what_happens_to_number_and_account_is_told_and_takes_effect() {
    let stage = Stage::new(Knobs::permissive()).await;
    let (id, _) = stage.ids();
    let event = PlatformEvent::Account(AccountEvent::NumberQuality {
        event: "THROUGHPUT_UPGRADE".to_owned(),
        limit: "TIER_UNLIMITED".to_owned(),
    });
    let value = told(&stage, event, "phone_number_quality_update").await;
    assert_eq!(value["current_limit"], "TIER_UNLIMITED");
    assert_eq!(stage.get(&id).await["throughput"], json!({"level": "HIGH"}));
    let event = PlatformEvent::Account(AccountEvent::NumberName {
        decision: "APPROVED".to_owned(),
        name: "Bikes & more".to_owned(),
    });
    told(&stage, event, "phone_number_name_update").await;
    assert_eq!(stage.get(&id).await["verified_name"], "Bikes & more");
    let restricted = |refuses_with| {
        PlatformEvent::Account(AccountEvent::Account {
            event: "ACCOUNT_RESTRICTION".to_owned(),
            details: Some(json!({"restriction_info": [{"restriction_type": "ADD_PHONE_NUMBER"}]})),
            refuses_with,
        })
    };
    let value = told(&stage, restricted(Some(131_031)), "account_update").await;
    assert_eq!(value["restriction_info"][0]["restriction_type"], "ADD_PHONE_NUMBER");
    assert_eq!(stage.is_refused(&text_to("34600000001", "Hola")).await, (403, 131_031));
    told(&stage, restricted(None), "account_update").await;
    stage.sends("34600000001", "Hola").await;
    let entry = &stage.sink.bodies()[0]["entry"][0];
    assert!(entry["time"].is_number(), "account fields carry a time: {entry}");
}

#[tokio::test]
async fn a_call_opens_the_window_and_ends() {
    let knobs = Knobs { window_mode: baton_simulator::WindowMode::Sync, ..Knobs::default() };
    let stage = Stage::new(knobs).await;
    let text = text_to("34600000001", "Hola");
    assert_eq!(stage.is_refused(&text).await, (400, 131_047));
    let call = |ended_after_s| {
        PlatformEvent::Customer(CustomerEvent::Call {
            from: lucia(),
            id: "wacid.1".to_owned(),
            ended_after_s,
        })
    };
    let value = told(&stage, call(None), "calls").await;
    assert_eq!(
        (&value["calls"][0]["event"], &value["calls"][0]["id"]),
        (&json!("connect"), &json!("wacid.1"))
    );
    assert_eq!(value["contacts"][0]["profile"]["name"], "Lucía");
    stage.sends("34600000001", "You called").await;
    let value = told(&stage, call(Some(42)), "calls").await;
    assert_eq!(
        (&value["calls"][0]["event"], &value["calls"][0]["duration"]),
        (&json!("terminate"), &json!(42))
    );
}

#[tokio::test]
async fn the_phone_app_echoes_and_opens_no_window() {
    let knobs = Knobs { window_mode: baton_simulator::WindowMode::Sync, ..Knobs::default() };
    let stage = Stage::new(knobs).await;
    let echo = |message| PlatformEvent::App(AppEvent::Echo { to: lucia(), message });
    let text = json!({"type": "text", "text": {"body": "From my phone"}});
    let value = told(&stage, echo(text), "smb_message_echoes").await;
    let first = value["message_echoes"][0].clone();
    assert_eq!((&first["from"], &first["to"]), (&json!("15550783881"), &json!("34600000001")));
    let revoke = json!({"type": "revoke", "revoke": {"original_message_id": first["id"]}});
    let value = told(&stage, echo(revoke), "smb_message_echoes").await;
    assert_ne!(value["message_echoes"][0]["id"], first["id"]);
    assert_eq!(stage.is_refused(&text_to("34600000001", "Hola")).await, (400, 131_047));
}

#[tokio::test]
async fn history_comes_in_chunks_or_is_declined() {
    let stage = Stage::new(Knobs::permissive()).await;
    let threads = vec![json!({"id": "34600000001", "messages": [
        {"from": "34600000001", "id": "wamid.old", "timestamp": "1739230955", "type": "text",
         "text": {"body": "Long ago"}, "history_context": {"status": "READ"}},
    ]})];
    let chunk = AppEvent::History { phase: 1, chunk_order: 2, progress: 40, threads };
    let value = told(&stage, PlatformEvent::App(chunk), "history").await;
    let metadata = json!({"phase": 1, "chunk_order": 2, "progress": 40});
    assert_eq!(value["history"][0]["metadata"], metadata);
    let message = json!({"from": "34600000001", "id": "wamid.file", "timestamp": "1739230955"});
    let photo = InboundMedia { kind: "image".to_owned(), ..InboundMedia::default() };
    let later = AppEvent::HistoryFile { message, file: Some(photo) };
    let value = told(&stage, PlatformEvent::App(later), "history").await;
    assert_eq!(value["messages"][0]["type"], "image");
    assert!(value["messages"][0]["image"]["id"].is_string(), "{value}");
    let declined = PlatformEvent::App(AppEvent::HistoryDeclined);
    let value = told(&stage, declined, "history").await;
    assert_eq!(value["history"][0]["errors"][0]["code"], 2_593_109);
    let contact = AppEvent::Contact { person: lucia(), is_added: true };
    let value = told(&stage, PlatformEvent::App(contact), "smb_app_state_sync").await;
    assert_eq!(value["state_sync"][0]["contact"]["phone_number"], "34600000001");
}

#[tokio::test]
async fn another_process_scripts_them_by_their_kind() {
    let stage = Stage::new(Knobs::permissive()).await;
    let url = format!("{}/control/events", stage.simulator.base_url());
    let events = [
        (json!({"kind": "account_review", "decision": "REJECTED"}), 200),
        (json!({"kind": "capability", "max_daily_conversations": -1, "max_numbers": 2}), 200),
        (
            json!({"kind": "account_alert", "severity": "CRITICAL", "alert": "X",
                "description": "y"}),
            200,
        ),
        (json!({"kind": "username", "username": "baton", "status": "APPROVED"}), 200),
        (
            json!({"kind": "template_quality", "name": "hello_world", "language": "en_US",
                "quality": "RED"}),
            200,
        ),
        (
            json!({"kind": "template_category", "name": "hello_world", "language": "en_US",
                "category": "MARKETING"}),
            200,
        ),
        (
            json!({"kind": "template_quality", "name": "none", "language": "en", "quality": "RED"}),
            400,
        ),
        (json!({"kind": "earthquake"}), 422),
    ];
    for (event, status) in events {
        let answer = stage.http.post(&url).json(&event).send().await.unwrap();
        assert_eq!(answer.status(), status, "{event}");
    }
    stage.quiet().await;
    let quality = stage.sink.changes("message_template_quality_update").pop().unwrap();
    assert_eq!(quality["new_quality_score"], "RED");
    let category = stage.sink.changes("template_category_update").pop().unwrap();
    assert_eq!(
        (&category["previous_category"], &category["new_category"]),
        (&json!("UTILITY"), &json!("MARKETING"))
    );
    assert_eq!(stage.sink.bodies().len(), 6);
}
