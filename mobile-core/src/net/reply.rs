//! Answers of the server.

use std::time::Duration;

use baton_protocol::Timestamp;
use baton_protocol::problem::Problem;
use hyper::HeaderMap;
use hyper::header::{CONTENT_TYPE, DATE, RETRY_AFTER};
use serde::de::DeserializeOwned;

use super::ask::NetError;
use crate::link::Failure;
use crate::link::limits::RETRY_AFTER_MAX;
use crate::outbox;

/// An answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status. A redirection is an answer like any other: none is followed.
    pub status: u16,
    /// The problem document, if it is one.
    pub problem: Option<Problem>,
    /// The wait that the problem or `Retry-After` asks for; never more than [`RETRY_AFTER_MAX`].
    pub retry_after: Option<Duration>,
    /// The server's clock, to the second.
    pub server_time: Option<Timestamp>,
    /// The body.
    pub body: Vec<u8>,
}

/// Bodies hold what customers wrote, and tokens: neither belongs in a log.
impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let code = self.problem.as_ref().map(|problem| problem.code.as_str());
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("code", &code)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl Reply {
    pub(super) fn new(status: u16, headers: &HeaderMap, body: Vec<u8>) -> Self {
        let problem = problem(status, headers, &body);
        let said = problem.as_ref().and_then(|problem| problem.retry_after_ms);
        let said = said.map(Duration::from_millis).or_else(|| {
            let seconds = text(headers, &RETRY_AFTER)?.trim().parse().ok()?;
            Some(Duration::from_secs(seconds))
        });
        let retry_after = said.map(|wait| wait.min(RETRY_AFTER_MAX));
        let server_time = text(headers, &DATE).and_then(date);
        Self { status, problem, retry_after, server_time, body }
    }

    /// Whether it says yes.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The problem's code.
    pub fn code(&self) -> Option<&str> {
        self.problem.as_ref().map(|problem| problem.code.as_str())
    }

    /// The body of a yes, for the link's ears.
    ///
    /// # Errors
    /// When the server said no, or what it said is no such thing.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        if !self.is_success() {
            return Err(self.refused());
        }
        // An answer without a body reads as nothing.
        let body: &[u8] = if self.body.is_empty() { b"null" } else { &self.body };
        serde_json::from_slice(body).map_err(|_odd| Failure::Unreadable)
    }

    /// The yes to what there is nothing to say about. A portal answers with pages; a server that
    /// deleted something has nothing to show.
    ///
    /// # Errors
    /// As for [`Self::read`].
    pub fn nothing(&self) -> Result<(), Failure> {
        match self.status {
            204 => Ok(()),
            200..=299 => Err(Failure::Unreadable),
            _ => Err(self.refused()),
        }
    }

    /// The no, for the link's ears.
    pub fn refused(&self) -> Failure {
        let ms = |wait: Duration| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        Failure::Refused {
            status: self.status,
            code: self.code().map(str::to_owned),
            retry_after_ms: self.retry_after.map(ms),
        }
    }

    /// An answer that is none to the commands, for the outbox's ears.
    pub(super) fn failed(&self) -> outbox::Failure {
        match self.is_success() {
            true => outbox::Failure::Lost,
            false => {
                let (status, retry_after) = (self.status, self.retry_after);
                outbox::Failure::Http { status, retry_after }
            }
        }
    }
}

impl From<NetError> for Failure {
    fn from(error: NetError) -> Self {
        match error {
            NetError::NotSent | NetError::Lost => Self::Unreachable,
            NetError::TooLarge | NetError::Garbled => Self::Unreadable,
        }
    }
}

impl From<NetError> for outbox::Failure {
    fn from(error: NetError) -> Self {
        match error {
            NetError::NotSent => Self::NotSent,
            NetError::Lost | NetError::TooLarge | NetError::Garbled => Self::Lost,
        }
    }
}

/// Only a problem document counts, because a proxy answers as well and a problem may demand to wipe
/// the device.
fn problem(status: u16, headers: &HeaderMap, body: &[u8]) -> Option<Problem> {
    let kind = text(headers, &CONTENT_TYPE)?.split(';').next()?.trim();
    if !kind.eq_ignore_ascii_case("application/problem+json") {
        return None;
    }
    let problem: Problem = serde_json::from_slice(body).ok()?;
    (problem.status == status).then_some(problem)
}

fn text<'a>(headers: &'a HeaderMap, name: &hyper::header::HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Reads `Sun, 06 Nov 1994 08:49:37 GMT`.
fn date(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = text.split_once(", ")?.1.split(' ');
    let (day, month, year) = (words.next()?, words.next()?, words.next()?);
    let (clock, zone) = (words.next()?, words.next()?);
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    if zone != "GMT" || words.next().is_some() {
        return None;
    }
    let text = format!("{year}-{month:02}-{day}T{clock}Z");
    serde_json::from_value(serde_json::Value::String(text)).ok()
}
