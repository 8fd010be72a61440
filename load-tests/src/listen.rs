//! Agents' sockets that only look for marked messages: when each of them came.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use baton::demo::client::SignedIn;
use baton_protocol::Cursor;
use baton_protocol::frame::{ClientFrame, Hello, SUBPROTOCOL, close};
use futures_util::{SinkExt, StreamExt};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::stats::Times;
use crate::webhook::marks;

/// An open socket of an agent.
pub(crate) type Stream = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

/// The time of each numbered message: microseconds after a common zero.
#[derive(Debug)]
pub(crate) struct Sent {
    zero: Instant,
    at: Vec<AtomicU64>,
}

impl Sent {
    /// Room for so many messages.
    pub(crate) fn new(count: usize) -> Arc<Self> {
        let at = (0..count).map(|_| AtomicU64::new(u64::MAX)).collect();
        Arc::new(Self { zero: Instant::now(), at })
    }

    /// Notes that a message goes out as of `when`.
    pub(crate) fn note(&self, number: usize, when: Instant) {
        if let Some(at) = self.at.get(number) {
            at.store(self.micros(when), Ordering::Release);
        }
    }

    fn micros(&self, when: Instant) -> u64 {
        let since = when.saturating_duration_since(self.zero);
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    }

    /// The time since a message went out, in microseconds; `None` for one of another run.
    fn age(&self, number: usize, now: Instant) -> Option<u32> {
        let at = self.at.get(number)?.load(Ordering::Acquire);
        u32::try_from(self.micros(now).checked_sub(at)?).ok()
    }
}

/// Opens a socket and waits for its welcome.
pub(crate) async fn open(who: &SignedIn) -> anyhow::Result<Stream> {
    match come_in(who, None).await? {
        Entry::In(stream, _) => Ok(*stream),
        Entry::Away(after) => bail!("sent away for {after:?}"),
    }
}

/// The door's answer.
#[derive(Debug)]
pub(crate) enum Entry {
    /// Let in; live delivery goes on from this cursor, after what was missed.
    In(Box<Stream>, Cursor),
    /// To come back after this time.
    Away(Duration),
}

/// Opens a socket that goes on from a cursor, and waits for its welcome.
pub(crate) async fn come_in(who: &SignedIn, cursor: Option<Cursor>) -> anyhow::Result<Entry> {
    let url = format!("{}/api/v1/socket", who.api.base().replacen("http", "ws", 1));
    let mut request = url.into_client_request()?;
    request
        .headers_mut()
        .insert("sec-websocket-protocol", SUBPROTOCOL.parse().context("a header")?);
    let (mut stream, _) = tokio_tungstenite::connect_async(request).await?;
    let hello = Hello {
        token: Some(who.session.access_token.clone()),
        ticket: None,
        device_id: who.session.device_id,
        cursor,
    };
    let text = serde_json::to_string(&ClientFrame::Hello(hello))?;
    // Who was sent away may find the connection closed.
    let said = stream.send(Message::Text(text.into())).await;
    let welcome = async {
        while let Some(message) = stream.next().await {
            match message? {
                Message::Text(text) if text.contains("\"welcome\"") => {
                    let start = text.split_once("\"cursor\":\"").map(|(_, rest)| rest);
                    let cursor = start.and_then(|rest| rest.split('"').next());
                    return Ok(Ok(cursor.context("a welcome without a cursor")?.parse()?));
                }
                Message::Close(Some(close)) if u16::from(close.code) == close::DRAIN => {
                    let retry: serde_json::Value = serde_json::from_str(&close.reason)?;
                    let ms = retry.get("retry_after_ms").and_then(serde_json::Value::as_u64);
                    return Ok(Err(Duration::from_millis(ms.context("no time to come back")?)));
                }
                Message::Close(close) => bail!("not let in: {close:?}"),
                Message::Text(_)
                | Message::Binary(_)
                | Message::Ping(_)
                | Message::Pong(_)
                | Message::Frame(_) => {}
            }
        }
        bail!("the socket closed before the welcome: {said:?}")
    };
    match tokio::time::timeout(Duration::from_secs(30), welcome).await.context("no welcome")?? {
        Ok(cursor) => Ok(Entry::In(Box::new(stream), cursor)),
        Err(after) => Ok(Entry::Away(after)),
    }
}

