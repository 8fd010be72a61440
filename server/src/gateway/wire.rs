//! The outer end of a connection, which its hub has in its hands.
//!
//! Session and socket are with one of two: with the task that serves the connection, or, while
//! that waits, parked here. A post for a parked session is decided and written at once, as far as
//! the socket takes it. So no task is woken for a frame, and no queue is kept for one.
//!
//! All else goes into a bounded queue and wakes the task. The queue goes first, so that a
//! connection sees everything in the order in which the hub had it.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use axum::extract::ws::{Message, WebSocket};
use baton_protocol::frame::SUBPROTOCOL_PACKED;
use baton_protocol::{Cursor, Timestamp};
use futures_util::Sink;
use futures_util::task::AtomicWaker;
use prometheus_client::metrics::counter::Counter;
use tokio::time::Instant;

use super::backend::CallerState;
use super::broadcast::Published;
use super::frames;
use super::session::{Input, Relay, Session, SessionEffect};
use crate::telemetry::Metrics;

/// An empty queue that once held more gives its memory back.
const QUEUE_KEPT: usize = 8;

/// Something for one connection, from its hub.
#[derive(Clone, Debug)]
pub(super) enum Post {
    Batch(Arc<Published>),
    Head(Box<Cursor>),
    Relay(Arc<Relay>),
}

impl From<Post> for Input {
    fn from(post: Post) -> Self {
        match post {
            Post::Batch(batch) => Self::Batch(batch),
            Post::Head(head) => Self::Head(*head),
            Post::Relay(relay) => Self::Relay(relay),
        }
    }
}

/// Why a connection is ended from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Cut {
    Slow = 1,
    Drain,
    SignInAgain,
    DeviceRevoked,
    /// A newer connection of the same device took its place.
    Replaced,
    /// The speaker has other rights now.
    Changed,
}

/// The outer end of a connection.
pub(super) struct Line {
    pub(super) id: u64,
    /// Posts that may wait.
    room: usize,
    wire: Mutex<Wire>,
    /// Whether it is told who comes and goes.
    is_watching: AtomicBool,
    cut: AtomicU8,
    /// The task that serves the connection.
    server: AtomicWaker,
    slow_clients_cut: Counter,
}

#[derive(Default)]
struct Wire {
    /// In the order in which they came. While some wait, nothing is written past them.
    posts: VecDeque<Post>,
    /// Left here by the task while it waits.
    parked: Option<Box<Served>>,
}

/// Session and socket, in the hands of one: the task, or the hub.
pub(super) struct Served {
    pub(super) session: Session,
    pub(super) socket: WebSocket,
    /// Whether the client reads packed frames.
    pub(super) reads_packed: bool,
    /// The task wakes by itself then.
    pub(super) alarm_at: Instant,
    /// Whether something is written and not yet with the kernel.
    pub(super) is_unflushed: bool,
    /// Further wishes of the session, for the task.
    pub(super) left: Vec<SessionEffect>,
}

impl Served {
    pub(super) fn new(session: Session, socket: WebSocket) -> Box<Self> {
        let reads_packed = socket.protocol().is_some_and(|name| name == SUBPROTOCOL_PACKED);
        let (alarm_at, left) = (Instant::now(), Vec::new());
        Box::new(Self { session, socket, reads_packed, alarm_at, is_unflushed: false, left })
    }

    /// Whether nothing is left to the task.
    pub(super) fn is_free(&self) -> bool {
        !self.is_unflushed && self.left.is_empty()
    }

    /// Tells the session something, and writes what it says, as far as the socket takes it. The
    /// rest is left to the task.
    fn tell(&mut self, post: Post, of: &Moment<'_>) {
        let mut effects = self.session.handle(post.into(), of.now, of.wall).into_iter();
        for effect in effects.by_ref() {
            let SessionEffect::Send { frame, own: false, .. } = effect else {
                self.left.push(effect);
                break;
            };
            of.metrics.frames_out.inc(frames::kind(&frame));
            if !self.write(Message::Text(frame)) {
                self.is_unflushed = true;
                break;
            }
        }
        self.left.extend(effects);
    }

    /// Whether all of it is with the kernel. What fails is found by the task, which tries again.
    fn write(&mut self, message: Message) -> bool {
        // The task is woken for what is left, and then waits for the socket itself.
        let mut context = Context::from_waker(Waker::noop());
        let mut socket = Pin::new(&mut self.socket);
        // Nothing is unflushed, so that it is ready.
        let ready = socket.as_mut().poll_ready(&mut context);
        debug_assert!(ready.is_ready(), "a socket without a frame under way takes one");
        socket.as_mut().start_send(message).is_ok()
            && matches!(socket.poll_flush(&mut context), Poll::Ready(Ok(())))
    }
}

