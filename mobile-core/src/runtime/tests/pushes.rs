//! The wish for pushes, over a key store and a server.

use baton_protocol::push::{
    PushDevice, PushLane, PushRegistered, PushState as Registered, PushTargetKind,
};

use super::*;

const REFRESH: &str = "POST /api/v1/sessions/refresh";
const PUT: &str = "PUT /api/v1/devices/";

fn target() -> PushTarget {
    PushTarget {
        lane: PushLane::Fcm,
        kind: PushTargetKind::Token,
        target: "a-token".to_owned(),
        app_id: None,
        env: None,
        locale: None,
        caps: Vec::new(),
    }
}

fn registered() -> String {
    let registration = PushDevice {
        device_id: DeviceId(Uuid::from_u128(0xD)),
        lane: PushLane::Fcm,
        target_kind: PushTargetKind::Token,
        key: None,
        app_id: None,
        env: None,
        locale: None,
        caps: Vec::new(),
        state: Registered::Active,
        registered_at: wall_clock(),
        confirmed_at: wall_clock(),
        last_receipt_at: None,
    };
    json(&PushRegistered { registration, receipt_key: "a-receipt-key".to_owned() })
}

async fn stands(core: &Core, state: PushState) {
    soon(async {
        while core.push_state().await.unwrap() != state {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_wish_is_kept_and_confirmed_with_a_renewed_token() {
    let mut app = App::new().await;
    app.core.register_push(target()).await.unwrap();
    stands(&app.core, PushState::Waiting).await;
    app.core.network(true).await.unwrap();
    app.signs_in(&session(ANA, "old", HOUR_MS)).await;
    app.core.register_push(target()).await.unwrap();
    let put = app.asked(PUT).await;
    assert!(put.goes_with("old") && put.text.contains("a-token"), "{}", put.text);
    put.gets("401 No", &problem(401, "unauthenticated")).await;
    app.asked(REFRESH).await.gets("200 OK", &json(&session(ANA, "new", HOUR_MS))).await;
    let put = app.asked(PUT).await;
    assert!(put.goes_with("new"), "{}", put.text);
    put.gets("200 OK", &registered()).await;
    stands(&app.core, PushState::On).await;
    assert_eq!(app.keys.get("baton.receipts").unwrap().unwrap(), b"a-receipt-key");
    app.core.shutdown();
    let next = app.opens_again(Arc::new(Deaf));
    stands(&next, PushState::On).await;
    next.shutdown();
}

#[tokio::test]
async fn a_refusal_is_the_reason_and_the_end_needs_no_network() {
    let mut app = App::new().await;
    app.core.network(true).await.unwrap();
    app.signs_in(&session(ANA, "hers", HOUR_MS)).await;
    app.core.register_push(target()).await.unwrap();
    app.asked(PUT).await.gets("422 No", &problem(422, "invalid")).await;
    let code = "invalid".to_owned();
    stands(&app.core, PushState::Off(PushOffReason::Refused { code })).await;
    app.core.network(false).await.unwrap();
    app.core.unregister_push().await.unwrap();
    stands(&app.core, PushState::Off(PushOffReason::NotRegistered)).await;
    app.core.shutdown();
}
