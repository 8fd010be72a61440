//! Who is told that the database went and that it is back: the log, the figures, the sockets.

use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::gateway::Gateway;
use crate::store::Store;
use crate::telemetry::Metrics;

/// Runs beside the requests until the server stops.
pub(super) fn watch(
    store: &Store,
    gateway: &Arc<Gateway>,
    metrics: &Metrics,
) -> [JoinHandle<()>; 2] {
    let (watched, gateway, metrics) = (store.clone(), Arc::clone(gateway), metrics.clone());
    let mut away = store.watch_away();
    let tell = async move {
        while away.changed().await.is_ok() {
            let is_away = *away.borrow_and_update();
            metrics.database_away.set(is_away.into());
            if is_away {
                tracing::warn!("the database is away; what needs it is refused until it is back");
                gateway.tell_unavailable();
            } else {
                tracing::info!("the database is back");
            }
        }
    };
    [tokio::spawn(async move { watched.keep_watch().await }), tokio::spawn(tell)]
}
