//! The time since the server was last heard, and the lock that follows from it.
//!
//! A phone that is kept off the network never learns that it was revoked. So it locks itself a set
//! time after the server last accepted it.
//!
//! A person with the device can set its wall clock, and the monotonic clock stops while the device
//! sleeps. Elapsed time is therefore the larger of both deltas, so setting the clock back never
//! postpones the lock. A wall clock that goes back by more than a day locks until it is set right.
//! Time cannot be counted while the process is not running, if the clock is set back before it
//! starts again.

use std::time::Duration;

use baton_protocol::Timestamp;

use super::Now;
use crate::link::limits::SILENT_RANGE;
use crate::link::{Input, LastAsked, SocketId, Ticket};

/// The default time after the server was last heard at which a phone locks: 72 hours.
pub const LOCK_AFTER: Duration = Duration::from_secs(72 * 3_600);
/// The shortest time to lock that may be configured: one second.
pub const LOCK_AFTER_MIN: Duration = Duration::from_secs(1);
/// The longest time to lock: 30 days, the life of an unused session.
pub const LOCK_AFTER_MAX: Duration = Duration::from_secs(30 * 24 * 3_600);
/// A clock set back by at most this is a correction; time zones are included.
const CORRECTION_MAX_MS: i64 = 24 * 3_600_000;
/// The time is stored at most this often, and at least eight times before the lock.
const KEEP_EVERY_MS: i64 = 15 * 60_000;

/// The last contact with the server.
#[derive(Debug)]
pub(super) struct Contact {
    lock_after_ms: i64,
    /// `None` where the server was never heard.
    silence: Option<Silence>,
    /// The value that the store holds.
    kept: Option<Silence>,
    is_locked: bool,
    /// The last reading of the clocks, on the monotonic clock.
    mono: Duration,
    stale: Stale,
}

/// The time for which the server has not been heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Silence {
    elapsed_ms: i64,
    /// The wall clock at that reading.
    wall: Timestamp,
    /// The latest time that the wall clock showed since the server was heard.
    wall_max: Timestamp,
}

/// Requests from before the device slept: their answers may date from before it, too.
#[derive(Clone, Copy, Debug)]
struct Stale {
    asked: LastAsked,
    /// After this even an old connection proves contact: the link would have ended a silent one.
    until: Duration,
}

/// An input that only a server sends that accepted this device.
#[derive(Clone, Copy, Debug)]
pub(super) enum Proof {
    /// A frame or a pong; it counts if the link has joined this socket.
    Socket(SocketId),
    /// A successful answer.
    Answer(Ticket),
}

impl Proof {
    pub(super) fn of(input: &Input) -> Option<Self> {
        match input {
            Input::Frame(socket, _) | Input::Heard(socket) => Some(Self::Socket(*socket)),
            Input::Answered(ticket, Ok(_)) => Some(Self::Answer(*ticket)),
            Input::Answered(_, Err(_))
            | Input::Opened(_)
            | Input::NetworkUp
            | Input::NetworkDown
            | Input::NetworkChanged
            | Input::Foreground
            | Input::Flush
            | Input::Background { .. }
            | Input::Acted
            | Input::PushWoke { .. }
            | Input::SignOut
            | Input::SocketOpened(_)
            | Input::SocketFailed(..)
            | Input::Unreadable(_)
            | Input::SocketClosed(..)
            | Input::Refreshed(_)
            | Input::Rejected { .. }
            | Input::Tick => None,
        }
    }
}

impl Contact {
    /// Restores the stored value. A value that cannot be read counts as never heard.
    pub(super) fn restore(kept: Option<&[u8]>, lock_after: Duration, now: Now) -> Self {
        let silence = kept.and_then(Silence::from_bytes);
        let asked = LastAsked { socket: SocketId(0), ticket: Ticket(0) };
        let mut contact = Self {
            lock_after_ms: in_ms(lock_after),
            silence,
            kept: silence,
            is_locked: true,
            mono: now.mono,
            stale: Stale { asked, until: now.mono },
        };
        contact.update(now, false, asked);
        contact
    }

