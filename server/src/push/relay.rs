//! A relay: somebody who holds the keys of an app in a store, and sends for those who do not. It
//! learns neither what is told nor to whom: all of that is sealed to the device. docs/push.md has
//! the protocol.

use std::path::Path;
use std::pin::Pin;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use reqwest::Client;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::errors::{RELAY, react};
use super::http::exchange;
use super::network::Network;
use super::{Lane, LaneError, Letter, Sending, Verdict, fit, seconds_until};
use crate::clock::Clock;
use crate::config::{PushConfig, Secret};

/// Bytes of sealed contents: base64url, they fit into a push of either service.
const SEALED_BYTES_MAX: usize = 2_816;
/// Seconds that a push may be kept at most.
const TTL_S_MAX: i64 = 2_419_200;

/// The relay that the operator chose.
pub(super) struct Relay {
    client: Client,
    url: String,
    key: Secret,
    clock: Clock,
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Relay {
    pub(super) fn open(
        config: &PushConfig,
        path: &Path,
        network: &Network,
        clock: Clock,
    ) -> Result<Self, LaneError> {
        let wrong = |why: String| LaneError::Credentials {
            what: "a key for the relay",
            path: path.display().to_string(),
            why,
        };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let key = text.trim();
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(wrong("it is no single word of ASCII".to_owned()));
        }
        let (client, url) = (network.client()?, config.relay_url.clone());
        Ok(Self { client, url, key: Secret::new(key), clock })
    }

    async fn deliver(&self, letter: &Letter) -> Result<Verdict, Verdict> {
        let now = self.clock.now();
        let body = body(letter, &self.clock)?;
        let request = self.client.post(&self.url).bearer_auth(self.key.expose()).json(&body);
        let answer = exchange(request, now).await?;
        if (200..300).contains(&answer.status) {
            let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            return Ok(match said.get("accepted") {
                Some(Value::Bool(true)) => Verdict::Accepted,
                _ => Verdict::Again { after: None, why: "garbage", is_outage: true },
            });
        }
        let (reaction, why) = react(RELAY, answer.status, "");
        Ok(reaction.verdict(why, answer.retry_after, now))
    }

    async fn probe(&self) -> Result<(), String> {
        let request = self.client.get(&self.url).bearer_auth(self.key.expose());
        match exchange(request, self.clock.now()).await {
            Ok(answer) if (200..300).contains(&answer.status) => Ok(()),
            Ok(answer) if matches!(answer.status, 401 | 403) => {
                Err("the relay does not take the key".to_owned())
            }
            Ok(answer) => Err(format!("the relay answers {}", answer.status)),
            Err(verdict) => Err(format!("the relay does not answer: {verdict:?}")),
        }
    }
}

/// The order for a push.
pub(super) fn body(letter: &Letter, clock: &Clock) -> Result<Value, Verdict> {
    let sealed = fit(letter, SEALED_BYTES_MAX, |letter| letter.sealed(clock), Vec::len)?;
    Ok(json!({
        "v": 1,
        "lane": if letter.to.env.is_some() { "apns" } else { "fcm" },
        "target": letter.to.target.expose(),
        "ciphertext": BASE64.encode(sealed),
        "collapse": collapse(letter),
        "ttl": seconds_until(letter.expires_at, clock.now()).min(TTL_S_MAX),
        "prio": match (letter.kind.spec().is_shown, letter.is_urgent()) {
            (false, _) => "silent",
            (true, true) => "high",
            (true, false) => "normal",
        },
    }))
}

/// Names the conversation to this device alone: by two devices of one conversation the relay cannot
/// tell that it is one.
fn collapse(letter: &Letter) -> String {
    let mut digest = Sha256::new();
    digest.update(letter.to.target.expose());
    digest.update([0]);
    digest.update(letter.conversation.to_string());
    BASE64.encode(digest.finalize()).chars().take(32).collect()
}

impl Lane for Relay {
    fn send<'a>(&'a self, letter: &'a Letter) -> Sending<'a> {
        Box::pin(async move { self.deliver(letter).await.unwrap_or_else(|verdict| verdict) })
    }

    fn check(&self) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>> {
        Box::pin(self.probe())
    }
}
