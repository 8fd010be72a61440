//! Rules of a team's routing.

use std::collections::BTreeSet;

use baton_protocol::setting::{Routing, RoutingStep, SettingKind, StepWho};
use baton_protocol::{AgentId, Choice, Home, TeamId};

use super::agent_skills::skills;
use super::text::{count, number};
use super::{Around, Name, SettingRules, Target, Wrong};

const STEPS_MAX: usize = 8;
const STEP_SKILLS_MAX: usize = 5;
const STEP_AGENTS_MAX: usize = 20;
const DAY_S: u32 = 24 * 60 * 60;

fn at_step(wrong: Wrong) -> Wrong {
    Wrong::new("steps", wrong.problem)
}

impl SettingRules for Routing {
    fn check(&mut self, around: &Around<'_>) -> Result<(), Wrong> {
        if self.choose == Choice::Unknown {
            return Err(Wrong::new("choose", "is no way to choose"));
        }
        number("window_s", self.window_s, 15, 300)?;
        number("at_once", self.at_once, 1, 10)?;
        count("first", self.first.len(), 100)?;
        count("excluded", self.excluded.len(), 100)?;
        let mut known: BTreeSet<AgentId> = BTreeSet::new();
        self.first.retain(|agent| known.insert(*agent));
        self.excluded.sort_unstable();
        self.excluded.dedup();
        count("steps", self.steps.len(), STEPS_MAX)?;
        for step in &mut self.steps {
            skills(&mut step.skills, STEP_SKILLS_MAX).map_err(at_step)?;
            number("steps", step.after_s, 0, DAY_S)?;
            number("steps", step.wait_s, 0, DAY_S)?;
            // Each team has its routing once, under its own id.
            whom(step, TeamId(around.id.0))?;
        }
        if self.choose == Choice::Priority && self.first.is_empty() {
            return Err(Wrong::new("first", "must name who is asked first"));
        }
        Ok(())
    }

    fn names(&self) -> Vec<Name> {
        let named = |field: &'static str, all: &[AgentId]| -> Vec<Name> {
            all.iter().map(|id| Name { field, target: Target::Agent(*id) }).collect()
        };
        let of_step = |step: &RoutingStep| {
            let team = step.to_team.map(Target::Team);
            let hours = step.schedule.map(|id| Target::Setting(SettingKind::Schedule, id));
            let agents = step.agents.iter().map(|id| Target::Agent(*id));
            agents.chain(team).chain(hours).collect::<Vec<_>>()
        };
        let steps = self.steps.iter().flat_map(of_step);
        let steps = steps.map(|target| Name { field: "steps", target }).collect();
        [named("first", &self.first), named("excluded", &self.excluded), steps].concat()
    }

    fn default_for(_: Home) -> Option<Self> {
        Some(Self::default())
    }
}

/// A step names whom its kind needs, and keeps nothing that says nothing.
fn whom(step: &mut RoutingStep, home: TeamId) -> Result<(), Wrong> {
    step.agents.sort_unstable();
    step.agents.dedup();
    step.closed &= step.schedule.is_some();
    if !matches!(step.who, StepWho::Named | StepWho::OnCall) {
        step.agents.clear();
    } else if step.agents.is_empty() {
        return Err(Wrong::new("steps", "must say who is asked"));
    }
    count("steps", step.agents.len(), STEP_AGENTS_MAX)?;
    match (step.who, step.to_team) {
        (StepWho::Move, None) => Err(Wrong::new("steps", "must say which team gets it")),
        (StepWho::Move, Some(team)) if team == home => {
            Err(Wrong::new("steps", "must give it to another team"))
        }
        (StepWho::Move, _) => Ok(()),
        _ => {
            step.to_team = None;
            Ok(())
        }
    }
}
