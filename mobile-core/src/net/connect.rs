//! Opens connections: DNS, TCP and TLS. Each knows whether a byte was sent over it.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::address::{Address, InvalidUrl};
use super::limits::{ADDRESSES_MAX, NEXT_ADDRESS};
use super::trust::{self, Platform};
use super::tunnel::{Through, dig};

/// Why no connection came about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Trouble {
    /// The name of the server leads nowhere, or there is no network.
    #[error("the server's name has no address: check the name and the network")]
    NoSuchName,
    /// Nobody answers there.
    #[error("no answer at the server's address")]
    NoAnswer,
    /// Somebody answers, but cannot prove to be the server.
    #[error("the server's certificate is not trusted")]
    NotTrusted,
    /// The proxy of this network does not let through to the server.
    #[error("the network's proxy does not let through to the server")]
    Proxy,
}

/// Opens connections to one server.
pub(super) struct Connector {
    host: String,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    pub(super) platform: Platform,
    pub(super) through: Through,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector").field("host", &self.host).finish_non_exhaustive()
    }
}

impl Connector {
    pub(super) fn new(address: &Address, extra_ca_pem: Option<&str>) -> Result<Self, InvalidUrl> {
        let platform = Platform::default();
        let config = trust::config(extra_ca_pem, &platform)?;
        let name = ServerName::try_from(address.host.clone());
        let name = name.map_err(|_odd| InvalidUrl::Malformed)?;
        let tls = address.is_tls.then(|| (TlsConnector::from(Arc::new(config)), name));
        let (host, port) = (address.host.clone(), address.port);
        Ok(Self { host, port, tls, platform, through: Through::default() })
    }

    pub(super) async fn open(&self) -> Result<Stream, Trouble> {
        let inner = match &self.tls {
            // Without TLS the server is on this machine, to which no proxy leads.
            None => Inner::Plain(reach(&self.host, self.port).await?),
            Some((connector, name)) => {
                let tls = connector.connect(name.clone(), self.tunnel().await?).await;
                Inner::Tls(Box::new(tls.map_err(|error| trouble(&error))?))
            }
        };
        Ok(Stream { inner, marks: Arc::default() })
    }

    /// A connection to the server, through the proxy if there is one.
    async fn tunnel(&self) -> Result<TcpStream, Trouble> {
        let Some(proxy) = self.through.get() else { return reach(&self.host, self.port).await };
        let mut tcp = reach(&proxy.host, proxy.port).await?;
        dig(&mut tcp, &self.host, self.port).await?;
        Ok(tcp)
    }
}

async fn reach(host: &str, port: u16) -> Result<TcpStream, Trouble> {
    let found = tokio::net::lookup_host((host, port)).await;
    let found: Vec<_> = found.map_err(|_unknown| Trouble::NoSuchName)?.collect();
    if found.is_empty() {
        return Err(Trouble::NoSuchName);
    }
    let tcp = dial(&found).await.map_err(|_refused| Trouble::NoAnswer)?;
    // Small frames go at once; where that cannot be set they go a little later.
    drop(tcp.set_nodelay(true));
    Ok(tcp)
}

fn trouble(error: &io::Error) -> Trouble {
    // The kind that a fault of TLS itself has.
    let is_of_tls = error.kind() == io::ErrorKind::InvalidData;
    if is_of_tls { Trouble::NotTrusted } else { Trouble::NoAnswer }
}

/// The first address that answers. The next one is tried too when one takes its time: on many
/// phones IPv6 or IPv4 leads nowhere.
async fn dial(found: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut next = in_turn(found).into_iter();
    let mut dialling = FuturesUnordered::new();
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    loop {
        match next.next() {
            Some(address) => dialling.push(TcpStream::connect(address)),
            None if dialling.is_empty() => return Err(last),
            None => {}
        }
        tokio::select! {
            Some(dialled) = dialling.next() => match dialled {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            },
            () = tokio::time::sleep(NEXT_ADDRESS), if next.len() > 0 => {}
        }
    }
}

/// One of each kind in turn, beginning with the kind that was named first.
fn in_turn(found: &[SocketAddr]) -> Vec<SocketAddr> {
    let is_first_kind =
        |address: &SocketAddr| found.first().is_some_and(|f| f.is_ipv4() == address.is_ipv4());
    let (mut ones, mut others): (Vec<SocketAddr>, Vec<_>) =
        found.iter().copied().partition(is_first_kind);
    (ones, others) = (ones.into_iter().rev().collect(), others.into_iter().rev().collect());
    let mut order = Vec::new();
    while let Some(one) = ones.pop().or_else(|| others.pop()) {
        order.push(one);
        order.extend(others.pop());
    }
    order.truncate(ADDRESSES_MAX);
    order
}

/// The traffic over a connection since [`Marks::forget`]: whether a byte was sent, and whether one
/// came.
#[derive(Debug, Default)]
pub(super) struct Marks {
    sent: AtomicBool,
    heard: AtomicBool,
}

impl Marks {
    pub(super) fn forget(&self) {
        self.sent.store(false, Ordering::SeqCst);
        self.heard.store(false, Ordering::SeqCst);
    }

    /// Whether a byte may have left.
    pub(super) fn has_sent(&self) -> bool {
        self.sent.load(Ordering::SeqCst)
    }

    /// Whether a byte came.
    pub(super) fn has_heard(&self) -> bool {
        self.heard.load(Ordering::SeqCst)
    }
}

/// A connection.
#[derive(Debug)]
pub(super) struct Stream {
    inner: Inner,
    pub(super) marks: Arc<Marks>,
}

#[derive(Debug)]
enum Inner {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        ready!(match &mut this.inner {
            Inner::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Inner::Tls(tls) => Pin::new(tls.as_mut()).poll_read(cx, buf),
        })?;
        if buf.filled().len() > before {
            this.marks.heard.store(true, Ordering::SeqCst);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let (written, is_certain) = match &mut this.inner {
            Inner::Plain(tcp) => (Pin::new(tcp).poll_write(cx, bytes), true),
            // A record may have left in part before it failed.
            Inner::Tls(tls) => (Pin::new(tls.as_mut()).poll_write(cx, bytes), false),
        };
        let written = ready!(written);
        if !is_certain || written.as_ref().is_ok_and(|count| *count > 0) {
            this.marks.sent.store(true, Ordering::SeqCst);
        }
        Poll::Ready(written)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().inner {
            Inner::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Inner::Tls(tls) => Pin::new(tls.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().inner {
            Inner::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Inner::Tls(tls) => Pin::new(tls.as_mut()).poll_shutdown(cx),
        }
    }
}
