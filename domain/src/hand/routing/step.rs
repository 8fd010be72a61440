//! A step of a team's routing: who of the team is looked at, and why the others are not asked.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use baton_protocol::setting::{Routing, RoutingStep, StepWho};
use baton_protocol::{AgentId, AgentState, Availability, LeftOut, OfferEnd, PassedOver, TeamId};

use super::{Candidate, Waiting};
use crate::hand::reach::Verdict;
use crate::text::fold::fold;

/// Agents that a trail lists at most.
const LEFT_OUT_MAX: usize = 200;

/// The members of a team as one step sees them.
pub(super) struct Looked<'a> {
    /// Those who can be asked.
    pub(super) eligible: Vec<&'a Candidate>,
    /// The others, each with the first reason.
    left_out: Vec<LeftOut>,
    /// Those of them who lack nothing but room.
    busy: Vec<AgentId>,
}

impl<'a> Looked<'a> {
    pub(super) fn at(
        (team, policy): (TeamId, &Routing),
        step: &RoutingStep,
        waiting: &Waiting,
        candidates: &'a BTreeMap<AgentId, Candidate>,
    ) -> Self {
        let mut looked = Self { eligible: Vec::new(), left_out: Vec::new(), busy: Vec::new() };
        let has_refused = |agent: &AgentId| {
            waiting.asked.contains_key(agent)
                || waiting.former.contains(agent)
                || policy.excluded.contains(agent)
        };
        for (agent, candidate) in candidates {
            let why = match obstacle((team, policy), step, waiting, candidate) {
                // Who is in no way part of the team is not worth a line.
                Some(PassedOver::NotInTeam) => continue,
                None if step.who == StepWho::Last && waiting.last != Some(*agent) => {
                    PassedOver::NotChosen
                }
                None => {
                    looked.eligible.push(candidate);
                    continue;
                }
                Some(why) => why,
            };
            if matches!(why, PassedOver::Full | PassedOver::OffersOut) && !has_refused(agent) {
                looked.busy.push(*agent);
            }
            looked.left_out.push(LeftOut { agent_id: *agent, why });
        }
        looked
    }

    /// True while the step waits for somebody who is there and has no room now.
    pub(super) fn is_waited_for(&self, step: &RoutingStep, waiting: &Waiting) -> bool {
        // Others than those that a step names are left out for that.
        let is_meant = |agent: &AgentId| step.who != StepWho::Last || waiting.last == Some(*agent);
        waiting.waited_s < step.wait_s.into() && self.busy.iter().any(is_meant)
    }

    /// The agents who are left out where this one is asked, and the number that is not listed.
    pub(super) fn left_out(self, asked: Option<AgentId>) -> (Vec<LeftOut>, u32) {
        let mut left_out = self.left_out;
        let others = self.eligible.iter().map(|one| one.agent).filter(|one| Some(*one) != asked);
        let why = PassedOver::NotChosen;
        left_out.extend(others.map(|agent_id| LeftOut { agent_id, why }));
        left_out.sort_by_key(|left| left.agent_id);
        let more = left_out.len().saturating_sub(LEFT_OUT_MAX);
        left_out.truncate(LEFT_OUT_MAX);
        (left_out, u32::try_from(more).unwrap_or(u32::MAX))
    }
}

/// The first reason for which somebody is not asked.
fn obstacle(
    (team, policy): (TeamId, &Routing),
    step: &RoutingStep,
    waiting: &Waiting,
    of: &Candidate,
) -> Option<PassedOver> {
    let is_deaf = of.hears(policy.hand) == Verdict::Unreachable;
    let is_full = of.capacity.is_some_and(|capacity| of.load >= capacity);
    let is_named = is_named_alone(step) && step.agents.contains(&of.agent);
    let is_bot = of.is_bot && (!is_named || waiting.is_for_people);
    let asked = waiting.asked.get(&of.agent).copied();
    let reasons = [
        // Who left the workspace is in no team any more.
        (!of.teams.contains(&team), PassedOver::NotInTeam),
        (of.state != AgentState::Active, PassedOver::Inactive),
        (is_bot, PassedOver::Bot),
        (of.is_off_shift && step.who != StepWho::OnCall, PassedOver::OffShift),
        (of.availability == Availability::Away, PassedOver::Away),
        (of.availability == Availability::Busy, PassedOver::Busy),
        (of.is_out, PassedOver::NotResponding),
        (of.is_braked, PassedOver::Braked),
        (is_deaf && of.verdict != Verdict::Unreachable, PassedOver::NoDevice),
        (is_deaf, PassedOver::Unreachable),
        // Before room: for somebody who could not take it nobody waits.
        (is_named_alone(step) && !is_named, PassedOver::NotNamed),
        (!has_skills(step, of), PassedOver::Skill),
        (step.speaks && !speaks(waiting, of), PassedOver::Language),
        (is_full, PassedOver::Full),
        (of.offers >= policy.at_once, PassedOver::OffersOut),
        (asked == Some(OfferEnd::Missed), PassedOver::Missed),
        (asked == Some(OfferEnd::NotReceived), PassedOver::NotReceived),
        (asked.is_some(), PassedOver::Declined),
        (waiting.former.contains(&of.agent), PassedOver::FormerOwner),
        (policy.excluded.contains(&of.agent), PassedOver::Excluded),
    ];
    reasons.into_iter().find_map(|(is_so, why)| is_so.then_some(why))
}

/// Tells if the step looks at those alone whom it names.
fn is_named_alone(step: &RoutingStep) -> bool {
    matches!(step.who, StepWho::Named | StepWho::OnCall)
}

fn has_skills(step: &RoutingStep, of: &Candidate) -> bool {
    step.skills.iter().all(|wanted| {
        let level = of.skills.get(&fold(&wanted.name));
        level.is_some_and(|level| *level >= wanted.level)
    })
}

/// True where they speak the customer's language, or it is not known. Countries do not matter: who
/// speaks `pt` is asked for `pt-BR`.
fn speaks(waiting: &Waiting, of: &Candidate) -> bool {
    let Some(language) = &waiting.language else { return true };
    let wanted = primary(language);
    of.languages.iter().any(|spoken| primary(spoken).eq_ignore_ascii_case(wanted))
}

fn primary(tag: &str) -> &str {
    tag.split('-').next().unwrap_or(tag)
}
