//! Requests to push services: time-outs, no redirects, answers of bounded length.

use std::error::Error;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use baton_protocol::Timestamp;
use chrono::{DateTime, NaiveDateTime};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};
use reqwest::{Client, ClientBuilder, RequestBuilder, Url, redirect, retry};

use super::{REQUEST_MAX, Verdict};

/// Bytes of an answer that are read.
const ANSWER_BYTES_MAX: usize = 4_096;
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// Nobody is told to wait longer than this.
const WAIT_MAX: Duration = Duration::from_secs(60 * 60);

/// What a push service answered.
#[derive(Debug)]
pub(super) struct ServiceResponse {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    /// The time, as the service tells it.
    pub(super) date: Option<Timestamp>,
    /// As much as was read.
    pub(super) body: Vec<u8>,
}

/// The same client, which connects to public addresses alone.
pub(super) fn guard(client: ClientBuilder) -> ClientBuilder {
    client.dns_resolver(Arc::new(Guard(Arc::new(System))))
}

/// What all clients have in common.
pub(super) fn common() -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("baton/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        // What the environment says of proxies is for others.
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
pub(super) async fn exchange(
    request: RequestBuilder,
    now: Timestamp,
) -> Result<ServiceResponse, Verdict> {
    exchange_up_to(request, now, ANSWER_BYTES_MAX).await
}

/// The same, and reads so many bytes of the answer.
pub(super) async fn exchange_up_to(
    request: RequestBuilder,
    now: Timestamp,
    bytes_max: usize,
) -> Result<ServiceResponse, Verdict> {
    let mut response = request.send().await.map_err(|error| lost(&error))?;
    let date = text(response.headers(), DATE).and_then(http_date);
    let retry_after = text(response.headers(), RETRY_AFTER);
    // Both times are the service's, so that our clock may be wrong.
    let retry_after = retry_after.and_then(|text| wait(text, date.unwrap_or(now)));
    let mut body = Vec::new();
    while body.len() < bytes_max {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) => return Err(lost(&error)),
        }
    }
    body.truncate(bytes_max);
    Ok(ServiceResponse { status: response.status().as_u16(), retry_after, date, body })
}

/// Why there is no answer. An address that may not be asked stays so: nothing is sent again.
fn lost(error: &reqwest::Error) -> Verdict {
    let mut cause = error.source();
    while let Some(known) = cause {
        if known.is::<NotPublic>() {
            return Verdict::Dead("private_endpoint");
        }
        cause = known.source();
    }
    let why = match (error.is_connect(), error.is_timeout()) {
        (true, _) => "connect",
        (_, true) => "time_out",
        _ => "connection",
    };
    Verdict::Again { after: None, why, is_outage: true }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// How long a service asks to be left alone: seconds, or the time when it wants to be asked.
fn wait(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    let wait = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let ms = http_date(text)?.since(now).max(0);
            Duration::from_millis(u64::try_from(ms).unwrap_or_default())
        }
    };
    Some(wait.min(WAIT_MAX))
}

/// A time in one of the three forms of RFC 9110, section 5.6.7.
fn http_date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let obsolete = |form| NaiveDateTime::parse_from_str(text, form).ok();
    let found = DateTime::parse_from_rfc2822(text).map(|at| at.timestamp_millis()).ok();
    found
        .or_else(|| {
            let at = obsolete("%A, %d-%b-%y %H:%M:%S GMT");
            at.or_else(|| obsolete("%a %b %e %H:%M:%S %Y"))
                .map(|at| at.and_utc().timestamp_millis())
        })
        .map(Timestamp::from_ms)
}

/// A name has no address of the open Internet.
#[derive(Debug, thiserror::Error)]
#[error("no public address")]
struct NotPublic;

/// Finds the addresses of a name.
trait Lookup: Send + Sync {
    fn look_up<'a>(&'a self, name: &'a str) -> Looking<'a>;
}

type Looking<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'a>>;

/// Asks this machine's resolver.
struct System;

impl Lookup for System {
    fn look_up<'a>(&'a self, name: &'a str) -> Looking<'a> {
        Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) })
    }
}

