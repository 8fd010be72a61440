//! The engine's state, and the steps that every part of it may take.
//!
//! One thread owns the engine with its phone and store. Calls of the app, frames and answers reach
//! it as messages, and it handles them one at a time.

use std::sync::Arc;
use std::time::Duration;

use baton_protocol::account::Session;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;

use super::clock::Clock;
use super::dispatcher::{DeliveryEnd, Dispatcher, OnEnd};
use super::error::CoreError;
use super::events::{CoreState, Event, Listener};
use super::keys::{Keys, SharedWish};
use super::log::words;
use super::log::{Log, LogEntry};
use super::subscriptions::Subscriptions;
use crate::few::Few;
use crate::link::{Input, SocketId, State, Ticket, Token};
use crate::net::Server;
use crate::net::socket::Socket;
use crate::phone::{DropBox, Now, Phone};
use crate::push::PushState;
use crate::push::handle::Outcome;
use crate::store::{self, Store, StoreError};

/// A token is refreshed this long before its end, ms.
const TOKEN_SPARE_MS: i64 = 30_000;
/// The time that a phone woken by a push stays up for requests under way.
pub(super) const LINGER: Duration = Duration::from_secs(2);
/// The code of a normal WebSocket close.
pub(super) const CLOSE_NORMAL: u16 = 1000;

/// A message for the engine: runs on its thread.
pub(super) type EngineCall = Box<dyn FnOnce(&mut Engine, Now) + Send>;

/// The server, and the runtime that requests run on.
#[derive(Clone)]
pub(super) struct Net {
    pub(super) server: Server,
    pub(super) runtime: tokio::runtime::Handle,
}

/// The parts that an engine needs to begin.
pub(super) struct EngineConfig {
    pub(super) store: Arc<Store>,
    pub(super) drops: DropBox,
    pub(super) opened: store::Opened,
    pub(super) keys: Keys,
    pub(super) net: Net,
    pub(super) clock: Clock,
    pub(super) inbox: mpsc::WeakSender<EngineCall>,
    pub(super) frames: mpsc::Sender<Input>,
    pub(super) dispatcher: Dispatcher,
    pub(super) log: Log,
    pub(super) listener: Arc<dyn Listener>,
    pub(super) server: String,
    pub(super) lock_after: Duration,
    pub(super) wish: SharedWish,
}

/// The phone, its store, and what is under way for it.
pub(super) struct Engine {
    pub(super) config: EngineConfig,
    pub(super) phone: Option<Phone>,
    /// The number of the phone: grows whenever one begins or ends.
    pub(super) life: u64,
    /// The receiver of frames for a phone that just began.
    pub(super) next_frames: Option<mpsc::Receiver<Input>>,
    pub(super) session: Option<Session>,
    pub(super) sockets: Few<SocketId, Socket>,
    /// Sockets that are closing.
    pub(super) closing: Vec<Socket>,
    pub(super) fetches: Few<Ticket, AbortHandle>,
    /// Requests and deliveries whose end may still write to the store.
    pub(super) under_way: u64,
    pub(super) pushes: Few<u64, oneshot::Sender<Outcome>>,
    pub(super) last_call: u64,
    pub(super) subscriptions: Subscriptions,
    /// Whether the phone is locked, as the app was told last.
    pub(super) is_locked: bool,
    pub(super) is_foreground: bool,
    pub(super) has_network: bool,
    /// Callers that wait until everything is sent, or synced.
    pub(super) flushes: Vec<Flush>,
    /// Callers that wait until everything is closed.
    pub(super) closers: Vec<oneshot::Sender<()>>,
    /// The time when everything is closed, in the background.
    pub(super) close_at: Option<Duration>,
    pub(super) last_error: Option<StoreError>,
    pub(super) damage: Option<store::Damage>,
    /// Whether the store must be opened again.
    pub(super) must_heal: bool,
    pub(super) healed_at: Option<Duration>,
    /// The time of the next try for a phone that the store kept from beginning.
    pub(super) begin_at: Option<Duration>,
    /// The number of the phone whose token is being renewed.
    pub(super) renewing: Option<u64>,
    /// Callers that wait for the renewed token.
    pub(super) renewals: Vec<oneshot::Sender<Result<String, CoreError>>>,
    /// The number of the phone whose wish for pushes is being told.
    pub(super) confirming: Option<u64>,
    /// The state of pushes, as the app was told last.
    pub(super) told_push: Option<PushState>,
    /// Panics that were caught.
    pub(super) panics: u64,
    /// Evictions of the store that the log already holds.
    pub(super) evicted: u64,
    pub(super) is_over: bool,
}

