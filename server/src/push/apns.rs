//! Apple's push service: HTTP/2, and a provider token that is neither too young nor too old.

use std::path::Path;
use std::pin::Pin;

use baton_protocol::Timestamp;
use baton_protocol::push::{PushEnv, notification_tag};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::errors::{APNS, Reaction, react};
use super::http::exchange;
use super::jwt::SigningKey;
use super::letter::PAYLOAD_BYTES_MAX;
use super::network::Network;
use super::{Lane, LaneError, Letter, Sending, Verdict, fit};
use crate::clock::Clock;
use crate::config::PushConfig;

/// A provider token is of the half hour in which it is used. Apple takes a new one every 20 minutes
/// at most, and none that is older than 60 minutes. All servers make the same one, also when
/// started anew. One that Apple saw first shortly before the half hour ended serves 21 minutes
/// longer.
const TOKEN_MS: i64 = 30 * 60_000;
const TOKEN_MS_MIN: i64 = 21 * 60_000;

/// Apple's push service.
pub(super) struct Apns {
    client: Client,
    urls: [String; 2],
    key: SigningKey,
    key_id: String,
    team_id: String,
    topic: String,
    clock: Clock,
    token: Mutex<Option<Held>>,
}

/// A provider token.
struct Held {
    text: String,
    /// What it says of its age.
    since: Timestamp,
    /// How long it is used.
    until: Timestamp,
}

/// Which provider token a push is tried with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// That of the half hour.
    Usual,
    /// A younger one: Apple called the usual one too old.
    Fresh,
    /// That of the half hour before: Apple saw it less than 20 minutes ago.
    Previous,
}

impl std::fmt::Debug for Apns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Apns").field("topic", &self.topic).finish_non_exhaustive()
    }
}

impl Apns {
    pub(super) fn open(
        config: &PushConfig,
        path: &Path,
        network: &Network,
        clock: Clock,
    ) -> Result<Self, LaneError> {
        let wrong = |why: String| LaneError::Credentials {
            what: "a key of Apple",
            path: path.display().to_string(),
            why,
        };
        let pem = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        Ok(Self {
            client: network.http2_client(&config.apns_url)?,
            urls: [config.apns_url.clone(), config.apns_sandbox_url.clone()],
            key: SigningKey::ec(&pem).map_err(wrong)?,
            key_id: config.apns_key_id.clone(),
            team_id: config.apns_team_id.clone(),
            topic: config.apns_topic.clone(),
            clock,
            token: Mutex::new(None),
        })
    }

    async fn token(&self, wanted: Wanted) -> Result<String, Verdict> {
        let mut held = self.token.lock().await;
        let now = self.clock.now();
        let usual = half_hour(now);
        let (since, until) = match (wanted, held.as_ref()) {
            (Wanted::Usual, Some(held)) if now < held.until => return Ok(held.text.clone()),
            (Wanted::Usual, _) => (usual, usual.plus_ms(TOKEN_MS)),
            // One that is too young to be replaced was refused for our clock, not for its age.
            (Wanted::Fresh, Some(held)) if now.since(held.since) < TOKEN_MS_MIN => {
                return Ok(held.text.clone());
            }
            (Wanted::Fresh, _) => (now, now.plus_ms(TOKEN_MS)),
            (Wanted::Previous, _) => (usual.plus_ms(-TOKEN_MS), usual.plus_ms(TOKEN_MS_MIN)),
        };
        let claims = json!({"iss": self.team_id, "iat": since.ms().div_euclid(1_000)});
        let text = self.key.token(Some(&self.key_id), &claims);
        let text = text.ok().ok_or(Verdict::Locked("credentials"))?;
        *held = Some(Held { text: text.clone(), since, until });
        Ok(text)
    }

    async fn deliver(&self, letter: &Letter) -> Result<Verdict, Verdict> {
        let now = self.clock.now();
        let payload = body(letter, &self.clock)?;
        if !letter.to.target.expose().bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(Verdict::Gone { at: None });
        }
        let mut wanted = Wanted::Usual;
        loop {
            let token = self.token(wanted).await?;
            let request = self.request(letter, &token).body(payload.clone());
            let answer = exchange(request, now).await?;
            if answer.status == 200 && answer.body.is_empty() {
                return Ok(Verdict::Accepted);
            }
            if answer.status == 200 {
                // Apple says nothing with it: somebody else answered.
                return Ok(Verdict::Again { after: None, why: "garbage", is_outage: true });
            }
            let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            let word = body.get("reason").and_then(Value::as_str).unwrap_or_default();
            let (reaction, why) = react(APNS, answer.status, word);
            let other = match (reaction, word) {
                (Reaction::Renew, _) => Wanted::Fresh,
                (_, "TooManyProviderTokenUpdates") => Wanted::Previous,
                _ => Wanted::Usual,
            };
            if wanted == Wanted::Usual && other != Wanted::Usual {
                wanted = other;
                continue;
            }
            if reaction == Reaction::Gone {
                let at = body.get("timestamp").and_then(Value::as_i64);
                // An app that registered since this was sent is not gone, by whatever clock.
                let at = at.map_or(now, |at| Timestamp::from_ms(at).min(now));
                return Ok(Verdict::Gone { at: Some(at) });
            }
            return Ok(reaction.verdict(why, answer.retry_after, now));
        }
    }

    fn request(&self, letter: &Letter, token: &str) -> RequestBuilder {
        let [production, sandbox] = &self.urls;
        let url = match letter.to.env {
            Some(PushEnv::Sandbox) => sandbox,
            Some(PushEnv::Production) | None => production,
        };
        let request = self.client.post(format!("{url}/3/device/{}", letter.to.target.expose()));
        headers(letter, &self.topic)
            .into_iter()
            .fold(request, |request, (name, value)| request.header(name, value))
            .header("authorization", format!("bearer {token}"))
    }
}

/// What says how a push is to be shown.
pub(super) fn headers(letter: &Letter, topic: &str) -> [(&'static str, String); 6] {
    let (push_type, priority) = match (letter.kind.spec().is_shown, letter.is_urgent()) {
        (false, _) => ("background", "5"),
        (true, true) => ("alert", "10"),
        (true, false) => ("alert", "5"),
    };
    [
        ("apns-id", letter.id.to_string()),
        ("apns-topic", letter.to.app_id.clone().unwrap_or_else(|| topic.to_owned())),
        ("apns-push-type", push_type.to_owned()),
        ("apns-priority", priority.to_owned()),
        ("apns-collapse-id", notification_tag(letter.conversation)),
        ("apns-expiration", letter.expires_at.ms().div_euclid(1_000).to_string()),
    ]
}

/// The payload of a push.
pub(super) fn body(letter: &Letter, clock: &Clock) -> Result<String, Verdict> {
    let make = |letter: &Letter| letter.apns(clock).map(|payload| payload.to_string());
    fit(letter, PAYLOAD_BYTES_MAX, make, String::len)
}

/// When the half hour began.
fn half_hour(now: Timestamp) -> Timestamp {
    Timestamp::from_ms(now.ms() - now.ms().rem_euclid(TOKEN_MS))
}

impl Lane for Apns {
    fn send<'a>(&'a self, letter: &'a Letter) -> Sending<'a> {
        Box::pin(async move { self.deliver(letter).await.unwrap_or_else(|verdict| verdict) })
    }

    fn check(&self) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>> {
        Box::pin(async move {
            self.token(Wanted::Usual).await.map(drop).map_err(|verdict| format!("{verdict:?}"))
        })
    }
}
