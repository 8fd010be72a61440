//! Whether a push would reach an agent, from what their devices have shown.

use baton_protocol::limits::REACH_MS;
use baton_protocol::{Reach, Timestamp};

/// What the devices of an agent have shown of themselves.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Signs {
    /// The last sign of life of one of them.
    pub heard_at: Option<Timestamp>,
    /// The last time at which one showed that pushes come through to it.
    pub push_at: Option<Timestamp>,
}

impl Signs {
    /// What colleagues are told of it.
    #[must_use]
    pub fn reach(self, now: Timestamp) -> Reach {
        let is_fresh = |at: Timestamp| at.plus_ms(REACH_MS) > now;
        Reach { by_push: self.push_at.is_some_and(is_fresh), heard_at: self.heard_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_reaches_a_device_that_confirmed_it_within_eight_days() {
        let now = Timestamp::from_ms(100 * REACH_MS);
        let signs = |ago: i64| Signs { heard_at: None, push_at: Some(now.plus_ms(-ago)) };
        assert!(signs(0).reach(now).by_push && signs(REACH_MS - 1).reach(now).by_push);
        assert!(!signs(REACH_MS).reach(now).by_push);
        assert_eq!(Signs::default().reach(now), Reach::default());
    }
}
