//! The thread of the network: sockets and requests are driven on it, and what the system's key
//! store takes its time for beside it.

use std::thread::JoinHandle;
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use super::log::Log;

const STACK_BYTES: usize = 1024 * 1024;

/// Ends what is under way when it is dropped.
pub(super) struct Network {
    handle: Handle,
    end: oneshot::Sender<Duration>,
    thread: JoinHandle<()>,
}

impl Network {
    pub(super) fn begin(log: &Log) -> std::io::Result<Self> {
        let (log, beside) = (log.clone(), log.clone());
        // Not the runtime of several threads: in a library that phones load, each task would be
        // there twice, once for either kind of runtime.
        let runtime = Builder::new_current_thread()
            .max_blocking_threads(2)
            .thread_name("baton-keys")
            .on_thread_start(move || beside.own_this_thread())
            .thread_stack_size(STACK_BYTES)
            .enable_io()
            .enable_time()
            .build()?;
        let handle = runtime.handle().clone();
        let (end, is_over) = oneshot::channel();
        let drive = move || {
            log.own_this_thread();
            let left = runtime.block_on(is_over).unwrap_or(Duration::ZERO);
            runtime.shutdown_timeout(left);
        };
        let thread = std::thread::Builder::new()
            .name("baton-net".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(drive)?;
        Ok(Self { handle, end, thread })
    }

    /// Where its work is given.
    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Ends it; what is blocked beside it has so long. The thread can be waited for.
    pub(super) fn end(self, left: Duration) -> JoinHandle<()> {
        self.end.send(left).ok();
        self.thread
    }
}
