//! The address of a server.

use std::net::IpAddr;

use hyper::Uri;

/// Why there can be no server.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidUrl {
    /// The address has not the form `https://baton.example.com`.
    #[error("this is not the address of a server: write https:// and its name")]
    Malformed,
    /// It names something that does not belong there: who signs in, a query, a fragment.
    #[error("the address of a server must not have a user, query or fragment: leave them out")]
    TooMuch,
    /// It is neither `https` nor `http`.
    #[error("a server is reached over https: begin its address with https://")]
    Scheme,
    /// It is `http`, and the server is not on this machine.
    #[error("without TLS anybody on the way can read along: write https://")]
    Plain,
    /// The certificates to trust cannot be read.
    #[error("the authority's certificate is not in PEM form: convert it to PEM")]
    Certificate,
    /// It is no address of a proxy.
    #[error("this is not the address of a proxy: write http://, its name and its port")]
    Proxy,
    /// The name of this app cannot stand in a header.
    #[error("the name of the app has characters that a header cannot have")]
    UserAgent,
}

/// A server's address, taken apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Address {
    pub(super) is_tls: bool,
    /// As the name of a host or an IP address, the latter without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// As `Host` says it.
    pub(super) authority: String,
    /// Before every path; without a slash at its end.
    pub(super) path: String,
}

impl Address {
    pub(super) fn parse(text: &str) -> Result<Self, InvalidUrl> {
        let text = text.trim();
        // What parses addresses drops a fragment without a word.
        if text.contains('#') {
            return Err(InvalidUrl::TooMuch);
        }
        let uri: Uri = text.parse().map_err(|_odd| InvalidUrl::Malformed)?;
        let is_tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            Some(_) => return Err(InvalidUrl::Scheme),
            None => return Err(InvalidUrl::Malformed),
        };
        let authority = uri.authority().ok_or(InvalidUrl::Malformed)?;
        if authority.as_str().contains('@') || uri.query().is_some() {
            return Err(InvalidUrl::TooMuch);
        }
        let host = authority.host();
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let port = match (authority.port(), is_tls) {
            (Some(port), _) => port.as_u16(),
            // A colon with nothing, or with too much, behind it.
            (None, _) if authority.as_str() != host => return Err(InvalidUrl::Malformed),
            (None, true) => 443,
            (None, false) => 80,
        };
        if bare.is_empty() || port == 0 {
            return Err(InvalidUrl::Malformed);
        }
        Ok(Self {
            is_tls,
            host: bare.to_owned(),
            port,
            authority: authority.as_str().to_owned(),
            path: uri.path().trim_end_matches('/').to_owned(),
        })
    }

    /// Refuses an address without encryption, unless it is on this machine.
    pub(super) fn without_spies(self) -> Result<Self, InvalidUrl> {
        let is_loopback = self.host.eq_ignore_ascii_case("localhost")
            || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if self.is_tls || is_loopback { Ok(self) } else { Err(InvalidUrl::Plain) }
    }
}
