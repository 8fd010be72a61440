//! A listener that speaks HTTP/2 without TLS, and nothing else, as Apple's service does.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tower::ServiceExt as _;

use super::failing::Connection;
use crate::base::conn::{Cut, CuttableStream};
use crate::state::shared::Shared;

/// Streams at once, as Apple's service announces them.
const STREAMS_MAX: u32 = 1_000;

/// Tells the connection of a call to take no further one.
#[derive(Clone, Debug, Default)]
pub(super) struct GoAway(Arc<Notify>);

impl GoAway {
    pub(super) fn say(&self) {
        self.0.notify_one();
    }
}

impl<S: Sync> FromRequestParts<S> for Connection {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let cut = parts.extensions.get::<ConnectInfo<Cut>>().map(|ConnectInfo(cut)| cut.clone());
        let go_away = parts.extensions.get::<GoAway>().cloned();
        Ok(Self { cut: cut.unwrap_or_default(), go_away })
    }
}

/// Serves until the simulator stops.
pub(crate) async fn serve(shared: Arc<Shared>, listener: TcpListener, app: Router) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shared.stopped() => return,
        };
        match accepted {
            Ok((stream, _)) => {
                let cut = Cut::default();
                let stream = CuttableStream::new(stream, cut.clone());
                tokio::spawn(connection(Arc::clone(&shared), stream, cut, app.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn connection(shared: Arc<Shared>, stream: CuttableStream, cut: Cut, app: Router) {
    let go_away = GoAway::default();
    let going = go_away.clone();
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(cut.clone()));
        request.extensions_mut().insert(going.clone());
        app.clone().oneshot(request)
    });
    let served = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .max_concurrent_streams(STREAMS_MAX)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(served);
    loop {
        tokio::select! {
            ended = served.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection to the push services ended");
                }
                return;
            }
            () = go_away.0.notified() => served.as_mut().graceful_shutdown(),
            () = shared.stopped() => return,
        }
    }
}
