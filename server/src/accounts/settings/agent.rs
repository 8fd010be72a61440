//! People: adding, changing, and letting go in steps.
//!
//! Who leaves is first `leaving`: sessions end, nothing new is assigned, while what they own is
//! given to others; and `inactive` once they own nothing. The database refuses the second step
//! before that.

use baton_domain::staff::is_last_admin;
use baton_protocol::settings::{AgentChange, AgentNew};
use baton_protocol::{
    AgentId, AgentSet, AgentState, Availability, Fact, MembershipKind, Role, TeamId,
};
use sqlx_macros::FromRow;

use super::{Setter, Writing, email, name, team, wire_name};
use crate::accounts::password::check_new;
use crate::accounts::{AccountError, Accounts};
use crate::config::Secret;
use crate::engine::Engine;
use crate::engine::work::SettingWork;
use crate::store::Sql;

/// Conversations an agent may own, at most.
const CAPACITY_MAX: u32 = 100_000;
/// Teams that a new agent is put into.
pub(super) const TEAMS_MAX: usize = 200;

pub(super) static ADD: Sql = Sql::new(
    "INSERT INTO agent (workspace, id, email, name, role, state, active_id, availability,
       capacity, password_hash, created_at)
     VALUES ($1, $2, $3, $4, $5, 'active', $2, 'available', CAST(NULLIF($6, '') AS BIGINT), $7,
       CAST($8 AS BIGINT))",
);
static SET_NAME: Sql = Sql::new("UPDATE agent SET name = $3 WHERE workspace = $1 AND id = $2");
// Without another active admin the value is NULL, which the table refuses: what the plan read may
// have changed since. The others are locked before, so that two do not let each other go.
static LOCK_ADMINS: Sql = Sql::new(
    "SELECT id FROM agent WHERE workspace = $1 AND role = 'admin' AND state = 'active'
     ORDER BY id {lock}",
);
static SET_ROLE: Sql = Sql::new(
    "UPDATE agent SET role =
       CASE WHEN $3 = 'admin' OR role <> 'admin' OR state <> 'active' OR EXISTS
         (SELECT 1 FROM agent o WHERE o.workspace = $1 AND o.id <> $2 AND o.role = 'admin'
            AND o.state = 'active')
       THEN $3 END
     WHERE workspace = $1 AND id = $2",
);
static SET_CAPACITY: Sql = Sql::new(
    "UPDATE agent SET capacity = CAST(NULLIF($3, '') AS BIGINT) WHERE workspace = $1 AND id = $2",
);
static SET_AVAILABILITY: Sql =
    Sql::new("UPDATE agent SET availability = $3 WHERE workspace = $1 AND id = $2");
// It also refuses a step from a state that the plan did not see. So what the log tells of a step is
// true of the tables.
static LEAVE: Sql = Sql::new(
    "UPDATE agent SET availability = 'away', state =
       CASE WHEN state IN ('active', 'leaving') AND (role <> 'admin' OR EXISTS
         (SELECT 1 FROM agent o WHERE o.workspace = $1 AND o.id <> $2 AND o.role = 'admin'
            AND o.state = 'active'))
       THEN 'leaving' END
     WHERE workspace = $1 AND id = $2",
);
static REVOKE_ALL: Sql = Sql::new(
    "UPDATE device SET revoked_at = CAST($3 AS BIGINT)
     WHERE workspace = $1 AND agent = $2 AND revoked_at IS NULL",
);
static LEFT: Sql = Sql::new(
    "UPDATE agent SET active_id = NULL,
       state = CASE WHEN state IN ('leaving', 'inactive') THEN 'inactive' END
     WHERE workspace = $1 AND id = $2",
);
static RETURN: Sql =
    Sql::new("UPDATE agent SET state = 'active', active_id = id WHERE workspace = $1 AND id = $2");

