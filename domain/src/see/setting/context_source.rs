//! Sources of context. Which addresses may be asked is the server's to say.

use std::collections::BTreeSet;

use baton_protocol::setting::{ContextSource, SettingKind, SourceLabel};

use super::text::{count, name, number};
use super::webhook::address;
use super::{Around, Name, SettingRules, Target, Wrong};
use crate::see::outside::ROWS_MAX;
use crate::text::fold::{fold, named};

const LABELS_MAX: usize = 20;
const LABEL_CHARS_MAX: usize = 60;
const PER_DAY_MAX: u32 = 1_000_000;

impl SettingRules for ContextSource {
    fn check(&mut self, _: &Around<'_>) -> Result<(), Wrong> {
        name("name", &mut self.name)?;
        address("url", &mut self.url)?;
        count("shows", self.shows.len(), ROWS_MAX)?;
        self.shows.iter_mut().try_for_each(|label| name("shows", label))?;
        count("labels", self.labels.len(), LABELS_MAX)?;
        self.labels.iter_mut().try_for_each(check_label)?;
        let each: BTreeSet<String> = self.labels.iter().map(|one| named(&one.label)).collect();
        if each.len() < self.labels.len() {
            return Err(Wrong::new("labels", "names one label twice"));
        }
        if !self.labels.is_empty() && !self.suggests {
            return Err(Wrong::new("labels", "are for sources that are told what was said"));
        }
        if self.otherwise.is_some() && self.labels.is_empty() {
            return Err(Wrong::new("otherwise", "is for sources that have labels"));
        }
        if let Some(per_day) = self.per_day {
            number("per_day", per_day, 1, PER_DAY_MAX)?;
        }
        number("fresh_s", self.fresh_s, 60, 86_400)
    }

    fn names(&self) -> Vec<Name> {
        let name = |field, tag| Name { field, target: Target::Setting(SettingKind::Tag, tag) };
        let labels = self.labels.iter().map(|one| name("labels", one.tag));
        labels.chain(self.otherwise.map(|tag| name("otherwise", tag))).collect()
    }

    fn key(&self) -> Option<(&'static str, String)> {
        Some(("name", fold(&self.name)))
    }

    fn exact_key(&self) -> Option<String> {
        Some(named(&self.name))
    }
}

fn check_label(one: &mut SourceLabel) -> Result<(), Wrong> {
    name("labels", &mut one.label)?;
    if one.label.chars().count() > LABEL_CHARS_MAX {
        return Err(Wrong::new("labels", "must have 1 to 60 characters"));
    }
    Ok(())
}
