//! Sources of context. Which addresses may be asked is the server's to say.

use baton_protocol::setting::ContextSource;

use super::text::{count, name, number};
use super::webhook::address;
use super::{Around, SettingRules, Wrong};
use crate::fold::fold;
use crate::outside::ROWS_MAX;

impl SettingRules for ContextSource {
    fn check(&mut self, _: &Around<'_>) -> Result<(), Wrong> {
        name("name", &mut self.name)?;
        address("url", &mut self.url)?;
        count("shows", self.shows.len(), ROWS_MAX)?;
        self.shows.iter_mut().try_for_each(|label| name("shows", label))?;
        number("fresh_s", self.fresh_s, 60, 86_400)
    }

    fn key(&self) -> Option<(&'static str, String)> {
        Some(("name", fold(&self.name)))
    }
}
