//! Batches that wait for a slow listener.

use std::collections::VecDeque;

use super::diff::{Batch, reset};
use super::query::QueryResult;

/// Batches that wait for a listener at most.
pub const BATCHES_MAX: usize = 256;

/// Items in them that are always let wait; beyond, no more than twice the list.
const ITEMS_FREE: usize = 1_000;

/// A queue to one listener. However slow that is, it is bounded: what would be too much becomes
/// one snapshot, as of now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mailbox<T, A> {
    batches: VecDeque<Batch<T, A>>,
    items: usize,
    overflows: u64,
}

impl<T, A> Default for Mailbox<T, A> {
    fn default() -> Self {
        Self { batches: VecDeque::new(), items: 0, overflows: 0 }
    }
}

impl<T: Clone, A: Clone> Mailbox<T, A> {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a batch in, after which the list is as `newest` says.
    pub fn push(&mut self, batch: Batch<T, A>, newest: &QueryResult<T, A>) {
        if batch.is_whole() {
            // Whatever waits means nothing any more.
            self.clear();
        } else if batch.ops.is_empty()
            && let Some(last) = self.batches.back_mut()
        {
            (last.revision, last.about) = (batch.revision, batch.about);
            return;
        }
        let items = self.items + batch.carries();
        if self.batches.len() >= BATCHES_MAX || items > ITEMS_FREE.max(2 * newest.items.len()) {
            self.clear();
            self.overflows += 1;
            let (ops, about) = (reset(&newest.items), newest.about.clone());
            return self.add(Batch { revision: batch.revision, ops, about });
        }
        self.add(batch);
    }

    fn add(&mut self, batch: Batch<T, A>) {
        self.items += batch.carries();
        self.batches.push_back(batch);
    }

    /// The next batch.
    pub fn take(&mut self) -> Option<Batch<T, A>> {
        let batch = self.batches.pop_front()?;
        self.items -= batch.carries();
        Some(batch)
    }

    fn clear(&mut self) {
        self.batches.clear();
        self.items = 0;
    }

    /// The number of waiting batches.
    pub fn len(&self) -> usize {
        self.batches.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// The number of items they carry.
    pub fn items(&self) -> usize {
        self.items
    }

    /// The number of times that waiting batches became one snapshot.
    pub fn overflows(&self) -> u64 {
        self.overflows
    }
}
