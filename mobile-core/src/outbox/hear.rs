//! What an outbox hears beside answers: the network, the link's news, failures of whole requests.

use std::time::Duration;

use baton_protocol::frame::Timings;
use baton_protocol::{ConversationId, Cursor, Epoch, Timestamp};

use super::echo::Ended;
use super::item::{Item, Kind, State, Why};
use super::review::Reason;
use super::{Effect, FlightKind, Now, Outbox};

/// Kicks that come faster than this are one.
const KICKS_APART: Duration = Duration::from_secs(2);
/// Accepted items that wait for the log to show them.
const ACCEPTED_MOST: usize = 200;
/// An op id that is older when it is sent first is made anew, long before the server calls it
/// expired.
const OP_AGE_MOST_MS: i64 = 6 * 24 * 60 * 60 * 1000;

/// Something that speaks for trying at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kick {
    /// Another network.
    Network,
    /// The app came to the foreground.
    Foreground,
    /// The socket is connected.
    Connected,
    /// The session was renewed.
    SignedIn,
    /// The author asked for it.
    Pressed,
    /// A conversation was opened.
    Opened(ConversationId),
}

/// How a whole request failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failure {
    /// Certainly no byte of it left.
    NotSent,
    /// The connection broke, no answer came in time, or it could not be read: anybody's guess.
    Lost,
    /// An answer, but not to the commands.
    Http {
        /// The status.
        status: u16,
        /// What `Retry-After` says.
        retry_after: Option<Duration>,
    },
}

impl Failure {
    /// Whether the same request may succeed later.
    fn is_transient(self) -> bool {
        match self {
            Self::NotSent | Self::Lost => true,
            // A page in place of an answer is a portal on the way to the network.
            Self::Http { status, .. } => {
                !(400..500).contains(&status) || matches!(status, 401 | 408 | 425 | 429)
            }
        }
    }
}

impl Outbox {
    /// Whether there is a network.
    pub fn network(&mut self, has_network: bool, now: Now) {
        self.gate.has_network = has_network;
        self.advance(now);
    }

    /// Whether the app may send: in the foreground, or for a while in the background.
    pub fn awake(&mut self, is_awake: bool, now: Now) {
        self.gate.is_awake = is_awake;
        self.advance(now);
    }

    /// Whether the app may send.
    pub fn is_awake(&self) -> bool {
        self.gate.is_awake
    }

    /// Tries at once what waits only for a better moment. What the server asked to be given time
    /// for waits all the same.
    pub fn kick(&mut self, kick: Kick, now: Now) {
        let is_certain = match kick {
            Kick::Connected | Kick::SignedIn => {
                self.pause.reset();
                true
            }
            Kick::Network | Kick::Foreground | Kick::Pressed | Kick::Opened(_) => false,
        };
        let is_early = self.last_kick.is_some_and(|last| now.mono < last + KICKS_APART);
        if is_certain || !is_early {
            self.last_kick = Some(now.mono);
            self.pause.kick();
            for ((of, _), backoff) in &mut self.lanes {
                if !matches!(kick, Kick::Opened(opened) if opened != *of) {
                    backoff.kick();
                }
            }
        }
        self.advance(now);
    }

    /// What the server says of its timings.
    pub fn timings(&mut self, timings: &Timings) {
        self.settings.being_answered_max = Duration::from_millis(timings.being_answered_max_ms);
    }

    /// What the server's clock says. Items of which no byte was sent take a new op id if the
    /// device's clock was off when they were tapped.
    pub fn server_time(&mut self, server: Timestamp, now: Now) {
        self.server_time.hear(server, now);
        let tolerance = i64::try_from(self.settings.clock_tolerance.as_millis());
        let tolerance = tolerance.unwrap_or(i64::MAX);
        let offset = self.server_time.offset_ms();
        let is_off = offset.unsigned_abs() > tolerance.unsigned_abs();
        for slot in self.slots.values_mut() {
            let item = &slot.item;
            if item.state != State::Queued {
                continue;
            }
            let made_at = item.command.op_id.made_at();
            let age = made_at.map_or(i64::MAX, |made_at| server.since(made_at));
            let is_wrong = is_off && !item.by_server_time;
            if is_wrong || !(-tolerance..=OP_AGE_MOST_MS).contains(&age) {
                let op_id = self.dice.op_id(server);
                let moved = if is_wrong { offset } else { 0 };
                let item = slot.change();
                item.command.op_id = op_id;
                item.created_at = item.created_at.plus_ms(moved).min(server);
            }
            slot.item.by_server_time = true;
        }
        self.advance(now);
    }

    /// How far the log is applied: what it shows needs no echo.
    pub fn applied(&mut self, cursor: Cursor, now: Now) {
        self.applied = Some(cursor);
        self.forget_what_is_shown();
        self.advance(now);
    }

    pub(super) fn forget_what_is_shown(&mut self) {
        let applied = self.applied;
        let is_applied = |item: &Item, at: u64| {
            applied.is_some_and(|upto| item.epoch == Some(upto.epoch) && at <= upto.position)
        };
        let is_shown = |item: &Item| match &item.state {
            State::Accepted { accepted } => accepted.position.is_none_or(|at| is_applied(item, at)),
            State::Queued | State::Sending | State::Asking { .. } | State::Review { .. } => false,
        };
        let shown = self.slots.values().map(|slot| &slot.item).filter(|item| is_shown(item));
        let mut shown: Vec<_> = shown.map(|item| item.number).collect();
        // A log that is not applied for long must not fill the store. What the next act has to name
        // stays, for a phone that dies meanwhile.
        let kept = self.slots.values().map(|slot| &slot.item);
        let kept = kept.filter(|item| matches!(item.state, State::Accepted { .. }));
        let kept = kept.filter(|item| !self.is_tail(item));
        let kept: Vec<_> = kept.map(|item| item.number).filter(|n| !shown.contains(n)).collect();
        shown.extend(kept.iter().take(kept.len().saturating_sub(ACCEPTED_MOST)));
        for number in shown {
            self.end(number, Ended::Acknowledged);
        }
    }

