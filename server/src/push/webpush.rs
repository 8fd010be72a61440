//! Web Push (RFC 8030) with VAPID (RFC 8292): browsers, distributors on phones, and Firebase
//! without an account of one's own. The whole body is sealed to the device.

use std::collections::BTreeMap;
use std::pin::Pin;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use baton_protocol::Timestamp;
use p256::SecretKey;
use p256::elliptic_curve::sec1::ToSec1Point;
use reqwest::{Client, Url};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::sync::{Mutex, PoisonError};

use super::endpoint::EndpointRules;
use super::errors::{WEBPUSH, react};
use super::http::{exchange, is_fit};
use super::jwt::SigningKey;
use super::letter::PAYLOAD_BYTES_MAX;
use super::network::Network;
use super::{Lane, LaneError, Letter, Sending, Target, Verdict, fit, seconds_until};
use crate::clock::Clock;
use crate::config::PushConfig;

/// A token lasts so long; services take 24 hours at most.
const TOKEN_S: i64 = 12 * 60 * 60;
/// Services that tokens are kept for.
const ORIGINS_MAX: usize = 256;
/// Seconds that services keep a push at most.
const TTL_S_MAX: i64 = 2_419_200;
/// Bytes of an endpoint at most.
const ENDPOINT_BYTES_MAX: usize = 1_000;

/// The key by which push services know this installation. It prints nothing.
#[derive(Clone)]
pub struct VapidKey(SecretKey);

impl std::fmt::Debug for VapidKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VapidKey(***)")
    }
}

impl VapidKey {
    /// Derives a key from secrets of the installation: the first of them that is one.
    pub fn of(secrets: impl IntoIterator<Item = [u8; 32]>) -> Option<Self> {
        secrets.into_iter().find_map(|bytes| SecretKey::from_slice(&bytes).ok()).map(Self)
    }

    fn point(&self) -> Vec<u8> {
        self.0.public_key().to_sec1_point(false).as_bytes().to_vec()
    }

    /// The public key, base64url: apps subscribe with it.
    pub fn public(&self) -> String {
        BASE64.encode(self.point())
    }
}

/// The services of Web Push, whichever a device names.
#[derive(Debug)]
pub(super) struct WebPush {
    client: Client,
    key: SigningKey,
    public: String,
    subject: String,
    endpoints: EndpointRules,
    clock: Clock,
    /// Tokens by origin, with their ends.
    tokens: Mutex<BTreeMap<String, (String, Timestamp)>>,
}

impl WebPush {
    pub(super) fn open(
        config: &PushConfig,
        vapid: &VapidKey,
        network: &Network,
        clock: Clock,
    ) -> Result<Self, LaneError> {
        let wrong = |why| LaneError::Credentials {
            what: "the key for Web Push",
            path: "the installation's key".to_owned(),
            why,
        };
        let key = SigningKey::ec_of(&vapid.0.to_bytes()).map_err(wrong)?;
        Ok(Self {
            client: network.guarded_client(config.allow_private_endpoints)?,
            key,
            public: vapid.public(),
            subject: config.vapid_subject.clone(),
            endpoints: EndpointRules::of(config),
            clock,
            tokens: Mutex::new(BTreeMap::new()),
        })
    }

    /// One signature for a service and half a day, not for each push.
    fn token(&self, url: &Url, now: Timestamp) -> Result<String, String> {
        let origin = url.origin().ascii_serialization();
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((token, until)) = tokens.get(&origin)
            && until.since(now) > TOKEN_S * 500
        {
            return Ok(token.clone());
        }
        let exp = now.ms().div_euclid(1_000) + TOKEN_S;
        let mut claims = json!({"aud": origin, "exp": exp});
        if let Some(fields) = claims.as_object_mut().filter(|_| !self.subject.is_empty()) {
            fields.insert("sub".to_owned(), self.subject.clone().into());
        }
        let token = self.key.token(None, &claims)?;
        if tokens.len() >= ORIGINS_MAX {
            tokens.clear();
        }
        tokens.insert(origin, (token.clone(), now.plus_ms(TOKEN_S * 1_000)));
        Ok(token)
    }

