//! Responsibility: claim, assign, unassign, transfer, and who may act on what.

use baton_protocol::command::{Assign, Claim, Transfer, Unassign};
use baton_protocol::limits::REMINDERS_MAX;
use baton_protocol::{
    AgentId, AgentState, Availability, Conversation, Fact, OfferEnd, OpenOffer, Owner, OwnerCause,
    Refusal, Reminder, ReplyPolicy, Status, TeamId,
};

use super::{Case, Decided, Draft, changed, facts, fence, follow, nothing, opened, work};
use crate::context::AgentFacts;
use crate::fact::planted::{Bug, is_planted};
use crate::fact::reminders;

impl Case<'_> {
    /// Refuses unless the author may answer (and so resolve, snooze …) as things stand. What a
    /// queue owns, those answer who serve it: seeing all of it is not enough.
    pub(super) fn may_answer(&self) -> Result<(), Refusal> {
        let owner = self.conversation.head.owner;
        let allowed = match owner {
            _ if is_planted(Bug::AnsweredByAnyone) => true,
            Owner::Queue(_) => self.context.serves(self.conversation),
            Owner::Agent(_) if self.context.owns(self.conversation) => true,
            Owner::Agent(_) => match self.context.team(self.conversation).map(|t| t.reply_policy) {
                Some(ReplyPolicy::Team) => self.context.is_teammate(self.conversation),
                Some(ReplyPolicy::Scope) => true,
                Some(ReplyPolicy::Owner) | None => false,
            },
        };
        if allowed { Ok(()) } else { Err(Refusal::NotOwner { owner }) }
    }

    /// Refuses unless the author owns or supervises it.
    fn check_responsible(&self) -> Result<(), Refusal> {
        if self.context.owns(self.conversation) || self.context.supervises(self.conversation) {
            return Ok(());
        }
        Err(Refusal::NotOwner { owner: self.conversation.head.owner })
    }

    pub(super) fn check_owner_epoch(&self, owner_epoch: u64) -> Result<(), Refusal> {
        let head = &self.conversation.head;
        if head.owner_epoch == owner_epoch {
            return Ok(());
        }
        Err(Refusal::OwnerChanged { owner: head.owner, owner_epoch: head.owner_epoch })
    }

    /// Refuses a hand-over without the note that the team requires. Supervisors write none. A
    /// conversation of a queue had no owner who could write one. Its own team's queue needs none.
    fn check_hand_over(&self, to: Owner, has_note: bool) -> Result<(), Refusal> {
        let own_queue = Owner::Queue(self.conversation.head.team_id);
        let is_asked = self.context.requires_note
            && to != own_queue
            && matches!(self.conversation.head.owner, Owner::Agent(_))
            && !self.context.supervises(self.conversation);
        if is_asked && !has_note { Err(Refusal::NoteRequired) } else { Ok(()) }
    }

    /// Refuses to take from the queue what members of this team may not pick.
    pub(super) fn check_pick(&self) -> Result<(), Refusal> {
        let Conversation { head, thread } = self.conversation;
        let waits = matches!(head.owner, Owner::Queue(_)) && head.status != Status::Resolved;
        let is_offered = thread.offer.is_some_and(|of| of.agent_id == self.context.my_id());
        let is_free = self.context.may_pick || is_offered;
        if !waits || is_free || self.context.supervises(self.conversation) {
            return Ok(());
        }
        Err(Refusal::NotAllowed)
    }

    /// The fact that `owner` is responsible from here on.
    pub(super) fn owned_by(&self, owner: Owner, team_id: TeamId, cause: OwnerCause) -> Fact {
        changed(&self.conversation.head, owner, team_id, cause, false)
    }

    /// The fact that the author owns it from here on, if there is room.
    pub(super) fn taken_by_author(&self, cause: OwnerCause) -> Result<Fact, Refusal> {
        self.room_for(self.context.my_id(), false)?;
        let owner = Owner::Agent(self.context.my_id());
        Ok(self.owned_by(owner, self.conversation.head.team_id, cause))
    }

    /// Whether the capacity is passed, which only a supervisor's explicit wish allows.
    fn room_for(&self, agent: AgentId, exceed: bool) -> Result<bool, Refusal> {
        if exceed && !self.context.supervises(self.conversation) {
            return Err(Refusal::NotAllowed);
        }
        let facts = self.active(agent, "agent_id")?;
        // A bot takes nothing by itself that its customer asked a person for.
        let is_taken_back = agent == self.context.my_id()
            && self.context.is_bot
            && self.conversation.thread.clocks.is_for_people
            && self.conversation.head.status != Status::Resolved;
        if is_taken_back {
            return Err(Refusal::NotAllowed);
        }
        // What is offered to them counts already.
        let offer = self.conversation.thread.offer;
        let is_theirs = offer.is_some_and(|offer| offer.agent_id == agent);
        let is_full = facts.is_full() && (!is_theirs || is_planted(Bug::OwnUnitForgotten));
        match facts.capacity {
            Some(_) if is_full && exceed => Ok(true),
            Some(capacity) if is_full => {
                Err(Refusal::AtCapacity { agent_id: agent, load: facts.load, capacity })
            }
            _ => Ok(false),
        }
    }

    /// The agent that the command names in this field.
    pub(super) fn active(&self, agent: AgentId, field: &str) -> Result<&AgentFacts, Refusal> {
        let facts = self.context.people.agents.get(&agent);
        facts
            .filter(|facts| facts.state == AgentState::Active)
            .ok_or_else(|| Refusal::invalid(field, "no active agent of this workspace"))
    }

    fn given_to(&self, agent: AgentId, cause: OwnerCause, exceed: bool) -> Result<Fact, Refusal> {
        let exceeded_capacity = self.room_for(agent, exceed)?;
        let head = &self.conversation.head;
        Ok(changed(head, Owner::Agent(agent), head.team_id, cause, exceeded_capacity))
    }

    /// An episode must be open for this.
    pub(super) fn unresolved(&self) -> Result<(), Refusal> {
        if self.conversation.head.status == Status::Resolved {
            return Err(Refusal::NotAllowed);
        }
        Ok(())
    }

    /// The fact that the next episode begins.
    pub(super) fn next_episode(&self) -> Fact {
        opened(&self.conversation.head)
    }
}

