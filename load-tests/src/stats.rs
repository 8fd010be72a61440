//! Percentiles and medians; every comparison here is a median of interleaved rounds.

use std::time::Duration;

/// Times taken, to be asked for their percentiles.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times(Vec<u32>);

impl Times {
    /// Of times in microseconds.
    pub(crate) fn of(mut micros: Vec<u32>) -> Self {
        micros.sort_unstable();
        Self(micros)
    }

    /// Returns the number of measured times.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The time that so many per thousand stayed at or below, in milliseconds.
    pub(crate) fn per_mille(&self, per_mille: usize) -> f64 {
        let place = (self.0.len() * per_mille).div_ceil(1000).saturating_sub(1);
        self.0.get(place).map_or(f64::NAN, |micros| f64::from(*micros) / 1000.0)
    }

    /// The median in milliseconds.
    pub(crate) fn p50(&self) -> f64 {
        self.per_mille(500)
    }

    /// All but the slowest hundredth, in milliseconds.
    pub(crate) fn p99(&self) -> f64 {
        self.per_mille(990)
    }

    /// The mean in milliseconds.
    pub(crate) fn mean(&self) -> f64 {
        let sum: u64 = self.0.iter().map(|micros| u64::from(*micros)).sum();
        ratio(sum, self.0.len() as u64) / 1000.0
    }
}

/// Whole microseconds; an hour and more counts as an hour.
pub(crate) fn micros(time: Duration) -> u32 {
    u32::try_from(time.as_micros()).unwrap_or(u32::MAX)
}

/// The median of rounds.
pub(crate) fn median(mut rounds: Vec<f64>) -> f64 {
    rounds.sort_by(f64::total_cmp);
    rounds.get(rounds.len() / 2).copied().unwrap_or(f64::NAN)
}

/// One number to another.
pub(crate) fn ratio(of: u64, to: u64) -> f64 {
    of as f64 / to as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_taken() {
        let times = Times::of((1..=1000).rev().map(|ms| ms * 1000).collect());
        assert_eq!((times.p50(), times.p99(), times.per_mille(1000)), (500.0, 990.0, 1000.0));
        assert_eq!(Times::of(vec![7000]).p99(), 7.0);
        assert!(Times::default().p50().is_nan());
    }

    #[test]
    fn the_median_of_three_rounds_is_the_middle_one() {
        assert_eq!(median(vec![9.0, 1.0, 2.0]), 2.0);
    }
}
