//! The way to the server: a thin shell that sends what the machines ask for and returns the results
//! in their types.
//!
//! ```text
//!  fetch · session · commands      typed calls, a file for each family
//!  lines · lists · uploads · json          requests whose answers the caller reads
//!                  └──▶ ask                       one request: deadline, size limit, answer
//!                        └──▶ pool ──▶ connect    the connection in between; TCP and TLS
//!                                       └──▶ trust · tunnel   whom to believe; through a proxy
//!                              socket ──▶ ┘       the task of one socket
//! ```
//!
//! Answers and frames may be packed; `unpack` restores them within the limits of unpacked ones.
//!
//! Retries, tokens and the meaning of failures are decided elsewhere. The only clock is tokio's.
//!
//! **Invariant:** [`NetError::NotSent`] means that no byte of the request reached a connection.
//! **Invariant:** dropping the future of a request, or the handle of a socket, drops its
//! connection.

mod address;
mod ask;
mod commands;
mod connect;
mod fetch;
mod json;
pub mod limits;
mod lines;
mod lists;
mod pool;
mod reply;
mod session;
pub mod socket;
#[cfg(test)]
pub(crate) mod tests;
mod trust;
mod tunnel;
mod unpack;
mod uploads;

use std::sync::Arc;

use hyper::header::HeaderValue;
use tokio::sync::Semaphore;

pub use address::InvalidUrl;
pub use ask::{NetError, Request};
pub use connect::Trouble;
pub use hyper::Method;
pub use json::{Bounds, delete, escaped, get, patch, post, put};
pub use lines::{elsewhere, episodes, file, file_part, lines, past, templates};
pub use lists::{
    ListPart, context, customer_files, devices, end_device, filtered, found, kept_drafts, next,
    notices, push_levels, read_notices, saved_views, set_push_levels,
};
pub use reply::Reply;
pub use session::{SignInError, SignedIn};
pub use trust::PlatformTrust;

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
    /// The whole address of a path that the server names from its root.
    pub fn whole_address(&self, path: &str) -> String {
        let Address { is_tls, authority, path: before, .. } = &self.inner.address;
        let scheme = if *is_tls { "https" } else { "http" };
        format!("{scheme}://{authority}{before}{path}")
    }

    /// The server at `base_url`, over TLS; without it only on this very machine. Trusted are the
    /// public authorities, and those in `extra_ca_pem`, for teams that have their own.
    ///
    /// Connects when it first has to.
    ///
    /// # Errors
    /// There can be no server at this address.
    pub fn new(
        base_url: &str,
        extra_ca_pem: Option<&str>,
        user_agent: &str,
    ) -> Result<Self, InvalidUrl> {
        let address = Address::parse(base_url)?.without_spies()?;
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

    /// Asks the platform whether to trust certificates that no known authority vouches for.
    pub fn trust_platform(&self, trust: Arc<dyn PlatformTrust>) {
        self.inner.connector.platform.set(trust);
    }

    /// Connects through this proxy from here on, or through none. Connections by another way are
    /// closed once they are idle.
    ///
    /// # Errors
    /// The address is not that of a proxy.
    pub fn go_through(&self, proxy: Option<&str>) -> Result<(), InvalidUrl> {
        if self.inner.connector.through.set(proxy)? {
            self.close_all();
        }
        Ok(())
    }

    /// Closes idle connections now, and connections in use after their answer. For the background,
    /// and for another network.
    pub fn close_all(&self) {
        self.inner.pool.close_all();
    }

    /// Whether a connection can be opened, and if not, what is in the way: for a person who sets
    /// up an app.
    ///
    /// # Errors
    /// The obstacle between this device and the server.
    pub async fn probe(&self, within: std::time::Duration) -> Result<(), Trouble> {
        let opening = self.inner.connector.open();
        match tokio::time::timeout(within, opening).await {
            Ok(opened) => opened.map(drop),
            Err(_elapsed) => Err(Trouble::NoAnswer),
        }
    }
}
