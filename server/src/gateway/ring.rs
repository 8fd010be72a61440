//! The tail of a workspace's log in memory, so that a crowd that comes back after a break is
//! answered without the database.
//!
//! Pure. Batches of the bus go in, with the time. What a viewer missed comes out, or nothing when
//! only the database can tell it exactly.
//!
//! **Invariant:** it holds every position of (floor, end] of one epoch, or it is empty. Below the
//! floor it holds what quiet audiences were told: see [`quiet`].

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use baton_domain::see::sight::{Sight, Tidings, VisibleEvent};
use baton_protocol::limits::RESUME_EVENTS_MAX;
use baton_protocol::{ConversationId, Cursor, Fact};
use tokio::time::Instant;

use self::quiet::Quiet;
use super::broadcast::Published;

/// How much of the log is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RingLimits {
    /// So many events at least …
    pub events: usize,
    /// … or those of this time …
    pub age: Duration,
    /// … but never more than so many bytes …
    pub bytes: usize,
    /// … and nothing older than this.
    pub age_max: Duration,
    /// Of what is let go, so many events of each audience are kept, if there were no more.
    pub quiet: usize,
}

impl Default for RingLimits {
    fn default() -> Self {
        Self {
            events: 4_096,
            age: Duration::from_secs(120),
            bytes: 96 * 1024 * 1024,
            age_max: Duration::from_secs(3_600),
            quiet: 64,
        }
    }
}

/// The memory that the rings of all workspaces share. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Room {
    taken: Arc<AtomicUsize>,
    bytes: usize,
}

impl Room {
    pub(super) fn new(bytes: usize) -> Self {
        Self { taken: Arc::default(), bytes }
    }

    fn is_full(&self) -> bool {
        self.taken.load(Ordering::Relaxed) > self.bytes
    }
}

/// What one ring took of the room; given back when dropped.
#[derive(Debug)]
struct Share {
    room: Room,
    bytes: usize,
}

impl Share {
    fn take(&mut self, bytes: usize) {
        self.bytes += bytes;
        self.room.taken.fetch_add(bytes, Ordering::Relaxed);
    }

    fn give_back(&mut self, bytes: usize) {
        self.bytes -= bytes;
        self.room.taken.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.give_back(self.bytes);
    }
}

/// A stretch of more events costs milliseconds to put together, while everybody waits …
const LONG: u64 = 2_048;
/// … so that is done this seldom.
const LONG_APART: Duration = Duration::from_millis(500);

/// Blocks of what was committed before the ring began start at multiples of this.
const BLOCK: u64 = 512;

/// What a viewer missed, as the database would tell it.
#[derive(Debug)]
pub struct Recalled {
    /// The stretch from the viewer's cursor to the end of the ring.
    pub stretch: Arc<Published>,
    /// Conversations that left the scope.
    pub left: Vec<ConversationId>,
    /// What to tell of the others.
    pub told: Vec<VisibleEvent>,
}

/// The newest batches of one workspace.
#[derive(Debug)]
pub(super) struct Ring {
    limits: RingLimits,
    pieces: VecDeque<Piece>,
    /// Where the kept stretch ends; nothing is known without it.
    end: Option<Cursor>,
    /// The position before the first kept one.
    floor: u64,
    /// Events of the positions before it, for quiet audiences.
    quiet: Quiet,
    events: usize,
    share: Share,
    /// What was put together last, and when: who lost the connection together asks for the same.
    last: Option<(Arc<Published>, Instant)>,
}

#[derive(Debug)]
struct Piece {
    published: Arc<Published>,
    bytes: usize,
    at: Instant,
}

impl Ring {
    pub(super) fn new(limits: RingLimits, room: Room) -> Self {
        let quiet = Quiet::new(&limits, Share { room: room.clone(), bytes: 0 });
        let (pieces, share) = (VecDeque::new(), Share { room, bytes: 0 });
        Self { limits, pieces, end: None, floor: 0, quiet, events: 0, share, last: None }
    }

