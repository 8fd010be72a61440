//! The settings, folded from the log: roles, capacities, policies and memberships. Like everything
//! that figures and decisions are computed from, they are a function of the log.

use std::collections::BTreeMap;

use baton_protocol::{
    AgentId, AgentSet, ChannelId, ChannelSet, Fact, Home, MembershipKind, SettingId, TeamId,
    TeamSet,
};

use crate::fact::predicates::is_about_settings;

/// The settings of a workspace after a stretch of its log.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// Its agents.
    pub agents: BTreeMap<AgentId, AgentSet>,
    /// Its teams.
    pub teams: BTreeMap<TeamId, TeamSet>,
    /// The members of the teams, with their roles.
    pub members: BTreeMap<(TeamId, AgentId), MembershipKind>,
    /// Its numbers.
    pub channels: BTreeMap<ChannelId, ChannelSet>,
    /// The team's settings of every kind, by kind and id.
    pub set: BTreeMap<(String, SettingId), ToldSetting>,
    /// Where the log tells of each version of a setting, by kind, id and version.
    pub versions: BTreeMap<(String, SettingId, u32), u64>,
    /// Whether a newer version set something that this one does not know.
    pub is_newer: bool,
}

/// A setting after a stretch of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ToldSetting {
    /// Its version.
    pub version: u32,
    /// Its home; where it ended, the last one.
    pub home: Home,
    /// Its place among those of its kind.
    pub rank: u32,
    /// The id of its newest body.
    pub content: Option<String>,
    /// Where the log tells of the newest version.
    pub position: u64,
    /// Whether it counts no more.
    pub is_ended: bool,
}

impl Settings {
    /// Applies the change of a setting, which the log tells at `position` with this content. Other
    /// facts change nothing.
    pub fn set(&mut self, fact: &Fact, position: u64, content: Option<&str>) {
        let Fact::SettingChanged { setting_id, kind, version, home_before, home, rank, .. } = fact
        else {
            return;
        };
        self.versions.insert((kind.clone(), *setting_id, *version), position);
        let key = (kind.clone(), *setting_id);
        let before = self.set.remove(&key);
        let kept = || before.as_ref().and_then(|before| before.content.clone());
        let content = content.map(str::to_owned).or_else(kept);
        let Some(home_of) = home.or(*home_before) else { return };
        let told = ToldSetting {
            version: *version,
            home: home_of,
            rank: *rank,
            content,
            position,
            is_ended: home.is_none(),
        };
        self.set.insert(key, told);
    }

    /// Applies the next fact. Facts that set nothing change nothing.
    #[expect(clippy::wildcard_enum_match_arm, reason = "all else sets nothing")]
    pub fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::AgentChanged { agent_id, set, .. } => {
                let agent = self.agents.entry(*agent_id).or_default();
                agent.role = set.role.or(agent.role);
                agent.state = set.state.or(agent.state);
                agent.availability = set.availability.or(agent.availability);
                agent.capacity = set.capacity.or(agent.capacity);
            }
            Fact::TeamChanged { team_id, set, .. } => {
                let team = self.teams.entry(*team_id).or_default();
                team.reply_policy = set.reply_policy.or(team.reply_policy);
                team.visibility = set.visibility.or(team.visibility);
                team.claim_from_colleagues =
                    set.claim_from_colleagues.or(team.claim_from_colleagues);
            }
            Fact::MembershipChanged { team_id, agent_id, kind: Some(kind) } => {
                self.members.insert((*team_id, *agent_id), *kind);
            }
            Fact::MembershipChanged { team_id, agent_id, kind: None } => {
                self.members.remove(&(*team_id, *agent_id));
            }
            Fact::ChannelChanged { channel_id, set } => {
                let channel = self.channels.entry(*channel_id).or_default();
                channel.default_team = set.default_team.or(channel.default_team);
                channel.pace_per_s = set.pace_per_s.or(channel.pace_per_s);
                channel.policy = match (channel.policy, set.policy) {
                    (Some(old), Some(new)) => Some(old.changed_by(new)),
                    (old, new) => new.or(old),
                };
            }
            Fact::Unknown(unknown) => self.is_newer |= is_about_settings(unknown),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use baton_protocol::{Availability, Role};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_a_fact_does_not_name_stays_as_it_was() {
        let agent_id = AgentId(Uuid::from_u128(1));
        let mut settings = Settings::default();
        let hired = AgentSet {
            role: Some(Role::Agent),
            capacity: Some(Some(3)),
            availability: Some(Availability::Away),
            ..AgentSet::default()
        };
        let changed = AgentSet { role: Some(Role::Admin), capacity: Some(None), ..hired };
        let raised = AgentSet { availability: None, ..changed };
        for set in [hired, raised, AgentSet::default()] {
            settings.apply(&Fact::AgentChanged { agent_id, renamed: false, set });
        }
        assert_eq!(settings.agents.get(&agent_id), Some(&changed));
    }

    #[test]
    fn who_left_a_team_belongs_to_it_no_more() {
        let (team_id, agent_id) = (TeamId(Uuid::from_u128(1)), AgentId(Uuid::from_u128(2)));
        let mut settings = Settings::default();
        for kind in [Some(MembershipKind::Member), Some(MembershipKind::Supervisor), None] {
            settings.apply(&Fact::MembershipChanged { team_id, agent_id, kind });
            assert_eq!(settings.members.get(&(team_id, agent_id)).copied(), kind);
        }
    }
}
