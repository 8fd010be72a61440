//! The server's answers to commands, and what follows from them.

use std::time::Duration;

use baton_domain::fact::predicates::is_retryable;
use baton_protocol::outcome::Outcome;
use baton_protocol::{Accepted, CommandResult, OpId, Refusal, Refused, Timestamp};

use super::echo::Ended;
use super::item::{AskReason, Item, Kind, State};
use super::review::{Review, ReviewReason};
use super::{FlightKind, Now, Outbox};

impl Outbox {
    /// The server's answers: to a request, to one command on the socket, or to what became of
    /// some. Late ones and doubled ones are welcome: what they say is true.
    pub fn handle_socket_results(&mut self, results: Vec<CommandResult>, now: Now) {
        if !results.is_empty() {
            // The way to the server is open.
            self.pause.reset();
        }
        for result in results {
            let Some(op_id) = result.op_id else { continue };
            let known = |item: &&Item| item.command.op_id == op_id;
            let item = self.slots.values().map(|slot| &slot.item).find(known);
            let Some(number) = item.map(|item| item.number) else { continue };
            let flight = self.slots.get(&number).and_then(|slot| slot.flight);
            if let Some(request) = flight {
                self.slow_down(request, &result.outcome, now);
                self.leave_flight(request, number);
            }
            match result.outcome {
                Outcome::Accepted(accepted) => self.accept(number, accepted),
                Outcome::Refused(refused) => self.refuse(number, refused, now),
            }
        }
        self.advance(now);
    }

    /// A server that cannot say what became of something is not asked again at once.
    fn slow_down(&mut self, request: u64, outcome: &Outcome, now: Now) {
        let flight = self.flights.get(&request);
        let is_asked = flight.is_some_and(|flight| flight.kind == FlightKind::Ask);
        if let Outcome::Refused(refused) = outcome
            && is_asked
            && is_retryable(&refused.refusal)
        {
            let pauses = self.settings.pauses();
            self.pause.fail(pauses, Some(pauses.first), &mut self.dice, now.mono);
        }
    }

    /// Everything of this request is answered that will be: what is not was lost.
    pub fn handle_results(&mut self, request: u64, results: Vec<CommandResult>, now: Now) {
        self.handle_socket_results(results, now);
        if self.flights.contains_key(&request) {
            self.handle_failure(request, super::Failure::Lost, now);
        }
    }

    fn accept(&mut self, number: u64, accepted: Accepted) {
        let Some(slot) = self.slots.get_mut(&number) else { return };
        if matches!(slot.item.state, State::Accepted { .. }) {
            return;
        }
        let lane = slot.item.lane();
        let item = slot.change();
        item.contended_since = None;
        item.state = State::Accepted { accepted };
        self.lanes.remove(&lane);
        self.note_tail(number);
    }

    fn refuse(&mut self, number: u64, refused: Refused, now: Now) {
        let Some(slot) = self.slots.get_mut(&number) else { return };
        slot.is_pristine = false;
        let asked = match &slot.item.state {
            State::Sending => None,
            State::Asking { why } => Some(why.clone()),
            // It is decided already, or goes by this op id without ever having been sent.
            State::Queued | State::Accepted { .. } | State::Review { .. } => return,
        };
        if is_retryable(&refused.refusal) {
            if asked.is_none() {
                self.try_later(number, &refused.refusal, now);
            }
            return;
        }
        self.lanes.remove(&slot.item.lane());
        let at = self.server_time.at(now);
        match (&refused.refusal, asked) {
            // It never arrived, and never will; or it can not have been carried out.
            (Refusal::Cancelled | Refusal::DependsOnRefused { .. }, Some(why)) => {
                self.conclude(number, why, at);
            }
            (Refusal::DependsOnRefused { op_id }, None) => {
                self.follow_refused(number, *op_id, refused, at);
            }
            // A clock decided, not the command: whether an earlier one arrived is not said.
            (Refusal::OpExpired, None) => self.ask(number, ReviewReason::Refused { refused }),
            (Refusal::OpExpired, Some(_)) => {}
            _ => self.review(number, ReviewReason::Refused { refused }, true, at),
        }
    }

    /// It never arrived.
    fn conclude(&mut self, number: u64, why: AskReason, at: Timestamp) {
        match why {
            AskReason::ForReview { reason } => self.review(number, reason, true, at),
            AskReason::LostPredecessor => self.begin_anew(number, at),
        }
    }

