//! Keys of programs.

use baton_protocol::Timestamp;
use baton_protocol::setting::{ApiKey, SettingBody};

use super::text::{last_day, name};
use super::{Around, Name, SettingRules, Target, Wrong};
use crate::fact::hours::day_end;
use crate::text::fold::{fold, named};

/// The time at which the last day of a key is over, where the workspace is; `None` for one without.
/// A day that is none was over long ago.
pub fn ends_at(key: &ApiKey, zone: Option<&str>) -> Option<Timestamp> {
    let until = key.until.as_deref()?;
    Some(day_end(until, zone).unwrap_or(Timestamp::from_ms(0)))
}

impl SettingRules for ApiKey {
    fn check(&mut self, around: &Around<'_>) -> Result<(), Wrong> {
        name("name", &mut self.name)?;
        // Programs that hold its secrets would work as somebody else.
        if let Some(SettingBody::ApiKey(before)) = around.before
            && before.agent != self.agent
        {
            return Err(Wrong::new("agent", "stays as it was: make another key"));
        }
        last_day("until", self.until.as_deref())
    }

    fn names(&self) -> Vec<Name> {
        vec![Name { field: "agent", target: Target::Agent(self.agent) }]
    }

    fn key(&self) -> Option<(&'static str, String)> {
        Some(("name", fold(&self.name)))
    }

    fn exact_key(&self) -> Option<String> {
        Some(named(&self.name))
    }
}
