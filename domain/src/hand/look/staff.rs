//! The people of a workspace as a look sees them.

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::setting::{AgentSkills, Schedule};
use baton_protocol::{Agent, AgentId, MembershipKind, Role, SettingId, TeamId, WorkspaceId};

use super::{Look, LookTime, StandingOffer};
use crate::hand::reach::Signs;
use crate::hand::routing::{Candidate, levels};
use crate::hand::shift;

/// Settings beside a team's own that routing looks at: skills, schedules, and which agents are
/// programs.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct AgentSettings {
    /// The skills of each who has any.
    pub skills: BTreeMap<AgentId, AgentSkills>,
    /// The schedules of each who has any.
    pub schedules: BTreeMap<AgentId, Vec<Schedule>>,
    /// All schedules of the workspace: steps name them.
    pub hours: BTreeMap<SettingId, Schedule>,
    /// The agents that a setting names as a bot.
    pub bots: BTreeSet<AgentId>,
}

impl AgentSettings {
    /// The schedules of an agent's own.
    pub fn schedules_of(&self, agent: AgentId) -> &[Schedule] {
        self.schedules.get(&agent).map_or(&[], Vec::as_slice)
    }
}

/// The people of a workspace, as they were read.
#[derive(Clone, Default, Debug)]
pub struct Staff {
    /// The agents.
    pub agents: Vec<Agent>,
    /// The signs of their devices.
    pub signs: BTreeMap<AgentId, Signs>,
    /// Their skills, schedules and bots.
    pub settings: AgentSettings,
    /// Teams whose members do not see what waits: they cannot take it.
    pub heads: BTreeSet<TeamId>,
}

impl Staff {
    /// The signs of an agent's devices; none of who never signed in.
    pub(super) fn signs_of(&self, agent: AgentId) -> Signs {
        self.signs.get(&agent).copied().unwrap_or_default()
    }
}

impl Look {
    /// Looks at the people of a workspace: misses that are over are forgotten, and offers that no
    /// device had count as pushes that nobody confirmed.
    pub fn note_signs(&mut self, workspace: WorkspaceId, staff: &mut Staff) {
        self.missed.look(workspace, &mut staff.signs);
    }

    /// The people of a workspace as plans look at them. An agent is idle since their load changed
    /// last.
    #[must_use]
    pub fn candidates(
        &mut self,
        (workspace, staff): (WorkspaceId, &Staff),
        offers: &[StandingOffer],
        at: LookTime,
    ) -> BTreeMap<AgentId, Candidate> {
        let now = at.wall;
        let one = |agent: &Agent| {
            let key = (workspace, agent.id);
            let known = self.loads.entry(key).or_insert((agent.load, 0));
            if known.0 != agent.load {
                *known = (agent.load, at.steady_ms());
            }
            let sees = |team| agent.role == Role::Admin || !staff.heads.contains(team);
            let serves = agent.teams.iter().filter(|at| at.kind == MembershipKind::Member);
            let serves = serves.filter(|at| sees(&at.team_id));
            let signs = staff.signs_of(agent.id);
            let brake = self.brakes.get(&workspace);
            let ending = self.ending.get(&key).copied().unwrap_or_default();
            let asked = offers.iter().filter(|offer| offer.offer.agent_id == agent.id).count();
            let settings = &staff.settings;
            let skills = settings.skills.get(&agent.id);
            let candidate = Candidate {
                agent: agent.id,
                state: agent.state,
                availability: agent.availability,
                teams: serves.map(|place| place.team_id).collect(),
                is_off_shift: shift::is_off(settings.schedules_of(agent.id), now),
                is_bot: settings.bots.contains(&agent.id),
                is_out: self.missed.is_out_after(key, ending),
                is_braked: brake.is_some_and(|brake| brake.holds(&signs, now)),
                skills: skills.map(levels).unwrap_or_default(),
                languages: skills
                    .map_or_else(BTreeSet::new, |of| of.languages.iter().cloned().collect()),
                verdict: signs.verdict(now),
                offer_verdict: signs.offer_verdict(now),
                load: agent.load,
                capacity: agent.capacity,
                offers: u32::try_from(asked).unwrap_or(u32::MAX),
                idle_since: known.1,
            };
            (agent.id, candidate)
        };
        staff.agents.iter().map(one).collect()
    }
}