pub(super) fn claim(case: &Case<'_>, claim: &Claim) -> Decided {
    if case.context.owns(case.conversation) {
        return nothing();
    }
    if !is_planted(Bug::ClaimsUnfenced) {
        case.check_owner_epoch(claim.expect_owner_epoch)?;
        if let Owner::Agent(owner) = case.conversation.head.owner {
            may_take_from(case, owner)?;
        }
    }
    case.check_pick()?;
    let mut all = Vec::new();
    if case.conversation.head.status == Status::Resolved {
        all.push(case.next_episode());
    }
    all.push(case.given_to(case.context.my_id(), OwnerCause::Claimed, claim.exceed_capacity)?);
    facts(all)
}

/// From a colleague: supervisors, or teammates where the team allows it or the owner is away.
fn may_take_from(case: &Case<'_>, owner: AgentId) -> Result<(), Refusal> {
    if case.context.supervises(case.conversation) {
        return Ok(());
    }
    let team = case.context.team(case.conversation);
    let allowed =
        team.is_some_and(|team| team.claim_from_colleagues) || is_planted(Bug::ClaimedFromAnyone);
    let away = case.context.people.agents.get(&owner).is_none_or(|facts| {
        facts.availability == Availability::Away || facts.state != AgentState::Active
    });
    if case.context.is_teammate(case.conversation) && (allowed || away) {
        return Ok(());
    }
    Err(Refusal::NotOwner { owner: case.conversation.head.owner })
}

pub(super) fn assign(case: &Case<'_>, assign: &Assign) -> Decided {
    if case.conversation.head.owner == Owner::Agent(assign.agent_id) {
        return nothing();
    }
    case.check_owner_epoch(assign.expect_owner_epoch)?;
    case.unresolved()?;
    case.check_responsible()?;
    case.check_hand_over(Owner::Agent(assign.agent_id), false)?;
    facts([case.given_to(assign.agent_id, OwnerCause::Assigned, assign.exceed_capacity)?])
}

