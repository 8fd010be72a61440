//! Randomness that does not depend on scheduling.
//!
//! Every random choice has its own generator, derived from the seed, the purpose and the thing
//! it is about. Two runs with one seed therefore make the same choices for the same message,
//! whatever the order in which tasks happened to run.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sha2::{Digest, Sha256};
use std::time::Duration;

use crate::base::span::Span;

/// The seed of a run, from which each choice derives its generator.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seeds(pub(crate) u64);

impl Seeds {
    /// The generator for one choice: `purpose` about the `nth` event of `key`.
    pub(crate) fn rng(self, purpose: &str, key: &str, nth: u64) -> StdRng {
        let mut hash = Sha256::new();
        hash.update(self.0.to_be_bytes());
        for part in [purpose, key] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        hash.update(nth.to_be_bytes());
        StdRng::from_seed(hash.finalize().into())
    }

    /// A delay within `span` for one choice.
    pub(crate) fn delay(self, span: Span, purpose: &str, key: &str, nth: u64) -> Duration {
        if span.max_ms <= span.min_ms {
            return Duration::from_millis(span.min_ms);
        }
        let ms = self.rng(purpose, key, nth).random_range(span.min_ms..=span.max_ms);
        Duration::from_millis(ms)
    }

    /// Whether a choice of this probability comes out true.
    pub(crate) fn chance(self, probability: f64, purpose: &str, key: &str, nth: u64) -> bool {
        probability > 0.0 && self.rng(purpose, key, nth).random_bool(probability.clamp(0.0, 1.0))
    }
}
