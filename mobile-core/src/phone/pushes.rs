//! Pushes that the platform hands to the app, drops that the extension left, and receipts.

use std::collections::BTreeSet;
use std::time::Duration;

use super::undelivered::tags_of;
use super::{Effect, Machines, Now, Phone, RECEIPTS};
use crate::gathered::gathered;
use crate::link::Input;
use crate::push::decide::Sweep;
use crate::push::drops::{self, Drop, Merged};
use crate::push::handle::{self, PushCall, PushRequest};
use crate::push::payload::{self, PushId};
use crate::push::receipts::{self, AppState, Receipt, ReceiptAnswer, ReceiptStage};
use crate::push::seal::Keyring;
use crate::store::{DropBox, StoreError, ValueName};

/// Drops that are taken over at once: as many ids as the store remembers.
const DROPS_AT_ONCE: usize = 256;

impl Phone {
    /// Decides what a push shows. The answer is [`Effect::Pushed`], within `deadline` from now.
    pub fn handle_push(&mut self, call: u64, input: &payload::Input, deadline: Duration, now: Now) {
        self.step(now, |machines| machines.handle_push(call, input, deadline, now));
    }

    /// Notes that a notification was opened or dismissed, and sends a receipt.
    ///
    /// The extension may have shown it: what that left is taken over first, and is on the board.
    ///
    /// # Errors
    /// Returns the store's error when the drops cannot be read. They stay, and the end is noted.
    pub fn notification_ended(
        &mut self,
        push: PushId,
        stage: ReceiptStage,
        from: &DropBox,
        now: Now,
    ) -> Result<(), StoreError> {
        self.step(now, |machines| {
            let taken_over = machines.take_over_drops(from, now);
            machines.notification_ended(push, stage, now);
            taken_over.map(drop)
        })
    }

    /// Takes over what the notification extension left, before a list is drawn or a push decided.
    ///
    /// Returns whether the server has news that the store lacks.
    ///
    /// # Errors
    /// Returns the store's error when the drops cannot be read; they stay.
    pub fn take_over_drops(&mut self, from: &DropBox, now: Now) -> Result<bool, StoreError> {
        self.step(now, |machines| machines.take_over_drops(from, now))
    }

    /// Sets the device's keys, where they were made after the phone began.
    pub fn set_keyring(&mut self, keyring: Keyring, now: Now) {
        self.step(now, |machines| machines.keyring = Some(keyring));
    }

    /// Handles the answer to [`Effect::Receipts`].
    pub fn handle_receipt_answer(&mut self, request: u64, answer: ReceiptAnswer, now: Now) {
        self.step(now, |machines| machines.handle_receipt_answer(request, answer, now));
    }

    /// Returns how many receipts the server refused for good.
    pub fn receipts_given_up(&self) -> u64 {
        self.machines().receipts.given_up()
    }

    /// Notes whether the app took a delivery of notifications.
    pub fn end_delivery(&mut self, delivery: u64, is_taken: bool, now: Now) {
        self.step(now, |machines| machines.end_delivery(delivery, is_taken, now));
    }
}

impl Machines {
    fn handle_push(&mut self, call: u64, input: &payload::Input, deadline: Duration, now: Now) {
        self.update_lock(now);
        if !self.undelivered.waiting().is_empty() {
            self.sweep_notifications(now);
            self.tell_again(now);
        }
        let incoming = payload::read(input, self.keyring.as_ref());
        let about = incoming.as_ref().ok().and_then(|push| push.conversation);
        let known = self.known(about);
        let id = match &incoming {
            Ok(push) => Some(push.id),
            Err(unreadable) => unreadable.id,
        };
        let is_under_way = id.is_some() && self.pushes.values().any(|it| it.push() == id);
        let at = self.push_now(now);
        let call_of = PushRequest { incoming, deadline, is_under_way };
        let (handling, effects) = PushCall::begin(call_of, known.as_ref().ok(), at);
        if let Err(error) = known {
            self.report_store_error(error);
        }
        self.pushes.insert(call, handling);
        self.carry_out_of_push(call, effects, now);
        if self.contact.is_locked() {
            // It was decided without the store, which the server opens.
            let deadline = now.mono.saturating_add(deadline);
            self.hear(Input::PushWoke { deadline }, now);
        }
    }

