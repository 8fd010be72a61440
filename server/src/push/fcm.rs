//! Firebase Cloud Messaging, HTTP v1: an access token for a service account, and a message for
//! each device.
//!
//! Messages carry data only, so that the app decides what to show and can take it back. They carry
//! no collapse key: Firebase lets a device have few of those, and the app syncs anyway.

use std::path::Path;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use baton_protocol::Timestamp;
use baton_protocol::push::PushTargetKind;
use reqwest::Client;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::errors::{FCM, Reaction, react};
use super::http::{ServiceResponse, exchange};
use super::jwt::SigningKey;
use super::letter::PAYLOAD_BYTES_MAX;
use super::network::Network;
use super::{Lane, LaneError, Letter, Sending, Verdict, fit, seconds_until};
use crate::clock::Clock;
use crate::config::PushConfig;

const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const ASSERTION_S: i64 = 3_600;
/// Assertions say that they are older than they are: our clock may be ahead.
const BACK_S: i64 = 60;
/// Clocks that differ by more are noticed.
const SKEW_MS: i64 = 30_000;
/// An access token is renewed so long before its end, or after half of a shorter life.
const EARLY_MS: i64 = 5 * 60_000;
/// Seconds that Firebase keeps a message at most.
const TTL_S_MAX: i64 = 2_419_200;

/// What a service account's file says.
#[derive(Deserialize)]
struct Account {
    project_id: String,
    private_key_id: String,
    private_key: String,
    client_email: String,
    token_uri: String,
}

/// Firebase Cloud Messaging for one project.
pub(super) struct Fcm {
    client: Client,
    url: String,
    account: Account,
    key: SigningKey,
    clock: Clock,
    /// Whoever holds the lock renews the access token for all.
    held: Mutex<Held>,
    /// Asks for an access token that were answered.
    asked: AtomicU64,
}

/// What is known of access.
#[derive(Default)]
struct Held {
    token: Option<Token>,
    /// Why the last ask failed.
    failed: Option<Verdict>,
    /// How far Google's clock is ahead of ours.
    ahead_ms: i64,
}

struct Token {
    text: String,
    renew_at: Timestamp,
    until: Timestamp,
}

impl std::fmt::Debug for Fcm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fcm").field("project", &self.account.project_id).finish_non_exhaustive()
    }
}

impl Fcm {
    pub(super) fn open(
        config: &PushConfig,
        path: &Path,
        network: &Network,
        clock: Clock,
    ) -> Result<Self, LaneError> {
        let wrong = |why: String| LaneError::Credentials {
            what: "a service account",
            path: path.display().to_string(),
            why,
        };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        // The error names a place, never the text.
        let account: Account = serde_json::from_str(&text)
            .map_err(|e| wrong(format!("{:?} error in line {}", e.classify(), e.line())))?;
        let key = SigningKey::rsa(&account.private_key).map_err(wrong)?;
        let url = format!("{}/v1/projects/{}/messages:send", config.fcm_url, account.project_id);
        let (held, asked) = (Mutex::default(), AtomicU64::new(0));
        Ok(Self { client: network.client()?, url, account, key, clock, held, asked })
    }

    /// The access token; `stale` is one that was refused.
    async fn token(&self, stale: Option<&str>) -> Result<String, Verdict> {
        let asked = self.asked.load(Ordering::Acquire);
        let mut held = self.held.lock().await;
        let now = self.clock.now();
        let Held { token, failed, ahead_ms } = &mut *held;
        let known = token.as_ref().filter(|one| Some(one.text.as_str()) != stale);
        if let Some(known) = known.filter(|one| now < one.renew_at) {
            return Ok(known.text.clone());
        }
        let known = known.filter(|one| now < one.until).map(|one| one.text.clone());
        // Another one asked while this one waited, and in vain.
        if let Some(failed) = failed
            && self.asked.load(Ordering::Acquire) != asked
        {
            return known.ok_or_else(|| failed.clone());
        }
        let granted = self.grant(now, ahead_ms).await;
        self.asked.fetch_add(1, Ordering::AcqRel);
        match granted {
            Ok((text, lasts_ms)) => {
                let until = now.plus_ms(lasts_ms);
                let renew_at = until.plus_ms(-EARLY_MS.min(lasts_ms / 2));
                (*token, *failed) = (Some(Token { text: text.clone(), renew_at, until }), None);
                Ok(text)
            }
            Err(verdict) => {
                *failed = Some(verdict.clone());
                known.ok_or(verdict)
            }
        }
    }

