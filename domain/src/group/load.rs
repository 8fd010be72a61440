//! Loads, and offers that are over: both follow from what a fact changed.

use baton_protocol::{
    AgentId, Conversation, ConversationId, Fact, OfferEnd, OpenOffer, Owner, WorkspaceId,
};

use super::state::{By, Key, State};
use crate::fact::predicates::is_load;
use crate::fact::predicates::is_routable;

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
            match facts.load.checked_sub(1) {
                Some(load) => facts.load = load,
                None => drop(self.miscounted.insert((workspace, facts.id))),
            }
        }
        if let Some(facts) = after.and_then(|id| agents.agents.get_mut(&id)) {
            facts.load += 1;
        }
    }

    /// Ends an offer of which nothing is left to take: somebody owns the conversation, or it waits
    /// for nobody, or in another team's queue.
    pub(super) fn end_offer(
        &mut self,
        of: Key<ConversationId>,
        old: Option<&Conversation>,
        now: &Conversation,
        by: By,
    ) {
        let has_moved = old.is_some_and(|old| old.head.team_id != now.head.team_id);
        let over = now.thread.offer.filter(|_| has_moved || !is_routable(now));
        let Some(OpenOffer { offer_id, agent_id, .. }) = over else { return };
        let is_theirs = now.head.owner == Owner::Agent(agent_id);
        let end = if is_theirs { OfferEnd::Accepted } else { OfferEnd::Withdrawn };
        self.append_one(of, Fact::OfferEnded { offer_id, agent_id, end }.into(), by);
    }
}

/// The agent whose load a conversation counts towards: its owner, or who is asked to take it.
fn bearer(conversation: &Conversation) -> Option<AgentId> {
    let asked = conversation.thread.offer.map(|offer| offer.agent_id);
    conversation.head.owner.agent().or(asked).filter(|_| is_load(conversation.head.status))
}
