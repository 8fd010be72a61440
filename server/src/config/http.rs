//! Listening and requests.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use super::error::check_range;
use super::{ConfigError, allows_origin};

/// How long a drain may take: sealing the log and closing the database come after it, and a stop
/// ends within 20 s.
pub const DRAIN_MS_MAX: u64 = 12_000;

/// Section `http`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpConfig {
    /// Address and port to listen on.
    pub bind: SocketAddr,
    /// Where browsers may come from besides the server's own address.
    pub allowed_origins: Vec<String>,
    /// Proxies before the server, whose word is taken on where a request comes from.
    pub trusted_proxies: Vec<IpAddr>,
    /// Largest request body.
    pub body_bytes_max: usize,
    /// Bytes of all request bodies at once.
    pub bodies_bytes_max: usize,
    /// Connections at once.
    pub connections_max: usize,
    /// Time to finish the request headers.
    pub header_time_out_ms: u64,
    /// Time to answer a request.
    pub request_time_out_ms: u64,
    /// Time to end when stopping, at most [`DRAIN_MS_MAX`].
    pub drain_ms: u64,
}

impl HttpConfig {
    /// Whether a request may come from where it says: phones send no origin, a page of this
    /// server's own names the host it was asked under, all others must be listed.
    pub fn allows_origin(&self, origin: Option<&str>, host: Option<&str>) -> bool {
        origin.is_none_or(|origin| allows_origin(&self.allowed_origins, origin, host))
    }

    /// Where a request of `peer` comes from: the right-most address of `forwarded`, the values of
    /// X-Forwarded-For in order, that is no trusted proxy's. Whatever lies left of it is hearsay.
    pub fn client<'a>(
        &self,
        peer: IpAddr,
        forwarded: impl DoubleEndedIterator<Item = &'a str>,
    ) -> IpAddr {
        let is_trusted = |address: IpAddr| {
            self.trusted_proxies.iter().any(|proxy| proxy.to_canonical() == address.to_canonical())
        };
        let mut from = peer;
        for text in forwarded.rev().flat_map(|value| value.rsplit(',')) {
            if !is_trusted(from) {
                break;
            }
            let Some(address) = forwarded_address(text.trim()) else { break };
            from = address;
        }
        from
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        for origin in &self.allowed_origins {
            if !is_origin(origin) {
                let reason = "must be scheme://host or scheme://host:port without a path";
                return Err(ConfigError::value("http.allowed_origins", origin, reason));
            }
        }
        check_range("http.body_bytes_max", self.body_bytes_max as u64, 65_536..=67_108_864)?;
        // Of each kind of body a largest one has to fit in: see `http::Room`.
        let bodies = self.body_bytes_max as u64 * 4..=4_294_967_296;
        check_range("http.bodies_bytes_max", self.bodies_bytes_max as u64, bodies)?;
        check_range("http.connections_max", self.connections_max as u64, 1..=1_000_000)?;
        check_range("http.header_time_out_ms", self.header_time_out_ms, 100..=120_000)?;
        check_range("http.request_time_out_ms", self.request_time_out_ms, 100..=600_000)?;
        if self.drain_ms > DRAIN_MS_MAX {
            let reason = format!("must be at most {DRAIN_MS_MAX}: a stop ends within 20 s");
            return Err(ConfigError::value("http.drain_ms", self.drain_ms, &reason));
        }
        Ok(())
    }
}

/// An address as proxies write it: some add the port.
fn forwarded_address(text: &str) -> Option<IpAddr> {
    let plain = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.parse().ok().or_else(plain).or_else(with_port)
}

fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else { return false };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    matches!(scheme, "http" | "https") && !authority.is_empty() && authority.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Sources};

    #[test]
    fn a_client_is_the_right_most_address_that_is_no_trusted_proxy() {
        let mut http = Config::load(&Sources::default()).unwrap().config.http;
        for (trusted, peer, forwarded, client) in [
            ("", "10.0.0.1", vec!["1.1.1.1"], "10.0.0.1"),
            ("10.0.0.1", "10.0.0.2", vec!["1.1.1.1"], "10.0.0.2"),
            ("10.0.0.1", "10.0.0.1", vec![], "10.0.0.1"),
            ("10.0.0.1", "::ffff:10.0.0.1", vec!["1.1.1.1"], "1.1.1.1"),
            ("10.0.0.1", "10.0.0.1", vec!["6.6.6.6, 1.1.1.1"], "1.1.1.1"),
            ("10.0.0.1", "10.0.0.1", vec!["6.6.6.6", "1.1.1.1"], "1.1.1.1"),
            ("10.0.0.1 10.0.0.9", "10.0.0.1", vec!["6.6.6.6, 1.1.1.1,10.0.0.9"], "1.1.1.1"),
            ("10.0.0.1 10.0.0.9", "10.0.0.1", vec!["10.0.0.9"], "10.0.0.9"),
            ("10.0.0.1", "10.0.0.1", vec!["1.1.1.1, unknown"], "10.0.0.1"),
            ("10.0.0.1", "10.0.0.1", vec!["1.1.1.1:443"], "1.1.1.1"),
            ("10.0.0.1", "10.0.0.1", vec!["[2001:db8::1]:443"], "2001:db8::1"),
            ("10.0.0.1", "10.0.0.1", vec!["[2001:db8::1]"], "2001:db8::1"),
        ] {
            http.trusted_proxies =
                trusted.split_whitespace().map(|text| text.parse().unwrap()).collect();
            let found = http.client(peer.parse().unwrap(), forwarded.iter().copied());
            assert_eq!(found.to_string(), client, "{trusted} {peer} {forwarded:?}");
        }
    }
}