    /// Asks for an access token; returns it and how long it lasts, in ms.
    async fn grant(&self, now: Timestamp, ahead_ms: &mut i64) -> Result<(String, i64), Verdict> {
        let answer = self.ask(now.plus_ms(*ahead_ms)).await?;
        let granted = access(&answer);
        let ahead = answer.date.map_or(*ahead_ms, |date| date.since(now));
        if !matches!(granted, Err(Verdict::Locked(_))) || (ahead - *ahead_ms).abs() < SKEW_MS {
            return granted;
        }
        // By a clock that is wrong every assertion is: once more by the clock of the answer.
        let ahead_s = ahead / 1_000;
        tracing::warn!(ahead_s, "Google's clock and that of this machine differ");
        *ahead_ms = ahead;
        access(&self.ask(now.plus_ms(ahead)).await?)
    }

    async fn ask(&self, now: Timestamp) -> Result<ServiceResponse, Verdict> {
        let now_s = now.ms().div_euclid(1_000);
        let claims = json!({
            "iss": self.account.client_email,
            "scope": SCOPE,
            "aud": self.account.token_uri,
            "iat": now_s - BACK_S,
            "exp": now_s - BACK_S + ASSERTION_S,
        });
        let assertion = self.key.token(Some(&self.account.private_key_id), &claims);
        let assertion = assertion.ok().ok_or(Verdict::Locked("credentials"))?;
        let grant = GRANT.replace(':', "%3A");
        let request = self
            .client
            .post(&self.account.token_uri)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("grant_type={grant}&assertion={assertion}"));
        exchange(request, self.clock.now()).await
    }

    async fn post(&self, body: &Value) -> Result<ServiceResponse, Verdict> {
        let mut stale = None;
        loop {
            let token = self.token(stale.as_deref()).await?;
            let request = self.client.post(&self.url).bearer_auth(&token).json(body);
            let answer = exchange(request, self.clock.now()).await?;
            let (reaction, _) = react(FCM, answer.status, &word(&answer));
            if answer.status == 401 && reaction == Reaction::Renew && stale.is_none() {
                stale = Some(token);
                continue;
            }
            return Ok(answer);
        }
    }

    async fn deliver(&self, letter: &Letter) -> Result<Verdict, Verdict> {
        let now = self.clock.now();
        let answer = self.post(&body(letter, &self.clock)?).await?;
        if answer.status == 200 {
            return Ok(match serde_json::from_slice::<Value>(&answer.body) {
                Ok(body) if body.get("name").is_some() => Verdict::Accepted,
                // It may have gone: once more, and the device knows it by its id.
                _ => Verdict::Again { after: None, why: "garbage", is_outage: true },
            });
        }
        let (reaction, why) = react(FCM, answer.status, &word(&answer));
        if reaction == Reaction::Probe {
            return self.probe(letter, why).await;
        }
        Ok(reaction.verdict(why, answer.retry_after, now))
    }

    /// Firebase calls both a wrong push and a wrong token invalid: the smallest push tells them
    /// apart.
    async fn probe(&self, letter: &Letter, why: &'static str) -> Result<Verdict, Verdict> {
        let now = self.clock.now();
        let mut message = json!({"data": {"v": "1"}});
        address(&mut message, letter);
        let answer = self.post(&json!({"validate_only": true, "message": message})).await?;
        // By its word alone: somebody on the way may say 400 or 404 of whatever we ask.
        Ok(match (answer.status, word(&answer).as_str()) {
            (200, _) => Verdict::Dead(why),
            (_, "INVALID_ARGUMENT" | "UNREGISTERED") => Verdict::Gone { at: Some(now) },
            _ => Verdict::Again { after: answer.retry_after, why, is_outage: false },
        })
    }
}

