//! Rules of agents' skills.

use std::collections::BTreeSet;

use baton_protocol::Home;
use baton_protocol::setting::{AgentSkills, Skill};

use super::text::{count, language, name, number};
use super::{Around, SettingRules, Wrong};
use crate::text::fold::fold;

const SKILLS_MAX: usize = 30;
const LANGUAGES_MAX: usize = 20;

impl SettingRules for AgentSkills {
    fn check(&mut self, _: &Around<'_>) -> Result<(), Wrong> {
        skills(&mut self.skills, SKILLS_MAX)?;
        count("languages", self.languages.len(), LANGUAGES_MAX)?;
        self.languages.iter().try_for_each(|tag| language("languages", tag))?;
        self.languages.sort_unstable();
        self.languages.dedup();
        Ok(())
    }

    fn default_for(_: Home) -> Option<Self> {
        Some(Self::default())
    }
}

/// Skills, each named once.
pub(super) fn skills(skills: &mut [Skill], most: usize) -> Result<(), Wrong> {
    count("skills", skills.len(), most)?;
    let mut known = BTreeSet::new();
    for skill in skills {
        name("skills", &mut skill.name)?;
        number("skills", skill.level, 1, 3)?;
        if !known.insert(fold(&skill.name)) {
            return Err(Wrong::new("skills", "must name each skill once"));
        }
    }
    Ok(())
}
