//! The way to a mail server.

use serde::{Deserialize, Deserializer, Serialize};

use super::error::check_range;
use super::whatsapp::is_loopback;
use super::{ConfigError, Secret};

/// Section `mail`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// The server that takes letters, with its account; none sends no letters.
    #[serde(deserialize_with = "secret")]
    pub server: Option<Secret>,
    /// The sender of letters: `Baton <desk@example.com>`.
    pub from: String,
    /// The console's address as people reach it, without a closing slash.
    pub address: String,
    /// The time for a letter.
    pub time_out_ms: u64,
}

fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
    let text = String::deserialize(from)?;
    Ok((!text.is_empty()).then(|| Secret::new(text)))
}

impl MailConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        check_range("mail.time_out_ms", self.time_out_ms, 100..=20_000)?;
        let Some(server) = &self.server else { return Ok(()) };
        // Not shown: it may have a password.
        let wrong = |reason| Err(ConfigError::value("mail.server", "***", reason));
        let Ok(url) = reqwest::Url::parse(server.expose()) else {
            return wrong("must be an address as smtps://user:password@mail.example.com");
        };
        let is_near = is_loopback(&format!("http://{}", url.host_str().unwrap_or_default()));
        let asks_for_tls =
            url.query_pairs().any(|(key, value)| key == "tls" && value == "required");
        match url.scheme() {
            "smtps" => {}
            "smtp" if asks_for_tls || is_near => {}
            _ => {
                return wrong("must be smtps://, or smtp:// with ?tls=required for STARTTLS");
            }
        }
        let address = self.address.as_str();
        if !(address.starts_with("https://") || is_loopback(address)) || address.ends_with('/') {
            let reason = "is needed with mail.server: https without a closing slash; http only for \
                          a loopback address";
            return Err(ConfigError::value("mail.address", address, reason));
        }
        if self.from.parse::<lettre::message::Mailbox>().is_err() {
            let reason = "is needed with mail.server, as Baton <desk@example.com>";
            return Err(ConfigError::value("mail.from", &self.from, reason));
        }
        Ok(())
    }
}
