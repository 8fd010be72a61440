//! The bound of what the rules of a workspace look for in texts.

use std::collections::BTreeMap;

use baton_protocol::SettingId;
use baton_protocol::limits::RULE_PHRASES_MAX;
use baton_protocol::setting::{SettingBody, SettingKind};

use super::{Change, HeldSetting, SetProblem, invalid};
use crate::auto::rules::phrases;

impl Change<'_> {
    /// All rules together look for so many phrases. Where they look for more since before there was
    /// a bound, a rule may still be changed that looks for no more than it did.
    pub(super) fn check_words(
        self,
        body: &SettingBody,
        held: Option<&HeldSetting>,
    ) -> Result<(), SetProblem> {
        let SettingBody::Rule(rule) = body else { return Ok(()) };
        let (now, before) = (phrases(rule), held.map_or(0, sought));
        if now <= before {
            return Ok(());
        }
        let workspace = self.work.workspace;
        let policies = self.state.policies.get(&workspace);
        let mut all: BTreeMap<SettingId, usize> =
            policies.into_iter().flat_map(|policies| policies.phrases()).collect();
        // Members of this group may have set some meanwhile.
        let rules = self.state.settings.rows.iter().filter(|((of, kind, _), held)| {
            (*of, *kind) == (workspace, SettingKind::Rule) && held.body.is_some()
        });
        all.extend(rules.map(|((.., id), held)| (*id, sought(held))));
        all.insert(self.change.id, now);
        let total: usize = all.values().sum();
        if total > RULE_PHRASES_MAX {
            let problem = format!(
                "the rules of a workspace look for at most {RULE_PHRASES_MAX} texts: with this one \
                 they would look for {total}"
            );
            return Err(invalid("if", &problem));
        }
        Ok(())
    }
}

/// The number of phrases that a rule looks for as it stands.
fn sought(held: &HeldSetting) -> usize {
    let body = held.body.as_ref().filter(|_| held.ended_at.is_none());
    match body.map(|body| SettingBody::read(SettingKind::Rule, body)) {
        Some(Ok(SettingBody::Rule(rule))) => phrases(&rule),
        _ => 0,
    }
}
