//! The way to the server, as a thin shell: it does what the pure machines ask for, and says what
//! came of it in their words.
//!
//! ```text
//!  fetch · session · commands      typed calls, a file for each family
//!  lines · json                    requests that others ask with, and read the answer of
//!                  └──▶ ask                       one request: a deadline, a cap, one answer
//!                        └──▶ pool ──▶ connect    the connection in between; TCP and TLS
//!                              socket ──▶ ┘       the task around one socket
//! ```
//!
//! What both bring may be packed: `unpack` makes it what it was, within the limits of what is not.
//!
//! When to try again, with which token, and what a failure means is decided elsewhere. Time is
//! tokio's alone, and comes in as limits.
//!
//! **Invariant:** [`NetError::NotSent`] is said only when no byte of the request was handed to a
//! connection.
//! **Invariant:** who drops the future of a request, or the handle of a socket, drops the
//! connection with it.

mod address;
mod ask;
mod commands;
mod connect;
mod fetch;
mod json;
pub mod limits;
mod lines;
mod pool;
mod reply;
mod session;
pub mod socket;
#[cfg(test)]
pub(crate) mod tests;
mod unpack;

use std::sync::Arc;

use hyper::header::HeaderValue;
use tokio::sync::Semaphore;

pub use address::InvalidUrl;
pub use ask::{NetError, Request};
pub use commands::Unanswered;
pub use connect::Trouble;
pub use hyper::Method;
pub use json::{Bounds, delete, escaped, get, patch, post, put};
pub use lines::lines;
pub use reply::Reply;
pub use session::{SignInError, SignedIn};

use address::Address;
use connect::Connector;
use pool::Pool;

/// A server, and the connections to it. Cheap to clone; all clones share them.
#[derive(Clone, Debug)]
pub struct Server {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    address: Address,
    user_agent: HeaderValue,
    connector: Connector,
    /// Requests at once.
    room: Semaphore,
    /// Of them, reads: what an agent did never waits behind what is only looked up.
    reads: Semaphore,
    pool: Pool,
}

impl Server {
    /// The server at `base_url`, over TLS; without it only on this very machine. Trusted are the
    /// public authorities, and those in `extra_ca_pem`, for whoever has one of their own.
    ///
    /// Connects when it first has to.
    ///
    /// # Errors
    /// When there can be no server at this address.
    pub fn new(
        base_url: &str,
        extra_ca_pem: Option<&str>,
        user_agent: &str,
    ) -> Result<Self, InvalidUrl> {
        Self::at(Address::parse(base_url)?.without_spies()?, extra_ca_pem, user_agent)
    }

    /// The same, also without TLS to anywhere: whoever is on the way can read along and take over.
    /// For trials in a network of one's own.
    ///
    /// # Errors
    /// When there can be no server at this address.
    pub fn allow_plain(
        base_url: &str,
        extra_ca_pem: Option<&str>,
        user_agent: &str,
    ) -> Result<Self, InvalidUrl> {
        Self::at(Address::parse(base_url)?, extra_ca_pem, user_agent)
    }

    fn at(
        address: Address,
        extra_ca_pem: Option<&str>,
        user_agent: &str,
    ) -> Result<Self, InvalidUrl> {
        let user_agent = HeaderValue::from_str(user_agent).map_err(|_odd| InvalidUrl::UserAgent)?;
        let connector = Connector::new(&address, extra_ca_pem)?;
        let inner = Inner {
            address,
            user_agent,
            connector,
            room: Semaphore::new(limits::REQUESTS_MAX),
            reads: Semaphore::new(limits::READS_MAX),
            pool: Pool::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Closes what is idle, and sees to it that what is under way closes as soon as it is answered
    /// or given up: for the background, and for another network.
    pub fn close_all(&self) {
        self.inner.pool.close_all();
    }

    /// Whether a connection can be opened, and if not, what is in the way: for a person who sets
    /// up an app.
    ///
    /// # Errors
    /// What is in the way.
    pub async fn probe(&self, within: std::time::Duration) -> Result<(), Trouble> {
        let opening = self.inner.connector.open();
        match tokio::time::timeout(within, opening).await {
            Ok(opened) => opened.map(drop),
            Err(_elapsed) => Err(Trouble::NoAnswer),
        }
    }
}