    /// The log grew. What does not follow begins anew; what is here already is passed over.
    pub(super) fn push(&mut self, published: &Arc<Published>, now: Instant) {
        let batch = published.batch();
        let start = Cursor { epoch: batch.epoch, position: batch.after };
        let end = Cursor { position: published.end(), ..start };
        match self.end {
            Some(known) if known.epoch == end.epoch && end.position <= known.position => return,
            Some(known) if known == start => {}
            Some(_) | None => self.begin(start),
        }
        let bytes = published.weigh();
        self.events += batch.entries.len();
        self.share.take(bytes);
        self.end = Some(end);
        self.pieces.push_back(Piece { published: Arc::clone(published), bytes, at: now });
        self.shed(now);
    }

    /// Notes that the log stands at `head`. Above the end, batches were lost: what is kept has a
    /// hole.
    pub(super) fn advance_to(&mut self, head: Cursor) {
        match self.end {
            Some(end) if end.epoch == head.epoch && end.position >= head.position => {}
            Some(_) | None => self.begin(head),
        }
    }

    /// True once it knows where the log stands.
    pub(super) fn is_begun(&self) -> bool {
        self.end.is_some()
    }

    /// The log stood at `head` a moment ago; what came since is here already, or comes.
    pub(super) fn begin_at(&mut self, head: Cursor) {
        if self.end.is_none() {
            self.begin(head);
        }
    }

    /// The positions (after, upto] that it has to learn next to reach back to `from`, if the log
    /// has at most so many from there. `None` where it does, and where something was let go of
    /// already: what is older would be the first to go.
    pub(super) fn block_before(&self, from: Cursor, most: u64) -> Option<(u64, u64)> {
        self.end.filter(|end| end.epoch == from.epoch)?;
        let missing = self.floor.checked_sub(from.position).filter(|missing| *missing > 0)?;
        let most = u64::try_from(self.limits.events).map_or(most, |events| most.min(events));
        if missing > most || !self.quiet.knows_nothing_before(self.floor) {
            return None;
        }
        // Aligned: who comes from elsewhere needs the same blocks.
        Some(((self.floor - 1) / BLOCK * BLOCK, self.floor))
    }

