//! One request and its answer, within a time and a size. A failure says whether a byte was sent.

use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderValue,
    RANGE, USER_AGENT,
};
use hyper::{HeaderMap, Method, Response};
use tokio::sync::SemaphorePermit;
use tokio::time::{Instant, timeout_at};

use super::Server;
use super::pool::Connection;
use super::reply::Reply;
use super::unpack::{NotUnpacked, unpacked};
use crate::link::limits::CONNECT_MAX;

/// A request to the server.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// What, from `/api/v1` on, with its query; what is not a plain word in it goes through
    /// [`escaped`](super::escaped).
    pub path: String,
    /// The access token.
    pub bearer: Option<String>,
    /// The part that is wanted of a file: its first byte, and how many.
    pub range: Option<(u64, u64)>,
    /// The body, of the type below.
    pub body: Option<Vec<u8>>,
    /// The MIME type of the body.
    pub content_type: &'static str,
    /// Whether it does no more when it arrives twice. A `GET` never does.
    pub is_repeatable: bool,
    /// The answer is there by then, waiting for its turn included.
    pub within: Duration,
    /// Bytes of the answer's body, packed or not.
    pub bytes_max: usize,
}

/// Tokens and texts do not belong in a log.
impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = self.path.split('?').next().unwrap_or_default();
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &path)
            .finish_non_exhaustive()
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NetError {
    /// Certainly no byte of the request left.
    #[error("the request was not sent")]
    NotSent,
    /// Something of it may have left, and no whole answer came.
    #[error("no answer came")]
    Lost,
    /// The answer is larger than was allowed.
    #[error("the answer is too large")]
    TooLarge,
    /// The answer came, and was packed in a way that cannot be undone.
    #[error("the answer cannot be unpacked")]
    Garbled,
}

impl Server {
    /// Asks, and waits for the answer. Dropping the future cuts the connection.
    ///
    /// # Errors
    /// When there is no answer. What the server refuses is an answer.
    pub async fn ask(&self, request: Request) -> Result<Reply, NetError> {
        let deadline = Instant::now() + request.within;
        let turn = timeout_at(deadline, self.turn(&request.method)).await;
        let _turn = turn.map_err(|_elapsed| NetError::NotSent)??;
        let era = self.inner.pool.era();
        let is_repeatable = request.is_repeatable || request.method == Method::GET;
        let mut no_answer = NetError::NotSent;
        if let Some(mut connection) = self.inner.pool.take() {
            let answer = self.exchange(&mut connection, &request, deadline).await;
            // It died while nobody looked: that is no word about the server.
            let has_died = matches!(answer, Err(NetError::NotSent))
                || (is_repeatable && answer == Err(NetError::Lost) && connection.is_unanswered());
            if !has_died || Instant::now() >= deadline {
                return self.keep(connection, era, answer).await;
            }
            no_answer = answer.err().unwrap_or(no_answer);
        }
        let opened_by = deadline.min(Instant::now() + CONNECT_MAX);
        let opened = timeout_at(opened_by, Connection::open(&self.inner.connector)).await;
        // What may have left at first may have arrived, whatever becomes of it this time.
        let mut connection = opened.ok().flatten().ok_or(no_answer)?;
        let answer = self.exchange(&mut connection, &request, deadline).await;
        let answer = answer.map_err(|error| match error {
            NetError::NotSent => no_answer,
            NetError::Lost | NetError::TooLarge | NetError::Garbled => error,
        });
        self.keep(connection, era, answer).await
    }

    async fn turn(&self, method: &Method) -> Result<[Option<SemaphorePermit<'_>>; 2], NetError> {
        let closed = |_closed| NetError::NotSent;
        let read = match *method == Method::GET {
            true => Some(self.inner.reads.acquire().await.map_err(closed)?),
            false => None,
        };
        Ok([read, Some(self.inner.room.acquire().await.map_err(closed)?)])
    }

