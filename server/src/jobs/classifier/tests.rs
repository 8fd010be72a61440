//! The questions to a source, and their count.

use std::sync::atomic::AtomicU64;

use axum::Router;
use axum::routing::post;
use baton_domain::group::SetWork;
use baton_domain::group::set::SecretWork;
use baton_protocol::Timestamp;
use baton_protocol::setting::{Home, SettingChange, SettingPut};
use serde_json::json;
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

const PATIENCE: Duration = Duration::from_secs(30);
/// More than a commit that fails runs, and fewer than run until the patience is over.
const STATEMENTS: u64 = 100;

/// The tag that stands for the label.
const TAG: SettingId = SettingId(Uuid::from_u128(8));

fn keys() -> Keys {
    Keys::new([3; 32])
}

/// A source that labels all as an invoice; it counts how often it was asked.
async fn source(asked: Arc<AtomicU64>) -> String {
    let answer = move || {
        asked.fetch_add(1, Ordering::SeqCst);
        std::future::ready(json!({"labels": ["invoice"]}).to_string())
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/", post(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/")
}

/// Puts the source into the settings, and a question to it.
async fn question(bench: &Bench, url: &str) -> ClassifyQuestion {
    bench.says("34600", "wamid.1", "Hola").await;
    let head = bench.only_conversation().await.head;
    let (workspace, clock, id) = (bench.workspace, &bench.clock, SettingId(Uuid::from_u128(7)));
    let kind = SettingKind::ContextSource;
    let tag = json!({"name": "billing"});
    let labels = json!([{"label": "invoice", "tag": TAG}]);
    let body =
        json!({"name": "Labels", "url": url, "enabled": true, "suggests": true, "labels": labels});
    let all = [(SettingKind::Tag, TAG, tag), (kind, id, body)].map(|(kind, id, body)| {
        let put = Some(SettingPut { home: Home::Workspace, rank: None, body });
        let change = SettingChange { kind, id, expect: None, epoch: None, put, anyway: false };
        (change, clock.uuid_v4())
    });
    let changes = all.into();
    let work = SetWork { workspace, by: None, changes, secret: None };
    bench.engine.set(work).await.unwrap().unwrap();
    let kept = kind.spec().secret.unwrap();
    let (_, new) = new_secret(&keys(), clock, (workspace, kind, id), 1, kept);
    let secret = Some(SecretWork { kind, id, n: 1, new: Some(new), content: clock.uuid_v4() });
    let work = SetWork { workspace, by: None, changes: Vec::new(), secret };
    bench.engine.set(work).await.unwrap().unwrap();
    let (episode, position) = (head.episode, 1);
    let row = format!("('{workspace}', '{}', '{id}', {episode}, {position})", head.id);
    bench.database.tamper(&format!("INSERT INTO classify VALUES {row}")).await;
    ClassifyQuestion { of: (workspace, head.id), source: id, episode, position }
}

async fn is_open(classifier: &Classifier) -> bool {
    !classifier.open_questions(1, &BTreeSet::new()).await.unwrap().is_empty()
}

/// Lets time pass until something holds.
async fn until(clock: &ManualClock, mut holds: impl AsyncFnMut() -> bool) {
    let held = async {
        while !holds().await {
            clock.advance_ms(100);
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, held).await.expect("it does not come to hold");
}

#[tokio::test]
async fn an_answer_that_could_not_be_taken_is_told_again_and_not_asked_for_again() {
    drop(rustls::crypto::ring::default_provider().install_default());
    for database in databases().await {
        let clock = ManualClock::new(Timestamp::from_ms(1_790_000_000_000), 1);
        let bench = bench_at(database, 1, clock.clock()).await;
        let asked = Arc::<AtomicU64>::default();
        let question = question(&bench, &source(Arc::clone(&asked)).await).await;
        let mut push = Config::load(&Sources::default()).unwrap().config.push;
        push.allow_private_endpoints = true;
        let classifier = Classifier {
            engine: bench.engine.clone(),
            membership: alone(&bench.database.store, &clock.clock()).await,
            open: Arc::new(|(workspace, id), n, sealed| {
                let of = (workspace, SettingKind::ContextSource, id);
                signing_key(&open_secret(&keys(), of, n, sealed).ok()?)
            }),
            outward: Outward::open(&push, clock.clock()).unwrap(),
            clock: clock.clock(),
        };
        bench.database.tamper("ALTER TABLE classify RENAME TO away").await;
        let settled = tokio::spawn({
            let classifier = classifier.clone();
            let slots = SourceSlots::new(Slots::new(OF_SOURCE_MAX, ANSWER_MAX));
            async move { classifier.settle(question, &slots, &AtomicUsize::new(0)).await }
        });
        while asked.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        let statements = bench.database.store.statements();
        let before = statements.get();
        // The answer is read, and told for the first time, before its time is over.
        while statements.get() == before {
            tokio::task::yield_now().await;
        }
        let has_failed = || settled.is_finished() || statements.get() > before + STATEMENTS;
        until(&clock, async || has_failed()).await;
        bench.database.tamper("ALTER TABLE away RENAME TO classify").await;
        until(&clock, async || settled.is_finished()).await;
        // What was given up is asked anew.
        let running = tokio::spawn(classifier.clone().run());
        until(&clock, async || !is_open(&classifier).await).await;
        running.abort();
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        let tags = bench.only_conversation().await.thread.tags;
        assert_eq!(tags.iter().map(|on| on.tag).collect::<Vec<_>>(), [TAG]);
        bench.database.close().await;
    }
}
