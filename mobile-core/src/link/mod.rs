//! The connection to the server and the copy of the log, as a pure machine.
//!
//! A link has no clock, socket or database. Its owner hands it inputs ([`Input`]) inside a
//! transaction on the conversations ([`Holdings`]), and carries out the effects ([`LinkAction`]) in
//! order. A [`LinkAction::Commit`] comes before every effect that tells of what it writes.
//! [`Link::poll_timeout`] says when the link needs a [`Input::Tick`], and why.
//!
//! ```text
//!  SignedOut ── opened ──▶ Connecting ─▶ Greeting ─▶ Resuming ─▶ Live
//!                              ▲ ▲           │           │  ▲      │
//!                              │ └── Backoff ◀───────────┴──┼──────┘  closed, silent, a gap
//!      Offline · Suspended ────┘                            └─ reset: a new snapshot is loaded
//!      NeedsSignIn · Incompatible · Wiped
//! ```
//!
//! What must be fetched follows from the mirror alone, so a phone that was killed asks for the same
//! data as one that was not.
//!
//! - `life` handles the phone's lifecycle, `wire` sockets, `answers` requests, `account` tokens.
//! - `fetches` tracks what is requested, `backoff` when to retry, `limits` every bound.
//!
//! **Invariant:** no socket is open in the background or without a network.
//! **Invariant:** retries come at a bounded rate and memory is bounded, whatever the server does.

mod account;
mod answers;
mod backoff;
mod effect;
mod fetches;
mod input;
mod life;
pub mod limits;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baton_domain::fact::chance;
use baton_domain::see::mirror::{Desk, Holdings, List, Mirror, Progress};
use baton_protocol::frame::{Ack, ClientFrame};

pub use effect::{LinkAction, Listing, Query, State, TimeoutReason, Welcomed};
pub use input::{Failure, Fetched, Input, LastAsked, Opened, SocketId, Ticket, Token, read};

use crate::gathered::gathered;
use account::{Account, Refresh, SignInState};
use backoff::Backoff;
use fetches::{Fetches, Key, Leave};
use limits::{BURDEN_MAX, CONNECT_MAX, FAULT_FORGOTTEN, FAULTS_MAX, INCOMPATIBLE_WAIT, WANTED_MAX};
use wire::Phase;

/// The code of a close that means no harm.
const CLOSE_NORMAL: u16 = 1000;

/// The connection to the server and the mirror of the log. See the [module](self).
#[derive(Debug)]
pub struct Link {
    random: u64,
    /// What is held of the log; the conversations lie with the owner.
    mirror: Mirror<()>,
    /// As it is on disk.
    stored: Progress,
    /// As it is on disk unless the owner says otherwise.
    storing: Option<Progress>,
    account: Option<Account>,
    standing: SignInState,
    is_up: bool,
    is_foreground: bool,
    /// Whether that is because somebody looks.
    is_watched: bool,
    phase: Phase,
    backoff: Backoff,
    refresh: Refresh,
    fetches: Fetches,
    /// A push asked for what is new, until then.
    wake: Option<Duration>,
    last_socket: u64,
    /// The token that the present socket opened with.
    greeted_with: u32,
    /// What a server did that none should, since everything was well.
    faults: u32,
    /// When it last did.
    faulted_at: Duration,
    told: State,
}

/// What came of an input.
#[derive(Debug)]
pub struct Turn<E> {
    /// What to do, in this order.
    pub effects: Vec<LinkAction>,
    /// What could not be read or written: roll the transaction back first. The link has gone back
    /// to what is stored, and there is no commit among the effects.
    pub error: Option<E>,
}

/// What comes of an input, so far.
#[derive(Debug)]
struct Step {
    now: Duration,
    /// To be stored with the commit.
    keep: Vec<LinkAction>,
    effects: Vec<LinkAction>,
    /// Whether anything but the progress changed.
    is_changed: bool,
    /// Everything is to be put away by then; said last.
    suspend: Option<Duration>,
}

