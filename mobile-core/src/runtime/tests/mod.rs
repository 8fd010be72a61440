//! The runtime as an app meets it, over a server that does what a test says.

mod background;
mod clocks;
mod downloads;
mod former;
mod healing;
mod locking;
mod logs;
mod pushes;
mod receipts;
mod slow;
mod tokens;
mod wiping;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use baton_protocol::account::Session;
use baton_protocol::command::NoteText;
use baton_protocol::frame::{ServerFrame, Timings};
use baton_protocol::{AgentId, CommandBody, ConversationId, Cursor, DeviceId, Epoch, WorkspaceId};
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::engine::Engine;
use super::life::FRAMES;
use super::*;
use crate::net::tests::sockets::{Other, shaken};
use crate::net::tests::stand::{Peer, Stand, answer, soon};
use crate::outbox::Tap;
use crate::phone::Now;
use crate::store::{self, DropBox, Limits};

const ANA: AgentId = AgentId(Uuid::from_u128(0xA));
const BEN: AgentId = AgentId(Uuid::from_u128(0xB));

/// A key store that forgets when it ends.
#[derive(Default)]
pub(super) struct Memory(Mutex<BTreeMap<String, Vec<u8>>>);

impl Memory {
    pub(super) fn held(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeyStore for Memory {
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, KeyStoreFailed> {
        Ok(self.held().get(name).cloned())
    }

    fn put(&self, name: &str, value: &[u8]) -> Result<(), KeyStoreFailed> {
        self.held().insert(name.to_owned(), value.to_vec());
        Ok(())
    }

    fn delete(&self, name: &str) -> Result<(), KeyStoreFailed> {
        self.held().remove(name);
        Ok(())
    }
}

struct Deaf;

impl Listener for Deaf {
    fn hear(&self, _: Event) -> bool {
        true
    }
}

/// A request, and the connection that waits for its answer.
struct Asked {
    text: String,
    peer: Peer,
}

enum Knock {
    Asked(Asked),
    Socket(Box<Other>),
}

impl Asked {
    fn goes_with(&self, bearer: &str) -> bool {
        self.text.contains(&format!("authorization: Bearer {bearer}\r\n"))
    }

    async fn gets(mut self, status: &str, body: &str) {
        let kind = if status.starts_with('2') { "json" } else { "problem+json" };
        let head = format!("content-type: application/{kind}\r\nconnection: close\r\n");
        self.peer.says(&answer(status, &head, body)).await;
    }
}

/// A core, and the server that it speaks with.
struct App {
    core: Core,
    keys: Arc<Memory>,
    knocks: mpsc::UnboundedReceiver<Knock>,
    waiting: Vec<Asked>,
    sockets: Vec<Other>,
    config: CoreConfig,
    directory: TempDir,
}

async fn knock(stream: tokio::net::TcpStream, knocks: mpsc::UnboundedSender<Knock>) {
    let mut head = [0; 64];
    let count = stream.peek(&mut head).await.unwrap_or(0);
    let knock = match head[..count].starts_with(b"GET /api/v1/socket") {
        true => Knock::Socket(Box::new(shaken(stream).await)),
        false => {
            let mut peer = Peer(stream);
            Knock::Asked(Asked { text: peer.hears().await, peer })
        }
    };
    knocks.send(knock).ok();
}

impl App {
    async fn new() -> Self {
        Self::heard_by(Arc::new(Deaf)).await
    }

    async fn heard_by(listener: Arc<dyn Listener>) -> Self {
        Self::locked_after(LOCK_AFTER, listener).await
    }

    async fn locked_after(lock_after: Duration, listener: Arc<dyn Listener>) -> Self {
        let stand = Stand::new().await;
        let address: SocketAddr = stand.address;
        let (told, knocks) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while !told.is_closed() {
                let Ok(Peer(stream)) = tokio::time::timeout(SOON, stand.taken()).await else {
                    return;
                };
                tokio::spawn(knock(stream, told.clone()));
            }
        });
        let directory = tempfile::tempdir().unwrap();
        let config = CoreConfig {
            server: format!("http://{address}"),
            extra_ca_pem: None,
            directory: directory.path().to_owned(),
            device_name: "A test".to_owned(),
            user_agent: "baton-test/1".to_owned(),
            limits: Limits::default(),
            lock_after,
        };
        let keys = Arc::new(Memory::default());
        let core = Core::open(config.clone(), Arc::clone(&keys) as Arc<dyn KeyStore>, listener);
        let (waiting, sockets) = (Vec::new(), Vec::new());
        Self { core: core.unwrap(), keys, knocks, waiting, sockets, config, directory }
    }

