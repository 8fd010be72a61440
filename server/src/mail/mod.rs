//! Letters to people: invitations, and links to a new password.
//!
//! A letter is tried once: whoever asked learns whether the mail server took it, and can ask again
//! or hand the link on. No address stands in a log.

mod letter;

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{self, PoolConfig};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::{MailConfig, Secret};

pub use letter::{Letter, LetterKind};

/// Letters under way at once, and so connections to the mail server.
const AT_ONCE: u32 = 4;
/// Letters that wait for their turn besides.
const WAITING_MAX: usize = 32;
/// The time for many letters together: somebody waits for the answer.
const TOGETHER: Duration = Duration::from_secs(20);

/// Why a letter was not sent. It names no address.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MailFault {
    /// A setting of the way to the mail server is wrong.
    #[error("{0} cannot be used for letters")]
    SetUp(&'static str),
    /// The mail server did not answer in time.
    #[error("the mail server did not answer in time")]
    TimeOut,
    /// The mail server said no.
    #[error("the mail server answered {0}")]
    Refused(String),
    /// There is no way to the mail server.
    #[error("the mail server cannot be reached, or its certificate is not trusted")]
    Away,
}

/// The way to the mail server. Cheap to clone.
#[derive(Clone)]
pub struct Mail(Option<Arc<Open>>);

struct Open {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    address: String,
    time_out: Duration,
    places: Arc<Semaphore>,
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Mail").field(&self.is_set_up()).finish()
    }
}

impl Mail {
    /// Without a mail server.
    pub fn none() -> Self {
        Self(None)
    }

    /// As it is set up. Nothing is connected before the first letter.
    ///
    /// # Errors
    /// If the settings are of no use.
    pub fn open(config: &MailConfig) -> Result<Self, MailFault> {
        let Some(server) = &config.server else { return Ok(Self::none()) };
        let time_out = Duration::from_millis(config.time_out_ms);
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(server.expose())
            .map_err(|_unfit| MailFault::SetUp("mail.server"))?
            .timeout(Some(time_out))
            .hello_name(name_of(&config.address))
            .pool_config(PoolConfig::new().max_size(AT_ONCE))
            .build();
        let from = config.from.parse().map_err(|_unfit| MailFault::SetUp("mail.from"))?;
        let address = config.address.clone();
        let places = Arc::new(Semaphore::new(WAITING_MAX));
        Ok(Self(Some(Arc::new(Open { transport, from, address, time_out, places }))))
    }

    /// Whether letters can be sent.
    pub fn is_set_up(&self) -> bool {
        self.0.is_some()
    }

    /// A place for one letter that nobody waits for; none while too many are under way.
    pub fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.as_ref()?.places).try_acquire_owned().ok()
    }

    /// Sends a letter.
    ///
    /// # Errors
    /// If the mail server did not take it.
    pub async fn send(&self, letter: &Letter) -> Result<(), MailFault> {
        let open = self.0.as_ref().ok_or(MailFault::SetUp("mail.server"))?;
        let message = open.message(letter)?;
        // The limit of the transport counts for one answer: a server may stretch many of them.
        match tokio::time::timeout(open.time_out, open.transport.send(message)).await {
            Ok(sent) => sent.map(drop).map_err(|error| fault(&error)),
            Err(_) => Err(MailFault::TimeOut),
        }
    }

    /// Sends letters side by side, and says of each whether the mail server took it.
    pub async fn send_all(&self, letters: Vec<Letter>) -> Vec<bool> {
        let mut sent = vec![false; letters.len()];
        let mut under_way = futures_util::stream::iter(letters.into_iter().enumerate())
            .map(|(n, letter)| async move { (n, self.send(&letter).await) })
            .buffer_unordered(usize::try_from(AT_ONCE).unwrap_or(1));
        let all = async {
            while let Some((n, result)) = under_way.next().await {
                if let Err(error) = &result {
                    tracing::warn!(%error, "a letter was not sent");
                }
                if let Some(is_sent) = sent.get_mut(n) {
                    *is_sent = result.is_ok();
                }
            }
        };
        if tokio::time::timeout(TOGETHER, all).await.is_err() {
            tracing::warn!("letters were given up: the mail server is slow");
        }
        sent
    }
}

impl Open {
    fn message(&self, letter: &Letter) -> Result<Message, MailFault> {
        let to: Address = letter.to.parse().map_err(|_unfit| MailFault::SetUp("the address"))?;
        let (subject, text) = letter.words(&self.address);
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(subject)
            .header(ContentType::TEXT_PLAIN)
            .body(text)
            .map_err(|_unfit| MailFault::SetUp("the letter"))
    }
}

/// The name of this server in its greeting: the host of its address.
fn name_of(address: &str) -> ClientId {
    let host = reqwest::Url::parse(address).ok().and_then(|url| url.host_str().map(str::to_owned));
    ClientId::Domain(host.unwrap_or_else(|| "localhost".to_owned()))
}

// The words of a mail server may name the address.
fn fault(error: &smtp::Error) -> MailFault {
    match error.status() {
        Some(code) => MailFault::Refused(code.to_string()),
        None if error.is_timeout() => MailFault::TimeOut,
        None => MailFault::Away,
    }
}

/// A link that stands in a letter: what follows `#` is sent to no server.
pub(crate) fn link(address: &str, page: &str, secret: &Secret) -> String {
    format!("{address}/{page}#{}", secret.expose())
}