/// The state that a caller of `flush` or `sync` waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FlushGoal {
    /// Everything is sent and answered.
    Sent,
    /// And what was missed is stored.
    Synced,
}

/// A caller that waits.
pub(super) struct Flush {
    pub(super) until: Duration,
    pub(super) goal: FlushGoal,
    pub(super) done: oneshot::Sender<bool>,
}

/// Sends the end of a delivery to the engine, which then runs `then`.
pub(super) fn report_to_engine(
    inbox: &mpsc::WeakSender<EngineCall>,
    then: impl FnOnce(&mut Engine, bool, Now) + Send + 'static,
) -> OnEnd {
    let inbox = inbox.clone();
    Box::new(move |DeliveryEnd { is_taken, is_called }| {
        let Some(inbox) = inbox.upgrade() else { return };
        let call: EngineCall = Box::new(move |engine, now| then(engine, is_taken, now));
        if let Err(TrySendError::Full(call)) = inbox.try_send(call)
            && is_called
        {
            // This is the dispatcher's thread. The engine never waits for it, so it may wait.
            drop(inbox.blocking_send(call));
        }
    })
}

impl Engine {
    pub(super) fn new(config: EngineConfig) -> Self {
        let damage = config.opened.damage;
        Self {
            config,
            phone: None,
            life: 0,
            next_frames: None,
            session: None,
            sockets: Few::new(),
            closing: Vec::new(),
            fetches: Few::new(),
            under_way: 0,
            pushes: Few::new(),
            last_call: 0,
            subscriptions: Subscriptions::default(),
            is_locked: false,
            is_foreground: false,
            has_network: false,
            flushes: Vec::new(),
            closers: Vec::new(),
            close_at: None,
            last_error: None,
            damage,
            must_heal: false,
            healed_at: None,
            begin_at: None,
            renewing: None,
            renewals: Vec::new(),
            confirming: None,
            told_push: None,
            panics: 0,
            evicted: 0,
            is_over: false,
        }
    }

    pub(super) fn say(&self, said: LogEntry) {
        self.config.log.write(said);
    }

    pub(super) fn tell(&self, event: Event) {
        let listener = Arc::clone(&self.config.listener);
        self.config.dispatcher.deliver(Box::new(move || listener.hear(event)));
    }

    pub(super) fn tell_state(&self, state: CoreState) {
        self.say(words::of_state(state));
        self.tell(Event::State(state));
    }

    pub(super) fn hear(&mut self, input: Option<Input>, now: Now) {
        if let Some(said) = input.as_ref().and_then(words::of_input) {
            self.say(said);
        }
        if let Some(Input::SocketClosed(ended, _) | Input::SocketFailed(ended, _)) = &input {
            self.sockets.remove(ended);
        }
        if let (Some(phone), Some(input)) = (&mut self.phone, input) {
            phone.hear(input, now);
        }
    }

    /// Returns the phone of the signed-in agent.
    ///
    /// # Errors
    /// `Unauthorized` without a session, `Storage` when the store kept the phone from beginning.
    pub(super) fn signed_in_phone(&mut self) -> Result<&mut Phone, CoreError> {
        let is_signed_in = self.session.is_some();
        let failed = self.last_error.unwrap_or(StoreError::Closed);
        self.phone.as_mut().ok_or(match is_signed_in {
            true => CoreError::Storage(failed),
            false => CoreError::Unauthorized,
        })
    }

