//! Gathers for a moment which agents come and go. When a crowd comes back at once, each arrival
//! told singly would be a frame to everybody.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_protocol::AgentId;
use baton_protocol::frame::PresenceState;
use tokio::time::Instant;

/// At most one frame in this time. The first one after a pause goes out at once.
const PAUSE: Duration = Duration::from_millis(500);

/// What was heard and not told yet.
#[derive(Default, Debug)]
pub(super) struct Comings {
    untold: BTreeMap<AgentId, bool>,
    told: Option<Instant>,
}

impl Comings {
    /// Takes note; what is to be told at once, each agent once.
    pub(super) fn hear(&mut self, state: PresenceState, now: Instant) -> Vec<PresenceState> {
        self.untold.insert(state.agent_id, state.online);
        if self.due().is_some_and(|due| due > now) {
            return Vec::new();
        }
        self.take(now)
    }

    /// When the rest is to be told.
    pub(super) fn due(&self) -> Option<Instant> {
        let told = self.told?;
        (!self.untold.is_empty()).then_some(told + PAUSE)
    }

    /// All that is untold.
    pub(super) fn take(&mut self, now: Instant) -> Vec<PresenceState> {
        self.told = Some(now);
        let untold = std::mem::take(&mut self.untold);
        let state = |(agent_id, online)| PresenceState { agent_id, online };
        untold.into_iter().map(state).collect()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn state(n: u128, online: bool) -> PresenceState {
        PresenceState { agent_id: AgentId(Uuid::from_u128(n)), online }
    }

    #[test]
    fn a_crowd_is_told_at_once_and_then_together() {
        let (mut comings, now) = (Comings::default(), Instant::now());
        assert_eq!(comings.hear(state(1, true), now), [state(1, true)]);
        for n in 2..=300 {
            assert_eq!(comings.hear(state(n, true), now), []);
        }
        assert_eq!(comings.hear(state(2, false), now), []);
        assert_eq!(comings.due(), Some(now + PAUSE));
        let told = comings.take(now + PAUSE);
        assert_eq!((told.len(), told[0]), (299, state(2, false)));
        assert_eq!(comings.due(), None);
    }

    #[test]
    fn after_a_pause_the_next_one_is_told_at_once() {
        let (mut comings, now) = (Comings::default(), Instant::now());
        comings.hear(state(1, true), now);
        assert_eq!(comings.hear(state(1, false), now + PAUSE), [state(1, false)]);
    }
}
