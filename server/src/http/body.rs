//! Bodies of requests: how long, for how long, and how many bytes of them at once.
//!
//! A body is read before much is known of its sender. So whoever is not signed in gets little, and
//! all bodies together have a limit: room is taken as bytes arrive, not as a header promises them,
//! and given back with the answer. Webhooks, people and strangers have room of their own each, so
//! that none of them can leave the others without.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::body::BodyDataStream;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use futures_util::StreamExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::problem::Fault;
use crate::config::HttpConfig;

/// A body that does not come whole in this time is given up.
const TIME_OUT: Duration = Duration::from_secs(10);

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
    meta: Arc<Semaphore>,
    signed: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
}

/// What the body of one request takes up; given back when the last copy is dropped.
#[derive(Clone, Default, Debug)]
pub(super) struct Taken(Arc<OnceLock<OwnedSemaphorePermit>>);

impl Room {
    /// As much as the configuration allows: half for webhooks, a quarter each for people and
    /// strangers.
    pub fn new(config: &HttpConfig) -> Self {
        let share = |parts| Arc::new(Semaphore::new(config.bodies_bytes_max / parts));
        Self {
            body_bytes_max: config.body_bytes_max,
            meta: share(2),
            signed: share(4),
            strangers: share(4),
        }
    }

    fn of(&self, whose: Whose) -> (&Arc<Semaphore>, usize) {
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
        let (room, limit) = self.of(whose);
        let (head, body) = request.into_parts();
        let mut stream = body.into_data_stream();
        let reading = async {
            if declared(&head.headers).is_some_and(|length| length > limit as u64) {
                return Err(too_large(limit));
            }
            collect(&mut stream, limit, room).await
        };
        let read = tokio::time::timeout(TIME_OUT, reading).await;
        let (bytes, taken) = match read.unwrap_or_else(|_| Err(Fault::too_slow())) {
            Ok(read) => read,
            Err(fault) => {
                if fault.is_worth_hearing() {
                    pass_over(stream, self.body_bytes_max.saturating_mul(2)).await;
                }
                return Err(fault);
            }
        };
        if let (Some(place), Some(taken)) = (head.extensions.get::<Taken>(), taken) {
            // A request has one body.
            drop(place.0.set(taken));
        }
        Ok(bytes)
    }
}

impl Fault {
    /// Whether the sender may still be writing, and would not learn of it otherwise.
    fn is_worth_hearing(&self) -> bool {
        use axum::http::StatusCode;
        matches!(self.status(), StatusCode::PAYLOAD_TOO_LARGE | StatusCode::SERVICE_UNAVAILABLE)
    }
}

async fn collect(
    stream: &mut BodyDataStream,
    limit: usize,
    room: &Arc<Semaphore>,
) -> Result<(Vec<u8>, Option<OwnedSemaphorePermit>), Fault> {
    let mut bytes = Vec::new();
    let mut taken: Option<OwnedSemaphorePermit> = None;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_broken| Fault::malformed("the body ended early"))?;
        if bytes.len() + chunk.len() > limit {
            return Err(too_large(limit));
        }
        let length = u32::try_from(chunk.len()).unwrap_or(u32::MAX);
        let more = Arc::clone(room).try_acquire_many_owned(length);
        let more = more.map_err(|_full| Fault::unavailable(1_000))?;
        match &mut taken {
            Some(taken) => taken.merge(more),
            None => taken = Some(more),
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok((bytes, taken))
}

fn declared(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn too_large(limit: usize) -> Fault {
    Fault::too_large(format!("a body has at most {limit} bytes here"))
}

/// Reads on for a while before a body is refused: a client that is still writing when the
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
