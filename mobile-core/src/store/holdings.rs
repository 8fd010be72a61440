//! The mirror's conversations and settings in the store, so that a frame and its cursor are one
//! transaction.

use baton_domain::see::mirror::{Holdings, Mirrored, ToldSettings};
use baton_protocol::{ConversationId, Head};

use super::{StoreError, Write};

impl Holdings for Write<'_> {
    type Error = StoreError;

    fn revision(&self, id: ConversationId) -> Result<Option<u64>, StoreError> {
        self.revision(id)
    }

    fn take(&mut self, id: ConversationId) -> Result<Option<Mirrored>, StoreError> {
        self.get(id)
    }

    fn put(&mut self, held: Mirrored) -> Result<(), StoreError> {
        self.put(held)
    }

    fn remove(&mut self, id: ConversationId) -> Result<(), StoreError> {
        self.remove(id)
    }

    fn clear(&mut self) -> Result<(), StoreError> {
        self.clear()
    }

    fn ids(&self) -> Result<Vec<ConversationId>, StoreError> {
        self.ids()
    }

    fn heads(&self, show: &mut dyn FnMut(&Head, u64)) -> Result<(), StoreError> {
        for (head, unread) in self.heads()? {
            show(&head, unread);
        }
        Ok(())
    }

    fn take_settings(&mut self, told: ToldSettings<'_>) -> Result<bool, StoreError> {
        self.take_settings(told)
    }
}
