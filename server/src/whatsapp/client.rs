//! The way out: one request of the Cloud API per attempt of a send, and an honest word on what
//! became of it.
//!
//! The Cloud API knows no idempotency key, so that everything hangs on telling apart what provably
//! was not sent from what may have been. Only a connection that never came about, or an answer
//! whose error proves it, counts as not sent; every doubt is an unknown outcome. Nothing here
//! repeats a request.

use std::sync::Arc;
use std::{fmt, time::Duration};

use baton_domain::fact::tag::Tag;
use baton_protocol::{Content, LineKind, MessageError};
use reqwest::{Url, redirect, retry};

use super::errors::Class;
use crate::config::PRACTICE;

mod answer;
mod block;
mod inquiry;
mod mark;
mod message;
mod templates;
#[cfg(test)]
mod tests;

pub use block::{BlockAnswer, BlockRequest};
pub use inquiry::{Answers, Inquiry, InquiryResult, NumberTold, TokenTold, WebhookTold};
pub use mark::MarkRequest;
pub use templates::Account;

/// Bounds of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeouts {
    /// For the connection, TLS included.
    pub connect: Duration,
    /// For the whole request, the answer's body included.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), total: Duration::from_secs(20) }
    }
}

/// An access token. It prints as `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Wraps a token.
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }
}

impl Token {
    /// The token itself, for the header of a request to Meta.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    /// Where it may go: to the simulator if it is of a practice number, else to Meta. A practice
    /// number reaches nobody while no simulator runs.
    pub(super) fn goes_to<'a>(&self, graph: &'a str, practice: Option<&'a str>) -> &'a str {
        if self.0.starts_with(PRACTICE) { practice.unwrap_or_default() } else { graph }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// To whom: the identity that the message goes to.
#[derive(Clone, PartialEq, Eq)]
pub enum Addressee {
    /// WhatsApp's id of a number.
    WaId(String),
    /// A business-scoped user id.
    UserId(String),
    /// A group.
    Group(String),
}

/// Prints which kind of identity it is, not whose.
impl fmt::Debug for Addressee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WaId(_) => "WaId(***)",
            Self::UserId(_) => "UserId(***)",
            Self::Group(_) => "Group(***)",
        })
    }
}

/// A message to send.
#[derive(Clone, Copy)]
pub struct SendRequest<'a> {
    /// Where the Graph API is, such as `https://graph.facebook.com`.
    pub base_url: &'a str,
    /// Its version, such as `v26.0`.
    pub version: &'a str,
    /// Meta's id of the number it leaves from.
    pub phone_number_id: &'a str,
    /// The channel's access token.
    pub token: &'a Token,
    /// The customer it goes to.
    pub to: &'a Addressee,
    /// What to say.
    pub content: &'a Content,
    /// The agent whose name stands above a text or caption.
    pub author: Option<&'a str>,
    /// Whether WhatsApp shows what a link leads to.
    pub previews_links: bool,
    /// The message it quotes.
    pub quoted_wamid: Option<&'a str>,
    /// The kind of a file that is sent, and Meta's id of it.
    pub file: Option<(LineKind, &'a str)>,
    /// Names the attempt; statuses echo it.
    pub tag: Tag,
}

/// What became of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SendOutcome {
    /// WhatsApp took it.
    Accepted {
        /// Meta's id of the message.
        wamid: String,
    },
    /// WhatsApp refused it: this request sent nothing.
    Refused {
        /// Why, for people; its code finds the row of the error table.
        error: MessageError,
        /// What kind of trouble it is.
        class: Class,
        /// How long WhatsApp asks to wait, if it does.
        retry_after_ms: Option<u64>,
    },
    /// No byte of the request left: provably not sent.
    NotSent {
        /// What happened, for the log.
        why: String,
    },
    /// It may or may not have been sent.
    Unknown {
        /// What happened, for the log.
        why: String,
    },
}

/// The HTTP client cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("the http client for the cloud api cannot be set up: {0}")]
pub struct ClientError(#[from] reqwest::Error);

/// Sends messages. Cloning shares the connections.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    practice: Option<Arc<str>>,
}

/// Shorter than servers and proxies keep idle connections: a request written to one that is just
/// being closed is an unknown outcome.
const IDLE: Duration = Duration::from_secs(15);

impl Client {
    /// Sets up the client. A crypto provider for TLS must have been installed.
    ///
    /// # Errors
    ///
    /// When TLS cannot be set up.
    pub fn new(timeouts: Timeouts) -> Result<Self, ClientError> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("baton/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(timeouts.connect)
            .timeout(timeouts.total)
            .pool_idle_timeout(IDLE)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            .build()?;
        Ok(Self { http, practice: None })
    }

    /// The same, with the address of the simulator that practice numbers talk to.
    #[must_use]
    pub fn practising_at(self, url: Option<&str>) -> Self {
        Self { practice: url.map(Arc::from), ..self }
    }

    /// Where requests with this token go.
    fn base<'a>(&'a self, graph: &'a str, token: &Token) -> &'a str {
        token.goes_to(graph, self.practice.as_deref())
    }

    /// Sends a message, once.
    pub async fn send(&self, request: &SendRequest<'_>) -> SendOutcome {
        let base = self.base(request.base_url, request.token);
        let Some(url) = messages_url(base, request) else {
            return SendOutcome::NotSent { why: "the base url is no http url".to_owned() };
        };
        let message = message::write(request);
        let built = self.http.post(url).bearer_auth(&request.token.0).json(&message).build();
        let Ok(built) = built else {
            return SendOutcome::NotSent { why: "the request cannot be built".to_owned() };
        };
        match self.http.execute(built).await {
            Ok(response) => answer::read(response).await,
            Err(error) => judge_failure(&error),
        }
    }
}

/// A failure before any answer. A connection that failed carried no request; of every other
/// failure it cannot be said how much of the request had arrived.
fn judge_failure(error: &reqwest::Error) -> SendOutcome {
    if error.is_connect() {
        let why = if error.is_timeout() { "connecting timed out" } else { "no connection" };
        return SendOutcome::NotSent { why: why.to_owned() };
    }
    let why = if error.is_timeout() { "no answer in time" } else { "the connection broke" };
    SendOutcome::Unknown { why: why.to_owned() }
}

fn messages_url(base: &str, request: &SendRequest<'_>) -> Option<Url> {
    let mut url = Url::parse(base).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let parts = [request.version, request.phone_number_id, "messages"];
    url.path_segments_mut().ok()?.pop_if_empty().extend(parts);
    Some(url)
}
