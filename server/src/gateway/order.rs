//! Batches in the order of the log. With several nodes, batches of one workspace come from
//! different nodes. They may overtake each other by some milliseconds on the way. Told in that
//! order, each pair would make every session read the log.
//!
//! Pure: what is heard on the bus goes in, with the time; what may be told comes out. What follows
//! the last one comes out at once, so that a node that is alone never waits here.
//!
//! **Invariant:** what comes out climbs, and nothing comes out twice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use baton_protocol::{Cursor, Epoch};
use tokio::time::Instant;

use super::broadcast::Published;

/// How long a batch waits for one that belongs before it, and how much may wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrderLimits {
    /// So long, and then sessions read what is missing.
    pub wait: Duration,
    /// The number of batches that may wait.
    pub batches: usize,
    /// The number of bytes that may wait.
    pub bytes: usize,
}

impl Default for OrderLimits {
    fn default() -> Self {
        Self { wait: Duration::from_millis(100), batches: 256, bytes: 4 * 1024 * 1024 }
    }
}

/// Puts the batches of one workspace in the order of its log.
#[derive(Debug)]
pub(super) struct Order {
    limits: OrderLimits,
    /// Up to here everything came out, or was given up.
    end: Option<Cursor>,
    /// By the position before them.
    waiting: BTreeMap<u64, Waiting>,
    bytes: usize,
}

#[derive(Debug)]
struct Waiting {
    published: Arc<Published>,
    bytes: usize,
    since: Instant,
}

impl Order {
    pub(super) fn new(limits: OrderLimits) -> Self {
        Self { limits, end: None, waiting: BTreeMap::new(), bytes: 0 }
    }

    /// A batch came; what may be told of it and of those that waited for it.
    pub(super) fn hear(&mut self, published: Arc<Published>, now: Instant) -> Vec<Arc<Published>> {
        let (epoch, after) = (published.batch().epoch, published.batch().after);
        let Some(end) = self.end.filter(|end| end.epoch == epoch) else {
            // The first one, or another log: nothing is known of what was before it.
            let mut told = self.give_up();
            self.end = Some(Cursor { epoch, position: published.end() });
            told.push(published);
            return told;
        };
        if published.end() <= end.position || self.waiting.contains_key(&after) {
            return Vec::new();
        }
        if after <= end.position {
            let mut told = vec![self.pass(epoch, published)];
            self.follow(&mut told);
            return told;
        }
        let bytes = published.weigh();
        self.bytes += bytes;
        self.waiting.insert(after, Waiting { published, bytes, since: now });
        if self.waiting.len() > self.limits.batches || self.bytes > self.limits.bytes {
            return self.give_up();
        }
        Vec::new()
    }

    /// Notes that the log stands at `head`, and that everybody reads up to there. Returns what may
    /// be told after it.
    pub(super) fn advance_to(&mut self, head: Cursor) -> Vec<Arc<Published>> {
        let is_known =
            self.end.is_some_and(|end| end.epoch == head.epoch && end.position >= head.position);
        if is_known {
            return Vec::new();
        }
        let mut told = Vec::new();
        if self.end.is_some_and(|end| end.epoch != head.epoch) {
            told = self.give_up();
        }
        self.end = Some(head);
        self.follow(&mut told);
        told
    }

    /// Up to here everything came out, or was given up.
    pub(super) fn end(&self) -> Option<Cursor> {
        self.end
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// When something has waited long enough.
    pub(super) fn due(&self) -> Option<Instant> {
        self.waiting.values().map(|waiting| waiting.since + self.limits.wait).min()
    }

    /// What has waited long enough, all that stands before it, and what follows it.
    pub(super) fn overdue(&mut self, now: Instant) -> Vec<Arc<Published>> {
        let is_over = |waiting: &Waiting| now >= waiting.since + self.limits.wait;
        let over = self.waiting.iter().rev().find(|(_, waiting)| is_over(waiting));
        let Some(last) = over.map(|(after, _)| *after) else { return Vec::new() };
        let mut told = Vec::new();
        while let Some(first) = self.waiting.first_entry().filter(|first| *first.key() <= last) {
            let Waiting { published, bytes, .. } = first.remove();
            self.bytes -= bytes;
            told.extend(self.pass_if_new(published));
        }
        self.follow(&mut told);
        told
    }

    /// Everything that waits: what is missing is waited for no longer.
    pub(super) fn give_up(&mut self) -> Vec<Arc<Published>> {
        self.bytes = 0;
        let waiting = std::mem::take(&mut self.waiting);
        waiting.into_values().filter_map(|one| self.pass_if_new(one.published)).collect()
    }

    /// Lets those out that no longer miss anything.
    fn follow(&mut self, told: &mut Vec<Arc<Published>>) {
        while let Some(end) = self.end
            && let Some(first) = self.waiting.first_entry()
            && *first.key() <= end.position
        {
            let Waiting { published, bytes, .. } = first.remove();
            self.bytes -= bytes;
            told.extend(self.pass_if_new(published));
        }
    }

    fn pass_if_new(&mut self, published: Arc<Published>) -> Option<Arc<Published>> {
        let epoch: Epoch = published.batch().epoch;
        let is_new = self.end.is_none_or(|end| published.end() > end.position);
        is_new.then(|| self.pass(epoch, published))
    }

    fn pass(&mut self, epoch: Epoch, published: Arc<Published>) -> Arc<Published> {
        self.end = Some(Cursor { epoch, position: published.end() });
        published
    }
}

#[cfg(test)]
mod tests;
