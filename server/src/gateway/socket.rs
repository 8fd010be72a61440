//! The task around one session: the wire on one side, hub, store and coordinator on the other.
//!
//! One task, one bounded queue. While a frame is being written nothing else is read. So a client
//! that does not read costs one frame of memory, and its full queue or the time-out ends it.
//!
//! While the task waits it leaves session and socket with its [`Line`]. Then the hub itself writes
//! news to the socket, and the task sleeps on: see [`wire`](super::wire).

use std::collections::VecDeque;
use std::future::poll_fn;
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use baton_protocol::ConversationId;
use baton_protocol::frame::{Ack, close};
use futures_util::future::BoxFuture;
use futures_util::{SinkExt, StreamExt};
use tokio::task::JoinSet;
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use super::backend::{NotLetIn, Speaker};
use super::frames::{self, Wanted};
use super::hub::Hub;
use super::packing::packed;
use super::questions::{carry, read};
use super::session::{Input, Session, SessionEffect, retry_after, too_many};
use super::wire::{Cut, Line, Served};
use super::{Gateway, TooMany};
use crate::coordinator::Connection;

/// Time for a close handshake.
const CLOSING: Duration = Duration::from_secs(1);
/// Time for the coordinator to take note of a connection.
const COURTESY: Duration = Duration::from_millis(250);

/// A place among the connections of this node; given back when dropped.
pub(super) struct Seat {
    gateway: Arc<Gateway>,
    line: Arc<Line>,
    joined: Option<Joined>,
    /// Where it comes from.
    from: IpAddr,
}

struct Joined {
    hub: Arc<Hub>,
    speaker: Speaker,
    connection: Connection,
}

impl Seat {
    /// A place, unless all are taken.
    pub(super) fn take(gateway: &Arc<Gateway>, from: IpAddr) -> Option<Self> {
        let id = gateway.next_line.fetch_add(1, Ordering::Relaxed);
        let line = Arc::new(Line::new(id, gateway.limits.queue, &gateway.metrics));
        let mut lines = gateway.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= gateway.limits.sockets {
            return None;
        }
        lines.insert(id, Arc::clone(&line));
        gateway.metrics.sockets_open.inc();
        drop(lines);
        Some(Self { gateway: Arc::clone(gateway), line, joined: None, from })
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
        // A hub may have the line in its hands for a moment more; the socket goes now.
        drop(self.line.take_up());
    }
}

