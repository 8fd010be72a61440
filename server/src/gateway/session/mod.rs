//! One socket session as a pure state machine: inputs and the time go in, effects come out.
//!
//! It never waits. What has to be asked of others is an effect whose answer comes back as an
//! input; the task around it (`socket`) owns the wire. `delivery` holds what the session tells of
//! the log, `intake` what it takes from its client.

mod delivery;
mod intake;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use baton_domain::fact::chance;
use baton_domain::fact::scope::Scope;
use baton_domain::see::rights::Rights;
use baton_domain::see::sight::Sight;
use baton_protocol::conversation::Snapshot;
use baton_protocol::frame::{
    Ack, AgentLimits, Hello, PresenceState, ResetReason, ServerFrame, close,
};
use baton_protocol::limits::{CLIENT_FRAMES_A_SECOND, CLIENT_FRAMES_AT_ONCE};
use baton_protocol::unknown::FACTS;
use baton_protocol::{AgentId, Command, CommandResult, ConversationId, Cursor, Timestamp};
use tokio::time::Instant;

use self::delivery::{Delivery, Teller};
use self::intake::Intake;
use super::backend::{Arrived, CallerState, Gap, NotLetIn, Speaker, Unavailable};
use super::broadcast::{Counts, Published};
use super::frames::{self, Wanted};
use super::ring::Recalled;

/// The limits and timings of one session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rules {
    /// Within this time comes a `hello`.
    pub hello: Duration,
    /// An idle connection gets a frame this often.
    pub idle: Duration,
    /// A client that is silent this long, pongs included, is gone.
    pub silent: Duration,
    /// The client's cursor may be this far behind when nothing in between was its business.
    pub lag: Duration,
    /// Pause before something is asked again that could not be answered.
    pub retry: Duration,
    /// Frames in a minute that could not be understood, before the connection is closed.
    pub errors_a_minute: usize,
    /// Frames a second.
    pub frames_a_second: u32,
    /// Frames at once.
    pub burst: u32,
    /// Batches kept while something is being read; more are read from the log.
    pub batches: usize,
    /// Commands that wait for others on their conversation.
    pub commands: usize,
    /// A change of scope makes clients come back spread over this time, ms.
    pub scope_jitter_ms: u64,
    /// A drain or a new epoch makes clients come back spread over this time, ms.
    pub drain_jitter_ms: u64,
    /// Connections of one agent, as told in `welcome`.
    pub sockets_told: u32,
    /// Commands of one agent in a second, as told in `welcome`.
    pub commands_per_s_told: u32,
    /// Commands of one agent at once, as told in `welcome`.
    pub commands_burst_told: u32,
}

impl Rules {
    fn limits(&self) -> AgentLimits {
        AgentLimits {
            commands_per_s: self.commands_per_s_told,
            commands_burst: self.commands_burst_told,
            frames_per_s: self.frames_a_second,
            frames_burst: self.burst,
            sockets: self.sockets_told,
        }
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            hello: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            silent: Duration::from_secs(75),
            lag: Duration::from_secs(5),
            retry: Duration::from_secs(1),
            errors_a_minute: 20,
            frames_a_second: CLIENT_FRAMES_A_SECOND,
            burst: CLIENT_FRAMES_AT_ONCE,
            batches: 256,
            commands: 128,
            scope_jitter_ms: 2_000,
            drain_jitter_ms: 10_000,
            sockets_told: 10,
            commands_per_s_told: 50,
            commands_burst_told: 1_000,
        }
    }
}

/// When to come back who has too many connections: those that broke are gone by then.
const TOO_MANY_RETRY_MS: u64 = 60_000;

/// Marks a question, so that an answer that came too late is known as such.
pub type Ticket = u32;

/// Something ephemeral on its way to many sessions.
#[derive(Debug)]
pub struct Relay {
    /// The frame, written once.
    pub frame: Utf8Bytes,
    /// Who may get it.
    pub to: Audience,
}

/// Who may get something ephemeral.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Audience {
    /// Everyone in the workspace.
    Everyone,
    /// Who sees the conversation in this scope in full.
    Scope(Scope),
    /// The same, but for this agent.
    ScopeBut(Scope, AgentId),
}

