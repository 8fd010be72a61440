//! Attributes of customers.

use std::collections::BTreeSet;

use baton_protocol::setting::{Attribute, AttributeType, SettingBody};

use super::text::{count, name, number, word};
use super::{Around, SettingRules, Wrong};
use crate::text::fold::named;

impl SettingRules for Attribute {
    fn check(&mut self, around: &Around<'_>) -> Result<(), Wrong> {
        word("key", &self.key, &['_'])?;
        name("name", &mut self.name)?;
        count("options", self.options.len(), 100)?;
        self.options.iter_mut().try_for_each(|option| name("options", option))?;
        let different: BTreeSet<String> = self.options.iter().map(|one| named(one)).collect();
        if different.len() != self.options.len() {
            return Err(Wrong::new("options", "must differ"));
        }
        if (self.holds == AttributeType::OneOf) == self.options.is_empty() {
            return Err(Wrong::new("options", "must be there for one_of, and for nothing else"));
        }
        match (self.holds, self.most_chars) {
            (AttributeType::Text, Some(most)) => number("most_chars", most, 1, 1_000)?,
            (_, Some(_)) => return Err(Wrong::new("most_chars", "must be left out but for text")),
            (_, None) => {}
        }
        // Values that there are would mean something else.
        if let Some(SettingBody::Attribute(before)) = around.before {
            let once = [("key", before.key != self.key), ("type", before.holds != self.holds)];
            if let Some((field, _)) = once.iter().find(|(_, changed)| *changed) {
                return Err(Wrong::new(*field, "is set once, when the attribute is made"));
            }
        }
        Ok(())
    }

    fn key(&self) -> Option<(&'static str, String)> {
        Some(("key", self.key.clone()))
    }
}
