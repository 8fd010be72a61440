//! Changes of shown notifications that are stored and that the app may not have been handed.
//!
//! A change is stored with the push that caused it and removed once the app took the delivery. If
//! the process ends in between, the change is delivered again.

use std::collections::BTreeMap;

use crate::push::decide::Verdict;
use crate::push::handle::Outcome;
use crate::push::notification::Notification;
use crate::push::subject::Tag;

/// The tags of notifications whose change the app may not know.
#[derive(Debug)]
pub(super) struct Undelivered {
    /// The newest delivery that holds each tag; `None` while no delivery is under way.
    tags: BTreeMap<Tag, Option<u64>>,
    last_delivery: u64,
    /// Whether the store holds these tags.
    is_kept: bool,
}

impl Undelivered {
    /// Restores the tags that were stored.
    pub(super) fn restore(tags: Vec<Tag>) -> Self {
        let tags = tags.into_iter().map(|tag| (tag, None)).collect();
        Self { tags, last_delivery: 0, is_kept: true }
    }

    /// Begins a delivery of these tags and returns its number.
    pub(super) fn begin(&mut self, tags: Vec<Tag>) -> u64 {
        self.last_delivery += 1;
        for tag in tags {
            let before = self.tags.insert(tag, Some(self.last_delivery));
            self.is_kept &= before.is_some();
        }
        self.last_delivery
    }

    /// Ends a delivery. Returns whether a tag was removed, so that the store must be written.
    pub(super) fn end(&mut self, delivery: u64, is_taken: bool) -> bool {
        let before = self.tags.len();
        match is_taken {
            true => self.tags.retain(|_, last| *last != Some(delivery)),
            false => {
                let of_it = self.tags.values_mut().filter(|last| **last == Some(delivery));
                of_it.for_each(|last| *last = None);
            }
        }
        let is_less = self.tags.len() < before;
        self.is_kept &= !is_less;
        is_less
    }

    /// Returns the tags that no delivery under way holds.
    pub(super) fn waiting(&self) -> Vec<Tag> {
        let waiting = self.tags.iter().filter(|(_, last)| last.is_none());
        waiting.map(|(tag, _)| *tag).collect()
    }

    /// Returns all tags, as the store must hold them.
    pub(super) fn tags(&self) -> Vec<Tag> {
        self.tags.keys().copied().collect()
    }

    pub(super) fn is_kept(&self) -> bool {
        self.is_kept
    }

    pub(super) fn mark_kept(&mut self) {
        self.is_kept = true;
    }
}

/// Returns the tags of notifications that are withdrawn or updated.
pub(super) fn tags(withdraw: &[Tag], update: &[Notification]) -> Vec<Tag> {
    withdraw.iter().copied().chain(update.iter().map(|shown| shown.tag)).collect()
}

/// Returns the tags that the outcome of a push changes.
pub(super) fn tags_of(outcome: &Outcome) -> Vec<Tag> {
    let mut all = tags(&outcome.withdraw, &outcome.update);
    match &outcome.verdict {
        Verdict::Withdraw(tag) => all.push(*tag),
        Verdict::Show(_) | Verdict::Update(_) | Verdict::Fallback(_) | Verdict::Suppress(_) => {
            all.extend(outcome.verdict.notification().map(|shown| shown.tag));
        }
    }
    all
}
