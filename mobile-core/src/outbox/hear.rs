//! Inputs besides answers: network, scope, clock, and failures of whole requests.

use std::time::Duration;

use baton_domain::fact::predicates::needs_window;
use baton_protocol::frame::Timings;
use baton_protocol::{CommandBody, ConversationId, Cursor, Epoch, Timestamp};

use super::echo::Ended;
use super::item::{AskReason, Item, Kind, State};
use super::review::ReviewReason;
use super::uploads::Track;
use super::{FlightKind, Now, Outbox, OutboxAction};

/// Retries that are asked for within this time count as one.
const KICKS_APART: Duration = Duration::from_secs(2);
/// Accepted items that wait for the log, at most.
const ACCEPTED_MOST: usize = 200;
/// An op id that is older when it is sent first is made anew, long before the server calls it
/// expired.
const OP_AGE_MOST_MS: i64 = 6 * 24 * 60 * 60 * 1000;

/// Why to retry now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RetryCause {
    /// The network changed.
    Network,
    /// The app came to the foreground.
    Foreground,
    /// The socket is connected.
    Connected,
    /// The session was renewed.
    SignedIn,
    /// The agent asked for it.
    Pressed,
    /// A conversation was opened.
    Opened(ConversationId),
}

/// The way in which a request failed as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failure {
    /// Certainly no byte of it was sent.
    NotSent,
    /// Unknown: the connection broke, or no readable answer came in time.
    Lost,
    /// The server answered with an error.
    Http {
        /// The HTTP status.
        status: u16,
        /// The value of `Retry-After`.
        retry_after: Option<Duration>,
    },
}

impl Failure {
    /// Whether the same request may succeed later.
    pub(super) fn is_transient(self) -> bool {
        match self {
            Self::NotSent | Self::Lost => true,
            // A page in place of an answer comes from a captive portal.
            Self::Http { status, .. } => {
                !(400..500).contains(&status) || matches!(status, 401 | 408 | 425 | 429)
            }
        }
    }
}

impl Outbox {
    /// Sets whether there is a network.
    pub fn set_network(&mut self, has_network: bool, now: Now) {
        self.gate.has_network = has_network;
        self.advance(now);
    }

    /// Sets whether the app may send: in the foreground, or shortly in the background.
    pub fn set_awake(&mut self, is_awake: bool, now: Now) {
        self.gate.is_awake = is_awake;
        self.advance(now);
    }

    /// Whether the app may send.
    pub fn is_awake(&self) -> bool {
        self.gate.is_awake
    }

    /// Retries now what waits after a failure. A delay that the server asked for still holds.
    pub fn kick(&mut self, kick: RetryCause, now: Now) {
        let is_certain = match kick {
            RetryCause::Connected | RetryCause::SignedIn => {
                self.pause.reset();
                self.uploads.pause.reset();
                true
            }
            RetryCause::Network
            | RetryCause::Foreground
            | RetryCause::Pressed
            | RetryCause::Opened(_) => false,
        };
        let is_early = self.last_kick.is_some_and(|last| now.mono < last + KICKS_APART);
        if is_certain || !is_early {
            self.last_kick = Some(now.mono);
            self.pause.kick();
            self.kick_uploads();
            for ((of, _), backoff) in &mut self.lanes {
                if !matches!(kick, RetryCause::Opened(opened) if opened != *of) {
                    backoff.kick();
                }
            }
        }
        self.advance(now);
    }

    /// Sets the timings that the server sent.
    pub fn set_timings(&mut self, timings: &Timings) {
        self.settings.being_answered_max = Duration::from_millis(timings.being_answered_max_ms);
    }

    /// Sets the server's time. Unsent items get a new op id if the device's clock was wrong at the
    /// tap.
    pub fn set_server_time(&mut self, server: Timestamp, now: Now) {
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

    /// Sets how far the log is applied. Acts that it shows leave the outbox.
    pub fn set_applied(&mut self, cursor: Cursor, now: Now) {
        self.applied = Some(cursor);
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
        let shown = shown.filter(|item| !self.is_named_next(item));
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

    /// Notes that a conversation left the scope: the author may still see their own acts, but not
    /// its lines.
    pub fn leave_scope(&mut self, of: ConversationId, now: Now) {
        self.out_of_scope.insert(of);
        self.tails.remove(&of);
        self.taps.remove(&of);
        for number in self.of(of) {
            self.park(number, ReviewReason::NotInScope, now);
            let Some(slot) = self.slots.get_mut(&number) else { continue };
            if let State::Review { review } = &slot.item.state
                && review.reason.has_lines()
                && let State::Review { review } = &mut slot.change().state
            {
                review.reason.forget_lines();
            }
        }
        self.advance(now);
    }

    /// Notes that a conversation is in scope again.
    pub fn enter_scope(&mut self, of: ConversationId, now: Now) {
        self.out_of_scope.remove(&of);
        self.advance(now);
    }

    /// Notes that WhatsApp's window closed: unsent replies go into review. The server decides about
    /// the others.
    pub fn close_window(&mut self, of: ConversationId, closed_at: Timestamp, now: Now) {
        for number in self.of(of) {
            let Some(item) = self.item(number) else { continue };
            if item.state == State::Queued && needs_window(&item.command.body) {
                self.park(number, ReviewReason::WindowClosed { closed_at: Some(closed_at) }, now);
            }
        }
        self.advance(now);
    }

    /// Sets the epoch of the log, at every connection. In a new epoch the server was restored from
    /// a backup: it is asked for every item that it may have had. Items that it does not know go
    /// into review, since the customer may have them. Each item keeps the epoch it was sent in,
    /// also across a restart of the phone.
    pub fn set_epoch(&mut self, epoch: Epoch, now: Now) {
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
        // A server of another life may not know the upload.
        slot.upload = Track::default();
        match &mut slot.item.state {
            State::Queued => return,
            State::Sending if is_unsent => slot.change().state = State::Queued,
            State::Sending | State::Asking { .. } | State::Accepted { .. } => {
                let why = AskReason::ForReview { reason: ReviewReason::Restored };
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

    /// Handles the failure of a whole request.
    pub fn handle_failure(&mut self, request: u64, failure: Failure, now: Now) {
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
                self.effects.push_back(OutboxAction::SignIn);
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
        let pauses = self.settings.pauses();
        self.pause.fail(pauses, asked, &mut self.dice, now.mono);
    }

    /// Handles a request that is refused for good. Its commands are sent again one by one, to find
    /// the one that is refused.
    fn reject(&mut self, numbers: Vec<u64>, status: u16, now: Now) {
        let is_one = numbers.len() == 1;
        for number in numbers {
            if let Some(slot) = self.slots.get_mut(&number) {
                slot.is_alone = true;
            }
            if is_one {
                self.park(number, ReviewReason::Rejected { status }, now);
            }
        }
    }
}

impl Item {
    /// Whether its author decides when it fails. Reads are dropped instead.
    pub(super) fn has_author(&self) -> bool {
        // A no to an offer that is over is as good as carried out.
        self.kind() != Kind::Reads && !matches!(self.command.body, CommandBody::DeclineOffer(_))
    }
}
