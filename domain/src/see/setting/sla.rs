//! Promises to customers.

use baton_protocol::setting::{SettingKind, Sla, SlaTarget};

use super::text::{count, name, number};
use super::{Around, Name, SettingRules, Target, Wrong};
use crate::text::fold::{fold, named};

/// The clocks of a policy, by the fields that set them.
fn targets(of: &Sla) -> impl Iterator<Item = (&'static str, SlaTarget)> {
    [("first", of.first), ("next", of.next), ("resolution", of.resolution)]
        .into_iter()
        .filter_map(|(field, target)| Some((field, target?)))
}

impl SettingRules for Sla {
    fn check(&mut self, _: &Around<'_>) -> Result<(), Wrong> {
        name("name", &mut self.name)?;
        count("teams", self.teams.len(), 100)?;
        self.teams.sort_unstable();
        self.teams.dedup();
        count("tags", self.tags.len(), 20)?;
        self.tags.sort_unstable();
        self.tags.dedup();
        for (field, target) in targets(self) {
            number(field, target.target_min, 1, 525_600)?;
            target.warn_at.map_or(Ok(()), |warn_at| number(field, warn_at, 1, 99))?;
        }
        if targets(self).next().is_none() {
            return Err(Wrong::new(
                "first",
                "must be set, or the time of further answers or of the end",
            ));
        }
        Ok(())
    }

    fn names(&self) -> Vec<Name> {
        let hours = |(field, target): (_, SlaTarget)| {
            target
                .hours
                .map(|id| Name { field, target: Target::Setting(SettingKind::Schedule, id) })
        };
        let team = |id: &_| Name { field: "teams", target: Target::Team(*id) };
        let tag = |id: &_| Name { field: "tags", target: Target::Setting(SettingKind::Tag, *id) };
        let teams = self.teams.iter().map(team);
        targets(self).filter_map(hours).chain(teams).chain(self.tags.iter().map(tag)).collect()
    }

    fn key(&self) -> Option<(&'static str, String)> {
        Some(("name", fold(&self.name)))
    }

    fn exact_key(&self) -> Option<String> {
        Some(named(&self.name))
    }
}