    /// A conversation left the scope: what was said there is not the author's to see any more,
    /// what they wrote is.
    pub fn left(&mut self, of: ConversationId, now: Now) {
        self.out_of_scope.insert(of);
        self.tails.remove(&of);
        self.taps.remove(&of);
        for number in self.of(of) {
            self.park(number, Reason::NotInScope, now);
            let Some(slot) = self.slots.get_mut(&number) else { continue };
            if let State::Review { review } = &slot.item.state
                && review.reason.shows_lines()
                && let State::Review { review } = &mut slot.change().state
            {
                review.reason.forget_lines();
            }
        }
        self.advance(now);
    }

    /// A conversation is in scope again.
    pub fn entered(&mut self, of: ConversationId, now: Now) {
        self.out_of_scope.remove(&of);
        self.advance(now);
    }

    /// Nothing but a template may be sent there any more: replies of which no byte was sent go
    /// before their author. Of the others the server decides.
    pub fn window_closed(&mut self, of: ConversationId, closed_at: Timestamp, now: Now) {
        for number in self.of(of) {
            let Some(item) = self.item(number) else { continue };
            if item.state == State::Queued && item.command.body.is_answer() {
                self.park(number, Reason::WindowClosed { closed_at: Some(closed_at) }, now);
            }
        }
        self.advance(now);
    }

    /// Which life the log is in, at every connection. In another one than before, the server was
    /// put back to an earlier state: what it may have had, or said it had, is asked for; whatever
    /// it does not know of goes before its author, since the customer may have it. Items know the
    /// life that they were sent in, so that a phone that dies meanwhile hears of it all the same.
    pub fn epoch(&mut self, epoch: Epoch, now: Now) {
        self.epoch = Some(epoch);
        let old = self.slots.values().map(|slot| &slot.item);
        let old: Vec<_> = old.filter(|item| item.epoch != Some(epoch)).map(|i| i.number).collect();
        for number in old {
            self.outlive(number, epoch);
        }
        self.tails.retain(|_, tail| tail.epoch == Some(epoch));
        self.advance(now);
    }

    /// An item comes from another life of the log.
    fn outlive(&mut self, number: u64, epoch: Epoch) {
        let is_unsent = self.is_unsent(number);
        let Some(slot) = self.slots.get_mut(&number) else { return };
        let flight = slot.flight;
        match &mut slot.item.state {
            State::Queued => return,
            State::Sending if is_unsent => slot.change().state = State::Queued,
            State::Sending | State::Asking { .. } | State::Accepted { .. } => {
                let why = Why::ForReview { reason: Reason::Restored };
                let item = slot.change();
                (item.state, item.epoch) = (State::Asking { why }, Some(epoch));
            }
            State::Review { review } => {
                if !review.of_old_life {
                    review.of_old_life = true;
                    slot.change();
                }
            }
        }
        slot.is_pristine = false;
        if let Some(flight) = flight {
            self.leave_flight(flight, number);
        }
    }

    /// The items of a conversation.
    fn of(&self, of: ConversationId) -> Vec<u64> {
        let items = self.slots.values().map(|slot| &slot.item);
        let items = items.filter(|item| item.command.conversation_id == of);
        items.map(|item| item.number).collect()
    }

    /// A whole request failed.
    pub fn failed(&mut self, request: u64, failure: Failure, now: Now) {
        self.fail(request, failure, now);
        self.advance(now);
    }

    pub(super) fn fail(&mut self, request: u64, failure: Failure, now: Now) {
        let Some(flight) = self.flights.remove(&request) else { return };
        for number in &flight.numbers {
            let Some(slot) = self.slots.get_mut(number) else { continue };
            slot.flight = None;
            if failure != Failure::NotSent {
                slot.is_pristine = false;
            } else if slot.is_pristine && slot.item.state == State::Sending {
                slot.is_pristine = false;
                slot.change().state = State::Queued;
            }
        }
        let asked = match failure {
            Failure::Http { status: 401, retry_after } => {
                self.effects.push_back(Effect::SignIn);
                retry_after
            }
            Failure::Http { retry_after, .. } => retry_after,
            Failure::NotSent | Failure::Lost => None,
        };
        if let (Failure::Http { status, .. }, FlightKind::Send, false) =
            (failure, flight.kind, failure.is_transient())
        {
            return self.reject(flight.numbers.into_iter().collect(), status, now);
        }
        let (first, most) = (self.settings.retry_first, self.settings.retry_most);
        self.pause.fail((first, most), asked, &mut self.dice, now.mono);
    }

    /// Something on the way does not take this request, now or later. Which of its commands it
    /// is about shows when each goes alone.
    fn reject(&mut self, numbers: Vec<u64>, status: u16, now: Now) {
        let is_one = numbers.len() == 1;
        for number in numbers {
            if let Some(slot) = self.slots.get_mut(&number) {
                slot.is_alone = true;
            }
            if is_one {
                self.park(number, Reason::Rejected { status }, now);
            }
        }
    }
}

impl Item {
    /// Whether its author decides of it, should it not be carried out. Nobody cares for a read.
    pub(super) fn has_author(&self) -> bool {
        self.kind() != Kind::Reads
    }
}
