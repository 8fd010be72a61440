//! The loop that owns the phone and its store: one thing after the other, whoever asks.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use baton_protocol::account::Session;
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;

use super::dispatch::Dispatcher;
use super::keys::Keys;
use super::log::words::{self, info};
use super::log::{Level, Log, Part, Said};
use super::observed::Observed;
use super::{Act, Clock, CoreError, Event, Listener, Net};
use crate::few::Few;
use crate::link::{Input, SocketId, State, Ticket, Token};
use crate::net::socket::{NotTaken, Socket};
use crate::phone::{DropBox, Effect, Now, Phone};
use crate::push::handle::Outcome;
use crate::push::seal::Keyring;
use crate::store::{self, Store, StoreError};

/// A token is refreshed so long before its end.
const TOKEN_SPARE_MS: i64 = 30_000;
/// How long a phone that a push woke stays up for what is still under way.
const LINGER: Duration = Duration::from_secs(2);
/// A damaged store is opened anew this often at most, and one that does not open is tried.
pub(super) const HEAL_EVERY: Duration = Duration::from_secs(10);
/// The code of a close that means no harm.
pub(super) const CLOSE_NORMAL: u16 = 1000;
/// Inputs that are handled before what they changed is shown.
const AT_ONCE: usize = 64;

/// Where the connection stands, for people.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Nobody is signed in.
    SignedOut,
    /// There is no network.
    Offline,
    /// The app is in the background.
    Suspended,
    /// The server was not heard for too long: nothing of what is held is shown or taken before it
    /// is.
    Locked,
    /// On the way to the server.
    Connecting,
    /// What was missed is coming in. What is held can be shown.
    Resuming,
    /// What happens is told as it happens.
    Live,
    /// It did not work; the next try is in so many ms.
    Backoff {
        /// How long.
        retry_ms: u64,
    },
    /// The session is over. What was not sent stays, for when the same agent signs in again.
    NeedsSignIn,
    /// App and server do not understand each other: one of them has to be updated.
    Incompatible,
    /// The device was revoked.
    Wiped,
}

/// What an engine begins with.
pub(super) struct Parts {
    pub(super) store: Arc<Store>,
    pub(super) drops: DropBox,
    pub(super) opened: store::Opened,
    pub(super) keys: Keys,
    pub(super) net: Net,
    pub(super) clock: Clock,
    pub(super) inbox: mpsc::WeakSender<Act>,
    pub(super) frames: mpsc::Sender<Input>,
    pub(super) dispatcher: Dispatcher,
    pub(super) log: Log,
    pub(super) listener: Arc<dyn Listener>,
    pub(super) server: String,
    pub(super) lock_after: Duration,
}

/// See the head of the file.
pub(super) struct Engine {
    pub(super) parts: Parts,
    pub(super) phone: Option<Phone>,
    /// Which phone it is: grows whenever one begins or ends.
    pub(super) life: u64,
    /// Where the sockets of a phone that just began are heard.
    pub(super) next_frames: Option<mpsc::Receiver<Input>>,
    pub(super) session: Option<Session>,
    pub(super) sockets: Few<SocketId, Socket>,
    /// Those that are closing.
    pub(super) closing: Vec<Socket>,
    pub(super) fetches: Few<Ticket, AbortHandle>,
    /// Requests whose answer still has something to write.
    pub(super) under_way: u64,
    pub(super) pushes: Few<u64, oneshot::Sender<Outcome>>,
    pub(super) last_call: u64,
    pub(super) observed: Observed,
    /// Nothing of what is held is shown or taken: as the app was told last.
    pub(super) is_locked: bool,
    pub(super) is_foreground: bool,
    pub(super) has_network: bool,
    /// What has to be sent before the app may be stopped, and until when.
    pub(super) flushes: Vec<(Duration, oneshot::Sender<bool>)>,
    /// Who waits for everything to be closed.
    pub(super) closers: Vec<oneshot::Sender<()>>,
    /// In the background, everything is closed by then.
    pub(super) close_at: Option<Duration>,
    pub(super) last_error: Option<StoreError>,
    pub(super) damage: Option<store::Damage>,
    /// The store is to be opened anew.
    pub(super) must_heal: bool,
    pub(super) healed_at: Option<Duration>,
    /// What could not begin, for the store's sake, is tried again then.
    pub(super) begin_at: Option<Duration>,
    /// The phone whose token is being renewed, and who waits for that.
    pub(super) renewing: Option<u64>,
    pub(super) renewals: Vec<oneshot::Sender<Result<String, CoreError>>>,
    /// Mistakes of ours that were caught.
    pub(super) panics: u64,
    /// What made room in the store, as was said.
    evicted: u64,
    is_over: bool,
}

