//! Teams and their members.

use baton_domain::see::staff::can_be;
use baton_protocol::settings::{TeamChange, TeamNew};
use baton_protocol::{
    AgentId, AgentState, Fact, MembershipKind, ReplyPolicy, Role, TeamId, TeamSet, Visibility,
};

use super::{Setter, name};
use crate::accounts::{AccountError, Accounts};
use crate::engine::work::SettingWork;
use crate::store::{Writing, team};

impl Accounts {
    /// Plans a new team with its queue.
    ///
    /// # Errors
    /// When its name is no name.
    pub fn plan_team(
        &self,
        setter: Setter,
        new: &TeamNew,
    ) -> Result<(TeamId, SettingWork), AccountError> {
        let team_id = TeamId(self.0.clock.uuid_v7());
        let title = name("name", &new.name)?;
        let writes = team::add((setter.workspace, team_id), title, new);
        Ok((team_id, setter.work(writes.into(), vec![begun(team_id, new)])))
    }

    /// Plans a change of a team.
    ///
    /// # Errors
    /// When there is no such team, or a field is wrong.
    pub async fn plan_team_change(
        &self,
        setter: Setter,
        team_id: TeamId,
        change: &TeamChange,
    ) -> Result<SettingWork, AccountError> {
        let key = (setter.workspace, team_id);
        let old = team::settings(&self.0.store, key).await?;
        let old = old.ok_or(AccountError::NotFound { what: "team" })?;
        let title = change.name.as_deref().map(|text| name("name", text)).transpose()?;
        let title = title.filter(|new| *new != old.name);
        let renamed = title.is_some();
        let set = TeamSet {
            reply_policy: change.reply_policy.filter(|new| *new != old.reply_policy),
            visibility: change.visibility.filter(|new| *new != old.visibility),
            claim_from_colleagues: change
                .claim_from_colleagues
                .filter(|new| *new != old.claim_from_colleagues),
        };
        let writes = [
            title.map(|title| team::set_name(key, title)),
            set.reply_policy.map(|policy| team::set_reply_policy(key, policy)),
            set.claim_from_colleagues.map(|may| team::set_claim_from_colleagues(key, may)),
            set.visibility.map(|visibility| team::set_visibility(key, visibility)),
        ];
        let writes: Vec<Writing> = writes.into_iter().flatten().collect();
        let fact = Fact::TeamChanged { team_id, renamed, set };
        let facts = if writes.is_empty() { Vec::new() } else { vec![fact] };
        Ok(setter.work(writes, facts))
    }

    /// Plans that an agent belongs to a team as `kind`, or with `None` no more.
    ///
    /// # Errors
    /// When there is no such team or agent.
    pub async fn plan_membership(
        &self,
        setter: Setter,
        team_id: TeamId,
        agent_id: AgentId,
        kind: Option<MembershipKind>,
    ) -> Result<SettingWork, AccountError> {
        let key = (setter.workspace, team_id);
        let found = team::candidate(&self.0.store, key, agent_id).await?;
        let found = found.ok_or(AccountError::NotFound { what: "team or agent" })?;
        if let Some(kind) = kind {
            check_kind("kind", found.role, kind)?;
        }
        if found.kind == kind {
            return Ok(setter.work(Vec::new(), Vec::new()));
        }
        let write = match kind {
            None => team::drop_member(key, agent_id),
            Some(_) if found.state != AgentState::Active => {
                return Err(AccountError::NotAllowed { why: "the agent is not active" });
            }
            Some(kind) => team::put_member(key, agent_id, kind),
        };
        Ok(setter.work(vec![write], vec![Fact::MembershipChanged { team_id, agent_id, kind }]))
    }
}

/// Refuses a place in a team that the role does not allow.
pub(super) fn check_kind(
    field: &'static str,
    role: Role,
    kind: MembershipKind,
) -> Result<(), AccountError> {
    if !can_be(role, kind) {
        let problem = "the role agent supervises no team: be a member, or of role supervisor";
        return Err(AccountError::invalid(field, problem));
    }
    Ok(())
}

/// The fact of a new team.
pub(super) fn begun(team_id: TeamId, new: &TeamNew) -> Fact {
    let set = TeamSet {
        reply_policy: Some(new.reply_policy),
        visibility: Some(new.visibility),
        claim_from_colleagues: Some(new.claim_from_colleagues),
    };
    Fact::TeamChanged { team_id, renamed: true, set }
}

/// A team of this name with the usual rules.
pub(in crate::accounts) fn usual(name: &str) -> TeamNew {
    TeamNew {
        name: name.to_owned(),
        reply_policy: ReplyPolicy::Owner,
        visibility: Visibility::Full,
        claim_from_colleagues: false,
    }
}
