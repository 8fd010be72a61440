//! The loop that takes connections: bounded in number, with a time limit on their headers, and an
//! orderly end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

use crate::config::HttpConfig;

/// A listening server.
pub(super) struct Listening {
    stop: watch::Sender<bool>,
    task: JoinHandle<GracefulShutdown>,
}

impl Listening {
    /// Takes connections from here on.
    pub(super) fn start(listener: TcpListener, router: Router, config: &HttpConfig) -> Self {
        let (stop, stopped) = watch::channel(false);
        let header_time_out = Duration::from_millis(config.header_time_out_ms);
        let accepting = Accepting {
            listener,
            router,
            places: Arc::new(Semaphore::new(config.connections_max)),
            header_time_out,
        };
        Self { stop, task: tokio::spawn(accepting.run(stopped)) }
    }

    /// Takes no new connections; requests under way go on.
    pub(super) fn refuse_new(&self) {
        self.stop.send_replace(true);
    }

    /// Waits until the last request has been answered, at most `within`.
    pub(super) async fn finish(self, within: Duration) {
        self.refuse_new();
        let ended = async {
            if let Ok(connections) = self.task.await {
                connections.shutdown().await;
            }
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
    header_time_out: Duration,
}

impl Accepting {
    async fn run(self, mut stopped: watch::Receiver<bool>) -> GracefulShutdown {
        let connections = GracefulShutdown::new();
        loop {
            let next = tokio::select! {
                next = self.next() => next,
                _ = stopped.wait_for(|stopped| *stopped) => break,
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
            let connection = connections.watch(self.connection(stream, peer));
            tokio::spawn(async move {
                // Clients go away in the middle of things; there is nothing to be done about it.
                drop(connection.await);
                drop(place);
            });
        }
        connections
    }

    /// The next connection, once there is a place for it.
    async fn next(&self) -> std::io::Result<(OwnedSemaphorePermit, TcpStream, SocketAddr)> {
        let place = Arc::clone(&self.places).acquire_owned();
        let place = place.await.map_err(std::io::Error::other)?;
        let (stream, peer) = self.listener.accept().await?;
        Ok((place, stream, peer))
    }

    fn connection(&self, stream: TcpStream, peer: SocketAddr) -> impl GracefulConnection + use<> {
        // Frames and answers are whole when they are written: waiting for more gains nothing.
        drop(stream.set_nodelay(true));
        let router = self.router.clone();
        let service = tower::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let mut request = request.map(axum::body::Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().oneshot(request)
        });
        let mut builder = Builder::new(TokioExecutor::new()).http1_only();
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(self.header_time_out)
            .max_buf_size(64 * 1024);
        builder
            .serve_connection_with_upgrades(TokioIo::new(stream), TowerToHyperService::new(service))
            .into_owned()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    #[tokio::test]
    async fn a_full_house_hears_that_it_is_to_stop() {
        let config = HttpConfig {
            bind: SocketAddr::from(([127, 0, 0, 1], 0)),
            allowed_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            body_bytes_max: 1000,
            bodies_bytes_max: 4000,
            connections_max: 1,
            header_time_out_ms: 600_000,
            request_time_out_ms: 600_000,
            drain_ms: 600_000,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let listening = Listening::start(listener, Router::new(), &config);
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