impl Engine {
    pub(super) fn new(parts: Parts) -> Self {
        let damage = parts.opened.damage;
        Self {
            parts,
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
            observed: Observed::default(),
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
            panics: 0,
            evicted: 0,
            is_over: false,
        }
    }

    /// Works until it is stopped, or nobody is there any more who could ask.
    pub(super) fn live(
        mut self,
        (mut inbox, mut frames): (mpsc::Receiver<Act>, mpsc::Receiver<Input>),
        (session, keyring): (Option<Session>, Option<Keyring>),
    ) {
        let built = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let Ok(runtime) = built else { return };
        self.parts.log.is_of_this_thread();
        words::of_opened(&self.parts.opened).into_iter().for_each(|said| self.say(said));
        if let Some(session) = session {
            let now = self.parts.clock.now();
            if let Err(error) = self.enters(session, keyring, now) {
                self.store_failed(error);
            }
            self.minds_lock(now);
            self.carry_out(now);
        }
        runtime.block_on(async {
            while !self.is_over {
                frames = self.next_frames.take().unwrap_or(frames);
                self.step(&mut inbox, &mut frames).await;
            }
        });
    }

    async fn step(&mut self, inbox: &mut mpsc::Receiver<Act>, frames: &mut mpsc::Receiver<Input>) {
        let due = self.due();
        let sleep = async {
            match due {
                Some(at) => tokio::time::sleep_until(self.parts.clock.instant(at).into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            act = inbox.recv() => match act {
                Some(act) => self.work(|engine, now| act(engine, now)),
                None => self.is_over = true,
            },
            input = frames.recv() => {
                self.work(|engine, now| {
                    engine.hear(input, now);
                    // What came together is shown together.
                    for _ in 1..AT_ONCE {
                        let Ok(input) = frames.try_recv() else { break };
                        engine.hear(Some(input), now);
                    }
                });
            }
            () = sleep => self.work(Self::tick),
        }
    }

    /// Does one thing to its end. A mistake of ours in it must not take the app along: the phone
    /// begins anew from what is stored, and where that does not help, the core is closed.
    fn work(&mut self, act: impl FnOnce(&mut Self, Now)) {
        let now = self.parts.clock.now();
        let whole = AssertUnwindSafe(|| self.work_through(act, now));
        if catch_unwind(whole).is_ok() {
            return;
        }
        self.panics += 1;
        let said = Said::new(Level::Error, Part::Life, "a mistake of the core was caught");
        self.say(said.with("so_far", self.panics));
        let is_again = self.healed_at.is_some_and(|at| now.mono < at + HEAL_EVERY);
        let healing = AssertUnwindSafe(|| self.heal(now));
        if is_again || catch_unwind(healing).is_err() {
            self.lets_go();
            self.is_over = true;
            self.say(Said::new(Level::Error, Part::Life, "the core is closed"));
        }
    }

    pub(super) fn work_through(&mut self, act: impl FnOnce(&mut Self, Now), now: Now) {
        self.minds_lock(now);
        act(self, now);
        self.minds_lock(now);
        self.carry_out(now);
        if std::mem::take(&mut self.must_heal) {
            self.heal(now);
        }
        self.end_flushes(now);
        self.carry_out(now);
        self.show(now);
        self.close_if_idle(now);
        let evicted = self.parts.store.evicted();
        let before = std::mem::replace(&mut self.evicted, evicted);
        if evicted > before {
            let said = info(Part::Store, "lines that the server has made room");
            self.say(said.with("conversations", evicted - before));
        }
    }

    /// When the clock is to be looked at again.
    pub(super) fn due(&self) -> Option<Duration> {
        let now = self.parts.clock.now();
        let phone = self.phone.as_ref().and_then(|phone| phone.poll_timeout(now));
        let phone = phone.map(|(at, _)| at);
        let flush = self.flushes.iter().map(|(until, _)| *until).min();
        let is_shown = self.is_foreground && self.phone.is_some() && !self.is_locked;
        let observed = self.observed.due().filter(|_| is_shown);
        let begin = self.begin_at.filter(|_| self.is_foreground);
        [phone, flush, self.close_at, observed, begin].into_iter().flatten().min()
    }

    fn tick(&mut self, now: Now) {
        if self.is_foreground && self.begin_at.is_some_and(|at| at <= now.mono) {
            self.comes_forward(now);
        }
        if let Some(phone) = &mut self.phone {
            phone.tick(now);
        }
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

    /// Does what the phone says until it says nothing more.
    pub(super) fn carry_out(&mut self, now: Now) {
        while let Some(effect) = self.phone.as_mut().and_then(Phone::poll_effect) {
            self.carry_out_one(effect, now);
        }
    }

    fn carry_out_one(&mut self, effect: Effect, now: Now) {
        words::of_effect(&effect).into_iter().for_each(|said| self.say(said));
        match effect {
            Effect::OpenSocket(socket) => self.open_socket(socket),
            Effect::CloseSocket(socket, code) => {
                if let Some(handle) = self.sockets.remove(&socket) {
                    self.bids_farewell(handle, code);
                }
            }
            Effect::Ping(socket) => self.on_socket(socket, Socket::ping),
            Effect::Send(socket, frame) => self.on_socket(socket, |open| open.send(&frame)),
            Effect::Fetch(ticket, query) => self.fetch(ticket, query),
            Effect::Abandon(ticket) => {
                if let Some(task) = self.fetches.remove(&ticket) {
                    task.abort();
                }
            }
            Effect::RefreshToken => self.refresh(),
            Effect::Commands { request, commands } => self.send_commands(request, commands),
            Effect::Outcomes { request, op_ids } => self.ask_outcomes(request, op_ids),
            Effect::Receipts { request, receipts } => self.send_receipts(request, receipts),
            Effect::State(state) => self.tell_standing(self.standing_at(state, now)),
            Effect::Outbox(changes) => self.tell_outbox(changes),
            Effect::Touched(touched) => self.observed.touch(&touched),
            Effect::People => self.tell(Event::People),
            Effect::LeaseLost { conversation_id, by } => {
                self.tell(Event::LeaseLost { conversation: conversation_id, by });
            }
            Effect::Pushed { call, outcome, telling, .. } => {
                let answer = self.pushes.remove(&call);
                let is_taken = answer.is_some_and(|answer| answer.send(*outcome).is_ok());
                self.was_told((self.life, telling), is_taken, now);
                self.close_soon(now);
            }
            Effect::Notifications { withdraw, update, telling } => {
                self.tell_notifications(Event::Notifications { withdraw, update }, telling);
            }
            Effect::StoreFailed(error) => self.store_failed(error),
            Effect::Suspend { .. } => self.close_soon(now),
            Effect::EndSession => self.end_session(),
            Effect::Wipe => self.wipe(),
        }
    }

    /// What a socket does not take is told by its end: it closes for that, or is closed.
    fn on_socket(&mut self, socket: SocketId, act: impl FnOnce(&Socket) -> Result<(), NotTaken>) {
        if let Some(Err(NotTaken::TooLarge)) = self.sockets.get(&socket).map(act) {
            self.sockets.remove(&socket);
            let now = self.parts.clock.now();
            self.hear(Some(Input::SocketClosed(socket, None)), now);
        }
    }

    pub(super) fn say(&self, said: Said) {
        self.parts.log.say(said);
    }

    pub(super) fn tell_standing(&self, standing: Standing) {
        self.say(words::of_standing(standing));
        self.tell(Event::State(standing));
    }

    pub(super) fn tell(&self, event: Event) {
        let listener = Arc::clone(&self.parts.listener);
        self.parts.dispatcher.tell(Box::new(move || listener.hear(event)));
    }

    /// Tells who observes what changed.
    fn show(&mut self, now: Now) {
        let is_shown = self.is_foreground && !self.is_locked;
        let Some(phone) = self.phone.as_ref().filter(|_| is_shown) else { return };
        let to = (&self.parts.dispatcher, &self.parts.inbox);
        if let Err(error) = self.observed.show(phone, to, now) {
            self.store_failed(error);
        }
    }

    /// In the background nothing stays open for longer than what is under way.
    pub(super) fn close_soon(&mut self, now: Now) {
        if !self.is_foreground && self.close_at.is_none() {
            self.close_at = Some(now.mono + LINGER);
        }
    }

    fn close_if_idle(&mut self, now: Now) {
        let Some(at) = self.close_at else { return };
        let is_busy = self.under_way > 0 || !self.pushes.is_empty() || !self.flushes.is_empty();
        if is_busy && now.mono < at {
            return;
        }
        if !self.closers.is_empty() {
            self.pushes = Few::new();
        }
        if !self.flushes.is_empty() || !self.pushes.is_empty() {
            self.close_at = Some(now.mono + LINGER);
            return;
        }
        self.close_at = None;
        self.close_files();
    }

    /// Closes every file and idle connection.
    pub(super) fn close_files(&mut self) {
        self.parts.net.server.close_all();
        if let Err(error) = self.parts.store.pause() {
            self.store_failed(error);
        }
        let closing = std::mem::take(&mut self.closing);
        let closers = std::mem::take(&mut self.closers);
        self.parts.net.runtime.spawn(async move {
            for socket in closing {
                socket.finished().await;
            }
            for closer in closers {
                closer.send(()).ok();
            }
        });
    }

    /// Everything that was asked for is sent, or its time is over.
    pub(super) fn end_flushes(&mut self, now: Now) {
        if self.flushes.is_empty() {
            return;
        }
        let phone = self.phone.as_ref();
        let is_done = phone.map_or(self.session.is_none(), |phone| phone.outbox().is_settled());
        let mut left = Vec::new();
        for (until, answer) in std::mem::take(&mut self.flushes) {
            if is_done || until <= now.mono {
                answer.send(is_done).ok();
            } else {
                left.push((until, answer));
            }
        }
        self.flushes = left;
        if self.flushes.is_empty() && !self.is_foreground {
            if let Some(phone) = &mut self.phone {
                phone.goes_back(now.mono, now);
            }
            self.close_soon(now);
        }
    }

    /// Ends everything; what is stored stays.
    pub(super) fn stop(&mut self, now: Now) {
        if let Some(phone) = &mut self.phone {
            phone.goes_back(now.mono, now);
        }
        self.carry_out(now);
        self.lets_go();
        self.close_files();
        self.say(info(Part::Life, "the core is shut down"));
        self.is_over = true;
    }
}

/// The session's token, by the clock that only grows.
pub(super) fn token_of(session: &Session, now: Now) -> Token {
    let left = session.access_expires_at.since(now.wall) - TOKEN_SPARE_MS;
    let left = Duration::from_millis(left.max(0).unsigned_abs());
    Token { text: session.access_token.clone(), good_until: now.mono + left }
}

/// Where a phone stands that is not locked.
pub(super) fn standing(state: State, now: Now) -> Standing {
    match state {
        State::SignedOut => Standing::SignedOut,
        State::Offline => Standing::Offline,
        State::Suspended => Standing::Suspended,
        State::Connecting | State::Greeting => Standing::Connecting,
        State::Resuming => Standing::Resuming,
        State::Live => Standing::Live,
        State::Backoff { until } => {
            let left = until.saturating_sub(now.mono).as_millis();
            Standing::Backoff { retry_ms: u64::try_from(left).unwrap_or(u64::MAX) }
        }
        State::NeedsSignIn => Standing::NeedsSignIn,
        State::Incompatible => Standing::Incompatible,
        State::Wiped => Standing::Wiped,
    }
}
