//! Long requests: those that compute for seconds. Each runs on a thread of its own, so that the
//! server's threads answer everybody else meanwhile.
//!
//! A workspace has one of a kind at a time. The threads compute in turns of two seconds, few at
//! once and one of a workspace, and each of them for a minute in all. One whose client has left
//! ends.

mod budget;

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;
use std::time::Duration;

use axum::body::Body;
use baton_protocol::WorkspaceId;
use futures_util::future::OptionFuture;
use futures_util::stream;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;
use tracing::Instrument as _;

use self::budget::{Budgeted, Cpu, Limits};
pub(super) use self::budget::{Ended, TimeBudget};
use super::{Fault, HandlerResult};
use crate::accounts::Slots;

/// After it, somebody who found no room asks again.
const RETRY: Duration = Duration::from_secs(2);
/// The time for which somebody waits who asks for something short.
const PATIENCE: Duration = Duration::from_secs(10);
/// Those of a workspace that many may ask for: so many at a time.
const FEW: usize = 3;
/// Long requests of a node. The next one is asked to come again.
const REQUESTS_MAX: usize = 64;

/// The kinds of long requests. A workspace has one of each at a time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum LongKind {
    /// Rules over the past.
    DryRun,
    /// Rules with a message that nobody sent.
    Trial,
    /// A report.
    Report,
    /// The log, exported or verified.
    Log,
}

impl LongKind {
    fn busy(self) -> Fault {
        let detail = match self {
            Self::DryRun => "rules of this workspace are being tried on the past; try again",
            Self::Trial => "rules of this workspace are being tried; try again",
            Self::Report => "another report is being worked out; try again",
            Self::Log => "the log is being read whole already; try again",
        };
        Fault::busy(detail, RETRY)
    }
}

/// The long requests of this node. Cheap to clone.
#[derive(Clone, Debug)]
pub struct LongWork {
    limits: Limits,
    cpu: Arc<Cpu>,
    running: Arc<Running>,
    shared: Slots<WorkspaceId>,
}

#[derive(Debug, Default)]
struct Running {
    all: Mutex<BTreeSet<(WorkspaceId, LongKind)>>,
    freed: Notify,
}

impl Default for LongWork {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self::with(Limits::default(), (cores / 2).max(1))
    }
}

/// A workspace's turn for something of a kind, given back when dropped.
#[derive(Debug)]
pub(super) struct LongTurn {
    of: LongWork,
    key: (WorkspaceId, LongKind),
}

impl Drop for LongTurn {
    fn drop(&mut self) {
        self.of.running.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
        self.of.running.freed.notify_waiters();
    }
}

impl LongWork {
    fn with(limits: Limits, at_once: usize) -> Self {
        let shared = Slots::new(FEW, PATIENCE);
        Self { limits, cpu: Arc::new(Cpu::new(at_once)), running: Arc::default(), shared }
    }

    /// The turn of a workspace.
    ///
    /// # Errors
    /// Where one of this kind runs already, or too many on this node.
    pub(super) fn begin(&self, workspace: WorkspaceId, kind: LongKind) -> HandlerResult<LongTurn> {
        self.enter((workspace, kind)).ok_or_else(|| kind.busy())
    }

    /// The turn of a workspace, which may come a moment later.
    ///
    /// # Errors
    /// As [`Self::begin`], after ten seconds.
    pub(super) async fn begin_soon(
        &self,
        workspace: WorkspaceId,
        kind: LongKind,
    ) -> HandlerResult<LongTurn> {
        let entered = async {
            loop {
                let mut freed = std::pin::pin!(self.running.freed.notified());
                freed.as_mut().enable();
                match self.enter((workspace, kind)) {
                    Some(turn) => return turn,
                    None => freed.await,
                }
            }
        };
        timeout(PATIENCE, entered).await.map_err(|_waited| kind.busy())
    }

    fn enter(&self, key: (WorkspaceId, LongKind)) -> Option<LongTurn> {
        let mut all = self.running.all.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = all.len() < REQUESTS_MAX && all.insert(key);
        is_new.then(|| LongTurn { of: self.clone(), key })
    }
}

