//! A small client of Baton's public API, over HTTP and the socket: the demo plays with it, tests
//! and load tests use it as well.

use std::io::Read as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail};
use baton_protocol::account::{Login, Session};
use baton_protocol::frame::{
    ClientFrame, Compose, ComposeAction, Hello, SUBPROTOCOL, SUBPROTOCOL_PACKED, ServerFrame,
};
use baton_protocol::limits::SERVER_FRAME_BYTES_MAX;
use baton_protocol::outcome::CommandResults;
use baton_protocol::page::{ConversationPage, ConversationRow};
use baton_protocol::problem::Problem;
use baton_protocol::push::{PUSH_CAP_OFFERS, PushLane, PushPut, PushRegistered, PushTargetKind};
use baton_protocol::{Command, CommandResult, ConversationId, Cursor};
use futures_util::{SinkExt, StreamExt};
use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// The server, for somebody without a session.
#[derive(Clone, Debug)]
pub struct Api {
    base: String,
    http: reqwest::Client,
    reader: Reader,
    round: Option<Arc<Round>>,
}

/// Several nodes, each in turn.
#[derive(Debug)]
struct Round {
    bases: Vec<String>,
    requests: AtomicUsize,
    /// Counted apart, so that sockets are spread evenly whatever is asked between them.
    sockets: AtomicUsize,
}

impl Round {
    fn next(&self, turn: &AtomicUsize) -> Option<&str> {
        let turn = turn.fetch_add(1, Ordering::Relaxed);
        self.bases.get(turn % self.bases.len().max(1)).map(String::as_str)
    }
}

type Read = dyn Fn(&str) -> serde_json::Result<Arc<ServerFrame>> + Send + Sync;

/// How the text of a frame is read. Who plays hundreds of clients reads each text once.
#[derive(Clone)]
pub struct Reader(Arc<Read>);

impl Reader {
    /// Reads by this.
    pub fn new(
        read: impl Fn(&str) -> serde_json::Result<Arc<ServerFrame>> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(read))
    }
}

impl Default for Reader {
    fn default() -> Self {
        Self::new(|text| serde_json::from_str(text).map(Arc::new))
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reader")
    }
}

/// The server said no.
#[derive(Debug, thiserror::Error)]
#[error("{status} {}: {}", .problem.code, .problem.detail)]
pub struct Refused {
    /// The HTTP status.
    pub status: StatusCode,
    /// What it said.
    pub problem: Problem,
}

impl Api {
    /// A client of the server at `base`, such as `http://127.0.0.1:8080`.
    pub fn new(base: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(30))
            .no_proxy()
            .build()
            .context("an HTTP client")?;
        let base = base.trim_end_matches('/').to_owned();
        Ok(Self { base, http, reader: Reader::default(), round: None })
    }

    /// The same with another way to read frames.
    #[must_use]
    pub fn reading_by(self, reader: Reader) -> Self {
        Self { reader, ..self }
    }

    /// A client of several nodes: each request and each socket goes to the next one.
    pub fn over(bases: &[String]) -> anyhow::Result<Self> {
        let first = Self::new(bases.first().context("no node")?)?;
        let (requests, sockets) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let round = Round { bases: bases.to_vec(), requests, sockets };
        Ok(Self { round: Some(Arc::new(round)), ..first })
    }

    /// Where the server is; of several nodes, the one whose turn it is.
    pub fn base(&self) -> &str {
        let next = self.round.as_ref().and_then(|round| round.next(&round.requests));
        next.unwrap_or(&self.base)
    }

    /// The node for the next socket.
    fn socket_base(&self) -> &str {
        let next = self.round.as_ref().and_then(|round| round.next(&round.sockets));
        next.unwrap_or(&self.base)
    }

    /// Signs in on a new device.
    pub async fn sign_in(
        &self,
        workspace: &str,
        email: &str,
        password: &str,
    ) -> anyhow::Result<SignedIn> {
        let login = Login {
            workspace: workspace.to_owned(),
            email: email.to_owned(),
            password: password.to_owned(),
            device_id: None,
            device_name: Some("baton client".to_owned()),
        };
        let session: Session = self.call(Method::POST, "/sessions", None, Some(&login)).await?;
        Ok(SignedIn { api: self.clone(), session })
    }

    /// One request under `/api/v1`.
    pub async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<&(impl Serialize + Sync)>,
    ) -> anyhow::Result<T> {
        let mut request = self.http.request(method, format!("{}/api/v1{path}", self.base()));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.with_context(|| format!("asking for {path}"))?;
        let status = response.status();
        let bytes = response.bytes().await?;
        if !status.is_success() {
            let problem = serde_json::from_slice(&bytes)
                .with_context(|| format!("{path} answered {status} without a problem"))?;
            return Err(Refused { status, problem }.into());
        }
        let text: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
        serde_json::from_slice(text).with_context(|| format!("reading the answer of {path}"))
    }
}