    async fn exchange(
        &self,
        connection: &mut Connection,
        request: &Request,
        deadline: Instant,
    ) -> Result<Reply, NetError> {
        connection.marks.forget();
        let written = self.written(request).ok_or(NetError::NotSent)?;
        let asked = connection.ask(written, request.bytes_max);
        match timeout_at(deadline, asked).await {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(Broken::TooLarge)) => Err(NetError::TooLarge),
            Ok(Err(Broken::Garbled)) => Err(NetError::Garbled),
            Ok(Err(Broken::Off)) | Err(_) if connection.marks.has_sent() => Err(NetError::Lost),
            Ok(Err(Broken::Off)) | Err(_) => Err(NetError::NotSent),
        }
    }

    /// Returns a connection to the pool if its answer came whole.
    async fn keep(
        &self,
        mut connection: Connection,
        era: u64,
        answer: Result<Reply, NetError>,
    ) -> Result<Reply, NetError> {
        if answer.is_ok() && connection.is_alive().await {
            self.inner.pool.put(connection, era);
        }
        answer
    }

    fn written(&self, request: &Request) -> Option<hyper::Request<Full<Bytes>>> {
        let address = &self.inner.address;
        let mut written = hyper::Request::builder()
            .method(request.method.clone())
            .uri(format!("{}{}", address.path, request.path))
            .header(HOST, &address.authority)
            .header(USER_AGENT, &self.inner.user_agent)
            .header(ACCEPT, "application/json")
            .header(ACCEPT_ENCODING, GZIP);
        if let Some(token) = &request.bearer {
            let mut value = HeaderValue::from_str(&format!("Bearer {token}")).ok()?;
            value.set_sensitive(true);
            written = written.header(AUTHORIZATION, value);
        }
        if let Some((from, bytes)) = request.range {
            let last = (from + bytes).saturating_sub(1);
            written = written.header(RANGE, format!("bytes={from}-{last}"));
        }
        if request.body.is_some() {
            written = written.header(CONTENT_TYPE, request.content_type);
        }
        let body = request.body.clone().unwrap_or_default();
        written.body(Full::new(Bytes::from(body))).ok()
    }
}

/// The one way to pack that is understood here.
const GZIP: &str = "gzip";

/// The way in which an exchange broke off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Broken {
    /// The connection ended, or what came is not HTTP.
    Off,
    /// The body is larger than allowed, as it came or unpacked.
    TooLarge,
    /// The body cannot be unpacked.
    Garbled,
}

/// Reads an answer of at most `bytes_max`.
pub(super) async fn read(response: Response<Incoming>, bytes_max: usize) -> Result<Reply, Broken> {
    let (head, mut body) = response.into_parts();
    let announced = body.size_hint().lower();
    if usize::try_from(announced).map_or(true, |bytes| bytes > bytes_max) {
        return Err(Broken::TooLarge);
    }
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_off| Broken::Off)?;
        let Ok(data) = frame.into_data() else { continue };
        if data.len() > bytes_max - bytes.len() {
            return Err(Broken::TooLarge);
        }
        bytes.extend_from_slice(&data);
    }
    let bytes = plain(&head.headers, bytes, bytes_max)?;
    Ok(Reply::new(head.status.as_u16(), &head.headers, bytes))
}

/// The body as it was before it was packed, if it was.
fn plain(headers: &HeaderMap, body: Vec<u8>, bytes_max: usize) -> Result<Vec<u8>, Broken> {
    let Some(packing) = headers.get(CONTENT_ENCODING) else { return Ok(body) };
    match packing.to_str() {
        Ok(name) if name.eq_ignore_ascii_case("identity") => Ok(body),
        // An answer without a body is packed in name alone.
        Ok(name) if name.eq_ignore_ascii_case(GZIP) && body.is_empty() => Ok(body),
        Ok(name) if name.eq_ignore_ascii_case(GZIP) => {
            unpacked(&body, bytes_max).map_err(|why| match why {
                NotUnpacked::TooLarge => Broken::TooLarge,
                NotUnpacked::Garbled => Broken::Garbled,
            })
        }
        Ok(_) | Err(_) => Err(Broken::Garbled),
    }
}
