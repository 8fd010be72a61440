//! A phone is reached by push: from its registration to the receipt, with the phone core's own keys
//! and the push services of the simulator.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use baton_mobile::push::extension::{Keys, Rendered, render};
use baton_mobile::push::{DeviceKey, Input, Keyring};
use baton_protocol::account::Session;
use baton_protocol::push::{
    PushDevice, PushKey, PushLane, PushPut, PushRegistered, PushTargetKind, ReceiptsTaken,
};
use baton_protocol::{ConversationId, Cursor, Timestamp};
use baton_simulator::{PushContent, PushFields, PushOrder};
use baton_world::world::{Agent, Raw, Setup, World, for_each_alone, for_each_store};
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A phone with a key of its own behind a target of Firebase.
struct Handset {
    session: Session,
    keyring: Keyring,
    put: PushPut,
}

impl Handset {
    fn of(world: &World, agent: &Agent, target: &str) -> Self {
        let seed = std::array::from_fn(|n| u8::try_from(n + 1).unwrap_or_default());
        let key = DeviceKey::made(&seed, world.clock.now()).expect("a key");
        let recipient = key.recipient();
        let put = PushPut {
            lane: PushLane::Fcm,
            target_kind: PushTargetKind::Token,
            target: target.to_owned(),
            key: Some(PushKey {
                id: Some(key.id().to_string()),
                p256dh: URL_SAFE_NO_PAD.encode(recipient.p256dh),
                auth: URL_SAFE_NO_PAD.encode(recipient.auth),
            }),
            app_id: Some("org.example.baton".to_owned()),
            env: None,
            locale: Some("es".to_owned()),
            caps: vec!["actions".to_owned()],
        };
        Self { session: agent.signed.session.clone(), keyring: Keyring::new(key), put }
    }

    fn path(&self) -> String {
        format!("/api/v1/devices/{}/push", self.session.device_id)
    }

    async fn asks(&self, world: &World, method: Method, body: Option<Value>) -> Raw {
        let body = body.map(|body| ("application/json", body.to_string().into_bytes()));
        world.asks(method, &self.path(), Some(&self.session.access_token), body).await
    }

    async fn registers(&self, world: &World) -> PushRegistered {
        let body = serde_json::to_value(&self.put).expect("plain data");
        good(&self.asks(world, Method::PUT, Some(body)).await)
    }

    async fn registration(&self, world: &World) -> Option<PushDevice> {
        let answer = self.asks(world, Method::GET, None).await;
        (answer.status != 404).then(|| good(&answer))
    }

    /// What the extension makes of the next push, without a store and without a session.
    async fn is_handed(&self, world: &World, since: usize) -> Rendered {
        let wait = Duration::from_secs(10);
        let inbox = world.simulator.push_inbox(&self.put.target, since, wait).await;
        let input = inbox.first().and_then(|one| one.input.clone()).expect("a push");
        let input: Input =
            serde_json::from_value(serde_json::to_value(input).expect("plain data")).expect("one");
        let Session { workspace_id: workspace, agent_id: agent, .. } = self.session;
        render(&input, Keys::Open { workspace, agent, keyring: &self.keyring }, world.clock.now())
    }
}

#[track_caller]
fn good<T: DeserializeOwned>(answer: &Raw) -> T {
    assert_eq!(answer.status, 200, "{answer:?}");
    serde_json::from_str(&answer.text).expect("an answer")
}

async fn tells(world: &World, bearer: &str, receipts: Value) -> Raw {
    let body = Some(("application/json", receipts.to_string().into_bytes()));
    world.asks(Method::POST, "/api/v1/push/receipts", Some(bearer), body).await
}

/// What the server will say of a customer's line.
fn message(to: &Handset, conversation: ConversationId, at: Cursor, until: Timestamp) -> PushOrder {
    let push = PushFields {
        kind: "message".to_owned(),
        workspace: to.session.workspace_id.to_string(),
        agent: Some(to.session.agent_id.to_string()),
        conversation: Some(conversation.to_string()),
        expires_at_ms: until.ms(),
        cursor: at.to_string(),
        title: "Lucía".to_owned(),
        body: "Hola".to_owned(),
        ..PushFields::default()
    };
    let to = serde_json::to_value(&to.put).expect("plain data");
    PushOrder::new(serde_json::from_value(to).expect("a registration"), push)
}

