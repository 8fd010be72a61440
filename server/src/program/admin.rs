//! `baton admin …`: the operator's way to workspaces, numbers and people.
//!
//! It changes settings through the committer as REST does, so that a running server and its
//! clients hear of each change.

use std::time::Duration;

use anyhow::Context as _;
use baton_domain::group::Key;
use baton_protocol::account::Membership;
use baton_protocol::settings::{AgentNew, ChannelChange, ChannelNew, TeamNew};
use baton_protocol::{AgentId, Channel, ChannelId, ChannelPolicy, Role, TeamId};

use crate::accounts::settings::meta_app::OldSecrets;
use crate::accounts::settings::wire_name;
use crate::accounts::settings::workspace::WorkspaceNew;
use crate::accounts::{AccountError, Accounts, Setter};
use crate::cli::{
    AdminCommand, AgentAdd, AgentCommand, ChannelAdd, ChannelCommand, ChannelConnect,
    ChannelPolicyArgs, MetaAppAdd, MetaAppCommand, MetaAppRight, PersonRef, SecretFile,
    SetPassword, SetToken, TeamAdd, TeamCommand, WorkspaceAdd, WorkspaceCommand, WorkspaceRef,
};
use crate::config::Secret;
use crate::engine::Engine;
use crate::store::{operator, read};

/// Who asks Meta about numbers.
pub(super) trait AskMeta {
    /// Whether a number that is not added yet can send.
    ///
    /// # Errors
    /// What is wrong with it, and what to do.
    fn try_out(&self, new: &ChannelNew) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Goes through the steps of connecting a number; waits so long for first messages.
    ///
    /// # Errors
    /// What is wrong with it, and what to do.
    fn connect(
        &self,
        of: Key<ChannelId>,
        wait: Duration,
    ) -> impl Future<Output = anyhow::Result<String>> + Send;
}

/// Carries out a command and returns what to show.
///
/// # Errors
/// Whatever went wrong, in a sentence for the operator.
pub(super) async fn run<M: AskMeta + Sync>(
    command: &AdminCommand,
    accounts: &Accounts,
    engine: &Engine,
    meta: &M,
) -> anyhow::Result<String> {
    let admin = Admin { accounts, engine, meta };
    match command {
        AdminCommand::Workspace(WorkspaceCommand::Add(add)) => admin.workspace_add(add).await,
        AdminCommand::Workspace(WorkspaceCommand::List) => admin.workspaces().await,
        AdminCommand::MetaApp(MetaAppCommand::Add(add)) => admin.meta_app_add(add).await,
        AdminCommand::MetaApp(MetaAppCommand::Grant(right)) => admin.meta_app_grant(right).await,
        AdminCommand::MetaApp(MetaAppCommand::Revoke(right)) => admin.meta_app_revoke(right).await,
        AdminCommand::MetaApp(MetaAppCommand::List) => admin.meta_apps().await,
        AdminCommand::Channel(ChannelCommand::Add(add)) => admin.channel_add(add).await,
        AdminCommand::Channel(ChannelCommand::Connect(of)) => admin.channel_connect(of).await,
        AdminCommand::Channel(ChannelCommand::List(of)) => admin.channels(of).await,
        AdminCommand::Channel(ChannelCommand::SetToken(set)) => admin.set_token(set).await,
        AdminCommand::Channel(ChannelCommand::Policy(set)) => admin.channel_policy(set).await,
        AdminCommand::Agent(AgentCommand::Add(add)) => admin.agent_add(add).await,
        AdminCommand::Agent(AgentCommand::Invite(of)) => admin.invite(of).await,
        AdminCommand::Agent(AgentCommand::Invitations(of)) => admin.invitations(of).await,
        AdminCommand::Agent(AgentCommand::List(of)) => admin.agents(of).await,
        AdminCommand::Agent(AgentCommand::Sessions(of)) => admin.sessions(of).await,
        AdminCommand::Agent(AgentCommand::SetPassword(set)) => admin.set_password(set).await,
        AdminCommand::Team(TeamCommand::Add(add)) => admin.team_add(add).await,
        AdminCommand::Team(TeamCommand::List(of)) => admin.teams(of).await,
    }
}

mod invite;

struct Admin<'a, M> {
    accounts: &'a Accounts,
    engine: &'a Engine,
    meta: &'a M,
}

