//! Bodies of requests: how long, for how long, and how many bytes of them at once.
//!
//! A body is read before much is known of its sender. So a sender who is not signed in gets little
//! room and little time. All bodies together have a limit. Room is taken as bytes arrive, not as a
//! header promises them, and given back with the answer.
//!
//! Webhooks, people and strangers have room of their own each (`share`), so that none of them can
//! leave the others without. Where room is short, bodies that are still coming are given up. The
//! first is the oldest of the address that holds most.

mod share;

use std::net::Ipv4Addr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::body::BodyDataStream;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use futures_util::StreamExt as _;
use tokio::time::{Instant, timeout_at};

use self::share::{BodyReservation, NoRoom, Share};
use super::input::Peer;
use super::problem::Fault;
use crate::config::HttpConfig;

/// A body that does not come whole in this time is given up.
const TIME_OUT: Duration = Duration::from_secs(10);
/// From then on a stranger's body has to have come at the least rate.
const GRACE: Duration = Duration::from_secs(2);

/// Largest body of somebody who is not signed in: credentials are short.
const STRANGERS_BYTES_MAX: usize = 64 * 1024;

/// Whose body it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Whose {
    /// Meta's, as far as the address says.
    Meta,
    /// Somebody's who is signed in.
    Signed,
    /// Anybody's.
    Stranger,
}

/// Room for the bodies of all requests. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Room {
    body_bytes_max: usize,
    bytes_per_s_min: u64,
    meta: Arc<Share>,
    signed: Arc<Share>,
    strangers: Arc<Share>,
}

/// What the body of one request takes up; given back when the last copy is dropped.
#[derive(Clone, Default, Debug)]
pub(super) struct Taken(Arc<OnceLock<BodyReservation>>);

impl Room {
    /// As much as the configuration allows: half for webhooks, a quarter each for people and
    /// strangers.
    pub fn new(config: &HttpConfig) -> Self {
        let share = |parts| Arc::new(Share::new(config.bodies_bytes_max / parts));
        Self {
            body_bytes_max: config.body_bytes_max,
            bytes_per_s_min: config.body_bytes_per_s_min,
            meta: share(2),
            signed: share(4),
            strangers: share(4),
        }
    }

    fn of(&self, whose: Whose) -> (&Arc<Share>, usize) {
        match whose {
            Whose::Meta => (&self.meta, self.body_bytes_max),
            Whose::Signed => (&self.signed, self.body_bytes_max),
            Whose::Stranger => (&self.strangers, STRANGERS_BYTES_MAX.min(self.body_bytes_max)),
        }
    }

    /// Reads a body. Its room stays taken until the request is answered.
    ///
    /// # Errors
    /// When it is too long, too slow, broken, or when there is no room.
    pub(super) async fn read(&self, request: Request, whose: Whose) -> Result<Vec<u8>, Fault> {
        let (share, limit) = self.of(whose);
        let (head, body) = request.into_parts();
        let mut stream = body.into_data_stream();
        if declared(&head.headers).is_some_and(|length| length > limit as u64) {
            pass_over(stream, self.body_bytes_max.saturating_mul(2)).await;
            return Err(too_large(limit));
        }
        let from =
            head.extensions.get::<Peer>().map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.0);
        let reservation = Share::enter(share, from);
        let reading = Reading {
            limit,
            bytes_per_s_min: if whose == Whose::Signed { 0 } else { self.bytes_per_s_min },
            began: Instant::now(),
        };
        match reading.collect(&mut stream, &reservation).await {
            Ok(bytes) => {
                reservation.is_whole();
                if let Some(taken) = head.extensions.get::<Taken>() {
                    // A request has one body.
                    drop(taken.0.set(reservation));
                }
                Ok(bytes)
            }
            Err(fault) => {
                drop(reservation);
                if fault.is_worth_hearing() {
                    pass_over(stream, self.body_bytes_max.saturating_mul(2)).await;
                }
                Err(fault)
            }
        }
    }
}

impl Fault {
    /// Whether the sender may still be writing, and would not learn of it otherwise.
    fn is_worth_hearing(&self) -> bool {
        use axum::http::StatusCode;
        matches!(self.status(), StatusCode::PAYLOAD_TOO_LARGE | StatusCode::SERVICE_UNAVAILABLE)
    }
}

/// How a body may come.
struct Reading {
    limit: usize,
    bytes_per_s_min: u64,
    began: Instant,
}

impl Reading {
    async fn collect(
        &self,
        stream: &mut BodyDataStream,
        reservation: &BodyReservation,
    ) -> Result<Vec<u8>, Fault> {
        let mut bytes = Vec::new();
        loop {
            let next = tokio::select! {
                biased;
                () = reservation.evicted() => return Err(Fault::too_slow()),
                next = timeout_at(self.deadline(bytes.len()), stream.next()) => next,
            };
            let Some(chunk) = next.map_err(|_late| Fault::too_slow())? else { return Ok(bytes) };
            let chunk = chunk.map_err(|_broken| Fault::broken_off())?;
            if bytes.len() + chunk.len() > self.limit {
                return Err(too_large(self.limit));
            }
            reservation.grow(chunk.len()).map_err(|none| match none {
                NoRoom::Full => Fault::unavailable(1_000),
                // As those that are given up for others.
                NoRoom::Slowest => Fault::too_slow(),
            })?;
            bytes.extend_from_slice(&chunk);
        }
    }

    /// When the next bytes have to be there, having read so many.
    fn deadline(&self, bytes: usize) -> Instant {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let paid = bytes.saturating_mul(1_000).checked_div(self.bytes_per_s_min);
        let paid = paid.map_or(TIME_OUT, |ms| GRACE.saturating_add(Duration::from_millis(ms)));
        self.began + paid.min(TIME_OUT)
    }
}

fn declared(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn too_large(limit: usize) -> Fault {
    Fault::too_large(format!("a body has at most {limit} bytes here"))
}

/// Reads on for a while before a body is refused. A client that is still writing when the
/// connection closes finds it broken, and never learns why.
async fn pass_over(mut stream: BodyDataStream, bytes_max: usize) {
    let mut left = bytes_max;
    let read = async {
        while let Some(Ok(chunk)) = stream.next().await {
            left = left.saturating_sub(chunk.len());
            if left == 0 {
                return;
            }
        }
    };
    drop(tokio::time::timeout(TIME_OUT, read).await);
}