/// The server, for somebody with a session.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The way there.
    pub api: Api,
    /// The agent, the device and the tokens.
    pub session: Session,
}

const NO_BODY: Option<&()> = None;

/// A phone that Firebase knows by this token, without a key: it is told no words.
pub fn android(token: &str) -> PushPut {
    PushPut {
        lane: PushLane::Fcm,
        target_kind: PushTargetKind::Token,
        target: token.to_owned(),
        key: None,
        app_id: None,
        env: None,
        locale: None,
        caps: vec![PUSH_CAP_OFFERS.to_owned()],
    }
}

impl SignedIn {
    /// Reads.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        self.api.call(Method::GET, path, Some(&self.session.access_token), NO_BODY).await
    }

    /// Posts.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> anyhow::Result<T> {
        self.api.call(Method::POST, path, Some(&self.session.access_token), Some(body)).await
    }

    /// All conversations that may be seen, page by page.
    pub async fn conversations(&self) -> anyhow::Result<Vec<ConversationId>> {
        let (mut all, mut page) = (Vec::new(), String::new());
        loop {
            let path = format!("/conversations?limit=200{page}");
            let read: ConversationPage = self.get(&path).await?;
            all.extend(read.conversations.iter().map(|row| match row {
                ConversationRow::Head { head } => head.id,
                ConversationRow::Full { view, .. } => view.conversation.head.id,
            }));
            let Some(next) = read.next else { return Ok(all) };
            page = format!("&page={next}");
        }
    }

    /// Tells where this device is reached by pushes; [`android`] is a phone for that.
    pub async fn register_push(&self, put: &PushPut) -> anyhow::Result<PushRegistered> {
        let path = format!("/devices/{}/push", self.session.device_id);
        self.api.call(Method::PUT, &path, Some(&self.session.access_token), Some(put)).await
    }

    /// Gives commands by `POST /commands`.
    pub async fn commands(&self, commands: &[Command]) -> anyhow::Result<Vec<CommandResult>> {
        let answer: CommandResults = self.post("/commands", &commands).await?;
        Ok(answer.results)
    }

    /// Gives one command.
    pub async fn command(&self, command: Command) -> anyhow::Result<CommandResult> {
        self.commands(&[command]).await?.pop().context("no result")
    }

    /// Opens the socket.
    pub async fn connect(&self, cursor: Option<Cursor>) -> anyhow::Result<Socket> {
        Socket::open(self, &offered(self), cursor).await
    }

    /// Opens the socket, naming these subprotocols.
    pub async fn connect_as(&self, named: &str, cursor: Option<Cursor>) -> anyhow::Result<Socket> {
        Socket::open(self, named, cursor).await
    }
}

/// A frame and when it came.
#[derive(Clone, Debug)]
pub struct Received {
    /// The time of arrival.
    pub at: Instant,
    /// The frame; an `Arc`, because a hundred listeners may look at it.
    pub frame: Arc<ServerFrame>,
    /// Its size on the way.
    pub bytes: usize,
}

