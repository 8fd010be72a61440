//! The seeded workspace of the demo and of tests: a desk of agents on a simulated number.

use anyhow::Context;
use baton_protocol::account::Membership;
use baton_protocol::settings::{AgentNew, ChannelNew, TeamNew};
use baton_protocol::{
    AgentId, ChannelId, MembershipKind, ReplyPolicy, Role, TeamId, Visibility, WorkspaceId,
};
use serde::{Deserialize, Serialize};

use crate::accounts::settings::workspace::WorkspaceNew;
use crate::accounts::{Accounts, Setter};
use crate::config::Secret;
use crate::engine::Engine;

/// Everybody's password in a seeded workspace: it is no secret, and meant for this machine only.
pub const PASSWORD: &str = "baton-demo-2026";

/// What the seeded number needs to know of the (simulated) platform.
#[derive(Clone, Debug)]
pub struct Seeds {
    /// What people type to sign in.
    pub slug: String,
    /// Names of agents to make, besides the admin.
    pub agents: Vec<(String, Role)>,
    /// The app at Meta.
    pub meta_app_id: String,
    /// Its secret.
    pub app_secret: String,
    /// What Meta repeats when it verifies the address.
    pub verify_token: String,
    /// The number.
    pub phone_number_id: String,
    /// The number as people write it.
    pub display_number: String,
    /// What the number sends with.
    pub access_token: String,
}

/// How somebody signs in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Login {
    /// The workspace's slug.
    pub workspace: String,
    /// The name.
    pub name: String,
    /// The role.
    pub role: Role,
    /// The e-mail.
    pub email: String,
    /// The password.
    pub password: String,
    /// Who it is.
    pub agent_id: AgentId,
}

/// What was made.
#[derive(Clone, Debug)]
pub struct Cast {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The team whose queue gets new conversations.
    pub team: TeamId,
    /// The number.
    pub channel: ChannelId,
    /// The admin first, then the agents in order.
    pub logins: Vec<Login>,
}

/// Makes the workspace, its people and its number.
pub async fn seed(accounts: &Accounts, engine: &Engine, seeds: &Seeds) -> anyhow::Result<Cast> {
    let admin_email = format!("admin@{}.example", seeds.slug);
    let lobby = WorkspaceNew {
        slug: seeds.slug.clone(),
        name: seeds.slug.clone(),
        team: "Lobby".to_owned(),
        admin_email: admin_email.clone(),
        password: Secret::new(PASSWORD),
    };
    let made = accounts.add_workspace(engine, &lobby).await.context("making the workspace")?;
    let setter = Setter { workspace: made.workspace, by: None };
    let desk = TeamNew {
        name: "Desk".to_owned(),
        reply_policy: ReplyPolicy::Team,
        visibility: Visibility::Full,
        claim_from_colleagues: false,
    };
    let (team, work) = accounts.plan_team(setter, &desk)?;
    accounts.settle(engine, work).await?;
    let login = |name: &str, role, email: String, agent_id| Login {
        workspace: seeds.slug.clone(),
        name: name.to_owned(),
        role,
        email,
        password: PASSWORD.to_owned(),
        agent_id,
    };
    let mut logins = vec![login("Admin", Role::Admin, admin_email, made.admin)];
    for (name, role) in &seeds.agents {
        let email = format!("{}@{}.example", name.to_lowercase(), seeds.slug);
        let kind = match role {
            Role::Agent => MembershipKind::Member,
            Role::Supervisor | Role::Admin => MembershipKind::Supervisor,
        };
        let new = AgentNew {
            email: email.clone(),
            name: name.clone(),
            role: *role,
            password: PASSWORD.to_owned(),
            capacity: None,
            teams: vec![Membership { team_id: team, kind }],
        };
        let (agent, work) = accounts.plan_agent(setter, &new).await?;
        accounts.settle(engine, work).await?;
        logins.push(login(name, *role, email, agent));
    }
    let channel = number(accounts, engine, setter, team, seeds).await?;
    Ok(Cast { workspace: made.workspace, team, channel, logins })
}

async fn number(
    accounts: &Accounts,
    engine: &Engine,
    setter: Setter,
    team: TeamId,
    seeds: &Seeds,
) -> anyhow::Result<ChannelId> {
    let secret = Secret::new(seeds.app_secret.clone());
    let verify = Secret::new(seeds.verify_token.clone());
    accounts.add_meta_app(&seeds.meta_app_id, &secret, Some(&verify)).await?;
    let new = ChannelNew {
        name: "Support".to_owned(),
        meta_app: seeds.meta_app_id.clone(),
        phone_number_id: seeds.phone_number_id.clone(),
        display_number: seeds.display_number.clone(),
        access_token: seeds.access_token.clone(),
        default_team: team,
        pace_per_s: None,
        check: false,
    };
    let (channel, work) = accounts.plan_channel(setter, &new).await?;
    accounts.settle(engine, work).await?;
    Ok(channel)
}