    /// Another process, after this one has ended.
    fn opens_again(&self, listener: Arc<dyn Listener>) -> Core {
        let keys = Arc::clone(&self.keys) as Arc<dyn KeyStore>;
        Core::open(self.config.clone(), keys, listener).unwrap()
    }

    async fn hears(&mut self) {
        match soon(self.knocks.recv()).await.expect("the server is gone") {
            Knock::Asked(asked) => self.waiting.push(asked),
            Knock::Socket(socket) => self.sockets.push(*socket),
        }
    }

    /// The next request of this kind.
    async fn asked(&mut self, what: &str) -> Asked {
        let asked = tokio::time::timeout(SOON, self.is_asked(what)).await;
        let said = || self.core.recent_logs().into_iter().map(|one| one.message);
        asked.unwrap_or_else(|_late| panic!("no {what}: {:#?}", said().collect::<Vec<_>>()))
    }

    async fn is_asked(&mut self, what: &str) -> Asked {
        loop {
            let is_it = |asked: &Asked| asked.text.starts_with(what);
            if let Some(place) = self.waiting.iter().position(is_it) {
                return self.waiting.remove(place);
            }
            self.hears().await;
        }
    }

    /// The next socket.
    async fn socket(&mut self) -> Other {
        while self.sockets.is_empty() {
            self.hears().await;
        }
        self.sockets.remove(0)
    }

    async fn signs_in(&mut self, session: &Session) {
        let core = self.core.clone();
        let [workspace, email] = ["acme", "ana@acme.example"].map(str::to_owned);
        let who = Credentials { workspace, email, password: "her password".to_owned() };
        let signing = tokio::spawn(async move { core.sign_in(who).await });
        let asked = self.asked("POST /api/v1/sessions ").await;
        asked.gets("200 OK", &json(session)).await;
        signing.await.unwrap().unwrap();
    }

    /// What was said, once it is like this.
    async fn said(
        &self,
        what: &str,
        is_so: impl Fn(&[String]) -> bool + Send + Sync,
    ) -> Vec<String> {
        soon(async {
            loop {
                let said = self.core.recent_logs().into_iter().map(|one| one.message);
                let said: Vec<_> = said.collect();
                if is_so(&said) {
                    return said;
                }
                assert!(!said.iter().any(|one| one == "the core is closed"), "{what}: {said:?}");
                tokio::task::yield_now().await;
            }
        })
        .await
    }
}

const SOON: Duration = Duration::from_secs(20);
const HOUR_MS: i64 = 3_600_000;

fn problem(status: u16, code: &str) -> String {
    format!(r#"{{"type":"about:blank","title":"","status":{status},"detail":"","code":"{code}"}}"#)
}

/// A note that an agent writes.
fn note(text: &str) -> Tap {
    let conversation_id = ConversationId(Uuid::from_u128(0x7));
    let body = CommandBody::Note(NoteText::from(text.to_owned()));
    Tap { op_id: None, conversation_id, body, follows: false }
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap()
}

/// A session whose token is good for so long.
fn session(agent: AgentId, token: &str, good_ms: i64) -> Session {
    Session {
        access_token: token.to_owned(),
        access_expires_at: wall_clock().plus_ms(good_ms),
        refresh_token: format!("refresh-{token}"),
        device_id: DeviceId(Uuid::from_u128(0xD)),
        agent_id: agent,
        workspace_id: WorkspaceId(Uuid::from_u128(0xC)),
    }
}

fn welcome(agent_id: AgentId) -> ServerFrame {
    let epoch = Epoch(Uuid::from_u128(0xE));
    let timings = Timings {
        lease_ttl_ms: 12_000,
        lease_keep_ms: 4_000,
        idle_ms: 30_000,
        silent_ms: 75_000,
        being_answered_max_ms: 60_000,
    };
    let cursor = Cursor { epoch, position: 0 };
    let server_time = wall_clock();
    ServerFrame::Welcome {
        cursor,
        epoch,
        agent_id,
        timings,
        server_time,
        facts: None,
        hears_idle: false,
    }
}
