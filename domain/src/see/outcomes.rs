//! Outcomes: the reasons for which episodes end, as a team set them up.

use baton_protocol::setting::{OutcomeChoice, Outcomes};
use baton_protocol::{SettingId, Timestamp};

/// The outcomes of a team, and those that it had.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KnownOutcomes {
    /// As they are set up now: by the team, else by the workspace.
    pub now: Outcomes,
    /// Those of earlier versions, as far as they were read, and since when they are not there.
    pub before: Vec<(Timestamp, OutcomeChoice)>,
}

impl KnownOutcomes {
    /// The outcome with this id, if it was there at this time or is there now; as it was last.
    pub fn choice(&self, id: SettingId, at: Timestamp) -> Option<&OutcomeChoice> {
        let now = self.now.list.iter().find(|choice| choice.id == id);
        now.or_else(|| {
            let found = self.before.iter().filter(|(until, of)| of.id == id && at < *until);
            found.max_by_key(|(until, _)| *until).map(|(_, choice)| choice)
        })
    }
}
