//! What runs as long as the server does. A part that panics is a fault of the program: without the
//! committer, for one, nothing is decided, though everything else goes on. The server ends then, so
//! that its supervisor starts it again.

use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle};

/// The committer and the background workers.
pub(super) struct Kept {
    parts: Vec<AbortHandle>,
    fallen: watch::Receiver<bool>,
}

impl Kept {
    /// Watches these. One that comes to its end by itself, or is aborted, is no fault.
    pub(super) fn watch(parts: Vec<JoinHandle<()>>) -> Self {
        let (tell, fallen) = watch::channel(false);
        let aborts = parts.iter().map(JoinHandle::abort_handle).collect();
        for part in parts {
            let tell = tell.clone();
            tokio::spawn(async move {
                if part.await.is_err_and(|error| error.is_panic()) {
                    tell.send_replace(true);
                }
            });
        }
        Self { parts: aborts, fallen }
    }

    /// Waits until one of them has panicked.
    pub(super) async fn fallen(&self) {
        // Without anybody who could tell, none is running.
        if self.fallen.clone().wait_for(|fallen| *fallen).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Ends them where they are.
    pub(super) fn abort(&self) {
        self.parts.iter().for_each(AbortHandle::abort);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_part_that_panics_is_told_and_one_that_ends_is_not() {
        let ends = tokio::spawn(async {});
        let runs = tokio::spawn(std::future::pending());
        let kept = Kept::watch(vec![ends, runs]);
        kept.abort();
        tokio::task::yield_now().await;
        assert!(futures_util::FutureExt::now_or_never(kept.fallen()).is_none());
        let panics = tokio::spawn(async { panic!("on purpose") });
        Kept::watch(vec![tokio::spawn(std::future::pending()), panics]).fallen().await;
    }
}