pub(super) fn unassign(case: &Case<'_>, unassign: &Unassign) -> Decided {
    let team = case.conversation.head.team_id;
    if case.conversation.head.owner == Owner::Queue(team) {
        return nothing();
    }
    case.check_owner_epoch(unassign.expect_owner_epoch)?;
    case.check_responsible()?;
    facts([case.owned_by(Owner::Queue(team), team, OwnerCause::Unassigned)])
}

pub(super) fn transfer(case: &Case<'_>, transfer: &Transfer) -> Decided {
    let (mut drafts, accepted) = hand_over_note(case, transfer)?;
    if case.conversation.head.owner == transfer.to {
        // What is told the receiver holds for the owner and the lines that its author knew of, like
        // the hand-over itself.
        if !drafts.is_empty() {
            case.check_owner_epoch(transfer.expect_owner_epoch)?;
            fence::check(case, transfer.seen)?;
        }
        return Ok((drafts, accepted));
    }
    case.check_owner_epoch(transfer.expect_owner_epoch)?;
    case.unresolved()?;
    if matches!(case.conversation.head.owner, Owner::Agent(_)) {
        case.check_responsible()?;
    }
    if matches!(transfer.to, Owner::Agent(_)) {
        case.check_pick()?;
    }
    fence::check(case, transfer.seen)?;
    case.check_hand_over(transfer.to, transfer.note.is_some())?;
    let changed = match transfer.to {
        Owner::Agent(agent) => {
            case.active(agent, "to")?;
            case.given_to(agent, OwnerCause::Transferred, transfer.exceed_capacity)?
        }
        Owner::Queue(team) if case.context.people.teams.contains_key(&team) => {
            case.owned_by(transfer.to, team, OwnerCause::Transferred)
        }
        Owner::Queue(_) => return Err(Refusal::invalid("to", "no team of this workspace")),
    };
    drafts.push(changed.into());
    Ok((drafts, accepted))
}

/// An agent who leaves gives everything back to the queue, is asked nothing and follows nothing.
/// So does who is out of the team. Their heirs are called back to what they promised to come back
/// to.
pub fn rehome(
    conversation: &Conversation,
    agent: &AgentFacts,
    (heirs, is_out_of_team): (&[AgentId], bool),
) -> Vec<Draft> {
    let (head, agent_id) = (&conversation.head, agent.id);
    if agent.state != AgentState::Leaving && !is_out_of_team {
        return Vec::new();
    }
    let mut drafts = Vec::new();
    if head.owner == Owner::Agent(agent_id) {
        let queue = Owner::Queue(head.team_id);
        drafts.push(changed(head, queue, head.team_id, OwnerCause::Rehomed, false).into());
    }
    if let Some(offer) = conversation.thread.offer.filter(|offer| offer.agent_id == agent_id) {
        let OpenOffer { offer_id, agent_id, .. } = offer;
        drafts.push(Fact::OfferEnded { offer_id, agent_id, end: OfferEnd::Withdrawn }.into());
    }
    if follow::is_follower(conversation, agent_id) {
        drafts.push(Fact::Unfollowed { agent_id }.into());
    }
    if let Some(one) = reminders::standing(conversation, agent_id) {
        drafts.push(reminders::ended(one, None).into());
        let free = heirs.iter().filter(|heir| reminders::standing(conversation, **heir).is_none());
        let Reminder { at, follow_up, note_id, .. } = *one;
        let set = |heir: &AgentId| Fact::ReminderSet { agent_id: *heir, at, follow_up, note_id };
        let room = REMINDERS_MAX.saturating_sub(conversation.thread.reminders.len() - 1);
        drafts.extend(free.take(room).map(|heir| set(heir).into()));
    }
    drafts
}

/// The hand-over note comes first, so that whoever receives the conversation finds it there.
fn hand_over_note(case: &Case<'_>, transfer: &Transfer) -> Decided {
    let Some(text) = &transfer.note else { return nothing() };
    work::noted(case, "note", text, None, Vec::new())
}
