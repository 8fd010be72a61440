//! People: adding, changing, and letting go in steps.
//!
//! An agent who leaves is first `leaving`: sessions end, nothing new is assigned, and their
//! conversations are given to others. They are `inactive` once they own nothing. The database
//! refuses the second step before that.

use std::collections::BTreeSet;

use baton_domain::group::Key;
use baton_domain::see::staff::is_last_admin;
use baton_protocol::settings::{AgentChange, AgentNew};
use baton_protocol::{
    AgentId, AgentSet, AgentState, Availability, Fact, MembershipKind, Role, TeamId, WorkspaceId,
};

use super::team::check_kind;
use super::{Setter, email, name};
use crate::accounts::password::check_new;
use crate::accounts::{AccountError, Accounts};
use crate::config::Secret;
use crate::engine::Engine;
use crate::engine::work::SettingWork;
use crate::store::agent::{self, AgentSettings, NewAgent};
use crate::store::{Writing, device, team};

/// Conversations an agent may own, at most.
const CAPACITY_MAX: u32 = 100_000;
/// Teams that a new agent is put into.
pub(super) const TEAMS_MAX: usize = 200;

impl Accounts {
    /// Plans a new agent, with teams. The password is hashed here.
    ///
    /// # Errors
    /// When a field is wrong.
    pub async fn plan_agent(
        &self,
        setter: Setter,
        new: &AgentNew,
    ) -> Result<(AgentId, SettingWork), AccountError> {
        if new.teams.len() > TEAMS_MAX {
            return Err(AccountError::invalid("teams", "too many"));
        }
        for place in &new.teams {
            check_kind("teams", new.role, place.kind)?;
        }
        let (agent_id, added) = self.agent_added(setter.workspace, new).await?;
        self.check_teams(setter, new).await?;
        let mut writes = vec![added];
        let mut facts = vec![hired(agent_id, new)];
        for place in &new.teams {
            let (team_id, kind) = (place.team_id, place.kind);
            writes.push(team::put_member((setter.workspace, team_id), agent_id, kind));
            facts.push(Fact::MembershipChanged { team_id, agent_id, kind: Some(kind) });
        }
        Ok((agent_id, setter.work(writes, facts)))
    }

    /// A new agent with a hashed password, and the write that adds them.
    pub(super) async fn agent_added(
        &self,
        workspace: WorkspaceId,
        new: &AgentNew,
    ) -> Result<(AgentId, Writing), AccountError> {
        let password = Secret::new(new.password.as_str());
        let (email, name) = (email(&new.email)?, name("name", &new.name)?);
        let capacity = capacity(new.capacity)?;
        check_new(&password, &email)?;
        let agent_id = AgentId(self.0.clock.uuid_v7());
        let password_hash = self.0.passwords.hash(&password).await?;
        let now = self.0.clock.now();
        let new = NewAgent { email, name, role: new.role, capacity, password_hash, now };
        Ok((agent_id, agent::add((workspace, agent_id), new)))
    }

    /// Plans a change of an agent. One whose role becomes agent is a member of the teams they
    /// supervised.
    ///
    /// # Errors
    /// When there is no such agent, a field is wrong, or no admin would be left.
    pub async fn plan_agent_change(
        &self,
        setter: Setter,
        agent_id: AgentId,
        change: &AgentChange,
    ) -> Result<SettingWork, AccountError> {
        let key = (setter.workspace, agent_id);
        let old = agent::settings(&self.0.store, key).await?;
        let old = old.ok_or(AccountError::NotFound { what: "agent" })?;
        let title = change.name.as_deref().map(|text| name("name", text)).transpose()?;
        let title = title.filter(|new| *new != old.name);
        let renamed = title.is_some();
        let limit = change.capacity.map(capacity).transpose()?;
        let mut set = AgentSet {
            capacity: limit.filter(|new| *new != old.capacity),
            availability: change.availability.filter(|new| *new != old.availability),
            role: change.role.filter(|new| *new != old.role),
            ..AgentSet::default()
        };
        let sets = [
            title.map(|title| agent::set_name(key, title)),
            set.capacity.map(|capacity| agent::set_capacity(key, capacity)),
            set.availability.map(|now| agent::set_availability(key, now)),
            set.role.map(|role| agent::set_role(key, role)),
        ];
        let steps = self.state_steps(&old, key, change.state)?;
        set.state = change.state.filter(|_| !steps.is_empty());
        let leaves = set.state == Some(AgentState::Leaving);
        if leaves {
            set.availability = Some(Availability::Away);
        }
        let ends_admin = set.role.is_some() || leaves;
        if ends_admin && was_last_admin(&old) {
            return Err(AccountError::NotAllowed { why: "a workspace keeps one active admin" });
        }
        let mut writes: Vec<Writing> = Vec::new();
        writes.extend(ends_admin.then(|| agent::lock_admins(setter.workspace)));
        writes.extend(sets.into_iter().flatten());
        writes.extend(steps);
        let mut facts = Vec::new();
        if !writes.is_empty() {
            facts.push(Fact::AgentChanged { agent_id, renamed, set });
        }
        if set.role == Some(Role::Agent) {
            for team_id in agent::supervised(&self.0.store, key).await? {
                let kind = MembershipKind::Member;
                writes.push(team::put_member((setter.workspace, team_id), agent_id, kind));
                facts.push(Fact::MembershipChanged { team_id, agent_id, kind: Some(kind) });
            }
        }
        Ok(setter.work(writes, facts))
    }

