//! Groups: made, joined, written to, read, suspended, deleted.

use baton_simulator::{Around, GroupEvent, Inbound, Knobs, PlatformEvent};
use serde_json::{Value, json};

use crate::{Stage, text_to};

/// A group that some customers have joined.
async fn group(stage: &Stage, participants: &[&str]) -> String {
    let path = format!("{}/groups", stage.ids().0);
    let body = json!({"messaging_product": "whatsapp", "subject": "Tour"});
    let (status, answer) = stage.call("POST", &path, body).await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer["request_id"].is_string());
    stage.quiet().await;
    let made = stage.sink.changes("group_lifecycle_update").pop().unwrap();
    let id = made["groups"][0]["group_id"].as_str().unwrap().to_owned();
    for wa_id in participants {
        let person = stage.simulator.customer(wa_id, "C").person();
        let join = GroupEvent::Join { group_id: id.clone(), person };
        stage.simulator.happens(PlatformEvent::Group(join)).await.unwrap();
    }
    id
}

fn to_group(id: &str, text: &str) -> Value {
    let mut body = text_to(id, text);
    body["recipient_type"] = json!("group");
    body
}

#[tokio::test]
async fn a_group_is_written_to_and_each_participant_has_a_status() {
    let stage = Stage::new(Knobs::permissive()).await;
    let id = group(&stage, &["34600000001", "34600000002"]).await;
    let (status, answer) = stage.post(&to_group(&id, "Welcome")).await.unwrap();
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["contacts"][0]["input"], id);
    stage.quiet().await;
    let statuses = stage.sink.statuses();
    let told: Vec<_> = statuses
        .iter()
        .map(|one| (one["status"].clone(), one["recipient_participant_id"].clone()))
        .collect();
    let expected = [
        (json!("sent"), Value::Null),
        (json!("delivered"), json!("34600000001")),
        (json!("delivered"), json!("34600000002")),
    ];
    assert_eq!(told, expected);
    assert!(
        statuses.iter().all(|one| one["recipient_id"] == id && one["recipient_type"] == "group")
    );
}

#[tokio::test]
async fn groups_take_neither_interactive_messages_nor_strangers_ids() {
    let stage = Stage::new(Knobs::permissive()).await;
    let id = group(&stage, &["34600000001"]).await;
    let mut reaction = to_group(&id, "");
    reaction["type"] = json!("location");
    reaction["location"] = json!({"latitude": 0, "longitude": 0});
    assert_eq!(stage.is_refused(&reaction).await, (400, 131_051));
    assert_eq!(stage.is_refused(&to_group("no-group", "x")).await, (400, 100));
    let suspend = |is_suspended| {
        PlatformEvent::Group(GroupEvent::Suspension { group_id: id.clone(), is_suspended })
    };
    stage.simulator.happens(suspend(true)).await.unwrap();
    assert_eq!(stage.is_refused(&to_group(&id, "x")).await.1, 131_031);
    stage.simulator.happens(suspend(false)).await.unwrap();
    assert_eq!(stage.post(&to_group(&id, "x")).await.unwrap().0, 200);
}

#[tokio::test]
async fn a_participants_message_names_the_group_and_opens_its_window_alone() {
    let knobs = Knobs { window_mode: baton_simulator::WindowMode::Sync, ..Knobs::default() };
    let stage = Stage::new(knobs).await;
    let id = group(&stage, &["34600000001"]).await;
    let lucia = stage.simulator.customer("34600000001", "Lucía");
    let around = Around { group_id: Some(id.clone()), ..Around::default() };
    lucia.says(Inbound::Text { body: "Hi all".to_owned() }, around).await.unwrap();
    stage.quiet().await;
    let message = stage.sink.messages().pop().unwrap();
    assert_eq!((&message["group_id"], &message["from"]), (&json!(id), &json!("34600000001")));
    assert_eq!(stage.post(&to_group(&id, "Hi")).await.unwrap().0, 200);
    assert_eq!(stage.is_refused(&text_to("34600000001", "Hi")).await, (400, 131_047));
}

#[tokio::test]
async fn eight_join_and_no_more_and_leave_again() {
    let stage = Stage::new(Knobs::permissive()).await;
    let names: Vec<String> = (1..=8).map(|n| format!("3460000000{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let id = group(&stage, &names).await;
    let person = stage.simulator.customer("34600000009", "C").person();
    let join = GroupEvent::Join { group_id: id.clone(), person };
    assert!(stage.simulator.happens(PlatformEvent::Group(join)).await.is_err());
    assert_eq!(stage.get(&id).await["total_participant_count"], 9);
    let person = stage.simulator.customer("34600000001", "C").person();
    let leave = GroupEvent::Leave { group_id: id.clone(), person };
    stage.simulator.happens(PlatformEvent::Group(leave)).await.unwrap();
    let out = json!({"participants": [{"user": "34600000002"}]});
    let path = format!("{id}/participants");
    assert_eq!(stage.call("DELETE", &path, out).await.0, 200);
    assert_eq!(stage.get(&id).await["total_participant_count"], 7);
    stage.quiet().await;
    let told = stage.sink.changes("group_participants_update");
    assert_eq!(told[8]["groups"][0]["initiated_by"], "participant");
    assert_eq!(told[9]["groups"][0]["removed_participants"][0]["input"], "34600000002");
}

#[tokio::test]
async fn a_group_is_renamed_listed_and_deleted_and_joined_on_request() {
    let stage = Stage::new(Knobs::permissive()).await;
    let number = stage.ids().0;
    let path = format!("{number}/groups");
    let body = json!({
        "messaging_product": "whatsapp", "subject": "Closed",
        "join_approval_mode": "approval_required",
    });
    stage.call("POST", &path, body).await;
    stage.quiet().await;
    let id = stage.get(&path).await["data"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(stage.call("POST", &id, json!({"subject": "Open"})).await.0, 200);
    assert_eq!(stage.get(&id).await["subject"], "Open");
    let person = stage.simulator.customer("34600000001", "Lucía").person();
    let join = GroupEvent::Join { group_id: id.clone(), person };
    stage.simulator.happens(PlatformEvent::Group(join)).await.unwrap();
    let requests = format!("{id}/join_requests");
    let request = stage.get(&requests).await["data"][0]["join_request_id"].clone();
    let (status, _) = stage.call("POST", &requests, json!({"join_requests": [request]})).await;
    assert_eq!(status, 200);
    assert_eq!(stage.get(&id).await["participants"][0]["wa_id"], "34600000001");
    let link = stage.get(&format!("{id}/invite_link")).await["invite_link"].clone();
    stage.call("DELETE", &format!("{id}/invite_link"), Value::Null).await;
    assert_ne!(stage.get(&format!("{id}/invite_link")).await["invite_link"], link);
    assert_eq!(stage.call("DELETE", &id, Value::Null).await.0, 200);
    assert_eq!(stage.call("GET", &id, Value::Null).await.0, 400);
}
