//! Requests to programs of the team's own: addresses of the open Internet, no redirects, answers of
//! bounded length. What is posted when is the business of whoever asks.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::{Client, RequestBuilder, Url};
use sha2::Sha256;

use super::endpoint::EndpointRules;
use super::http::{exchange, exchange_up_to};
use super::network::Network;
use super::{LaneError, Verdict};
use crate::clock::Clock;
use crate::config::PushConfig;

/// The time that a request may take, its answer included.
const REQUEST_MAX: Duration = Duration::from_secs(15);
/// Bytes of an answer that are kept.
const KEPT_BYTES: usize = 200;

/// Posts to programs of the team's own.
#[derive(Clone, Debug)]
pub struct Outward {
    client: Client,
    endpoints: EndpointRules,
    patience: Duration,
    clock: Clock,
}

/// A request to a program, as Standard Webhooks has it.
#[derive(Clone, Copy, Debug)]
pub struct Posted<'a> {
    /// The address.
    pub url: &'a str,
    /// The same for each try: the receiver knows it by this.
    pub id: &'a str,
    /// The keys that count; the request is signed with each.
    pub keys: &'a [Vec<u8>],
    /// The body.
    pub body: &'a str,
}

/// The outcome of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answered {
    /// The status; `None` where there was no answer.
    pub status: Option<u16>,
    /// Milliseconds that it took.
    pub took_ms: u64,
    /// The beginning of the answer, or the reason why there was none.
    pub text: String,
}

/// The reason for which a program said nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoAnswer {
    /// It takes too long.
    Late,
    /// There is no connection.
    Down,
    /// Its address is not one that this server posts to.
    Forbidden,
}

impl Outward {
    /// By the network of pushes to addresses that others name.
    ///
    /// # Errors
    /// Certificates cannot be read.
    pub fn open(config: &PushConfig, clock: Clock) -> Result<Self, LaneError> {
        let client = Network::read(config)?.guarded_client(config.allow_private_endpoints)?;
        let endpoints = EndpointRules::of(config);
        Ok(Self { client, endpoints, patience: REQUEST_MAX, clock })
    }

    /// Waits for so long instead of 15 s.
    #[cfg(test)]
    pub(crate) fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Posts once.
    pub async fn post(&self, posted: Posted<'_>) -> Answered {
        let none = |text: &str| Answered { status: None, took_ms: 0, text: text.to_owned() };
        if let Some(problem) = self.endpoints.outward_problem(posted.url) {
            return none(problem);
        }
        let (now, began) = (self.clock.now(), self.clock.monotonic());
        let Some(request) = self.request(posted, self.patience) else { return none("no address") };
        let answer = exchange(request, now).await;
        let took = self.clock.monotonic().saturating_sub(began);
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        match answer {
            Ok(answer) => {
                let kept = answer.body.get(..KEPT_BYTES).unwrap_or(&answer.body);
                let text = String::from_utf8_lossy(kept).replace('\0', "");
                Answered { status: Some(answer.status), took_ms, text }
            }
            Err(Verdict::Dead(why) | Verdict::Again { why, .. }) => {
                Answered { took_ms, ..none(why) }
            }
            Err(_) => Answered { took_ms, ..none("no answer") },
        }
    }

    /// True where nothing is sent to an address, whatever its name stands for.
    #[must_use]
    pub fn is_forbidden(&self, url: &str) -> bool {
        self.endpoints.outward_problem(url).is_some()
    }

    /// Asks once: the status, and so many bytes of the answer. `patience` is for all of it.
    ///
    /// # Errors
    /// No answer, and the reason.
    pub async fn ask(
        &self,
        posted: Posted<'_>,
        patience: Duration,
        bytes_max: usize,
    ) -> Result<(u16, Vec<u8>), NoAnswer> {
        if self.is_forbidden(posted.url) {
            return Err(NoAnswer::Forbidden);
        }
        let request = self.request(posted, patience).ok_or(NoAnswer::Forbidden)?;
        match exchange_up_to(request, self.clock.now(), bytes_max).await {
            Ok(answer) => Ok((answer.status, answer.body)),
            Err(Verdict::Dead(_)) => Err(NoAnswer::Forbidden),
            Err(Verdict::Again { why: "time_out", .. }) => Err(NoAnswer::Late),
            Err(_) => Err(NoAnswer::Down),
        }
    }

    /// A signed request; `None` where the address is none.
    fn request(&self, posted: Posted<'_>, patience: Duration) -> Option<RequestBuilder> {
        let url = Url::parse(posted.url).ok()?;
        let timestamp = self.clock.now().ms().div_euclid(1_000).to_string();
        let request = self
            .client
            .post(url)
            .timeout(patience)
            .header("content-type", "application/json")
            .header("webhook-id", posted.id)
            .header("webhook-timestamp", &timestamp)
            .header("webhook-signature", signatures(posted, &timestamp))
            .body(posted.body.to_owned());
        Some(request)
    }
}

/// A signature for each key, parted by spaces.
fn signatures(Posted { id, keys, body, .. }: Posted<'_>, timestamp: &str) -> String {
    let signed = format!("{id}.{timestamp}.{body}");
    let one = |key: &Vec<u8>| {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
        mac.update(signed.as_bytes());
        Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    };
    keys.iter().filter_map(one).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification, Standard Webhooks.
    #[test]
    fn a_request_is_signed_as_standard_webhooks_has_it() {
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let posted = Posted {
            url: "",
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
            keys: &[key, b"another".to_vec()],
            body: "{\"test\": 2432232314}",
        };
        let signed = signatures(posted, "1614265330");
        let (first, second) = signed.split_once(' ').unwrap();
        assert_eq!(first, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert!(second.starts_with("v1,") && second != first);
    }
}