impl<M: AskMeta + Sync> Admin<'_, M> {
    async fn workspace_add(&self, add: &WorkspaceAdd) -> anyhow::Result<String> {
        let (password, shown) = self.password(add.password_file.as_ref())?;
        let new = WorkspaceNew {
            slug: add.slug.clone(),
            name: add.name.clone(),
            team: add.team.clone(),
            admin_email: add.admin_email.clone(),
            password,
        };
        let made = self.accounts.add_workspace(self.engine, &new).await?;
        Ok(format!(
            "workspace {} ({}) with team {:?}\nadmin     {} ({})\n{shown}",
            add.slug, made.workspace, add.team, add.admin_email, made.admin
        ))
    }

    async fn workspaces(&self) -> anyhow::Result<String> {
        let rows = operator::workspaces(self.engine.store()).await?;
        let rows = rows.into_iter().map(|(id, slug, name)| vec![slug, name, id]);
        Ok(table(&["SLUG", "NAME", "ID"], rows.collect()))
    }

    async fn meta_app_add(&self, add: &MetaAppAdd) -> anyhow::Result<String> {
        let secret = add.app_secret_file.read()?;
        let given = add.verify_token_file.as_ref().map(SecretFile::read).transpose()?;
        let old = if add.only { OldSecrets::Go } else { OldSecrets::Stay };
        let verify = self.accounts.put_meta_app(&add.id, &secret, old, given.as_ref()).await?;
        let mut text = format!("meta app {}\nwebhook  /webhooks/whatsapp/{}\n", add.id, add.id);
        if given.is_none() {
            text.push_str(&format!("verify token {}\n", verify.expose()));
        }
        // Nobody else can be meant.
        if let Some(only) = self.accounts.only_workspace().await? {
            self.accounts.grant_meta_app(&add.id, only).await?;
            text.push_str("its admins may connect numbers of it\n");
        }
        Ok(text)
    }

    async fn meta_apps(&self) -> anyhow::Result<String> {
        let mut rows = Vec::new();
        for (id, slugs) in operator::meta_apps(self.engine.store()).await? {
            let app = self.accounts.meta_app(&id).await?;
            let secrets = app.map_or(0, |app| app.secrets.len());
            let webhook = format!("/webhooks/whatsapp/{id}");
            rows.push(vec![id, secrets.to_string(), webhook, slugs.join(", ")]);
        }
        Ok(table(&["ID", "SECRETS", "WEBHOOK", "WORKSPACES"], rows))
    }

    async fn meta_app_grant(&self, right: &MetaAppRight) -> anyhow::Result<String> {
        let setter = self.setter(&right.workspace).await?;
        self.accounts.grant_meta_app(&right.id, setter.workspace).await?;
        let slug = &right.workspace.workspace;
        Ok(format!("admins of {slug} may connect numbers of meta app {}\n", right.id))
    }

    async fn meta_app_revoke(&self, right: &MetaAppRight) -> anyhow::Result<String> {
        let setter = self.setter(&right.workspace).await?;
        self.accounts.revoke_meta_app(&right.id, setter.workspace).await?;
        let slug = &right.workspace.workspace;
        Ok(format!("admins of {slug} may connect no further numbers of meta app {}\n", right.id))
    }

    async fn channel_add(&self, add: &ChannelAdd) -> anyhow::Result<String> {
        let setter = self.setter(&add.workspace).await?;
        let teams = self.team_ids(setter).await?;
        let (team, name) = match (&add.team, teams.as_slice()) {
            (Some(name), _) => (find(&teams, name)?, name.as_str()),
            (None, [(id, name)]) => (*id, name.as_str()),
            (None, _) => anyhow::bail!("the workspace has {} teams: say --team", teams.len()),
        };
        let new = ChannelNew {
            name: add.name.clone(),
            meta_app: add.meta_app.clone(),
            phone_number_id: add.phone_number_id.clone(),
            display_number: add.display_number.clone(),
            access_token: add.access_token_file.read()?.expose().to_owned(),
            default_team: team,
            pace_per_s: add.pace_per_s,
            check: !add.no_check,
        };
        let (id, work) = self.accounts.plan_channel(setter, &new).await?;
        if new.check {
            self.meta.try_out(&new).await?;
        }
        self.accounts.settle(self.engine, work).await?;
        Ok(format!("channel {:?} ({id}), new conversations go to {name:?}\n", add.name))
    }

    async fn channel_connect(&self, of: &ChannelConnect) -> anyhow::Result<String> {
        let setter = self.setter(&of.workspace).await?;
        let channel = self.number(setter, &of.phone_number_id).await?;
        let wait = Duration::from_secs(of.wait.into());
        self.meta.connect((setter.workspace, channel.id), wait).await
    }

    async fn number(&self, setter: Setter, phone_number_id: &str) -> anyhow::Result<Channel> {
        let mut tx = self.engine.store().read().await?;
        let channels = read::channels(&mut tx, setter.workspace).await?;
        tx.rollback().await?;
        let found = channels.into_iter().find(|c| c.phone_number_id == phone_number_id);
        Ok(found.ok_or(AccountError::NotFound { what: "number in this workspace" })?)
    }

    async fn channels(&self, of: &WorkspaceRef) -> anyhow::Result<String> {
        let setter = self.setter(of).await?;
        let mut tx = self.engine.store().read().await?;
        let rows = read::channels(&mut tx, setter.workspace).await?;
        tx.rollback().await?;
        let teams = self.team_ids(setter).await?;
        let row = |c: Channel| {
            let team = team_name(&teams, c.default_team);
            let state = c.health.map_or("unknown".to_owned(), |health| {
                let state = wire_name(health.state);
                let faults: Vec<_> = health.faults.iter().map(|fault| fault.name()).collect();
                if faults.is_empty() { state } else { format!("{state}: {}", faults.join(", ")) }
            });
            vec![c.name, c.display_number, c.phone_number_id, team, c.id.to_string(), state]
        };
        let rows = rows.into_iter().map(row).collect();
        Ok(table(&["NAME", "NUMBER", "PHONE_NUMBER_ID", "TEAM", "ID", "STATE"], rows))
    }

    async fn set_token(&self, set: &SetToken) -> anyhow::Result<String> {
        let setter = self.setter(&set.workspace).await?;
        let channel = self.number(setter, &set.phone_number_id).await?;
        let access_token = Some(set.access_token_file.read()?.expose().to_owned());
        let change = ChannelChange { access_token, ..ChannelChange::default() };
        let work = self.accounts.plan_channel_change(setter, channel.id, &change).await?;
        self.accounts.settle(self.engine, work).await?;
        Ok(format!("access token of {:?} replaced\n", channel.name))
    }

    async fn channel_policy(&self, set: &ChannelPolicyArgs) -> anyhow::Result<String> {
        let setter = self.setter(&set.workspace).await?;
        let channel = self.number(setter, &set.phone_number_id).await?;
        let policy = ChannelPolicy {
            agent_names: set.agent_names,
            read_receipts: set.read_receipts,
            typing: set.typing,
            link_previews: set.link_previews,
            one_by_one: set.one_by_one,
        };
        let change = ChannelChange { policy: Some(policy), ..ChannelChange::default() };
        let work = self.accounts.plan_channel_change(setter, channel.id, &change).await?;
        self.accounts.settle(self.engine, work).await?;
        let now = channel.policy.changed_by(policy);
        let word = |is_on| if is_on { "on" } else { "off" };
        Ok(format!(
            "agent names    {}\nread receipts  {}\ntyping         {}\nlink previews  {}\n\
             one by one     {}\n",
            word(now.agent_names == Some(true)),
            word(now.read_receipts == Some(true)),
            word(now.typing == Some(true)),
            word(now.link_previews != Some(false)),
            word(now.one_by_one == Some(true)),
        ))
    }

    async fn agent_add(&self, add: &AgentAdd) -> anyhow::Result<String> {
        let setter = self.setter(&add.workspace).await?;
        let known = self.team_ids(setter).await?;
        let place = |(name, kind): &(String, _)| -> anyhow::Result<Membership> {
            Ok(Membership { team_id: find(&known, name)?, kind: *kind })
        };
        let teams = add.teams.iter().map(place).collect::<anyhow::Result<Vec<_>>>()?;
        let (password, shown) = self.password(add.password_file.as_ref())?;
        let new = AgentNew {
            email: add.email.clone(),
            name: add.name.clone(),
            role: add.role,
            password: password.expose().to_owned(),
            capacity: add.capacity,
            teams,
        };
        let (id, work) = self.accounts.plan_agent(setter, &new).await?;
        self.accounts.settle(self.engine, work).await?;
        let unseeing = match new.teams.is_empty() && add.role != Role::Admin {
            true => "warning   belongs to no team and sees no conversation: give a --team\n",
            false => "",
        };
        Ok(format!("{} {} ({id})\n{unseeing}{shown}", add.role.name(), add.email))
    }

    async fn agents(&self, of: &WorkspaceRef) -> anyhow::Result<String> {
        let setter = self.setter(of).await?;
        let emails = self.emails(setter).await?;
        let teams = self.team_ids(setter).await?;
        let mut tx = self.engine.store().read().await?;
        let agents = read::agents(&mut tx, setter.workspace).await?;
        tx.rollback().await?;
        let row = |agent: baton_protocol::Agent| {
            let email = emails.iter().find(|(id, _)| *id == agent.id).map(|(_, email)| email);
            let names = agent.teams.iter().map(|place| team_name(&teams, place.team_id));
            vec![
                email.cloned().unwrap_or_default(),
                agent.name,
                agent.role.name().to_owned(),
                wire_name(agent.state),
                agent.capacity.map_or("unlimited".to_owned(), |n| n.to_string()),
                names.collect::<Vec<_>>().join(", "),
            ]
        };
        let rows = agents.into_iter().map(row).collect();
        Ok(table(&["EMAIL", "NAME", "ROLE", "STATE", "CAPACITY", "TEAMS"], rows))
    }

    async fn sessions(&self, of: &PersonRef) -> anyhow::Result<String> {
        let setter = self.setter(&of.workspace).await?;
        let agent = self.agent_of(setter, &of.email).await?;
        let devices = self.accounts.devices_of(setter.workspace, agent, None).await?;
        let row = |device: baton_protocol::account::Device| {
            let (since, seen) = (device.created_at.to_string(), device.last_seen_at.to_string());
            vec![device.name, since, seen, device.id.to_string()]
        };
        let rows = devices.into_iter().map(row).collect();
        Ok(table(&["NAME", "SINCE", "LAST_SEEN", "ID"], rows))
    }

    async fn set_password(&self, set: &SetPassword) -> anyhow::Result<String> {
        let setter = self.setter(&set.workspace).await?;
        let agent = self.agent_of(setter, &set.email).await?;
        let (password, shown) = self.password(set.password_file.as_ref())?;
        self.accounts.set_password(self.engine, setter, agent, &password).await?;
        Ok(format!("password of {} set, their sessions ended\n{shown}", set.email))
    }

    async fn team_add(&self, add: &TeamAdd) -> anyhow::Result<String> {
        let setter = self.setter(&add.workspace).await?;
        let new = TeamNew {
            name: add.name.clone(),
            reply_policy: add.reply_policy,
            visibility: add.visibility,
            claim_from_colleagues: add.claim_from_colleagues,
        };
        let (id, work) = self.accounts.plan_team(setter, &new)?;
        self.accounts.settle(self.engine, work).await?;
        Ok(format!("team {:?} ({id})\n", add.name))
    }

    async fn teams(&self, of: &WorkspaceRef) -> anyhow::Result<String> {
        let setter = self.setter(of).await?;
        let mut tx = self.engine.store().read().await?;
        let teams = read::teams(&mut tx, setter.workspace).await?;
        tx.rollback().await?;
        let row = |team: baton_protocol::Team| {
            vec![
                team.name,
                wire_name(team.reply_policy),
                wire_name(team.visibility),
                team.id.to_string(),
            ]
        };
        let rows = teams.into_iter().map(row).collect();
        Ok(table(&["NAME", "REPLY_POLICY", "VISIBILITY", "ID"], rows))
    }

    async fn setter(&self, of: &WorkspaceRef) -> anyhow::Result<Setter> {
        let slug = of.workspace.as_str();
        let found = self.accounts.workspace(slug).await;
        Ok(Setter { workspace: found.with_context(|| format!("workspace {slug:?}"))?, by: None })
    }

    async fn team_ids(&self, setter: Setter) -> anyhow::Result<Vec<(TeamId, String)>> {
        let mut tx = self.engine.store().read().await?;
        let teams = read::teams(&mut tx, setter.workspace).await?;
        tx.rollback().await?;
        Ok(teams.into_iter().map(|team| (team.id, team.name)).collect())
    }

    async fn agent_of(&self, setter: Setter, email: &str) -> anyhow::Result<AgentId> {
        let emails = self.emails(setter).await?;
        let agent = emails.iter().find(|(_, other)| other == email).map(|(id, _)| *id);
        Ok(agent.ok_or(AccountError::NotFound { what: "agent" })?)
    }

    async fn emails(&self, setter: Setter) -> anyhow::Result<Vec<(AgentId, String)>> {
        Ok(operator::emails(self.engine.store(), setter.workspace).await?)
    }

    /// The password to set, and what to show: one from a file is not repeated.
    fn password(&self, file: Option<&SecretFile>) -> anyhow::Result<(Secret, String)> {
        if let Some(file) = file {
            return Ok((file.read()?, String::new()));
        }
        let password = self.accounts.made_up_password();
        let shown = format!("password  {} (shown this once)\n", password.expose());
        Ok((password, shown))
    }
}

fn find(teams: &[(TeamId, String)], name: &str) -> anyhow::Result<TeamId> {
    let found = teams.iter().find(|(_, other)| other == name).map(|(id, _)| *id);
    found.with_context(|| format!("there is no team {name:?}"))
}

fn team_name(teams: &[(TeamId, String)], id: TeamId) -> String {
    teams.iter().find(|(other, _)| *other == id).map(|(_, name)| name.clone()).unwrap_or_default()
}

/// Columns as wide as what stands in them.
pub(super) fn table(head: &[&str], rows: Vec<Vec<String>>) -> String {
    let head = head.iter().map(|&text| text.to_owned()).collect();
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&format!("{cell:<width$}  "));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests;
