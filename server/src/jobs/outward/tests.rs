//! What webhooks of the team's own are told, in what order, and what becomes of it when they do
//! not take it.

mod libraries;
mod receivers;
mod states;
mod steps;
mod together;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use baton_domain::group::SetWork;
use baton_domain::group::set::SecretWork;
use baton_protocol::command::{Claim, CommandBody};
use baton_protocol::setting::{
    Home, SettingBody, SettingChange, SettingPut, Webhook, WebhookKind, WebhookState, WebhookTry,
};
use baton_protocol::{SettingId, TeamId, Timestamp};
use serde_json::Value;
use tokio::net::TcpListener;
use uuid::Uuid;

use super::*;
use crate::accounts::{new_secret, open_secret, signing_key};
use crate::clock::ManualClock;
use crate::config::{Config, Sources};
use crate::engine::testing::{Bench, bench_at};
use crate::node::testing::alone;
use crate::secrets::Keys;
use crate::store::testing::databases;
use crate::store::webhook::KeptRequest;

const START: Timestamp = Timestamp::from_ms(1_790_000_000_000);

fn keys() -> Keys {
    Keys::new([3; 32])
}

/// A request as it came.
#[derive(Clone, Debug)]
struct Came {
    id: String,
    signed: String,
    timestamp: String,
    text: String,
}

impl Came {
    fn body(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

/// A webhook that answers as it is told.
#[derive(Clone, Default)]
struct Receiver {
    came: Arc<Mutex<Vec<Came>>>,
    answers: Arc<Mutex<u16>>,
}

impl Receiver {
    async fn start(&self) -> String {
        *self.answers.lock().unwrap() = 204;
        let this = self.clone();
        let take = move |headers: HeaderMap, text: String| {
            let text_of = |name: &str| headers[name].to_str().unwrap().to_owned();
            this.came.lock().unwrap().push(Came {
                id: text_of("webhook-id"),
                signed: text_of("webhook-signature"),
                timestamp: text_of("webhook-timestamp"),
                text,
            });
            let status = StatusCode::from_u16(*this.answers.lock().unwrap()).unwrap();
            std::future::ready((status, "said"))
        };
        let router = Router::new().route("/hook", post(take));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}/hook")
    }

    fn answers(&self, status: u16) {
        *self.answers.lock().unwrap() = status;
    }

    /// What came since it was last asked.
    fn came(&self) -> Vec<Came> {
        std::mem::take(&mut *self.came.lock().unwrap())
    }

    fn kinds(&self) -> Vec<String> {
        self.came().iter().map(|came| came.body()["type"].as_str().unwrap().to_owned()).collect()
    }
}

/// A webhook with a secret, its receiver, and who tells it.
struct Scene {
    bench: Bench,
    clock: ManualClock,
    outwards: Outwards,
    receiver: Receiver,
    id: SettingId,
    secrets: Vec<Vec<u8>>,
}

async fn scenes(change: impl Fn(&mut Webhook)) -> Vec<Scene> {
    drop(rustls::crypto::ring::default_provider().install_default());
    let mut scenes = Vec::new();
    for database in databases().await {
        let clock = ManualClock::new(START, 1);
        let bench = bench_at(database, 1, clock.clock()).await;
        // Another team, without conversations.
        let team = TeamId(Uuid::from_u128(9));
        let sql = format!(
            "INSERT INTO team VALUES ('{}', '{team}', 'Other', 'owner', 'full', 0)",
            bench.workspace
        );
        bench.database.tamper(&sql).await;
        let store = bench.database.store.clone();
        let mut push = Config::load(&Sources::default()).unwrap().config.push;
        push.allow_private_endpoints = true;
        let outwards = Outwards {
            membership: alone(&store, &clock.clock()).await,
            store,
            open: Arc::new(|(workspace, id), n, sealed| {
                let of = (workspace, SettingKind::Webhook, id);
                signing_key(&open_secret(&keys(), of, n, sealed).ok()?)
            }),
            outward: Outward::open(&push, clock.clock()).unwrap(),
            clock: clock.clock(),
        };
        let receiver = Receiver::default();
        let mut webhook = Webhook {
            name: "Warehouse".to_owned(),
            url: receiver.start().await,
            events: WebhookKind::ALL.into(),
            teams: Vec::new(),
            channels: Vec::new(),
            contents: false,
            numbers: false,
        };
        change(&mut webhook);
        let id = SettingId(clock.clock().uuid_v7());
        let mut scene = Scene { bench, clock, outwards, receiver, id, secrets: Vec::new() };
        scene.adds(webhook).await;
        scenes.push(scene);
    }
    scenes
}

impl Scene {
    /// A webhook with a secret; the scene is about it from here on.
    async fn adds(&mut self, webhook: Webhook) {
        self.id = SettingId(self.clock.clock().uuid_v7());
        self.set(Some(webhook), None).await;
        self.adds_secret(1).await;
    }

