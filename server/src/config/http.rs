//! Listening and requests.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

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
    /// A file with a certificate and its chain, for HTTPS; empty: plain HTTP.
    pub certificate: String,
    /// The file with its private key.
    pub certificate_key: String,
    /// Where browsers may come from besides the server's own address.
    pub allowed_origins: Vec<String>,
    /// The workspace that the page for signing in suggests; empty: the first one's name.
    pub workspace: String,
    /// Names under which the server is asked; empty: any.
    pub allowed_hosts: Vec<String>,
    /// Proxies before the server, whose word is taken on where a request comes from.
    pub trusted_proxies: Vec<IpAddr>,
    /// Largest request body.
    pub body_bytes_max: usize,
    /// Bytes of all request bodies at once.
    pub bodies_bytes_max: usize,
    /// The least rate at which bodies of those who are not signed in have to come.
    pub body_bytes_per_s_min: u64,
    /// Connections at once.
    pub connections_max: usize,
    /// Connections at once of one address, sockets included.
    pub connections_per_address_max: usize,
    /// Time to finish the request headers.
    pub header_time_out_ms: u64,
    /// Time for a client to take something of what it is sent.
    pub write_time_out_ms: u64,
    /// Time to answer a request.
    pub request_time_out_ms: u64,
    /// Time to end when stopping, at most [`DRAIN_MS_MAX`].
    pub drain_ms: u64,
}

impl HttpConfig {
    /// Whether a request may come from this origin. Phones send none. See [`allows_origin`].
    pub fn allows_origin(&self, origin: Option<&str>, host: Option<&str>, is_https: bool) -> bool {
        origin.is_none_or(|origin| allows_origin(&self.allowed_origins, origin, host, is_https))
    }

    /// Whether the server itself speaks HTTPS.
    pub fn has_certificate(&self) -> bool {
        !self.certificate.is_empty()
    }

    /// See [`is_https`].
    pub fn is_https<'a>(&self, peer: IpAddr, told: impl Iterator<Item = &'a str>) -> bool {
        self.has_certificate() || is_https(&self.trusted_proxies, peer, told)
    }

    /// See [`allows_host`].
    pub fn allows_host(&self, host: Option<&str>) -> bool {
        allows_host(&self.allowed_hosts, host)
    }

    /// See [`client`].
    pub fn client<'a>(
        &self,
        peer: IpAddr,
        forwarded: impl DoubleEndedIterator<Item = &'a str>,
    ) -> IpAddr {
        client(&self.trusted_proxies, peer, forwarded)
    }

    /// Whether this is the address of a proxy that was named.
    pub fn is_trusted(&self, address: IpAddr) -> bool {
        is_among(&self.trusted_proxies, address)
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        if self.certificate.is_empty() != self.certificate_key.is_empty() {
            let reason = "http.certificate and http.certificate_key belong together";
            let given = format!("{}{}", self.certificate, self.certificate_key);
            return Err(ConfigError::value("http.certificate", given, reason));
        }
        for origin in &self.allowed_origins {
            if !is_origin(origin) {
                let reason = "must be scheme://host or scheme://host:port without a path";
                return Err(ConfigError::value("http.allowed_origins", origin, reason));
            }
        }
        for host in &self.allowed_hosts {
            if host.is_empty() || host.contains('/') || host.contains(char::is_whitespace) {
                let reason = "must be a host, or host:port, without a scheme";
                return Err(ConfigError::value("http.allowed_hosts", host, reason));
            }
        }
        if !self.workspace.is_empty()
            && let Err(reason) = baton_domain::text::names::slug(&self.workspace)
        {
            return Err(ConfigError::value("http.workspace", &self.workspace, reason));
        }
        check_range("http.body_bytes_max", self.body_bytes_max as u64, 65_536..=67_108_864)?;
        // Of each kind of body a largest one has to fit in: see `http::Room`.
        let bodies = self.body_bytes_max as u64 * 4..=4_294_967_296;
        check_range("http.bodies_bytes_max", self.bodies_bytes_max as u64, bodies)?;
        check_range("http.connections_max", self.connections_max as u64, 1..=1_000_000)?;
        let most = self.connections_per_address_max as u64;
        check_range("http.connections_per_address_max", most, 1..=1_000_000)?;
        check_range("http.body_bytes_per_s_min", self.body_bytes_per_s_min, 1..=1_048_576)?;
        check_range("http.write_time_out_ms", self.write_time_out_ms, 100..=600_000)?;
        check_range("http.header_time_out_ms", self.header_time_out_ms, 100..=120_000)?;
        check_range("http.request_time_out_ms", self.request_time_out_ms, 100..=600_000)?;
        if self.drain_ms > DRAIN_MS_MAX {
            let reason = format!("must be at most {DRAIN_MS_MAX}: a stop ends within 20 s");
            return Err(ConfigError::value("http.drain_ms", self.drain_ms, &reason));
        }
        Ok(())
    }
}

/// Whether a trusted proxy says that a request came to it by HTTPS; `told` are the values of
/// X-Forwarded-Proto.
pub fn is_https<'a>(
    trusted: &[IpAddr],
    peer: IpAddr,
    mut told: impl Iterator<Item = &'a str>,
) -> bool {
    let is_named =
        |value: &str| value.split(',').any(|one| one.trim().eq_ignore_ascii_case("https"));
    is_among(trusted, peer) && told.any(is_named)
}

/// Where a request of `peer` comes from: the right-most address of `forwarded`, the values of
/// X-Forwarded-For in order, that is no trusted proxy's. Whatever lies left of it is hearsay.
pub fn client<'a>(
    trusted: &[IpAddr],
    peer: IpAddr,
    forwarded: impl DoubleEndedIterator<Item = &'a str>,
) -> IpAddr {
    let mut from = peer;
    for text in forwarded.rev().flat_map(|value| value.rsplit(',')) {
        if !is_among(trusted, from) {
            break;
        }
        let Some(address) = forwarded_address(text.trim()) else { break };
        from = address;
    }
    from
}

/// Whether a server that is asked under these names (any, if there are none) is asked under this
/// one. `desk.example.com` fits any port, `desk.example.com:8443` that one alone.
pub fn allows_host(allowed: &[String], host: Option<&str>) -> bool {
    let host = host.unwrap_or_default().to_ascii_lowercase();
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let name = name.map_or(host.as_str(), |(name, _)| name);
    let fits = |one: &String| one.eq_ignore_ascii_case(&host) || one.eq_ignore_ascii_case(name);
    allowed.is_empty() || allowed.iter().any(fits)
}

fn is_among(proxies: &[IpAddr], address: IpAddr) -> bool {
    proxies.iter().any(|proxy| proxy.to_canonical() == address.to_canonical())
}

/// The network that counts as one client: whoever has one IPv6 address has 2^64 of them.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
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
    use crate::config::{Config, Sources, allows_host};

    #[test]
    fn a_server_is_asked_under_its_own_names() {
        let allowed = ["desk.example".to_owned(), "a.example:8443".to_owned(), "[::1]".to_owned()];
        for (host, is_ours) in [
            ("desk.example", true),
            ("Desk.Example:443", true),
            ("a.example:8443", true),
            ("[::1]:8080", true),
            ("a.example", false),
            ("evil.example", false),
            ("desk.example.evil.example", false),
            ("", false),
        ] {
            assert_eq!(allows_host(&allowed, Some(host)), is_ours, "{host}");
        }
        assert!(!allows_host(&allowed, None));
        assert!(allows_host(&[], Some("evil.example")) && allows_host(&[], None));
    }

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