/// The present state of an agent.
#[derive(FromRow)]
struct AgentSettingsRow {
    name: String,
    role: String,
    state: String,
    availability: String,
    capacity: Option<i64>,
    other_admins: i64,
}

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
            team::check_kind("teams", new.role.name(), place.kind)?;
        }
        let (agent_id, args) = self.agent_args(setter.workspace.to_string(), new).await?;
        self.check_teams(setter, new).await?;
        let mut writes: Vec<Writing> = vec![(&ADD, args)];
        let mut facts = vec![hired(agent_id, new)];
        for place in &new.teams {
            let args = vec![
                setter.workspace.to_string(),
                place.team_id.to_string(),
                agent_id.to_string(),
                wire_name(place.kind),
            ];
            writes.push((&team::PUT_MEMBER, args));
            let (team_id, kind) = (place.team_id, Some(place.kind));
            facts.push(Fact::MembershipChanged { team_id, agent_id, kind });
        }
        Ok((agent_id, setter.work(writes, facts)))
    }

    /// The parameters of [`ADD`].
    pub(super) async fn agent_args(
        &self,
        workspace: String,
        new: &AgentNew,
    ) -> Result<(AgentId, Vec<String>), AccountError> {
        let password = Secret::new(new.password.as_str());
        let (email, name) = (email(&new.email)?, name("name", &new.name)?);
        let capacity = capacity(new.capacity)?;
        check_new(&password, &email)?;
        let agent_id = AgentId(self.0.clock.uuid_v7());
        let hash = self.0.passwords.hash(&password).await?;
        let now = self.0.clock.now().ms().to_string();
        let role = new.role.name().to_owned();
        let id = agent_id.to_string();
        Ok((agent_id, vec![workspace, id, email, name, role, capacity, hash, now]))
    }

    /// Plans a change of an agent. Whose role becomes agent is a member of the teams they
    /// supervised.
    ///
    /// # Errors
    /// When there is no such agent, a field is wrong, or nobody would be admin any more.
    pub async fn plan_agent_change(
        &self,
        setter: Setter,
        agent_id: AgentId,
        change: &AgentChange,
    ) -> Result<SettingWork, AccountError> {
        let row = self.agent_row(setter, agent_id).await?;
        let (workspace, id) = (setter.workspace.to_string(), agent_id.to_string());
        let mut writes: Vec<Writing> = Vec::new();
        let mut put = |sql: &'static Sql, old: &str, new: Option<String>| {
            let new = new.filter(|new| new != old);
            let is_new = new.is_some();
            writes.extend(new.map(|new| (sql, vec![workspace.clone(), id.clone(), new])));
            is_new
        };
        let given = change.name.as_deref().map(|text| name("name", text)).transpose()?;
        let renamed = put(&SET_NAME, &row.name, given);
        let mut set = AgentSet::default();
        let old = row.capacity.map(|n| n.to_string()).unwrap_or_default();
        if put(&SET_CAPACITY, &old, change.capacity.map(capacity).transpose()?) {
            set.capacity = change.capacity;
        }
        if put(&SET_AVAILABILITY, &row.availability, change.availability.map(wire_name)) {
            set.availability = change.availability;
        }
        let role_goes = put(&SET_ROLE, &row.role, change.role.map(wire_name));
        set.role = change.role.filter(|_| role_goes);
        let steps = self.state_steps(&row, &workspace, &id, change.state)?;
        set.state = change.state.filter(|_| !steps.is_empty());
        let leaves = set.state == Some(AgentState::Leaving);
        if leaves {
            set.availability = Some(Availability::Away);
        }
        if (role_goes || leaves) && row.is_last_admin() {
            return Err(AccountError::NotAllowed { why: "a workspace keeps one active admin" });
        }
        writes.extend(steps);
        if role_goes || leaves {
            writes.insert(0, (&LOCK_ADMINS, vec![workspace]));
        }
        let mut facts = Vec::new();
        if !writes.is_empty() {
            facts.push(Fact::AgentChanged { agent_id, renamed, set });
        }
        if role_goes && change.role == Some(Role::Agent) {
            for team_id in self.supervised(setter, agent_id).await? {
                let kind = MembershipKind::Member;
                let member = wire_name(kind);
                let place = [setter.workspace.to_string(), team_id.to_string(), id.clone(), member];
                writes.push((&team::PUT_MEMBER, place.into()));
                facts.push(Fact::MembershipChanged { team_id, agent_id, kind: Some(kind) });
            }
        }
        Ok(setter.work(writes, facts))
    }

    /// The teams that an agent supervises.
    async fn supervised(
        &self,
        setter: Setter,
        agent: AgentId,
    ) -> Result<Vec<TeamId>, AccountError> {
        static READ: Sql = Sql::new(
            "SELECT team FROM team_member
             WHERE workspace = $1 AND agent = $2 AND kind = 'supervisor' ORDER BY team",
        );
        let mut tx = self.0.store.read().await?;
        let args = [&setter.workspace.to_string(), &*agent.to_string()];
        let rows = tx.rows::<(String,)>(&READ, &args).await?;
        tx.rollback().await?;
        let broken = |_| AccountError::Broken(format!("teams of agent {agent}"));
        rows.into_iter().map(|(team,)| team.parse().map_err(broken)).collect()
    }

    /// Plans the last step of leaving. Refused by the database while the agent owns anything.
    pub fn plan_left(&self, setter: Setter, agent_id: AgentId) -> SettingWork {
        let args = vec![setter.workspace.to_string(), agent_id.to_string()];
        let set = AgentSet { state: Some(AgentState::Inactive), ..AgentSet::default() };
        let fact = Fact::AgentChanged { agent_id, renamed: false, set };
        setter.work(vec![(&LEFT, args)], vec![fact])
    }

    /// Changes an agent; who leaves is cut off at once.
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
            self.tell_revoked(setter.workspace, agent_id).await?;
        }
        Ok(())
    }

    fn state_steps(
        &self,
        row: &AgentSettingsRow,
        workspace: &str,
        id: &str,
        state: Option<AgentState>,
    ) -> Result<Vec<Writing>, AccountError> {
        let args = vec![workspace.to_owned(), id.to_owned()];
        let now = self.0.clock.now().ms().to_string();
        Ok(match (state, row.state.as_str()) {
            (None, _)
            | (Some(AgentState::Active), "active")
            | (Some(AgentState::Leaving), "leaving") => Vec::new(),
            (Some(AgentState::Active), _) => vec![(&RETURN, args)],
            (Some(AgentState::Leaving), "active") => {
                vec![(&LEAVE, args.clone()), (&REVOKE_ALL, [args, vec![now]].concat())]
            }
            (Some(AgentState::Leaving), _) => {
                return Err(AccountError::NotAllowed { why: "the agent has left already" });
            }
            (Some(AgentState::Inactive), _) => {
                let problem = "say leaving; inactive follows once they own nothing";
                return Err(AccountError::invalid("state", problem));
            }
        })
    }

    async fn agent_row(
        &self,
        setter: Setter,
        agent: AgentId,
    ) -> Result<AgentSettingsRow, AccountError> {
        static READ: Sql = Sql::new(
            "SELECT a.name, a.role, a.state, a.availability, a.capacity,
               (SELECT CAST(COUNT(*) AS BIGINT) FROM agent o
                WHERE o.workspace = a.workspace AND o.id <> a.id AND o.role = 'admin'
                  AND o.state = 'active') AS other_admins
             FROM agent a WHERE a.workspace = $1 AND a.id = $2",
        );
        let args = [&setter.workspace.to_string(), &*agent.to_string()];
        let mut tx = self.0.store.read().await?;
        let row = tx.row(&READ, &args).await?;
        tx.rollback().await?;
        row.ok_or(AccountError::NotFound { what: "agent" })
    }

    async fn check_teams(&self, setter: Setter, new: &AgentNew) -> Result<(), AccountError> {
        static READ: Sql = Sql::new("SELECT id FROM team WHERE workspace = $1 AND id {in $2}");
        let ids = new.teams.iter().map(|place| place.team_id.to_string());
        let wanted: std::collections::BTreeSet<String> = ids.collect();
        if wanted.len() < new.teams.len() {
            return Err(AccountError::invalid("teams", "names a team twice"));
        }
        let list = serde_json::json!(wanted).to_string();
        let mut tx = self.0.store.read().await?;
        let args = [&setter.workspace.to_string(), list.as_str()];
        let found = tx.rows::<(String,)>(&READ, &args).await?;
        tx.rollback().await?;
        if found.len() < wanted.len() {
            return Err(AccountError::NotFound { what: "team" });
        }
        Ok(())
    }
}

impl AgentSettingsRow {
    fn is_last_admin(&self) -> bool {
        let role = Role::from_name(&self.role).unwrap_or_default();
        let others = u64::try_from(self.other_admins).unwrap_or(0);
        is_last_admin(role, self.state == "active", others)
    }
}

/// What the log tells of a new agent, but for their teams.
pub(super) fn hired(agent_id: AgentId, new: &AgentNew) -> Fact {
    let set = AgentSet {
        role: Some(new.role),
        state: Some(AgentState::Active),
        availability: Some(Availability::Available),
        capacity: Some(new.capacity),
    };
    Fact::AgentChanged { agent_id, renamed: true, set }
}

/// As the tables take it: '' is unlimited.
pub(super) fn capacity(given: Option<u32>) -> Result<String, AccountError> {
    match given {
        Some(n) if n > CAPACITY_MAX => {
            Err(AccountError::invalid("capacity", format!("must be at most {CAPACITY_MAX}")))
        }
        given => Ok(given.map(|n| n.to_string()).unwrap_or_default()),
    }
}