    async fn deliver(&self, letter: &Letter) -> Result<Verdict, Verdict> {
        let endpoint = letter.to.target.expose();
        let url = Url::parse(endpoint).ok().ok_or(Verdict::Dead("endpoint"))?;
        if endpoint.len() > ENDPOINT_BYTES_MAX || !is_fit(&url, self.endpoints.allows_private()) {
            return Ok(Verdict::Dead("endpoint"));
        }
        if !self.endpoints.allows_host(&url) {
            return Ok(Verdict::Dead("endpoint_host"));
        }
        if !letter.kind.spec().is_shown && !can_take_silent_pushes(&url) {
            return Ok(Verdict::Accepted);
        }
        let now = self.clock.now();
        let body = body(letter, &self.clock)?;
        let token = self.token(&url, now).ok().ok_or(Verdict::Locked("credentials"))?;
        let request = headers(letter, now)
            .into_iter()
            .fold(self.client.post(url), |request, (name, value)| request.header(name, value))
            .header("authorization", format!("vapid t={token}, k={}", self.public))
            .body(body);
        let answer = exchange(request, now).await?;
        if (200..300).contains(&answer.status) {
            return Ok(Verdict::Accepted);
        }
        let (reaction, why) = react(WEBPUSH, answer.status, "");
        Ok(reaction.verdict(why, answer.retry_after, now))
    }
}

/// What says how a push is to be handled on its way (RFC 8030).
pub(super) fn headers(letter: &Letter, now: Timestamp) -> [(&'static str, String); 5] {
    let ttl = seconds_until(letter.expires_at, now).min(TTL_S_MAX);
    let urgency = if letter.is_urgent() { "high" } else { "normal" };
    [
        ("ttl", ttl.to_string()),
        ("urgency", urgency.to_owned()),
        ("topic", topic(letter)),
        ("content-encoding", "aes128gcm".to_owned()),
        ("content-type", "application/octet-stream".to_owned()),
    ]
}

/// The sealed body of a push.
pub(super) fn body(letter: &Letter, clock: &Clock) -> Result<Vec<u8>, Verdict> {
    fit(letter, PAYLOAD_BYTES_MAX, |letter| letter.sealed(clock), Vec::len)
}

/// Whether the service delivers pushes that show nothing. Safari shows something of its own for
/// each of them, and soon takes the permission away (`WebKit`, "Meet Web Push"). So pushes that
/// only take back are not sent there.
fn can_take_silent_pushes(url: &Url) -> bool {
    url.host_str() != Some("web.push.apple.com")
}

/// What is about one conversation replaces what was not delivered yet: a retract as well.
fn topic(letter: &Letter) -> String {
    let digest = Sha256::digest(letter.conversation.to_string());
    BASE64.encode(digest).chars().take(32).collect()
}

impl Lane for WebPush {
    fn send<'a>(&'a self, letter: &'a Letter) -> Sending<'a> {
        Box::pin(async move { self.deliver(letter).await.unwrap_or_else(|verdict| verdict) })
    }

    fn has_one_service(&self) -> bool {
        false
    }

    fn service(&self, to: &Target) -> Option<String> {
        let url = Url::parse(to.target.expose()).ok()?;
        Some(url.origin().ascii_serialization())
    }

    fn check(&self) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn safari_is_sent_nothing_that_it_would_show_as_something_else() {
        let takes = |text: &str| can_take_silent_pushes(&Url::parse(text).unwrap());
        assert!(!takes("https://web.push.apple.com/QGOVBrdnBmhtpZgy"));
        assert!(takes("https://fcm.googleapis.com/fcm/send/cX1"));
        assert!(takes("https://updates.push.services.mozilla.com/wpush/v2/gAA"));
    }
}
