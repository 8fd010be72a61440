//! Customers who are blocked, and customers who block.

use std::time::Duration;

use baton_simulator::Knobs;
use serde_json::{Value, json};

use crate::Stage;

fn users(users: &[&str]) -> Value {
    let users: Vec<Value> = users.iter().map(|user| json!({"user": user})).collect();
    json!({"messaging_product": "whatsapp", "block_users": users})
}

#[tokio::test]
async fn who_wrote_within_a_day_can_be_blocked_and_is_heard_again_afterwards() {
    let stage = Stage::new(Knobs::permissive()).await;
    let path = format!("{}/block_users", stage.ids().0);
    let lucia = stage.simulator.customer("34600000001", "Lucía");
    lucia.sends("one").await;
    let (status, answer) = stage.call("POST", &path, users(&["+34 600 000 001"])).await;
    assert_eq!(status, 200, "{answer}");
    let added = &answer["block_users"]["added_users"][0];
    assert_eq!(
        (&added["input"], &added["wa_id"]),
        (&json!("+34 600 000 001"), &json!("34600000001"))
    );
    lucia.sends("two").await;
    let listed = json!({
        "messaging_product": "whatsapp", "input": "+34 600 000 001", "wa_id": "34600000001",
        "user_id": added["user_id"],
    });
    assert_eq!(stage.get(&path).await["data"], json!([listed]));
    let wamid = stage.sends("34600000001", "Hola").await;
    stage.quiet().await;
    assert_eq!(stage.sink.statuses_of(&wamid), ["failed"], "nobody writes to whom they blocked");
    let (status, answer) = stage.call("DELETE", &path, users(&["34600000001"])).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(stage.get(&path).await["data"], json!([]));
    lucia.sends("three").await;
    stage.quiet().await;
    let heard: Vec<_> =
        stage.sink.messages().iter().map(|one| one["text"]["body"].clone()).collect();
    assert_eq!(heard, ["one", "three"]);
}

#[tokio::test]
async fn who_did_not_write_within_a_day_cannot_be_blocked() {
    let stage = Stage::new(Knobs::permissive()).await;
    let path = format!("{}/block_users", stage.ids().0);
    stage.simulator.customer("34600000001", "Lucía").sends("Hola").await;
    stage.simulator.advance(Duration::from_secs(86_400));
    stage.simulator.customer("34600000002", "Mateo").sends("Hola").await;
    let (status, answer) = stage.call("POST", &path, users(&["34600000001", "34600000002"])).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(139_100)));
    assert_eq!(answer["block_users"]["failed_users"][0]["input"], "34600000001");
    assert_eq!(answer["block_users"]["added_users"][0]["input"], "34600000002");
    assert_eq!(stage.call("POST", &path, users(&[])).await.0, 400);
}

#[tokio::test]
async fn what_is_sent_to_a_customer_who_blocks_the_business_fails() {
    let stage = Stage::new(Knobs::permissive()).await;
    let lucia = stage.simulator.customer("34600000001", "Lucía");
    lucia.blocks_business(true);
    let wamid = stage.sends("34600000001", "Hola").await;
    stage.quiet().await;
    assert_eq!(stage.sink.statuses_of(&wamid), ["failed"]);
    assert_eq!(stage.sink.statuses()[0]["errors"][0]["code"], 131_026);
    lucia.blocks_business(false);
    stage.sends("34600000001", "Hola").await;
    assert_eq!(stage.simulator.reached().len(), 1);
}
