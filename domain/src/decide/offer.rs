//! The agent who is asked says yes or no.

use baton_protocol::limits::LATE_YES_MS;
use baton_protocol::{Fact, LapsedOffer, OfferEnd, OfferId, OpenOffer, Owner, OwnerCause, Refusal};

use super::{Case, Decided, facts, nothing};
use crate::fact::planted::{Bug, is_planted};
use crate::fact::predicates::is_routable;

impl Case<'_> {
    /// The offer of this id, if it is the author's and stands.
    fn offer(&self, id: OfferId) -> Result<OpenOffer, Refusal> {
        let mine =
            |offer: &OpenOffer| offer.offer_id == id && offer.agent_id == self.context.my_id();
        self.conversation.thread.offer.filter(mine).ok_or(Refusal::OfferGone)
    }

    /// Whether this offer was the author's and ended a moment ago, and the conversation still waits
    /// for somebody whom nobody else is asked to be. It has no room of its own by then.
    fn is_late_yes(&self, id: OfferId) -> bool {
        let thread = &self.conversation.thread;
        let mine = |of: &&LapsedOffer| of.offer_id == id && of.agent_id == self.context.my_id();
        let lapsed = thread.lapsed.iter().find(mine);
        thread.offer.is_none()
            && is_routable(self.conversation)
            && lapsed.is_some_and(|of| self.now.since(of.at) <= LATE_YES_MS)
    }
}

/// The unit of load that the offer is becomes the conversation's: no room is needed. That the offer
/// ended follows from the change of owner.
pub(super) fn accept(case: &Case<'_>, id: OfferId) -> Decided {
    // Another device was first, or the agent has claimed it meanwhile.
    if case.context.owns(case.conversation) {
        return nothing();
    }
    let is_late = case.is_late_yes(id);
    if !is_late {
        case.offer(id)?;
    }
    let needs_room = match is_late {
        true => !is_planted(Bug::LateYesWithoutRoom),
        false => is_planted(Bug::OwnUnitForgotten),
    };
    if needs_room {
        return facts([case.taken_by_author(OwnerCause::Accepted)?]);
    }
    let (owner, team) = (Owner::Agent(case.context.my_id()), case.conversation.head.team_id);
    facts([case.owned_by(owner, team, OwnerCause::Accepted)])
}

pub(super) fn decline(case: &Case<'_>, id: OfferId) -> Decided {
    let OpenOffer { offer_id, agent_id, .. } = case.offer(id)?;
    facts([Fact::OfferEnded { offer_id, agent_id, end: OfferEnd::Declined }])
}
