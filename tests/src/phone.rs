//! An agent's phone. It has a socket, a mirror of what is in scope, and the way into a tunnel and
//! back. It repeats commands until their outcome is known.
//!
//! Methods that return a `Result` are for tests with faults, in which the server may be gone at any
//! time. The others end the test where the server is not as it should be.

mod light;
mod link;
mod look;
mod wishes;

use std::time::Duration;

use anyhow::{Result, bail};
use baton::demo::Login;
use baton::demo::client::{Api, SignedIn, Socket};
use baton_domain::see::mirror::{Full, Mirror, Mirrored};
use baton_protocol::Cursor;
use baton_protocol::frame::{Ack, ClientFrame};
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};
use tokio::time::{Instant, sleep};

use crate::compare::differences;
use link::{Link, fresh_mirror};

pub use light::{Goal, read_once};

/// The time that a server may be away before a phone gives up; the tests' faults are shorter.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(25);

/// An agent's phone.
#[derive(Debug)]
pub struct Phone {
    /// The session; its socket comes and goes.
    pub signed: SignedIn,
    link: Mutex<Link>,
}

impl Phone {
    /// Signs in; connects when it first has to.
    pub async fn sign_in(url: &str, login: &Login) -> Result<Self> {
        let api = Api::new(url)?;
        Ok(Self::of(api.sign_in(&login.workspace, &login.email, &login.password).await?))
    }

    /// A phone that holds nothing so far.
    pub fn of(signed: SignedIn) -> Self {
        Self::holding(signed, Mirror::default())
    }

    /// A phone that holds this, from before it was switched off.
    pub fn holding(signed: SignedIn, mirror: Mirror) -> Self {
        let link = Mutex::new(Link::new(signed.clone(), mirror));
        Self { signed, link }
    }

    /// A phone that is on line and holds everything.
    pub async fn connected(signed: &SignedIn) -> Result<Self> {
        let phone = Self::of(signed.clone());
        phone.listen().await?;
        Ok(phone)
    }

    /// Loses its network without a farewell. What it had heard by then is kept.
    pub async fn goes_offline(&self) {
        let mut link = self.link.lock().await;
        link.take_in().await.expect("the last frames");
        link.socket = None;
    }

    /// Connects again, with the cursor it has.
    pub async fn comes_back(&self) -> Result<()> {
        self.link.lock().await.connect().await
    }

    /// Connects with any cursor.
    pub async fn comes_back_with(&self, cursor: Cursor) -> Result<()> {
        let mut link = self.link.lock().await;
        link.mirror.cursor = Some(cursor);
        link.connect().await
    }

    /// Connects if it has to, and applies what it heard: afterwards the mirror is complete, as of
    /// some moment since.
    pub async fn listen(&self) -> Result<()> {
        self.link.lock().await.listen().await
    }

    /// Says that somebody looks at it, as apps do once a minute. An agent whose phone never says so
    /// counts as not there, however long the socket is open.
    pub async fn is_looked_at(&self) -> Result<()> {
        match &self.link.lock().await.socket {
            Some(socket) => {
                socket
                    .send(&ClientFrame::Ack(Ack { upto: 0, foreground: true, idle_s: None }))
                    .await
            }
            None => Ok(()),
        }
    }

    /// Catches up by `GET /sync`, without a socket.
    pub async fn sync(&self) -> Result<()> {
        self.link.lock().await.sync().await
    }

    /// The phone's mirror, for a caller that has the phone alone.
    pub fn mirror(&mut self) -> &Mirror {
        &self.link.get_mut().mirror
    }

    /// The number of connects.
    pub fn connects(&mut self) -> usize {
        self.link.get_mut().connects
    }

    /// Waits until it holds what a fresh snapshot gives, as far as both reach back; gives how
    /// long that took.
    pub async fn converges_within(&self, within: Duration) -> Result<Duration> {
        let began = Instant::now();
        loop {
            let fresh = fresh_mirror(&self.signed).await?;
            let mut link = self.link.lock().await;
            link.listen().await?;
            let mut wrong = differences(&link.mirror, &fresh);
            if link.mirror.fingerprint() != fresh.fingerprint() {
                wrong.push("another hash".to_owned());
            }
            if wrong.is_empty() {
                return Ok(began.elapsed());
            }
            if began.elapsed() > within {
                bail!("a mirror does not converge: {}", wrong.join("; "));
            }
            sleep(PAUSE).await;
        }
    }

    /// Waits until it holds exactly what a fresh snapshot gives.
    pub async fn converges(&self) {
        let mut link = self.link.lock().await;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let fresh = fresh_mirror(&self.signed).await.expect("a snapshot");
            link.take_in().await.expect("frames");
            if link.mirror.conversations == fresh.conversations {
                assert_eq!(link.mirror.fingerprint(), fresh.fingerprint());
                return;
            }
            if Instant::now() >= deadline {
                // The whole of both, so that the difference can be found.
                assert_eq!(link.mirror.conversations, fresh.conversations);
            }
            let socket = link.socket.as_ref().expect("on line");
            // A frame, or a later snapshot: this one may have been read before the last frames.
            drop(socket.wait_from(link.applied, |_| true, Duration::from_millis(200)).await);
        }
    }

    /// With all that came applied.
    async fn taken_in(&self) -> MutexGuard<'_, Link> {
        let mut link = self.link.lock().await;
        link.take_in().await.expect("frames");
        link
    }

    async fn socket(&self) -> MappedMutexGuard<'_, Socket> {
        let link = self.link.lock().await;
        MutexGuard::map(link, |link| link.socket.as_mut().expect("on line"))
    }
}

/// The held copy of a conversation that is seen in full.
pub fn full(held: &Mirrored) -> Option<&Full> {
    match held {
        Mirrored::Full(full) => Some(full),
        Mirrored::Head(_) => None,
    }
}
