//! The fetcher on a committer and a database, before a WhatsApp that keeps one file.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use baton_domain::fact::inbound::{ElementBody, InboundMessage, Sender};
use baton_protocol::{Content, Line, LineKind, MessageId, Timestamp};
use futures_util::TryStreamExt as _;
use sha2::{Digest, Sha256};

use super::*;
use crate::clock::ManualClock;
use crate::config::Secret;
use crate::engine::testing::{Bench, bench_at};
use crate::engine::work::MessageAt;
use crate::media::Folder;
use crate::node::Roster;
use crate::node::testing::{alone, given};
use crate::store::node::NodeId;
use crate::store::testing::{TestDatabase, databases};
use crate::whatsapp::media::MediaHosts;

const START: Timestamp = Timestamp::from_ms(1_790_000_000_000);
const BYTES: &[u8] = b"a photo of a parcel";
const DAY_MS: u64 = 86_400_000;

/// What WhatsApp does.
struct Meta {
    url: String,
    /// What its addresses begin with.
    files_at: Mutex<String>,
    bytes: Mutex<Vec<u8>>,
    told_bytes: Mutex<usize>,
    look_up: Mutex<StatusCode>,
    asked: Mutex<Vec<String>>,
    is_signed: AtomicBool,
}

impl Meta {
    async fn start() -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let meta = Arc::new(Self {
            files_at: Mutex::new(url.clone()),
            url,
            bytes: Mutex::new(BYTES.to_vec()),
            told_bytes: Mutex::new(BYTES.len()),
            look_up: Mutex::new(StatusCode::OK),
            asked: Mutex::default(),
            is_signed: AtomicBool::new(true),
        });
        let router = axum::Router::new().fallback(answer).with_state(Arc::clone(&meta));
        tokio::spawn(async move { axum::serve(listener, router).await });
        meta
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

async fn answer(State(meta): State<Arc<Meta>>, uri: Uri, headers: HeaderMap) -> Response {
    meta.asked.lock().unwrap().push(uri.to_string());
    let is_signed = headers.get("authorization").is_some_and(|value| value == "Bearer EAAB");
    meta.is_signed.fetch_and(is_signed, Ordering::SeqCst);
    if uri.path() == "/the-file" {
        return meta.bytes.lock().unwrap().clone().into_response();
    }
    let status = *meta.look_up.lock().unwrap();
    if status != StatusCode::OK {
        let code = if status == StatusCode::UNAUTHORIZED { (190, 463) } else { (100, 33) };
        let error = format!(r#"{{"error":{{"code":{},"error_subcode":{}}}}}"#, code.0, code.1);
        return (status, error).into_response();
    }
    let (at, size) = (meta.files_at.lock().unwrap(), meta.told_bytes.lock().unwrap());
    let digest = hex::encode(Sha256::digest(BYTES));
    let found = serde_json::json!({
        "url": format!("{at}/the-file"), "mime_type": "image/jpeg", "sha256": digest,
        "file_size": *size,
    });
    found.to_string().into_response()
}

struct House {
    bench: Box<Bench>,
    fetcher: Box<Fetcher>,
    clock: ManualClock,
    meta: Arc<Meta>,
    folder: tempfile::TempDir,
}

async fn house(database: TestDatabase) -> House {
    // Another test may have installed it before.
    drop(rustls::crypto::ring::default_provider().install_default());
    let clock = ManualClock::new(START, 1);
    let bench = bench_at(database, 1, clock.clock()).await;
    let membership = alone(bench.engine.store(), &clock.clock()).await;
    let (meta, folder) = (Meta::start().await, tempfile::tempdir().unwrap());
    let fetcher = fetcher(&bench, membership, &meta, &folder);
    House { bench: Box::new(bench), fetcher: Box::new(fetcher), clock, meta, folder }
}

fn fetcher(
    bench: &Bench,
    membership: Membership,
    meta: &Meta,
    folder: &tempfile::TempDir,
) -> Fetcher {
    let hosts = MediaHosts { graph_url: meta.url.clone(), practice_url: None, names: Vec::new() };
    Fetcher {
        engine: bench.engine.clone(),
        membership,
        clock: bench.clock.clone(),
        metrics: bench.metrics.clone(),
        client: MediaClient::new(hosts).unwrap(),
        unseal: Arc::new(|_, _, _| Some(Token::new("EAAB"))),
        media: Arc::new(Folder::open(folder.path()).unwrap()),
        pictures: Arc::new(Pictures::off()),
        config: MediaConfig {
            folder: folder.path().to_owned(),
            file_bytes_max: 1_000_000,
            fetches_running_max: 4,
            workspace_bytes_max: 0,
            keep_days: 0,
            s3_url: String::new(),
            s3_bucket: String::new(),
            s3_region: String::new(),
            s3_access_key: String::new(),
            s3_secret_key: Secret::default(),
            small_pictures: false,
            small_pictures_by: PathBuf::new(),
        },
        version: "v26.0".to_owned(),
    }
}

impl House {
    /// A customer sends a photo.
    async fn receives(&self, wamid: &str) -> MessageAt {
        let body = ElementBody::Message(InboundMessage {
            sender: Sender { wa_id: Some("16505551234".to_owned()), ..Sender::default() },
            wamid: wamid.to_owned(),
            at: self.bench.clock.now(),
            kind: LineKind::Image,
            content: Content::default(),
            participant: None,
            quoted_wamid: None,
            media: Some("2754859441498128".to_owned()),
            language: None,
        });
        let (element, fresh) = self.bench.element(body);
        self.bench.post(vec![(element, fresh)]).await;
        let head = self.bench.only_conversation().await.head;
        MessageAt {
            workspace: self.bench.workspace,
            channel: head.channel_id,
            conversation: head.id,
            seq: head.last_seq,
            message: fresh.message,
        }
    }

    /// Fetches all that is due; returns how many files were.
    async fn fetches(&self) -> usize {
        let claimed = self.fetcher.claim(4).await.unwrap();
        let count = claimed.len();
        for file in claimed {
            self.fetcher.fetch(file).await;
        }
        count
    }

    async fn line(&self, at: MessageAt) -> Line {
        self.bench.line(at).await
    }

    async fn kept(&self, message: MessageId, length: u64) -> Option<Vec<u8>> {
        let place = ObjectKey { workspace: self.bench.workspace, message };
        let bytes = self.fetcher.media.get(place, 0, length).await.unwrap()?;
        Some(bytes.try_collect::<Vec<_>>().await.unwrap().concat())
    }

    /// Files in the folder, whole or not.
    fn files(&self) -> usize {
        fn count(folder: &std::path::Path) -> usize {
            let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            entries.map(|path| if path.is_dir() { count(&path) } else { 1 }).sum()
        }
        count(self.folder.path())
    }

    async fn close(self) {
        drop(self.fetcher);
        self.bench.close().await;
    }
}

const STORED: FileState =
    FileState::Stored { bytes: BYTES.len() as u64, picture: None, sound: None };

#[tokio::test]
async fn a_file_is_fetched_with_the_numbers_token_and_kept_as_it_was() {
    for database in databases().await {
        let house = house(database).await;
        let at = house.receives("wamid.1").await;
        assert_eq!(house.line(at).await.file, Some(FileState::Waiting));
        assert_eq!(house.fetches().await, 1);
        assert_eq!(house.line(at).await.file, Some(STORED));
        assert_eq!(house.kept(at.message, 19).await.as_deref(), Some(BYTES));
        let look_up = "/v26.0/2754859441498128?phone_number_id=106540352242922";
        assert_eq!(house.meta.asked(), [look_up, "/the-file"]);
        assert!(house.meta.is_signed.load(Ordering::SeqCst));
        assert_eq!((house.fetches().await, house.files()), (0, 1), "once");
        house.close().await;
    }
}

#[tokio::test]
async fn what_is_thrice_not_what_was_told_is_refused_and_not_kept() {
    for database in databases().await {
        let house = house(database).await;
        *house.meta.bytes.lock().unwrap() = BYTES.to_ascii_uppercase();
        let at = house.receives("wamid.1").await;
        for wait_ms in [60_000, 600_000, 0] {
            assert_eq!(house.line(at).await.file, Some(FileState::Waiting));
            assert_eq!((house.fetches().await, house.fetches().await), (1, 0), "it waits");
            house.clock.advance_ms(wait_ms);
        }
        assert_eq!(house.line(at).await.file, Some(FileState::Refused));
        assert_eq!(house.files(), 0);
        house.close().await;
    }
}

#[tokio::test]
async fn what_is_once_not_what_was_told_is_fetched_again() {
    for database in databases().await {
        let house = house(database).await;
        *house.meta.bytes.lock().unwrap() = b"half".to_vec();
        let at = house.receives("wamid.1").await;
        assert_eq!(house.fetches().await, 1);
        *house.meta.bytes.lock().unwrap() = BYTES.to_vec();
        house.clock.advance_ms(60_000);
        assert_eq!(house.fetches().await, 1);
        assert_eq!(house.line(at).await.file, Some(STORED));
        house.close().await;
    }
}

#[tokio::test]
async fn what_whatsapp_has_no_longer_is_expired() {
    for database in databases().await {
        let house = house(database).await;
        *house.meta.look_up.lock().unwrap() = StatusCode::BAD_REQUEST;
        let at = house.receives("wamid.1").await;
        for wait_ms in [60_000, 600_000, 0] {
            assert_eq!(house.line(at).await.file, Some(FileState::Waiting));
            assert_eq!(house.fetches().await, 1);
            house.clock.advance_ms(wait_ms);
        }
        assert_eq!(house.line(at).await.file, Some(FileState::Expired));
        assert_eq!((house.fetches().await, house.files()), (0, 0));
        house.close().await;
    }
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_whatever_size_was_told() {
    for database in databases().await {
        let house = house(database).await;
        *house.meta.told_bytes.lock().unwrap() = 1_000_001;
        let told = house.receives("wamid.1").await;
        assert_eq!(house.fetches().await, 1);
        assert_eq!(house.meta.asked().len(), 1, "it is not read");
        *house.meta.told_bytes.lock().unwrap() = 1;
        *house.meta.bytes.lock().unwrap() = vec![0; 1_000_001];
        let found = house.receives("wamid.2").await;
        assert_eq!(house.fetches().await, 1);
        for at in [told, found] {
            assert_eq!(house.line(at).await.file, Some(FileState::Refused));
        }
        assert_eq!(house.files(), 0);
        house.close().await;
    }
}

#[tokio::test]
async fn nothing_is_asked_of_a_host_that_is_not_listed() {
    for database in databases().await {
        let house = house(database).await;
        let stranger = Meta::start().await;
        house.meta.files_at.lock().unwrap().clone_from(&stranger.url);
        let at = house.receives("wamid.1").await;
        assert_eq!(house.fetches().await, 1);
        assert_eq!(stranger.asked(), Vec::<String>::new());
        assert_eq!(house.line(at).await.file, Some(FileState::Waiting), "it may be listed yet");
        house.clock.advance_ms(7 * DAY_MS + 1);
        assert_eq!(house.fetches().await, 1);
        assert_eq!(house.line(at).await.file, Some(FileState::Expired));
        assert_eq!(stranger.asked(), Vec::<String>::new());
        house.close().await;
    }
}

#[tokio::test]
async fn files_of_a_number_whose_token_is_refused_wait_and_come_with_the_next_one() {
    for database in databases().await {
        let house = house(database).await;
        *house.meta.look_up.lock().unwrap() = StatusCode::UNAUTHORIZED;
        let all = [house.receives("wamid.1").await, house.receives("wamid.2").await];
        let claimed = house.fetcher.claim(1).await.unwrap();
        house.fetcher.fetch(claimed.into_iter().next().unwrap()).await;
        assert_eq!(house.fetches().await, 0, "the other one is not tried either");
        *house.meta.look_up.lock().unwrap() = StatusCode::OK;
        house.clock.advance_ms(60_000);
        assert_eq!(house.fetches().await, 2);
        for at in all {
            assert_eq!(house.line(at).await.file, Some(STORED));
        }
        house.close().await;
    }
}

#[tokio::test]
async fn a_node_that_dies_before_it_told_leaves_one_file_that_the_next_one_tells() {
    for database in databases().await {
        let house = house(database).await;
        let at = house.receives("wamid.1").await;
        let dead = NodeId(uuid::Uuid::from_u128(0xdead));
        let (_, membership) = given(Roster::alone(dead));
        let dying = fetcher(&house.bench, membership, &house.meta, &house.folder);
        let file = dying.claim(1).await.unwrap().pop().unwrap();
        let order = file_order(dying.store(), file.at).await.unwrap().unwrap();
        assert!(matches!(dying.attempt(&file, &order).await, Tried::Stored { .. }));
        assert_eq!((house.line(at).await.file, house.files()), (Some(FileState::Waiting), 1));
        // The next life finds that nobody lives who holds the claim.
        assert_eq!(house.fetches().await, 1);
        assert_eq!((house.line(at).await.file, house.files()), (Some(STORED), 1));
        let revision = house.bench.only_conversation().await.head.revision;
        // The dead one was only slow: what it tells late changes nothing and removes nothing.
        dying.give_up(&file, FileState::Expired, "late").await;
        assert_eq!(house.line(at).await.file, Some(STORED));
        assert_eq!(house.bench.only_conversation().await.head.revision, revision);
        assert_eq!(house.kept(at.message, 19).await.as_deref(), Some(BYTES));
        house.close().await;
    }
}

#[tokio::test]
async fn a_claim_whose_answer_was_lost_is_given_back_and_one_that_is_worked_on_is_not() {
    for database in databases().await {
        let house = house(database).await;
        let at = house.receives("wamid.1").await;
        house.fetcher.claim(1).await.unwrap();
        assert_eq!(house.fetches().await, 0, "it is claimed");
        let mut under_way = Slots::new(1);
        under_way.begin((at.workspace, at.message), std::future::pending());
        house.fetcher.release(&under_way).await;
        assert_eq!(house.fetches().await, 0, "it is worked on");
        house.fetcher.release(&Slots::new(1)).await;
        assert_eq!(house.fetches().await, 1);
        assert_eq!(house.line(at).await.file, Some(STORED));
        house.close().await;
    }
}

#[tokio::test]
async fn the_file_of_a_line_that_was_erased_is_removed() {
    for database in databases().await {
        let house = house(database).await;
        let at = house.receives("wamid.1").await;
        let other = house.receives("wamid.2").await;
        assert_eq!(house.fetches().await, 2);
        let erase = format!("DELETE FROM content WHERE id = '{}'", at.message);
        house.bench.database.tamper(&erase).await;
        house.fetcher.tidy().await;
        assert_eq!(house.kept(at.message, 1).await, None);
        assert_eq!(house.kept(other.message, 19).await.as_deref(), Some(BYTES));
        house.bench.discard().await;
    }
}

#[tokio::test]
async fn files_older_than_they_are_kept_go_and_their_lines_say_so() {
    for database in databases().await {
        let mut house = house(database).await;
        let old = house.receives("wamid.1").await;
        assert_eq!(house.fetches().await, 1);
        house.clock.advance_ms(20 * DAY_MS);
        let young = house.receives("wamid.2").await;
        assert_eq!(house.fetches().await, 1);
        house.clock.advance_ms(11 * DAY_MS);
        house.fetcher.tidy().await;
        assert_eq!(house.line(old).await.file, Some(STORED), "for ever is the default");
        house.fetcher.config.keep_days = 30;
        // A node removed the bytes and died.
        let place = ObjectKey { workspace: old.workspace, message: old.message };
        house.fetcher.media.delete(place).await.unwrap();
        house.fetcher.tidy().await;
        house.fetcher.tidy().await;
        assert_eq!(house.line(old).await.file, Some(FileState::Expired));
        assert_eq!(house.line(young).await.file, Some(STORED));
        assert_eq!((house.kept(old.message, 1).await, house.files()), (None, 1));
        let usage = all_usage(house.fetcher.store()).await.unwrap();
        let kept: Vec<_> = usage.iter().map(|(_, usage)| (usage.files, usage.bytes)).collect();
        assert!(kept.contains(&(1, BYTES.len() as u64)), "{kept:?}");
        house.close().await;
    }
}

#[tokio::test]
async fn a_workspace_that_is_full_still_gets_what_customers_send() {
    for database in databases().await {
        let mut house = house(database).await;
        house.fetcher.config.workspace_bytes_max = 1;
        let at = house.receives("wamid.1").await;
        assert_eq!(house.fetches().await, 1);
        assert_eq!(house.line(at).await.file, Some(STORED));
        assert_eq!(house.fetcher.metrics.workspaces_full.get(), 0);
        house.fetcher.tidy().await;
        assert_eq!(house.fetcher.metrics.workspaces_full.get(), 1, "and operators are told");
        house.close().await;
    }
}

#[tokio::test]
async fn a_disk_that_takes_nothing_costs_time_and_no_file() {
    for database in databases().await {
        let house = house(database).await;
        let at = house.receives("wamid.1").await;
        let collecting = house.folder.path().join("collecting");
        std::fs::remove_dir(&collecting).unwrap();
        assert_eq!(house.fetches().await, 1);
        assert_eq!(house.line(at).await.file, Some(FileState::Waiting));
        std::fs::create_dir(&collecting).unwrap();
        house.clock.advance_ms(5_000);
        assert_eq!(house.fetches().await, 1);
        assert_eq!(house.line(at).await.file, Some(STORED));
        house.close().await;
    }
}
