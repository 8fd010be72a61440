//! The changes of a transaction, so that only the queries they concern run again.

use std::collections::BTreeSet;

use baton_protocol::ConversationId;
use baton_protocol::frame::ServerFrame;

use crate::gathered::gathered;
use crate::outbox::Change;

/// More conversations than these are all of them.
const CONVERSATIONS_MAX: usize = 1_000;

/// A set of changes. Several may be [added](Self::add) up.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Touched {
    everything: bool,
    conversations: BTreeSet<ConversationId>,
    own: BTreeSet<ConversationId>,
    around: BTreeSet<ConversationId>,
    everyone: bool,
}

impl Touched {
    /// Nothing.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Anything: another account, a snapshot, a log that began anew.
    pub fn everything() -> Self {
        Self { everything: true, ..Self::default() }
    }

    /// A change of a held conversation: put, changed or let go of.
    pub fn conversation(id: ConversationId) -> Self {
        Self { conversations: gathered([id]), ..Self::default() }
    }

    /// An act of the agent in a conversation: an item of the outbox, or a draft that is kept.
    pub fn own(id: ConversationId) -> Self {
        Self { own: gathered([id]), ..Self::default() }
    }

    /// Acts of colleagues in a conversation.
    pub fn around(id: ConversationId) -> Self {
        Self { around: gathered([id]), ..Self::default() }
    }

    /// A change of the agents or of their presence.
    pub fn everyone() -> Self {
        Self { everyone: true, ..Self::default() }
    }

    /// The changes that applying a frame may write. Acts of colleagues
    /// come from [`super::Around::handle_frame`].
    pub fn of_frame(frame: &ServerFrame) -> Self {
        match frame {
            // It may have begun anew.
            ServerFrame::Welcome { .. } => Self::everything(),
            ServerFrame::Events { events, .. } => {
                let ids = events.iter().filter_map(|event| event.conversation_id);
                Self { conversations: gathered(ids), ..Self::default() }.bounded()
            }
            ServerFrame::Entered { snapshot, .. } => Self::conversation(snapshot.head().id),
            ServerFrame::Left { conversation_id, .. } => Self::conversation(*conversation_id),
            ServerFrame::Reset { .. }
            | ServerFrame::CommandResult(_)
            | ServerFrame::Lease(_)
            | ServerFrame::Presence { .. }
            | ServerFrame::Viewing { .. }
            | ServerFrame::Draft { .. }
            | ServerFrame::Error { .. }
            | ServerFrame::Unknown => Self::nothing(),
        }
    }

    /// The changes that the outbox published.
    pub fn of_changes(changes: &[Change]) -> Self {
        let place = |change: &Change| match change {
            Change::Shown(echo) => Some(echo.conversation_id),
            Change::Gone { conversation_id, .. } => Some(*conversation_id),
            Change::NotStored { .. } => None,
        };
        Self { own: gathered(changes.iter().filter_map(place)), ..Self::default() }.bounded()
    }

    /// Adds what else was touched.
    pub fn add(&mut self, other: &Self) {
        self.everything |= other.everything;
        self.everyone |= other.everyone;
        self.conversations.extend(&other.conversations);
        self.own.extend(&other.own);
        self.around.extend(&other.around);
        *self = std::mem::take(self).bounded();
    }

    fn bounded(self) -> Self {
        let sets = [&self.conversations, &self.own, &self.around];
        let is_large = sets.iter().any(|set| set.len() > CONVERSATIONS_MAX);
        if self.everything || is_large { Self::everything() } else { self }
    }

    /// Whether nothing was.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Whether any conversation was.
    pub(super) fn has_any(&self) -> bool {
        self.everything || !self.conversations.is_empty()
    }

    /// Whether something of the agent was, anywhere.
    pub(super) fn has_any_own(&self) -> bool {
        self.everything || !self.own.is_empty()
    }

    /// Whether what is held of this conversation was.
    pub(super) fn has(&self, id: ConversationId) -> bool {
        self.everything || self.conversations.contains(&id)
    }

    /// Whether something of the agent was, there.
    pub(super) fn has_own(&self, id: ConversationId) -> bool {
        self.everything || self.own.contains(&id)
    }

    /// Whether something of colleagues was, there or everywhere.
    pub(super) fn has_around(&self, id: ConversationId) -> bool {
        self.everything || self.everyone || self.around.contains(&id)
    }
}