    /// The server refused for good the command that this one follows. If that waits for its author,
    /// or is gone by their choice, this one goes on in its turn, under a new op id. If the server
    /// has that and kept it back since, the author decides of this one too.
    fn follow_refused(&mut self, number: u64, of: OpId, refused: Refused, at: Timestamp) {
        let tails = self.tails.values().any(|tail| tail.op_id == of);
        if tails {
            return self.review(number, ReviewReason::Refused { refused }, true, at);
        }
        self.begin_anew(number, at);
    }

    /// The server will not run the command under this op id, and the author need not decide: the
    /// item is queued again.
    fn begin_anew(&mut self, number: u64, at: Timestamp) {
        let op_id = self.dice.op_id(at);
        let is_known = self.server_time.is_known();
        let Some(slot) = self.slots.get_mut(&number) else { return };
        let item = slot.change();
        item.command.op_id = op_id;
        item.command.after = None;
        item.by_server_time = is_known;
        item.contended_since = None;
        item.state = State::Queued;
    }

    fn ask(&mut self, number: u64, reason: ReviewReason) {
        if let Some(slot) = self.slots.get_mut(&number) {
            slot.change().state = State::Asking { why: AskReason::ForReview { reason } };
        }
    }

    /// Puts it before its author. Of reads there is nothing to decide.
    pub(super) fn review(
        &mut self,
        number: u64,
        reason: ReviewReason,
        is_known: bool,
        at: Timestamp,
    ) {
        let Some(slot) = self.slots.get_mut(&number) else { return };
        if !slot.item.has_author() {
            let refusal = match reason {
                ReviewReason::Refused { refused } => Some(refused.refusal),
                ReviewReason::BeingAnswered { .. }
                | ReviewReason::TooOld
                | ReviewReason::WindowClosed { .. }
                | ReviewReason::NotInScope
                | ReviewReason::Rejected { .. }
                | ReviewReason::Restored
                | ReviewReason::FileRefused { .. }
                | ReviewReason::FileLost
                | ReviewReason::Withdrawn => None,
            };
            return self.end(number, Ended::ReadRefused { refusal });
        }
        let item = slot.change();
        item.contended_since = None;
        item.epoch = self.epoch;
        let review = Review { reason, at, is_known, of_old_life: false };
        item.state = State::Review { review };
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are final")]
    fn try_later(&mut self, number: u64, refusal: &Refusal, now: Now) {
        let asked = match refusal {
            Refusal::BeingAnswered { holder, since } => {
                let (holder, since) = (*holder, *since);
                if self.is_patient(number, now) {
                    None
                } else {
                    return self.ask(number, ReviewReason::BeingAnswered { holder, since });
                }
            }
            Refusal::DependsOnUnknown { op_id } => {
                if !self.is_coming(number, *op_id) {
                    // The server may have forgotten it: then nothing is chained to it.
                    self.tails.retain(|_, tail| tail.op_id != *op_id);
                    if let Some(slot) = self.slots.get_mut(&number) {
                        slot.change().state = State::Asking { why: AskReason::LostPredecessor };
                    }
                    return;
                }
                None
            }
            Refusal::Unavailable { retry_after_ms } | Refusal::RateLimited { retry_after_ms } => {
                Some(Duration::from_millis(*retry_after_ms))
            }
            _ => None,
        };
        let Some(lane) = self.item(number).map(Item::lane) else { return };
        let pauses = self.settings.pauses();
        let backoff = self.lanes.get_or_insert(lane, Default::default);
        // The answers to one request fail together: that is one failure, whatever each asks for.
        if backoff.until() <= now.mono {
            backoff.fail(pauses, asked, &mut self.dice, now.mono);
        } else if let Some(asked) = asked {
            backoff.hold(asked, now.mono);
        }
    }

    /// Whether a colleague who composes is waited for a little longer.
    fn is_patient(&mut self, number: u64, now: Now) -> bool {
        let at = self.server_time.at(now);
        let most = self.settings.being_answered_max;
        let Some(slot) = self.slots.get_mut(&number) else { return true };
        let Some(since) = slot.item.contended_since else {
            slot.change().contended_since = Some(at);
            return true;
        };
        let waited = u64::try_from(at.since(since)).unwrap_or(0);
        Duration::from_millis(waited) < most
    }

    /// Whether what it came after is still going to arrive under that op id.
    fn is_coming(&self, number: u64, op_id: OpId) -> bool {
        let before = self.slots.before(&number).map(|(_, slot)| &slot.item);
        let mut before = before.filter(|item| item.kind() == Kind::Visible);
        before.any(|item| item.command.op_id == op_id && item.may_be_sent())
    }
}
