//! The spread of times: mean, median, nine of ten.

use std::collections::BTreeMap;

use baton_protocol::report::{Measure, Spread};

/// The times of each measure.
#[derive(Default)]
pub(super) struct Spreads {
    over: BTreeMap<Measure, Vec<u64>>,
    /// The lengths so far of those that go on.
    open: BTreeMap<Measure, Vec<u64>>,
}

impl Spreads {
    pub(super) fn add(&mut self, measure: Measure, ms: u64, goes_on: bool) {
        let all = if goes_on { &mut self.open } else { &mut self.over };
        all.entry(measure).or_default().push(ms);
    }

    pub(super) fn of(&self, measure: Measure, within_ms: u64) -> Spread {
        let mut times = self.over.get(&measure).cloned().unwrap_or_default();
        times.sort_unstable();
        let count = times.len() as u64;
        let sum: u128 = times.iter().map(|ms| u128::from(*ms)).sum();
        let open = self.open.get(&measure).into_iter().flatten();
        let mean = sum.checked_div(u128::from(count));
        Spread {
            count,
            mean_ms: mean.and_then(|mean| u64::try_from(mean).ok()),
            median_ms: nearest(&times, 50),
            p90_ms: nearest(&times, 90),
            max_ms: times.last().copied(),
            within: times.partition_point(|ms| *ms <= within_ms) as u64,
            open_late: open.filter(|ms| **ms > within_ms).count() as u64,
        }
    }
}

/// The smallest time that so many of a hundred do not exceed (nearest rank).
fn nearest(sorted: &[u64], of_hundred: usize) -> Option<u64> {
    let rank = sorted.len().saturating_mul(of_hundred).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}