/// Serves a connection until it ends.
pub(super) async fn run(mut seat: Seat, socket: WebSocket) {
    if seat.gateway.is_draining.load(Ordering::SeqCst) {
        seat.line.cut(Cut::Drain);
    }
    let seed = u64::from_le_bytes(seat.gateway.clock.bytes());
    let session = Session::new(seat.gateway.limits.rules, Instant::now(), seed);
    let (end, mut held) = Task::new(&mut seat).serve(Served::new(session, socket)).await;
    let left = seat.leave();
    // Who is sent to another server is there all the time. Told away, they would lose what is
    // offered to them; where they do not come back, their presence lapses.
    let is_moved = matches!(end, End::Close { code: close::DRAIN, .. });
    if let Some(connection) = left.filter(|_| !is_moved) {
        let told = seat.gateway.coordinator.disconnected(connection);
        // Untold, its presence lapses.
        drop(timeout(COURTESY, told).await);
    }
    if let End::Close { code, reason } = end {
        tracing::debug!(code, "a socket is closed");
        Box::pin(say_goodbye(&mut held.socket, code, reason)).await;
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

/// The next thing that a connection does.
enum Next {
    Input(Input),
    /// The hub wrote what the wire took at once; the rest is the task's.
    Unfinished,
    End(End),
}

/// Why something is not written.
enum Unwritten {
    /// The other side has gone.
    Gone,
    /// The connection ends, for this reason.
    Cut(Input),
}

struct Task<'a> {
    seat: &'a mut Seat,
    /// Answers that were there at once.
    answered: VecDeque<Input>,
    /// Questions under way, each in a task of its own. So a question gives back what it holds of
    /// the database while a slow client keeps this task waiting.
    asked: JoinSet<Input>,
    /// Goes off when the session wants a tick, or before.
    alarm: Pin<Box<Sleep>>,
    /// Whether the client is heard before the hub: both in turn, so that neither is kept waiting.
    hears_client: bool,
}

impl<'a> Task<'a> {
    fn new(seat: &'a mut Seat) -> Self {
        let alarm = Box::pin(sleep_until(Instant::now()));
        let (answered, asked) = (VecDeque::new(), JoinSet::new());
        Self { seat, answered, asked, alarm, hears_client: true }
    }

    async fn serve(mut self, mut held: Box<Served>) -> (End, Box<Served>) {
        loop {
            let (next, taken_up) = self.next(held).await;
            held = taken_up;
            let done = match next {
                Next::Input(input) => {
                    let effects = self.decide(&mut held, input);
                    self.perform_all(&mut held, effects).await
                }
                Next::Unfinished => self.finish(&mut held).await,
                Next::End(end) => ControlFlow::Break(end),
            };
            if let ControlFlow::Break(end) = done {
                return (end, held);
            }
        }
    }

    fn decide(&self, held: &mut Served, input: Input) -> Vec<SessionEffect> {
        held.session.handle(input, Instant::now(), self.seat.gateway.clock.now())
    }

    /// Waits for what comes next. Meanwhile the hub may use what the task held.
    async fn next(&mut self, held: Box<Served>) -> (Next, Box<Served>) {
        let mut slot = Some(held);
        poll_fn(|context| {
            // It is with one of the two, always.
            let Some(mut held) = slot.take().or_else(|| self.seat.line.take_up()) else {
                return Poll::Pending;
            };
            loop {
                if let Poll::Ready(next) = self.poll_next(&mut held, context) {
                    return Poll::Ready((next, held));
                }
                // A post that came meanwhile is looked at first.
                match self.seat.line.park(held, context) {
                    Ok(()) => return Poll::Pending,
                    Err(back) => held = back,
                }
            }
        })
        .await
    }

    /// What comes next. Written out, for it runs for every frame to every client: a `select!` would
    /// make, arm and disarm each of the five anew.
    fn poll_next(&mut self, held: &mut Served, context: &mut Context<'_>) -> Poll<Next> {
        if let Poll::Ready(input) = self.seat.line.is_cut() {
            return Poll::Ready(Next::Input(input));
        }
        if !held.is_free() {
            return Poll::Ready(Next::Unfinished);
        }
        if let Some(input) = self.answered.pop_front() {
            return Poll::Ready(Next::Input(input));
        }
        if let Poll::Ready(Some(answered)) = self.asked.poll_join_next(context) {
            // Nobody ends one but this task, by ending.
            let input = answered.unwrap_or_else(|error| resume_unwind(error.into_panic()));
            return Poll::Ready(Next::Input(input));
        }
        self.hears_client = !self.hears_client;
        let first = self.poll_one(self.hears_client, held, context);
        if first.is_ready() {
            return first;
        }
        let second = self.poll_one(!self.hears_client, held, context);
        if second.is_ready() {
            return second;
        }
        self.poll_tick(held, context).map(|()| Next::Input(Input::Tick))
    }

    fn poll_one(&self, client: bool, held: &mut Served, cx: &mut Context<'_>) -> Poll<Next> {
        if client {
            return poll_client(held, cx);
        }
        self.seat
            .line
            .next_post()
            .map_or(Poll::Pending, |post| Poll::Ready(Next::Input(post.into())))
    }

    /// Sets the alarm anew only if it would go off too late. A tick that moves away with every
    /// frame is looked at when the alarm goes off.
    fn poll_tick(&mut self, held: &mut Served, context: &mut Context<'_>) -> Poll<()> {
        let tick = held.session.next_tick().unwrap_or_else(Instant::now);
        if tick < self.alarm.deadline() {
            self.alarm.as_mut().reset(tick);
        }
        loop {
            held.alarm_at = self.alarm.deadline();
            ready!(self.alarm.as_mut().poll(context));
            if tick <= Instant::now() {
                return Poll::Ready(());
            }
            self.alarm.as_mut().reset(tick);
        }
    }

    /// Sends what the wire did not take from the hub, in its order.
    async fn finish(&mut self, held: &mut Served) -> ControlFlow<End> {
        if std::mem::take(&mut held.is_unflushed) {
            let flushed = self.written(held.socket.flush()).await;
            self.after(held, flushed)?;
        }
        let left = std::mem::take(&mut held.left);
        self.perform_all(held, left).await
    }

    async fn perform_all(
        &mut self,
        held: &mut Served,
        effects: Vec<SessionEffect>,
    ) -> ControlFlow<End> {
        for effect in effects {
            self.perform(held, effect).await?;
        }
        ControlFlow::Continue(())
    }

    async fn perform(&mut self, held: &mut Served, effect: SessionEffect) -> ControlFlow<End> {
        match effect {
            SessionEffect::Send { frame, durable, own } => {
                return self.send(held, frame, durable, own).await;
            }
            SessionEffect::Ping => {
                return self.write(held, Message::Ping(axum::body::Bytes::new())).await;
            }
            // On the heap, for as long as it takes: a task keeps room for the largest thing that
            // it ever waits for.
            SessionEffect::Join(speaker) => return Box::pin(self.join(speaker)).await,
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

    async fn send(
        &mut self,
        held: &mut Served,
        frame: Utf8Bytes,
        durable: bool,
        own: bool,
    ) -> ControlFlow<End> {
        if !durable && self.seat.line.is_half_full() {
            return ControlFlow::Continue(());
        }
        self.seat.gateway.metrics.frames_out.inc(frames::kind(&frame));
        let packed = if own && held.reads_packed { packed(&frame) } else { None };
        self.write(held, packed.map_or(Message::Text(frame), Message::Binary)).await
    }

    async fn write(&mut self, held: &mut Served, message: Message) -> ControlFlow<End> {
        let written = self.written(held.socket.send(message)).await;
        self.after(held, written)
    }

    /// Waits until something is written. Not for longer than a client may take, and not once the
    /// line is cut.
    async fn written(
        &self,
        writing: impl Future<Output = Result<(), axum::Error>>,
    ) -> Result<(), Unwritten> {
        let line = &self.seat.line;
        tokio::select! {
            biased;
            written = timeout(self.seat.gateway.limits.write, writing) => match written {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) => Err(Unwritten::Gone),
                Err(_) => {
                    line.count_slow();
                    Err(Unwritten::Cut(Input::Slow))
                }
            },
            cut = poll_fn(|context| line.poll_cut(context)) => Err(Unwritten::Cut(cut)),
        }
    }

    fn after(&self, held: &mut Served, written: Result<(), Unwritten>) -> ControlFlow<End> {
        let cut = match written {
            Ok(()) => return ControlFlow::Continue(()),
            Err(Unwritten::Gone) => return ControlFlow::Break(End::Gone),
            Err(Unwritten::Cut(cut)) => cut,
        };
        for effect in self.decide(held, cut) {
            if let SessionEffect::Close { code, reason } = effect {
                return ControlFlow::Break(End::Close { code, reason });
            }
        }
        ControlFlow::Break(End::Gone)
    }

    async fn join(&mut self, speaker: Speaker) -> ControlFlow<End> {
        let gateway = Arc::clone(&self.seat.gateway);
        gateway.prove(self.seat.from);
        let Speaker { workspace, agent, device, .. } = speaker;
        let connection = Connection { id: gateway.clock.uuid_v4(), workspace, agent, device };
        let hub = loop {
            let hub = gateway.hub(workspace).await;
            let limit = gateway.limits.sockets_per_agent;
            match hub.join(connection, speaker, &self.seat.line, limit) {
                Ok(true) => {
                    hub.look_again_at(&gateway, speaker.agent);
                    break hub;
                }
                // It was just given up: there will be a new one.
                Ok(false) => {}
                Err(TooMany(agent)) => {
                    tracing::info!(%agent, "agent {agent} has too many connections");
                    let (code, reason) = too_many();
                    return ControlFlow::Break(End::Close { code, reason });
                }
            }
        };
        tracing::debug!(%workspace, %agent, %device, "a socket opened");
        self.seat.joined = Some(Joined { hub, speaker, connection });
        // A silent coordinator costs courtesy only: the hub tells it again soon.
        drop(timeout(COURTESY, gateway.coordinator.connected(vec![connection])).await);
        ControlFlow::Continue(())
    }

    fn ack(&self, ack: &Ack) {
        let Some(joined) = &self.seat.joined else { return };
        self.seat.gateway.backend.acked(joined.speaker, ack);
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
        self.seat.line.set_watching(watch);
        if watch {
            let (gateway, of) = (Arc::clone(&self.seat.gateway), joined.speaker.workspace);
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
        let (hub, speaker, connection) =
            (Arc::clone(&joined.hub), joined.speaker, joined.connection);
        Some(match effect {
            SessionEffect::Submit(command) => Box::pin(async move {
                let place: ConversationId = command.conversation_id;
                let result = gateway.backend.submit(speaker, *command).await;
                Input::Done(place, Box::new(result))
            }),
            SessionEffect::Carry(sights, wanted) => Box::pin(async move {
                if let Some(of) = wanted.composed() {
                    gateway.backend.note_composing(speaker, of);
                }
                if let Wanted::Draft(draft) = &wanted {
                    gateway.backend.note_draft(speaker, draft.conversation_id, &draft.text);
                }
                let frames = carry(&*gateway.coordinator, connection, wanted).await;
                Input::Carried(sights, frames)
            }),
            SessionEffect::ReadGap(..)
            | SessionEffect::FetchSnapshot(..)
            | SessionEffect::FetchSight(_)
            | SessionEffect::LookUpScope(_) => {
                Box::pin(async move { read(&gateway, &hub, speaker, effect).await })
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

fn poll_client(held: &mut Served, context: &mut Context<'_>) -> Poll<Next> {
    if !held.session.can_take_frames() {
        return Poll::Pending;
    }
    Poll::Ready(match ready!(held.socket.poll_next_unpin(context)) {
        Some(Ok(Message::Text(text))) => Next::Input(Input::Text(text)),
        Some(Ok(Message::Binary(_))) => Next::Input(Input::Binary),
        Some(Ok(Message::Ping(_))) => Next::Input(Input::Ping),
        Some(Ok(Message::Pong(_))) => Next::Input(Input::Heard),
        Some(Ok(Message::Close(_))) | None => Next::End(End::Gone),
        Some(Err(error)) => Next::End(misread(&error)),
    })
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
