//! The task around one session: the wire on one side, hub, store and coordinator on the other.
//!
//! One task, one bounded queue. While a frame is being written nothing else is read. So a client
//! that does not read costs one frame of memory, and its full queue or the time-out ends it.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use baton_protocol::frame::{Ack, SUBPROTOCOL_PACKED, close};
use baton_protocol::{ConversationId, Cursor};
use futures_util::future::BoxFuture;
use futures_util::stream::StreamExt;
use futures_util::task::AtomicWaker;
use prometheus_client::metrics::counter::Counter;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use super::backend::{Caller, CallerState, NotLetIn};
use super::broadcast::Published;
use super::frames::{self, Wanted};
use super::hub::Hub;
use super::packing::packed;
use super::questions::{carry, read};
use super::session::{Input, Relay, Session, SessionEffect, retry_after, too_many};
use super::{Gateway, TooMany};
use crate::coordinator::Connection;

/// Time for a close handshake.
const CLOSING: Duration = Duration::from_secs(1);
/// Time for the coordinator to take note of a connection.
const COURTESY: Duration = Duration::from_millis(250);

/// Something for one connection, from its hub.
#[derive(Clone, Debug)]
pub(super) enum Post {
    Batch(Arc<Published>),
    Head(Box<Cursor>),
    Relay(Arc<Relay>),
}

impl Post {
    pub(super) fn is_durable(&self) -> bool {
        matches!(self, Self::Batch(_) | Self::Head(_))
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
}

/// The outer end of a connection.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) id: u64,
    pub(super) queue: mpsc::Sender<Post>,
    /// Whether it is told who comes and goes.
    is_watching: AtomicBool,
    cut: AtomicU8,
    /// Whoever serves the connection, to be woken when it is cut.
    server: AtomicWaker,
    slow_clients_cut: Counter,
}

impl Line {
    /// Ends the connection, past its queue. The first reason stays.
    pub(super) fn cut(&self, why: Cut) {
        let first =
            self.cut.compare_exchange(0, why as u8, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        if first {
            if why == Cut::Slow {
                self.slow_clients_cut.inc();
            }
            self.server.wake();
        }
    }

    pub(super) fn is_watching(&self) -> bool {
        self.is_watching.load(Ordering::SeqCst)
    }

    /// Why the connection is cut, once it is.
    fn poll_cut(&self, context: &Context<'_>) -> Poll<Input> {
        self.server.register(context.waker());
        self.is_cut()
    }

    /// The same for whoever is woken already.
    fn is_cut(&self) -> Poll<Input> {
        Poll::Ready(match self.cut.load(Ordering::SeqCst) {
            0 => return Poll::Pending,
            2 => Input::Drain,
            3 => Input::Standing(CallerState::SignInAgain),
            4 => Input::Standing(CallerState::DeviceRevoked),
            5 => Input::Replaced,
            _ => Input::Slow,
        })
    }
}

/// A place among the connections of this node; given back when dropped.
pub(super) struct Seat {
    gateway: Arc<Gateway>,
    line: Arc<Line>,
    posts: mpsc::Receiver<Post>,
    joined: Option<Joined>,
    /// Where it comes from.
    from: IpAddr,
}

struct Joined {
    hub: Arc<Hub>,
    caller: Caller,
    connection: Connection,
}

impl Seat {
    /// A place, unless all are taken.
    pub(super) fn take(gateway: &Arc<Gateway>, from: IpAddr) -> Option<Self> {
        let id = gateway.next_line.fetch_add(1, Ordering::Relaxed);
        let (queue, posts) = mpsc::channel(gateway.limits.queue);
        let line = Arc::new(Line {
            id,
            queue,
            is_watching: AtomicBool::new(false),
            cut: AtomicU8::new(0),
            server: AtomicWaker::new(),
            slow_clients_cut: gateway.metrics.slow_clients_cut.clone(),
        });
        let mut lines = gateway.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= gateway.limits.sockets {
            return None;
        }
        lines.insert(id, Arc::clone(&line));
        gateway.metrics.sockets_open.inc();
        drop(lines);
        Some(Self { gateway: Arc::clone(gateway), line, posts, joined: None, from })
    }