/// Ana's phone with a conversation to be pushed of.
async fn stage(world: &World) -> (Handset, PushOrder) {
    let ana = world.agent("Ana").await;
    let handset = Handset::of(world, &ana, "token-of-ana");
    let contact = world.contact("Lucía");
    contact.sends("Hola").await;
    let conversation = contact.conversation().await;
    let cursor = ana.phone().cursor().await;
    let order = message(&handset, conversation, cursor, world.clock.now().plus_ms(60_000));
    (handset, order)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_is_opened_on_its_phone_and_told_of_without_a_session() {
    for_each_store(Setup::usual(), async |world| {
        let (handset, order) = stage(world).await;
        let key = handset.registers(world).await.receipt_key;
        let sent = world.simulator.push(order).expect("a push");
        let rendered = handset.is_handed(world, 0).await;
        assert_eq!(rendered.notification.text.english(), ("Lucía", "Hola"));
        let receipt = rendered.receipt.expect("a receipt");
        assert_eq!(receipt.id.to_string(), sent.id);
        for _ in 0..3 {
            let taken: ReceiptsTaken = good(&tells(world, &key, json!([receipt])).await);
            assert_eq!((taken.taken, taken.ignored), (1, 0));
        }
        let told = handset.registration(world).await.expect("a registration");
        assert!(told.last_receipt_at.is_some(), "{told:?}");
        // A colleague's phone did not have it.
        let ben = Handset::of(world, &*world.agent("Ben").await, "token-of-ben");
        let key = ben.registers(world).await.receipt_key;
        let taken: ReceiptsTaken = good(&tells(world, &key, json!([receipt])).await);
        assert_eq!((taken.taken, taken.ignored), (0, 1));
        let figures = world.asks(Method::GET, "/metrics", None, None).await.text;
        assert!(figures.contains("baton_push_receipts_total{outcome="), "{figures}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_told_of_the_key_is_enough_to_seal_and_a_wake_needs_none() {
    for_each_alone(Setup::usual(), async |world| {
        let (handset, order) = stage(world).await;
        let registered = handset.registers(world).await;
        let key = registered.registration.key.expect("a key");
        assert_eq!(Some(&key.p256dh), handset.put.key.as_ref().map(|key| &key.p256dh));
        let id = handset.keyring.current().id().to_string();
        assert_eq!(key.id, Some(id), "as pushes will name it");
        let wake = PushOrder { content: Some(PushContent::Wake), ..order };
        world.simulator.push(wake).expect("a push");
        let rendered = handset.is_handed(world, 0).await;
        assert_eq!(rendered.notification.text.english(), ("Baton", "A customer wrote"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handset_that_changes_hands_or_signs_out_is_reached_for_nobody_else() {
    for_each_store(Setup::usual(), async |world| {
        let (anas, order) = stage(world).await;
        let key = anas.registers(world).await.receipt_key;
        world.simulator.push(order).expect("a push");
        let receipt = anas.is_handed(world, 0).await.receipt.expect("a receipt");
        // Ben takes the handset over: the app on it has the same token.
        let bens = Handset::of(world, &*world.agent("Ben").await, &anas.put.target);
        bens.registers(world).await;
        assert_eq!(anas.registration(world).await, None);
        let late = tells(world, &key, json!([receipt])).await;
        assert_eq!((late.status, late.code()), (401, "unauthenticated".to_owned()));
        // Her session goes on: with its token she may still tell.
        let token = &anas.session.access_token;
        let taken: ReceiptsTaken = good(&tells(world, token, json!([receipt])).await);
        assert_eq!(taken.taken, 1);
        // Signing out ends it with the session.
        let path = format!("/api/v1/sessions/{}", bens.session.device_id);
        let token = Some(bens.session.access_token.as_str());
        assert_eq!(world.asks(Method::DELETE, &path, token, None).await.status, 204);
        anas.registers(world).await;
        let refused = bens.asks(world, Method::GET, None).await;
        assert_eq!(refused.status, 401);
        assert!(anas.registration(world).await.is_some());
    })
    .await;
}