    /// Whether an agent is signed in and the session has not ended.
    pub(super) fn is_signed_in(&self) -> bool {
        self.phone.as_ref().is_some_and(|phone| match phone.state() {
            State::NeedsSignIn | State::SignedOut | State::Wiped => false,
            State::Offline
            | State::Suspended
            | State::Connecting
            | State::Greeting
            | State::Resuming
            | State::Live
            | State::Backoff { .. }
            | State::Incompatible => true,
        })
    }

    pub(super) fn token(&self) -> Token {
        let now = self.config.clock.now();
        match &self.session {
            Some(session) => token_of(session, now),
            None => Token { text: String::new(), good_until: now.mono },
        }
    }

    pub(super) fn token_text(&self) -> String {
        self.session.as_ref().map(|session| session.access_token.clone()).unwrap_or_default()
    }

    pub(super) fn end_delivery(&mut self, life: u64, delivery: u64, is_taken: bool, now: Now) {
        if let Some(phone) = self.phone.as_mut().filter(|_| self.life == life) {
            phone.end_delivery(delivery, is_taken, now);
        }
    }

    /// Logs and tells a failure of the store once. A damaged store will be healed.
    pub(super) fn report_store_error(&mut self, error: StoreError) {
        self.must_heal |= error == StoreError::Damaged;
        if self.last_error != Some(error) {
            self.say(words::of_store_error(error));
            self.tell(Event::StoreFailed(error));
        }
        self.last_error = Some(error);
    }

    /// Opens the store if it is closed.
    pub(super) fn open_store(&mut self) -> Result<(), StoreError> {
        let opened = self.config.store.resume()?;
        if opened != store::Opened::default() {
            words::of_opened(&opened).into_iter().for_each(|said| self.say(said));
        }
        self.damage = opened.damage.or(self.damage);
        // The phone's state is from before the damage: it must begin again.
        self.must_heal |= opened.damage.is_some() && self.phone.is_some();
        Ok(())
    }

    /// Ends the phone, its sockets, its requests and the calls that wait for it.
    pub(super) fn drop_phone(&mut self) {
        self.phone = None;
        self.pushes = Few::new();
        (self.renewing, self.renewals) = (None, Vec::new());
        for (_, handle) in std::mem::take(&mut self.sockets) {
            self.close_socket(handle, CLOSE_NORMAL);
        }
        for (_, task) in std::mem::take(&mut self.fetches) {
            task.abort();
        }
    }

    pub(super) fn close_socket(&mut self, socket: Socket, code: u16) {
        socket.close(code);
        self.closing.retain(|socket| !socket.is_finished());
        self.closing.push(socket);
    }

    /// In the background, schedules the closing of everything.
    pub(super) fn close_soon(&mut self, now: Now) {
        if !self.is_foreground && self.close_at.is_none() {
            self.close_at = Some(now.mono + LINGER);
        }
    }

    /// Closes the store and idle connections, then answers the callers that wait for it.
    pub(super) fn close_files(&mut self) {
        self.config.net.server.close_all();
        if let Err(error) = self.config.store.pause() {
            self.report_store_error(error);
        }
        let closing = std::mem::take(&mut self.closing);
        let closers = std::mem::take(&mut self.closers);
        self.config.net.runtime.spawn(async move {
            for socket in closing {
                socket.finished().await;
            }
            for closer in closers {
                closer.send(()).ok();
            }
        });
    }
}

/// Returns the session's token with its end on the monotonic clock.
pub(super) fn token_of(session: &Session, now: Now) -> Token {
    let left = session.access_expires_at.since(now.wall) - TOKEN_SPARE_MS;
    let left = Duration::from_millis(left.max(0).unsigned_abs());
    Token { text: session.access_token.clone(), good_until: now.mono + left }
}
