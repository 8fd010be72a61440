//! The order of acts in a conversation, and which earlier act a command must name.

use baton_protocol::{CommandBody, ConversationId, OpId};

use super::item::{Item, Kind, Lane, State};
use super::{Outbox, Tail};
use crate::few::Few;

impl Outbox {
    /// Returns the items that block their lanes: the first of each lane that is in review or under
    /// inquiry.
    pub(super) fn blockers(&self) -> Few<Lane, u64> {
        let mut blockers = Few::new();
        for (number, slot) in &self.slots {
            if slot.item.kind() == Kind::Visible && is_blocking(&slot.item.state) {
                blockers.get_or_insert(slot.item.lane(), || *number);
            }
        }
        blockers
    }

    /// Items that may be sent now, lane by lane; the lanes in order of their first item.
    pub(super) fn sendable(&self) -> Vec<(Lane, Vec<u64>)> {
        let mut all: Few<Lane, (bool, Vec<u64>)> = Few::new();
        for (number, slot) in &self.slots {
            let lane = slot.item.lane();
            let (is_blocked, numbers) = all.get_or_insert(lane, Default::default);
            // A lane has one request at a time: what is in it decides what comes next.
            *is_blocked |=
                lane.1 == Kind::Visible && (is_blocking(&slot.item.state) || slot.flight.is_some());
            // Its file has to be there first, and what follows waits with it.
            *is_blocked |= slot.is_awaiting_upload();
            let is_open = matches!(slot.item.state, State::Queued | State::Sending);
            if is_open && !*is_blocked && slot.flight.is_none() {
                numbers.push(*number);
            }
        }
        let lanes = all.into_iter().map(|(lane, (_, numbers))| (lane, numbers));
        let mut lanes: Vec<_> = lanes.filter(|(_, numbers)| !numbers.is_empty()).collect();
        lanes.sort_by_key(|(_, numbers)| numbers.first().copied());
        lanes
    }

    /// Returns the author's previous act that an item must name, so that the fence ignores its
    /// line. It is the last one that the server has, unless its line was shown.
    pub(super) fn tail_behind(&self, of: ConversationId, body: &CommandBody) -> Option<Tail> {
        let tail = self.tails.get(&of)?;
        let line = tail.line?;
        let shown = body.seen()?;
        shown.is_none_or(|shown| shown.seq < line.seq).then_some(*tail)
    }

    /// Whether this is the author's last act on its conversation that the server has.
    pub(super) fn is_tail(&self, item: &Item) -> bool {
        let tail = self.tails.get(&item.command.conversation_id);
        tail.is_some_and(|tail| tail.op_id == item.command.op_id)
    }

    /// Whether an act that waits has to name this one, whose line it did not see. A phone that dies
    /// meanwhile would not know it otherwise.
    pub(super) fn is_named_next(&self, item: &Item) -> bool {
        let mut waiting = self
            .slots
            .values()
            .map(|slot| &slot.item)
            .filter(|other| other.lane() == item.lane() && other.state == State::Queued);
        let of = item.command.conversation_id;
        self.is_tail(item)
            && waiting.any(|other| self.tail_behind(of, &other.command.body).is_some())
    }

    /// The op id that an unsent item follows: of the one before it in its lane.
    pub(super) fn chain(&self, number: u64, before: Option<u64>) -> (Option<OpId>, usize) {
        let Some(item) = self.item(number).filter(|item| item.kind() == Kind::Visible) else {
            return (None, 0);
        };
        let after = match before.and_then(|before| self.item(before)) {
            Some(before) => Some((before.command.op_id, before.depth)),
            None => self
                .tail_behind(item.command.conversation_id, &item.command.body)
                .map(|tail| (tail.op_id, tail.depth)),
        };
        after.map_or((None, 0), |(op_id, depth)| (Some(op_id), depth + 1))
    }
}

fn is_blocking(state: &State) -> bool {
    match state {
        State::Review { .. } | State::Asking { .. } => true,
        State::Queued | State::Sending | State::Accepted { .. } => false,
    }
}