/// What a session is told.
#[derive(Debug)]
pub enum Input {
    /// A text frame came.
    Text(Utf8Bytes),
    /// A binary frame came.
    Binary,
    /// A ping came.
    Ping,
    /// Another sign of life came.
    Heard,
    /// The answer to [`SessionEffect::Authenticate`].
    LetIn(Result<Box<Arrived>, NotLetIn>),
    /// The log grew.
    Batch(Arc<Published>),
    /// The log stands here: a batch may have been lost.
    Head(Cursor),
    /// Something ephemeral.
    Relay(Arc<Relay>),
    /// The answer to [`SessionEffect::ReadGap`].
    Gap(Ticket, Result<Gap, Unavailable>),
    /// The same from memory.
    Recalled(Ticket, Recalled),
    /// The answer to [`SessionEffect::FetchSnapshot`].
    Snapshot(Ticket, Result<Option<Box<Snapshot>>, Unavailable>),
    /// The answer to [`SessionEffect::FetchSight`].
    Sight(Ticket, Result<Option<Box<Sight>>, Unavailable>),
    /// The answer to [`SessionEffect::LookUpScope`].
    Scoped(Wanted, Result<Option<Scope>, Unavailable>),
    /// The answer to [`SessionEffect::Submit`].
    Done(ConversationId, Box<CommandResult>),
    /// What the coordinator answered to [`SessionEffect::Carry`], with the sight it was asked
    /// under.
    Carried(Ticket, Vec<ServerFrame>),
    /// The answer to [`SessionEffect::Watch`]: who is online.
    Online(Vec<AgentId>),
    /// Whether the device session goes on.
    Standing(CallerState),
    /// The server goes down.
    Drain,
    /// The client does not read fast enough.
    Slow,
    /// A newer connection took the place of this one.
    Replaced,
    /// Time has passed.
    Tick,
}

/// What a session asks for that its client missed.
#[derive(Clone, Debug)]
pub struct Missed {
    /// Up to here it was told.
    pub from: Cursor,
    /// The log goes up to here at least.
    pub known: u64,
    /// What the client may see: as of `from` or later.
    pub sight: Arc<Sight>,
}

/// What a session wants done.
#[derive(Debug)]
pub enum SessionEffect {
    /// Send a frame. One that is not durable may be dropped when the client is slow.
    Send {
        /// The frame.
        frame: Utf8Bytes,
        /// Whether it must arrive or the connection end.
        durable: bool,
        /// Whether it is for this client alone: worth packing, if it is large.
        own: bool,
    },
    /// Ask for a pong.
    Ping,
    /// Check who it is.
    Authenticate(Box<Hello>),
    /// From here on batches and ephemeral frames are wanted.
    Join(Speaker),
    /// Read what was missed.
    ReadGap(Ticket, Missed),
    /// Read a conversation.
    FetchSnapshot(Ticket, Arc<Sight>, ConversationId),
    /// Read what the speaker may see.
    FetchSight(Ticket),
    /// Read what somebody must be allowed to see before this is carried out.
    LookUpScope(Wanted),
    /// Carry out a command.
    Submit(Box<Command>),
    /// Tell it who is there, now and from here on; or no more.
    Watch(bool),
    /// Note how far it has come.
    Ack(Ack),
    /// Ask the coordinator.
    Carry(Ticket, Wanted),
    /// End the connection. Nothing follows.
    Close {
        /// The code.
        code: u16,
        /// The reason, at most 123 bytes.
        reason: String,
    },
}

/// One session.
#[derive(Debug)]
pub struct Session {
    rules: Rules,
    state: State,
    intake: Intake,
    random: u64,
    /// When it began; from then on `hello` is awaited.
    began: Instant,
    heard: Instant,
    sent: Instant,
    pinged: Instant,
}

#[derive(Debug)]
enum State {
    AwaitHello,
    Authenticating(Option<Cursor>),
    /// Resuming and live: `Delivery` knows which. What the client may was proven with who it is.
    Joined(Rights, Box<Delivery>),
    Closed,
}

/// The effects of one input, in order.
#[derive(Default, Debug)]
pub(super) struct Out(Vec<SessionEffect>);

impl Out {
    fn durable(&mut self, frame: Utf8Bytes) {
        self.0.push(SessionEffect::Send { frame, durable: true, own: false });
    }

    fn own(&mut self, frame: Utf8Bytes) {
        self.0.push(SessionEffect::Send { frame, durable: true, own: true });
    }

    fn tell(&mut self, frame: &ServerFrame) {
        self.durable(frames::write(frame));
    }

    fn whisper(&mut self, frame: Utf8Bytes) {
        self.0.push(SessionEffect::Send { frame, durable: false, own: false });
    }

    fn push(&mut self, effect: SessionEffect) {
        self.0.push(effect);
    }
}

impl Session {
    /// A connection that has just been opened. `seed` spreads reconnections.
    pub fn new(rules: Rules, now: Instant, seed: u64) -> Self {
        Self {
            rules,
            state: State::AwaitHello,
            intake: Intake::new(now),
            random: seed | 1,
            began: now,
            heard: now,
            sent: now,
            pinged: now,
        }
    }

