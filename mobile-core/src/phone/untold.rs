//! Places on the screen outside of the app whose change is kept, and which the app was not told of,
//! as far as that is known: kept with the change, and let go of once it is told. Whoever dies in
//! between tells it again.

use std::collections::BTreeMap;

use crate::push::decide::Verdict;
use crate::push::handle::Outcome;
use crate::push::notification::Notification;
use crate::push::subject::Tag;

/// See the head of the file.
#[derive(Debug)]
pub(super) struct Untold {
    /// The last telling that each is in; none where it is in none that is under way.
    places: BTreeMap<Tag, Option<u64>>,
    last: u64,
    /// Whether the store has these places.
    is_kept: bool,
}

impl Untold {
    /// Goes on with what was kept.
    pub(super) fn restored(places: Vec<Tag>) -> Self {
        let places = places.into_iter().map(|tag| (tag, None)).collect();
        Self { places, last: 0, is_kept: true }
    }

    /// These change, and are told now: the number of the telling.
    pub(super) fn begin(&mut self, places: Vec<Tag>) -> u64 {
        self.last += 1;
        for tag in places {
            let before = self.places.insert(tag, Some(self.last));
            self.is_kept &= before.is_some();
        }
        self.last
    }

    /// A telling ended. Says whether something of it is to be let go of.
    pub(super) fn end(&mut self, telling: u64, is_taken: bool) -> bool {
        let before = self.places.len();
        match is_taken {
            true => self.places.retain(|_, last| *last != Some(telling)),
            false => {
                let of_it = self.places.values_mut().filter(|last| **last == Some(telling));
                of_it.for_each(|last| *last = None);
            }
        }
        let is_less = self.places.len() < before;
        self.is_kept &= !is_less;
        is_less
    }

    /// Those that nobody is being told of.
    pub(super) fn waiting(&self) -> Vec<Tag> {
        let waiting = self.places.iter().filter(|(_, last)| last.is_none());
        waiting.map(|(tag, _)| *tag).collect()
    }

    /// All of them: what the store has to have.
    pub(super) fn places(&self) -> Vec<Tag> {
        self.places.keys().copied().collect()
    }

    pub(super) fn is_kept(&self) -> bool {
        self.is_kept
    }

    pub(super) fn kept(&mut self) {
        self.is_kept = true;
    }
}

/// Where something is taken away or shown.
pub(super) fn places(withdraw: &[Tag], update: &[Notification]) -> Vec<Tag> {
    withdraw.iter().copied().chain(update.iter().map(|shown| shown.tag)).collect()
}

/// Where what is made of a push changes something.
pub(super) fn places_of(outcome: &Outcome) -> Vec<Tag> {
    let mut all = places(&outcome.withdraw, &outcome.update);
    match &outcome.verdict {
        Verdict::Withdraw(tag) => all.push(*tag),
        Verdict::Show(_) | Verdict::Update(_) | Verdict::Fallback(_) | Verdict::Suppress(_) => {
            all.extend(outcome.verdict.notification().map(|shown| shown.tag));
        }
    }
    all
}
