//! Failures by script, told by each service in its own words.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, UNIX_EPOCH};

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_TYPE, DATE, LOCATION, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::http2::GoAway;
use crate::base::conn::Cut;
use crate::state::push::PushFault;
use crate::state::shared::Shared;

/// The connection that a call came in on.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) cut: Cut,
    pub(super) go_away: Option<GoAway>,
}

/// A failure as a service answers it: HTTP status and its word.
pub(super) type ErrorResponse = (u16, &'static str);

/// The words of a failure that has any.
pub(super) struct Words {
    pub(super) unregistered: ErrorResponse,
    pub(super) invalid: ErrorResponse,
    pub(super) wrong_sender: ErrorResponse,
    pub(super) unauthorized: ErrorResponse,
    pub(super) third_party: ErrorResponse,
    pub(super) throttled: ErrorResponse,
    pub(super) unavailable: ErrorResponse,
    pub(super) internal: ErrorResponse,
    pub(super) too_large: ErrorResponse,
}

/// The refusals of a service: their words, and what writes one as a response.
pub(super) struct Refusals<'a, W: Fn(ErrorResponse) -> Response> {
    pub(super) words: &'a Words,
    pub(super) write: W,
}

/// Answers a push that meets a failure. `done` writes the service's success.
pub(super) async fn answer<W: Fn(ErrorResponse) -> Response>(
    shared: &Shared,
    fault: PushFault,
    connection: &Connection,
    refusals: Refusals<'_, W>,
    done: impl FnOnce() -> Response,
) -> Response {
    let Refusals { words, write } = refusals;
    let after = |seconds| Some(HeaderValue::from(seconds));
    let (told, retry_after) = match fault {
        PushFault::Unregistered => (words.unregistered, None),
        PushFault::InvalidArgument => (words.invalid, None),
        PushFault::WrongSender => (words.wrong_sender, None),
        PushFault::Unauthorized => (words.unauthorized, None),
        PushFault::ThirdPartyAuth => (words.third_party, None),
        PushFault::Throttled { retry_after_s } => (words.throttled, retry_after_s.and_then(after)),
        PushFault::ThrottledUntil { in_s } => (words.throttled, shared.http_date(in_s)),
        PushFault::Unavailable { retry_after_s } => {
            (words.unavailable, retry_after_s.and_then(after))
        }
        PushFault::Internal => (words.internal, None),
        PushFault::TooLarge => (words.too_large, None),
        PushFault::NoListener => ((507, "no subscriber"), None),
        PushFault::Redirect { to } => {
            let mut response = StatusCode::FOUND.into_response();
            if let Ok(to) = HeaderValue::from_str(&to) {
                response.headers_mut().insert(LOCATION, to);
            }
            return response;
        }
        PushFault::Garbage => {
            return ([(CONTENT_TYPE, "text/html")], "<html>It works").into_response();
        }
        PushFault::Flood { bytes } => {
            let body = Body::new(Flood { left: bytes, taken: shared.world().providers.flood() });
            return (StatusCode::SERVICE_UNAVAILABLE, body).into_response();
        }
        PushFault::Reset { .. } => return reset(shared, Duration::ZERO, connection).await,
        PushFault::Hang { ms, .. } => {
            return reset(shared, Duration::from_millis(ms), connection).await;
        }
        PushFault::GoAway => {
            if let Some(go_away) = &connection.go_away {
                go_away.say();
            }
            return done();
        }
    };
    let mut response = write(told);
    if let Some(when) = retry_after {
        response.headers_mut().insert(RETRY_AFTER, when);
    }
    response
}

async fn reset(shared: &Shared, after: Duration, connection: &Connection) -> Response {
    tokio::select! {
        () = tokio::time::sleep(after) => {}
        () = shared.stopped() => {}
    }
    connection.cut.throw();
    StatusCode::OK.into_response()
}

/// A body that somebody should stop reading.
struct Flood {
    left: u64,
    taken: Arc<AtomicU64>,
}

impl hyper::body::Body for Flood {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, Infallible>>> {
        const PIECE: [u8; 16_384] = [b'x'; 16_384];
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let bytes = PIECE.len() as u64;
        self.left = self.left.saturating_sub(bytes);
        self.taken.fetch_add(bytes, Ordering::Relaxed);
        Poll::Ready(Some(Ok(hyper::body::Frame::data(Bytes::from_static(&PIECE)))))
    }
}

impl Shared {
    /// A time of the services' clock, as headers have it.
    fn http_date(&self, in_s: u64) -> Option<HeaderValue> {
        let now_ms = u64::try_from(self.clock.now_ms()).unwrap_or_default();
        let at = UNIX_EPOCH + Duration::from_millis(now_ms) + Duration::from_secs(in_s);
        HeaderValue::from_str(&httpdate::fmt_http_date(at)).ok()
    }

    /// The same answer with the time of the services' clock.
    pub(super) fn dated(&self, mut response: Response) -> Response {
        if let Some(date) = self.http_date(0) {
            response.headers_mut().insert(DATE, date);
        }
        response
    }
}

/// A JSON answer.
pub(super) fn json_response(status: u16, body: serde_json::Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, axum::Json(body)).into_response()
}
