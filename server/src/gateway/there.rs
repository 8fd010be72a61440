//! What those who watch a workspace's presence were told, compared with the list now and then. News
//! on the bus may be lost. While nodes cannot reach what they share, each of them knows only its
//! own agents.

use std::collections::BTreeSet;

use baton_protocol::AgentId;
use baton_protocol::frame::PresenceState;

/// Who is online, as all watchers know it.
#[derive(Default, Debug)]
pub(super) struct There {
    told: BTreeSet<AgentId>,
    /// Told as online, and missing from the list at the last look.
    missing: BTreeSet<AgentId>,
    /// Grows with all that is heard.
    heard: u64,
}

impl There {
    /// Takes note of news on the bus.
    pub(super) fn hear(&mut self, state: PresenceState) {
        self.heard += 1;
        self.missing.remove(&state.agent_id);
        if state.online {
            self.told.insert(state.agent_id);
        } else {
            self.told.remove(&state.agent_id);
        }
    }

    /// What was heard so far: a list that is asked for now may be older than what comes after.
    pub(super) fn heard(&self) -> u64 {
        self.heard
    }

    /// Compares with a list that was asked for when `heard` was so much. What is to be told: all of
    /// the list where the watchers may know different things, else what they do not know. `None`
    /// where the list is older than the news: it has to be asked for again.
    ///
    /// An agent who is missing once may be about to be told again by a node that has just come
    /// back. Only an agent who is missing at two looks in a row is offline. An agent who is in the
    /// list again is told once more, since new watchers do not know it.
    pub(super) fn compare(
        &mut self,
        online: BTreeSet<AgentId>,
        heard: u64,
        all: bool,
    ) -> Option<Vec<PresenceState>> {
        if heard != self.heard {
            return None;
        }
        let state =
            |online| move |agent_id: &AgentId| PresenceState { agent_id: *agent_id, online };
        let is_known = |agent| self.told.contains(agent) && !self.missing.contains(agent);
        let come = online.iter().filter(|agent| all || !is_known(*agent));
        let mut news: Vec<_> = come.map(state(true)).collect();
        let missing: BTreeSet<_> = self.told.difference(&online).copied().collect();
        let gone: Vec<_> = missing.intersection(&self.missing).copied().collect();
        news.extend(gone.iter().map(state(false)));
        self.told.extend(online);
        for agent in &gone {
            self.told.remove(agent);
        }
        self.missing = missing;
        Some(news)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn agents(all: &[u128]) -> BTreeSet<AgentId> {
        all.iter().map(|n| AgentId(Uuid::from_u128(*n))).collect()
    }

    fn told(states: &Option<Vec<PresenceState>>) -> Vec<(u128, bool)> {
        let states = states.iter().flatten();
        states.map(|state| (state.agent_id.0.as_u128(), state.online)).collect()
    }

    #[test]
    fn watchers_are_told_what_they_do_not_know_and_all_of_it_after_an_outage() {
        let mut there = There::default();
        assert_eq!(told(&there.compare(agents(&[1, 2]), 0, false)), [(1, true), (2, true)]);
        assert_eq!(told(&there.compare(agents(&[1, 2]), 0, false)), []);
        assert_eq!(told(&there.compare(agents(&[1, 2, 3]), 0, false)), [(3, true)]);
        let all = there.compare(agents(&[1, 2, 3]), 0, true);
        assert_eq!(told(&all), [(1, true), (2, true), (3, true)]);
    }

    #[test]
    fn who_is_missing_at_two_looks_in_a_row_is_offline() {
        let mut there = There::default();
        there.compare(agents(&[1, 2]), 0, false);
        assert_eq!(told(&there.compare(agents(&[1]), 0, false)), [], "perhaps about to be told");
        assert_eq!(told(&there.compare(agents(&[1, 2]), 0, false)), [(2, true)], "once more");
        assert_eq!(told(&there.compare(agents(&[1, 2]), 0, false)), []);
        assert_eq!(told(&there.compare(agents(&[1]), 0, false)), []);
        assert_eq!(told(&there.compare(agents(&[1]), 0, false)), [(2, false)]);
        assert_eq!(told(&there.compare(agents(&[1]), 0, false)), []);
    }

    #[test]
    fn a_new_watcher_learns_of_a_colleague_whom_the_first_list_lacked() {
        let mut there = There::default();
        there.compare(agents(&[1, 2]), 0, false);
        // The node of agent 2 is not back yet: a new watcher knows only agent 1.
        assert_eq!(told(&there.compare(agents(&[1]), 0, true)), [(1, true)]);
        assert_eq!(told(&there.compare(agents(&[1, 2]), 0, false)), [(2, true)]);
    }

    #[test]
    fn a_list_that_is_older_than_the_news_is_asked_for_again() {
        let mut there = There::default();
        let before = there.heard();
        there.hear(PresenceState { agent_id: AgentId(Uuid::from_u128(7)), online: true });
        assert_eq!(there.compare(agents(&[1]), before, true), None);
        assert_eq!(told(&there.compare(agents(&[1, 7]), there.heard(), false)), [(1, true)]);
    }
}