    /// Whether the next frame of the client may be read: not while it is being authenticated.
    pub fn can_take_frames(&self) -> bool {
        !matches!(self.state, State::Authenticating(_))
    }

    /// Handles an input; `wall` is the server's time for people.
    pub fn handle(&mut self, input: Input, now: Instant, wall: Timestamp) -> Vec<SessionEffect> {
        let mut out = Out::default();
        if !matches!(self.state, State::Closed) {
            self.dispatch(input, now, wall, &mut out);
        }
        self.after(now, out)
    }

    /// When it wants a [`Input::Tick`] at the latest.
    pub fn next_tick(&self) -> Option<Instant> {
        match &self.state {
            State::Closed => None,
            State::AwaitHello | State::Authenticating(_) => Some(self.began + self.rules.hello),
            State::Joined(_, delivery) => {
                let mut at = (self.sent + self.rules.idle).min(self.pinged + self.rules.idle);
                at = at.min(self.heard + self.rules.silent);
                Some(delivery.next_tick(&self.rules).map_or(at, |other| at.min(other)))
            }
        }
    }

    /// Remembers that something was sent, and that nothing follows a close.
    fn after(&mut self, now: Instant, mut out: Out) -> Vec<SessionEffect> {
        let close = out.0.iter().position(|effect| matches!(effect, SessionEffect::Close { .. }));
        if let Some(place) = close {
            out.0.truncate(place + 1);
            self.state = State::Closed;
        }
        if out.0.iter().any(|effect| matches!(effect, SessionEffect::Send { durable: true, .. })) {
            self.sent = now;
        }
        out.0
    }

    fn dispatch(&mut self, input: Input, now: Instant, wall: Timestamp, out: &mut Out) {
        match input {
            Input::Text(text) => {
                self.heard = now;
                self.text(&text, now, out);
            }
            Input::Binary => out.push(closing(close::UNSUPPORTED, "the wire is text")),
            Input::Heard => self.heard = now,
            Input::Ping => {
                self.heard = now;
                self.ping(now, out);
            }
            Input::LetIn(answer) => self.let_in(answer, now, wall, out),
            Input::Standing(standing) => self.standing(standing, out),
            Input::Drain => self.come_back(out),
            Input::Slow => out.push(closing(close::SLOW, "slow: resume from the cursor")),
            Input::Replaced => {
                let (code, reason) = too_many();
                out.push(SessionEffect::Close { code, reason });
            }
            Input::Done(conversation, result) => {
                self.intake.done(conversation, out);
                out.own(frames::write_result(result));
            }
            Input::Tick => self.tick(now, out),
            Input::Scoped(wanted, scope) => self.scoped(wanted, scope, now, out),
            Input::Head(head) if self.is_other_epoch(head.epoch) => self.come_back(out),
            Input::Batch(batch) if self.is_other_epoch(batch.batch().epoch) => self.come_back(out),
            Input::Gap(..)
            | Input::Recalled(..)
            | Input::Snapshot(..)
            | Input::Sight(..)
            | Input::Carried(..)
            | Input::Online(_)
            | Input::Batch(_)
            | Input::Relay(_)
            | Input::Head(_) => self.deliver(input, now, out),
        }
    }

    fn deliver(&mut self, input: Input, now: Instant, out: &mut Out) {
        let random = self.next_random();
        let State::Joined(_, delivery) = &mut self.state else { return };
        let mut delivery = Teller { delivery, rules: &self.rules, now, random, out };
        match input {
            Input::Batch(batch) => delivery.batch(batch),
            Input::Head(head) => delivery.head(head.position),
            Input::Gap(ticket, gap) => delivery.gap(ticket, gap),
            Input::Recalled(ticket, recalled) => delivery.recalled(ticket, recalled),
            Input::Snapshot(ticket, snapshot) => delivery.snapshot(ticket, snapshot),
            Input::Sight(ticket, sight) => delivery.sight(ticket, sight),
            Input::Relay(relay) => delivery.relay(&relay),
            Input::Carried(ticket, frames) => delivery.carried(ticket, &frames),
            Input::Online(agents) => {
                let online = |agent_id| PresenceState { agent_id, online: true };
                let agents: Vec<_> = agents.into_iter().map(online).collect();
                for frame in frames::write_presence(&agents) {
                    out.whisper(frame);
                }
            }
            Input::Tick => delivery.tick(),
            Input::Text(_)
            | Input::Binary
            | Input::Ping
            | Input::Heard
            | Input::LetIn(_)
            | Input::Scoped(..)
            | Input::Done(..)
            | Input::Standing(_)
            | Input::Drain
            | Input::Slow
            | Input::Replaced => {}
        }
    }

