//! Writes come first: only what is stored is sent or told.

use std::collections::BTreeSet;
use std::time::Duration;

use baton_protocol::OpId;
use uuid::Uuid;

use super::echo::{ActStage, Change, Ended, stage};
use super::item::{Item, ItemRow, Kind, State, Write};
use super::uploads::{DroppedFile, Track};
use super::{Now, Outbox, OutboxAction, OutboxOwner, Settings, Tail};
use crate::few::Few;
use crate::gathered::gathered;

/// The pause of the store after it failed.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// An item, and what is known of it in this life of the process.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) item: Item,
    /// Grows with every change.
    version: u64,
    /// The version that the store has.
    stored: Option<u64>,
    /// Op ids under which the store may hold a row of it.
    rows: BTreeSet<OpId>,
    /// The state that the app was last told: the version, where it stands, and whether in scope.
    told: Option<(u64, ActStage, bool)>,
    /// No byte was sent, although it is called sending.
    pub(super) is_pristine: bool,
    /// It goes alone: a request with others was refused as a whole.
    pub(super) is_alone: bool,
    /// The request that it is in.
    pub(super) flight: Option<u64>,
    /// Where the upload of its file is.
    pub(super) upload: Track,
}

impl Slot {
    fn new(item: Item) -> Self {
        Self {
            item,
            version: 1,
            stored: None,
            rows: BTreeSet::new(),
            told: None,
            is_pristine: false,
            is_alone: false,
            flight: None,
            upload: Track::default(),
        }
    }

    /// Whether the store has it as it is.
    pub(super) fn is_stored(&self) -> bool {
        self.stored == Some(self.version)
    }

    /// To change the item: the store does not have it as it is any more.
    pub(super) fn change(&mut self) -> &mut Item {
        self.version += 1;
        &mut self.item
    }
}

/// A batch that is being written.
#[derive(Clone, Debug)]
pub(super) struct Writing {
    ticket: u64,
    /// The versions it brings.
    versions: Few<u64, (u64, OpId)>,
    /// The items that ended, which it removes.
    gone: Few<u64, (BTreeSet<OpId>, Change)>,
    changes: Vec<Change>,
    /// Files of items that ended.
    files: Vec<DroppedFile>,
}

/// The findings in the store.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Restored {
    /// Items of this agent on this device.
    pub items: usize,
    /// Rows of others: they stay where they are.
    pub of_others: usize,
    /// Rows that could not be read: they stay where they are, and the author is to be told.
    pub unreadable: usize,
}

