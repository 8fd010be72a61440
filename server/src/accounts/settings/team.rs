//! Teams and who belongs to them.

use baton_domain::staff::can_be;
use baton_protocol::settings::{TeamChange, TeamNew};
use baton_protocol::{
    AgentId, Fact, MembershipKind, ReplyPolicy, Role, TeamId, TeamSet, Visibility,
};
use sqlx_macros::FromRow;

use super::{Setter, Writing, name, wire_name};
use crate::accounts::{AccountError, Accounts};
use crate::engine::work::SettingWork;
use crate::store::Sql;

pub(super) static ADD: Sql = Sql::new(
    "INSERT INTO team (workspace, id, name, reply_policy, visibility, claim_from_colleagues)
     VALUES ($1, $2, $3, $4, $5, CAST($6 AS BIGINT))",
);
pub(super) static ADD_TALLY: Sql = Sql::new(
    "INSERT INTO tally (workspace, team, open, queued, unanswered) VALUES ($1, $2, 0, 0, 0)",
);
pub(super) static PUT_MEMBER: Sql = Sql::new(
    "INSERT INTO team_member (workspace, team, agent, kind) VALUES ($1, $2, $3, $4)
     ON CONFLICT (workspace, team, agent) DO UPDATE SET kind = excluded.kind",
);
static DROP_MEMBER: Sql =
    Sql::new("DELETE FROM team_member WHERE workspace = $1 AND team = $2 AND agent = $3");
static SET_NAME: Sql = Sql::new("UPDATE team SET name = $3 WHERE workspace = $1 AND id = $2");
static SET_REPLY_POLICY: Sql =
    Sql::new("UPDATE team SET reply_policy = $3 WHERE workspace = $1 AND id = $2");
static SET_VISIBILITY: Sql =
    Sql::new("UPDATE team SET visibility = $3 WHERE workspace = $1 AND id = $2");
static SET_CLAIM: Sql = Sql::new(
    "UPDATE team SET claim_from_colleagues = CAST($3 AS BIGINT)
     WHERE workspace = $1 AND id = $2",
);

/// The present state of a team.
#[derive(FromRow)]
struct TeamSettingsRow {
    name: String,
    reply_policy: String,
    visibility: String,
    claim_from_colleagues: i64,
}

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
        let (workspace, id) = (setter.workspace.to_string(), team_id.to_string());
        let add = add_args(&workspace, &id, new)?;
        let writes = vec![(&ADD, add), (&ADD_TALLY, vec![workspace, id])];
        Ok((team_id, setter.work(writes, vec![begun(team_id, new)])))
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
        static READ: Sql = Sql::new(
            "SELECT name, reply_policy, visibility, claim_from_colleagues FROM team
             WHERE workspace = $1 AND id = $2",
        );
        let (workspace, id) = (setter.workspace.to_string(), team_id.to_string());
        let mut tx = self.0.store.read().await?;
        let row = tx.row::<TeamSettingsRow>(&READ, &[&workspace, &id]).await?;
        tx.rollback().await?;
        let row = row.ok_or(AccountError::NotFound { what: "team" })?;
        let mut writes: Vec<Writing> = Vec::new();
        let mut put = |sql: &'static Sql, old: &str, new: Option<String>| {
            let new = new.filter(|new| new != old);
            let is_new = new.is_some();
            writes.extend(new.map(|new| (sql, vec![workspace.clone(), id.clone(), new])));
            is_new
        };
        let given = change.name.as_deref().map(|text| name("name", text)).transpose()?;
        let renamed = put(&SET_NAME, &row.name, given);
        let policy = put(&SET_REPLY_POLICY, &row.reply_policy, change.reply_policy.map(wire_name));
        let claim = change.claim_from_colleagues.map(|yes| i64::from(yes).to_string());
        let claim = put(&SET_CLAIM, &row.claim_from_colleagues.to_string(), claim);
        let visibility = put(&SET_VISIBILITY, &row.visibility, change.visibility.map(wire_name));
        let set = TeamSet {
            reply_policy: change.reply_policy.filter(|_| policy),
            visibility: change.visibility.filter(|_| visibility),
            claim_from_colleagues: change.claim_from_colleagues.filter(|_| claim),
        };
        let facts = if writes.is_empty() {
            Vec::new()
        } else {
            vec![Fact::TeamChanged { team_id, renamed, set }]
        };
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
        static READ: Sql = Sql::new(
            "SELECT a.state, a.role, m.kind FROM team t JOIN agent a ON a.workspace = t.workspace
             LEFT JOIN team_member m
               ON m.workspace = t.workspace AND m.team = t.id AND m.agent = a.id
             WHERE t.workspace = $1 AND t.id = $2 AND a.id = $3",
        );
        let args = vec![setter.workspace.to_string(), team_id.to_string(), agent_id.to_string()];
        let borrowed: Vec<&str> = args.iter().map(String::as_str).collect();
        let mut tx = self.0.store.read().await?;
        let row = tx.row::<(String, String, Option<String>)>(&READ, &borrowed).await?;
        tx.rollback().await?;
        let (state, role, present) = row.ok_or(AccountError::NotFound { what: "team or agent" })?;
        if let Some(kind) = kind {
            check_kind("kind", &role, kind)?;
        }
        let name = kind.map(wire_name);
        if present == name {
            return Ok(setter.work(Vec::new(), Vec::new()));
        }
        let write = match name {
            None => (&DROP_MEMBER, args),
            Some(_) if state != "active" => {
                return Err(AccountError::NotAllowed { why: "the agent is not active" });
            }
            Some(name) => (&PUT_MEMBER, [args, vec![name]].concat()),
        };
        Ok(setter.work(vec![write], vec![Fact::MembershipChanged { team_id, agent_id, kind }]))
    }
}

/// Refuses a place in a team that the role does not allow.
pub(super) fn check_kind(
    field: &'static str,
    role: &str,
    kind: MembershipKind,
) -> Result<(), AccountError> {
    if !Role::from_name(role).is_none_or(|role| can_be(role, kind)) {
        let problem = "the role agent supervises no team: be a member, or of role supervisor";
        return Err(AccountError::invalid(field, problem));
    }
    Ok(())
}

/// What the log tells of a new team.
pub(super) fn begun(team_id: TeamId, new: &TeamNew) -> Fact {
    let set = TeamSet {
        reply_policy: Some(new.reply_policy),
        visibility: Some(new.visibility),
        claim_from_colleagues: Some(new.claim_from_colleagues),
    };
    Fact::TeamChanged { team_id, renamed: true, set }
}

pub(super) fn add_args(
    workspace: &str,
    id: &str,
    new: &TeamNew,
) -> Result<Vec<String>, AccountError> {
    Ok(vec![
        workspace.to_owned(),
        id.to_owned(),
        name("name", &new.name)?,
        wire_name(new.reply_policy),
        wire_name(new.visibility),
        i64::from(new.claim_from_colleagues).to_string(),
    ])
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