impl LongTurn {
    /// Runs something on a thread of its own. It ends when the returned future is dropped.
    ///
    /// # Errors
    /// The work's own errors, and a refusal when it took too long.
    pub(super) async fn run<T, F>(
        self,
        work: impl FnOnce(TimeBudget) -> F + Send + 'static,
    ) -> HandlerResult<T>
    where
        T: Send + 'static,
        F: Future<Output = HandlerResult<T>>,
    {
        let (of, (workspace, kind)) = (self.of.clone(), self.key);
        let mut limits = of.limits;
        if kind == LongKind::Log {
            // A log may be long, and its reader is told all the while.
            limits.whole = Duration::MAX;
        }
        of.compute((workspace, limits), self, work).await
    }
}

impl LongWork {
    /// Runs something that many may ask for at once. A few of a workspace have threads of
    /// their own, and the others come after them.
    ///
    /// # Errors
    /// As [`LongTurn::run`], and where there was no room for ten seconds.
    pub(super) async fn share<T, F>(
        &self,
        workspace: WorkspaceId,
        work: impl FnOnce(TimeBudget) -> F + Send + 'static,
    ) -> HandlerResult<T>
    where
        T: Send + 'static,
        F: Future<Output = HandlerResult<T>>,
    {
        let busy = || Fault::busy("many of this workspace ask for as much at once", RETRY);
        let slot = self.shared.take(workspace).await.ok_or_else(busy)?;
        self.compute((workspace, self.limits), slot, work).await
    }

    /// Computes something on a thread of its own, which holds `turn` until it ends.
    async fn compute<T, F>(
        &self,
        (workspace, limits): (WorkspaceId, Limits),
        turn: impl Send + 'static,
        work: impl FnOnce(TimeBudget) -> F + Send + 'static,
    ) -> HandlerResult<T>
    where
        T: Send + 'static,
        F: Future<Output = HandlerResult<T>>,
    {
        let (budget, leaving) = TimeBudget::new(limits, Arc::clone(&self.cpu), workspace);
        let (tell, told) = oneshot::channel();
        let (handle, span) = (Handle::current(), tracing::Span::current());
        let thread = move || {
            let (turn, left) = (turn, budget.clone());
            let work = Budgeted::new(work(budget.clone()), budget);
            let done = async {
                tokio::select! {
                    biased;
                    () = left.left() => None,
                    done = work => Some(done),
                }
            };
            let done = handle.block_on(done.instrument(span));
            drop(turn);
            drop(done.map(|done| tell.send(done)));
        };
        let started = Builder::new().name("long".to_owned()).spawn(thread);
        started.map_err(|error| Fault::internal(&error))?;
        let done = told.await;
        drop(leaving);
        done.map_err(|_panicked| Fault::internal(&"a long request broke off"))?
    }
}

impl LongTurn {
    /// A body of what the work sends, part after part. It breaks off where the work fails, and the
    /// work ends with whoever reads it.
    pub(super) fn stream<F>(
        self,
        work: impl FnOnce(TimeBudget, Sender<String>) -> F + Send + 'static,
    ) -> Body
    where
        F: Future<Output = HandlerResult<()>> + 'static,
    {
        let (send, parts) = channel(1);
        let run = Box::pin(self.run(move |budget| work(budget, send)));
        let next = |(mut run, mut parts): (Option<_>, Receiver<String>)| async move {
            loop {
                let running = OptionFuture::from(run.as_mut());
                let done = tokio::select! {
                    biased;
                    part = parts.recv() => match part {
                        Some(part) => return Some((Ok(part), (run, parts))),
                        None => run.take()?.await,
                    },
                    Some(done) = running => {
                        run = None;
                        done
                    }
                };
                if let Err(_told) = done {
                    return Some((Err(io::Error::other("the answer broke off")), (None, parts)));
                }
            }
        };
        Body::from_stream(stream::unfold((Some(run), parts), next))
    }
}

impl From<Ended> for Fault {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Spent => Self::invalid("it takes too long; ask for less"),
            Ended::Left => Self::unavailable(1_000),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

    use uuid::Uuid;

    use super::*;

    fn workspace(n: u128) -> WorkspaceId {
        WorkspaceId(Uuid::from_u128(n))
    }

    /// Computes until it may not go on.
    fn spins(budget: &TimeBudget, turns: &AtomicU64) -> Ended {
        loop {
            turns.fetch_add(1, Ordering::SeqCst);
            if let Err(ended) = budget.check() {
                return ended;
            }
        }
    }