/// Resolves names to public addresses alone.
struct Guard(Arc<dyn Lookup>);

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let lookup = Arc::clone(&self.0);
        Box::pin(async move {
            let mut found = lookup.look_up(name.as_str()).await?;
            found.retain(|at| is_public(at.ip()));
            if found.is_empty() {
                return Err(NotPublic.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
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
    let names_nobody = url.username().is_empty() && url.password().is_none();
    let is_other_service = url.port().is_some_and(|port| OTHER_SERVICES.contains(&port));
    url.scheme() == "https" && is_public_host && names_nobody && !is_other_service
}

/// Ports of services that do not speak HTTP: those that the Fetch standard forbids to browsers.
const OTHER_SERVICES: [u16; 82] = [
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101,
    102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427,
    465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990,
    993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667,
    6668, 6669, 6679, 6697,
];

/// Whether an endpoint is on one of these hosts; on any, where none is named.
pub(super) fn is_on(url: &Url, hosts: &[String]) -> bool {
    let host = url.host_str().unwrap_or_default();
    let is_one = |named: &String| match named.strip_prefix('*') {
        Some(below) => host.len() > below.len() && ends_with(host, below),
        None => host.eq_ignore_ascii_case(named),
    };
    hosts.is_empty() || hosts.iter().any(is_one)
}

fn ends_with(host: &str, end: &str) -> bool {
    let (host, end) = (host.to_ascii_lowercase(), end.to_ascii_lowercase());
    host.ends_with(&end)
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
    // What is sent there goes to whichever relay is nearest.
    let is_relay = a == 192 && b == 88 && c == 99;
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
        || is_relay
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
    let is_documentation =
        (first == 0x2001 && second == 0x0db8) || (first == 0x3fff && second < 0x1000);
    // Teredo, whose addresses have another one inside, and what else is no host's of its own.
    let is_protocol = first == 0x2001 && second < 0x0200;
    is_global && !is_documentation && !is_protocol
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

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
            ("192.88.99.1", false),
            ("192.88.98.1", true),
            ("2001:0:4136:e378:8000:63bf:80ff:fffe", false),
            ("2001:0:7f00:1::", false),
            ("2001:1ff::1", false),
            ("2001:200::1", true),
            ("2001:db8::1", false),
            ("3fff::1", false),
            ("3fff:fff::1", false),
            ("3fff:1000::1", true),
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

    #[test]
    fn an_endpoint_is_on_a_host_that_was_named_or_below_one() {
        let check = |url: &str, hosts: &[&str], expected| {
            let hosts: Vec<_> = hosts.iter().map(|host| (*host).to_owned()).collect();
            assert_eq!(is_on(&Url::parse(url).unwrap(), &hosts), expected, "{url} {hosts:?}");
        };
        check("https://push.example.org/x", &[], true);
        check("https://push.example.org/x", &["push.example.org"], true);
        check("https://PUSH.example.org/x", &["Push.Example.org"], true);
        check("https://push.example.org:8443/x", &["push.example.org"], true);
        check("https://a.push.example.org/x", &["push.example.org"], false);
        check("https://push.example.org/x", &["other.org", "*.Example.org"], true);
        check("https://example.org/x", &["*.example.org"], false);
        check("https://evilexample.org/x", &["*.example.org"], false);
        check("https://push.example.org.evil.net/x", &["push.example.org"], false);
    }

    #[test]
    fn a_service_says_how_long_to_wait_in_seconds_or_by_a_date() {
        let now = Timestamp::from_ms(784_111_747_000);
        let check = |text: &str, expected: Option<u64>| {
            assert_eq!(wait(text, now), expected.map(Duration::from_secs), "{text}");
        };
        check("7", Some(7));
        check(" 0 ", Some(0));
        check("999999999", Some(60 * 60));
        check("Sun, 06 Nov 1994 08:49:37 GMT", Some(30));
        check("Sunday, 06-Nov-94 08:49:37 GMT", Some(30));
        check("Sun Nov  6 08:49:37 1994", Some(30));
        check("Sun, 06 Nov 1994 08:00:00 GMT", Some(0));
        check("Tue, 06 Nov 2096 08:49:37 GMT", Some(60 * 60));
        for garbage in ["", "-1", "1.5", "soon", "Sun, 99 Nov 1994 08:49:37 GMT"] {
            check(garbage, None);
        }
    }

    /// Answers each time with the next of these; with the last one from then on.
    struct Changing(Mutex<Vec<&'static str>>);

    impl Lookup for Changing {
        fn look_up<'a>(&'a self, _: &'a str) -> Looking<'a> {
            let mut left = self.0.lock().unwrap();
            let ip = if left.len() > 1 { left.remove(0) } else { left[0] };
            Box::pin(std::future::ready(Ok(vec![SocketAddr::new(ip.parse().unwrap(), 0)])))
        }
    }

    async fn asks(client: &Client, url: &str) -> Verdict {
        exchange(client.post(url), Timestamp::from_ms(0)).await.unwrap_err()
    }

    #[tokio::test]
    async fn a_name_that_resolves_to_this_machine_is_not_connected_to() {
        drop(rustls::crypto::ring::default_provider().install_default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let client = guard(common()).build().unwrap();
        let verdict = asks(&client, &format!("https://localhost:{port}/")).await;
        assert_eq!(verdict, Verdict::Dead("private_endpoint"));
        let connected = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
        assert!(connected.is_err(), "somebody connected");
    }

    #[tokio::test]
    async fn a_name_is_looked_at_whenever_it_is_connected_to_for_its_address_may_change() {
        let lookup = Changing(Mutex::new(vec!["8.8.8.8", "169.254.169.254", "10.0.0.1"]));
        let guard = Guard(Arc::new(lookup));
        let resolves = async || guard.resolve("push.example.org".parse().unwrap()).await;
        assert_eq!(resolves().await.unwrap().count(), 1);
        for _ in 0..2 {
            assert!(resolves().await.is_err_and(|why| why.is::<NotPublic>()));
        }
    }
}