impl Step {
    fn at(now: Duration) -> Self {
        Self { now, keep: Vec::new(), effects: Vec::new(), is_changed: false, suspend: None }
    }

    fn push(&mut self, effect: LinkAction) {
        self.effects.push(effect);
    }
}

impl Link {
    /// A link that nobody is signed in to. `seed` spreads the tries of many phones.
    pub fn new(seed: u64) -> Self {
        Self {
            random: seed | 1,
            mirror: Mirror::restored(Progress::default(), ()),
            stored: Progress::default(),
            storing: None,
            account: None,
            standing: SignInState::SignedOut,
            is_up: false,
            is_foreground: false,
            is_watched: false,
            phase: Phase::Resting,
            backoff: Backoff::default(),
            refresh: Refresh::default(),
            fetches: Fetches::after(0),
            wake: None,
            last_socket: 0,
            greeted_with: 0,
            faults: 0,
            faulted_at: Duration::ZERO,
            told: State::SignedOut,
        }
    }

    /// Handles an input. What it writes to `held` is one transaction with the commit among the
    /// effects; where there is none, nothing was written.
    pub fn handle<H: Holdings>(
        &mut self,
        input: Input,
        now: Duration,
        held: &mut H,
    ) -> Turn<H::Error> {
        self.stored = self.storing.take().unwrap_or_else(|| std::mem::take(&mut self.stored));
        let mut step = Step::at(now);
        let error = self.dispatch(input, held, &mut step).err();
        if error.is_some() {
            self.roll_back(&mut step);
        }
        self.settle(&mut step);
        Turn { effects: self.close_up(step), error }
    }

    /// The commit failed: nothing of the last turn is on disk. What comes back is to be done after
    /// the other effects of that turn, none of which says to anybody that it is.
    pub fn handle_store_failure(&mut self, now: Duration) -> Vec<LinkAction> {
        self.storing = None;
        let mut step = Step::at(now);
        self.roll_back(&mut step);
        self.settle(&mut step);
        self.close_up(step)
    }

    /// When this link wants [`Input::Tick`] at the latest, and why.
    pub fn poll_timeout(&self) -> Option<(Duration, TimeoutReason)> {
        if !self.may_ask() {
            return None;
        }
        let wake = self.wake.map(|until| (until, TimeoutReason::WakeOver));
        let times = [wake, self.refresh_timeout(), self.fetch_timeout(), self.phase_timeout()];
        times.into_iter().flatten().min()
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        match self.standing {
            SignInState::SignedOut => State::SignedOut,
            SignInState::Wiped => State::Wiped,
            SignInState::NeedsSignIn => State::NeedsSignIn,
            SignInState::Good | SignInState::Incompatible { .. } if !self.is_foreground => {
                State::Suspended
            }
            SignInState::Good | SignInState::Incompatible { .. } if !self.is_up => State::Offline,
            SignInState::Incompatible { .. } => State::Incompatible,
            SignInState::Good => self.phase_state(),
        }
    }

    /// How far the log is applied and what is still to be fetched.
    pub fn mirror(&self) -> &Mirror<()> {
        &self.mirror
    }

    /// Returns the newest socket and the newest request.
    pub fn last_asked(&self) -> LastAsked {
        LastAsked { socket: SocketId(self.last_socket), ticket: Ticket(self.fetches.last_ticket()) }
    }

    /// The socket that commands may be sent over, if the server let us in.
    pub fn socket(&self) -> Option<SocketId> {
        match &self.phase {
            Phase::Joined(joined) => Some(joined.socket),
            Phase::Resting | Phase::Waiting | Phase::Connecting { .. } | Phase::Greeting { .. } => {
                None
            }
        }
    }

