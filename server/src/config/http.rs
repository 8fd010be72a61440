//! Listening and requests.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::error::check_range;
use super::{ConfigError, allows_origin};

/// Section `http`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpConfig {
    /// Address and port to listen on.
    pub bind: SocketAddr,
    /// Where browsers may come from besides the server's own address.
    pub allowed_origins: Vec<String>,
    /// Largest request body.
    pub body_bytes_max: usize,
    /// Connections at once.
    pub connections_max: usize,
    /// Time to finish the request headers.
    pub header_time_out_ms: u64,
    /// Time to answer a request.
    pub request_time_out_ms: u64,
    /// Time to end when stopping.
    pub drain_ms: u64,
}

impl HttpConfig {
    /// Whether a request may come from where it says: phones send no origin, a page of this
    /// server's own names the host it was asked under, all others must be listed.
    pub fn allows_origin(&self, origin: Option<&str>, host: Option<&str>) -> bool {
        origin.is_none_or(|origin| allows_origin(&self.allowed_origins, origin, host))
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        for origin in &self.allowed_origins {
            if !is_origin(origin) {
                let reason = "must be scheme://host or scheme://host:port without a path";
                return Err(ConfigError::value("http.allowed_origins", origin, reason));
            }
        }
        check_range("http.body_bytes_max", self.body_bytes_max as u64, 65_536..=67_108_864)?;
        check_range("http.connections_max", self.connections_max as u64, 1..=1_000_000)?;
        check_range("http.header_time_out_ms", self.header_time_out_ms, 100..=120_000)?;
        check_range("http.request_time_out_ms", self.request_time_out_ms, 100..=600_000)?;
        check_range("http.drain_ms", self.drain_ms, 0..=600_000)
    }
}

fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else { return false };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    matches!(scheme, "http" | "https") && !authority.is_empty() && authority.chars().all(plain)
}
