//! The sender on a committer and a database, before a WhatsApp that takes whatever comes.

use std::sync::atomic::AtomicU64;

use axum::Json;
use axum::extract::State;
use baton_protocol::{HeldReason, MessageStatus};
use serde_json::{Value, json};

use super::numbers::DELIVERED_WITHIN_MS;
use super::*;
use crate::clock::ManualClock;
use crate::engine::testing::{Bench, bench_at, in_process};
use crate::node::Roster;
use crate::node::testing::{alone, given};
use crate::store::node::NodeId;
use crate::store::read::send_order;
use crate::store::testing::{TestDatabase, databases};
use crate::store::{Dialect, Sql};
use crate::whatsapp::client::Timeouts;

const START: Timestamp = Timestamp::from_ms(1_790_000_000_000);
const LUCIA: &str = "16505551234";
const MARTA: &str = "16505551235";
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

struct House {
    bench: Box<Bench>,
    sender: Sender,
    clock: ManualClock,
    /// How long the next token takes to be opened, ms.
    opening_ms: Arc<AtomicU64>,
    /// What reached WhatsApp.
    reached: Arc<Mutex<Vec<Value>>>,
}

async fn house(database: TestDatabase, pace: PaceConfig) -> House {
    // Another test may have installed it before.
    drop(rustls::crypto::ring::default_provider().install_default());
    let clock = ManualClock::new(START, 1);
    let bench = bench_at(database, 1, clock.clock()).await;
    let reached = Arc::<Mutex<Vec<Value>>>::default();
    let opening_ms = Arc::new(AtomicU64::new(0));
    let (time, takes_ms) = (clock.clone(), Arc::clone(&opening_ms));
    let unseal: Unseal = Arc::new(move |_, _, _| {
        time.advance_ms(takes_ms.swap(0, Ordering::SeqCst));
        Some(Token::new("EAAB"))
    });
    let whatsapp = WhatsAppConfig {
        graph_url: graph(Arc::clone(&reached)).await,
        graph_version: "v26.0".to_owned(),
        connect_time_out_ms: 1_500,
        request_time_out_ms: 20_000,
        media_hosts: Vec::new(),
        practice_url: None,
        practice_page: None,
    };
    let sender = Sender::new(SenderParts {
        engine: bench.engine.clone(),
        clock: clock.clock(),
        client: Client::new(Timeouts::default()).unwrap(),
        unseal,
        metrics: bench.metrics.clone(),
        whatsapp,
        coordinator: in_process(),
        membership: alone(bench.engine.store(), &clock.clock()).await,
        pace,
        slots: 1,
    });
    House { bench: Box::new(bench), sender, clock, opening_ms, reached }
}

