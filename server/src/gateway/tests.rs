//! Sockets over loopback, with a store in memory.

#![expect(clippy::wildcard_enum_match_arm, reason = "a test fails on all that it does not name")]

mod coming_back;
mod drip;
mod hours;
mod origins;
mod overtaken;
mod packing;
mod speakers;
mod wire;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;

use axum::Router;
use axum::routing::get;
use baton_domain::fact::scope::Scope;
use baton_domain::see::sight::Sight;
use baton_protocol::conversation::Snapshot;
use baton_protocol::frame::{Hello, ServerFrame, close};
use baton_protocol::outcome::{Accepted, Outcome};
use baton_protocol::{
    Command, CommandResult, ConversationId, Cursor, DeviceId, Fact, MembershipKind, TeamId,
    TeamSet, Timestamp,
};
use futures_util::future::BoxFuture;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use uuid::Uuid;

use super::testing::{ANA, EPOCH, HERE, LUIS, PHONE, Story, ana, talk, team};
use super::*;
use crate::clock::Clock;
use crate::coordinator::{self, InProcess};
use crate::telemetry::Metrics;

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(15);

struct Store {
    story: Mutex<Story>,
    standing: Mutex<CallerState>,
    /// Gaps are asked for and never answered.
    hangs: AtomicBool,
    /// Gaps are answered once this says so.
    answers: watch::Sender<bool>,
    /// Gaps that are being read, and how many were at once.
    reading: AtomicU64,
    reading_most: AtomicU64,
    /// Nothing is read for all at once.
    reads_singly: AtomicBool,
    /// Parts of the log that were read for a crowd.
    blocks: AtomicU64,
    asked: tokio::sync::Notify,
}

impl Store {
    /// Luis serves another team.
    fn sight(&self, agent: AgentId) -> Sight {
        let mut sight = self.story.lock().unwrap().sight.clone();
        if agent == LUIS {
            sight.viewer.agent = LUIS;
            sight.viewer.teams = BTreeMap::from([(team(4), MembershipKind::Member)]);
        }
        sight
    }
}

fn now<'a, T: Send + 'a>(value: T) -> BoxFuture<'a, T> {
    Box::pin(std::future::ready(value))
}

impl Backend for Store {
    fn authenticate<'a>(&'a self, hello: &'a Hello) -> BoxFuture<'a, Result<Arrived, NotLetIn>> {
        let speaks = speakers::speaks(hello.token.as_deref().unwrap_or_default());
        let Some(speaks) = speaks else { return now(Err(NotLetIn::SignInAgain)) };
        let head = self.story.lock().unwrap().head();
        let speaker = Speaker { device: hello.device_id, ..speaks };
        now(Ok(Arrived { speaker, sight: self.sight(speaker.agent), epoch: EPOCH, head }))
    }

    fn submit(&self, _: Speaker, command: Command) -> BoxFuture<'_, CommandResult> {
        let outcome = Outcome::Accepted(Accepted::default());
        now(CommandResult { op_id: Some(command.op_id), outcome })
    }

    fn acked(&self, _: Speaker, _: &baton_protocol::frame::Ack) {}

    fn gap(&self, speaker: Speaker, from: u64) -> BackendFuture<'_, Gap> {
        if self.hangs.load(Ordering::SeqCst) {
            self.asked.notify_one();
            return Box::pin(std::future::pending());
        }
        let sight = self.sight(speaker.agent);
        let mut answers = self.answers.subscribe();
        Box::pin(async move {
            let reading = self.reading.fetch_add(1, Ordering::SeqCst) + 1;
            self.reading_most.fetch_max(reading, Ordering::SeqCst);
            drop(answers.wait_for(|is_so| *is_so).await);
            self.reading.fetch_sub(1, Ordering::SeqCst);
            Ok(self.story.lock().unwrap().gap(&sight, from))
        })
    }

    fn stretch(
        &self,
        _: WorkspaceId,
        from: u64,
    ) -> BackendFuture<'_, Option<baton_domain::fact::log::Batch>> {
        if self.reads_singly.load(Ordering::SeqCst) {
            return now(Ok(None));
        }
        if self.hangs.load(Ordering::SeqCst) {
            return Box::pin(std::future::pending());
        }
        let batch = self.story.lock().unwrap().batch(from);
        now(Ok(Some((*batch).clone())))
    }

    fn block(&self, _: WorkspaceId, after: u64, upto: u64) -> BackendFuture<'_, Option<Block>> {
        self.blocks.fetch_add(1, Ordering::SeqCst);
        let story = self.story.lock().unwrap();
        let mut batch = (*story.batch(after)).clone();
        batch.entries.retain(|logged| logged.event.position <= upto);
        now(Ok(Some(Block { batch, head: story.head() })))
    }

    fn snapshot<'a>(
        &'a self,
        _: Speaker,
        sight: &'a Sight,
        conversation: ConversationId,
    ) -> BackendFuture<'a, Option<Snapshot>> {
        now(Ok(self.story.lock().unwrap().snapshot(sight, conversation)))
    }

    fn sight(&self, speaker: Speaker) -> BackendFuture<'_, Option<Sight>> {
        now(Ok(Some(self.sight(speaker.agent))))
    }

    fn scope(&self, _: WorkspaceId, id: ConversationId) -> BackendFuture<'_, Option<Scope>> {
        let story = self.story.lock().unwrap();
        now(Ok(story.conversations.get(&id).map(|c| Scope::of(&c.head))))
    }

    fn standings(&self, speakers: Vec<Speaker>) -> BackendFuture<'_, Vec<CallerState>> {
        now(Ok(vec![*self.standing.lock().unwrap(); speakers.len()]))
    }

    fn head(&self, _: WorkspaceId) -> BackendFuture<'_, Cursor> {
        now(Ok(Cursor { epoch: EPOCH, position: self.story.lock().unwrap().head() }))
    }
}

