//! Outcomes of episodes.

use std::collections::BTreeSet;

use baton_protocol::Home;
use baton_protocol::setting::{AskOutcome, OutcomeChoice, Outcomes, SettingKind};

use super::text::{count, name};
use super::{Around, Name, SettingRules, Target, Wrong};
use crate::text::fold::named;

impl SettingRules for Outcomes {
    fn check(&mut self, _: &Around<'_>) -> Result<(), Wrong> {
        count("list", self.list.len(), 40)?;
        self.list.iter_mut().try_for_each(|choice| name("list", &mut choice.name))?;
        let ids: BTreeSet<_> = self.list.iter().map(|choice| choice.id).collect();
        let names: BTreeSet<String> = self.list.iter().map(|choice| named(&choice.name)).collect();
        if ids.len() != self.list.len() || names.len() != self.list.len() {
            return Err(Wrong::new("list", "must differ in ids and names"));
        }
        if self.ask == AskOutcome::Required && self.list.is_empty() {
            return Err(Wrong::new("list", "must not be empty where an outcome is required"));
        }
        Ok(())
    }

    fn names(&self) -> Vec<Name> {
        let tag = |choice: &OutcomeChoice| choice.tag;
        let of = |id| Name { field: "list", target: Target::Setting(SettingKind::Tag, id) };
        self.list.iter().filter_map(tag).map(of).collect()
    }

    fn default_for(_: Home) -> Option<Self> {
        Some(Self::default())
    }
}