/// What is posted of a push.
pub(super) fn body(letter: &Letter, clock: &Clock) -> Result<Value, Verdict> {
    let data = fit(
        letter,
        PAYLOAD_BYTES_MAX,
        |letter| letter.fields(clock),
        |data| data.iter().map(|(name, text)| name.len() + text.len()).sum(),
    )?;
    let ttl = seconds_until(letter.expires_at, clock.now()).min(TTL_S_MAX);
    let priority = if letter.is_urgent() { "HIGH" } else { "NORMAL" };
    let mut message = json!({
        "data": data,
        "android": {"priority": priority, "ttl": format!("{ttl}s")},
        "fcm_options": {"analytics_label": letter.id.to_string()},
    });
    address(&mut message, letter);
    Ok(json!({"message": message}))
}

/// The access token in an answer, and how long it lasts, in ms.
fn access(answer: &ServiceResponse) -> Result<(String, i64), Verdict> {
    #[derive(Deserialize)]
    struct Granted {
        access_token: String,
        expires_in: i64,
    }
    if answer.status == 200
        && let Ok(granted) = serde_json::from_slice::<Granted>(&answer.body)
    {
        return Ok((granted.access_token, granted.expires_in.saturating_mul(1_000)));
    }
    Err(match answer.status {
        400 | 401 | 403 => Verdict::Locked("credentials"),
        _ => Verdict::Again { after: answer.retry_after, why: "token", is_outage: true },
    })
}

fn address(message: &mut Value, letter: &Letter) {
    let name = match letter.to.kind {
        PushTargetKind::Fid => "fid",
        PushTargetKind::Token | PushTargetKind::Endpoint => "token",
    };
    if let Some(fields) = message.as_object_mut() {
        fields.insert(name.to_owned(), Value::from(letter.to.target.expose()));
    }
}

/// The word that says more than the status.
fn word(answer: &ServiceResponse) -> String {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let details = body.pointer("/error/details").and_then(Value::as_array);
    let code = details.into_iter().flatten().find_map(|one| one.get("errorCode")?.as_str());
    code.unwrap_or_default().to_owned()
}

impl Lane for Fcm {
    fn send<'a>(&'a self, letter: &'a Letter) -> Sending<'a> {
        Box::pin(async move { self.deliver(letter).await.unwrap_or_else(|verdict| verdict) })
    }

    fn check(&self) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>> {
        Box::pin(async move {
            let wait = Duration::from_secs(15);
            match tokio::time::timeout(wait, self.token(None)).await {
                Ok(Ok(_)) => {}
                Ok(Err(verdict)) => return Err(format!("no access token: {verdict:?}")),
                Err(_) => return Err("the token endpoint does not answer".to_owned()),
            }
            // A message to a topic that nobody follows, to be judged and not to be sent. It needs
            // what a push needs, the right to send for this project.
            let message = json!({"topic": "baton-check", "data": {"v": "1"}});
            let asked = json!({"validate_only": true, "message": message});
            match tokio::time::timeout(wait, self.post(&asked)).await {
                Ok(Ok(answer)) if answer.status == 200 => Ok(()),
                Ok(Ok(answer)) => {
                    Err(format!("a message would be refused: {} {}", answer.status, word(&answer)))
                }
                Ok(Err(verdict)) => Err(format!("no message can be sent: {verdict:?}")),
                Err(_) => Err("Firebase does not answer".to_owned()),
            }
        })
    }
}

#[cfg(test)]
mod tests;
