//! The socket: how it opens and ends, and what its frames mean.

use std::time::Duration;

use baton_domain::see::mirror::{Holdings, List, Want};
use baton_protocol::Event;
use baton_protocol::frame::{ClientFrame, Hello, ServerFrame, Timings, close};
use baton_protocol::unknown::FACTS;
use serde::Deserialize;

use super::backoff::spread;
use super::effect::{LinkAction, TimeoutReason, Welcomed};
use super::fetches::Key;
use super::input::{Failure, SocketId};
use super::limits::{
    ACK_EVERY, ACK_GAP, DRAIN_WINDOW, RESETS_MAX, RESUME_STALL_MAX, RETRY_AFTER_MAX, SILENT_RANGE,
    STABLE, STANDSTILL_GAP, STANDSTILL_MAX, WELCOME_MAX,
};
use super::{CLOSE_NORMAL, Link, Step};

/// The code of a close that asks to try later.
const TRY_LATER: u16 = 1013;

/// Where the socket is.
#[derive(Debug)]
pub(super) enum Phase {
    /// None is wanted.
    Resting,
    /// The next one opens when the backoff says.
    Waiting,
    Connecting {
        socket: SocketId,
        until: Duration,
    },
    Greeting {
        socket: SocketId,
        until: Duration,
    },
    /// The server let us in.
    Joined(Box<Joined>),
}

/// A connection over which the log is told.
#[derive(Debug)]
pub(super) struct Joined {
    pub(super) socket: SocketId,
    /// Here the log stood at the welcome: what lies before was missed.
    upto: u64,
    /// There is nothing to resume from: a reset comes before any event.
    is_reset_due: bool,
    heard: Duration,
    silent: Duration,
    /// The time when something of the log last came.
    moved: Duration,
    /// The time at which it joined.
    pub(super) since: Duration,
    pub(super) is_stable: bool,
    /// A sign of life must come by then.
    pub(super) probe: Option<Duration>,
    resets: u32,
    /// Frames that moved nothing, one soon after the other.
    stood_still: u32,
    /// The time when the last of them came.
    still_at: Duration,
    /// The last position that was acknowledged to the server, and when.
    pub(super) acked: Option<(u64, Duration)>,
}

impl Phase {
    pub(super) fn socket(&self) -> Option<SocketId> {
        match self {
            Self::Resting | Self::Waiting => None,
            Self::Connecting { socket, .. } | Self::Greeting { socket, .. } => Some(*socket),
            Self::Joined(joined) => Some(joined.socket),
        }
    }

    pub(super) fn is_of(&self, socket: SocketId) -> bool {
        self.socket() == Some(socket)
    }

    pub(super) fn joined(&self) -> Option<&Joined> {
        match self {
            Self::Joined(joined) => Some(joined),
            Self::Resting | Self::Waiting | Self::Connecting { .. } | Self::Greeting { .. } => None,
        }
    }
}

impl Joined {
    fn new(socket: SocketId, upto: u64, timings: Timings, now: Duration) -> Self {
        let (least, most) = SILENT_RANGE;
        let silent = Duration::from_millis(timings.silent_ms).clamp(least, most);
        Self {
            socket,
            upto,
            is_reset_due: false,
            heard: now,
            silent,
            moved: now,
            since: now,
            is_stable: false,
            probe: None,
            resets: 0,
            stood_still: 0,
            still_at: now,
            acked: None,
        }
    }

    pub(super) fn is_caught_up(&self, position: u64) -> bool {
        !self.is_reset_due && position >= self.upto
    }

    pub(super) fn is_dead(&self, now: Duration, position: u64) -> bool {
        let is_silent = self.heard + self.silent <= now;
        let is_stuck = self.resume_until(position).is_some_and(|until| until <= now);
        is_silent || is_stuck || self.probe.is_some_and(|until| until <= now)
    }

    /// By when more of what was missed has to come.
    fn resume_until(&self, position: u64) -> Option<Duration> {
        (!self.is_caught_up(position)).then_some(self.moved + RESUME_STALL_MAX)
    }

    /// The position up to which the server may count events as shown. Until a reset came, that may
    /// be of a log that is not this one.
    pub(super) fn shown(&self, applied: u64) -> u64 {
        if self.is_reset_due { 0 } else { applied }
    }

    /// The time of the next acknowledgement to the server.
    pub(super) fn ack_at(&self, applied: u64) -> Duration {
        match self.acked {
            None => self.since,
            Some((told, at)) if told == self.shown(applied) => at + ACK_EVERY,
            Some((_, at)) => at + ACK_GAP,
        }
    }