    fn dispatch<H: Holdings>(
        &mut self,
        input: Input,
        held: &mut H,
        step: &mut Step,
    ) -> Result<(), H::Error> {
        match input {
            Input::Opened(opened) => self.open(*opened, step),
            Input::NetworkUp => self.network(true, step),
            Input::NetworkDown => self.network(false, step),
            Input::NetworkChanged => self.move_over(step),
            Input::Foreground => self.come_forward(true, step),
            Input::Flush => self.come_forward(false, step),
            Input::Background { deadline } => self.go_back(deadline, step),
            Input::Acted => self.kick(step),
            Input::PushWoke { deadline } => self.wake_up(deadline, step),
            Input::SignOut => self.sign_out(step),
            Input::SocketOpened(socket) => self.opened(socket, step),
            Input::SocketFailed(socket, failure) => self.failed(socket, &failure, step),
            Input::Frame(socket, frame) => return self.frame(socket, frame, held, step),
            Input::Heard(socket) => self.hear(socket, step.now),
            Input::Unreadable(socket) => {
                if self.phase.is_of(socket) {
                    self.fault(step);
                }
            }
            Input::SocketClosed(socket, close) => self.closed(socket, close, step),
            Input::Answered(ticket, answer) => return self.answered(ticket, answer, held, step),
            Input::Refreshed(answer) => self.refreshed(answer, step),
            Input::Rejected { token, failure } => self.rejected(&token.text, &failure, step),
            Input::Tick => {}
        }
        Ok(())
    }

    /// Brings what is done in line with what may and must be done.
    fn settle(&mut self, step: &mut Step) {
        self.expire(step);
        if !self.may_connect() {
            self.rest(step);
        } else if matches!(self.phase, Phase::Resting) {
            self.phase = Phase::Waiting;
            self.kick(step);
        }
        if !self.may_ask() {
            self.fetches.abandon(&mut step.effects);
        }
        self.connect(step);
        self.ask_for_a_token(step);
        self.fetch(step);
        self.end_wake_if_done(step);
        self.acknowledge(step);
    }

    /// The effects in order: what is stored first, then what tells of it.
    fn close_up(&mut self, step: Step) -> Vec<LinkAction> {
        let mut effects = step.keep;
        let progress = self.mirror.progress();
        if step.is_changed || !effects.is_empty() || progress != self.stored {
            effects.push(LinkAction::Commit(Box::new(progress.clone())));
            self.storing = Some(progress);
        }
        effects.extend(step.effects);
        let state = self.state();
        if state != self.told {
            self.told = state;
            effects.push(LinkAction::Tell(state));
        }
        effects.extend(step.suspend.map(|deadline| LinkAction::Suspend { deadline }));
        effects
    }

    /// Goes back to what is stored, as if what came since had not come.
    fn roll_back(&mut self, step: &mut Step) {
        self.mirror = Mirror::restored(self.stored.clone(), ());
        (step.is_changed, step.keep) = (false, Vec::new());
        self.fetches.abandon(&mut step.effects);
        self.fetches = Fetches::after(self.fetches.last_ticket());
        if self.phase.socket().is_some() {
            self.hang_up(CLOSE_NORMAL, step);
            let random = self.next_random();
            self.backoff.fail(step.now, random);
        }
    }

    fn may_connect(&self) -> bool {
        let is_good = matches!(self.standing, SignInState::Good | SignInState::Incompatible { .. });
        is_good && self.account.is_some() && self.is_up && self.is_foreground
    }

    /// Whether anything may be under way at all.
    fn may_ask(&self) -> bool {
        self.may_connect() || (self.is_ready() && self.wake.is_some())
    }

    /// Whether nothing stands between this phone and its server.
    fn is_ready(&self) -> bool {
        self.standing == SignInState::Good && self.account.is_some() && self.is_up
    }

    /// What may be asked besides the socket. What is under way goes on when a socket is lost.
    fn leave(&self) -> Leave {
        if !self.is_ready() {
            return Leave::Nothing;
        }
        match (self.phase.joined(), self.wake) {
            (Some(_), _) => Leave::All,
            (None, Some(_)) => Leave::Wake,
            (None, None) => Leave::Nothing,
        }
    }

