//! The way to Meta.

use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::error::check_range;

/// How the id of the practice app and the token of a practice number begin. No token of Meta does.
pub const PRACTICE: &str = "practice";

/// Section `whatsapp`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhatsAppConfig {
    /// The Graph API, without a closing slash.
    pub graph_url: String,
    /// Its version, `v26.0`.
    pub graph_version: String,
    /// Time to connect.
    pub connect_time_out_ms: u64,
    /// Time to answer.
    pub request_time_out_ms: u64,
    /// Hosts from which customers' files are fetched, with the access token.
    pub media_hosts: Vec<String>,
    /// Where the simulator of practice numbers is; `baton serve --try` starts one.
    #[serde(skip)]
    pub practice_url: Option<String>,
    /// The page on which its customers are played. Whoever has this address may play them.
    #[serde(skip)]
    pub practice_page: Option<String>,
}

impl WhatsAppConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let url = self.graph_url.as_str();
        if !(url.starts_with("https://") || is_loopback(url)) || url.ends_with('/') {
            // Access tokens travel with every request.
            let reason = "must be https without a closing slash; http only for a loopback address";
            return Err(ConfigError::value("whatsapp.graph_url", url, reason));
        }
        if !is_version(&self.graph_version) {
            let reason = "must look like v26.0";
            return Err(ConfigError::value("whatsapp.graph_version", &self.graph_version, reason));
        }
        let is_name = |name: &str| {
            let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
            !name.is_empty() && name.chars().all(is_part)
        };
        if let Some(name) = self.media_hosts.iter().find(|name| !is_name(name)) {
            let reason = "must be names of hosts, without scheme, port and path";
            return Err(ConfigError::value("whatsapp.media_hosts", name, reason));
        }
        check_range("whatsapp.connect_time_out_ms", self.connect_time_out_ms, 100..=1_500)?;
        check_range("whatsapp.request_time_out_ms", self.request_time_out_ms, 100..=120_000)
    }
}

pub(super) fn is_loopback(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    matches!(host, "127.0.0.1" | "localhost" | "[::1]")
}

fn is_version(text: &str) -> bool {
    let number = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    text.strip_prefix('v')
        .and_then(|rest| rest.split_once('.'))
        .is_some_and(|(major, minor)| number(major) && number(minor))
}
