//! The plan of sending: a few conversations at a time, after pauses, and only what the store calls
//! sending.

use std::collections::BTreeSet;
use std::time::Duration;

use baton_domain::fact::predicates::needs_window;
use baton_protocol::limits::{COMMANDS_MAX, OP_AGE_DAYS_MAX};
use baton_protocol::{Command, ConversationId, OpId};

use super::hear::Failure;
use super::item::{AskReason, Item, Kind, Lane, State};
use super::review::ReviewReason;
use super::{Flight, FlightKind, Now, Outbox, OutboxAction};
use crate::gathered::gathered;

/// Bytes of texts in one request, about: enough for many, and far below what servers take.
const REQUEST_BYTES: usize = 128 * 1024;

/// Older op ids are not taken by the server.
const PARK_AFTER_MOST: Duration =
    Duration::from_secs(OP_AGE_DAYS_MAX.unsigned_abs() * 24 * 60 * 60);

/// The reason of the next timeout.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum TimeoutReason {
    /// To give up waiting for an answer.
    Answer,
    /// To try again to reach the server.
    Retry,
    /// To try again what the server could not decide, of one conversation.
    RetryLane,
    /// To go on with an upload.
    Upload,
    /// To put before its author what has become old.
    TooOld,
    /// To try the store again.
    Store,
}

impl Outbox {
    /// The time, on the monotonic clock, to call [`Outbox::handle_timeout`], and the reason; `None`
    /// when only an input from outside can bring it forward.
    pub fn poll_timeout(&self, now: Now) -> Option<(Duration, TimeoutReason)> {
        let answers = self.flights.values().filter_map(|flight| flight.until);
        let answer = answers.min().map(|at| (at, TimeoutReason::Answer));
        let waits_for_store = self.writing.is_none() && self.is_dirty();
        let store = waits_for_store.then_some((self.write_after, TimeoutReason::Store));
        let old = self.slots.values().filter_map(|slot| self.old_in(&slot.item, now));
        let old = old.min().map(|left| (now.mono + left, TimeoutReason::TooOld));
        [answer, store, old, self.next_try(), self.next_upload()].into_iter().flatten().min()
    }

    /// The number of items of a request that still wait for their answer.
    pub fn unanswered(&self, request: u64) -> usize {
        self.flights.get(&request).map_or(0, |flight| flight.numbers.len())
    }

    /// Where a reply waits of which no byte was sent.
    pub fn conversations_with_unsent_answers(&self) -> BTreeSet<ConversationId> {
        let items = self.slots.values().map(|slot| &slot.item);
        let unsent =
            items.filter(|item| item.state == State::Queued && needs_window(&item.command.body));
        gathered(unsent.map(|item| item.command.conversation_id))
    }

    /// The time when something can be sent again.
    fn next_try(&self) -> Option<(Duration, TimeoutReason)> {
        if !self.may_send() {
            return None;
        }
        let pause = self.pause.until();
        if self.next_ask().is_some() {
            return Some((pause, TimeoutReason::Retry));
        }
        let open = self.conversations_in_flight();
        let due = self.sendable().into_iter().filter(|(lane, _)| self.has_place(&open, lane));
        let first = due.map(|(lane, _)| self.lane_until(lane)).min()?;
        Some(if pause >= first {
            (pause, TimeoutReason::Retry)
        } else {
            (first, TimeoutReason::RetryLane)
        })
    }

    /// Whether anything may be sent at all. Nothing is sent before the epoch is known: a restored
    /// server may have had the act in its former life.
    pub(super) fn may_send(&self) -> bool {
        self.gate.has_network && self.gate.is_awake && self.epoch.is_some()
    }

    fn lane_until(&self, lane: Lane) -> Duration {
        self.lanes.get(&lane).map_or(Duration::ZERO, |backoff| backoff.until())
    }

    fn conversations_in_flight(&self) -> BTreeSet<ConversationId> {
        let sends = self.flights.values().filter(|flight| flight.kind == FlightKind::Send);
        let items =
            sends.flat_map(|flight| &flight.numbers).filter_map(|number| self.item(*number));
        gathered(items.map(|item| item.command.conversation_id))
    }

    fn has_place(&self, open: &BTreeSet<ConversationId>, lane: &Lane) -> bool {
        open.contains(&lane.0) || open.len() < self.settings.parallel
    }

