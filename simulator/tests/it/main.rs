//! The tests of the simulator, one binary.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers outside of test functions are tests all the same"
)]

mod answers;
mod control;
mod failures;
mod fixtures;
mod limits;
mod push;
mod repeatability;
mod script;
mod sink;
mod webhooks;

use std::time::Duration;

use baton_simulator::{Config, Knobs, Simulator};
use serde_json::{Value, json};

use crate::sink::Sink;

/// Long enough that only a fault reaches it.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// A simulator, a webhook that listens to it, and a hand that sends through it.
pub(crate) struct Stage {
    pub(crate) simulator: Simulator,
    pub(crate) sink: Sink,
    pub(crate) http: reqwest::Client,
}

impl Stage {
    pub(crate) async fn new(knobs: Knobs) -> Self {
        Self::seeded(1, knobs).await
    }

    pub(crate) async fn seeded(seed: u64, knobs: Knobs) -> Self {
        let simulator =
            Simulator::start(Config { seed, knobs, ..Config::default() }).await.unwrap();
        let sink = Sink::start().await;
        simulator.set_webhook_url(sink.url());
        let http = reqwest::Client::builder().no_proxy().timeout(SOON).build().unwrap();
        Self { simulator, sink, http }
    }

    pub(crate) fn url(&self) -> String {
        let id = self.simulator.number().phone_number_id;
        format!("{}/v26.0/{id}/messages", self.simulator.base_url())
    }

    /// Posts a body to the messages endpoint.
    pub(crate) async fn post(&self, body: &Value) -> Result<(u16, Value), reqwest::Error> {
        let token = &self.simulator.config().access_token;
        let answer = self.http.post(self.url()).bearer_auth(token).json(body).send().await?;
        Ok((answer.status().as_u16(), answer.json().await?))
    }

    /// Sends a text and expects it to be taken; returns the id.
    pub(crate) async fn sends(&self, to: &str, text: &str) -> String {
        let (status, answer) = self.post(&text_to(to, text)).await.unwrap();
        assert_eq!(status, 200, "{answer}");
        answer["messages"][0]["id"].as_str().unwrap().to_owned()
    }

    /// Sends a text and expects it to be refused; returns HTTP status and code.
    pub(crate) async fn is_refused(&self, body: &Value) -> (u16, u64) {
        let (status, answer) = self.post(body).await.unwrap();
        let error = &answer["error"];
        assert!(error["message"].is_string(), "{answer}");
        assert!(error["fbtrace_id"].as_str().unwrap().starts_with('A'), "{answer}");
        (status, error["code"].as_u64().unwrap())
    }

    pub(crate) async fn quiet(&self) {
        self.simulator.quiesce(SOON).await.unwrap();
    }
}

pub(crate) fn text_to(to: &str, text: &str) -> Value {
    json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": to,
        "type": "text",
        "text": {"body": text},
    })
}

pub(crate) fn span(min_ms: u64, max_ms: u64) -> baton_simulator::Span {
    baton_simulator::Span::new(min_ms, max_ms)
}
