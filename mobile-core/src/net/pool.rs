//! Connections for requests. Idle ones are kept; whether one still works shows at its next use.

use std::future::{Future as _, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::time::Instant;

use super::ask::{Broken, read};
use super::connect::{Connector, Marks, Stream};
use super::limits::{HEAD_BYTES_MAX, IDLE_MAX};
use super::reply::Reply;

type Driver = http1::Connection<TokioIo<Stream>, Full<Bytes>>;

/// A connection, driven by the caller that asks over it alone: a caller that stops drops it.
#[derive(Debug)]
pub(super) struct Connection {
    sender: http1::SendRequest<Full<Bytes>>,
    driver: Driver,
    is_over: bool,
    pub(super) marks: Arc<Marks>,
}

impl Connection {
    /// Opens one, if that can be done.
    pub(super) async fn open(connector: &Connector) -> Option<Self> {
        let stream = connector.open().await.ok()?;
        let marks = Arc::clone(&stream.marks);
        let (sender, driver) = shake_hands(stream).await?;
        Some(Self { sender, driver, is_over: false, marks })
    }

    /// Asks, and reads the answer.
    pub(super) async fn ask(
        &mut self,
        request: Request<Full<Bytes>>,
        bytes_max: usize,
    ) -> Result<Reply, Broken> {
        // What came since the last answer: a farewell, mostly.
        if !self.is_alive().await {
            return Err(Broken::Off);
        }
        let Self { sender, driver, is_over, .. } = self;
        let asked = async {
            let response = sender.send_request(request).await.map_err(|_off| Broken::Off)?;
            read(response, bytes_max).await
        };
        let mut asked = pin!(asked);
        let answer = tokio::select! {
            biased;
            answer = &mut asked => answer,
            _ended = &mut *driver => {
                *is_over = true;
                asked.await
            }
        };
        answer
    }

    /// Whether it ended without a word of an answer.
    pub(super) fn is_unanswered(&self) -> bool {
        self.is_over && !self.marks.has_heard()
    }

    /// Whether something can be asked over it, as far as can be told without asking.
    pub(super) async fn is_alive(&mut self) -> bool {
        if !self.is_over {
            let driver = &mut self.driver;
            let look = poll_fn(|cx| Poll::Ready(Pin::new(&mut *driver).poll(cx).is_ready()));
            self.is_over = look.await;
        }
        !self.is_over && self.sender.is_ready()
    }
}

/// Tells HTTP of a fresh connection. Nothing is sent by that.
pub(super) async fn shake_hands(
    stream: Stream,
) -> Option<(http1::SendRequest<Full<Bytes>>, Driver)> {
    let mut builder = http1::Builder::new();
    builder.max_buf_size(HEAD_BYTES_MAX);
    builder.handshake(TokioIo::new(stream)).await.ok()
}

/// The connection that is kept.
#[derive(Debug, Default)]
pub(super) struct Pool {
    kept: Mutex<PoolState>,
}

#[derive(Debug, Default)]
struct PoolState {
    idle: Option<(Connection, Instant)>,
    /// Grows when everything is closed: what was opened before is not kept.
    era: u64,
}

impl Pool {
    pub(super) fn era(&self) -> u64 {
        self.lock().era
    }

    pub(super) fn take(&self) -> Option<Connection> {
        let (connection, since) = self.lock().idle.take()?;
        (since.elapsed() < IDLE_MAX).then_some(connection)
    }

    pub(super) fn put(&self, connection: Connection, era: u64) {
        let mut kept = self.lock();
        if kept.era == era && !connection.is_over {
            kept.idle = Some((connection, Instant::now()));
        }
    }

    pub(super) fn close_all(&self) {
        let mut kept = self.lock();
        kept.era += 1;
        kept.idle = None;
    }

    fn lock(&self) -> MutexGuard<'_, PoolState> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
