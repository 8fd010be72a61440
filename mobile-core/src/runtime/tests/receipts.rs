//! Receipts of pushes, and what proves whose they are.

use super::*;
use crate::push::PushId;
use crate::push::receipts::{Receipt, ReceiptStage};
use crate::store::{Account, ValueName};

/// A push was tapped; whose proofs are tried, in order, and none but the last is believed.
async fn is_told_with(good_ms: i64, proofs: &[&str]) {
    let mut app = App::new().await;
    app.signs_in(&session(ANA, "the-token", good_ms)).await;
    app.keys.put("baton.receipts", b"the-key").unwrap();
    let push = PushId(Uuid::from_u128(1));
    app.core.notification_ended(push, ReceiptStage::Opened).await.unwrap();
    let (last, before) = proofs.split_last().unwrap();
    for void in before {
        let asked = app.asked("POST /api/v1/push/receipts").await;
        assert!(asked.goes_with(void), "{}", asked.text);
        asked.gets("401 No", &problem(401, "unauthenticated")).await;
    }
    let asked = app.asked("POST /api/v1/push/receipts").await;
    assert!(asked.goes_with(last), "{}", asked.text);
    assert!(asked.text.contains(&push.to_string()));
    asked.gets("200 OK", "{}").await;
    soon(async {
        loop {
            let read = |read: &store::Read<'_>| read.kept(ValueName::Setting("push_receipts"));
            let kept = app.core.read(read).await.unwrap().unwrap_or_default();
            if serde_json::from_slice::<Vec<Receipt>>(&kept).unwrap().is_empty() {
                return;
            }
        }
    })
    .await;
    app.core.shutdown();
}

#[tokio::test]
async fn the_receipt_key_proves_where_the_token_is_void() {
    is_told_with(HOUR_MS, &["the-token", "the-key"]).await;
}

#[tokio::test]
async fn the_token_proves_where_the_receipt_key_is_void() {
    // It has to be renewed soon: it is tried last.
    is_told_with(0, &["the-key", "the-token"]).await;
}

#[tokio::test]
async fn where_nothing_proves_them_it_is_said_and_tried_later() {
    let mut app = App::new().await;
    app.signs_in(&session(ANA, "the-token", HOUR_MS)).await;
    app.core.notification_ended(PushId(Uuid::from_u128(1)), ReceiptStage::Opened).await.unwrap();
    let asked = app.asked("POST /api/v1/push/receipts").await;
    asked.gets("401 No", &problem(401, "unauthenticated")).await;
    let is_said = |said: &[String]| said.iter().any(|one| one == "receipts are not believed");
    app.said("that nobody believes it", is_said).await;
    // The link hears that the token is void: the next look renews it before all else.
    app.core.network(true).await.unwrap();
    app.core.foreground().await.unwrap();
    let asked = app.asked("POST /api/v1/sessions/refresh").await;
    asked.gets("200 OK", &json(&session(ANA, "renewed", HOUR_MS))).await;
    let asked = app.asked("POST /api/v1/push/receipts").await;
    assert!(asked.goes_with("renewed") || asked.goes_with("the-token"), "{}", asked.text);
    app.core.shutdown();
}

#[tokio::test]
async fn a_notification_of_the_extension_is_known_before_it_ends() {
    let mut app = App::new().await;
    let anas = session(ANA, "anas", HOUR_MS);
    app.signs_in(&anas).await;
    let me = Account { workspace: anas.workspace_id, agent: anas.agent_id, device: anas.device_id };
    let key = app.keys.get("baton.store").unwrap().unwrap().try_into().unwrap();
    let drops = DropBox::open(app.directory.path(), &key, [1; 32]).unwrap();
    drops.leave(&me, "a-push", b"as it was shown").unwrap();
    let push = PushId(Uuid::from_u128(1));
    app.core.notification_ended(push, ReceiptStage::Dismissed).await.unwrap();
    assert!(drops.waiting(10).unwrap().drops.is_empty());
    app.core.shutdown();
}
