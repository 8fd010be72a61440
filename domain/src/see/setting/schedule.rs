//! Schedules. What they mean at a time says [`crate::fact::hours`].

use baton_protocol::setting::Schedule;

use super::text::{count, name, spans, zone};
use super::{Around, SettingRules, Wrong};
use crate::fact::hours::day_of;
use crate::text::fold::{fold, named};

impl SettingRules for Schedule {
    fn check(&mut self, _: &Around<'_>) -> Result<(), Wrong> {
        name("name", &mut self.name)?;
        zone("zone", &self.zone)?;
        self.week.iter().try_for_each(|day| spans("week", day))?;
        count("days", self.days.len(), 400)?;
        for (day, open) in &self.days {
            if day_of(day).is_none() {
                return Err(Wrong::new("days", "must be named by their dates, as 2026-12-24"));
            }
            spans("days", open)?;
        }
        if self.week.iter().chain(self.days.values()).all(Vec::is_empty) {
            return Err(Wrong::new("week", "must be open at some minute"));
        }
        Ok(())
    }

    fn key(&self) -> Option<(&'static str, String)> {
        Some(("name", fold(&self.name)))
    }

    fn exact_key(&self) -> Option<String> {
        Some(named(&self.name))
    }
}