/// A message, and its age in microseconds when it came.
type Heard = (usize, u32);

/// Many sockets, each noting when each message reached it first.
#[derive(Debug)]
pub(crate) struct Audience {
    heard: Arc<AtomicU64>,
    listeners: Vec<JoinHandle<anyhow::Result<Vec<Heard>>>>,
    end: tokio::sync::watch::Sender<bool>,
}

impl Audience {
    /// Connects all of them.
    pub(crate) async fn gather(agents: &[SignedIn], sent: &Arc<Sent>) -> anyhow::Result<Self> {
        let mut streams = Vec::new();
        for agent in agents {
            streams.push(open(agent).await?);
        }
        Ok(Self::of(streams, sent))
    }

    /// Listens on sockets that are open.
    pub(crate) fn of(streams: Vec<Stream>, sent: &Arc<Sent>) -> Self {
        let heard = Arc::new(AtomicU64::new(0));
        let (end, ended) = tokio::sync::watch::channel(false);
        let listen = |stream| {
            let (sent, heard, ended) = (Arc::clone(sent), Arc::clone(&heard), ended.clone());
            tokio::spawn(Listener { stream, sent, heard, ended }.run())
        };
        let listeners = streams.into_iter().map(listen).collect();
        Self { heard, listeners, end }
    }

    /// Waits until all sockets together had so many messages.
    pub(crate) async fn has(&self, deliveries: usize, within: Duration) -> anyhow::Result<()> {
        let wanted = deliveries as u64;
        let deadline = Instant::now() + within;
        let mut tick = tokio::time::interval(Duration::from_millis(10));
        while self.heard.load(Ordering::Acquire) < wanted && Instant::now() < deadline {
            tick.tick().await;
        }
        let heard = self.heard.load(Ordering::Acquire);
        ensure!(heard >= wanted, "only {heard} of {wanted} deliveries came within {within:?}");
        Ok(())
    }

    /// Waits until each socket has each of so many messages, and returns the times of all.
    pub(crate) async fn finish(self, messages: usize, within: Duration) -> anyhow::Result<Times> {
        let all = self.all(messages, within).await?;
        Ok(Times::of(all.into_iter().map(|(_, age)| age).collect()))
    }

    /// The same, and the times since the first socket had each message.
    pub(crate) async fn finish_with_spread(
        self,
        messages: usize,
        within: Duration,
    ) -> anyhow::Result<(Times, Times)> {
        let all = self.all(messages, within).await?;
        let mut first = vec![u32::MAX; messages];
        for (number, age) in &all {
            if let Some(first) = first.get_mut(*number) {
                *first = (*first).min(*age);
            }
        }
        let since = |(number, age): &Heard| age - first.get(*number).copied().unwrap_or(0);
        let spread = all.iter().map(since).collect();
        Ok((Times::of(all.iter().map(|(_, age)| *age).collect()), Times::of(spread)))
    }

    async fn all(self, messages: usize, within: Duration) -> anyhow::Result<Vec<Heard>> {
        let all_came = self.has(messages * self.listeners.len(), within).await;
        self.end.send_replace(true);
        let mut all = Vec::new();
        for listener in self.listeners {
            all.extend(listener.await??);
        }
        all_came?;
        Ok(all)
    }
}

struct Listener {
    stream: Stream,
    sent: Arc<Sent>,
    heard: Arc<AtomicU64>,
    ended: tokio::sync::watch::Receiver<bool>,
}

impl Listener {
    async fn run(mut self) -> anyhow::Result<Vec<Heard>> {
        let mut times = Vec::new();
        let mut seen = vec![false; self.sent.at.len()];
        loop {
            let message = tokio::select! {
                message = self.stream.next() => message,
                _ = self.ended.changed() => return Ok(times),
            };
            let text = match message.context("a socket broke")?? {
                Message::Text(text) => text,
                Message::Close(close) => bail!("a socket was closed: {close:?}"),
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {
                    continue;
                }
            };
            let now = Instant::now();
            for number in marks(text.as_bytes()) {
                let Some(age) = self.sent.age(number, now) else { continue };
                let Some(seen) = seen.get_mut(number).filter(|seen| !**seen) else { continue };
                *seen = true;
                times.push((number, age));
                self.heard.fetch_add(1, Ordering::Release);
            }
        }
    }
}
