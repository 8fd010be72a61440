//! Agents: their settings, their passwords, and the steps in which they leave.
//!
//! A step that the tables must not take writes NULL, which they refuse: the rows that its plan
//! read may have changed since.

use baton_domain::group::Key;
use baton_protocol::{AgentId, AgentState, Availability, Role, TeamId, Timestamp, WorkspaceId};
use sqlx_macros::FromRow;

use super::{ids_of, to_row};
use crate::tables::{name, named, number};
use crate::{Sql, Store, StoreError, Writing};

/// An agent to be made.
#[derive(Clone, Debug)]
pub struct NewAgent {
    /// Their e-mail address.
    pub email: String,
    /// Their name.
    pub name: String,
    /// Their role.
    pub role: Role,
    /// The largest number of conversations to own; `None` is unlimited.
    pub capacity: Option<u32>,
    /// The hash of their password.
    pub password_hash: String,
    /// The time.
    pub now: Timestamp,
}

/// The settings of an agent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgentSettings {
    /// Their name.
    pub name: String,
    /// Their role.
    pub role: Role,
    /// Whether they work here.
    pub state: AgentState,
    /// Their availability.
    pub availability: Availability,
    /// The largest number of conversations to own; `None` is unlimited.
    pub capacity: Option<u32>,
    /// The number of other active admins.
    pub other_admins: u64,
}

/// The password of an agent, with the names of them and of their workspace.
#[derive(Clone, Debug)]
pub struct AgentPassword {
    /// The workspace's name for people.
    pub workspace_name: String,
    /// The address to sign in with.
    pub email: String,
    /// The hash; an agent without one cannot sign in by a password.
    pub hash: Option<String>,
    /// Whether they may sign in.
    pub is_active: bool,
}

#[derive(FromRow)]
struct AgentSettingsRow {
    name: String,
    role: String,
    state: String,
    availability: String,
    capacity: Option<i64>,
    other_admins: i64,
}

/// Makes an agent.
pub fn add(agent: Key<AgentId>, new: NewAgent) -> Writing {
    static ADD: Sql = Sql::new(
        "INSERT INTO agent (workspace, id, email, name, role, state, active_id, availability,
           capacity, password_hash, created_at)
         VALUES ($1, $2, $3, $4, $5, 'active', $2, 'available', CAST(NULLIF($6, '') AS BIGINT),
           $7, CAST($8 AS BIGINT))",
    );
    let NewAgent { email, name: title, role, capacity, password_hash, now } = new;
    let now = now.ms().to_string();
    to_row(&ADD, agent, [email, title, name(&role), limit(capacity), password_hash, now])
}

/// Gives an agent another name.
pub fn set_name(agent: Key<AgentId>, title: String) -> Writing {
    static SET: Sql = Sql::new("UPDATE agent SET name = $3 WHERE workspace = $1 AND id = $2");
    to_row(&SET, agent, [title])
}

/// Locks the active admins of a workspace, so that two do not let each other go.
pub fn lock_admins(workspace: WorkspaceId) -> Writing {
    static LOCK: Sql = Sql::new(
        "SELECT id FROM agent WHERE workspace = $1 AND role = 'admin' AND state = 'active'
         ORDER BY id {lock}",
    );
    (&LOCK, vec![workspace.to_string()])
}

/// Gives an agent another role; refused where no active admin would be left.
pub fn set_role(agent: Key<AgentId>, role: Role) -> Writing {
    static SET: Sql = Sql::new(
        "UPDATE agent SET role =
           CASE WHEN $3 = 'admin' OR role <> 'admin' OR state <> 'active' OR EXISTS
             (SELECT 1 FROM agent o WHERE o.workspace = $1 AND o.id <> $2 AND o.role = 'admin'
                AND o.state = 'active')
           THEN $3 END
         WHERE workspace = $1 AND id = $2",
    );
    to_row(&SET, agent, [name(&role)])
}

/// Sets the largest number of conversations that an agent may own.
pub fn set_capacity(agent: Key<AgentId>, capacity: Option<u32>) -> Writing {
    static SET: Sql = Sql::new(
        "UPDATE agent SET capacity = CAST(NULLIF($3, '') AS BIGINT)
         WHERE workspace = $1 AND id = $2",
    );
    to_row(&SET, agent, [limit(capacity)])
}

/// Sets an agent's availability.
pub fn set_availability(agent: Key<AgentId>, availability: Availability) -> Writing {
    static SET: Sql =
        Sql::new("UPDATE agent SET availability = $3 WHERE workspace = $1 AND id = $2");
    to_row(&SET, agent, [name(&availability)])
}