    /// Gives up the place in the hub, which is not needed for the farewell.
    fn leave(&mut self) -> Option<Connection> {
        let joined = self.joined.take()?;
        joined.hub.leave(self.line.id);
        Some(joined.connection)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut lines = self.gateway.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.remove(&self.line.id);
        drop(lines);
        self.gateway.metrics.sockets_open.dec();
        // Nobody is told: whoever ended the connection has done so, or the process ends.
        self.leave();
    }
}

/// Serves a connection until it ends.
pub(super) async fn run(mut seat: Seat, mut socket: WebSocket) {
    if seat.gateway.is_draining.load(Ordering::SeqCst) {
        seat.line.cut(Cut::Drain);
    }
    let end = Task::new(&mut seat, &mut socket).serve().await;
    if let Some(connection) = seat.leave() {
        let told = seat.gateway.coordinator.disconnected(connection);
        // Untold, its presence lapses.
        drop(timeout(COURTESY, told).await);
    }
    if let End::Close { code, reason } = end {
        tracing::debug!(code, "a socket is closed");
        Box::pin(say_goodbye(&mut socket, code, reason)).await;
    }
}

/// Tells somebody who was not admitted when to come back.
pub(super) async fn turn_away(mut socket: WebSocket, retry_after_ms: u64) {
    say_goodbye(&mut socket, close::DRAIN, retry_after(retry_after_ms)).await;
}

/// How a connection ends.
#[derive(Debug)]
enum End {
    /// The other side has gone.
    Gone,
    /// It is told why.
    Close { code: u16, reason: String },
}

struct Task<'a> {
    seat: &'a mut Seat,
    socket: &'a mut WebSocket,
    session: Box<Session>,
    /// Answers that were there at once.
    answered: VecDeque<Input>,
    /// Questions under way, each in a task of its own. So a question gives back what it holds of
    /// the database while a slow client keeps this task waiting.
    asked: JoinSet<Input>,
    /// Goes off when the session wants a tick, or before.
    alarm: Pin<Box<Sleep>>,
    /// Who is woken when the line is cut: to say it again for every frame would cost a little each.
    told_line: Option<Waker>,
    /// Whether the client is heard before the hub: both in turn, so that neither is kept waiting.
    hears_client: bool,
    /// Whether the client reads packed frames.
    reads_packed: bool,
}

impl<'a> Task<'a> {
    fn new(seat: &'a mut Seat, socket: &'a mut WebSocket) -> Self {
        let seed = u64::from_le_bytes(seat.gateway.clock.bytes());
        let session = Box::new(Session::new(seat.gateway.limits.rules, Instant::now(), seed));
        let (answered, asked) = (VecDeque::new(), JoinSet::new());
        let alarm = Box::pin(sleep_until(Instant::now()));
        let reads_packed = socket.protocol().is_some_and(|name| name == SUBPROTOCOL_PACKED);
        let (told_line, hears_client) = (None, true);
        Self {
            seat,
            socket,
            session,
            answered,
            asked,
            alarm,
            told_line,
            hears_client,
            reads_packed,
        }
    }

    async fn serve(mut self) -> End {
        loop {
            let input = match poll_fn(|context| self.poll_next(context)).await {
                ControlFlow::Continue(input) => input,
                ControlFlow::Break(end) => return end,
            };
            for effect in self.decide(input) {
                if let ControlFlow::Break(end) = self.perform(effect).await {
                    return end;
                }
            }
        }
    }

    fn decide(&mut self, input: Input) -> Vec<SessionEffect> {
        self.session.handle(input, Instant::now(), self.seat.gateway.clock.now())
    }

