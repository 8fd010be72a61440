//! The policy of a team for its members.

use baton_protocol::Home;
use baton_protocol::setting::{SettingKind, TeamPolicy};

use super::text::{count, number};
use super::{Around, Name, SettingRules, Target, Wrong};

impl SettingRules for TeamPolicy {
    fn check(&mut self, _: &Around<'_>) -> Result<(), Wrong> {
        number("undo_s", self.undo_s, 0, 10)?;
        number("quiet_after_answer_min", self.quiet_after_answer_min, 0, 240)?;
        self.absent_min.map_or(Ok(()), |of| number("absent_min", of, 0, 120))?;
        if let Some(follow_up) = self.follow_up {
            let hours = [Some(follow_up.after_open_h), follow_up.then_lead_after_open_h];
            hours.into_iter().flatten().try_for_each(|of| number("follow_up", of, 1, 1_000))?;
        }
        count("approval", self.approval.len(), 100)?;
        self.approval.sort_unstable();
        self.approval.dedup();
        Ok(())
    }

    fn names(&self) -> Vec<Name> {
        let hours = self.follow_up.and_then(|follow_up| follow_up.hours);
        let hours = hours.map(|id| Target::Setting(SettingKind::Schedule, id));
        let hours = hours.map(|target| Name { field: "follow_up", target });
        let agent = |id: &_| Name { field: "approval", target: Target::Agent(*id) };
        hours.into_iter().chain(self.approval.iter().map(agent)).collect()
    }

    fn default_for(_: Home) -> Option<Self> {
        Some(Self::default())
    }
}