    /// Requests of which no answer came in time.
    pub(super) fn give_up_waiting(&mut self, now: Now) {
        let late = |flight: &Flight| flight.until.is_some_and(|until| until <= now.mono);
        let late: Vec<_> =
            self.flights.iter().filter(|(_, one)| late(one)).map(|(id, _)| *id).collect();
        for request in late {
            self.fail(request, Failure::Lost, now);
        }
    }

    /// The time until this is too old to be sent unasked.
    fn old_in(&self, item: &Item, now: Now) -> Option<Duration> {
        let is_open = matches!(item.state, State::Queued | State::Sending);
        if !is_open || item.kind() != Kind::Visible {
            return None;
        }
        let age = self.server_time.at(now).since(item.created_at);
        let age = Duration::from_millis(u64::try_from(age).unwrap_or(0));
        Some(self.settings.park_after.min(PARK_AFTER_MOST).saturating_sub(age))
    }

    pub(super) fn park_what_is_old(&mut self, now: Now) {
        let is_old = |item: &Item| self.old_in(item, now) == Some(Duration::ZERO);
        let old = self.slots.values().map(|slot| &slot.item).filter(|item| is_old(item));
        let old: Vec<_> = old.map(|item| item.number).collect();
        for number in old {
            self.park(number, ReviewReason::TooOld, now);
        }
    }

    /// Makes requests of what is due. They leave once the store has what they say.
    pub(super) fn plan(&mut self, now: Now) {
        if !self.may_send() || now.mono < self.pause.until() {
            return;
        }
        if let Some(numbers) = self.next_ask() {
            self.stage(FlightKind::Ask, numbers);
        }
        let numbers = self.next_send(now);
        if numbers.is_empty() {
            return;
        }
        let mut before: Option<u64> = None;
        for number in &numbers {
            let same = |other: &u64| {
                self.item(*other).map(Item::lane) == self.item(*number).map(Item::lane)
            };
            let (after, depth) = self.chain(*number, before.filter(same));
            before = Some(*number);
            let Some(slot) = self.slots.get_mut(number) else { continue };
            if slot.item.state != State::Queued {
                continue;
            }
            slot.is_pristine = true;
            let item = slot.change();
            item.epoch = self.epoch;
            item.state = State::Sending;
            (item.command.after, item.depth) = (after, depth);
        }
        self.stage(FlightKind::Send, numbers);
    }

    /// The items to ask about next; one request at a time.
    fn next_ask(&self) -> Option<Vec<u64>> {
        if self.flights.values().any(|flight| flight.kind == FlightKind::Ask) {
            return None;
        }
        let asking = self.slots.iter().filter(|(_, slot)| {
            // What is on its way answers first.
            slot.flight.is_none() && matches!(slot.item.state, State::Asking { .. })
        });
        let numbers: Vec<_> = asking.map(|(number, _)| *number).take(COMMANDS_MAX).collect();
        (!numbers.is_empty()).then_some(numbers)
    }

    /// The items to send next: of each conversation, as much as may follow its first.
    fn next_send(&self, now: Now) -> Vec<u64> {
        let mut open = self.conversations_in_flight();
        let mut numbers: Vec<u64> = Vec::new();
        let mut bytes = 0;
        for (lane, candidates) in self.sendable() {
            if self.lane_until(lane) > now.mono || !self.has_place(&open, &lane) {
                continue;
            }
            for number in candidates {
                let Some(slot) = self.slots.get(&number) else { continue };
                bytes += weight(&slot.item.command);
                let is_full = numbers.len() >= COMMANDS_MAX || bytes > REQUEST_BYTES;
                if !numbers.is_empty() && (is_full || slot.is_alone) {
                    break;
                }
                open.insert(lane.0);
                numbers.push(number);
                if slot.is_alone {
                    return numbers;
                }
            }
        }
        numbers
    }

    fn stage(&mut self, kind: FlightKind, numbers: Vec<u64>) {
        let request = self.next_request;
        self.next_request += 1;
        for number in &numbers {
            if let Some(slot) = self.slots.get_mut(number) {
                slot.flight = Some(request);
            }
        }
        let numbers = gathered(numbers);
        self.flights.insert(request, Flight { kind, numbers, until: None });
    }

