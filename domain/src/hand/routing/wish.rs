//! The wishes of routing, which the commit tests under its locks.

use baton_protocol::{
    AgentId, ConversationId, OfferEnd, OfferId, TeamId, Timestamp, Trail, WorkspaceId,
};

/// The routing's choice for a conversation.
#[derive(Clone, Debug)]
pub struct RouteWork {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The conversation that waits.
    pub conversation: ConversationId,
    /// The revision of the conversation that was read. The team is not called where it is another
    /// one by now: that is decided anew.
    pub revision: u64,
    /// The team whose queue it waits in.
    pub team: TeamId,
    /// The agent who is chosen; `None`: everybody is called.
    pub agent: Option<AgentId>,
    /// The id of the offer and until when it stands; `None`: it is theirs at once.
    pub offer: Option<(OfferId, Timestamp)>,
    /// The basis of the choice.
    pub trail: Trail,
}

impl RouteWork {
    /// True where nobody is asked: it stays, and somebody is called.
    #[must_use]
    pub fn is_call(&self) -> bool {
        self.agent.is_none() && self.trail.to_team.is_none()
    }

    /// True where it goes to another team's queue, and nobody is asked here.
    #[must_use]
    pub fn is_move(&self) -> bool {
        self.agent.is_none() && self.trail.to_team.is_some()
    }

    /// True for a call that says no more than that nobody can be asked. That something goes round
    /// is told by its own account, once.
    #[must_use]
    pub fn is_plain_call(&self) -> bool {
        self.is_call() && !self.trail.circle
    }
}

/// An offer ends: its agent did not answer in time, or may no longer have it.
#[derive(Clone, Copy, Debug)]
pub struct OfferEndWork {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The conversation that is offered.
    pub conversation: ConversationId,
    /// The offer.
    pub offer_id: OfferId,
    /// The way it ends.
    pub end: OfferEnd,
}