/// An open socket that keeps what it hears.
#[derive(Debug)]
pub struct Socket {
    out: mpsc::Sender<Message>,
    heard: Arc<Mutex<Vec<Received>>>,
    changed: watch::Receiver<usize>,
    closed: watch::Receiver<Option<(u16, String)>>,
    task: tokio::task::JoinHandle<()>,
}

impl Socket {
    async fn open(who: &SignedIn, named: &str, cursor: Option<Cursor>) -> anyhow::Result<Self> {
        let url = format!("{}/api/v1/socket", who.api.socket_base().replacen("http", "ws", 1));
        let mut request = url.into_client_request()?;
        request.headers_mut().insert("sec-websocket-protocol", named.parse().context("a header")?);
        let (stream, _) = tokio_tungstenite::connect_async(request).await?;
        let (out, commands) = mpsc::channel(256);
        let (announce, changed) = watch::channel(0);
        let (close, closed) = watch::channel(None);
        let heard = Arc::new(Mutex::new(Vec::new()));
        let reader = who.api.reader.clone();
        let pump = Pump { heard: Arc::clone(&heard), announce, close, reader };
        let task = tokio::spawn(pump.run(stream, commands));
        let socket = Self { out, heard, changed, closed, task };
        let hello = Hello {
            token: Some(who.session.access_token.clone()),
            ticket: None,
            device_id: who.session.device_id,
            cursor,
        };
        socket.send(&ClientFrame::Hello(hello)).await?;
        let welcome = |frame: &ServerFrame| matches!(frame, ServerFrame::Welcome { .. });
        socket.wait_for(welcome, Duration::from_secs(10)).await.context("no welcome")?;
        Ok(socket)
    }

    /// Sends a frame.
    pub async fn send(&self, frame: &ClientFrame) -> anyhow::Result<()> {
        self.send_text(serde_json::to_string(frame)?).await
    }

    /// Sends any text, for those who want to see it refused.
    pub async fn send_text(&self, text: String) -> anyhow::Result<()> {
        self.out.send(Message::Text(Utf8Bytes::from(text))).await.context("the socket is closed")
    }

    /// Sends any message.
    pub async fn send_message(&self, message: Message) -> anyhow::Result<()> {
        self.out.send(message).await.context("the socket is closed")
    }

    /// Asks for the lease of a conversation.
    pub async fn compose(
        &self,
        conversation_id: ConversationId,
        action: ComposeAction,
    ) -> anyhow::Result<()> {
        self.send(&ClientFrame::Compose(Compose { conversation_id, action })).await
    }

    /// Gives a command over the socket and waits for its result.
    pub async fn command(&self, command: Command) -> anyhow::Result<CommandResult> {
        let op_id = command.op_id;
        // The same command may have been answered before, and is given again.
        let mark = self.heard();
        self.send(&ClientFrame::Command { command }).await?;
        let mine = |frame: &ServerFrame| {
            let ServerFrame::CommandResult(result) = frame else { return false };
            result.op_id == Some(op_id)
        };
        let received = self.wait_from(mark, mine, Duration::from_secs(15)).await?;
        let ServerFrame::CommandResult(result) = received.frame.as_ref() else {
            bail!("not a result");
        };
        Ok(result.as_ref().clone())
    }

    /// How many frames were heard so far: a mark to wait from.
    pub fn heard(&self) -> usize {
        self.lock().len()
    }

    /// The frames from a mark on.
    pub fn frames_since(&self, mark: usize) -> Vec<Received> {
        self.lock().get(mark..).map(<[_]>::to_vec).unwrap_or_default()
    }

    /// What was heard so far, which is then forgotten: marks begin anew.
    pub fn take(&self) -> Vec<Received> {
        std::mem::take(&mut *self.lock())
    }

    /// Forgets what was heard.
    pub fn forget(&self) {
        self.lock().clear();
    }

    /// The first frame since the beginning that fits, waiting for it if need be.
    pub async fn wait_for(
        &self,
        fits: impl Fn(&ServerFrame) -> bool + Send + Sync,
        within: Duration,
    ) -> anyhow::Result<Received> {
        self.wait_from(0, fits, within).await
    }