    /// Plans the last step of leaving. Refused by the database while the agent owns anything.
    pub fn plan_left(&self, setter: Setter, agent_id: AgentId) -> SettingWork {
        let set = AgentSet { state: Some(AgentState::Inactive), ..AgentSet::default() };
        let fact = Fact::AgentChanged { agent_id, renamed: false, set };
        setter.work(vec![agent::left((setter.workspace, agent_id))], vec![fact])
    }

    /// Changes an agent; one who leaves is cut off at once.
    ///
    /// # Errors
    /// See [`Self::plan_agent_change`].
    pub async fn change_agent(
        &self,
        engine: &Engine,
        setter: Setter,
        agent_id: AgentId,
        change: &AgentChange,
    ) -> Result<(), AccountError> {
        let work = self.plan_agent_change(setter, agent_id, change).await?;
        self.settle(engine, work).await?;
        if change.state == Some(AgentState::Leaving) {
            self.notify_revoked((setter.workspace, agent_id)).await?;
        }
        Ok(())
    }

    fn state_steps(
        &self,
        old: &AgentSettings,
        key: Key<AgentId>,
        state: Option<AgentState>,
    ) -> Result<Vec<Writing>, AccountError> {
        Ok(match (state, old.state) {
            (None, _)
            | (Some(AgentState::Active), AgentState::Active)
            | (Some(AgentState::Leaving), AgentState::Leaving) => Vec::new(),
            (Some(AgentState::Active), _) => vec![agent::take_back(key)],
            (Some(AgentState::Leaving), AgentState::Active) => {
                vec![agent::leave(key), device::revoke_all(key, self.0.clock.now())]
            }
            (Some(AgentState::Leaving), AgentState::Inactive) => {
                return Err(AccountError::NotAllowed { why: "the agent has left already" });
            }
            (Some(AgentState::Inactive), _) => {
                let problem = "say leaving; inactive follows once they own nothing";
                return Err(AccountError::invalid("state", problem));
            }
        })
    }

    async fn check_teams(&self, setter: Setter, new: &AgentNew) -> Result<(), AccountError> {
        let ids: BTreeSet<TeamId> = new.teams.iter().map(|place| place.team_id).collect();
        let wanted = Vec::from_iter(ids);
        if wanted.len() < new.teams.len() {
            return Err(AccountError::invalid("teams", "names a team twice"));
        }
        let found = team::among(&self.0.store, setter.workspace, &wanted).await?;
        if found.len() < wanted.len() {
            return Err(AccountError::NotFound { what: "team" });
        }
        Ok(())
    }
}

fn was_last_admin(of: &AgentSettings) -> bool {
    is_last_admin(of.role, of.state == AgentState::Active, of.other_admins)
}

/// The fact of a new agent, but for their teams.
pub(super) fn hired(agent_id: AgentId, new: &AgentNew) -> Fact {
    let set = AgentSet {
        role: Some(new.role),
        state: Some(AgentState::Active),
        availability: Some(Availability::Available),
        capacity: Some(new.capacity),
    };
    Fact::AgentChanged { agent_id, renamed: true, set }
}

/// A capacity that an agent may have; `None` is unlimited.
pub(super) fn capacity(given: Option<u32>) -> Result<Option<u32>, AccountError> {
    match given {
        Some(n) if n > CAPACITY_MAX => {
            Err(AccountError::invalid("capacity", format!("must be at most {CAPACITY_MAX}")))
        }
        given => Ok(given),
    }
}