    /// The log right before what is kept, as it was when the log stood at `head`. Says whether it
    /// is kept. It is not if it is too much, or if its heads are newer than the end.
    pub(super) fn push_before(
        &mut self,
        published: &Arc<Published>,
        head: u64,
        now: Instant,
    ) -> bool {
        let batch = published.batch();
        let is_next = published.end() == self.floor && batch.after < self.floor;
        let is_of_now =
            self.end.is_some_and(|end| end.epoch == batch.epoch && end.position >= head);
        if !is_next || !is_of_now || !self.quiet.knows_nothing_before(self.floor) {
            return false;
        }
        let bytes = published.weigh();
        self.share.take(bytes);
        if self.is_much() {
            self.share.give_back(bytes);
            return false;
        }
        self.events += batch.entries.len();
        self.floor = batch.after;
        self.quiet.begin(self.floor);
        self.pieces.push_front(Piece { published: Arc::clone(published), bytes, at: now });
        true
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.limits, self.share.room.clone());
    }

    /// Lets go of what is too old or too much.
    pub(super) fn shed(&mut self, now: Instant) {
        while let Some(first) = self.pieces.front() {
            let age = now.saturating_duration_since(first.at);
            let left = self.events - first.published.batch().entries.len();
            let is_spare = left >= self.limits.events && age > self.limits.age;
            if !is_spare && age <= self.limits.age_max && !self.is_much() {
                break;
            }
            let Some(first) = self.pieces.pop_front() else { break };
            self.events = left;
            self.share.give_back(first.bytes);
            self.floor = first.published.end();
            self.last = None;
            self.quiet.take(first);
            self.quiet.shed(now, self.limits.age_max);
        }
        self.quiet.shed(now, self.limits.age_max);
    }

    fn is_much(&self) -> bool {
        self.share.bytes + self.quiet.bytes() > self.limits.bytes || self.share.room.is_full()
    }

    /// Returns what this viewer missed since `from`. Returns `None` when the database has to be
    /// asked: the ring does not cover it, ends before `known`, or cannot tell it exactly.
    pub(super) fn recall(
        &mut self,
        sight: &Sight,
        from: Cursor,
        known: u64,
        now: Instant,
    ) -> Option<Recalled> {
        let end = self.end.filter(|end| end.epoch == from.epoch)?;
        let is_there = from.position >= self.floor || self.quiet.has(&sight.viewer, from.position);
        if !is_there || from.position > end.position || end.position < known {
            return None;
        }
        let stretch = self.stretch(from, known, end.position, now)?;
        let (left, told) = answer(sight, &stretch)?;
        if !stretch.missing_heads(&told).is_empty() {
            return None;
        }
        Some(Recalled { stretch, left, told })
    }

    /// How many bytes are kept.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.share.bytes + self.quiet.bytes()
    }

    fn begin(&mut self, at: Cursor) {
        self.clear();
        (self.floor, self.end) = (at.position, Some(at));
        self.quiet.begin(at.position);
    }

    /// The stretch from there to `known` at least. A long one is not put together again at once,
    /// while more is being committed: then the database is cheaper.
    fn stretch(
        &mut self,
        from: Cursor,
        known: u64,
        end: u64,
        now: Instant,
    ) -> Option<Arc<Published>> {
        if let Some((last, at)) = &self.last {
            if last.batch().after == from.position && last.end() >= known {
                return Some(Arc::clone(last));
            }
            let is_long = end - from.position > LONG;
            if is_long && now.saturating_duration_since(*at) < LONG_APART {
                return None;
            }
        }
        let above = |pieces: &VecDeque<Piece>| {
            pieces.partition_point(|piece| piece.published.end() <= from.position)
        };
        let (quiet, first) = (self.quiet.pieces(), above(&self.pieces));
        let quiet = quiet.range(above(quiet)..).chain(self.pieces.range(first..));
        let pieces = quiet.map(|piece| &*piece.published);
        let stretch = Arc::new(Published::joined(pieces, from, end));
        self.last = Some((Arc::clone(&stretch), now));
        Some(stretch)
    }
}

/// Returns what to tell this viewer of a stretch, and `None` when that takes the database. Rights
/// may have changed in it, or it is too much. Or a conversation came into scope and has to be read
/// whole.
fn answer(sight: &Sight, stretch: &Published) -> Option<(Vec<ConversationId>, Vec<VisibleEvent>)> {
    if stretch.about_rights().any(|fact| can_change_sight(sight, fact)) {
        return None;
    }
    match stretch.tidings(sight) {
        Tidings::Changes { left, entered, told } if entered.is_empty() => {
            let is_much = u64::try_from(told.len()).is_ok_and(|told| told > RESUME_EVENTS_MAX);
            (!is_much).then_some((left, told))
        }
        Tidings::Changes { .. } | Tidings::Reset(_) => None,
    }
}

/// Whether a fact may change what this viewer sees. It says so more often than
/// [`Sight::is_changed_by`]. Asking the database costs little, and a mistake here shows what must
/// not be seen.
#[expect(clippy::wildcard_enum_match_arm, reason = "all else is no setting")]
fn can_change_sight(sight: &Sight, fact: &Fact) -> bool {
    let me = sight.viewer.agent;
    match fact {
        Fact::MembershipChanged { agent_id, .. } | Fact::AgentChanged { agent_id, .. } => {
            *agent_id == me
        }
        Fact::TeamChanged { set, .. } => set.visibility.is_some(),
        _ => sight.is_changed_by(fact),
    }
}

mod quiet;
#[cfg(test)]
mod tests;
