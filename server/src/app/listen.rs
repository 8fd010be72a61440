//! The loop that takes connections, up to a limit in all and for each address. It limits the time
//! for headers and for clients that do not read, and ends in order.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use super::stalled::Guarded;
use super::tls::Tls;
use crate::config::{HttpConfig, network};
use crate::telemetry::Metrics;

/// What a connection above its address's share is told, before it says anything.
const TOO_MANY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\n\
    connection: close\r\ncontent-type: application/problem+json\r\ncontent-length: 168\r\n\r\n\
    {\"type\":\"about:blank\",\"status\":503,\"code\":\"unavailable\",\
    \"title\":\"Service Unavailable\",\
    \"detail\":\"this address has too many connections; try again\",\"retry_after_ms\":5000}";

/// A listening server.
pub(super) struct Listening {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    /// Looks at the certificate.
    look: Option<JoinHandle<()>>,
}

impl Listening {
    /// Takes connections from here on.
    pub(super) fn start(
        listener: TcpListener,
        router: Router,
        config: &HttpConfig,
        tls: Option<Tls>,
        metrics: Metrics,
    ) -> Self {
        let (stop, stopped) = watch::channel(false);
        let look = tls.as_ref().map(|tls| tokio::spawn(tls.clone().watch()));
        let accepting = Accepting {
            listener,
            router,
            places: Arc::new(Semaphore::new(config.connections_max)),
            shares: Arc::default(),
            tls,
            config: config.clone(),
            metrics,
        };
        Self { stop, task: tokio::spawn(accepting.run(stopped)), look }
    }

    /// `http` or `https`.
    pub(super) fn scheme(&self) -> &'static str {
        if self.look.is_some() { "https" } else { "http" }
    }

    /// Takes no new connections; requests under way go on.
    pub(super) fn refuse_new(&self) {
        self.stop.send_replace(true);
    }

    /// Waits until the last request has been answered, at most `within`.
    pub(super) async fn finish(self, within: Duration) {
        self.refuse_new();
        if let Some(look) = &self.look {
            look.abort();
        }
        let ended = async {
            drop(self.task.await);
            // Each connection that serves requests holds a receiver.
            self.stop.closed().await;
        };
        if tokio::time::timeout(within, ended).await.is_err() {
            tracing::warn!("some requests did not end in time");
        }
    }
}

struct Accepting {
    listener: TcpListener,
    router: Router,
    places: Arc<Semaphore>,
    shares: Arc<Shares>,
    tls: Option<Tls>,
    config: HttpConfig,
    metrics: Metrics,
}

