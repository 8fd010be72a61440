//! The tests of the simulator, one binary.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers outside of test functions are tests all the same"
)]

mod answers;
mod blocks;
mod connection;
mod contents;
mod control;
mod failures;
mod fixtures;
mod groups;
mod inbound;
mod limits;
mod media;
mod platform;
mod push;
mod repeatability;
mod script;
mod sink;
mod templates;
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
        Self::of(Config { seed, knobs, ..Config::default() }).await
    }

    pub(crate) async fn of(config: Config) -> Self {
        let simulator = Simulator::start(config).await.unwrap();
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

    /// Calls anything below `/v26.0/` with the bearer.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}/v26.0/{path}", self.simulator.base_url());
        let token = &self.simulator.config().access_token;
        let mut request = self.http.request(method.parse().unwrap(), url).bearer_auth(token);
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Gets anything below `/v26.0/` and expects it to be there.
    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.call("GET", path, Value::Null).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// Uploads a file and returns the answer.
    pub(crate) async fn upload(&self, mime_type: &str, bytes: &[u8]) -> (u16, Value) {
        let mut form = Vec::new();
        let head =
            |name: &str| format!("--form-edge\r\nContent-Disposition: form-data; name=\"{name}\"");
        form.extend(format!("{}\r\n\r\nwhatsapp\r\n", head("messaging_product")).bytes());
        let file = head("file");
        form.extend(format!("{file}; filename=\"a\"\r\nContent-Type: {mime_type}\r\n\r\n").bytes());
        form.extend(bytes);
        form.extend(b"\r\n--form-edge--\r\n");
        let id = self.simulator.number().phone_number_id;
        let url = format!("{}/v26.0/{id}/media", self.simulator.base_url());
        let token = &self.simulator.config().access_token;
        let request = self.http.post(url).bearer_auth(token).body(form);
        let kind = "multipart/form-data; boundary=form-edge";
        let answer = request.header("content-type", kind).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Uploads a file and returns its id.
    pub(crate) async fn uploaded(&self, mime_type: &str, bytes: &[u8]) -> String {
        let (status, answer) = self.upload(mime_type, bytes).await;
        assert_eq!(status, 200, "{answer}");
        answer["id"].as_str().unwrap().to_owned()
    }

    /// The ids of the number and its account.
    pub(crate) fn ids(&self) -> (String, String) {
        let number = self.simulator.number();
        (number.phone_number_id, number.waba_id)
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

/// A message of any type to the first customer.
pub(crate) fn message(kind: &str, content: Value) -> Value {
    let mut body = text_to("34600000001", "");
    body.as_object_mut().unwrap().remove("text");
    body["type"] = json!(kind);
    body[kind] = content;
    body
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
