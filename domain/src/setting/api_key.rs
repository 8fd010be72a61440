//! Keys of programs.

use baton_protocol::Timestamp;
use baton_protocol::setting::{ApiKey, SettingBody};
use chrono::{Days, NaiveDate, NaiveTime};

use super::text::name;
use super::{Around, Name, SettingRules, Target, Wrong};
use crate::fold::fold;

/// Whether the last day of a key is over. A day that is none is over.
pub fn is_over(key: &ApiKey, now: Timestamp) -> bool {
    let Some(until) = &key.until else { return false };
    let end = last_day(until).and_then(|day| day.checked_add_days(Days::new(1)));
    end.is_none_or(|end| now.ms() >= end.and_time(NaiveTime::MIN).and_utc().timestamp_millis())
}

fn last_day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
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
        let is_day = self.until.as_deref().is_none_or(|until| last_day(until).is_some());
        is_day.then_some(()).ok_or_else(|| Wrong::new("until", "must be a day, as 2027-12-31"))
    }

    fn names(&self) -> Vec<Name> {
        vec![Name { field: "agent", target: Target::Agent(self.agent) }]
    }

    fn key(&self) -> Option<(&'static str, String)> {
        Some(("name", fold(&self.name)))
    }
}
