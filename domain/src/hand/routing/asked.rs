//! The wish of a rule to routing: an agent for one conversation, chosen as the rule says. Nobody is
//! asked who is away, cannot be reached or has no room, as in each plan.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use baton_protocol::setting::{
    AssignBy, Hand, OnCall, Routing, RoutingStep, Rule, RuleAction, StepWho,
};
use baton_protocol::{AgentId, Choice, SettingId, TeamId};

use super::{Candidate, Planned, TeamMemory, TeamRouting, Waiting, plan};

/// The step of a rule that asks for an agent, if it has one.
pub fn step(rule: &Rule) -> Option<(AssignBy, &[OnCall])> {
    rule.then.iter().find_map(|action| {
        let RuleAction::Assign { by, on_call } = action else { return None };
        Some((*by, on_call.as_slice()))
    })
}

/// The schedules in whose hours agents are on call.
pub fn schedules(rule: &Rule) -> impl Iterator<Item = SettingId> {
    step(rule).into_iter().flat_map(|(_, on_call)| on_call).filter_map(|one| one.hours)
}

/// Plans for one conversation as a rule's step says, beside the team's own policy. `None` where
/// nobody can be asked now. `is_open` says whether a schedule is open; one that has ended is not.
pub fn planned(
    (team, policy): (TeamId, &Routing),
    ((by, on_call), is_open): ((AssignBy, &[OnCall]), impl Fn(SettingId) -> bool),
    waiting: &Waiting,
    candidates: &mut BTreeMap<AgentId, Candidate>,
    (memory, at): (&mut TeamMemory, u64),
) -> Option<Planned> {
    let now = on_call.iter().filter(|one| one.hours.is_none_or(&is_open)).map(|one| one.agent);
    let now: Vec<AgentId> = now.collect();
    let mut policy = Routing { hand: Hand::Assign, steps: Vec::new(), ..policy.clone() };
    policy.choose = match by {
        AssignBy::RoundRobin => Choice::RoundRobin,
        AssignBy::LeastLoaded => Choice::LeastLoaded,
        AssignBy::OnCall => Choice::Priority,
    };
    if by == AssignBy::OnCall {
        let (who, agents) = (StepWho::OnCall, now.clone());
        policy.steps = vec![RoutingStep { who, agents, ..RoutingStep::default() }];
        policy.first = now;
    }
    // The step names no schedule and no other team.
    let (is_open, routings) = (&BTreeMap::new(), &BTreeMap::new());
    let routing = TeamRouting { team, policy: &policy, is_open, routings };
    let found = plan(routing, std::slice::from_ref(waiting), candidates, memory, at);
    let mut found = found.into_iter().next().filter(|planned| planned.agent.is_some())?;
    // The number is one of the team's own steps, and this is the rule's.
    found.trail.step = None;
    Some(found)
}