    fn push_now(&self, now: Now) -> handle::PushNow {
        handle::PushNow { mono: now.mono, at: self.server_time(now) }
    }

    fn carry_out_of_push(&mut self, call: u64, effects: Vec<handle::PushAction>, now: Now) {
        let outcome = effects.iter().find_map(|effect| match effect {
            handle::PushAction::Done(outcome) => Some(outcome),
            handle::PushAction::Receipt(_)
            | handle::PushAction::Fetch { .. }
            | handle::PushAction::Abort
            | handle::PushAction::Keep(_) => None,
        });
        // Kept with the board: what is not answered is told when the phone begins anew.
        let delivery = outcome.map(|outcome| self.undelivered.begin(tags_of(outcome)));
        for effect in effects {
            match effect {
                handle::PushAction::Receipt(receipt) => self.note_receipt(receipt, now),
                handle::PushAction::Fetch { within, .. } => {
                    let deadline = now.mono.saturating_add(within);
                    self.hear(Input::PushWoke { deadline }, now);
                }
                handle::PushAction::Abort => {}
                handle::PushAction::Keep(board) => self.keep_board(*board, now),
                handle::PushAction::Done(outcome) => {
                    let handling = self.pushes.remove(&call);
                    let kind = handling.as_ref().and_then(PushCall::kind);
                    let delivery = delivery.unwrap_or_default();
                    self.effects.push_back(Effect::Pushed { call, kind, outcome, delivery });
                }
            }
        }
    }

    /// Lets pushes go on: the answer they waited for is here, or will not come.
    pub(super) fn handle_push_answer(&mut self, now: Now) {
        let calls: Vec<_> = self.pushes.keys().copied().collect();
        for call in calls {
            self.go_on(call, now, PushCall::synced);
        }
    }

    pub(super) fn time_out_pushes(&mut self, now: Now) {
        let due = self
            .pushes
            .iter()
            .filter(|(_, handling)| handling.poll_timeout().is_some_and(|until| until <= now.mono));
        let due: Vec<_> = due.map(|(call, _)| *call).collect();
        for call in due {
            self.go_on(call, now, PushCall::timeout);
        }
        let at = self.server_time(now);
        if self.may_post() && self.receipts.poll_timeout().is_some_and(|(until, _)| until <= at) {
            let dice = self.next_dice();
            let effects = self.receipts.timeout(at, dice);
            self.carry_out_of_receipts(effects, now);
        }
    }

    fn go_on(
        &mut self,
        call: u64,
        now: Now,
        how: impl FnOnce(
            &mut PushCall,
            Option<&crate::push::known::PushContext>,
            handle::PushNow,
        ) -> Vec<handle::PushAction>,
    ) {
        let Some(mut handling) = self.pushes.remove(&call) else { return };
        let known = self.known(handling.conversation());
        let effects = how(&mut handling, known.as_ref().ok(), self.push_now(now));
        if let Err(error) = known {
            self.report_store_error(error);
        }
        self.pushes.insert(call, handling);
        self.carry_out_of_push(call, effects, now);
    }

    fn notification_ended(&mut self, push: PushId, stage: ReceiptStage, now: Now) {
        let app_state = match self.is_foreground {
            true => AppState::Foreground,
            false => AppState::Background,
        };
        let at = self.server_time(now);
        self.note_receipt(Receipt { id: push, stage, at, app_state }, now);
        // It is not on the screen any more: what comes next is shown anew.
        if let Some(tag) = self.board.tag_of(push) {
            let mut board = self.board.clone();
            board.clear(tag);
            self.keep_board(board, now);
        }
    }

