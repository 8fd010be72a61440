//! A way through the platform's proxy: it is asked for a tunnel to the server (`CONNECT`, RFC 9110,
//! section 9.3.6). What goes through is TLS, so the proxy learns the server's name and no more.

use std::sync::{Arc, PoisonError, RwLock};

use hyper::Uri;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::address::InvalidUrl;
use super::connect::Trouble;

/// Bytes of a proxy's answer at most.
const ANSWER_BYTES_MAX: usize = 8 * 1024;

/// A proxy's address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Proxy {
    pub(super) host: String,
    pub(super) port: u16,
}

impl Proxy {
    /// Of the form `http://proxy.example.com:8080`.
    fn parse(text: &str) -> Result<Self, InvalidUrl> {
        let uri: Uri = text.trim().parse().map_err(|_odd| InvalidUrl::Proxy)?;
        let authority = uri.authority().ok_or(InvalidUrl::Proxy)?;
        let is_bare = uri.path().len() <= 1 && uri.query().is_none();
        if uri.scheme_str() != Some("http") || authority.as_str().contains('@') || !is_bare {
            return Err(InvalidUrl::Proxy);
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = authority.port_u16().unwrap_or(80);
        if host.is_empty() || port == 0 { Err(InvalidUrl::Proxy) } else { Ok(Self { host, port }) }
    }
}

/// The proxy to go through, as the platform says it for the network of the moment.
#[derive(Clone, Default, Debug)]
pub(super) struct Through(Arc<RwLock<Option<Proxy>>>);

impl Through {
    /// Whether it is another one than before.
    pub(super) fn set(&self, url: Option<&str>) -> Result<bool, InvalidUrl> {
        let proxy = url.map(Proxy::parse).transpose()?;
        let mut now = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let is_other = *now != proxy;
        *now = proxy;
        Ok(is_other)
    }

    pub(super) fn get(&self) -> Option<Proxy> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Asks a proxy for a tunnel. What is read behind its answer is the server's: not a byte of it is
/// taken.
pub(super) async fn dig(tcp: &mut TcpStream, host: &str, port: u16) -> Result<(), Trouble> {
    // It is written by hand: nothing in it may end the line.
    if host.contains(|c: char| c.is_control() || c == ' ') {
        return Err(Trouble::Proxy);
    }
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let asked = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n");
    let lost = |_lost: std::io::Error| Trouble::NoAnswer;
    tcp.write_all(asked.as_bytes()).await.map_err(lost)?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() >= ANSWER_BYTES_MAX {
            return Err(Trouble::Proxy);
        }
        answer.push(tcp.read_u8().await.map_err(lost)?);
    }
    let is_open = [b"HTTP/1.1 2".as_slice(), b"HTTP/1.0 2"].iter().any(|ok| answer.starts_with(ok));
    if is_open { Ok(()) } else { Err(Trouble::Proxy) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_a_host_and_a_port_and_nothing_else() {
        let through = Through::default();
        for odd in [
            "",
            "proxy",
            "https://proxy",
            "http://",
            "http://a:b@proxy:1",
            "http://proxy/path",
            "http://proxy:0",
            "http://proxy?x",
            "socks://proxy:1",
        ] {
            assert_eq!(through.set(Some(odd)), Err(InvalidUrl::Proxy), "{odd}");
        }
        assert_eq!(through.get(), None, "what is refused changes nothing");
        for (url, host, port) in [
            ("http://proxy:8080", "proxy", 8080),
            ("http://proxy/", "proxy", 80),
            ("http://[::1]:3128", "::1", 3128),
        ] {
            assert_eq!(through.set(Some(url)), Ok(true));
            assert_eq!(through.get(), Some(Proxy { host: host.to_owned(), port }));
            assert_eq!(through.set(Some(url)), Ok(false));
        }
        assert_eq!(through.set(None), Ok(true));
        assert_eq!(through.get(), None);
    }
}