/// The moment at which sessions are told.
#[derive(Clone, Copy)]
pub(super) struct Moment<'a> {
    pub(super) now: Instant,
    /// The server's time for people.
    pub(super) wall: Timestamp,
    pub(super) metrics: &'a Metrics,
}

impl Line {
    pub(super) fn new(id: u64, room: usize, metrics: &Metrics) -> Self {
        Self {
            id,
            room,
            wire: Mutex::default(),
            is_watching: AtomicBool::new(false),
            cut: AtomicU8::new(0),
            server: AtomicWaker::new(),
            slow_clients_cut: metrics.slow_clients_cut.clone(),
        }
    }

    /// Hands over what must arrive: at once where the session is parked, or through the queue.
    /// A post that does not fit ends the connection.
    pub(super) fn hand(&self, post: &Post, of: &Moment<'_>) {
        let mut wire = self.wire();
        let Wire { posts, parked } = &mut *wire;
        let is_cut = self.cut.load(Ordering::SeqCst) != 0;
        let at_once = posts.is_empty() && !is_cut;
        let Some(held) = parked.as_deref_mut().filter(|held| at_once && held.is_free()) else {
            drop(wire);
            if !self.queue(post, self.room) {
                self.cut(Cut::Slow);
            }
            return;
        };
        let told = catch_unwind(AssertUnwindSafe(|| held.tell(post.clone(), of)));
        let is_due = held.session.next_tick().is_none_or(|tick| tick < held.alarm_at);
        let is_for_task = told.is_err() || !held.is_free() || is_due;
        drop(wire);
        // A fault in one session is not one of its hub.
        if told.is_err() {
            self.cut(Cut::Slow);
        }
        if is_for_task {
            self.server.wake();
        }
    }

    /// Queues what may be lost, unless the queue is half full.
    pub(super) fn mention(&self, post: &Post) {
        self.queue(post, self.room / 2);
    }

    fn queue(&self, post: &Post, room: usize) -> bool {
        let mut wire = self.wire();
        if wire.posts.len() >= room {
            return false;
        }
        wire.posts.push_back(post.clone());
        drop(wire);
        self.server.wake();
        true
    }

    /// The post that waits the longest.
    pub(super) fn next_post(&self) -> Option<Post> {
        let mut wire = self.wire();
        let post = wire.posts.pop_front();
        if wire.posts.is_empty() && wire.posts.capacity() > QUEUE_KEPT {
            wire.posts = VecDeque::new();
        }
        post
    }

    /// Whether so much waits that what may be lost is left out.
    pub(super) fn is_half_full(&self) -> bool {
        self.wire().posts.len() >= self.room / 2
    }

    /// The task waits: what it held is left here, unless something came meanwhile.
    pub(super) fn park(&self, held: Box<Served>, context: &Context<'_>) -> Result<(), Box<Served>> {
        self.server.register(context.waker());
        let mut wire = self.wire();
        if !wire.posts.is_empty() || self.is_cut().is_ready() {
            return Err(held);
        }
        wire.parked = Some(held);
        Ok(())
    }

    /// The task goes on.
    pub(super) fn take_up(&self) -> Option<Box<Served>> {
        self.wire().parked.take()
    }

    /// Ends the connection, past its queue. The first reason stays.
    pub(super) fn cut(&self, why: Cut) {
        let first =
            self.cut.compare_exchange(0, why as u8, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        if first {
            if why == Cut::Slow {
                self.count_slow();
            }
            self.server.wake();
        }
    }

    /// One more client that was too slow.
    pub(super) fn count_slow(&self) {
        self.slow_clients_cut.inc();
    }

    pub(super) fn is_watching(&self) -> bool {
        self.is_watching.load(Ordering::SeqCst)
    }

    pub(super) fn set_watching(&self, watch: bool) {
        self.is_watching.store(watch, Ordering::SeqCst);
    }

    /// Why the connection is cut, once it is.
    pub(super) fn poll_cut(&self, context: &Context<'_>) -> Poll<Input> {
        self.server.register(context.waker());
        self.is_cut()
    }

    /// Looks at it once: nobody is woken when it is cut later.
    pub(super) fn is_cut(&self) -> Poll<Input> {
        Poll::Ready(match self.cut.load(Ordering::SeqCst) {
            0 => return Poll::Pending,
            2 => Input::Drain,
            3 => Input::Standing(CallerState::SignInAgain),
            4 => Input::Standing(CallerState::DeviceRevoked),
            5 => Input::Replaced,
            6 => Input::Standing(CallerState::Changed),
            _ => Input::Slow,
        })
    }

    fn wire(&self) -> MutexGuard<'_, Wire> {
        self.wire.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