    /// The first frame from a mark on that fits, waiting for it if need be.
    pub async fn wait_from(
        &self,
        mark: usize,
        fits: impl Fn(&ServerFrame) -> bool + Send + Sync,
        within: Duration,
    ) -> anyhow::Result<Received> {
        let mut changed = self.changed.clone();
        let mut from = mark;
        let search = async {
            loop {
                changed.borrow_and_update();
                {
                    let heard = self.lock();
                    let fresh = heard.get(from..).unwrap_or_default();
                    if let Some(found) = fresh.iter().find(|received| fits(&received.frame)) {
                        return Ok(found.clone());
                    }
                    from = from.max(heard.len());
                }
                if changed.changed().await.is_err() {
                    let why = self.closed.borrow().clone();
                    bail!("the socket closed before the frame came: {why:?}");
                }
            }
        };
        tokio::time::timeout(within, search).await.context("the frame did not come in time")?
    }

    /// Waits until the server closes: code and reason.
    pub async fn closed(&self, within: Duration) -> anyhow::Result<(u16, String)> {
        let mut closed = self.closed.clone();
        let wait = async { closed.wait_for(Option::is_some).await.map(|why| why.clone()) };
        let why = tokio::time::timeout(within, wait).await.context("the socket stays open")?;
        why.ok().flatten().context("the socket broke without a close")
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Received>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Socket {
    /// Like a phone that lost its network: no farewell.
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The subprotocols that a device names. Every other one reads packed frames, so that whoever plays
/// with many sees that both kinds of clients end alike.
fn offered(who: &SignedIn) -> String {
    match who.session.device_id.0.as_bytes().last() {
        Some(last) if last % 2 == 0 => format!("{SUBPROTOCOL_PACKED}, {SUBPROTOCOL}"),
        _ => SUBPROTOCOL.to_owned(),
    }
}

fn unpacked(packed: &[u8]) -> std::io::Result<String> {
    let mut text = String::new();
    let most = SERVER_FRAME_BYTES_MAX as u64;
    flate2::read::GzDecoder::new(packed).take(most).read_to_string(&mut text)?;
    Ok(text)
}

struct Pump {
    heard: Arc<Mutex<Vec<Received>>>,
    announce: watch::Sender<usize>,
    close: watch::Sender<Option<(u16, String)>>,
    reader: Reader,
}

type Stream =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

impl Pump {
    async fn run(self, stream: Stream, mut commands: mpsc::Receiver<Message>) {
        let (mut sink, mut stream) = stream.split();
        loop {
            tokio::select! {
                message = stream.next() => match message {
                    Some(Ok(Message::Text(text))) => self.hear(&text, text.len()),
                    Some(Ok(Message::Binary(packed))) => match unpacked(&packed) {
                        Ok(text) => self.hear(&text, packed.len()),
                        Err(error) => tracing::warn!(%error, "a frame could not be unpacked"),
                    },
                    Some(Ok(Message::Close(close))) => {
                        let why = close.map(|c| (u16::from(c.code), c.reason.to_string()));
                        self.close.send_replace(Some(why.unwrap_or((1005, String::new()))));
                        return;
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => {
                        self.close.send_replace(Some((1006, String::new())));
                        return;
                    }
                },
                message = commands.recv() => match message {
                    Some(message) => {
                        if sink.send(message).await.is_err() {
                            self.close.send_replace(Some((1006, String::new())));
                            return;
                        }
                    }
                    None => return,
                },
            }
        }
    }

    fn hear(&self, text: &str, bytes: usize) {
        // A frame of a newer server is passed over, as clients have to.
        let frame = match (self.reader.0)(text) {
            Ok(frame) => frame,
            Err(error) => {
                tracing::warn!(%error, "a frame could not be read");
                return;
            }
        };
        let received = Received { at: Instant::now(), frame, bytes };
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.push(received);
        let count = heard.len();
        drop(heard);
        self.announce.send_replace(count);
    }
}
