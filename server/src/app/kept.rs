//! What runs as long as the server does. A part that panics is a fault of the program: without the
//! committer, for one, nothing is decided, though everything else goes on. The server ends then, so
//! that its supervisor starts it again.

use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle};

/// The committer and the background workers.
pub(super) struct ServerTasks {
    workers: Vec<AbortHandle>,
    committer: AbortHandle,
    fallen: watch::Receiver<bool>,
}

impl ServerTasks {
    /// Watches these. One that comes to its end by itself, or is aborted, is no fault.
    pub(super) fn watch(workers: Vec<JoinHandle<()>>, committer: JoinHandle<()>) -> Self {
        let (tell, fallen) = watch::channel(false);
        let aborts = workers.iter().map(JoinHandle::abort_handle).collect();
        let last = committer.abort_handle();
        for part in workers.into_iter().chain([committer]) {
            let tell = tell.clone();
            tokio::spawn(async move {
                if part.await.is_err_and(|error| error.is_panic()) {
                    tell.send_replace(true);
                }
            });
        }
        Self { workers: aborts, committer: last, fallen }
    }

    /// Waits until one of them has panicked.
    pub(super) async fn fallen(&self) {
        // Without anybody who could tell, none is running.
        if self.fallen.clone().wait_for(|fallen| *fallen).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Ends the workers where they are.
    pub(super) fn end_workers(&self) {
        self.workers.iter().for_each(AbortHandle::abort);
    }

    /// Ends the committer where it is.
    pub(super) fn end_committer(&self) {
        self.committer.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_part_that_panics_is_told_and_one_that_ends_is_not() {
        let ends = tokio::spawn(async {});
        let runs = tokio::spawn(std::future::pending());
        let kept = ServerTasks::watch(vec![ends], runs);
        kept.end_workers();
        kept.end_committer();
        tokio::task::yield_now().await;
        assert!(futures_util::FutureExt::now_or_never(kept.fallen()).is_none());
        let panics = tokio::spawn(async { panic!("on purpose") });
        ServerTasks::watch(vec![tokio::spawn(std::future::pending())], panics).fallen().await;
    }
}
