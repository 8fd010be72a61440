//! What a session tells of the log: live, resumed, and nothing while its scope is unknown.

use std::collections::VecDeque;
use std::sync::Arc;

use baton_domain::fact::log::Batch;
use baton_domain::fact::scope::{Level, Scope};
use baton_domain::see::sight::{Sight, Tidings, VisibleEvent};
use baton_protocol::conversation::Snapshot;
use baton_protocol::frame::{ResetReason, ServerFrame, close};
use baton_protocol::{ConversationId, Cursor, Epoch, WorkspaceId};
use tokio::time::Instant;

use super::super::backend::{Gap, Unavailable};
use super::super::broadcast::{Published, events_frame};
use super::super::frames;
use super::super::ring::Recalled;
use super::{Audience, Missed, Out, Relay, Rules, SessionEffect, Ticket, closing, private};

/// Snapshots asked for at once.
const SNAPSHOTS_AT_ONCE: usize = 4;

/// How far a session's client was told the log.
#[derive(Debug)]
pub(super) struct Delivery {
    /// The log's identity.
    pub(super) epoch: Epoch,
    /// What the client may see.
    pub(super) sight: Arc<Sight>,
    /// How often that changed.
    pub(super) sights: Ticket,
    /// What was asked last; answers to what was asked before are void.
    ticket: Ticket,
    /// Up to here the log was dealt with.
    cursor: u64,
    /// Up to here the client was told so; less than `cursor` when nothing was its business.
    told: u64,
    /// Since when `told` is less.
    behind_since: Option<Instant>,
    /// The highest position known to exist.
    known: u64,
    work: Work,
    /// Batches that came while something was being read, in order.
    waiting: VecDeque<Arc<Published>>,
}

#[derive(Debug)]
enum Work {
    /// Nothing: batches are told as they come.
    Live,
    /// What was missed is being read, up to this position at least.
    Reading { known: u64 },
    /// Conversations that came into scope are being read.
    Entering(Box<Entering>),
    /// What may be seen is being read: until then nothing is told.
    Blind,
    /// Something could not be read; it is asked again then.
    Pausing { until: Instant, blind: bool },
}

#[derive(Debug)]
struct Entering {
    stretch: Arc<Published>,
    told: Vec<VisibleEvent>,
    /// Not asked for yet.
    next: Vec<ConversationId>,
    /// Asked for.
    asked: usize,
    /// Whether this client alone missed it.
    resumed: bool,
}

impl Delivery {
    pub(super) fn new(epoch: Epoch, sight: Arc<Sight>, from: u64, head: u64) -> Self {
        Self {
            epoch,
            sight,
            sights: 0,
            ticket: 0,
            cursor: from,
            told: from,
            behind_since: None,
            known: head,
            work: Work::Live,
            waiting: VecDeque::new(),
        }
    }

    pub(super) fn next_tick(&self, rules: &Rules) -> Option<Instant> {
        let lag = self.behind_since.map(|since| since + rules.lag);
        let retry = match self.work {
            Work::Pausing { until, .. } => Some(until),
            Work::Live | Work::Reading { .. } | Work::Entering(_) | Work::Blind => None,
        };
        [lag, retry].into_iter().flatten().min()
    }

    /// An `events` frame without events: says how far the client is.
    pub(super) fn tell_cursor(&mut self, out: &mut Out) {
        out.durable(events_frame(self.told, self.cursor, ""));
        self.moved();
    }

    pub(super) fn is_blind(&self) -> bool {
        matches!(self.work, Work::Blind | Work::Pausing { blind: true, .. })
    }

    /// Whether the client sees what lies in this scope in full, as far as is known.
    pub(super) fn can_see(&self, scope: Scope) -> bool {
        !self.is_blind() && self.sight.level(scope) == Level::Full
    }

    fn moved(&mut self) {
        self.told = self.cursor;
        self.behind_since = None;
    }
}

/// A delivery, and what it needs to know at one moment.
pub(super) struct Teller<'a> {
    pub(super) delivery: &'a mut Delivery,
    pub(super) rules: &'a Rules,
    pub(super) now: Instant,
    pub(super) random: u64,
    pub(super) out: &'a mut Out,
}

