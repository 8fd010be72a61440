//! A webhook endpoint that keeps what it hears and answers as told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use baton_simulator::{Config, signature};
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Default)]
struct Heard {
    bodies: Vec<Bytes>,
    answers: VecDeque<u16>,
    challenge: Option<String>,
}

/// The endpoint; dropping it leaves its port closed.
pub(crate) struct Sink {
    address: std::net::SocketAddr,
    heard: Arc<Mutex<Heard>>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Sink {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::on(listener)
    }

    pub(crate) fn on(listener: tokio::net::TcpListener) -> Self {
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let app =
            Router::new().route("/hook", post(hear).get(challenge)).with_state(Arc::clone(&heard));
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, heard, server }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// The next answers; after them 200.
    pub(crate) fn answers(&self, statuses: &[u16]) {
        self.heard.lock().unwrap().answers.extend(statuses);
    }

    /// What the webhook answers to its verification, in place of the challenge.
    pub(crate) fn answers_challenge_with(&self, text: &str) {
        self.heard.lock().unwrap().challenge = Some(text.to_owned());
    }

    /// The bytes of every POST, in the order they came.
    pub(crate) fn bytes(&self) -> Vec<Bytes> {
        self.heard.lock().unwrap().bodies.clone()
    }

    pub(crate) fn bodies(&self) -> Vec<Value> {
        self.bytes().iter().map(|bytes| serde_json::from_slice(bytes).unwrap()).collect()
    }

    /// The elements of all `messages` arrays, in order.
    pub(crate) fn messages(&self) -> Vec<Value> {
        self.elements("messages")
    }

    /// The elements of all `statuses` arrays, in order.
    pub(crate) fn statuses(&self) -> Vec<Value> {
        self.elements("statuses")
    }

    /// The statuses told of one message, in order.
    pub(crate) fn statuses_of(&self, wamid: &str) -> Vec<String> {
        let of = self.statuses().into_iter().filter(|status| status["id"] == wamid);
        of.map(|status| status["status"].as_str().unwrap().to_owned()).collect()
    }

    /// The values of all changes of a field, in order.
    pub(crate) fn changes(&self, field: &str) -> Vec<Value> {
        let mut found = Vec::new();
        for body in self.bodies() {
            for entry in body["entry"].as_array().into_iter().flatten() {
                for change in entry["changes"].as_array().into_iter().flatten() {
                    if change["field"] == field {
                        found.push(change["value"].clone());
                    }
                }
            }
        }
        found
    }

    fn elements(&self, key: &str) -> Vec<Value> {
        let mut found = Vec::new();
        for body in self.bodies() {
            for entry in body["entry"].as_array().into_iter().flatten() {
                for change in entry["changes"].as_array().into_iter().flatten() {
                    found.extend(change["value"][key].as_array().into_iter().flatten().cloned());
                }
            }
        }
        found
    }
}

async fn hear(
    State(heard): State<Arc<Mutex<Heard>>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let signed = signature(&Config::default().app_secret, &body);
    let mut heard = heard.lock().unwrap();
    if headers["x-hub-signature-256"] != *signed || headers["content-type"] != "application/json" {
        return StatusCode::UNAUTHORIZED;
    }
    heard.bodies.push(body);
    StatusCode::from_u16(heard.answers.pop_front().unwrap_or(200)).unwrap()
}

async fn challenge(
    State(heard): State<Arc<Mutex<Heard>>>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Result<String, StatusCode> {
    if query["hub.mode"] != "subscribe"
        || query["hub.verify_token"] != Config::default().verify_token
    {
        return Err(StatusCode::FORBIDDEN);
    }
    let told = heard.lock().unwrap().challenge.clone();
    Ok(told.unwrap_or_else(|| query["hub.challenge"].clone()))
}
