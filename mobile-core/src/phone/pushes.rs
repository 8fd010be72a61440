//! Pushes that the platform hands to the app, drops that the extension left, and receipts.

use std::collections::BTreeSet;
use std::time::Duration;

use super::untold::places_of;
use super::{Effect, Now, Phone, RECEIPTS};
use crate::gathered::gathered;
use crate::link::Input;
use crate::push::decide::Sweep;
use crate::push::drops::{self, Drop, Merged};
use crate::push::handle::{self, Call, Handling};
use crate::push::payload::{self, PushId};
use crate::push::receipts::{self, Answer, AppState, Receipt, Stage};
use crate::push::seal::Keyring;
use crate::store::{DropBox, Kept, StoreError};

/// Drops that are taken over at once: as many ids as the store remembers.
const DROPS_AT_ONCE: usize = 256;

impl Phone {
    /// A push came. The answer is [`Effect::Pushed`], at the latest at the deadline.
    pub fn push(&mut self, call: u64, input: &payload::Input, deadline: Duration, now: Now) {
        self.look_at_clock(now);
        if !self.untold.waiting().is_empty() {
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
        let is_under_way = id.is_some() && self.handlings.values().any(|it| it.push() == id);
        let at = self.push_now(now);
        let call_of = Call { incoming, deadline, is_under_way };
        let (handling, effects) = Handling::begin(call_of, known.as_ref().ok(), at);
        if let Err(error) = known {
            self.store_failed(error);
        }
        self.handlings.insert(call, handling);
        self.carry_out_of_push(call, effects, now);
        if self.contact.is_locked() {
            // It was decided without the store, which the server opens.
            let deadline = now.mono.saturating_add(deadline);
            self.hear(Input::PushWoke { deadline }, now);
        }
    }

    fn push_now(&self, now: Now) -> handle::Now {
        handle::Now { mono: now.mono, at: self.server_time(now) }
    }

    fn carry_out_of_push(&mut self, call: u64, effects: Vec<handle::Effect>, now: Now) {
        let outcome = effects.iter().find_map(|effect| match effect {
            handle::Effect::Done(outcome) => Some(outcome),
            handle::Effect::Receipt(_)
            | handle::Effect::Fetch { .. }
            | handle::Effect::Abort
            | handle::Effect::Keep(_) => None,
        });
        // Kept with the board: what is not answered is told when the phone begins anew.
        let telling = outcome.map(|outcome| self.untold.begin(places_of(outcome)));
        for effect in effects {
            match effect {
                handle::Effect::Receipt(receipt) => self.note_receipt(receipt, now),
                handle::Effect::Fetch { within, .. } => {
                    let deadline = now.mono.saturating_add(within);
                    self.hear(Input::PushWoke { deadline }, now);
                }
                handle::Effect::Abort => {}
                handle::Effect::Keep(board) => self.keep_board(*board, now),
                handle::Effect::Done(outcome) => {
                    let handling = self.handlings.remove(&call);
                    let kind = handling.as_ref().and_then(Handling::kind);
                    let telling = telling.unwrap_or_default();
                    self.effects.push_back(Effect::Pushed { call, kind, outcome, telling });
                }
            }
        }
    }

    /// What the pushes waited for is here, or will not come.
    pub(super) fn push_is_synced(&mut self, now: Now) {
        let calls: Vec<_> = self.handlings.keys().copied().collect();
        for call in calls {
            self.go_on(call, now, Handling::synced);
        }
    }

    pub(super) fn push_times_out(&mut self, now: Now) {
        let due = self.handlings.iter().filter(|(_, handling)| {
            handling.poll_timeout().is_some_and(|(until, _)| until <= now.mono)
        });
        let due: Vec<_> = due.map(|(call, _)| *call).collect();
        for call in due {
            self.go_on(call, now, Handling::timeout);
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
            &mut Handling,
            Option<&crate::push::known::Known>,
            handle::Now,
        ) -> Vec<handle::Effect>,
    ) {
        let Some(mut handling) = self.handlings.remove(&call) else { return };
        let known = self.known(handling.conversation());
        let effects = how(&mut handling, known.as_ref().ok(), self.push_now(now));
        if let Err(error) = known {
            self.store_failed(error);
        }
        self.handlings.insert(call, handling);
        self.carry_out_of_push(call, effects, now);
    }

    /// The notification was tapped, or swiped away.
    pub fn notification_ended(&mut self, push: PushId, stage: Stage, now: Now) {
        let app_state = match self.is_foreground {
            true => AppState::Foreground,
            false => AppState::Background,
        };
        let at = self.server_time(now);
        self.note_receipt(Receipt { id: push, stage, at, app_state }, now);
    }

    /// Takes over what the extension left, before the first list is drawn and before another push
    /// is decided. Says whether the store is behind what was left.
    ///
    /// # Errors
    /// When the drops cannot be read; they stay.
    pub fn take_over_drops(&mut self, from: &DropBox, now: Now) -> Result<bool, StoreError> {
        self.look_at_clock(now);
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
            let stage = Stage::Shown;
            let receipt = Receipt { id: drop.push, stage, at: drop.received_at, app_state };
            self.note_receipt(receipt, now);
        }
        Ok(is_behind)
    }

    /// The device's keys, made or read later than the phone.
    pub fn has_keys(&mut self, keyring: Keyring) {
        self.keyring = Some(keyring);
    }

    /// What came of [`Effect::Receipts`].
    pub fn receipts_answered(&mut self, request: u64, answer: Answer, now: Now) {
        let (at, dice) = (self.server_time(now), self.next_dice());
        let effects = self.receipts.answered(request, answer, at, dice);
        self.carry_out_of_receipts(effects, now);
    }

    /// Receipts that the server will not hear of.
    pub fn receipts_given_up(&self) -> u64 {
        self.receipts.given_up()
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
        self.is_foreground || !self.handlings.is_empty()
    }

    fn carry_out_of_receipts(&mut self, effects: Vec<receipts::Effect>, now: Now) {
        let mut is_changed = false;
        for effect in effects {
            match effect {
                receipts::Effect::Keep(_) | receipts::Effect::Forget(_) => is_changed = true,
                receipts::Effect::Post { request, receipts } => {
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
        let kept =
            self.store.write(&self.me, |write| write.keep(Kept::Setting(RECEIPTS), Some(&bytes)));
        self.are_receipts_kept = kept.is_ok();
        if let Err(error) = kept {
            self.not_kept(error, now);
        }
    }
}
