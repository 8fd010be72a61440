//! The acts of the outbox, by conversation.

use std::collections::BTreeSet;

use baton_protocol::command::LaneKind;
use baton_protocol::{ConversationId, OpId};

use super::Sources;
use crate::few::Few;
use crate::outbox::{ActStage, Change, Echo};
use crate::store::StoreError;

/// The acts that the outbox has told and stored.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Echoes {
    by_number: Few<u64, Echo>,
    /// Numbers by conversation, in order.
    places: Few<ConversationId, Vec<u64>>,
    in_review: usize,
}

impl Echoes {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in changes of the outbox ([`crate::outbox::OutboxAction::Tell`]).
    pub fn apply(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Shown(echo) => self.put(echo),
                Change::Gone { number, .. } | Change::NotStored { number, .. } => {
                    self.remove(*number);
                }
            }
        }
    }

    fn put(&mut self, echo: &Echo) {
        self.remove(echo.number);
        self.in_review += usize::from(echo.stage == ActStage::NeedsReview);
        let numbers = self.places.get_or_insert(echo.conversation_id, Vec::new);
        let at = numbers.partition_point(|number| *number < echo.number);
        numbers.insert(at, echo.number);
        self.by_number.insert(echo.number, echo.clone());
    }

    fn remove(&mut self, number: u64) {
        let Some(echo) = self.by_number.remove(&number) else { return };
        self.in_review -= usize::from(echo.stage == ActStage::NeedsReview);
        if let Some(numbers) = self.places.get_mut(&echo.conversation_id) {
            numbers.retain(|other| *other != number);
            if numbers.is_empty() {
                self.places.remove(&echo.conversation_id);
            }
        }
    }

    /// Those of a conversation, in order.
    pub fn of(&self, id: ConversationId) -> impl Iterator<Item = &Echo> {
        let numbers = self.places.get(&id).into_iter().flatten();
        numbers.filter_map(|number| self.by_number.get(number))
    }

    /// All, in order.
    pub fn all(&self) -> impl Iterator<Item = &Echo> {
        self.by_number.values()
    }

    /// The number of acts that need their author.
    pub fn needs_review(&self) -> usize {
        self.in_review
    }
}

/// The agent's own acts in a conversation, in short.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Own {
    /// Acts on their way.
    pub waiting: u32,
    /// Acts that need their author.
    pub needs_review: u32,
    /// One of them would make the agent the owner: to be shown as claiming, never as owned.
    pub is_claiming: bool,
}

/// Returns the echoes of a conversation to draw. Reads are skipped, and so are acts that are
/// already a line or note. `told` are op ids of which that is known.
pub(super) fn drawn<'a>(
    sources: &Sources<'a, '_>,
    of: ConversationId,
    told: &BTreeSet<OpId>,
) -> Result<Vec<&'a Echo>, StoreError> {
    let mut drawn = Vec::new();
    for echo in sources.echoes.of(of) {
        let is_read = echo.body.spec().lane == LaneKind::Reads;
        let is_silent = is_read && echo.stage != ActStage::NeedsReview;
        let is_told = |id| told.contains(&id);
        if !is_silent && !is_told(echo.op_id) && !sources.read.is_told(of, echo.op_id)? {
            drawn.push(echo);
        }
    }
    Ok(drawn)
}

impl Own {
    /// As those echoes say.
    pub(super) fn of(sources: &Sources<'_, '_>, of: ConversationId) -> Result<Self, StoreError> {
        let mut own = Self::default();
        for echo in drawn(sources, of, &BTreeSet::new())? {
            own.is_claiming |= echo.is_claiming();
            match echo.stage {
                ActStage::NeedsReview => own.needs_review += 1,
                ActStage::Waiting
                | ActStage::Sending
                | ActStage::Contended
                | ActStage::Behind { .. }
                | ActStage::Checking => own.waiting += 1,
                ActStage::Acknowledged => {}
            }
        }
        Ok(own)
    }
}
