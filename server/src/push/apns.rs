//! Apple's push service: HTTP/2, and a provider token that is neither too young nor too old.

use std::path::Path;
use std::pin::Pin;

use baton_protocol::Timestamp;
use baton_protocol::push::{PushEnv, notification_tag};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::errors::{APNS, Reaction, react};
use super::http::{client, exchange};
use super::jwt::SigningKey;
use super::letter::PAYLOAD_BYTES_MAX;
use super::{Lane, LaneError, Letter, Sending, Verdict};
use crate::clock::Clock;
use crate::config::PushConfig;

/// A provider token is of the half hour in which it is used: Apple takes a new one every 20 minutes
/// at most and none that is older than 60. All servers make the same one, also when started anew.
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
    token: Mutex<Option<(String, Timestamp)>>,
}

impl std::fmt::Debug for Apns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Apns").field("topic", &self.topic).finish_non_exhaustive()
    }
}

impl Apns {
    pub(super) fn open(config: &PushConfig, path: &Path, clock: Clock) -> Result<Self, LaneError> {
        let wrong = |why: String| LaneError::Credentials {
            what: "a key of Apple",
            path: path.display().to_string(),
            why,
        };
        let pem = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        Ok(Self {
            client: client(&config.apns_url)?,
            urls: [config.apns_url.clone(), config.apns_sandbox_url.clone()],
            key: SigningKey::ec(&pem).map_err(wrong)?,
            key_id: config.apns_key_id.clone(),
            team_id: config.apns_team_id.clone(),
            topic: config.apns_topic.clone(),
            clock,
            token: Mutex::new(None),
        })
    }

    async fn token(&self, is_refused: bool) -> Result<String, Verdict> {
        let mut held = self.token.lock().await;
        let now = self.clock.now();
        let lasts_ms = if is_refused { TOKEN_MS_MIN } else { TOKEN_MS };
        if let Some((token, since)) = held.as_ref()
            && now.since(*since) < lasts_ms
        {
            return Ok(token.clone());
        }
        let since = if is_refused { now } else { half_hour(now) };
        let claims = json!({"iss": self.team_id, "iat": since.ms().div_euclid(1_000)});
        let token = self.key.token(Some(&self.key_id), &claims);
        let token = token.ok().ok_or(Verdict::Locked("credentials"))?;
        *held = Some((token.clone(), since));
        Ok(token)
    }

    async fn deliver(&self, letter: &Letter) -> Result<Verdict, Verdict> {
        let payload = letter.apns(&self.clock).map_err(|why| why.verdict())?.to_string();
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Ok(Verdict::Dead("too_large"));
        }
        let [production, sandbox] = &self.urls;
        let url = match letter.to.env {
            Some(PushEnv::Sandbox) => sandbox,
            Some(PushEnv::Production) | None => production,
        };
        let target = letter.to.target.expose();
        if !target.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(Verdict::Gone { at: None });
        }
        let (push_type, priority) = match (letter.kind.is_shown(), letter.is_urgent()) {
            (false, _) => ("background", "5"),
            (true, true) => ("alert", "10"),
            (true, false) => ("alert", "5"),
        };
        let mut is_refused = false;
        loop {
            let token = self.token(is_refused).await?;
            let request = self
                .client
                .post(format!("{url}/3/device/{target}"))
                .header("authorization", format!("bearer {token}"))
                .header("apns-id", letter.id.to_string())
                .header("apns-topic", letter.to.app_id.as_deref().unwrap_or(&self.topic))
                .header("apns-push-type", push_type)
                .header("apns-priority", priority)
                .header("apns-collapse-id", notification_tag(letter.conversation))
                .header("apns-expiration", letter.expires_at.ms().div_euclid(1_000))
                .body(payload.clone());
            let answer = exchange(request).await?;
            if answer.status == 200 {
                return Ok(Verdict::Accepted);
            }
            let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            let word = body.get("reason").and_then(Value::as_str).unwrap_or_default();
            let (reaction, why) = react(APNS, answer.status, word);
            if reaction == Reaction::Renew && !is_refused {
                is_refused = true;
                continue;
            }
            if reaction == Reaction::Gone {
                let at = body.get("timestamp").and_then(Value::as_i64);
                return Ok(Verdict::Gone { at: at.map(Timestamp::from_ms) });
            }
            return Ok(reaction.verdict(why, answer.retry_after));
        }
    }
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
            self.token(false).await.map(drop).map_err(|verdict| format!("{verdict:?}"))
        })
    }
}