    fn is_other_epoch(&self, epoch: baton_protocol::Epoch) -> bool {
        matches!(&self.state, State::Joined(_, delivery) if delivery.epoch != epoch)
    }

    fn let_in(
        &mut self,
        answer: Result<Box<Arrived>, NotLetIn>,
        now: Instant,
        wall: Timestamp,
        out: &mut Out,
    ) {
        let State::Authenticating(cursor) = self.state else { return };
        let arrived = match answer {
            Ok(arrived) => *arrived,
            Err(NotLetIn::SignInAgain) => return self.standing(CallerState::SignInAgain, out),
            Err(NotLetIn::DeviceRevoked) => return self.standing(CallerState::DeviceRevoked, out),
            Err(NotLetIn::Unavailable) => return self.come_back(out),
        };
        let Arrived { speaker, sight, epoch, head } = arrived;
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        out.push(SessionEffect::Join(speaker));
        let welcome = ServerFrame::Welcome {
            cursor: Cursor { epoch, position: head },
            epoch,
            agent_id: speaker.agent,
            timings: frames::timings(ms(self.rules.idle), ms(self.rules.silent)),
            server_time: wall,
            facts: Some(FACTS),
            hears_idle: true,
        };
        out.durable(frames::write_welcome(&welcome, self.rules.limits()));
        let reset = match cursor {
            None => Some((ResetReason::NoCursor, 0)),
            Some(cursor) if cursor.epoch != epoch => {
                Some((ResetReason::OtherEpoch, self.next_random() % self.rules.drain_jitter_ms))
            }
            Some(cursor) if cursor.position > head => Some((ResetReason::AboveHead, 0)),
            Some(_) => None,
        };
        let from = match (reset, cursor) {
            (None, Some(cursor)) => cursor.position,
            _ => head,
        };
        if let Some((reason, after_ms)) = reset {
            out.tell(&ServerFrame::Reset { reason, upto: from, after_ms });
        }
        let mut delivery = Delivery::new(epoch, Arc::new(sight), from, head);
        Teller { delivery: &mut delivery, rules: &self.rules, now, random: 0, out }.begin();
        self.pinged = now;
        self.state = State::Joined(speaker.rights(), Box::new(delivery));
    }

    fn standing(&mut self, standing: CallerState, out: &mut Out) {
        match standing {
            CallerState::Live => {}
            CallerState::Changed => {
                let reason = retry_after(self.next_random() % self.rules.scope_jitter_ms);
                out.push(SessionEffect::Close { code: close::DRAIN, reason });
            }
            CallerState::SignInAgain => out.push(closing(close::SIGN_IN_AGAIN, "sign in again")),
            CallerState::DeviceRevoked => {
                out.push(closing(close::DEVICE_REVOKED, "device_revoked"));
            }
        }
    }

    /// The client shall come back a little later, to this node or another.
    fn come_back(&mut self, out: &mut Out) {
        let reason = retry_after(self.next_random() % self.rules.drain_jitter_ms);
        out.push(SessionEffect::Close { code: close::DRAIN, reason });
    }

    fn tick(&mut self, now: Instant, out: &mut Out) {
        if !matches!(self.state, State::Joined(..)) {
            if now >= self.began + self.rules.hello {
                out.push(closing(close::NO_HELLO, "no hello came"));
            }
            return;
        }
        if now >= self.heard + self.rules.silent {
            out.push(closing(close::SLOW, "silent: resume from the cursor"));
            return;
        }
        if now >= self.pinged + self.rules.idle {
            self.pinged = now;
            out.push(SessionEffect::Ping);
        }
        self.deliver(Input::Tick, now, out);
        let is_idle = now >= self.sent + self.rules.idle;
        if let State::Joined(_, delivery) = &mut self.state
            && is_idle
            && out.0.iter().all(|effect| !matches!(effect, SessionEffect::Send { .. }))
        {
            delivery.tell_cursor(out);
        }
    }

    fn next_random(&mut self) -> u64 {
        chance::next(&mut self.random)
    }
}

/// The reason of a close that says when to come back.
pub(super) fn retry_after(ms: u64) -> String {
    format!(r#"{{"retry_after_ms":{ms}}}"#)
}

/// Of the connection that has to go because its agent has too many.
pub(super) fn too_many() -> (u16, String) {
    (close::TOO_MANY_SOCKETS, retry_after(TOO_MANY_RETRY_MS))
}

fn closing(code: u16, reason: &str) -> SessionEffect {
    SessionEffect::Close { code, reason: reason.to_owned() }
}

/// Events that were read for one session alone are not counted as broadcast.
fn private() -> Counts {
    Counts::default()
}
