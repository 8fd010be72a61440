//! Workspaces. One begins with a team and an admin, which its log tells first.

use baton_domain::names;
use baton_protocol::settings::AgentNew;
use baton_protocol::{AgentId, Fact, MembershipKind, Role, TeamId, WorkspaceId};

use super::{Setter, agent, name, team, wire_name};
use crate::accounts::session::parse;
use crate::accounts::{AccountError, Accounts};
use crate::config::Secret;
use crate::engine::Engine;
use crate::engine::work::SettingWork;
use crate::store::Sql;

/// A workspace to make.
#[derive(Clone, Debug)]
pub struct WorkspaceNew {
    /// What people type to sign in.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// The first team.
    pub team: String,
    /// The first admin's e-mail.
    pub admin_email: String,
    /// The first admin's password.
    pub password: Secret,
}

/// What was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WorkspaceMade {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its first team.
    pub team: TeamId,
    /// Its first admin.
    pub admin: AgentId,
}

impl Accounts {
    /// Makes a workspace with one team and its first admin, who supervises it.
    ///
    /// # Errors
    /// [`AccountError::Taken`] when the slug is.
    pub async fn add_workspace(
        &self,
        engine: &Engine,
        new: &WorkspaceNew,
    ) -> Result<WorkspaceMade, AccountError> {
        let (made, work) = self.plan_workspace(new).await?;
        self.settle(engine, work).await?;
        Ok(made)
    }

    /// Plans a workspace with one team and its first admin, who supervises it.
    ///
    /// # Errors
    /// When a field is wrong.
    pub async fn plan_workspace(
        &self,
        new: &WorkspaceNew,
    ) -> Result<(WorkspaceMade, SettingWork), AccountError> {
        static ADD: Sql = Sql::new(
            "INSERT INTO workspace (id, slug, name, created_at)
             VALUES ($1, $2, $3, CAST($4 AS BIGINT))",
        );
        static ADD_HEAD: Sql = Sql::new("INSERT INTO log_head (workspace) VALUES ($1)");
        let slug = names::slug(&new.slug);
        let slug = slug.map_err(|problem| AccountError::invalid("slug", problem))?;
        let title = name("name", &new.name)?;
        let workspace = WorkspaceId(self.0.clock.uuid_v7());
        let team_id = TeamId(self.0.clock.uuid_v7());
        let (w, t) = (workspace.to_string(), team_id.to_string());
        let (of, usual) = (Setter { workspace, by: None }, team::usual(&new.team));
        let new_admin = AgentNew {
            email: new.admin_email.clone(),
            name: "Admin".to_owned(),
            role: Role::Admin,
            password: new.password.expose().to_owned(),
            capacity: None,
            teams: Vec::new(),
        };
        let (admin, admin_args) = self.agent_args(w.clone(), &new_admin).await?;
        let kind = MembershipKind::Supervisor;
        let facts = vec![
            team::begun(team_id, &usual),
            agent::hired(admin, &new_admin),
            Fact::MembershipChanged { team_id, agent_id: admin, kind: Some(kind) },
        ];
        let writes = vec![
            (&ADD, vec![w.clone(), slug, title, self.0.clock.now().ms().to_string()]),
            (&ADD_HEAD, vec![w.clone()]),
            (&team::ADD, team::add_args(&w, &t, &usual)?),
            (&team::ADD_TALLY, vec![w.clone(), t.clone()]),
            (&agent::ADD, admin_args),
            (&team::PUT_MEMBER, vec![w, t, admin.to_string(), wire_name(kind)]),
        ];
        Ok((WorkspaceMade { workspace, team: team_id, admin }, of.work(writes, facts)))
    }

    /// The workspace with this slug.
    ///
    /// # Errors
    /// [`AccountError::NotFound`] when there is none.
    pub async fn workspace(&self, slug: &str) -> Result<WorkspaceId, AccountError> {
        static READ: Sql = Sql::new("SELECT id FROM workspace WHERE slug = $1");
        let mut tx = self.0.store.read().await?;
        let row = tx.row::<(String,)>(&READ, &[slug]).await?;
        tx.rollback().await?;
        let (id,) = row.ok_or(AccountError::NotFound { what: "workspace" })?;
        Ok(parse(&id)?)
    }

    /// The workspace of this installation, where there is one alone.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn only_workspace(&self) -> Result<Option<WorkspaceId>, AccountError> {
        static READ: Sql = Sql::new("SELECT id FROM workspace LIMIT 2");
        let mut tx = self.0.store.read().await?;
        let rows = tx.rows::<(String,)>(&READ, &[]).await?;
        tx.rollback().await?;
        match rows.as_slice() {
            [(only,)] => Ok(Some(parse(only)?)),
            _ => Ok(None),
        }
    }

    /// Gives a workspace another name for people. The log tells of no names.
    ///
    /// # Errors
    /// When the name is none or the store is away.
    pub async fn name_workspace(
        &self,
        workspace: WorkspaceId,
        new: &str,
    ) -> Result<(), AccountError> {
        static SET: Sql = Sql::new("UPDATE workspace SET name = $2 WHERE id = $1");
        let title = name("name", new)?;
        self.0.store.run_alone(&SET, &[workspace.to_string(), title]).await?;
        Ok(())
    }

    /// The name of a workspace for people.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn workspace_name(&self, workspace: WorkspaceId) -> Result<String, AccountError> {
        static READ: Sql = Sql::new("SELECT name FROM workspace WHERE id = $1");
        let mut tx = self.0.store.read().await?;
        let row = tx.row::<(String,)>(&READ, &[&workspace.to_string()]).await?;
        tx.rollback().await?;
        Ok(row.ok_or(AccountError::NotFound { what: "workspace" })?.0)
    }

    /// The slug of a workspace.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn slug(&self, workspace: WorkspaceId) -> Result<String, AccountError> {
        static READ: Sql = Sql::new("SELECT slug FROM workspace WHERE id = $1");
        let mut tx = self.0.store.read().await?;
        let row = tx.row::<(String,)>(&READ, &[&workspace.to_string()]).await?;
        tx.rollback().await?;
        Ok(row.ok_or(AccountError::NotFound { what: "workspace" })?.0)
    }
}