impl Teller<'_> {
    /// Reads what was missed: also what was committed between authentication and joining.
    pub(super) fn begin(&mut self) {
        self.read();
    }

    /// The log grew.
    pub(super) fn batch(&mut self, batch: Arc<Published>) {
        let delivery = &mut *self.delivery;
        delivery.known = delivery.known.max(batch.end());
        if batch.end() <= delivery.cursor {
            return;
        }
        let is_changed = |sight: &Sight| batch.about_rights().any(|fact| sight.is_changed_by(fact));
        if !delivery.is_blind() && is_changed(&delivery.sight) {
            // At once, whatever is being read: no content goes out under the old sight. What was
            // not told before it is part of the snapshot that the client takes after the reset.
            return self.go_blind(batch.end());
        }
        match delivery.work {
            Work::Live if batch.batch().after == delivery.cursor => {
                self.take(batch, false);
                self.next();
            }
            Work::Live => self.read(),
            Work::Reading { .. } | Work::Entering(_) | Work::Blind | Work::Pausing { .. } => {
                delivery.waiting.push_back(batch);
                if delivery.waiting.len() > self.rules.batches {
                    delivery.waiting.clear();
                }
            }
        }
    }

    /// The log stands at `position`.
    pub(super) fn head(&mut self, position: u64) {
        self.delivery.known = self.delivery.known.max(position);
        self.next();
    }

    pub(super) fn gap(&mut self, ticket: Ticket, gap: Result<Gap, Unavailable>) {
        let Work::Reading { known } = self.delivery.work else { return };
        if ticket != self.delivery.ticket {
            return;
        }
        match gap {
            Err(Unavailable) => self.pause(false),
            Ok(Gap::Reset { reason: ResetReason::ScopeChanged, upto }) => self.go_blind(upto),
            Ok(Gap::Reset { reason, upto }) => {
                self.reset(reason, upto);
                self.next();
            }
            Ok(Gap::Changes { upto, .. })
                if upto < self.delivery.cursor
                    || (upto == self.delivery.cursor && upto < known) =>
            {
                // Read from a replica that is not there yet, or a false head: not in a tight loop.
                self.pause(false);
            }
            Ok(Gap::Changes { upto, events, heads }) => {
                let batch = Batch {
                    // Whose log it is does not matter here: it goes to this session alone.
                    workspace: WorkspaceId(uuid::Uuid::nil()),
                    epoch: self.delivery.epoch,
                    after: self.delivery.cursor,
                    entries: events,
                    heads,
                };
                self.take(Arc::new(Published::upto(Arc::new(batch), upto, private())), true);
                self.next();
            }
        }
    }

    /// What was missed, from memory: by the rule of [`Self::take`], applied there already.
    pub(super) fn recalled(&mut self, ticket: Ticket, recalled: Recalled) {
        let is_awaited = matches!(self.delivery.work, Work::Reading { .. });
        if ticket != self.delivery.ticket || !is_awaited {
            return;
        }
        let Recalled { stretch, left, told } = recalled;
        let next = Vec::new();
        self.tell(&left, Entering { stretch, told, next, asked: 0, resumed: true });
        self.next();
    }

    pub(super) fn snapshot(
        &mut self,
        ticket: Ticket,
        snapshot: Result<Option<Box<Snapshot>>, Unavailable>,
    ) {
        if ticket != self.delivery.ticket {
            return;
        }
        let Work::Entering(entering) = &mut self.delivery.work else { return };
        let Ok(snapshot) = snapshot else { return self.pause(false) };
        entering.asked = entering.asked.saturating_sub(1);
        let position = entering.stretch.end();
        if let Some(snapshot) = snapshot.and_then(|s| visible(&self.delivery.sight, *s)) {
            self.out.own(frames::write_entered(position, snapshot));
        }
        self.enter();
        self.next();
    }

    pub(super) fn sight(&mut self, ticket: Ticket, sight: Result<Option<Box<Sight>>, Unavailable>) {
        if ticket != self.delivery.ticket || !matches!(self.delivery.work, Work::Blind) {
            return;
        }
        match sight {
            Err(Unavailable) => self.pause(true),
            Ok(None) => self.out.push(closing(close::SIGN_IN_AGAIN, "sign in again")),
            Ok(Some(sight)) => {
                self.delivery.sight = Arc::new(*sight);
                self.delivery.work = Work::Live;
                self.next();
            }
        }
    }

    pub(super) fn relay(&mut self, relay: &Relay) {
        let is_for_me = match relay.to {
            Audience::Everyone => true,
            Audience::Scope(scope) => self.delivery.can_see(scope),
            Audience::ScopeBut(scope, agent) => {
                agent != self.delivery.sight.viewer.agent && self.delivery.can_see(scope)
            }
        };
        if is_for_me {
            self.out.whisper(relay.frame.clone());
        }
    }

    /// Answers of the coordinator were allowed under the sight of that time.
    pub(super) fn carried(&mut self, ticket: Ticket, answers: &[ServerFrame]) {
        if ticket != self.delivery.sights || self.delivery.is_blind() {
            return;
        }
        for frame in answers {
            self.out.whisper(frames::write(frame));
        }
    }

    pub(super) fn tick(&mut self) {
        if let Work::Pausing { until, blind } = self.delivery.work
            && self.now >= until
        {
            if blind { self.look_again() } else { self.read() }
        }
        let lag = self.rules.lag;
        if self.delivery.behind_since.is_some_and(|since| self.now >= since + lag) {
            self.delivery.tell_cursor(self.out);
        }
    }

    /// Goes on with what waits; reads the log where that has a hole.
    fn next(&mut self) {
        while matches!(self.delivery.work, Work::Live) {
            let Some(batch) = self.delivery.waiting.pop_front() else {
                if self.delivery.cursor < self.delivery.known {
                    self.read();
                }
                return;
            };
            if batch.end() <= self.delivery.cursor {
                continue;
            }
            if batch.batch().after == self.delivery.cursor {
                self.take(batch, false);
            } else {
                self.read();
            }
        }
    }

    /// Tells a stretch that begins at the cursor; a resumed one in any case.
    fn take(&mut self, stretch: Arc<Published>, resumed: bool) {
        match stretch.tidings(&self.delivery.sight) {
            Tidings::Reset(ResetReason::ScopeChanged) => self.go_blind(stretch.end()),
            Tidings::Reset(reason) => self.reset(reason, stretch.end()),
            Tidings::Changes { left, entered, told } => {
                let mut next: Vec<_> = entered.into_iter().map(|(id, _)| id).collect();
                next.extend(stretch.missing_heads(&told));
                let is_quiet = told.is_empty() && left.is_empty() && next.is_empty() && !resumed;
                if is_quiet {
                    self.delivery.cursor = stretch.end();
                    self.delivery.behind_since.get_or_insert(self.now);
                } else {
                    self.tell(&left, Entering { stretch, told, next, asked: 0, resumed });
                }
            }
        }
    }

    fn tell(&mut self, left: &[ConversationId], entering: Entering) {
        let position = entering.stretch.end();
        for conversation_id in left {
            let conversation_id = *conversation_id;
            self.out.tell(&ServerFrame::Left { position, conversation_id });
        }
        self.ask_again();
        self.delivery.work = Work::Entering(Box::new(entering));
        self.enter();
    }

    /// Asks for the next snapshots; after the last one the events follow, which move the cursor.
    fn enter(&mut self) {
        let delivery = &mut *self.delivery;
        let Work::Entering(entering) = &mut delivery.work else { return };
        while entering.asked < SNAPSHOTS_AT_ONCE
            && let Some(id) = entering.next.pop()
        {
            entering.asked += 1;
            let sight = Arc::clone(&delivery.sight);
            self.out.push(SessionEffect::FetchSnapshot(delivery.ticket, sight, id));
        }
        if entering.asked > 0 {
            return;
        }
        let hidden = &delivery.sight.hidden;
        for frame in entering.stretch.frames(delivery.told, &entering.told, hidden) {
            // What goes to many is not packed for each of them: a burst would cost too much.
            if entering.resumed { self.out.own(frame) } else { self.out.durable(frame) }
        }
        delivery.cursor = entering.stretch.end();
        delivery.moved();
        delivery.work = Work::Live;
    }

    fn read(&mut self) {
        self.ask_again();
        self.delivery.work = Work::Reading { known: self.delivery.known };
        let Delivery { epoch, cursor: position, known, .. } = *self.delivery;
        let sight = Arc::clone(&self.delivery.sight);
        let missed = Missed { from: Cursor { epoch, position }, known, sight };
        self.out.push(SessionEffect::ReadGap(self.delivery.ticket, missed));
    }

    fn go_blind(&mut self, upto: u64) {
        let after_ms = self.random % self.rules.scope_jitter_ms;
        self.reset_to(ResetReason::ScopeChanged, upto, after_ms);
        self.delivery.sights = self.delivery.sights.wrapping_add(1);
        self.look_again();
    }

    fn look_again(&mut self) {
        self.ask_again();
        self.delivery.work = Work::Blind;
        self.out.push(SessionEffect::FetchSight(self.delivery.ticket));
    }

    fn reset(&mut self, reason: ResetReason, upto: u64) {
        self.reset_to(reason, upto, 0);
        self.delivery.work = Work::Live;
    }

    fn reset_to(&mut self, reason: ResetReason, upto: u64, after_ms: u64) {
        let upto = upto.max(self.delivery.cursor);
        self.delivery.cursor = upto;
        self.delivery.known = self.delivery.known.max(upto);
        self.delivery.moved();
        self.delivery.waiting.retain(|batch| batch.end() > upto);
        self.out.tell(&ServerFrame::Reset { reason, upto, after_ms });
    }

    fn pause(&mut self, blind: bool) {
        self.ask_again();
        self.delivery.work = Work::Pausing { until: self.now + self.rules.retry, blind };
    }

    /// Makes the answers to earlier questions void.
    fn ask_again(&mut self) {
        self.delivery.ticket = self.delivery.ticket.wrapping_add(1);
    }
}

/// A snapshot, cut down to what this sight allows.
fn visible(sight: &Sight, snapshot: Snapshot) -> Option<Snapshot> {
    match sight.level(Scope::of(snapshot.head())) {
        Level::None => None,
        Level::Head => Some(Snapshot::Head { head: snapshot.head().clone() }),
        Level::Full => Some(snapshot),
    }
}