    pub(super) fn timeout(&self, position: u64, applied: u64) -> Option<(Duration, TimeoutReason)> {
        let stable = (!self.is_stable).then_some((self.since + STABLE, TimeoutReason::Stable));
        let probe = self.probe.map(|until| (until, TimeoutReason::ProbeOverdue));
        let ack = Some((self.ack_at(applied), TimeoutReason::Ack));
        let resume = self.resume_until(position).map(|until| (until, TimeoutReason::ResumeOverdue));
        let silent = Some((self.heard + self.silent, TimeoutReason::Silent));
        [stable, probe, resume, ack, silent].into_iter().flatten().min()
    }

    /// Notes whether a frame moved the cursor. Returns whether too many did not.
    fn note_move(&mut self, has_moved: bool, now: Duration) -> bool {
        let is_fresh_start = has_moved || self.still_at + STANDSTILL_GAP <= now;
        self.stood_still = if is_fresh_start { 0 } else { self.stood_still + 1 };
        self.still_at = now;
        self.stood_still > STANDSTILL_MAX
    }
}

#[derive(Deserialize)]
struct Drain {
    retry_after_ms: u64,
}

impl Link {
    pub(super) fn opened(&mut self, socket: SocketId, step: &mut Step) {
        if !matches!(self.phase, Phase::Connecting { socket: mine, .. } if mine == socket) {
            return;
        }
        let Some(account) = &self.account else { return };
        self.greeted_with = account.generation;
        self.phase = Phase::Greeting { socket, until: step.now + WELCOME_MAX };
        let hello = Hello {
            token: Some(account.token.text.clone()),
            ticket: None,
            device_id: account.device_id,
            cursor: self.mirror.cursor,
        };
        step.push(LinkAction::Send(socket, ClientFrame::Hello(hello)));
    }

    /// The handshake failed.
    pub(super) fn failed(&mut self, socket: SocketId, failure: &Failure, step: &mut Step) {
        if !self.phase.is_of(socket) {
            return;
        }
        self.phase = Phase::Waiting;
        let random = self.next_random();
        self.backoff.fail(step.now, random);
        self.backoff.hold(step.now, failure.retry_after_ms());
        self.judge(failure, self.generation(), step);
    }

    pub(super) fn hear(&mut self, socket: SocketId, now: Duration) {
        if let Phase::Joined(joined) = &mut self.phase
            && joined.socket == socket
        {
            (joined.heard, joined.probe) = (now, None);
        }
    }

    /// The socket is closed by the other side, or broke.
    pub(super) fn closed(
        &mut self,
        socket: SocketId,
        close: Option<(u16, String)>,
        step: &mut Step,
    ) {
        if !self.phase.is_of(socket) {
            return;
        }
        let was_joined = self.phase.joined().is_some();
        self.phase = Phase::Waiting;
        let (now, random) = (step.now, self.next_random());
        let (code, reason) = close.unwrap_or((0, String::new()));
        match code {
            close::DRAIN | close::TOO_MANY_SOCKETS | TRY_LATER => {
                self.backoff.wait(now, drain_ms(&reason, random));
            }
            close::SIGN_IN_AGAIN => {
                self.backoff.resume(now, random);
                self.token_is_rejected(self.greeted_with, now);
            }
            close::DEVICE_REVOKED => {
                self.backoff.fail(now, random);
                self.revocation_is_claimed(now);
            }
            close::SLOW if was_joined => self.backoff.resume(now, random),
            close::TOO_MANY_ERRORS | close::TOO_BIG | close::UNSUPPORTED | 1002 | 1007 => {
                self.fault(step);
            }
            _ if was_joined => self.backoff.lose(now, random),
            _ => self.backoff.fail(now, random),
        }
    }

    pub(super) fn frame<H: Holdings>(
        &mut self,
        socket: SocketId,
        frame: Box<ServerFrame>,
        held: &mut H,
        step: &mut Step,
    ) -> Result<(), H::Error> {
        self.hear(socket, step.now);
        match &self.phase {
            Phase::Greeting { socket: mine, .. } if *mine == socket => {
                self.greeted(socket, &frame, held, step)
            }
            Phase::Joined(joined) if joined.socket == socket => {
                if joined.is_wrong(&frame) {
                    self.fault(step);
                    return Ok(());
                }
                self.told(frame, held, step)
            }
            Phase::Resting
            | Phase::Waiting
            | Phase::Connecting { .. }
            | Phase::Greeting { .. }
            | Phase::Joined(_) => Ok(()),
        }
    }

    /// The first frame.
    fn greeted<H: Holdings>(
        &mut self,
        socket: SocketId,
        frame: &ServerFrame,
        held: &mut H,
        step: &mut Step,
    ) -> Result<(), H::Error> {
        let ServerFrame::Welcome { cursor, epoch, agent_id, timings, server_time, facts, .. } =
            *frame
        else {
            if !matches!(frame, ServerFrame::Error { .. }) {
                self.fault(step);
            }
            return Ok(());
        };
        // Where it is another life, all that was held goes, and the progress tells.
        self.apply(held, |mirror| mirror.try_frame(frame))?;
        self.token_works();
        let mut joined = Joined::new(socket, cursor.position, timings, step.now);
        let known = self.mirror.cursor.map(|known| known.position);
        joined.is_reset_due = known.is_none_or(|known| known > cursor.position);
        self.phase = Phase::Joined(Box::new(joined));
        self.take_stock(step);
        let is_newer = facts.is_some_and(|facts| facts > FACTS);
        let welcomed = Welcomed { agent_id, epoch, timings, server_time, is_newer };
        step.push(LinkAction::Welcomed(welcomed));
        Ok(())
    }