    /// Nothing is open, nothing is tried.
    fn rest(&mut self, step: &mut Step) {
        self.hang_up(CLOSE_NORMAL, step);
        self.phase = Phase::Resting;
        self.backoff.rest();
    }

    /// Closes the socket, if there is one; who does so says when to try again.
    fn hang_up(&mut self, code: u16, step: &mut Step) {
        if let Some(socket) = self.phase.socket() {
            step.push(LinkAction::CloseSocket(socket, code));
        }
        self.phase = Phase::Waiting;
    }

    /// Applies a change to the mirror and to what is held, each conversation written once.
    fn apply<H: Holdings, T>(
        &mut self,
        held: &mut H,
        change: impl FnOnce(&mut Mirror<Desk<'_, H>>) -> Result<T, H::Error>,
    ) -> Result<T, H::Error> {
        let empty = Mirror::restored(Progress::default(), ());
        let (mut mirror, ()) = std::mem::replace(&mut self.mirror, empty).held_in(Desk::of(held));
        let changed = change(&mut mirror);
        let (mirror, desk) = mirror.held_in(());
        self.mirror = mirror;
        let changed = changed?;
        desk.clear_up()?;
        Ok(changed)
    }

    /// Bounds what the mirror remembers, and asks for what it lacks.
    fn take_stock(&mut self, step: &mut Step) {
        if self.mirror.burden() > BURDEN_MAX {
            let lighter = Progress { is_taking: true, ..self.mirror.progress() };
            let lighter = Progress { wanted: BTreeMap::new(), ..lighter };
            let lighter = Progress { marks: BTreeMap::new(), ..lighter };
            self.mirror = Mirror::restored(lighter, ());
            self.fetches.ask(Key::Page, step.now, &mut step.effects);
            self.fault(step);
        } else if self.mirror.wanted().count() > WANTED_MAX {
            self.begin_snapshot(step);
        }
        let mut lacking: BTreeSet<_> = gathered(self.mirror.wanted().map(Key::Conversation));
        let lists = self.mirror.lists();
        lacking.extend(List::EACH.into_iter().filter(|list| lists.has(*list)).map(Key::List));
        lacking.extend(self.mirror.is_taking().then_some(Key::Page));
        self.fetches.align(&lacking, step.now, &mut step.effects);
    }

    fn begin_snapshot(&mut self, step: &mut Step) {
        self.mirror.begin_snapshot();
        self.fetches.ask(Key::Page, step.now, &mut step.effects);
    }

    /// The server did what none should: away from it, and not soon back.
    fn fault(&mut self, step: &mut Step) {
        self.hang_up(baton_protocol::frame::close::TOO_MANY_ERRORS, step);
        if step.now >= self.faulted_at + FAULT_FORGOTTEN {
            self.faults = 0;
        }
        (self.faults, self.faulted_at) = (self.faults.saturating_add(1), step.now);
        if self.faults >= FAULTS_MAX {
            return self.not_understood(step);
        }
        self.backoff.distrust();
        let random = self.next_random();
        self.backoff.fail(step.now, random);
    }

    /// Nothing that is tried now will help.
    fn not_understood(&mut self, step: &mut Step) {
        self.hang_up(CLOSE_NORMAL, step);
        self.standing = SignInState::Incompatible { until: step.now + INCOMPATIBLE_WAIT };
    }

    fn fetch_timeout(&self) -> Option<(Duration, TimeoutReason)> {
        match self.refresh.is_needed() {
            true => None,
            false => self.fetches.next(self.leave()),
        }
    }

    fn fetch(&mut self, step: &mut Step) {
        if self.refresh.is_needed() {
            return;
        }
        let with = fetches::Start {
            now: step.now,
            leave: self.leave(),
            cursor: self.mirror.cursor,
            settings_above: self.mirror.settings_above(),
            used: self.generation(),
        };
        self.fetches.start(with, &mut step.effects);
    }

    /// Opens a socket, if it is time to.
    fn connect(&mut self, step: &mut Step) {
        let now = step.now;
        let is_time = self.connect_at().is_some_and(|at| at <= now);
        if !is_time || !self.may_connect() || self.refresh.is_needed() {
            return;
        }
        if self.account.as_ref().is_some_and(|account| account.token.good_until <= now)
            && !self.refresh.is_fresh(now)
        {
            return self.renew(now);
        }
        self.standing = SignInState::Good;
        self.backoff.begin(now);
        self.last_socket += 1;
        let socket = SocketId(self.last_socket);
        self.phase = Phase::Connecting { socket, until: now + CONNECT_MAX };
        step.push(LinkAction::OpenSocket(socket));
    }

    fn connect_at(&self) -> Option<Duration> {
        if !matches!(self.phase, Phase::Waiting) {
            return None;
        }
        let ready = self.backoff.ready_at();
        match self.standing {
            SignInState::Incompatible { until } => Some(ready.map_or(until, |at| at.max(until))),
            SignInState::Good
            | SignInState::SignedOut
            | SignInState::NeedsSignIn
            | SignInState::Wiped => ready,
        }
    }

    fn phase_timeout(&self) -> Option<(Duration, TimeoutReason)> {
        if !self.may_connect() {
            return None;
        }
        match &self.phase {
            Phase::Resting => None,
            Phase::Waiting if self.refresh.is_needed() => None,
            Phase::Waiting => self.connect_at().map(|at| match self.standing {
                SignInState::Incompatible { .. } => (at, TimeoutReason::RetryIncompatible),
                SignInState::Good
                | SignInState::SignedOut
                | SignInState::NeedsSignIn
                | SignInState::Wiped => (at, TimeoutReason::Retry),
            }),
            Phase::Connecting { until, .. } => Some((*until, TimeoutReason::ConnectOverdue)),
            Phase::Greeting { until, .. } => Some((*until, TimeoutReason::WelcomeOverdue)),
            Phase::Joined(joined) => joined.timeout(self.position(), self.applied()),
        }
    }

    fn phase_state(&self) -> State {
        match &self.phase {
            Phase::Connecting { .. } => State::Connecting,
            Phase::Greeting { .. } => State::Greeting,
            Phase::Joined(joined) => {
                match joined.is_caught_up(self.position()) && !self.mirror.is_taking() {
                    true => State::Live,
                    false => State::Resuming,
                }
            }
            Phase::Resting | Phase::Waiting => {
                let refresh = self.refresh.is_needed().then(|| self.refresh.ready_at());
                match refresh.unwrap_or_else(|| self.connect_at()) {
                    Some(until) => State::Backoff { until },
                    None => State::Connecting,
                }
            }
        }
    }

    fn position(&self) -> u64 {
        self.mirror.cursor.map_or(0, |cursor| cursor.position)
    }

    /// How far the log is applied; nothing while a snapshot is loaded, whose cursor is known before
    /// its conversations are here.
    fn applied(&self) -> u64 {
        if self.mirror.is_taking() { 0 } else { self.position() }
    }

    /// Tells the server how far this phone is, and whether somebody looks.
    fn acknowledge(&mut self, step: &mut Step) {
        let applied = self.applied();
        let Phase::Joined(joined) = &mut self.phase else { return };
        if joined.ack_at(applied) > step.now {
            return;
        }
        let upto = joined.shown(applied);
        joined.acked = Some((upto, step.now));
        let ack = ClientFrame::Ack(Ack { upto, foreground: self.is_watched, idle_s: None });
        step.effects.push(LinkAction::Send(joined.socket, ack));
    }

    fn next_random(&mut self) -> u64 {
        chance::next(&mut self.random)
    }
}