    /// Waits until something holds, and lets all else run meanwhile.
    async fn until(holds: impl Fn() -> bool + Send + Sync) {
        let wait = async {
            while !holds() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(Duration::from_secs(60), wait).await.expect("it never holds");
    }

    #[tokio::test]
    async fn the_servers_own_thread_goes_on_while_something_computes() {
        let long = LongWork::default();
        let is_over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&is_over);
        let computes =
            long.begin(workspace(1), LongKind::DryRun).unwrap().run(move |_| async move {
                // It never gives its thread back before that.
                while !ends.load(Ordering::SeqCst) {
                    std::hint::spin_loop();
                }
                Ok(())
            });
        let goes_on = async {
            tokio::task::yield_now().await;
            is_over.store(true, Ordering::SeqCst);
        };
        let (done, ()) =
            timeout(Duration::from_secs(60), async { tokio::join!(computes, goes_on) })
                .await
                .expect("the server stood still");
        done.unwrap();
    }

    #[tokio::test]
    async fn a_workspace_has_one_of_a_kind_and_another_one_is_refused_by_a_code() {
        let long = LongWork::default();
        let first = long.begin(workspace(1), LongKind::DryRun).unwrap();
        let again = long.begin(workspace(1), LongKind::DryRun).unwrap_err();
        assert_eq!(again.status().as_u16(), 429);
        let _other_kind = long.begin(workspace(1), LongKind::Report).unwrap();
        let _other = long.begin(workspace(2), LongKind::DryRun).unwrap();
        let (soon, ()) = tokio::join!(long.begin_soon(workspace(1), LongKind::DryRun), async {
            tokio::task::yield_now().await;
            drop(first);
        });
        drop(soon.unwrap());
        long.begin(workspace(1), LongKind::DryRun).unwrap();
    }

    #[tokio::test]
    async fn what_nobody_waits_for_ends_and_the_workspace_has_its_turn_again() {
        let long = LongWork::default();
        let turns = Arc::new(AtomicU64::new(0));
        let turn = long.begin(workspace(1), LongKind::DryRun).unwrap();
        let counted = Arc::clone(&turns);
        let work =
            tokio::spawn(turn.run(move |budget| async move { Ok(spins(&budget, &counted)) }));
        until(|| turns.load(Ordering::SeqCst) > 0).await;
        long.begin(workspace(1), LongKind::DryRun).unwrap_err();
        work.abort();
        until(|| long.begin(workspace(1), LongKind::DryRun).is_ok()).await;
        // So does one that waits for something else.
        let turn = long.begin(workspace(1), LongKind::Log).unwrap();
        let work = tokio::spawn(turn.run(|_| std::future::pending::<HandlerResult<()>>()));
        tokio::task::yield_now().await;
        work.abort();
        until(|| long.begin(workspace(1), LongKind::Log).is_ok()).await;
    }

    #[tokio::test]
    async fn two_workspaces_compute_in_turns_and_each_for_so_long_in_all() {
        let (slice, whole) = (Duration::from_millis(5), Duration::from_millis(200));
        let long = LongWork::with(Limits { slice, whole }, 1);
        let runs = |n| {
            let turns = Arc::new(AtomicU64::new(0));
            let counted = Arc::clone(&turns);
            let turn = long.begin(workspace(n), LongKind::Report).unwrap();
            let work = turn.run(move |budget| async move { Ok(spins(&budget, &counted)) });
            (tokio::spawn(work), turns)
        };
        let ((one, of_one), (other, of_other)) = (runs(1), runs(2));
        // Only one computes at a time, and none waits until the other is done.
        let both = || of_one.load(Ordering::SeqCst).min(of_other.load(Ordering::SeqCst)) > 0;
        until(both).await;
        assert_eq!(one.await.unwrap().unwrap(), Ended::Spent);
        assert_eq!(other.await.unwrap().unwrap(), Ended::Spent);
        // One that does not look ends when it waits for something.
        let turn = long.begin(workspace(1), LongKind::Report).unwrap();
        let work = turn.run(|budget| async move {
            while budget.check().is_ok() {}
            tokio::task::yield_now().await;
            Ok(())
        });
        assert_eq!(work.await.unwrap_err().status().as_u16(), 400);
    }
}