/// Lets an agent leave: the first step. Refused where no active admin would be left. Refused also
/// from a state that the plan did not see, so that the log is true of the tables.
pub fn leave(agent: Key<AgentId>) -> Writing {
    static LEAVE: Sql = Sql::new(
        "UPDATE agent SET availability = 'away', state =
           CASE WHEN state IN ('active', 'leaving') AND (role <> 'admin' OR EXISTS
             (SELECT 1 FROM agent o WHERE o.workspace = $1 AND o.id <> $2 AND o.role = 'admin'
                AND o.state = 'active'))
           THEN 'leaving' END
         WHERE workspace = $1 AND id = $2",
    );
    to_row(&LEAVE, agent, [])
}

/// The last step of leaving. Refused while the agent owns anything.
pub fn left(agent: Key<AgentId>) -> Writing {
    static LEFT: Sql = Sql::new(
        "UPDATE agent SET active_id = NULL,
           state = CASE WHEN state IN ('leaving', 'inactive') THEN 'inactive' END
         WHERE workspace = $1 AND id = $2",
    );
    to_row(&LEFT, agent, [])
}

/// Takes an agent back.
pub fn take_back(agent: Key<AgentId>) -> Writing {
    static RETURN: Sql = Sql::new(
        "UPDATE agent SET state = 'active', active_id = id WHERE workspace = $1 AND id = $2",
    );
    to_row(&RETURN, agent, [])
}

/// Sets an agent's password, by its hash.
pub fn set_password(agent: Key<AgentId>, hash: String) -> Writing {
    static SET: Sql =
        Sql::new("UPDATE agent SET password_hash = $3 WHERE workspace = $1 AND id = $2");
    to_row(&SET, agent, [hash])
}

/// The settings of an agent.
pub async fn settings(
    store: &Store,
    (workspace, agent): Key<AgentId>,
) -> Result<Option<AgentSettings>, StoreError> {
    static READ: Sql = Sql::new(
        "SELECT a.name, a.role, a.state, a.availability, a.capacity,
           (SELECT CAST(COUNT(*) AS BIGINT) FROM agent o
            WHERE o.workspace = a.workspace AND o.id <> a.id AND o.role = 'admin'
              AND o.state = 'active') AS other_admins
         FROM agent a WHERE a.workspace = $1 AND a.id = $2",
    );
    let args = [workspace.to_string(), agent.to_string()];
    let rows: Vec<AgentSettingsRow> = store.rows_alone(&READ, &[&args[0], &args[1]]).await?;
    let settings = |row: AgentSettingsRow| {
        Ok(AgentSettings {
            name: row.name,
            role: named(&row.role)?,
            state: named(&row.state)?,
            availability: named(&row.availability)?,
            capacity: row.capacity.map(number).transpose()?,
            other_admins: number(row.other_admins)?,
        })
    };
    rows.into_iter().next().map(settings).transpose()
}

/// The teams that an agent supervises.
pub async fn supervised(
    store: &Store,
    (workspace, agent): Key<AgentId>,
) -> Result<Vec<TeamId>, StoreError> {
    static READ: Sql = Sql::new(
        "SELECT team FROM team_member
         WHERE workspace = $1 AND agent = $2 AND kind = 'supervisor' ORDER BY team",
    );
    ids_of(store, &READ, &[&workspace.to_string(), &agent.to_string()]).await
}

/// The password of an agent.
pub async fn password(
    store: &Store,
    (workspace, agent): Key<AgentId>,
) -> Result<Option<AgentPassword>, StoreError> {
    static READ: Sql = Sql::new(
        "SELECT w.name, a.email, a.password_hash, a.state FROM workspace w
         JOIN agent a ON a.workspace = w.id WHERE w.id = $1 AND a.id = $2",
    );
    let args = [workspace.to_string(), agent.to_string()];
    let rows: Vec<(String, String, Option<String>, String)> =
        store.rows_alone(&READ, &[&args[0], &args[1]]).await?;
    let first = rows.into_iter().next();
    Ok(first.map(|(workspace_name, email, hash, state)| AgentPassword {
        workspace_name,
        email,
        hash,
        is_active: state == "active",
    }))
}

/// A capacity as a parameter: '' is unlimited.
pub(super) fn limit(capacity: Option<u32>) -> String {
    capacity.map(|most| most.to_string()).unwrap_or_default()
}
