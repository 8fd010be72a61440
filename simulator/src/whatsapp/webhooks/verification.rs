//! Verifying a webhook: it must answer with the challenge it is asked.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use axum::http::StatusCode;
use rand::RngExt;

use crate::state::shared::Shared;

/// Asks the webhook for its challenge.
pub(crate) async fn verify_webhook(shared: &Shared) -> anyhow::Result<()> {
    let url = shared.webhook_url.borrow().clone().context("no webhook URL is set")?;
    let knobs = shared.knobs();
    let token = knobs.connection.verifies_with.as_ref().unwrap_or(&shared.config.verify_token);
    challenge(shared, &url, token, Duration::from_secs(20)).await
}

/// Asks a URL for its challenge with a token.
pub(crate) async fn challenge(
    shared: &Shared,
    url: &str,
    token: &str,
    timeout: Duration,
) -> anyhow::Result<()> {
    let challenge: u32 = shared.seeds.rng("challenge", url, 0).random();
    let challenge = challenge.to_string();
    let mut url = reqwest::Url::parse(url).context("the webhook URL is not a URL")?;
    url.query_pairs_mut()
        .append_pair("hub.mode", "subscribe")
        .append_pair("hub.challenge", &challenge)
        .append_pair("hub.verify_token", token);
    let answer = shared.http.get(url).timeout(timeout).send().await?;
    let status = answer.status();
    ensure!(status == StatusCode::OK, "the webhook answered {status} to its verification");
    ensure!(answer.text().await? == challenge, "the webhook did not answer with the challenge");
    Ok(())
}
