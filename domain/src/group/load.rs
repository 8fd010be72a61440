//! Loads of agents, kept true as owners and statuses change.

use baton_protocol::{AgentId, Conversation, WorkspaceId};

use super::state::State;
use crate::predicates::is_load;

impl State {
    /// What an agent owns that counts, kept true as owners and statuses change.
    pub(super) fn move_load(
        &mut self,
        workspace: WorkspaceId,
        old: Option<&Conversation>,
        now: &Conversation,
    ) {
        let before = old.and_then(bearer);
        let after = bearer(now);
        if before == after {
            return;
        }
        let agents = self.people.entry(workspace).or_default();
        if let Some(facts) = before.and_then(|id| agents.agents.get_mut(&id)) {
            if facts.load == 0 {
                self.miscounted.insert((workspace, facts.id));
            }
            facts.load = facts.load.saturating_sub(1);
        }
        if let Some(facts) = after.and_then(|id| agents.agents.get_mut(&id)) {
            facts.load += 1;
        }
    }
}

/// The agent whose load a conversation counts towards.
fn bearer(conversation: &Conversation) -> Option<AgentId> {
    conversation.head.owner.agent().filter(|_| is_load(conversation.head.status))
}
