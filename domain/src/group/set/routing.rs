//! The check of a routing beside the routings of other teams and the skills of its members.

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::setting::{Hand, Routing, SettingBody, SettingKind, Skill};
use baton_protocol::{AgentId, SettingId, TeamId};

use super::{Change, HeldSetting, SetProblem, invalid};
use crate::hand::routing::{levels, moves};
use crate::text::fold::fold;

impl Change<'_> {
    /// No moves may lead round in a circle, and a skill that steps ask for must be somebody's. One
    /// that they asked for before may be nobody's by now.
    pub(super) fn check_routing(
        self,
        body: &SettingBody,
        held: Option<&HeldSetting>,
    ) -> Result<(), SetProblem> {
        let SettingBody::Routing(routing) = body else { return Ok(()) };
        let team = TeamId(self.change.id.0);
        let others: BTreeMap<TeamId, Routing> = self.bodies(SettingKind::Routing, |id, body| {
            let SettingBody::Routing(routing) = body else { return None };
            (id != self.change.id).then_some((TeamId(id.0), *routing))
        });
        if let Some(teams) = moves::circle(team, routing, |of| others.get(&of)) {
            return Err(SetProblem::MovesInCircle(teams));
        }
        if routing.hand == Hand::Off {
            return Ok(());
        }
        let before =
            held.and_then(|held| SettingBody::read(SettingKind::Routing, held.body.as_ref()?).ok());
        let before = match before {
            Some(SettingBody::Routing(before)) if before.hand != Hand::Off => asked(&before),
            _ => BTreeSet::new(),
        };
        let known = self.skills_of(team);
        for (name, level) in asked(routing).difference(&before) {
            let is_known = |levels: &BTreeMap<String, u32>| {
                levels.get(name).is_some_and(|known| known >= level)
            };
            if !known.values().any(is_known) {
                return Err(invalid("steps", "ask for a skill at a level that no member has"));
            }
        }
        Ok(())
    }

    /// The levels of the skills of a team's members.
    fn skills_of(self, team: TeamId) -> BTreeMap<AgentId, BTreeMap<String, u32>> {
        let (workspace, kind) = (self.work.workspace, SettingKind::AgentSkills);
        self.bodies(kind, |id, body| {
            let SettingBody::AgentSkills(skills) = body else { return None };
            let agent = AgentId(id.0);
            let member = (workspace, kind, team, agent);
            self.state.settings.of_members.contains(&member).then(|| (agent, levels(&skills)))
        })
    }

    /// The bodies of the settings of a kind that have not ended.
    fn bodies<K: Ord, V>(
        self,
        kind: SettingKind,
        read: impl Fn(SettingId, SettingBody) -> Option<(K, V)>,
    ) -> BTreeMap<K, V> {
        let standing = self.state.settings.rows.iter().filter(|((of, its, _), held)| {
            (*of, *its) == (self.work.workspace, kind) && held.ended_at.is_none()
        });
        let bodies = standing.filter_map(|((.., id), held)| {
            let body = SettingBody::read(kind, held.body.as_ref()?).ok()?;
            read(*id, body)
        });
        bodies.collect()
    }
}

/// The skills that steps ask for, by folded name, each with its level.
fn asked(routing: &Routing) -> BTreeSet<(String, u32)> {
    let skills = routing.steps.iter().flat_map(|step| &step.skills);
    skills.map(|Skill { name, level }| (fold(name), *level)).collect()
}
