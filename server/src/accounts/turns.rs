//! Turns: so many things of one kind at once for each agent or account. Further ones wait until
//! one of their own is done, and so keep nobody else waiting.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The turns of all. Cheap to clone.
#[derive(Debug)]
pub struct Turns<K> {
    each: usize,
    patience: Duration,
    lines: Arc<Mutex<BTreeMap<K, Line>>>,
}

/// Those of one key who wait or whose turn it is.
#[derive(Debug)]
struct Line {
    places: Arc<Semaphore>,
    length: usize,
}

/// A turn, given back when dropped.
#[derive(Debug)]
pub struct Turn<K: Ord> {
    _place: OwnedSemaphorePermit,
    _wait: Waiting<K>,
}

/// Somebody in a line; the line goes with the last of them.
#[derive(Debug)]
struct Waiting<K: Ord> {
    lines: Arc<Mutex<BTreeMap<K, Line>>>,
    key: K,
}

impl<K: Ord + Clone> Turns<K> {
    /// So many at once for each key. Who has waited for `patience` gets none.
    pub fn new(each: usize, patience: Duration) -> Self {
        Self { each, patience, lines: Arc::default() }
    }

    /// Waits for a turn; `None` if there were too many before.
    pub async fn take(&self, key: K) -> Option<Turn<K>> {
        let (places, wait) = self.join(key);
        let place = tokio::time::timeout(self.patience, places.acquire_owned()).await.ok()?.ok()?;
        Some(Turn { _place: place, _wait: wait })
    }

    fn join(&self, key: K) -> (Arc<Semaphore>, Waiting<K>) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Line { places: Arc::new(Semaphore::new(self.each)), length: 0 };
        let line = lines.entry(key.clone()).or_insert_with(fresh);
        line.length += 1;
        let wait = Waiting { lines: Arc::clone(&self.lines), key };
        (Arc::clone(&line.places), wait)
    }
}

impl<K> Clone for Turns<K> {
    fn clone(&self) -> Self {
        Self { each: self.each, patience: self.patience, lines: Arc::clone(&self.lines) }
    }
}

impl<K: Ord> Drop for Waiting<K> {
    fn drop(&mut self) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(line) = lines.get_mut(&self.key) else { return };
        line.length -= 1;
        if line.length == 0 {
            lines.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_key_has_so_many_turns_and_waits_for_its_own_alone() {
        let turns = Turns::new(2, Duration::from_secs(5));
        let first = turns.take("ana").await.unwrap();
        let _second = turns.take("ana").await.unwrap();
        assert!(turns.take("ana").await.is_none(), "a third one waited too long");
        let _other = turns.take("ben").await.unwrap();
        let waits = tokio::spawn({
            let turns = turns.clone();
            async move { turns.take("ana").await.is_some() }
        });
        tokio::task::yield_now().await;
        drop(first);
        assert!(waits.await.unwrap(), "the place that was given back is taken");
    }

    #[tokio::test]
    async fn nothing_is_remembered_of_who_is_done() {
        let turns = Turns::new(1, Duration::from_millis(1));
        let turn = turns.take("ana").await;
        assert!(turns.take("ana").await.is_none());
        drop(turn);
        assert!(turns.lines.lock().unwrap().is_empty());
    }
}
