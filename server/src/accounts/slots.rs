//! Slots: so many things of one kind at once for each agent or account. Further ones wait until one
//! of their own is done, and so keep nobody else waiting.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The slots of all. Cheap to clone.
#[derive(Debug)]
pub struct Slots<K> {
    each: usize,
    patience: Duration,
    queues: Arc<Mutex<BTreeMap<K, Queue>>>,
}

/// Those of one key who wait or have a slot.
#[derive(Debug)]
struct Queue {
    permits: Arc<Semaphore>,
    length: usize,
}

/// A slot, given back when dropped.
#[derive(Debug)]
pub struct Slot<K: Ord> {
    _permit: OwnedSemaphorePermit,
    _wait: Waiting<K>,
}

/// Somebody in a queue, which goes with the last of them.
#[derive(Debug)]
struct Waiting<K: Ord> {
    queues: Arc<Mutex<BTreeMap<K, Queue>>>,
    key: K,
}

impl<K: Ord + Clone> Slots<K> {
    /// So many at once for each key. Who has waited for `patience` gets none.
    pub fn new(each: usize, patience: Duration) -> Self {
        Self { each, patience, queues: Arc::default() }
    }

    /// Waits for a slot; `None` if there were too many before.
    pub async fn take(&self, key: K) -> Option<Slot<K>> {
        let (permits, wait) = self.join(key);
        let permit =
            tokio::time::timeout(self.patience, permits.acquire_owned()).await.ok()?.ok()?;
        Some(Slot { _permit: permit, _wait: wait })
    }

    fn join(&self, key: K) -> (Arc<Semaphore>, Waiting<K>) {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Queue { permits: Arc::new(Semaphore::new(self.each)), length: 0 };
        let queue = queues.entry(key.clone()).or_insert_with(fresh);
        queue.length += 1;
        let wait = Waiting { queues: Arc::clone(&self.queues), key };
        (Arc::clone(&queue.permits), wait)
    }
}

impl<K> Clone for Slots<K> {
    fn clone(&self) -> Self {
        Self { each: self.each, patience: self.patience, queues: Arc::clone(&self.queues) }
    }
}

impl<K: Ord> Drop for Waiting<K> {
    fn drop(&mut self) {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(queue) = queues.get_mut(&self.key) else { return };
        queue.length -= 1;
        if queue.length == 0 {
            queues.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_key_has_so_many_slots_and_waits_for_its_own_alone() {
        let slots = Slots::new(2, Duration::from_secs(5));
        let first = slots.take("ana").await.unwrap();
        let _second = slots.take("ana").await.unwrap();
        assert!(slots.take("ana").await.is_none(), "a third one waited too long");
        let _other = slots.take("ben").await.unwrap();
        let waits = tokio::spawn({
            let slots = slots.clone();
            async move { slots.take("ana").await.is_some() }
        });
        tokio::task::yield_now().await;
        drop(first);
        assert!(waits.await.unwrap(), "the permit that was given back is taken");
    }

    #[tokio::test]
    async fn nothing_is_remembered_of_who_is_done() {
        let slots = Slots::new(1, Duration::from_millis(1));
        let slot = slots.take("ana").await;
        assert!(slots.take("ana").await.is_none());
        drop(slot);
        assert!(slots.queues.lock().unwrap().is_empty());
    }
}