    async fn set(&self, webhook: Option<Webhook>, expect: Option<u32>) {
        let clock = self.clock.clock();
        let body = |webhook| SettingBody::from(webhook).to_json();
        let put =
            webhook.map(|it| SettingPut { home: Home::Workspace, rank: None, body: body(it) });
        let (kind, id, epoch, anyway) = (SettingKind::Webhook, self.id, None, false);
        let change = SettingChange { kind, id, expect, epoch, put, anyway };
        let changes = vec![(change, clock.uuid_v4())];
        let workspace = self.bench.workspace;
        let work = SetWork { workspace, by: None, changes, secret: None };
        self.bench.engine.set(work).await.unwrap().unwrap();
    }

    async fn adds_secret(&mut self, n: u32) {
        let (clock, workspace) = (self.clock.clock(), self.bench.workspace);
        let (kind, id) = (SettingKind::Webhook, self.id);
        let kept = kind.spec().secret.unwrap();
        let (told, new) = new_secret(&keys(), &clock, (workspace, kind, id), n, kept);
        self.secrets.push(signing_key(&told).unwrap());
        self.secret(n, Some(new)).await;
    }

    async fn secret(&self, n: u32, new: Option<baton_domain::group::set::KeptSecret>) {
        let (kind, id, content) = (SettingKind::Webhook, self.id, self.clock.clock().uuid_v4());
        let secret = Some(SecretWork { kind, id, n, new, content });
        let workspace = self.bench.workspace;
        let work = SetWork { workspace, by: None, changes: Vec::new(), secret };
        self.bench.engine.set(work).await.unwrap().unwrap();
    }

    /// Looks until there is nothing more to do by now.
    async fn tells(&self) {
        for _ in 0..20 {
            if self.outwards.look().await.unwrap() == 0 {
                return;
            }
        }
        panic!("it never ends");
    }

    async fn state(&self) -> WebhookState {
        let mut tx = self.outwards.store.read().await.unwrap();
        let state = webhook::state(&mut tx, (self.bench.workspace, self.id)).await.unwrap();
        tx.rollback().await.unwrap();
        state.unwrap()
    }