    /// Records that the server was heard now.
    pub(super) fn record(&mut self, now: Now) {
        self.silence = Some(Silence { elapsed_ms: 0, wall: now.wall, wall_max: now.wall });
        (self.is_locked, self.mono) = (false, now.mono);
    }

    /// Records contact if the proof is not older than the device's last sleep.
    pub(super) fn record_proof(&mut self, proof: Proof, joined: Option<SocketId>, now: Now) {
        let Stale { asked, until } = self.stale;
        let (is_valid, is_new) = match proof {
            Proof::Socket(socket) => (joined == Some(socket), socket > asked.socket),
            Proof::Answer(ticket) => (true, ticket > asked.ticket),
        };
        if is_valid && (is_new || now.mono >= until) {
            self.record(now);
        }
    }

    /// Reads the clocks and returns whether the phone is locked.
    ///
    /// An open connection may be silent for as long as the link allows. After a sleep it proves
    /// nothing.
    pub(super) fn update(&mut self, now: Now, is_connected: bool, asked: LastAsked) -> bool {
        let lived_ms = in_ms(now.mono.saturating_sub(self.mono));
        self.mono = now.mono;
        let silent_ms = in_ms(SILENT_RANGE.1);
        let lock_after_ms = self.lock_after_ms.max(if is_connected { silent_ms } else { 0 });
        let Some(silence) = &mut self.silence else { return true };
        let moved_ms = now.wall.since(silence.wall);
        if moved_ms.max(lived_ms) > silent_ms {
            self.stale = Stale { asked, until: now.mono.saturating_add(SILENT_RANGE.1) };
        }
        silence.elapsed_ms = silence.elapsed_ms.saturating_add(moved_ms.max(lived_ms));
        (silence.wall, silence.wall_max) = (now.wall, silence.wall_max.max(now.wall));
        let is_set_back = silence.wall_max.since(now.wall) > CORRECTION_MAX_MS;
        self.is_locked = is_set_back || silence.elapsed_ms >= lock_after_ms;
        self.is_locked
    }

    /// Whether the phone was locked when the clocks were last read.
    pub(super) fn is_locked(&self) -> bool {
        self.is_locked
    }

    /// Returns the time left until the lock as of the last reading; `None` while locked.
    pub(super) fn left(&self) -> Option<Duration> {
        let silence = self.silence.filter(|_| !self.is_locked)?;
        let left_ms = self.lock_after_ms.saturating_sub(silence.elapsed_ms);
        Some(Duration::from_millis(left_ms.max(0).unsigned_abs()))
    }

    /// Returns what to store now; `None` while the stored value is close enough.
    pub(super) fn to_keep(&self) -> Option<Vec<u8>> {
        let silence = self.silence?;
        let is_near = |kept: Silence| {
            let apart_ms = silence.elapsed_ms.abs_diff(kept.elapsed_ms);
            let moved_ms = silence.wall.since(kept.wall).unsigned_abs();
            let later_ms = silence.wall_max.since(kept.wall_max).unsigned_abs();
            let every_ms = KEEP_EVERY_MS.min(self.lock_after_ms / 8).unsigned_abs();
            apart_ms.max(moved_ms).max(later_ms) < every_ms
                && self.is_over(kept) == self.is_over(silence)
        };
        (!self.kept.is_some_and(is_near)).then(|| silence.to_bytes())
    }

    /// Notes that the current value is stored.
    pub(super) fn mark_kept(&mut self) {
        self.kept = self.silence;
    }

    fn is_over(&self, silence: Silence) -> bool {
        silence.elapsed_ms >= self.lock_after_ms
    }
}

impl Silence {
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let [elapsed_ms, wall, wall_max] = [0, 8, 16].map(|from| {
            let number = bytes.get(from..)?.first_chunk()?;
            Some(i64::from_le_bytes(*number))
        });
        let (wall, wall_max) = (Timestamp::from_ms(wall?), Timestamp::from_ms(wall_max?));
        Some(Self { elapsed_ms: elapsed_ms?, wall, wall_max })
    }

    fn to_bytes(self) -> Vec<u8> {
        [self.elapsed_ms, self.wall.ms(), self.wall_max.ms()].map(i64::to_le_bytes).concat()
    }
}

fn in_ms(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
