//! The push services: one request for a push to a device, and a word on what became of it.
//!
//! A [`Lane`] speaks to one kind of service. It repeats nothing and keeps nothing but its
//! credentials: what is sent, when and how often is the business of whoever asks.

mod apns;
mod digest;
mod endpoint;
mod errors;
mod fcm;
mod http;
mod jwt;
mod letter;
mod network;
mod number;
mod outward;
mod relay;
mod seal;
#[cfg(test)]
mod tests;
mod webpush;

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use baton_protocol::Timestamp;
use baton_protocol::push::PushLane;

use crate::clock::Clock;
use crate::config::PushConfig;

pub use digest::{sentence as digest_sentence, title as digest_title};
pub use endpoint::EndpointRules;
pub use errors::Verdict;
pub use letter::{Letter, SealKey, Target, Words};
pub use number::sentence as number_sentence;
pub use outward::{Answered, NoAnswer, Outward, Posted};
use seal::SealError;
pub use webpush::VapidKey;

/// Why a lane cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum LaneError {
    /// A file with credentials cannot be used.
    #[error("{what} in {path}: {why}")]
    Credentials {
        /// What it should hold.
        what: &'static str,
        /// The file.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// No HTTP client can be made.
    #[error("no HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}

/// What a lane answers, boxed: lanes are chosen at run time.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Verdict> + Send + 'a>>;

/// One kind of push service.
pub trait Lane: Send + Sync + fmt::Debug {
    /// Sends a push once.
    fn send<'a>(&'a self, letter: &'a Letter) -> Sending<'a>;

    /// Whether all pushes of this lane go to one service.
    fn has_one_service(&self) -> bool {
        true
    }

    /// The service that a target is of, where devices name it.
    fn service(&self, _to: &Target) -> Option<String> {
        None
    }

    /// Asks the service whether it takes the credentials, without a push; why not, if it does not.
    fn check(&self) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>>;
}

/// The lanes that are configured, by their names. Lanes of one service share what sends.
pub type Lanes = BTreeMap<&'static str, Arc<dyn Lane>>;

/// Kinds of services, each with the lanes that one worker of a node sends by.
pub const SENDERS: [(&str, &[PushLane]); 5] = [
    ("fcm", &[PushLane::Fcm]),
    ("apns", &[PushLane::Apns]),
    ("webpush", &[PushLane::Webpush, PushLane::Unifiedpush]),
    ("relay", &[PushLane::Relay]),
    ("log", &[PushLane::Log]),
];

/// Opens what is configured. Web Push needs no account, and is always open.
///
/// # Errors
/// When credentials or certificates cannot be read.
pub fn open(config: &PushConfig, vapid: &VapidKey, clock: &Clock) -> Result<Lanes, LaneError> {
    let mut lanes = Lanes::new();
    let network = network::Network::read(config)?;
    let web = webpush::WebPush::open(config, vapid, &network, clock.clone())?;
    let web: Arc<dyn Lane> = Arc::new(web);
    lanes.insert(PushLane::Webpush.name(), Arc::clone(&web));
    lanes.insert(PushLane::Unifiedpush.name(), web);
    lanes.insert(PushLane::Log.name(), Arc::new(Log));
    if let Some(path) = &config.fcm_service_account_file {
        let fcm = fcm::Fcm::open(config, path, &network, clock.clone())?;
        lanes.insert(PushLane::Fcm.name(), Arc::new(fcm));
    }
    if let Some(path) = &config.apns_key_file {
        let apns = apns::Apns::open(config, path, &network, clock.clone())?;
        lanes.insert(PushLane::Apns.name(), Arc::new(apns));
    }
    if let Some(path) = &config.relay_key_file {
        let relay = relay::Relay::open(config, path, &network, clock.clone())?;
        lanes.insert(PushLane::Relay.name(), Arc::new(relay));
    }
    Ok(lanes)
}

/// How long a request may take, its answer included.
const REQUEST_MAX: Duration = Duration::from_secs(10);

/// The language of a device's BCP 47 tag, in small letters; empty without one.
pub fn language(locale: Option<&str>) -> String {
    let language = locale.and_then(|tag| tag.split(['-', '_']).next());
    language.unwrap_or_default().to_ascii_lowercase()
}

/// Seconds until a time, at least 0.
fn seconds_until(at: Timestamp, now: Timestamp) -> i64 {
    at.since(now).max(0).div_euclid(1_000)
}

/// Makes a push for its service, in at most this many bytes. It leaves the words out if they make
/// it longer, so that the phone hears at least that something happened.
fn fit<T>(
    letter: &Letter,
    bytes_max: usize,
    make: impl Fn(&Letter) -> Result<T, SealError>,
    bytes: impl Fn(&T) -> usize,
) -> Result<T, Verdict> {
    match make(letter) {
        Ok(made) if bytes(&made) <= bytes_max => return Ok(made),
        Ok(_) | Err(SealError::TooLong) => {}
        Err(why) => return Err(why.verdict()),
    }
    let made = make(&Letter { words: None, ..letter.clone() }).map_err(SealError::verdict)?;
    if bytes(&made) <= bytes_max { Ok(made) } else { Err(Verdict::Dead("too_large")) }
}

/// The server's log, for tests: it tells which push went, and to nobody what it says.
#[derive(Debug)]
struct Log;

impl Lane for Log {
    fn send<'a>(&'a self, letter: &'a Letter) -> Sending<'a> {
        tracing::info!(push = %letter.id, kind = letter.kind.spec().wire, "a push");
        Box::pin(std::future::ready(Verdict::Accepted))
    }

    fn check(&self) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>> {
        Box::pin(std::future::ready(Ok(())))
    }
}
