//! Requests to push services: time-outs, no redirects, answers of bounded length.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, ClientBuilder, RequestBuilder, Url, redirect, retry};

use super::{REQUEST_MAX, Verdict};

/// Bytes of an answer that are read.
const ANSWER_BYTES_MAX: usize = 4_096;
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// Nobody is told to wait longer than this.
const WAIT_MAX: Duration = Duration::from_secs(60 * 60);

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    /// As much as was read.
    pub(super) body: Vec<u8>,
}

/// A client for services that the operator names. Plain HTTP/2 is spoken only where a test runs
/// such a service on this machine.
pub(super) fn client(url: &str) -> Result<Client, reqwest::Error> {
    let client = common();
    if url.starts_with("http://") { client.http2_prior_knowledge().build() } else { client.build() }
}

/// A client for services that speak whatever they like.
pub(super) fn any_client() -> Result<Client, reqwest::Error> {
    common().build()
}

/// A client for addresses that devices name: it connects to nobody on private networks, whatever
/// a name resolves to at that moment.
pub(super) fn guarded_client(allows_private: bool) -> Result<Client, reqwest::Error> {
    let client = common();
    if allows_private { client.build() } else { client.dns_resolver(Arc::new(Guard)).build() }
}

fn common() -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("baton/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        // A proxy would connect to whom we must not.
        .no_proxy()
        .connect_timeout(CONNECT_MAX)
        .timeout(REQUEST_MAX)
        .pool_idle_timeout(Duration::from_secs(90))
        .http2_keep_alive_interval(Duration::from_secs(30))
        .http2_keep_alive_while_idle(true)
        .referer(false)
}

/// Sends, and reads as much of the answer as may mean something. Without an answer the push may
/// have gone or not: it is sent again, and the device knows it by its id.
pub(super) async fn exchange(request: RequestBuilder) -> Result<Answer, Verdict> {
    let lost = |why| Verdict::Again { after: None, why, is_outage: true };
    let mut response = request.send().await.map_err(|error| {
        lost(match (error.is_connect(), error.is_timeout()) {
            (true, _) => "connect",
            (_, true) => "time_out",
            _ => "connection",
        })
    })?;
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = retry_after.and_then(|text| text.trim().parse().ok());
    let mut body = Vec::new();
    while body.len() < ANSWER_BYTES_MAX {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(_) => return Err(lost("connection")),
        }
    }
    body.truncate(ANSWER_BYTES_MAX);
    Ok(Answer {
        status: response.status().as_u16(),
        retry_after: retry_after.map(|seconds| Duration::from_secs(seconds).min(WAIT_MAX)),
        body,
    })
}

/// Resolves names to public addresses alone.
#[derive(Debug)]
struct Guard;

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|at| is_public(at.ip())).collect();
            if public.is_empty() {
                let why = std::io::Error::other("no public address");
                return Err(Box::new(why).into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Whether an endpoint may be asked at all: https, and no address of a private network.
pub(super) fn is_fit(url: &Url, allows_private: bool) -> bool {
    if allows_private {
        return matches!(url.scheme(), "https" | "http");
    }
    // Names are looked at when they are resolved.
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let is_public_host = !host.is_empty() && host.parse().map_or(true, is_public);
    url.scheme() == "https" && is_public_host && url.username().is_empty()
}

/// Whether an address is one of the open Internet.
pub(super) fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => match embedded_v4(ip) {
            Some(inner) => is_public_v4(inner),
            None => is_public_v6(ip),
        },
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let is_shared = a == 100 && (64..128).contains(&b);
    let is_protocol = a == 192 && b == 0 && c == 0;
    let is_benchmark = a == 198 && (b == 18 || b == 19);
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_broadcast()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        || a >= 240
        || is_shared
        || is_protocol
        || is_benchmark)
}

/// The address inside one that is translated: mapped, 6to4 or NAT64.
fn embedded_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match ip.segments() {
        [0, 0, 0, 0, 0, 0xffff | 0, high, low] => Some(of(high, low)),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(of(high, low)),
        [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [first, second, ..] = ip.segments();
    let is_global = first & 0xe000 == 0x2000;
    let is_documentation = first == 0x2001 && second == 0x0db8;
    is_global && !is_documentation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_private_networks_are_not_asked_in_whatever_form_they_come() {
        for (ip, expected) in [
            ("8.8.8.8", true),
            ("2a00:1450:4003:80f::200e", true),
            ("127.0.0.1", false),
            ("10.0.0.1", false),
            ("172.16.5.4", false),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("0.0.0.0", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("::1", false),
            ("::", false),
            ("fe80::1", false),
            ("fd00::1", false),
            ("ff02::1", false),
            ("::ffff:10.0.0.1", false),
            ("64:ff9b::a9fe:a9fe", false),
            ("2002:7f00:1::", false),
            ("::ffff:8.8.8.8", true),
        ] {
            assert_eq!(is_public(ip.parse().unwrap()), expected, "{ip}");
        }
    }

    #[test]
    fn an_endpoint_is_https_and_no_literal_address_of_a_private_network() {
        for (url, expected) in [
            ("https://push.example.org/x", true),
            ("http://push.example.org/x", false),
            ("https://127.0.0.1/x", false),
            ("https://[::1]/x", false),
            ("https://[::ffff:7f00:1]/x", false),
            ("https://2130706433/x", false),
            ("https://0x7f.1/x", false),
            ("https://user@push.example.org/x", false),
            ("ftp://push.example.org/x", false),
        ] {
            assert_eq!(is_fit(&Url::parse(url).unwrap(), false), expected, "{url}");
        }
        assert!(is_fit(&Url::parse("http://127.0.0.1/x").unwrap(), true));
    }

    #[tokio::test]
    async fn a_name_that_resolves_to_this_machine_is_not_connected_to() {
        let name: Name = "localhost".parse().unwrap();
        assert!(Guard.resolve(name).await.is_err());
    }
}