impl Accepting {
    async fn run(self, mut stopped: watch::Receiver<bool>) {
        let stop = stopped.clone();
        loop {
            let next = tokio::select! {
                next = self.next() => next,
                _ = stopped.wait_for(|stopped| *stopped) => return,
            };
            let (place, stream, peer) = match next {
                Ok(next) => next,
                Err(error) => {
                    // Out of file descriptors, mostly: those open have to end first.
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let Some(share) = self.share(peer.ip()) else {
                if self.tls.is_none() {
                    drop(stream.try_write(TOO_MANY));
                }
                continue;
            };
            let (serving, stop) = (self.serve(stream, peer, share), stop.clone());
            tokio::spawn(async move {
                serving.until(stop).await;
                drop(place);
            });
        }
    }

    /// The next connection, once there is a place for it.
    async fn next(&self) -> std::io::Result<(OwnedSemaphorePermit, TcpStream, SocketAddr)> {
        let place = Arc::clone(&self.places).acquire_owned();
        let place = place.await.map_err(std::io::Error::other)?;
        let (stream, peer) = self.listener.accept().await?;
        Ok((place, stream, peer))
    }

    /// A place among the connections of this address, if one is free. Behind a proxy that is
    /// trusted there are many clients.
    fn share(&self, peer: IpAddr) -> Option<Share> {
        let most = match self.config.is_trusted(peer) {
            true => usize::MAX,
            false => self.config.connections_per_address_max,
        };
        let share = Shares::take(&self.shares, network(peer), most);
        if share.is_none() {
            self.metrics.connections_refused.inc();
        }
        share
    }

    fn serve(&self, stream: TcpStream, peer: SocketAddr, share: Share) -> Serving {
        // Frames and answers are whole when they are written: waiting for more gains nothing.
        drop(stream.set_nodelay(true));
        let write = Duration::from_millis(self.config.write_time_out_ms);
        Serving {
            stream: Guarded::new(stream, write, share),
            peer,
            router: self.router.clone(),
            tls: self.tls.as_ref().map(Tls::acceptor),
            header_time_out: Duration::from_millis(self.config.header_time_out_ms),
            metrics: self.metrics.clone(),
        }
    }
}

/// One connection.
struct Serving {
    stream: Guarded<Share>,
    peer: SocketAddr,
    router: Router,
    tls: Option<TlsAcceptor>,
    header_time_out: Duration,
    metrics: Metrics,
}

impl Serving {
    /// Answers its requests until it ends or becomes a socket; when told to stop, none after the
    /// one under way.
    async fn until(self, stopped: watch::Receiver<bool>) {
        let Self { stream, peer, router, tls, header_time_out, metrics } = self;
        let answering = Answering { peer, router, header_time_out, metrics };
        let Some(tls) = tls else { return answering.until(stream, stopped).await };
        // A hello that does not come, or is none, has no answer.
        if let Ok(Ok(stream)) = tokio::time::timeout(header_time_out, tls.accept(stream)).await {
            answering.until(stream, stopped).await;
        }
    }
}

/// One connection on which requests come.
struct Answering {
    peer: SocketAddr,
    router: Router,
    header_time_out: Duration,
    metrics: Metrics,
}

impl Answering {
    async fn until<S>(self, stream: S, mut stopped: watch::Receiver<bool>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (router, peer) = (self.router, self.peer);
        let service = tower::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let mut request = request.map(axum::body::Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().oneshot(request)
        });
        let mut builder = Builder::new();
        // The time for headers begins with the connection, and again after each answer.
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(self.header_time_out)
            .max_buf_size(64 * 1024);
        let connection = builder
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
            .with_upgrades();
        let mut connection = pin!(connection);
        let told_to_stop = async { drop(stopped.wait_for(|stopped| *stopped).await) };
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = told_to_stop => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        // Clients go away in the middle of things; there is nothing to be done about it.
        if ended.is_err_and(|error| Guarded::<Share>::gave_up(&error)) {
            self.metrics.slow_readers_cut.inc();
        }
    }
}

/// How many connections each address has, those that became sockets included.
#[derive(Debug, Default)]
struct Shares(Mutex<BTreeMap<IpAddr, usize>>);

/// One of them; given back when dropped.
#[derive(Debug)]
struct Share(Arc<Shares>, IpAddr);

impl Shares {
    fn take(shares: &Arc<Self>, address: IpAddr, most: usize) -> Option<Share> {
        let mut all = shares.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = all.entry(address).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Share(Arc::clone(shares), address))
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut all = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = all.get_mut(&self.1) {
            *count -= 1;
            if *count == 0 {
                all.remove(&self.1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::config::{Config, Sources};

    const PATIENCE: Duration = Duration::from_secs(10);

    #[tokio::test]
    async fn a_full_house_hears_that_it_is_to_stop() {
        let mut config = Config::load(&Sources::default()).unwrap().config.http;
        (config.connections_max, config.header_time_out_ms) = (1, 600_000);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let listening = Listening::start(listener, Router::new(), &config, None, Metrics::new());
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nhost: baton\r\n\r\n").await.unwrap();
        let mut answer = [0; 12];
        client.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 404");
        // The only place is taken, and the client keeps its connection.
        listening.refuse_new();
        let mut rest = Vec::new();
        let ended =
            async { tokio::join!(listening.finish(PATIENCE * 6), client.read_to_end(&mut rest)).1 };
        tokio::time::timeout(PATIENCE, ended).await.expect("it does not stop").unwrap();
    }
}