    /// Whether one of the secrets signed a request.
    fn is_signed(&self, came: &Came, n: usize) -> bool {
        use base64::Engine as _;
        use hmac::{KeyInit as _, Mac as _};
        let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(&self.secrets[n]);
        let mac = mac.as_mut().unwrap();
        mac.update(format!("{}.{}.{}", came.id, came.timestamp, came.text).as_bytes());
        let made = mac.clone().finalize().into_bytes();
        let made = base64::engine::general_purpose::STANDARD.encode(made);
        came.signed.split(' ').any(|one| one == format!("v1,{made}"))
    }
}

#[tokio::test]
async fn a_webhook_is_told_in_the_order_of_the_log_and_no_more_than_it_may() {
    for scene in scenes(|_| {}).await {
        let bench = &scene.bench;
        bench.says("34600", "wamid.1", "a secret word").await;
        bench.says("34600", "wamid.2", "again").await;
        bench
            .does(0, CommandBody::Claim(Claim { expect_owner_epoch: 1, exceed_capacity: false }))
            .await;
        scene.tells().await;
        let came = scene.receiver.came();
        let kinds: Vec<_> = came.iter().map(|came| came.body()["type"].clone()).collect();
        let expected = [
            "conversation.opened",
            "message.received",
            "message.received",
            "conversation.assigned",
        ];
        assert_eq!(kinds, expected);
        let places: Vec<_> =
            came.iter().map(|came| came.body()["data"]["position"].as_u64().unwrap()).collect();
        assert!(places.is_sorted(), "{places:?}");
        for came in &came {
            assert!(scene.is_signed(came, 0), "{came:?}");
            for untold in ["a secret word", "34600", "Lucía"] {
                assert!(!came.text.contains(untold), "{untold:?} is told: {}", came.text);
            }
        }
        scene.tells().await;
        assert!(scene.receiver.came().is_empty(), "it took all of it");
        assert_eq!(scene.state().await.deliveries, [], "no row of what was taken at once");
        scene.bench.close().await;
    }
}

#[tokio::test]
async fn contents_and_numbers_are_told_where_the_webhook_says_so() {
    let change = |webhook: &mut Webhook| {
        (webhook.contents, webhook.numbers) = (true, true);
        webhook.events = vec![WebhookKind::MessageReceived];
    };
    for scene in scenes(change).await {
        scene.bench.says("34600", "wamid.1", "a secret word").await;
        scene.tells().await;
        let [came] = scene.receiver.came().try_into().unwrap();
        let data = came.body()["data"].clone();
        assert_eq!(data["message"]["text"], "a secret word");
        assert_eq!(
            (&data["customer"]["phone"], &data["customer"]["name"]),
            (&"34600".into(), &"Lucía".into())
        );
        scene.bench.close().await;
    }
}

#[tokio::test]
async fn it_hears_of_its_teams_alone() {
    for (team, expected) in [(2_u128, 1_usize), (9, 0)] {
        let change = |webhook: &mut Webhook| {
            webhook.events = vec![WebhookKind::MessageReceived];
            webhook.teams = vec![TeamId(Uuid::from_u128(team))];
        };
        for scene in scenes(change).await {
            scene.bench.says("34600", "wamid.1", "Hola").await;
            scene.tells().await;
            assert_eq!(scene.receiver.came().len(), expected);
            scene.bench.close().await;
        }
    }
}

#[tokio::test]
async fn what_is_not_taken_is_tried_again_and_does_not_hold_the_others() {
    let change = |webhook: &mut Webhook| webhook.events = vec![WebhookKind::MessageReceived];
    for scene in scenes(change).await {
        scene.receiver.answers(500);
        scene.bench.says("34600", "wamid.1", "one").await;
        scene.tells().await;
        let [first] = scene.receiver.came().try_into().unwrap();
        let [kept] = scene.state().await.deliveries.try_into().unwrap();
        let told = (kept.tries, kept.status, kept.answer.as_str());
        assert_eq!(told, (1, Some(500), "said"));
        assert_eq!(kept.due_at, Some(START.plus_ms(5_000)));

        scene.receiver.answers(200);
        scene.bench.says("34600", "wamid.2", "two").await;
        scene.tells().await;
        assert_eq!(scene.receiver.came().len(), 1, "the first one is not due yet");
        scene.clock.advance_ms(5_000);
        scene.tells().await;
        let [again] = scene.receiver.came().try_into().unwrap();
        assert_eq!((&again.id, &again.text), (&first.id, &first.text));
        assert_ne!(again.timestamp, first.timestamp);
        let [kept] = scene.state().await.deliveries.try_into().unwrap();
        assert_eq!((kept.tries, kept.status, kept.due_at), (2, Some(200), None));
        scene.bench.close().await;
    }
}

#[tokio::test]
async fn what_was_erased_meanwhile_is_not_told_by_a_later_try() {
    let change = |webhook: &mut Webhook| {
        (webhook.contents, webhook.events) = (true, vec![WebhookKind::MessageReceived]);
    };
    for scene in scenes(change).await {
        scene.receiver.answers(500);
        scene.bench.says("34600", "wamid.1", "a secret word").await;
        scene.tells().await;
        let [first] = scene.receiver.came().try_into().unwrap();
        assert!(first.text.contains("a secret word"), "{first:?}");
        let erased = "DELETE FROM content WHERE id IN (SELECT id FROM message)";
        scene.bench.database.tamper(erased).await;
        scene.receiver.answers(200);
        scene.clock.advance_ms(5_000);
        scene.tells().await;
        let [again] = scene.receiver.came().try_into().unwrap();
        assert_eq!(again.id, first.id, "it is told all the same");
        assert!(!again.text.contains("a secret word"), "{again:?}");
        scene.bench.database.close().await;
    }
}

#[tokio::test]
async fn after_eight_tries_a_request_is_given_up() {
    let change = |webhook: &mut Webhook| webhook.events = vec![WebhookKind::MessageReceived];
    for scene in scenes(change).await {
        scene.receiver.answers(503);
        scene.bench.says("34600", "wamid.1", "one").await;
        scene.tells().await;
        for _ in 0..9 {
            scene.clock.advance_ms(10 * 60 * 60 * 1_000);
            scene.tells().await;
        }
        assert_eq!(scene.receiver.came().len(), 8);
        let [kept] = scene.state().await.deliveries.try_into().unwrap();
        assert_eq!((kept.tries, kept.due_at), (8, None));
        scene.bench.close().await;
    }
}

#[tokio::test]
async fn one_that_is_gone_or_takes_nothing_for_five_days_is_paused_until_somebody_lets_it_go_on() {
    let change = |webhook: &mut Webhook| webhook.events = vec![WebhookKind::MessageReceived];
    for scene in scenes(change).await {
        let key = (scene.bench.workspace, scene.id);
        scene.receiver.answers(410);
        scene.bench.says("34600", "wamid.1", "one").await;
        scene.tells().await;
        let state = scene.state().await;
        assert_eq!(state.paused_for.as_deref(), Some("gone"));
        scene.receiver.answers(200);
        scene.bench.says("34600", "wamid.2", "two").await;
        scene.tells().await;
        assert_eq!(scene.receiver.came().len(), 1, "nothing is sent while it is paused");
        webhook::resume(&scene.outwards.store, key, None).await.unwrap();
        scene.tells().await;
        assert_eq!(scene.receiver.came().len(), 2, "what it missed comes then");

        scene.receiver.answers(500);
        scene.bench.says("34600", "wamid.3", "three").await;
        scene.tells().await;
        scene.clock.advance_ms(4 * 24 * 60 * 60 * 1_000);
        scene.tells().await;
        assert_eq!(scene.state().await.paused_for, None);
        scene.clock.advance_ms(2 * 24 * 60 * 60 * 1_000);
        scene.bench.says("34600", "wamid.4", "four").await;
        scene.tells().await;
        assert_eq!(scene.state().await.paused_for.as_deref(), Some("failing"));

        // Again from the beginning: what was taken comes once more, by the same ids.
        scene.receiver.answers(200);
        scene.receiver.came();
        webhook::resume(&scene.outwards.store, key, Some(0)).await.unwrap();
        scene.tells().await;
        let ids: BTreeSet<_> = scene.receiver.came().into_iter().map(|came| came.id).collect();
        assert_eq!(ids.len(), 4);
        scene.bench.close().await;
    }
}

#[tokio::test]
async fn while_a_secret_is_replaced_both_sign_and_without_one_it_waits() {
    let change = |webhook: &mut Webhook| webhook.events = vec![WebhookKind::MessageReceived];
    for mut scene in scenes(change).await {
        scene.adds_secret(2).await;
        scene.bench.says("34600", "wamid.1", "one").await;
        scene.tells().await;
        let [came] = scene.receiver.came().try_into().unwrap();
        assert!(scene.is_signed(&came, 0) && scene.is_signed(&came, 1), "{came:?}");
        scene.secret(1, None).await;
        scene.bench.says("34600", "wamid.2", "two").await;
        scene.tells().await;
        let [came] = scene.receiver.came().try_into().unwrap();
        assert!(!scene.is_signed(&came, 0) && scene.is_signed(&came, 1), "{came:?}");
        scene.secret(2, None).await;
        scene.bench.says("34600", "wamid.3", "three").await;
        scene.outwards.look().await.unwrap();
        assert!(scene.receiver.came().is_empty());
        scene.adds_secret(3).await;
        scene.tells().await;
        assert_eq!(scene.receiver.kinds(), ["message.received"]);
        scene.bench.close().await;
    }
}

#[tokio::test]
async fn a_test_is_sent_and_shown_and_an_ended_webhook_hears_nothing() {
    for scene in scenes(|_| {}).await {
        scene.tells().await;
        let key = (scene.bench.workspace, scene.id);
        let tried = WebhookTry {
            position: 1,
            tries: 0,
            at: START,
            status: None,
            took_ms: 0,
            answer: String::new(),
            due_at: Some(START),
        };
        let store = &scene.outwards.store;
        webhook::keep(store, key, &KeptRequest { is_test: true, tried }).await.unwrap();
        scene.tells().await;
        let [came] = scene.receiver.came().try_into().unwrap();
        assert_eq!(came.body()["type"], "test");
        let [kept] = scene.state().await.deliveries.try_into().unwrap();
        assert_eq!((kept.position, kept.status, kept.due_at), (0, Some(204), None));
        scene.set(None, Some(2)).await;
        scene.bench.says("34600", "wamid.1", "one").await;
        scene.tells().await;
        assert!(scene.receiver.came().is_empty());
        scene.bench.close().await;
    }
}