    /// What comes next. Written out, for it runs for every frame to every client: a `select!` would
    /// make, arm and disarm each of the five anew.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<ControlFlow<End, Input>> {
        if let Poll::Ready(input) = self.poll_cut(context) {
            return Poll::Ready(ControlFlow::Continue(input));
        }
        if let Some(input) = self.answered.pop_front() {
            return Poll::Ready(ControlFlow::Continue(input));
        }
        if let Poll::Ready(Some(answered)) = self.asked.poll_join_next(context) {
            // Nobody ends one but this task, by ending.
            let input = answered.unwrap_or_else(|error| resume_unwind(error.into_panic()));
            return Poll::Ready(ControlFlow::Continue(input));
        }
        self.hears_client = !self.hears_client;
        let first = self.poll_one(self.hears_client, context);
        if first.is_ready() {
            return first;
        }
        let second = self.poll_one(!self.hears_client, context);
        if second.is_ready() {
            return second;
        }
        self.poll_tick(context).map(|()| ControlFlow::Continue(Input::Tick))
    }

    fn poll_cut(&mut self, context: &Context<'_>) -> Poll<Input> {
        if self.told_line.as_ref().is_some_and(|told| told.will_wake(context.waker())) {
            return self.seat.line.is_cut();
        }
        self.told_line = Some(context.waker().clone());
        self.seat.line.poll_cut(context)
    }

    fn poll_one(&mut self, client: bool, cx: &mut Context<'_>) -> Poll<ControlFlow<End, Input>> {
        if client { self.poll_client(cx) } else { self.poll_hub(cx).map(ControlFlow::Continue) }
    }

    fn poll_hub(&mut self, context: &mut Context<'_>) -> Poll<Input> {
        Poll::Ready(match ready!(self.seat.posts.poll_recv(context)) {
            Some(Post::Batch(batch)) => Input::Batch(batch),
            Some(Post::Head(head)) => Input::Head(*head),
            Some(Post::Relay(relay)) => Input::Relay(relay),
            // The line keeps a sender.
            None => return Poll::Pending,
        })
    }

    fn poll_client(&mut self, context: &mut Context<'_>) -> Poll<ControlFlow<End, Input>> {
        if !self.session.can_take_frames() {
            return Poll::Pending;
        }
        Poll::Ready(match ready!(self.socket.poll_next_unpin(context)) {
            Some(Ok(Message::Text(text))) => ControlFlow::Continue(Input::Text(text)),
            Some(Ok(Message::Binary(_))) => ControlFlow::Continue(Input::Binary),
            Some(Ok(Message::Ping(_))) => ControlFlow::Continue(Input::Ping),
            Some(Ok(Message::Pong(_))) => ControlFlow::Continue(Input::Heard),
            Some(Ok(Message::Close(_))) | None => ControlFlow::Break(End::Gone),
            Some(Err(error)) => ControlFlow::Break(misread(&error)),
        })
    }

    /// Sets the alarm anew only if it would go off too late. A tick that moves away with every
    /// frame is looked at when the alarm goes off.
    fn poll_tick(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let tick = self.session.next_tick().unwrap_or_else(Instant::now);
        if tick < self.alarm.deadline() {
            self.alarm.as_mut().reset(tick);
        }
        loop {
            ready!(self.alarm.as_mut().poll(context));
            if tick <= Instant::now() {
                return Poll::Ready(());
            }
            self.alarm.as_mut().reset(tick);
        }
    }

    async fn perform(&mut self, effect: SessionEffect) -> ControlFlow<End> {
        match effect {
            SessionEffect::Send { frame, durable, own } => {
                return self.send(frame, durable, own && self.reads_packed).await;
            }
            SessionEffect::Ping => {
                return self.write(Message::Ping(axum::body::Bytes::new())).await;
            }
            // On the heap, for as long as it takes: a task keeps room for the largest thing that
            // it ever waits for.
            SessionEffect::Join(caller) => return Box::pin(self.join(caller)).await,
            SessionEffect::Watch(watch) => self.watch(watch),
            SessionEffect::Ack(ack) => self.ack(&ack),
            SessionEffect::Close { code, reason } => {
                return ControlFlow::Break(End::Close { code, reason });
            }
            SessionEffect::Authenticate(_)
            | SessionEffect::ReadGap(..)
            | SessionEffect::FetchSnapshot(..)
            | SessionEffect::FetchSight(_)
            | SessionEffect::LookUpScope(_)
            | SessionEffect::Submit(_)
            | SessionEffect::Carry(..) => {
                if let Some(answer) = self.ask(effect) {
                    self.begin_question(answer).await;
                }
            }
        }
        ControlFlow::Continue(())
    }

    async fn send(&mut self, frame: Utf8Bytes, durable: bool, packs: bool) -> ControlFlow<End> {
        if !durable && self.seat.posts.len() >= self.seat.gateway.limits.queue / 2 {
            return ControlFlow::Continue(());
        }
        self.seat.gateway.metrics.frames_out.inc(frames::kind(&frame));
        let packed = if packs { packed(&frame) } else { None };
        self.write(packed.map_or(Message::Text(frame), Message::Binary)).await
    }

    async fn write(&mut self, message: Message) -> ControlFlow<End> {
        let limit = self.seat.gateway.limits.write;
        let line = &self.seat.line;
        let cut = tokio::select! {
            biased;
            sent = timeout(limit, self.socket.send(message)) => match sent {
                Ok(Ok(())) => return ControlFlow::Continue(()),
                Ok(Err(_)) => return ControlFlow::Break(End::Gone),
                Err(_) => {
                    self.seat.line.slow_clients_cut.inc();
                    Input::Slow
                }
            },
            cut = poll_fn(|context| line.poll_cut(context)) => cut,
        };
        for effect in self.decide(cut) {
            if let SessionEffect::Close { code, reason } = effect {
                return ControlFlow::Break(End::Close { code, reason });
            }
        }
        ControlFlow::Break(End::Gone)
    }

    async fn join(&mut self, caller: Caller) -> ControlFlow<End> {
        let gateway = Arc::clone(&self.seat.gateway);
        gateway.prove(self.seat.from);
        let Caller { workspace, agent, device } = caller;
        let connection = Connection { id: gateway.clock.uuid_v4(), workspace, agent, device };
        let hub = loop {
            let hub = gateway.hub(workspace).await;
            let limit = gateway.limits.sockets_per_agent;
            match hub.join(connection, caller, &self.seat.line, limit) {
                Ok(true) => break hub,
                // It was just given up: there will be a new one.
                Ok(false) => {}
                Err(TooMany(agent)) => {
                    tracing::info!(%agent, "agent {agent} has too many connections");
                    let (code, reason) = too_many();
                    return ControlFlow::Break(End::Close { code, reason });
                }
            }
        };
        let Caller { agent, device, .. } = caller;
        tracing::debug!(%workspace, %agent, %device, "a socket opened");
        self.seat.joined = Some(Joined { hub, caller, connection });
        // A silent coordinator costs courtesy only: the hub tells it again soon.
        drop(timeout(COURTESY, gateway.coordinator.connected(vec![connection])).await);
        ControlFlow::Continue(())
    }

    fn ack(&self, ack: &Ack) {
        let Some(joined) = &self.seat.joined else { return };
        self.seat.gateway.backend.acked(joined.caller, ack);
    }

    /// A question begins where it is asked, in the order in which it is asked. So a command is with
    /// the committer before the client's next frame is read, even a close.
    async fn begin_question(&mut self, mut answer: BoxFuture<'static, Input>) {
        match poll_fn(|context| Poll::Ready(answer.as_mut().poll(context))).await {
            Poll::Ready(input) => self.answered.push_back(input),
            Poll::Pending => drop(self.asked.spawn(answer)),
        }
    }

    /// Whoever comes or goes while the list is being read is told as well: first it is listened.
    fn watch(&mut self, watch: bool) {
        let Some(joined) = &self.seat.joined else { return };
        self.seat.line.is_watching.store(watch, Ordering::SeqCst);
        if watch {
            let (gateway, of) = (Arc::clone(&self.seat.gateway), joined.caller.workspace);
            self.asked.spawn(async move {
                Input::Online(gateway.coordinator.online(of).await.unwrap_or_default())
            });
        }
    }

    /// The question that an effect asks, as a future that ends with its answer.
    fn ask(&self, effect: SessionEffect) -> Option<BoxFuture<'static, Input>> {
        let gateway = Arc::clone(&self.seat.gateway);
        if let SessionEffect::Authenticate(hello) = effect {
            return Some(Box::pin(async move {
                // Not one of the questions that are counted: those who come are asked together.
                let asked = timeout(gateway.limits.read, gateway.backend.authenticate(&hello));
                let answer = asked.await.unwrap_or(Err(NotLetIn::Unavailable));
                Input::LetIn(answer.map(Box::new))
            }));
        }
        let joined = self.seat.joined.as_ref()?;
        let (hub, caller, connection) = (Arc::clone(&joined.hub), joined.caller, joined.connection);
        Some(match effect {
            SessionEffect::Submit(command) => Box::pin(async move {
                let place: ConversationId = command.conversation_id;
                let result = gateway.backend.submit(caller, *command).await;
                Input::Done(place, Box::new(result))
            }),
            SessionEffect::Carry(sights, wanted) => Box::pin(async move {
                if let Some(of) = wanted.composed() {
                    gateway.backend.note_composing(caller, of);
                }
                if let Wanted::Draft(draft) = &wanted {
                    gateway.backend.note_draft(caller, draft.conversation_id, &draft.text);
                }
                let frames = carry(&*gateway.coordinator, connection, wanted).await;
                Input::Carried(sights, frames)
            }),
            SessionEffect::ReadGap(..)
            | SessionEffect::FetchSnapshot(..)
            | SessionEffect::FetchSight(_)
            | SessionEffect::LookUpScope(_) => {
                Box::pin(async move { read(&gateway, &hub, caller, effect).await })
            }
            SessionEffect::Send { .. }
            | SessionEffect::Ping
            | SessionEffect::Authenticate(_)
            | SessionEffect::Join(_)
            | SessionEffect::Watch(_)
            | SessionEffect::Ack(_)
            | SessionEffect::Close { .. } => return None,
        })
    }
}

/// What the WebSocket layer could not read. Its errors carry their kind in their text alone.
fn misread(error: &axum::Error) -> End {
    let text = error.to_string();
    let (code, reason) = if text.contains("too long") || text.contains("too large") {
        (close::TOO_BIG, "a frame has at most 65536 bytes")
    } else if text.to_lowercase().contains("utf-8") {
        (1007, "the wire is UTF-8")
    } else if text.contains("protocol error") {
        (1002, "protocol error")
    } else {
        return End::Gone;
    };
    End::Close { code, reason: reason.to_owned() }
}

/// Sends a close and waits for the other side's, so that it is not lost with the connection.
async fn say_goodbye(socket: &mut WebSocket, code: u16, reason: String) {
    let frame = CloseFrame { code, reason: reason.into() };
    let goodbye = async {
        if socket.send(Message::Close(Some(frame))).await.is_err() {
            return;
        }
        loop {
            match socket.recv().await {
                Some(Ok(_)) => {}
                None => return,
                // Unread bytes remain: closing now would reset the connection, close frame and
                // all. The rest of the time is the client's.
                Some(Err(_)) => return tokio::time::sleep(CLOSING / 2).await,
            }
        }
    };
    drop(timeout(CLOSING, goodbye).await);
}
