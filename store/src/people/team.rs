//! Teams, and the agents who belong to them.

use baton_domain::group::Key;
use baton_protocol::settings::TeamNew;
use baton_protocol::{
    AgentId, AgentState, MembershipKind, ReplyPolicy, Role, TeamId, Visibility, WorkspaceId,
};
use sqlx_macros::FromRow;

use super::{ids_of, to_row};
use crate::tables::{ids, name, named};
use crate::{Sql, Store, StoreError, Writing};

/// The settings of a team.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TeamSettings {
    /// Its name.
    pub name: String,
    /// The agents who may reply to a conversation that a teammate owns.
    pub reply_policy: ReplyPolicy,
    /// The level at which members see conversations that others own.
    pub visibility: Visibility,
    /// Whether teammates may claim from one another.
    pub claim_from_colleagues: bool,
}

/// An agent, as seen from a team of the same workspace.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// Whether they work here.
    pub state: AgentState,
    /// Their role in the workspace.
    pub role: Role,
    /// Their role in the team, if they belong to it.
    pub kind: Option<MembershipKind>,
}

#[derive(FromRow)]
struct TeamSettingsRow {
    name: String,
    reply_policy: String,
    visibility: String,
    claim_from_colleagues: i64,
}

/// Makes a team under this name, with its queue.
pub fn add(team: Key<TeamId>, title: String, new: &TeamNew) -> [Writing; 2] {
    static ADD: Sql = Sql::new(
        "INSERT INTO team (workspace, id, name, reply_policy, visibility, claim_from_colleagues)
         VALUES ($1, $2, $3, $4, $5, CAST($6 AS BIGINT))",
    );
    static ADD_TALLY: Sql = Sql::new(
        "INSERT INTO tally (workspace, team, open, queued, unanswered) VALUES ($1, $2, 0, 0, 0)",
    );
    let (policy, visibility) = (name(&new.reply_policy), name(&new.visibility));
    let values = [title, policy, visibility, number(new.claim_from_colleagues)];
    [to_row(&ADD, team, values), to_row(&ADD_TALLY, team, [])]
}

/// Gives a team another name.
pub fn set_name(team: Key<TeamId>, title: String) -> Writing {
    static SET: Sql = Sql::new("UPDATE team SET name = $3 WHERE workspace = $1 AND id = $2");
    to_row(&SET, team, [title])
}

/// Sets the agents who may reply to a conversation that a teammate owns.
pub fn set_reply_policy(team: Key<TeamId>, policy: ReplyPolicy) -> Writing {
    static SET: Sql =
        Sql::new("UPDATE team SET reply_policy = $3 WHERE workspace = $1 AND id = $2");
    to_row(&SET, team, [name(&policy)])
}

/// Sets the level at which members see conversations that others own.
pub fn set_visibility(team: Key<TeamId>, visibility: Visibility) -> Writing {
    static SET: Sql = Sql::new("UPDATE team SET visibility = $3 WHERE workspace = $1 AND id = $2");
    to_row(&SET, team, [name(&visibility)])
}

/// Sets whether teammates may claim from one another.
pub fn set_claim_from_colleagues(team: Key<TeamId>, may: bool) -> Writing {
    static SET: Sql = Sql::new(
        "UPDATE team SET claim_from_colleagues = CAST($3 AS BIGINT)
         WHERE workspace = $1 AND id = $2",
    );
    to_row(&SET, team, [number(may)])
}

/// Puts an agent into a team, or changes their role in it.
pub fn put_member(team: Key<TeamId>, agent: AgentId, kind: MembershipKind) -> Writing {
    static PUT: Sql = Sql::new(
        "INSERT INTO team_member (workspace, team, agent, kind) VALUES ($1, $2, $3, $4)
         ON CONFLICT (workspace, team, agent) DO UPDATE SET kind = excluded.kind",
    );
    to_row(&PUT, team, [agent.to_string(), name(&kind)])
}

/// Takes an agent out of a team.
pub fn drop_member(team: Key<TeamId>, agent: AgentId) -> Writing {
    static DROP: Sql =
        Sql::new("DELETE FROM team_member WHERE workspace = $1 AND team = $2 AND agent = $3");
    to_row(&DROP, team, [agent.to_string()])
}

/// The settings of a team.
pub async fn settings(
    store: &Store,
    (workspace, team): Key<TeamId>,
) -> Result<Option<TeamSettings>, StoreError> {
    static READ: Sql = Sql::new(
        "SELECT name, reply_policy, visibility, claim_from_colleagues FROM team
         WHERE workspace = $1 AND id = $2",
    );
    let args = [workspace.to_string(), team.to_string()];
    let rows: Vec<TeamSettingsRow> = store.rows_alone(&READ, &[&args[0], &args[1]]).await?;
    let settings = |row: TeamSettingsRow| {
        Ok(TeamSettings {
            name: row.name,
            reply_policy: named(&row.reply_policy)?,
            visibility: named(&row.visibility)?,
            claim_from_colleagues: row.claim_from_colleagues != 0,
        })
    };
    rows.into_iter().next().map(settings).transpose()
}

/// An agent who may come into a team; `None` where either is not there.
pub async fn candidate(
    store: &Store,
    (workspace, team): Key<TeamId>,
    agent: AgentId,
) -> Result<Option<Candidate>, StoreError> {
    static READ: Sql = Sql::new(
        "SELECT a.state, a.role, m.kind FROM team t JOIN agent a ON a.workspace = t.workspace
         LEFT JOIN team_member m
           ON m.workspace = t.workspace AND m.team = t.id AND m.agent = a.id
         WHERE t.workspace = $1 AND t.id = $2 AND a.id = $3",
    );
    let args = [workspace.to_string(), team.to_string(), agent.to_string()];
    let args = args.each_ref().map(String::as_str);
    let rows: Vec<(String, String, Option<String>)> = store.rows_alone(&READ, &args).await?;
    let candidate = |(state, role, kind): (String, String, Option<String>)| {
        let kind = kind.as_deref().map(named).transpose()?;
        Ok(Candidate { state: named(&state)?, role: named(&role)?, kind })
    };
    rows.into_iter().next().map(candidate).transpose()
}

/// Those of these teams that the workspace has.
pub async fn among(
    store: &Store,
    workspace: WorkspaceId,
    teams: &[TeamId],
) -> Result<Vec<TeamId>, StoreError> {
    static READ: Sql = Sql::new("SELECT id FROM team WHERE workspace = $1 AND id {in $2}");
    ids_of(store, &READ, &[&workspace.to_string(), &ids(teams)]).await
}

/// The oldest team of a workspace.
pub async fn first(store: &Store, workspace: WorkspaceId) -> Result<Option<TeamId>, StoreError> {
    static READ: Sql = Sql::new("SELECT id FROM team WHERE workspace = $1 ORDER BY id LIMIT 1");
    Ok(ids_of(store, &READ, &[&workspace.to_string()]).await?.into_iter().next())
}

fn number(yes: bool) -> String {
    i64::from(yes).to_string()
}
