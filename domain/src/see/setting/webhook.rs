//! Webhooks of the team's own. Which addresses may be asked is the server's to say.

use std::collections::BTreeSet;

use baton_protocol::setting::Webhook;

use super::text::{count, name};
use super::{Around, Name, SettingRules, Target, Wrong};

const URL_CHARS_MAX: usize = 2_048;
const NAMES_MAX: usize = 100;

impl SettingRules for Webhook {
    fn check(&mut self, _: &Around<'_>) -> Result<(), Wrong> {
        name("name", &mut self.name)?;
        address("url", &mut self.url)?;
        let events: BTreeSet<_> = self.events.iter().copied().collect();
        if events.is_empty() {
            return Err(Wrong::new("events", "must name something"));
        }
        self.events = events.into_iter().collect();
        count("teams", self.teams.len(), NAMES_MAX)?;
        count("channels", self.channels.len(), NAMES_MAX)
    }

    fn names(&self) -> Vec<Name> {
        let teams = self.teams.iter().map(|id| Name { field: "teams", target: Target::Team(*id) });
        let channel = |id| Name { field: "channels", target: Target::Channel(id) };
        teams.chain(self.channels.iter().copied().map(channel)).collect()
    }
}

/// An address that requests are posted to; it becomes trimmed.
pub(super) fn address(field: &str, url: &mut String) -> Result<(), Wrong> {
    let text = url.trim();
    let is_odd = !["https://", "http://"].iter().any(|scheme| text.starts_with(scheme))
        || text.chars().any(|c| c.is_control() || c.is_whitespace());
    if is_odd || text.chars().count() > URL_CHARS_MAX {
        return Err(Wrong::new(field, "must be an https address of the open Internet"));
    }
    *url = text.to_owned();
    Ok(())
}