struct House {
    store: Arc<Store>,
    coordinator: Arc<InProcess>,
    gateway: Arc<Gateway>,
    address: SocketAddr,
}

/// Slow safety nets, so that a test sees the fast road alone.
fn limits() -> Limits {
    let slow = Duration::from_secs(600);
    let origins = BTreeSet::from(["https://desk.example.com".to_owned()]);
    Limits { origins, poll: slow, standing: slow, ..Limits::default() }
}

impl House {
    fn open(limits: Limits) -> Self {
        let mut story = Story::new();
        story.open(talk(1), team(1));
        story.open(talk(4), team(4));
        let store = Store {
            story: Mutex::new(story),
            standing: Mutex::new(CallerState::Live),
            hangs: AtomicBool::new(false),
            answers: watch::Sender::new(true),
            reading: AtomicU64::new(0),
            reading_most: AtomicU64::new(0),
            reads_singly: AtomicBool::new(false),
            blocks: AtomicU64::new(0),
            asked: tokio::sync::Notify::new(),
        };
        let store = Arc::new(store);
        let coordinator = InProcess::start(coordinator::Clock {
            monotonic: Arc::new(Instant::now),
            wall: Arc::new(|| Timestamp::from_ms(0)),
        });
        let (backend, shared): (Arc<dyn Backend>, Arc<dyn Coordinator>) =
            (Arc::<Store>::clone(&store), Arc::<InProcess>::clone(&coordinator));
        let gateway = Gateway::new(backend, shared, limits, Clock::system(), Metrics::new());
        let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let router =
            Router::new().route("/api/v1/socket", get(upgrade)).with_state(Arc::clone(&gateway));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { store, coordinator, gateway, address }
    }

