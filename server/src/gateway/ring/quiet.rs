//! The part of a log that a ring let go of, as far as quiet audiences were told of it. So one busy
//! team does not send the others to the database for the two messages that they missed.
//!
//! **Invariant:** of the positions above `base`, an event is kept, or each of its audiences is loud
//! up to its position at least.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use baton_domain::fact::log::Logged;
use baton_domain::fact::scope::{Audience, Viewer};
use tokio::time::Instant;

use super::{Piece, RingLimits, Share};

/// The base moves in such steps.
const BASES_APART: Duration = Duration::from_secs(60);

/// Events of quiet audiences, in the order of the log.
#[derive(Debug)]
pub(super) struct Quiet {
    /// Nothing is known of this position and those before it.
    base: u64,
    /// Positions that become the base one after the other, with the times they are of.
    bases: VecDeque<(Instant, u64)>,
    pieces: VecDeque<Piece>,
    /// The number of kept events of each audience that is quiet.
    kept: BTreeMap<Audience, usize>,
    /// Audiences that were told more, with the last position that was let go. One that is told
    /// nothing for as long as events are kept is quiet again.
    loud: BTreeMap<Audience, u64>,
    /// So many events make an audience loud.
    most: usize,
    bytes_max: usize,
    share: Share,
}

impl Quiet {
    pub(super) fn new(limits: &RingLimits, share: Share) -> Self {
        let (kept, loud) = (BTreeMap::new(), BTreeMap::new());
        let (most, bytes_max) = (limits.quiet, limits.bytes / 4);
        let (pieces, bases) = (VecDeque::new(), VecDeque::new());
        Self { base: 0, bases, pieces, kept, loud, most, bytes_max, share }
    }

    /// The log is known above this position.
    pub(super) fn begin(&mut self, position: u64) {
        self.base = position;
    }

    /// True while nothing before this position is known, because nothing was let go of yet.
    pub(super) fn knows_nothing_before(&self, position: u64) -> bool {
        self.base == position
    }

    pub(super) fn bytes(&self) -> usize {
        self.share.bytes
    }

    pub(super) fn pieces(&self) -> &VecDeque<Piece> {
        &self.pieces
    }

    /// True when it holds everything that this viewer is told above `from`. It is never true for
    /// admins: they read the whole log.
    pub(super) fn has(&self, viewer: &Viewer, from: u64) -> bool {
        let is_kept = |audience: &Audience| self.loud.get(audience).is_none_or(|at| *at <= from);
        from >= self.base && viewer.audiences().is_some_and(|own| own.iter().all(is_kept))
    }

    /// Takes over a piece that the ring lets go.
    pub(super) fn take(&mut self, piece: Piece) {
        let mut is_louder = false;
        for audience in audiences(&piece) {
            if self.loud.contains_key(&audience) {
                continue;
            }
            let kept = self.kept.entry(audience).or_default();
            *kept += 1;
            if *kept > self.most {
                is_louder = true;
                self.let_go(audience, self.base);
            }
        }
        let is_due =
            |(at, _): &(Instant, u64)| piece.at.saturating_duration_since(*at) >= BASES_APART;
        if self.bases.back().is_none_or(is_due) {
            self.bases.push_back((piece.at, piece.published.end()));
        }
        self.share.take(piece.bytes);
        self.pieces.push_back(piece);
        // Only what came last has events of those who are loud already.
        let first = if is_louder { 0 } else { self.pieces.len() - 1 };
        for piece in self.pieces.split_off(first) {
            self.thin(piece);
        }
    }

    /// Lets go of what is too old or too much.
    pub(super) fn shed(&mut self, now: Instant, age_max: Duration) {
        while let Some((at, end)) = self.bases.front().copied()
            && now.saturating_duration_since(at) > age_max
        {
            self.base = end;
            self.bases.pop_front();
        }
        while let Some(first) = self.pieces.front() {
            let is_old = first.published.end() <= self.base;
            let is_much = self.share.bytes > self.bytes_max || self.share.room.is_full();
            if !is_old && !is_much {
                break;
            }
            let Some(first) = self.pieces.pop_front() else { break };
            self.share.give_back(first.bytes);
            for audience in audiences(&first) {
                if let Some(kept) = self.kept.get_mut(&audience) {
                    *kept = kept.saturating_sub(1);
                }
                if !is_old {
                    self.let_go(audience, first.published.end());
                }
            }
        }
        self.kept.retain(|_, kept| *kept > 0);
        let base = self.base;
        self.loud.retain(|_, at| *at > base);
    }

    /// Keeps what quiet audiences were told of a piece.
    fn thin(&mut self, piece: Piece) {
        self.share.give_back(piece.bytes);
        let entries = &piece.published.batch().entries;
        let is_spare = |logged: &&Logged| !self.is_wanted(&logged.route.audiences());
        let spare: Vec<(u64, Vec<Audience>)> = entries
            .iter()
            .filter(is_spare)
            .map(|logged| (logged.event.position, logged.route.audiences()))
            .collect();
        let Piece { published, at, .. } = match spare.len() {
            0 => piece,
            _ => {
                let gone = |at: u64| spare.binary_search_by_key(&at, |(at, _)| *at).is_ok();
                let thinned = piece.published.thinned(|logged| !gone(logged.event.position));
                Piece { published: Arc::new(thinned), ..piece }
            }
        };
        for (position, audiences) in spare {
            for audience in audiences {
                self.let_go(audience, position);
            }
        }
        if !published.batch().entries.is_empty() {
            let bytes = published.weigh();
            self.share.take(bytes);
            self.pieces.push_back(Piece { published, bytes, at });
        }
    }

    /// True when a viewer could be told of such an event from here. The owner of a conversation is
    /// nearly always in its team, and is answered from here only where the team is quiet.
    fn is_wanted(&self, audiences: &[Audience]) -> bool {
        let is_quiet = |audience: &Audience| !self.loud.contains_key(audience);
        let is_agent = |audience: &Audience| matches!(audience, Audience::Agent(_));
        let mut others = audiences.iter().filter(|audience| !is_agent(audience)).peekable();
        match others.peek() {
            Some(_) => others.any(is_quiet),
            None => audiences.iter().any(is_quiet),
        }
    }

    /// An audience is loud: an event of it at this position is not kept.
    fn let_go(&mut self, audience: Audience, position: u64) {
        let last = self.loud.entry(audience).or_default();
        *last = (*last).max(position);
        self.kept.remove(&audience);
    }
}

/// The audiences of each event of a piece.
fn audiences(piece: &Piece) -> Vec<Audience> {
    let entries = piece.published.batch().entries.iter();
    entries.flat_map(|logged| logged.route.audiences()).collect()
}
