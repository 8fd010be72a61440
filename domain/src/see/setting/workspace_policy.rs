//! The policy of the whole workspace.

use baton_protocol::Home;
use baton_protocol::setting::{Span, WorkspacePolicy};

use super::text::{count, language, number, zone};
use super::{Around, SettingRules, Wrong};

impl SettingRules for WorkspacePolicy {
    fn check(&mut self, _: &Around<'_>) -> Result<(), Wrong> {
        self.time_zone.as_ref().map_or(Ok(()), |name| zone("time_zone", name))?;
        self.here_min.map_or(Ok(()), |of| number("here_min", of, 2, 30))?;
        count("languages", self.languages.len(), 20)?;
        self.languages.iter().try_for_each(|tag| language("languages", tag))?;
        // It may reach over midnight.
        match self.quiet {
            Some(Span(from, until)) if from == until || from >= 1_440 || until >= 1_440 => {
                Err(Wrong::new("quiet", "must be two different minutes of a day, 0 to 1439"))
            }
            _ => Ok(()),
        }
    }

    fn default_for(_: Home) -> Option<Self> {
        Some(Self::default())
    }
}
