//! The routing's choice is carried out, and offers end. The plan was made of what was read a moment
//! ago: it is tested here again, under the locks.

use baton_protocol::{
    Actor, AgentId, AgentState, Availability, Conversation, Fact, OpenOffer, Owner, OwnerCause,
    Status, TeamId, Timestamp, Trail, WorkspaceId,
};

use super::state::{By, State};
use super::work::{HandBackWork, OfferEndWork, RouteWork};
use crate::fact::draft::changed;
use crate::fact::planted::{Bug, is_planted};
use crate::fact::predicates::is_routable;
use crate::fact::scope::{Level, Scope};
use crate::hand::routing::absence::Absence;

/// Somebody is asked to take what waits, or is given it, or another team gets it, or everybody is
/// called.
pub(super) fn route(state: &mut State, work: &RouteWork, now: Timestamp) {
    let key = (work.workspace, work.conversation);
    let Some(conversation) = state.conversation(key.0, key.1) else { return };
    let is_untested = is_planted(Bug::ChoicesUntested);
    let is_free = is_routable(conversation) && conversation.thread.offer.is_none();
    if !(is_free || is_untested) || conversation.head.team_id != work.team {
        return;
    }
    // Another leader may have called or moved it meanwhile, and nothing but the log tells.
    let is_stale = conversation.head.revision != work.revision;
    if work.agent.is_none() && is_stale && !is_planted(Bug::CallsUncompared) {
        return;
    }
    let Trail { to_team, .. } = work.trail;
    if to_team.is_some_and(|team| team == work.team || !has_team(state, work.workspace, team)) {
        return;
    }
    let may = |agent| is_untested || may_take(state, work.workspace, conversation, agent);
    if work.agent.is_some_and(|agent| !may(agent)) {
        return;
    }
    let offer = work.agent.zip(work.offer).map(|(agent_id, (offer_id, until))| OpenOffer {
        offer_id,
        agent_id,
        until,
    });
    let trail = Box::new(work.trail.clone());
    let mut drafts = vec![Fact::Routed { agent_id: work.agent, offer, trail }.into()];
    if let Some(agent) = work.agent.filter(|_| offer.is_none()) {
        let owner = Owner::Agent(agent);
        let given = changed(&conversation.head, owner, work.team, OwnerCause::Routed, false);
        drafts.push(given.into());
    }
    if let Some(team) = to_team.filter(|_| work.agent.is_none()) {
        let queue = Owner::Queue(team);
        drafts.push(changed(&conversation.head, queue, team, OwnerCause::Routed, false).into());
    }
    state.append(key, drafts, By::new(Actor::System, now));
}

fn has_team(state: &State, workspace: WorkspaceId, team: TeamId) -> bool {
    state.people.get(&workspace).is_some_and(|people| people.teams.contains_key(&team))
}

/// Whether somebody may be asked still: active, available, of the team, and with room.
fn may_take(
    state: &State,
    workspace: WorkspaceId,
    conversation: &Conversation,
    agent: AgentId,
) -> bool {
    let people = state.people.get(&workspace);
    let facts = people.and_then(|people| people.agents.get(&agent));
    let is_there = facts.is_some_and(|facts| {
        facts.state == AgentState::Active
            && facts.availability == Availability::Available
            && !facts.is_full()
    });
    let team = conversation.head.team_id;
    let sees = state.sights.get(&(workspace, agent)).is_some_and(|sight| {
        sight.viewer.teams.contains_key(&team)
            && sight.level(Scope::of(&conversation.head)) == Level::Full
    });
    is_there && sees
}

/// The queue has it again, unless its owner answered, came back, or is another one.
pub(super) fn hand_back(state: &mut State, work: &HandBackWork, now: Timestamp) {
    let of = work.deserted;
    let key = (of.workspace, of.conversation);
    let Some(conversation) = state.conversation(key.0, key.1) else { return };
    let (head, thread) = (&conversation.head, &conversation.thread);
    let is_so_still = head.status == Status::Open
        && head.owner == Owner::Agent(of.agent)
        && head.owner_epoch == of.owner_epoch
        && thread.block.is_none()
        && thread.clocks.bot.is_none()
        && thread.turn.is_some_and(|turn| turn.from_seq == of.from_seq);
    let people = state.people.get(&of.workspace);
    let facts = people.and_then(|people| people.agents.get(&of.agent));
    let is_back = of.absence == Absence::Away
        && facts.is_none_or(|facts| facts.availability != Availability::Away);
    if (!is_so_still || is_back) && !is_planted(Bug::HandBacksUntested) {
        return;
    }
    let queue = Owner::Queue(head.team_id);
    let given = changed(head, queue, head.team_id, of.absence.cause(), false);
    state.append(key, vec![given.into()], By::new(Actor::System, now));
}

/// An offer ended otherwise than by its agent. One that is over is left alone.
pub(super) fn end(state: &mut State, work: &OfferEndWork, now: Timestamp) {
    let key = (work.workspace, work.conversation);
    let Some(conversation) = state.conversation(key.0, key.1) else { return };
    let standing = conversation.thread.offer.filter(|offer| offer.offer_id == work.offer_id);
    let Some(OpenOffer { offer_id, agent_id, .. }) = standing else { return };
    let ended = Fact::OfferEnded { offer_id, agent_id, end: work.end };
    state.append(key, vec![ended.into()], By::new(Actor::System, now));
}