/// Takes every message; gives its address.
async fn graph(reached: Arc<Mutex<Vec<Value>>>) -> String {
    type Reached = State<Arc<Mutex<Vec<Value>>>>;
    let take = async |State(reached): Reached, Json(message): Json<Value>| {
        let mut reached = reached.lock().unwrap();
        reached.push(message);
        Json(json!({ "messages": [{ "id": format!("wamid.out.{}", reached.len()) }] }))
    };
    let router = axum::Router::new().fallback(take).with_state(reached);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

fn quick() -> PaceConfig {
    PaceConfig { number_per_s: 80, recipient_interval_ms: 0, recipient_burst: 1 }
}

impl House {
    fn tags(&self) -> Vec<String> {
        let reached = self.reached.lock().unwrap();
        let tag =
            |message: &Value| message["biz_opaque_callback_data"].as_str().unwrap().to_owned();
        reached.iter().map(tag).collect()
    }

    /// Sends it, if it may; whether the lane goes on.
    async fn sends(&self, at: MessageAt) -> bool {
        tokio::time::timeout(PATIENCE, self.sender.send_one(at)).await.expect("it ends")
    }

    async fn due(&self) -> Vec<MessageAt> {
        self.sender.due().await.unwrap()
    }

    async fn close(self) {
        drop(self.sender);
        self.bench.close().await;
    }
}

#[tokio::test]
async fn a_claim_whose_first_byte_is_late_goes_back_into_the_queue_unsent() {
    let limit_ms = u64::try_from(DIAL_WITHIN.as_millis()).unwrap();
    for database in databases().await {
        let house = house(database, quick()).await;
        let at = house.bench.queued(LUCIA).await;
        house.opening_ms.store(limit_ms + 1, Ordering::SeqCst);
        assert!(!house.sends(at).await, "those behind it do not overtake it");
        assert_eq!(house.bench.line(at).await.status, Some(MessageStatus::Queued));
        assert_eq!(house.tags(), Vec::<String>::new());
        assert_eq!(house.due().await, [], "without a pause it would do nothing but claim");
        house.clock.advance_ms(1000);
        assert_eq!(house.due().await, [at]);
        // At the limit it may still leave, as the second attempt.
        house.opening_ms.store(limit_ms, Ordering::SeqCst);
        assert!(house.sends(at).await);
        assert_eq!(house.bench.line(at).await.status, Some(MessageStatus::Accepted));
        let tags = house.tags();
        assert!(tags.len() == 1 && tags[0].ends_with(":2"), "{tags:?}");
        house.close().await;
    }
}

#[tokio::test]
async fn what_waits_for_its_pace_waits_without_a_slot_and_never_longer_than_it_may_be_queued() {
    let hour = PaceConfig { recipient_interval_ms: 3_600_000, ..quick() };
    for database in databases().await {
        let house = house(database, hour).await;
        let first = house.bench.queued(LUCIA).await;
        assert!(house.sends(first).await);
        let second = house.bench.queued(LUCIA).await;
        let other = house.bench.queued(MARTA).await;
        let mut waits = Box::pin(house.sends(second));
        // There is one slot: who waited in it would keep it from all others.
        let goes_on = tokio::select! {
            biased;
            _ = &mut waits => panic!("it does not wait"),
            goes_on = house.sends(other) => goes_on,
        };
        assert!(goes_on);
        assert_eq!(house.tags().len(), 2);
        house.clock.advance_ms(u64::try_from(QUEUED_MS_MAX).unwrap() + 1);
        assert!(waits.await, "the lane goes on");
        let held = house.bench.line(second).await;
        assert_eq!(
            (held.status, held.held),
            (Some(MessageStatus::Held), Some(HeldReason::TooLate))
        );
        assert_eq!(house.tags().len(), 2, "nothing left late");
        house.close().await;
    }
}

#[tokio::test]
async fn what_cannot_be_sent_to_anybody_fails_with_its_reason_and_asks_nobody() {
    let erased = "DELETE FROM content WHERE id IN (SELECT id FROM message WHERE status = 'queued')";
    let nobody = "UPDATE message SET identity_kind = NULL, identity_value = NULL; \
                  DELETE FROM identity";
    let passed_on = "UPDATE identity SET conversation = 'of somebody else'";
    for what in [erased, nobody, passed_on] {
        for database in databases().await {
            let house = house(database, quick()).await;
            let at = house.bench.queued(LUCIA).await;
            house.bench.database.tamper(what).await;
            assert!(!house.sends(at).await);
            let failed = house.bench.line(at).await;
            assert_eq!(failed.status, Some(MessageStatus::Failed), "{what}");
            let error = failed.error.expect("a reason");
            assert!(error.reason.contains("erased") && error.remedy.contains("again"), "{error:?}");
            assert_eq!(house.tags(), Vec::<String>::new());
            let head = house.bench.only_conversation().await.head;
            assert!(head.unanswered_since.is_some(), "the customer has no answer");
            drop(house.sender);
            house.bench.discard().await;
        }
    }
}

#[tokio::test]
async fn who_gave_their_number_up_is_answered_under_their_user_id() {
    let passed_on = "UPDATE identity SET kind = 'user_id', value = 'US.1'";
    for database in databases().await {
        let house = house(database, quick()).await;
        let at = house.bench.queued(LUCIA).await;
        house.bench.database.tamper(passed_on).await;
        let mut tx = house.bench.database.store.read().await.unwrap();
        let order = send_order(&mut tx, at).await.unwrap().expect("somebody is addressed");
        tx.rollback().await.unwrap();
        let of_user = Name { kind: NameKind::UserId, value: "US.1".to_owned() };
        assert_eq!(order.to, of_user);
        house.close().await;
    }
}

#[tokio::test]
async fn a_number_is_sent_from_by_one_node_and_by_another_once_that_has_gone() {
    for database in databases().await {
        let mut house = house(database, quick()).await;
        let at = house.bench.queued(LUCIA).await;
        let me = NodeId(uuid::Uuid::nil());
        let with_another = |n| Roster { me, live: vec![me, NodeId(uuid::Uuid::from_u128(n))] };
        let its = (1..).map(with_another).find(|roster| !roster.is_sender_of(at.channel)).unwrap();
        let (lives, membership) = given(its);
        let inner = Arc::get_mut(&mut house.sender.0).expect("nothing runs yet");
        inner.parts.membership = membership;
        house.sender.start_due_lanes().await;
        assert!(!house.sender.0.lanes.is_running(&at));
        assert_eq!(house.due().await, [], "it is not looked for again");
        lives(Roster::alone(me));
        assert_eq!(house.due().await, [at]);
        house.sender.start_due_lanes().await;
        assert!(house.sender.0.lanes.is_running(&at));
        house.close().await;
    }
}

#[tokio::test]
async fn a_number_that_sends_one_by_one_waits_for_the_message_before_but_not_for_ever() {
    static POLICY: Sql = Sql::new("UPDATE channel SET policy = '{\"one_by_one\":true}'");
    for database in databases().await {
        let house = house(database, quick()).await;
        let first = house.bench.queued(LUCIA).await;
        let none: [&str; 0] = [];
        house.bench.engine.store().run_alone(&POLICY, &none).await.unwrap();
        assert!(house.sends(first).await);
        let second = house.bench.queued(LUCIA).await;
        assert!(!house.sends(second).await, "the first one is on its way");
        assert_eq!(house.bench.line(second).await.status, Some(MessageStatus::Queued));
        let other = house.bench.queued(MARTA).await;
        assert!(house.sends(other).await, "other customers wait for nothing");
        house.clock.advance_ms(u64::try_from(DELIVERED_WITHIN_MS).unwrap());
        assert!(house.sends(second).await, "the phone may be off");
        house.close().await;
    }
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_disk_that_cannot_be_written() {
    static READ_ONLY: Sql = Sql::new("PRAGMA query_only = ON");
    for database in databases().await {
        if database.store.dialect() != Dialect::Sqlite {
            database.close().await;
            continue;
        }
        let house = house(database, quick()).await;
        let at = house.bench.queued(LUCIA).await;
        let me = house.sender.0.parts.membership.roster().me;
        let claim = house.bench.engine.claim(at, 1, me).await.unwrap();
        let ClaimAnswer::Go(claim) = claim else { panic!("{claim:?}") };
        house.bench.engine.store().run_alone(&READ_ONLY, &[""; 0]).await.unwrap();
        let told = tokio::spawn({
            let sender = house.sender.clone();
            let taken = SendResult::Accepted { wamid: "wamid.out".to_owned() };
            async move {
                let _untold = sender.0.untold.acquire().await.unwrap();
                sender.tell(at, claim, taken, None).await;
            }
        });
        let is_telling = async {
            while house.sender.0.untold.available_permits() == UNTOLD_MAX {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, is_telling).await.expect("it tells");
        // The clock stands still: what waits for it waits for ever.
        assert!(house.sender.drain(PATIENCE).await, "the stop goes on");
        told.await.unwrap();
        // The next start finds it.
        assert_eq!(house.bench.line(at).await.status, Some(MessageStatus::Sending));
        house.close().await;
    }
}
