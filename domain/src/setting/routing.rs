//! Rules of a team's routing.

use std::collections::BTreeSet;

use baton_protocol::setting::Routing;
use baton_protocol::{AgentId, Choice, Home};

use super::agent_skills::skills;
use super::text::{count, number};
use super::{Around, Name, SettingRules, Target, Wrong};

const STEPS_MAX: usize = 8;
const STEP_SKILLS_MAX: usize = 5;
const DAY_S: u32 = 24 * 60 * 60;

fn at_step(wrong: Wrong) -> Wrong {
    Wrong::new("steps", wrong.problem)
}

impl SettingRules for Routing {
    fn check(&mut self, _: &Around<'_>) -> Result<(), Wrong> {
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
        [named("first", &self.first), named("excluded", &self.excluded)].concat()
    }

    fn default_for(_: Home) -> Option<Self> {
        Some(Self::default())
    }
}