    fn take_over_drops(&mut self, from: &DropBox, now: Now) -> Result<bool, StoreError> {
        self.update_lock(now);
        let mut is_behind = false;
        loop {
            let waiting = from.waiting(DROPS_AT_ONCE)?;
            if waiting.drops.is_empty() {
                return Ok(is_behind);
            }
            let ours = waiting.drops.iter().filter(|dropped| dropped.account == self.me);
            let read: Vec<_> = ours.filter_map(|one| Drop::from_bytes(&one.body)).collect();
            is_behind |= self.merge(&read, now)?;
            if !(self.is_board_kept && self.are_receipts_kept) {
                // They stay until what they told is kept: to take them over twice is harmless.
                return Ok(is_behind);
            }
            for dropped in &waiting.drops {
                from.remove(dropped)?;
            }
            if !waiting.has_more {
                return Ok(is_behind);
            }
        }
    }

    fn merge(&mut self, read: &[Drop], now: Now) -> Result<bool, StoreError> {
        let keyring = self.keyring.clone();
        let pushes =
            read.iter().filter_map(|drop| payload::read(&drop.payload, keyring.as_ref()).ok());
        let about: BTreeSet<_> = gathered(pushes.filter_map(|push| push.conversation));
        let mut known = self.known(None)?;
        for of in about {
            known.conversations.extend(self.known(Some(of))?.conversations);
        }
        let at = self.server_time(now);
        let Merged { board, withdraw, update, is_behind } =
            drops::merge(read, keyring.as_ref(), &known, at);
        self.changes_on_screen(Sweep { board, withdraw, update }, now);
        for drop in read {
            let app_state = AppState::Extension;
            let stage = ReceiptStage::Shown;
            let receipt = Receipt { id: drop.push, stage, at: drop.received_at, app_state };
            self.note_receipt(receipt, now);
        }
        Ok(is_behind)
    }

    fn handle_receipt_answer(&mut self, request: u64, answer: ReceiptAnswer, now: Now) {
        let (at, dice) = (self.server_time(now), self.next_dice());
        let effects = self.receipts.answered(request, answer, at, dice);
        self.carry_out_of_receipts(effects, now);
    }

    fn note_receipt(&mut self, receipt: Receipt, now: Now) {
        let at = self.server_time(now);
        let effects = self.receipts.add(receipt, at);
        self.carry_out_of_receipts(effects, now);
    }

    pub(super) fn post_receipts(&mut self, now: Now) {
        let at = self.server_time(now);
        let effects = self.receipts.kick(at);
        self.carry_out_of_receipts(effects, now);
    }

    /// Receipts wait for somebody who looks, or for the push that woke this phone.
    pub(super) fn may_post(&self) -> bool {
        self.is_foreground || !self.pushes.is_empty()
    }

    fn carry_out_of_receipts(&mut self, effects: Vec<receipts::ReceiptAction>, now: Now) {
        let mut is_changed = false;
        for effect in effects {
            match effect {
                receipts::ReceiptAction::Keep(_) | receipts::ReceiptAction::Forget(_) => {
                    is_changed = true;
                }
                receipts::ReceiptAction::Post { request, receipts } => {
                    self.effects.push_back(Effect::Receipts { request, receipts });
                }
            }
        }
        if is_changed {
            self.keep_receipts(now);
        }
    }

    /// Where the store does not take them, this process has them, and brings them to it again.
    pub(super) fn keep_receipts(&mut self, now: Now) {
        let bytes = serde_json::to_vec(&self.receipts.kept()).unwrap_or_default();
        let kept = self
            .store
            .write(&self.me, |write| write.keep(ValueName::Setting(RECEIPTS), Some(&bytes)));
        self.are_receipts_kept = kept.is_ok();
        if let Err(error) = kept {
            self.not_kept(error, now);
        }
    }
}