impl Outbox {
    /// The outbox as its rows have kept it, asleep.
    pub fn restore<'a>(
        whose: OutboxOwner,
        settings: Settings,
        seed: u128,
        rows: impl IntoIterator<Item = &'a [u8]>,
        now: Now,
    ) -> (Self, Restored) {
        let mut outbox = Self::new(whose, settings, seed);
        let mut found = Restored::default();
        for bytes in rows {
            let Ok(item) = serde_json::from_slice::<Item>(bytes) else {
                found.unreadable += 1;
                continue;
            };
            if item.whose != whose {
                found.of_others += 1;
                continue;
            }
            found.items += 1;
            outbox.next_number = outbox.next_number.max(item.number + 1);
            let op_id = item.command.op_id;
            let slot = Slot { stored: Some(1), rows: gathered([op_id]), ..Slot::new(item) };
            outbox.slots.insert(slot.item.number, slot);
        }
        let accepted: Vec<_> = outbox.slots.keys().copied().collect();
        for number in accepted {
            outbox.note_tail(number);
        }
        outbox.advance(now);
        (outbox, found)
    }

    /// The author's last act on its conversation that the server has, if this is one.
    pub(super) fn note_tail(&mut self, number: u64) {
        let Some(item) = self.item(number) else { return };
        if item.kind() != Kind::Visible || !matches!(item.state, State::Accepted { .. }) {
            return;
        }
        let tail = Tail {
            op_id: item.command.op_id,
            line: item.line(),
            depth: item.depth,
            epoch: item.epoch,
        };
        self.tails.insert(item.command.conversation_id, tail);
    }

    pub(super) fn add(&mut self, item: Item) {
        self.next_number = self.next_number.max(item.number + 1);
        self.slots.insert(item.number, Slot::new(item));
    }

    /// An item has come to its end.
    pub(super) fn end(&mut self, number: u64, how: Ended) {
        let Some(slot) = self.slots.remove(&number) else { return };
        if let Some(flight) = slot.flight {
            self.leave_flight(flight, number);
        }
        let is_discarded = how == Ended::Discarded;
        let dropped = slot
            .item
            .attachment
            .as_ref()
            .map(|one| DroppedFile { file: one.file, unsent: one.upload.filter(|_| is_discarded) });
        self.uploads.dropped.extend(dropped);
        let mut rows = slot.rows;
        rows.insert(slot.item.command.op_id);
        let change = Change::Gone {
            number,
            op_id: slot.item.command.op_id,
            conversation_id: slot.item.command.conversation_id,
            how,
            unreached: match slot.item.state {
                State::Accepted { accepted } => accepted.unreached,
                State::Queued | State::Sending | State::Asking { .. } | State::Review { .. } => {
                    Vec::new()
                }
            },
        };
        if is_discarded {
            self.taps.retain(|_, tap| tap.answer.number != number);
        }
        self.gone.insert(number, (rows, change));
    }

    /// Whether the store has this item: from then on it survives the process.
    pub fn is_kept(&self, number: u64) -> bool {
        self.slots.get(&number).is_some_and(|slot| slot.stored.is_some())
    }

    /// Hands everything that is dirty to the store, one batch at a time.
    pub(super) fn write(&mut self, now: Now) {
        if self.writing.is_some() {
            return;
        }
        if !self.is_dirty() {
            let changes = self.changes(&Few::new());
            return self.tell(changes);
        }
        if now.mono < self.write_after {
            return;
        }
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        let gone = std::mem::take(&mut self.gone);
        let mut writes: Vec<_> =
            gone.values().flat_map(|(rows, _)| rows).copied().map(Write::Remove).collect();
        let mut versions = Few::new();
        for (number, slot) in &mut self.slots {
            // What cannot be written stays dirty, and so is never sent.
            let Some(row) = (!slot.is_stored()).then(|| ItemRow::of(&slot.item)).flatten() else {
                continue;
            };
            let op_id = row.op_id;
            writes
                .extend(slot.rows.iter().filter(|old| **old != op_id).copied().map(Write::Remove));
            slot.rows.insert(op_id);
            versions.insert(*number, (slot.version, op_id));
            writes.push(Write::Put(row));
        }
        let changes = self.changes(&gone);
        let files = std::mem::take(&mut self.uploads.dropped);
        self.writing = Some(Writing { ticket, versions, gone, changes, files });
        self.effects.push_back(OutboxAction::Write { ticket, writes });
    }

    /// Whether something is not in the store as it is.
    pub(super) fn is_dirty(&self) -> bool {
        !self.gone.is_empty() || self.slots.values().any(|slot| !slot.is_stored())
    }

    fn drop_files(&mut self, files: Vec<Uuid>) {
        if !files.is_empty() {
            self.effects.push_back(OutboxAction::DropFiles(files));
        }
    }

    /// The store has that the acts of these files ended.
    fn forget_files(&mut self, files: &[DroppedFile]) {
        self.drop_files(files.iter().map(|dropped| dropped.file).collect());
        self.uploads.unwanted.extend(files.iter().filter_map(|dropped| dropped.unsent));
    }

    fn tell(&mut self, changes: Vec<Change>) {
        if !changes.is_empty() {
            self.effects.push_back(OutboxAction::Tell(changes));
        }
    }

    /// The changes of which the app is notified once the store has them.
    fn changes(&mut self, gone: &Few<u64, (BTreeSet<OpId>, Change)>) -> Vec<Change> {
        let mut changes: Vec<_> = gone.values().map(|(_, change)| change.clone()).collect();
        let blockers = self.blockers();
        let told = |slot: &Slot| {
            let is_out = self.out_of_scope.contains(&slot.item.command.conversation_id);
            (slot.version, stage(&slot.item, &blockers), is_out)
        };
        let news = self.slots.iter().filter(|(_, slot)| slot.told != Some(told(slot)));
        let news: Vec<_> = news.map(|(number, slot)| (*number, told(slot))).collect();
        for (number, told) in news {
            let Some(slot) = self.slots.get_mut(&number) else { continue };
            slot.told = Some(told);
            if let Some(slot) = self.slots.get(&number) {
                changes.push(Change::Shown(Box::new(self.echo(&slot.item, told.1))));
            }
        }
        changes
    }

    /// The store has this batch.
    pub fn confirm_write(&mut self, ticket: u64, now: Now) {
        let Some(writing) = self.writing.take_if(|writing| writing.ticket == ticket) else {
            return;
        };
        for (number, (version, op_id)) in writing.versions {
            if let Some(slot) = self.slots.get_mut(&number) {
                slot.stored = Some(version);
                slot.rows.retain(|row| *row == op_id);
            }
        }
        self.tell(writing.changes);
        self.forget_files(&writing.files);
        self.advance(now);
    }

    /// The store could not take this batch: nothing of it was written. What it never had is as if
    /// it had not been tapped; everything else is tried again.
    pub fn fail_write(&mut self, ticket: u64, now: Now) {
        let Some(writing) = self.writing.take_if(|writing| writing.ticket == ticket) else {
            return;
        };
        self.gone.extend(writing.gone);
        self.uploads.dropped.extend(writing.files);
        self.write_after = now.mono + STORE_PAUSE;
        for change in &writing.changes {
            let Change::Shown(echo) = change else { continue };
            if let Some(slot) = self.slots.get_mut(&echo.number) {
                slot.told = None;
            }
        }
        let mut lost = Vec::new();
        for number in writing.versions.keys() {
            let Some(slot) = self.slots.get_mut(number) else { continue };
            if slot.stored.is_none() {
                lost.push(Change::NotStored { number: *number, op_id: slot.item.tapped });
            }
        }
        for change in &lost {
            let Change::NotStored { number, .. } = change else { continue };
            let Some(slot) = self.slots.remove(number) else { continue };
            if let Some(flight) = slot.flight {
                self.leave_flight(flight, *number);
            }
            self.drop_files(slot.item.attachment.iter().map(|one| one.file).collect());
            self.taps.retain(|_, tap| tap.answer.number != *number);
        }
        self.tell(lost);
        self.advance(now);
    }
}