    /// Asks to come in with these headers; the status when it is refused.
    async fn knock(&self, path: &str, headers: &[(&'static str, &str)]) -> Result<Client, u16> {
        let request = self.request(path, headers);
        match tokio_tungstenite::connect_async(request).await {
            Ok((stream, _)) => Ok(Client { stream }),
            Err(tungstenite::Error::Http(response)) => {
                let status = response.status().as_u16();
                if status == 403 {
                    let body = String::from_utf8_lossy(response.body().as_deref().unwrap_or(&[]));
                    assert!(body.contains(r#""code":"origin_not_allowed""#), "{body}");
                }
                Err(status)
            }
            Err(other) => panic!("{other}"),
        }
    }

    fn request(
        &self,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> tungstenite::http::Request<()> {
        let url = format!("ws://{}{path}", self.address);
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        request
    }

    async fn dial(&self) -> Client {
        let headers = [("sec-websocket-protocol", "baton.v1")];
        self.knock("/api/v1/socket", &headers).await.unwrap()
    }

    /// A client that is live.
    async fn arrive(&self, token: &str, device: DeviceId) -> Client {
        self.is_live(self.dial().await, token, device).await
    }

    async fn is_live(&self, mut client: Client, token: &str, device: DeviceId) -> Client {
        client.hello(token, device, self.head()).await;
        client.until(|frame| matches!(frame, ServerFrame::Events { .. })).await;
        client
    }

    fn head(&self) -> u64 {
        self.store.story.lock().unwrap().head()
    }

    /// Changes the workspace without a word on the bus.
    fn commit(&self, act: impl FnOnce(&mut Story)) -> Arc<baton_domain::fact::log::Batch> {
        let mut story = self.store.story.lock().unwrap();
        let after = story.head();
        act(&mut story);
        story.batch(after)
    }

    async fn publish(&self, act: impl FnOnce(&mut Story)) {
        let batch = self.commit(act);
        self.coordinator.publish(batch).await.unwrap();
    }

    fn sessions(&self) -> usize {
        self.gateway.hubs.lock().unwrap().get(&HERE).map_or(0, |hub| hub.sessions())
    }

    async fn until_empty(&self) {
        let gone = async {
            while self.gateway.sockets() > 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, gone).await.expect("a connection stays");
    }
}

struct Client {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Client {
    async fn hello(&mut self, token: &str, device: DeviceId, from: u64) {
        let cursor = format!("{EPOCH}:{from}");
        let hello = serde_json::json!({
            "type": "hello", "token": token, "device_id": device, "cursor": cursor,
        });
        self.say(&hello.to_string()).await;
    }

    async fn say(&mut self, text: &str) {
        self.stream.send(Message::text(text)).await.unwrap();
    }

    /// The next frame, or the code and reason of the close.
    async fn next(&mut self) -> Result<ServerFrame, (u16, String)> {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.stream.next())
                .await
                .expect("nothing came")
                .expect("the connection ended without a close");
            match message.expect("the connection broke without a close") {
                Message::Text(text) => return Ok(serde_json::from_str(&text).unwrap()),
                Message::Close(Some(frame)) => {
                    return Err((frame.code.into(), frame.reason.to_string()));
                }
                _ => {}
            }
        }
    }

    async fn until(&mut self, wanted: impl Fn(&ServerFrame) -> bool) -> ServerFrame {
        loop {
            let frame = self.next().await.expect("closed");
            if wanted(&frame) {
                return frame;
            }
        }
    }

    /// The code and reason of the close, whatever comes before.
    async fn until_closed(&mut self) -> (u16, String) {
        loop {
            if let Err(close) = self.next().await {
                return close;
            }
        }
    }
}

fn other_device() -> DeviceId {
    DeviceId(Uuid::from_u128(99))
}

fn settings() -> Fact {
    Fact::TeamChanged { team_id: TeamId(Uuid::nil()), renamed: true, set: TeamSet::default() }
}

#[tokio::test]
async fn a_handshake_names_the_subprotocol_and_no_token_in_the_address() {
    let house = House::open(limits());
    assert_eq!(house.knock("/api/v1/socket", &[]).await.err(), Some(400));
    let wrong = [("sec-websocket-protocol", "chat")];
    assert_eq!(house.knock("/api/v1/socket", &wrong).await.err(), Some(400));
    let right = [("sec-websocket-protocol", "baton.v1")];
    assert_eq!(house.knock("/api/v1/socket?token=x", &right).await.err(), Some(400));
}

#[tokio::test]
async fn connections_send_small_frames_at_once() {
    let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
    let (server, _) = accepted.unwrap();
    assert!(client.is_ok() && server.nodelay().unwrap());
}

#[tokio::test]
async fn no_more_connections_than_there_are_places() {
    let house = House::open(Limits { sockets: 1, ..limits() });
    let _first = house.dial().await;
    let headers = [("sec-websocket-protocol", "baton.v1")];
    assert_eq!(house.knock("/api/v1/socket", &headers).await.err(), Some(503));
}

#[tokio::test]
async fn a_commit_reaches_every_socket_and_is_serialised_once() {
    let house = House::open(Limits { sockets_per_agent: 50, ..limits() });
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(house.arrive("ana", PHONE).await);
    }
    house.publish(|story| (0..3).for_each(|_| story.say(talk(1), "Hola"))).await;
    for client in &mut clients {
        let frame = client.until(|frame| matches!(frame, ServerFrame::Events { .. })).await;
        let ServerFrame::Events { after: 2, upto: 5, events } = frame else { panic!("{frame:?}") };
        assert_eq!(events.len(), 3);
    }
    assert_eq!(house.gateway.serialisations(), 3);
    let metrics = &house.gateway.metrics;
    assert_eq!((metrics.serialisations.get(), metrics.deliveries.get()), (3, 60));
    // One at the arrival, one live.
    assert_eq!((metrics.sockets_open.get(), metrics.frames_out.get("events")), (20, 40));
    drop(clients);
    house.until_empty().await;
    assert_eq!(house.gateway.metrics.sockets_open.get(), 0);
}

#[tokio::test]
async fn a_store_that_hangs_is_asked_again_and_not_waited_for() {
    let rules = Rules { retry: Duration::from_millis(10), ..Rules::default() };
    let house = House::open(Limits { read: Duration::from_millis(50), rules, ..limits() });
    house.store.hangs.store(true, Ordering::SeqCst);
    let mut client = house.dial().await;
    client.hello("ana", PHONE, 1).await;
    client.until(|frame| matches!(frame, ServerFrame::Welcome { .. })).await;
    house.store.asked.notified().await;
    house.store.hangs.store(false, Ordering::SeqCst);
    client.until(|frame| matches!(frame, ServerFrame::Events { upto: 2, .. })).await;
}

#[tokio::test]
async fn what_the_bus_lost_is_found_by_the_poll() {
    let house = House::open(Limits { poll: Duration::from_millis(50), ..limits() });
    let mut client = house.arrive("ana", PHONE).await;
    house.commit(|story| story.say(talk(1), "Hola"));
    let is_it = |frame: &ServerFrame| matches!(frame, ServerFrame::Events { upto: 3, .. });
    client.until(is_it).await;
}

#[tokio::test]
async fn a_command_is_answered() {
    let house = House::open(limits());
    let mut client = house.arrive("ana", PHONE).await;
    let op = "01890a5d-ac96-774b-bcce-b302099a8057";
    let command = serde_json::json!({
        "op_id": op, "conversation_id": talk(1), "type": "reopen",
    });
    client.say(&serde_json::json!({ "type": "command", "command": command }).to_string()).await;
    let frame = client.until(|frame| matches!(frame, ServerFrame::CommandResult(_))).await;
    let ServerFrame::CommandResult(result) = frame else { panic!() };
    assert_eq!(result.op_id.map(|id| id.to_string()).as_deref(), Some(op));
}

#[tokio::test]
async fn a_lease_is_told_to_those_who_see_the_conversation_and_to_nobody_else() {
    let house = House::open(limits());
    let mut phone = house.arrive("ana", PHONE).await;
    let mut desk = house.arrive("ana", other_device()).await;
    let mut luis = house.arrive("luis", other_device()).await;
    let compose = |n| {
        let id = talk(n);
        serde_json::json!({ "type": "compose", "conversation_id": id, "action": "start" })
    };
    phone.say(&compose(1).to_string()).await;
    for client in [&mut phone, &mut desk] {
        let frame = client.until(|frame| matches!(frame, ServerFrame::Lease(_))).await;
        let ServerFrame::Lease(state) = frame else { panic!() };
        assert_eq!(state.holder.map(|h| (h.agent_id, h.device_id)), Some((ANA, PHONE)));
    }
    luis.say(&compose(1).to_string()).await;
    let frame = luis
        .until(|frame| {
            assert!(!matches!(frame, ServerFrame::Lease(_)), "{frame:?}");
            matches!(frame, ServerFrame::Error { .. })
        })
        .await;
    assert!(matches!(frame, ServerFrame::Error { code, .. } if code == "not_in_scope"));
}

#[tokio::test]
async fn whoever_asks_is_told_who_is_there_and_who_comes_and_goes() {
    let house = House::open(Limits { poll: Duration::from_millis(50), ..limits() });
    let mut ana = house.arrive("ana", PHONE).await;
    let mut deaf = house.arrive("ana", other_device()).await;
    let is_luis = |online: bool| {
        move |frame: &ServerFrame| {
            let ServerFrame::Presence { agents } = frame else { return false };
            agents.iter().any(|one| (one.agent_id, one.online) == (LUIS, online))
        }
    };
    let luis = house.arrive("luis", other_device()).await;
    ana.say(r#"{"type":"presence","watch":true}"#).await;
    ana.until(is_luis(true)).await;
    drop(luis);
    ana.until(is_luis(false)).await;
    let luis = house.arrive("luis", other_device()).await;
    ana.until(is_luis(true)).await;
    ana.say(r#"{"type":"presence","watch":false}"#).await;
    drop(luis);
    house.commit(|story| story.say(talk(1), "Hola"));
    let is_it = |frame: &ServerFrame| {
        assert!(!matches!(frame, ServerFrame::Presence { .. }), "nobody asked: {frame:?}");
        matches!(frame, ServerFrame::Events { upto: 3, .. })
    };
    deaf.until(is_it).await;
}

#[tokio::test]
async fn binary_and_oversized_frames_close_the_connection() {
    let house = House::open(limits());
    let mut client = house.arrive("ana", PHONE).await;
    client.stream.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(client.until_closed().await.0, close::UNSUPPORTED);
    let mut client = house.arrive("ana", PHONE).await;
    client.say(&"x".repeat(64 * 1024 + 1)).await;
    assert_eq!(client.until_closed().await.0, close::TOO_BIG);
}

#[tokio::test]
async fn five_kinds_of_error_are_named_and_the_connection_lives() {
    let house = House::open(limits());
    let mut client = house.arrive("ana", PHONE).await;
    let foreign = serde_json::json!({ "type": "view", "conversation_id": talk(4) }).to_string();
    for (text, expected) in [
        ("[1]", "malformed"),
        (r#"{"type":"dance"}"#, "unknown_type"),
        (r#"{"type":"ack","upto":-1}"#, "invalid"),
        (r#"{"type":"ack","upto":1,"more":2}"#, "invalid"),
        (&foreign, "not_in_scope"),
    ] {
        client.say(text).await;
        let frame = client.until(|frame| matches!(frame, ServerFrame::Error { .. })).await;
        assert!(matches!(&frame, ServerFrame::Error { code, .. } if code == expected), "{frame:?}");
    }
    house.publish(|story| story.everyone(settings())).await;
    client.until(|frame| matches!(frame, ServerFrame::Events { upto: 3, .. })).await;
    for _ in 0..15 {
        client.say("[1]").await;
    }
    assert_eq!(client.until_closed().await.0, close::TOO_MANY_ERRORS);
}

#[tokio::test]
async fn a_bad_token_closes_with_sign_in_again() {
    let house = House::open(limits());
    let mut client = house.dial().await;
    client.hello("stolen", PHONE, 0).await;
    assert_eq!(client.until_closed().await.0, close::SIGN_IN_AGAIN);
}

#[tokio::test]
async fn a_revoked_device_is_closed_by_the_bus() {
    let house = House::open(limits());
    let mut client = house.arrive("ana", PHONE).await;
    *house.store.standing.lock().unwrap() = CallerState::DeviceRevoked;
    house.coordinator.sessions_changed(HERE, ANA).await.unwrap();
    let second = Duration::from_secs(1);
    let closed = tokio::time::timeout(second, client.until_closed()).await.expect("within 1 s");
    assert_eq!(closed.0, close::DEVICE_REVOKED);
}

#[tokio::test]
async fn a_session_that_ended_is_closed_by_the_poll_when_the_bus_is_silent() {
    let short = Duration::from_millis(50);
    let house = House::open(Limits { poll: short, standing: short, ..limits() });
    let mut client = house.arrive("ana", PHONE).await;
    *house.store.standing.lock().unwrap() = CallerState::SignInAgain;
    assert_eq!(client.until_closed().await.0, close::SIGN_IN_AGAIN);
}

#[tokio::test]
async fn a_drain_closes_everyone_with_a_time_to_come_back() {
    let house = House::open(limits());
    let mut live = house.arrive("ana", PHONE).await;
    let mut silent = house.dial().await;
    let (gone, first, second) =
        tokio::join!(house.gateway.drain(PATIENCE), live.until_closed(), silent.until_closed());
    assert!(gone);
    for (code, reason) in [first, second] {
        assert_eq!(code, close::DRAIN);
        let reason: serde_json::Value = serde_json::from_str(&reason).unwrap();
        assert!(reason["retry_after_ms"].as_u64().unwrap() < 10_000);
    }
    let headers = [("sec-websocket-protocol", "baton.v1")];
    assert_eq!(house.knock("/api/v1/socket", &headers).await.err(), Some(503));
}

#[tokio::test]
async fn at_the_agents_limit_the_devices_oldest_connection_goes() {
    let house = House::open(Limits { sockets_per_agent: 2, ..limits() });
    let mut first = house.arrive("ana", PHONE).await;
    let _second = house.arrive("ana", PHONE).await;
    let _third = house.arrive("ana", PHONE).await;
    assert_eq!(first.until_closed().await.0, close::TOO_MANY_SOCKETS);
    let mut elsewhere = house.dial().await;
    elsewhere.hello("ana", other_device(), 0).await;
    assert_eq!(elsewhere.until_closed().await.0, close::TOO_MANY_SOCKETS);
}

#[tokio::test]
async fn a_hub_ends_some_time_after_its_last_session_and_begins_again_with_the_next() {
    let short = Duration::from_millis(20);
    let house = House::open(Limits { poll: short, linger: short, ..limits() });
    drop(house.arrive("ana", PHONE).await);
    house.until_empty().await;
    let is_gone = || house.gateway.hubs.lock().unwrap().is_empty();
    let gone = async {
        while !is_gone() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.expect("the hub stays");
    let mut client = house.arrive("ana", PHONE).await;
    house.publish(|story| story.everyone(settings())).await;
    client.until(|frame| matches!(frame, ServerFrame::Events { upto: 3, .. })).await;
}