    /// Lets those requests go whose items the store has as they are sent.
    pub(super) fn issue(&mut self, now: Now) {
        let waiting = self.flights.iter().filter(|(_, flight)| flight.until.is_none());
        let waiting: Vec<_> = waiting.map(|(request, _)| *request).collect();
        for request in waiting {
            self.drop_what_changed(request);
            let Some(flight) = self.flights.get(&request) else { continue };
            let slots: Vec<_> =
                flight.numbers.iter().filter_map(|number| self.slots.get(number)).collect();
            if !slots.iter().all(|slot| slot.is_stored()) {
                continue;
            }
            let commands: Vec<Command> =
                slots.iter().map(|slot| slot.item.command.clone()).collect();
            let effect = match flight.kind {
                FlightKind::Send => OutboxAction::Send { request, commands },
                FlightKind::Ask => {
                    let op_ids: Vec<OpId> = commands.iter().map(|one| one.op_id).collect();
                    OutboxAction::Ask { request, op_ids }
                }
            };
            if let Some(flight) = self.flights.get_mut(&request) {
                flight.until = Some(now.mono + self.settings.answer);
            }
            self.effects.push_back(effect);
        }
    }

    /// Removes items from a request that are not to be sent any more, and those that follow in
    /// their lane, before it leaves.
    fn drop_what_changed(&mut self, request: u64) {
        let Some(flight) = self.flights.get(&request) else { return };
        let (kind, numbers) = (flight.kind, flight.numbers.clone());
        for number in numbers {
            let is_as_planned = self.item(number).is_some_and(|item| match kind {
                FlightKind::Send => item.state == State::Sending && self.is_in_turn(item, request),
                FlightKind::Ask => matches!(item.state, State::Asking { .. }),
            });
            if !is_as_planned || !self.may_send() {
                self.keep_unsent(number);
                self.leave_flight(request, number);
            }
        }
    }

    /// Whether everything before it in its lane is done, or goes before it in this request.
    fn is_in_turn(&self, item: &Item, request: u64) -> bool {
        let before = self.slots.before(&item.number).map(|(_, slot)| slot);
        let mut before = before.filter(|other| other.item.lane() == item.lane());
        item.kind() != Kind::Visible
            || before.all(|other| {
                other.flight == Some(request) || matches!(other.item.state, State::Accepted { .. })
            })
    }

    /// Whether no byte of it was sent, whatever it is called.
    pub(super) fn is_unsent(&self, number: u64) -> bool {
        let Some(slot) = self.slots.get(&number) else { return false };
        let flight = slot.flight.and_then(|request| self.flights.get(&request));
        let has_left = flight.is_some_and(|flight| flight.until.is_some());
        match slot.item.state {
            State::Queued => true,
            State::Sending => slot.is_pristine && !has_left,
            State::Asking { .. } | State::Accepted { .. } | State::Review { .. } => false,
        }
    }

    /// Queues it again if it is called sending, but is not going to be sent for now.
    fn keep_unsent(&mut self, number: u64) {
        let is_unsent = self.is_unsent(number);
        let slot = self.slots.get_mut(&number);
        if let Some(slot) = slot.filter(|slot| is_unsent && slot.item.state == State::Sending) {
            slot.is_pristine = false;
            slot.change().state = State::Queued;
        }
    }

    /// An item is in this request no more.
    pub(super) fn leave_flight(&mut self, request: u64, number: u64) {
        if let Some(slot) = self.slots.get_mut(&number) {
            slot.flight = None;
        }
        if let Some(flight) = self.flights.get_mut(&request) {
            flight.numbers.remove(&number);
            if flight.numbers.is_empty() {
                self.flights.remove(&request);
            }
        }
    }

    /// Puts an item into review: at once if no byte of it was sent, else once it is certain that it
    /// never arrived.
    pub(super) fn park(&mut self, number: u64, reason: ReviewReason, now: Now) {
        let at = self.server_time.at(now);
        let is_unsent = self.is_unsent(number);
        let Some(slot) = self.slots.get_mut(&number) else { return };
        match slot.item.state {
            State::Queued | State::Sending if is_unsent => {
                slot.is_pristine = false;
                self.review(number, reason, false, at);
            }
            State::Queued | State::Sending => {
                slot.change().state = State::Asking { why: AskReason::ForReview { reason } };
            }
            State::Asking { .. } | State::Accepted { .. } | State::Review { .. } => {}
        }
    }
}

/// About the bytes of a command on the wire.
fn weight(command: &Command) -> usize {
    serde_json::to_vec(command).map_or(REQUEST_BYTES, |bytes| bytes.len())
}
