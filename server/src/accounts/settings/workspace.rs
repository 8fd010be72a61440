//! Workspaces. One begins with a team and an admin, the first facts of its log.

use baton_domain::text::names;
use baton_protocol::settings::AgentNew;
use baton_protocol::{AgentId, Fact, MembershipKind, Role, TeamId, WorkspaceId};

use super::agent::hired;
use super::team::{begun, usual};
use super::{Setter, name};
use crate::accounts::{AccountError, Accounts};
use crate::config::Secret;
use crate::engine::Engine;
use crate::engine::work::SettingWork;
use crate::store::{team, workspace};

/// A workspace to make.
#[derive(Clone, Debug)]
pub struct WorkspaceNew {
    /// The name that people type to sign in.
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

/// A workspace that was made.
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
        let slug = names::slug(&new.slug);
        let slug = slug.map_err(|problem| AccountError::invalid("slug", problem))?;
        let title = name("name", &new.name)?;
        let of = WorkspaceId(self.0.clock.uuid_v7());
        let team_id = TeamId(self.0.clock.uuid_v7());
        let new_team = usual(&new.team);
        let team_name = name("name", &new_team.name)?;
        let new_admin = AgentNew {
            email: new.admin_email.clone(),
            name: "Admin".to_owned(),
            role: Role::Admin,
            password: new.password.expose().to_owned(),
            capacity: None,
            teams: Vec::new(),
        };
        let (admin, add_admin) = self.agent_added(of, &new_admin).await?;
        let kind = MembershipKind::Supervisor;
        let facts = vec![
            begun(team_id, &new_team),
            hired(admin, &new_admin),
            Fact::MembershipChanged { team_id, agent_id: admin, kind: Some(kind) },
        ];
        let mut writes = Vec::from(workspace::add(of, slug, title, self.0.clock.now()));
        writes.extend(team::add((of, team_id), team_name, &new_team));
        writes.extend([add_admin, team::put_member((of, team_id), admin, kind)]);
        let made = WorkspaceMade { workspace: of, team: team_id, admin };
        Ok((made, Setter { workspace: of, by: None }.work(writes, facts)))
    }

    /// The workspace with this slug.
    ///
    /// # Errors
    /// [`AccountError::NotFound`] when there is none.
    pub async fn workspace(&self, slug: &str) -> Result<WorkspaceId, AccountError> {
        let found = workspace::with_slug(&self.0.store, slug).await?;
        found.ok_or(AccountError::NotFound { what: "workspace" })
    }

    /// The workspace of this installation, where there is one alone.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn only_workspace(&self) -> Result<Option<WorkspaceId>, AccountError> {
        Ok(match workspace::some(&self.0.store, 2).await?.as_slice() {
            [only] => Some(*only),
            _ => None,
        })
    }

    /// Gives a workspace another name for people. The log tells of no names.
    ///
    /// # Errors
    /// When the name is none or the store is away.
    pub async fn name_workspace(&self, of: WorkspaceId, new: &str) -> Result<(), AccountError> {
        let title = name("name", new)?;
        Ok(workspace::rename(&self.0.store, of, &title).await?)
    }

    /// The name of a workspace for people.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn workspace_name(&self, of: WorkspaceId) -> Result<String, AccountError> {
        let found = workspace::name(&self.0.store, of).await?;
        found.ok_or(AccountError::NotFound { what: "workspace" })
    }

    /// The slug of a workspace.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn slug(&self, of: WorkspaceId) -> Result<String, AccountError> {
        let found = workspace::slug(&self.0.store, of).await?;
        found.ok_or(AccountError::NotFound { what: "workspace" })
    }
}
