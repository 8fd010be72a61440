//! How long ago the server was heard, and that what is held is locked when that is too long: a
//! phone that is kept from the network cannot be told that it was revoked.
//!
//! The clock on the wall is all that goes on while a device sleeps or is off, and who holds the
//! device can set it. So every stretch that the core sees pass counts, by the clock on the wall or
//! by the one that only grows, whichever says more; none is taken back by a clock that is set back,
//! and one that goes back by more than a correction locks until it is put right. What cannot be
//! counted is a stretch that nobody saw: while the process is not there or stands still, and by a
//! clock that is set back before it goes on.

use std::time::Duration;

use baton_protocol::Timestamp;

use super::Now;
use crate::link::limits::SILENT_RANGE;
use crate::link::{Input, SocketId, Ticket};

/// How long after the server was last heard what is held is locked, if nobody says otherwise.
pub const LOCK_AFTER: Duration = Duration::from_secs(72 * 3_600);
/// At least.
pub const LOCK_AFTER_LEAST: Duration = Duration::from_secs(1);
/// And at most: for as long as a session that is not used lives.
pub const LOCK_AFTER_MAX: Duration = Duration::from_secs(30 * 24 * 3_600);
/// A clock that goes back by no more than this is one that was put right, time zones included.
const CORRECTION_MAX_MS: i64 = 24 * 3_600_000;
/// It is kept so often at most, and eight times on the way to the lock.
const KEEP_EVERY_MS: i64 = 15 * 60_000;

/// See the head of the file.
#[derive(Debug)]
pub(super) struct Contact {
    lock_after_ms: i64,
    /// None where the server was never heard.
    away: Option<Away>,
    /// The same, as the store has it.
    kept: Option<Away>,
    is_locked: bool,
    /// When it was last looked at, by the clock that only grows.
    mono: Duration,
    stale: Stale,
}

/// How long the server is not heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Away {
    passed_ms: i64,
    /// What the clock on the wall said when that was so.
    at: Timestamp,
    /// The latest that it said since.
    latest: Timestamp,
}

/// What was asked before the device slept, and may have been answered before it did.
#[derive(Clone, Copy, Debug)]
struct Stale {
    asked: Asked,
    /// From here on what comes was not said before: nothing is silent for so long and goes on.
    until: Duration,
}

/// The last of what was asked so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Asked {
    pub(super) socket: SocketId,
    pub(super) ticket: Ticket,
}

/// Something that only a server says that took this device for what it says it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Word {
    /// Where the link has joined this socket.
    On(SocketId),
    Answer(Ticket),
}

impl Word {
    pub(super) fn of(input: &Input) -> Option<Self> {
        match input {
            Input::Frame(socket, _) | Input::Heard(socket) => Some(Self::On(*socket)),
            Input::Answered(ticket, Ok(_)) => Some(Self::Answer(*ticket)),
            Input::Answered(_, Err(_))
            | Input::Opened(_)
            | Input::NetworkUp
            | Input::NetworkDown
            | Input::NetworkChanged
            | Input::Foreground
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
    /// As it was kept. What cannot be read is none.
    pub(super) fn restored(kept: Option<&[u8]>, lock_after: Duration, now: Now) -> Self {
        let away = kept.and_then(Away::from_bytes);
        let asked = Asked { socket: SocketId(0), ticket: Ticket(0) };
        let mut contact = Self {
            lock_after_ms: in_ms(lock_after),
            away,
            kept: away,
            is_locked: true,
            mono: now.mono,
            stale: Stale { asked, until: now.mono },
        };
        contact.look(now, (false, asked));
        contact
    }

    /// The server was heard, now.
    pub(super) fn hear(&mut self, now: Now) {
        self.away = Some(Away { passed_ms: 0, at: now.wall, latest: now.wall });
        (self.is_locked, self.mono) = (false, now.mono);
    }

    /// A word came that may be the server's; it is heard, if that was not before the device slept.
    pub(super) fn take(&mut self, word: Word, joined: Option<SocketId>, now: Now) {
        let Stale { asked, until } = self.stale;
        let (is_its, is_new) = match word {
            Word::On(socket) => (joined == Some(socket), socket > asked.socket),
            Word::Answer(ticket) => (true, ticket > asked.ticket),
        };
        if is_its && (is_new || now.mono >= until) {
            self.hear(now);
        }
    }

    /// The clocks say this. Says whether what is held is locked. A connection may be silent for as
    /// long as the link lets it; where it stood while the device slept, it says nothing.
    pub(super) fn look(&mut self, now: Now, (is_connected, asked): (bool, Asked)) -> bool {
        let lived_ms = in_ms(now.mono.saturating_sub(self.mono));
        self.mono = now.mono;
        let silent_ms = in_ms(SILENT_RANGE.1);
        let lock_after_ms = self.lock_after_ms.max(if is_connected { silent_ms } else { 0 });
        let Some(away) = &mut self.away else { return true };
        let moved_ms = now.wall.since(away.at);
        if moved_ms.max(lived_ms) > silent_ms {
            self.stale = Stale { asked, until: now.mono.saturating_add(SILENT_RANGE.1) };
        }
        away.passed_ms = away.passed_ms.saturating_add(moved_ms.max(lived_ms));
        (away.at, away.latest) = (now.wall, away.latest.max(now.wall));
        let is_set_back = away.latest.since(now.wall) > CORRECTION_MAX_MS;
        self.is_locked = is_set_back || away.passed_ms >= lock_after_ms;
        self.is_locked
    }

    /// Whether what is held was locked when the clocks were last looked at.
    pub(super) fn is_locked(&self) -> bool {
        self.is_locked
    }

    /// How long it was until then, when the clocks were last looked at; none where it is.
    pub(super) fn left(&self) -> Option<Duration> {
        let away = self.away.filter(|_| !self.is_locked)?;
        let left_ms = self.lock_after_ms.saturating_sub(away.passed_ms);
        Some(Duration::from_millis(left_ms.max(0).unsigned_abs()))
    }

    /// What is to be kept now, if anything is.
    pub(super) fn to_keep(&self) -> Option<Vec<u8>> {
        let away = self.away?;
        let is_near = |kept: Away| {
            let apart_ms = away.passed_ms.abs_diff(kept.passed_ms);
            let moved_ms = away.at.since(kept.at).unsigned_abs();
            let later_ms = away.latest.since(kept.latest).unsigned_abs();
            let every_ms = KEEP_EVERY_MS.min(self.lock_after_ms / 8).unsigned_abs();
            apart_ms.max(moved_ms).max(later_ms) < every_ms
                && self.is_over(kept) == self.is_over(away)
        };
        (!self.kept.is_some_and(is_near)).then(|| away.to_bytes())
    }

    /// It was kept.
    pub(super) fn is_kept(&mut self) {
        self.kept = self.away;
    }

    fn is_over(&self, away: Away) -> bool {
        away.passed_ms >= self.lock_after_ms
    }
}

impl Away {
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let [passed_ms, at, latest] = [0, 8, 16].map(|from| {
            let number = bytes.get(from..)?.first_chunk()?;
            Some(i64::from_le_bytes(*number))
        });
        let (at, latest) = (Timestamp::from_ms(at?), Timestamp::from_ms(latest?));
        Some(Self { passed_ms: passed_ms?, at, latest })
    }

    fn to_bytes(self) -> Vec<u8> {
        [self.passed_ms, self.at.ms(), self.latest.ms()].map(i64::to_le_bytes).concat()
    }
}

fn in_ms(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
