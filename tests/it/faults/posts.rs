//! Webhooks by hand, to a server that runs as a process.

use std::time::Duration;

use anyhow::{Result, ensure};
use baton_simulator::{Simulator, signature};
use baton_world::process::Installation;
use baton_world::world::{NUMBER, webhook};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

/// For what goes on by itself.
const PATIENCE: Duration = Duration::from_secs(60);

/// Posts webhooks as Meta does.
#[derive(Clone)]
pub(super) struct Posts {
    url: String,
    secret: String,
    pub(super) http: reqwest::Client,
}

/// The answer to a webhook.
#[derive(Clone, Debug)]
pub(super) struct Answered {
    pub(super) status: u16,
    /// Of a problem.
    pub(super) code: String,
    pub(super) took: Duration,
}

impl Posts {
    pub(super) fn to(place: &Installation, simulator: &Simulator) -> Result<Self> {
        let platform = simulator.config();
        let url = format!("{}/webhooks/whatsapp/{}", place.url(), platform.meta_app_id);
        let http = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { url, secret: platform.app_secret.clone(), http })
    }

    /// A customer writes these, in one webhook.
    pub(super) async fn post(&self, from: &str, texts: &[String]) -> Result<Answered> {
        let message = |text: &String| {
            json!({
                "id": format!("wamid.{from}.{text}"), "from": from, "timestamp": "1700000000",
                "type": "text", "text": {"body": text},
            })
        };
        let said = json!({
            "contacts": [{"wa_id": from, "profile": {"name": from}}],
            "messages": texts.iter().map(message).collect::<Vec<Value>>(),
        });
        let body = webhook(NUMBER, said).to_string();
        let request = self
            .http
            .post(&self.url)
            .header("content-type", "application/json")
            .header("x-hub-signature-256", signature(&self.secret, body.as_bytes()))
            .body(body);
        let began = Instant::now();
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let problem: Value = serde_json::from_str(&answer.text().await?).unwrap_or_default();
        let code = problem.get("code").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Answered { status, code, took: began.elapsed() })
    }

    /// Posts one text.
    pub(super) async fn says(&self, from: &str, text: &str) -> Result<Answered> {
        self.post(from, &[text.to_owned()]).await
    }

    /// Again until it is taken in, as Meta does.
    pub(super) async fn until_taken(&self, from: &str, texts: &[String]) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answered = self.post(from, texts).await;
            if answered.as_ref().is_ok_and(|answered| answered.status == 200) {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "it is not taken in: {answered:?}");
            sleep(Duration::from_millis(50)).await;
        }
    }
}
