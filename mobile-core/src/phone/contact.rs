//! When the server was last heard, and that what is held is locked too long after it: a phone that
//! is kept from the network cannot be told that it was revoked.
//!
//! The clock on the wall is all that goes on while a device sleeps or is off. Who holds the device
//! can set it; so the latest time that was ever seen counts, and a clock that goes back by more
//! than a correction locks too. What nobody saw pass cannot be counted: a clock that is set back
//! before the core looks at it again.

use std::time::Duration;

use baton_protocol::Timestamp;

use crate::link::limits::SILENT_RANGE;

/// How long after the server was last heard what is held is locked, if nobody says otherwise.
pub const LOCK_AFTER: Duration = Duration::from_secs(72 * 3_600);
/// And at most: for as long as a session that is not used lives.
pub const LOCK_AFTER_MAX: Duration = Duration::from_secs(30 * 24 * 3_600);
/// A clock that goes back by no more than this is one that was put right, time zones included.
const CORRECTION_MAX_MS: i64 = 24 * 3_600_000;
/// It is kept so often at most.
const KEEP_EVERY_MS: i64 = 15 * 60_000;

/// See the head of the file.
#[derive(Debug)]
pub(super) struct Contact {
    lock_after_ms: i64,
    /// When the server was last heard, and the latest time since; none where it never was.
    heard: Option<Heard>,
    /// The same, as the store has it.
    kept: Option<Heard>,
    is_locked: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Heard {
    at: Timestamp,
    latest: Timestamp,
}

impl Contact {
    /// As it was kept. What cannot be read is none.
    pub(super) fn restored(kept: Option<&[u8]>, lock_after_ms: i64, wall: Timestamp) -> Self {
        let heard = kept.and_then(Heard::from_bytes);
        let mut contact = Self { lock_after_ms, heard, kept: heard, is_locked: true };
        contact.look(wall, false);
        contact
    }

    /// The server was heard, and took this device for what it says it is.
    pub(super) fn hear(&mut self, wall: Timestamp) {
        self.heard = Some(Heard { at: wall, latest: wall });
        self.is_locked = false;
    }

    /// The clock says this. Says whether what is held is locked. A connection may be silent for as
    /// long as the link lets it; where it stood while the device slept, it says nothing.
    pub(super) fn look(&mut self, wall: Timestamp, is_connected: bool) -> bool {
        let silent_ms = i64::try_from(SILENT_RANGE.1.as_millis()).unwrap_or(i64::MAX);
        let lock_after_ms = self.lock_after_ms.max(if is_connected { silent_ms } else { 0 });
        self.is_locked = self.heard.as_mut().is_none_or(|heard| {
            heard.latest = heard.latest.max(wall);
            heard.latest.since(heard.at) >= lock_after_ms
                || heard.latest.since(wall) > CORRECTION_MAX_MS
        });
        self.is_locked
    }

    /// Whether what is held was locked when the clock was last looked at.
    pub(super) fn is_locked(&self) -> bool {
        self.is_locked
    }

    /// How long it is until then; none where it is.
    pub(super) fn left_ms(&self, wall: Timestamp) -> Option<u64> {
        let heard = self.heard.filter(|_| !self.is_locked)?;
        u64::try_from(self.lock_after_ms - heard.latest.max(wall).since(heard.at)).ok()
    }

    /// What is to be kept now, if anything is.
    pub(super) fn to_keep(&self) -> Option<Vec<u8>> {
        let heard = self.heard?;
        let is_near = |kept: Heard| {
            let apart = |one: Timestamp, other: Timestamp| one.since(other).abs();
            apart(heard.at, kept.at).max(apart(heard.latest, kept.latest)) < KEEP_EVERY_MS
                && self.is_over(kept) == self.is_over(heard)
        };
        (!self.kept.is_some_and(is_near)).then(|| heard.to_bytes())
    }

    /// It was kept.
    pub(super) fn is_kept(&mut self) {
        self.kept = self.heard;
    }

    fn is_over(&self, heard: Heard) -> bool {
        heard.latest.since(heard.at) >= self.lock_after_ms
    }
}

impl Heard {
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (at, latest) = bytes.split_first_chunk()?;
        let time = |bytes: &[u8; 8]| Timestamp::from_ms(i64::from_le_bytes(*bytes));
        Some(Self { at: time(at), latest: time(latest.first_chunk()?) })
    }

    fn to_bytes(self) -> Vec<u8> {
        [self.at, self.latest].map(|time| time.ms().to_le_bytes()).concat()
    }
}
