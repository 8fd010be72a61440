//! Where a client keeps the conversations of its scope: in memory, or in a database of which one
//! is read when something touches it.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use baton_protocol::{ConversationId, Head};

use super::{Mirrored, ToldSettings};

/// Conversations by id. A mirror is the only one that writes to them.
///
/// After an error the mirror and its holdings differ. The owner of both rolls back to the last
/// stored [`Progress`](super::Progress) and continues from there.
pub trait Holdings {
    /// The error of reading or writing.
    type Error;

    /// The revision of a conversation that is held.
    ///
    /// # Errors
    /// When it cannot be read.
    fn revision(&self, id: ConversationId) -> Result<Option<u64>, Self::Error>;

    /// Takes a conversation out, to be changed and [`put`](Self::put) back. Until then it may be
    /// gone from here.
    ///
    /// # Errors
    /// When it cannot be read.
    fn take(&mut self, id: ConversationId) -> Result<Option<Mirrored>, Self::Error>;

    /// Stores a conversation, in place of the one that was held.
    ///
    /// # Errors
    /// When it cannot be written.
    fn put(&mut self, held: Mirrored) -> Result<(), Self::Error>;

    /// Removes a conversation, if it is held.
    ///
    /// # Errors
    /// When that cannot be written.
    fn remove(&mut self, id: ConversationId) -> Result<(), Self::Error>;

    /// Removes all conversations.
    ///
    /// # Errors
    /// When that cannot be written.
    fn clear(&mut self) -> Result<(), Self::Error>;

    /// All conversations, by id.
    ///
    /// # Errors
    /// When it cannot be read.
    fn ids(&self) -> Result<Vec<ConversationId>, Self::Error>;

    /// Calls back with each head and its number of unread lines (0 at level head), by id.
    ///
    /// # Errors
    /// When they cannot be read.
    fn heads(&self, show: &mut dyn FnMut(&Head, u64)) -> Result<(), Self::Error>;

    /// Takes over news of settings. Returns whether all that a last page names is held.
    /// A client that keeps no settings answers that all are held.
    ///
    /// # Errors
    /// When it cannot be written.
    fn take_settings(&mut self, _: ToldSettings<'_>) -> Result<bool, Self::Error> {
        Ok(true)
    }
}

impl<H: Holdings> Holdings for &mut H {
    type Error = H::Error;

    fn revision(&self, id: ConversationId) -> Result<Option<u64>, H::Error> {
        (**self).revision(id)
    }

    fn take(&mut self, id: ConversationId) -> Result<Option<Mirrored>, H::Error> {
        (**self).take(id)
    }

    fn put(&mut self, held: Mirrored) -> Result<(), H::Error> {
        (**self).put(held)
    }

    fn remove(&mut self, id: ConversationId) -> Result<(), H::Error> {
        (**self).remove(id)
    }

    fn clear(&mut self) -> Result<(), H::Error> {
        (**self).clear()
    }

    fn ids(&self) -> Result<Vec<ConversationId>, H::Error> {
        (**self).ids()
    }

    fn heads(&self, show: &mut dyn FnMut(&Head, u64)) -> Result<(), H::Error> {
        (**self).heads(show)
    }

    fn take_settings(&mut self, told: ToldSettings<'_>) -> Result<bool, H::Error> {
        (**self).take_settings(told)
    }
}

/// In memory, where nothing fails.
pub type InMemory = BTreeMap<ConversationId, Mirrored>;

impl Holdings for InMemory {
    type Error = Infallible;

    fn revision(&self, id: ConversationId) -> Result<Option<u64>, Infallible> {
        Ok(self.get(&id).map(|held| held.head().revision))
    }

    fn take(&mut self, id: ConversationId) -> Result<Option<Mirrored>, Infallible> {
        Ok(BTreeMap::remove(self, &id))
    }

    fn put(&mut self, held: Mirrored) -> Result<(), Infallible> {
        self.insert(held.head().id, held);
        Ok(())
    }

    fn remove(&mut self, id: ConversationId) -> Result<(), Infallible> {
        BTreeMap::remove(self, &id);
        Ok(())
    }

    fn clear(&mut self) -> Result<(), Infallible> {
        BTreeMap::clear(self);
        Ok(())
    }

    fn ids(&self) -> Result<Vec<ConversationId>, Infallible> {
        Ok(self.keys().copied().collect())
    }

    fn heads(&self, show: &mut dyn FnMut(&Head, u64)) -> Result<(), Infallible> {
        for held in self.values() {
            show(held.head(), held.unread());
        }
        Ok(())
    }
}

/// A desk in front of what is held. While a frame is applied, each conversation that it touches is
/// read once. It is written once at the end, however many of the events are of it.
#[derive(Debug)]
pub struct Desk<'a, H> {
    under: &'a mut H,
    /// What is to be written.
    changed: BTreeMap<ConversationId, Mirrored>,
}

impl<'a, H: Holdings> Desk<'a, H> {
    /// An empty desk.
    pub fn of(under: &'a mut H) -> Self {
        Self { under, changed: BTreeMap::new() }
    }

    /// Writes what was changed.
    ///
    /// # Errors
    /// When that fails.
    pub fn clear_up(self) -> Result<(), H::Error> {
        for held in self.changed.into_values() {
            self.under.put(held)?;
        }
        Ok(())
    }
}

impl<H: Holdings> Holdings for Desk<'_, H> {
    type Error = H::Error;

    fn take_settings(&mut self, told: ToldSettings<'_>) -> Result<bool, H::Error> {
        self.under.take_settings(told)
    }

    fn revision(&self, id: ConversationId) -> Result<Option<u64>, H::Error> {
        match self.changed.get(&id) {
            Some(held) => Ok(Some(held.head().revision)),
            None => self.under.revision(id),
        }
    }

    fn take(&mut self, id: ConversationId) -> Result<Option<Mirrored>, H::Error> {
        match self.changed.remove(&id) {
            Some(held) => Ok(Some(held)),
            None => self.under.take(id),
        }
    }

    fn put(&mut self, held: Mirrored) -> Result<(), H::Error> {
        self.changed.insert(held.head().id, held);
        Ok(())
    }

    fn remove(&mut self, id: ConversationId) -> Result<(), H::Error> {
        self.changed.remove(&id);
        self.under.remove(id)
    }

    fn clear(&mut self) -> Result<(), H::Error> {
        self.changed.clear();
        self.under.clear()
    }

    fn ids(&self) -> Result<Vec<ConversationId>, H::Error> {
        let mut ids = BTreeSet::new();
        ids.extend(self.under.ids()?);
        ids.extend(self.changed.keys());
        Ok(ids.into_iter().collect())
    }

    fn heads(&self, show: &mut dyn FnMut(&Head, u64)) -> Result<(), H::Error> {
        let mut changed = self.changed.iter().peekable();
        self.under.heads(&mut |head, unread| {
            while let Some((_, held)) = changed.next_if(|(id, _)| **id < head.id) {
                show(held.head(), held.unread());
            }
            match changed.next_if(|(id, _)| **id == head.id) {
                Some((_, held)) => show(held.head(), held.unread()),
                None => show(head, unread),
            }
        })?;
        for (_, held) in changed {
            show(held.head(), held.unread());
        }
        Ok(())
    }
}
