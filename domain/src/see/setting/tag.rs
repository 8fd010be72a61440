//! Tags.

use baton_protocol::setting::{SettingBody, SettingKind, Tag};

use super::text::name;
use super::{Around, Name, SettingRules, Target, Wrong};
use crate::text::fold::{fold, named};

/// The number of merges that are followed.
const MERGES_MAX: usize = 8;

impl SettingRules for Tag {
    fn check(&mut self, around: &Around<'_>) -> Result<(), Wrong> {
        name("name", &mut self.name)?;
        self.group.as_mut().map_or(Ok(()), |group| name("group", group))?;
        if self.one_of_group && self.group.is_none() {
            return Err(Wrong::new("one_of_group", "must have a group"));
        }
        let mut next = self.merged_into;
        for _ in 0..MERGES_MAX {
            let Some(id) = next else { return Ok(()) };
            if id == around.id {
                return Err(Wrong::new("merged_into", "must not lead back to this tag"));
            }
            let Some(SettingBody::Tag(tag)) = (around.body_of)(SettingKind::Tag, id) else {
                return Ok(());
            };
            next = tag.merged_into;
        }
        Err(Wrong::new("merged_into", format!("must lead over at most {MERGES_MAX} tags")))
    }

    fn names(&self) -> Vec<Name> {
        let of = |id| Name { field: "merged_into", target: Target::Setting(SettingKind::Tag, id) };
        self.merged_into.map(of).into_iter().collect()
    }

    fn key(&self) -> Option<(&'static str, String)> {
        Some(("name", fold(&self.name)))
    }

    fn exact_key(&self) -> Option<String> {
        Some(named(&self.name))
    }
}
