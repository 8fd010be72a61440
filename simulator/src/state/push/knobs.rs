//! Faults of push services.

use serde::{Deserialize, Serialize};

use crate::base::span::Span;

/// The treatment of every push by push services. Fields left out take their default: at once, once,
/// always.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PushKnobs {
    /// The time that a service takes to answer a call.
    pub answers_after: Span,
    /// The time that a push is under way.
    pub delay: Span,
    /// Pushes due within this many milliseconds of each other may swap places.
    pub reorder_ms: u64,
    /// The probability that a push is delivered a second time.
    pub duplicate_probability: f64,
    /// The delay of a duplicate after the first delivery.
    pub duplicate_delay: Span,
    /// The probability that a push never arrives.
    pub drop_probability: f64,
    /// Firebase refuses what is beyond the rates of one device.
    pub enforces_rates: bool,
    /// Pushes are delivered after their expiry as well.
    pub ignores_expiry: bool,
}

impl Default for PushKnobs {
    fn default() -> Self {
        Self {
            answers_after: Span::default(),
            delay: Span::default(),
            reorder_ms: 0,
            duplicate_probability: 0.0,
            duplicate_delay: Span::default(),
            drop_probability: 0.0,
            enforces_rates: true,
            ignores_expiry: false,
        }
    }
}
