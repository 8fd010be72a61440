//! Promises to customers.

use baton_protocol::setting::{SettingKind, Sla, SlaTarget};

use super::text::{name, number};
use super::{Around, Name, SettingRules, Target, Wrong};
use crate::fold::fold;

/// The clocks of a policy, by the fields that set them.
fn targets(of: &Sla) -> impl Iterator<Item = (&'static str, SlaTarget)> {
    [("first", of.first), ("next", of.next), ("resolution", of.resolution)]
        .into_iter()
        .filter_map(|(field, target)| Some((field, target?)))
}

impl SettingRules for Sla {
    fn check(&mut self, _: &Around<'_>) -> Result<(), Wrong> {
        name("name", &mut self.name)?;
        for (field, target) in targets(self) {
            number(field, target.target_min, 1, 525_600)?;
            target.warn_at.map_or(Ok(()), |warn_at| number(field, warn_at, 1, 99))?;
        }
        if targets(self).next().is_none() {
            return Err(Wrong::new("first", "must be set, or one of the other times"));
        }
        Ok(())
    }

    fn names(&self) -> Vec<Name> {
        let hours = |(field, target): (_, SlaTarget)| {
            target
                .hours
                .map(|id| Name { field, target: Target::Setting(SettingKind::Schedule, id) })
        };
        targets(self).filter_map(hours).collect()
    }

    fn key(&self) -> Option<(&'static str, String)> {
        Some(("name", fold(&self.name)))
    }
}
