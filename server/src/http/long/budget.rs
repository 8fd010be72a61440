//! The turns in which long requests compute, and the time that each of them has.

use std::collections::{BTreeSet, VecDeque};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use baton_protocol::WorkspaceId;
use tokio::sync::Notify;

use crate::clock::thread_time;
use crate::http::HandlerResult;

/// The time for which something may compute.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// At a time, while others wait.
    pub(super) slice: Duration,
    /// In all.
    pub(super) whole: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { slice: Duration::from_secs(2), whole: Duration::from_secs(60) }
    }
}

/// The reason for which something may not go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::http) enum Ended {
    /// Nobody waits for it.
    Left,
    /// It has computed for as long as it may.
    Spent,
}

/// Those who compute, and those who wait for it, in their order.
#[derive(Debug)]
pub(super) struct Cpu {
    at_once: usize,
    turns: Mutex<Turns>,
    next: Condvar,
}

#[derive(Debug, Default)]
struct Turns {
    running: BTreeSet<WorkspaceId>,
    waiting: VecDeque<(u64, WorkspaceId)>,
    tickets: u64,
}

impl Turns {
    /// Whether a ticket is the first one that may go on.
    fn is_next(&self, ticket: u64, at_once: usize) -> bool {
        let free = self.waiting.iter().find(|(_, of)| !self.running.contains(of));
        self.running.len() < at_once && free.is_some_and(|(first, _)| *first == ticket)
    }
}

impl Cpu {
    pub(super) fn new(at_once: usize) -> Self {
        Self { at_once, turns: Mutex::default(), next: Condvar::new() }
    }

    /// Waits for a turn: few compute at once, and one of a workspace.
    fn enter(&self, workspace: WorkspaceId) {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.tickets += 1;
        let ticket = turns.tickets;
        turns.waiting.push_back((ticket, workspace));
        while !turns.is_next(ticket, self.at_once) {
            turns = self.next.wait(turns).unwrap_or_else(PoisonError::into_inner);
        }
        turns.waiting.retain(|(of, _)| *of != ticket);
        turns.running.insert(workspace);
        drop(turns);
        // Where two may compute, the one behind this one may be next.
        self.next.notify_all();
    }

    fn leave(&self, workspace: WorkspaceId) {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner).running.remove(&workspace);
        self.next.notify_all();
    }
}

/// The time of one long request. Its thread asks it.
#[derive(Clone, Debug)]
pub(in crate::http) struct TimeBudget(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    limits: Limits,
    cpu: Arc<Cpu>,
    workspace: WorkspaceId,
    /// The thread's time at which the turn began.
    since: Mutex<Duration>,
    has_left: AtomicBool,
    leaves: Notify,
}

/// The one who waits for a long request. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Leaving(Arc<Inner>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.has_left.store(true, Ordering::SeqCst);
        self.0.leaves.notify_one();
    }
}

impl TimeBudget {
    pub(super) fn new(limits: Limits, cpu: Arc<Cpu>, workspace: WorkspaceId) -> (Self, Leaving) {
        let (since, has_left) = (Mutex::default(), AtomicBool::new(false));
        let inner = Inner { limits, cpu, workspace, since, has_left, leaves: Notify::new() };
        let inner = Arc::new(inner);
        (Self(Arc::clone(&inner)), Leaving(inner))
    }

    /// Whether the work may go on. Long computing asks this often: it waits here while others have
    /// their turn.
    pub(in crate::http) fn check(&self) -> Result<(), Ended> {
        if self.0.has_left.load(Ordering::SeqCst) {
            return Err(Ended::Left);
        }
        let now = thread_time();
        if now >= self.0.limits.whole {
            return Err(Ended::Spent);
        }
        let since = *self.0.since.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_sub(since) >= self.0.limits.slice {
            self.0.cpu.leave(self.0.workspace);
            self.enter();
        }
        Ok(())
    }

    fn enter(&self) {
        self.0.cpu.enter(self.0.workspace);
        *self.0.since.lock().unwrap_or_else(PoisonError::into_inner) = thread_time();
    }

    /// Returns once nobody waits for the work.
    pub(super) async fn left(&self) {
        while !self.0.has_left.load(Ordering::SeqCst) {
            self.0.leaves.notified().await;
        }
    }
}

/// Work that computes in turns. While it waits for something, others have theirs.
pub(super) struct Budgeted<F> {
    work: Pin<Box<F>>,
    budget: TimeBudget,
}

impl<F> Budgeted<F> {
    pub(super) fn new(work: F, budget: TimeBudget) -> Self {
        Self { work: Box::pin(work), budget }
    }
}

impl<T, F: Future<Output = HandlerResult<T>>> Future for Budgeted<F> {
    type Output = HandlerResult<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<HandlerResult<T>> {
        if thread_time() >= self.budget.0.limits.whole {
            return Poll::Ready(Err(Ended::Spent.into()));
        }
        self.budget.enter();
        let _turn = Turn(Arc::clone(&self.budget.0));
        self.work.as_mut().poll(context)
    }
}

/// A turn to compute, given back when dropped: also when the work panics.
struct Turn(Arc<Inner>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.cpu.leave(self.0.workspace);
    }
}