    fn told<H: Holdings>(
        &mut self,
        frame: Box<ServerFrame>,
        held: &mut H,
        step: &mut Step,
    ) -> Result<(), H::Error> {
        match &*frame {
            ServerFrame::CommandResult(_)
            | ServerFrame::Lease(_)
            | ServerFrame::Presence { .. }
            | ServerFrame::Viewing { .. }
            | ServerFrame::Draft { .. }
            | ServerFrame::Error { .. }
            | ServerFrame::Unknown => {
                step.push(LinkAction::PassOn(frame));
                return Ok(());
            }
            ServerFrame::Events { events, .. } => step.is_changed |= !events.is_empty(),
            ServerFrame::Welcome { .. }
            | ServerFrame::Entered { .. }
            | ServerFrame::Left { .. }
            | ServerFrame::Reset { .. } => step.is_changed = true,
        }
        let before = self.mirror.cursor;
        let wants = self.apply(held, |mirror| mirror.try_frame(&frame))?;
        let has_moved = self.mirror.cursor != before;
        self.note(&frame, has_moved, step);
        self.take_up(&wants, step);
        Ok(())
    }

    /// Notes the state of the connection that follows from a frame.
    fn note(&mut self, frame: &ServerFrame, has_moved: bool, step: &mut Step) {
        let Phase::Joined(joined) = &mut self.phase else { return };
        let mut is_too_much = joined.note_move(has_moved, step.now);
        if has_moved || !matches!(frame, ServerFrame::Events { .. }) {
            joined.moved = step.now;
        }
        if let ServerFrame::Reset { .. } = frame {
            joined.is_reset_due = false;
            joined.resets += 1;
            is_too_much |= joined.resets > RESETS_MAX;
        }
        if is_too_much {
            self.fault(step);
        }
    }

    /// Does what the mirror wants.
    pub(super) fn take_up(&mut self, wants: &[Want], step: &mut Step) {
        for want in wants {
            match want {
                Want::Resume => {
                    self.hang_up(CLOSE_NORMAL, step);
                    let random = self.next_random();
                    self.backoff.resume(step.now, random);
                }
                Want::Snapshot { after_ms } => {
                    let wait = Duration::from_millis(*after_ms).min(RETRY_AFTER_MAX);
                    self.fetches.ask(Key::Page, step.now + wait, &mut step.effects);
                    // What was not told may have been of settings.
                    for list in List::EACH {
                        self.fetches.ask(Key::List(list), step.now, &mut step.effects);
                    }
                }
                Want::Agents => self.read_again(List::Agents, step),
                Want::Teams => self.read_again(List::Teams, step),
                Want::Channels => self.read_again(List::Channels, step),
                Want::Conversation(_) => {}
            }
        }
        self.take_stock(step);
    }

    /// Reads a list again: a read under way may be from before it changed.
    fn read_again(&mut self, list: List, step: &mut Step) {
        self.fetches.ask(Key::List(list), step.now, &mut step.effects);
    }
}

impl Joined {
    /// Whether no server should say that, here and now.
    fn is_wrong(&self, frame: &ServerFrame) -> bool {
        match frame {
            ServerFrame::Welcome { .. } => true,
            ServerFrame::Events { after, upto, events } => {
                self.is_reset_due || !is_in_order(*after, *upto, events)
            }
            ServerFrame::Entered { .. } | ServerFrame::Left { .. } => self.is_reset_due,
            ServerFrame::Reset { .. }
            | ServerFrame::CommandResult(_)
            | ServerFrame::Lease(_)
            | ServerFrame::Presence { .. }
            | ServerFrame::Viewing { .. }
            | ServerFrame::Draft { .. }
            | ServerFrame::Error { .. }
            | ServerFrame::Unknown => false,
        }
    }
}

/// Whether the events lie in (after, upto], each above the one before.
pub(super) fn is_in_order(after: u64, upto: u64, events: &[Event]) -> bool {
    let mut last = after;
    for event in events {
        if event.position <= last {
            return false;
        }
        last = event.position;
    }
    last <= upto
}

/// The wait that a draining server asks for, in milliseconds.
fn drain_ms(reason: &str, random: u64) -> u64 {
    match serde_json::from_slice::<Drain>(reason.as_bytes()) {
        Ok(drain) => drain.retry_after_ms,
        Err(_) => u64::try_from(spread(DRAIN_WINDOW, random).as_millis()).unwrap_or(u64::MAX),
    }
}
