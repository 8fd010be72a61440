//! A seeded server: workspaces with a number each, and agents of the first one signed in.

use anyhow::Context;
use baton::demo::client::{Api, SignedIn};
use baton_protocol::account::{Agent, Membership};
use baton_protocol::settings::{AgentNew, ChannelNew};
use baton_protocol::{Channel, MembershipKind, Role, Team};

use crate::post::Poster;
use crate::progress::Progress;
use crate::server::{Home, Server, Setup, Store};
use crate::webhook::{self, APP_SECRET, META_APP};

/// Everybody's password: it is no secret, and meant for this machine only.
const PASSWORD: &str = "baton-load-2026";

/// What to seed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// Workspaces, with one number each.
    pub(crate) workspaces: usize,
    /// Agents of the first workspace, who see all of it.
    pub(crate) agents: usize,
}

/// A running server with people in it.
#[derive(Debug)]
pub(crate) struct World {
    /// The server.
    pub(crate) server: Server,
    /// The admin of the first workspace.
    pub(crate) admin: SignedIn,
    /// The agents of the first workspace, each on a device.
    pub(crate) agents: Vec<SignedIn>,
    /// Its data: dropped last.
    pub(crate) home: Home,
}

impl World {
    /// Starts and seeds one.
    pub(crate) async fn new(
        setup: &Setup,
        store: Store,
        size: Size,
        progress: &Progress,
    ) -> anyhow::Result<Self> {
        let home = Home::new(setup, store).await?;
        progress.phase(&format!("{}: seeding {} workspaces", store.name(), size.workspaces));
        let app = ["meta-app", "add", "--id", META_APP, "--app-secret-file", "-"];
        home.admin(&app, APP_SECRET).await?;
        for n in 0..size.workspaces {
            let (slug, email) = (slug(n), email(n));
            let mut args = vec!["workspace", "add", "--slug", &slug, "--name", &slug];
            args.extend(["--team", "Desk", "--admin-email", &email, "--password-file", "-"]);
            home.admin(&args, PASSWORD).await?;
            home.admin(&["meta-app", "grant", "--id", META_APP, "--workspace", &slug], "").await?;
        }
        let server = Server::start(&home).await?;
        let api = Api::new(server.url())?;
        let mut first = None;
        for n in 0..size.workspaces {
            let admin = api.sign_in(&slug(n), &email(n), PASSWORD).await?;
            let teams: Vec<Team> = admin.get("/teams").await?;
            let team = teams.first().context("a workspace without a team")?;
            let made: Channel = admin.post("/channels", &channel(n, team)).await?;
            drop(made);
            first.get_or_insert((admin, team.clone()));
        }
        let (admin, team) = first.context("at least one workspace is needed")?;
        let mut agents = Vec::new();
        for n in 0..size.agents {
            progress.phase(&format!("{}: agent {n} of {}", store.name(), size.agents));
            let new = agent(n, &team);
            let made: Agent = admin.post("/agents", &new).await?;
            drop(made);
            agents.push(api.sign_in(&slug(0), &new.email, PASSWORD).await?);
        }
        Ok(Self { server, admin, agents, home })
    }

    /// A connection for webhooks.
    pub(crate) async fn poster(&self) -> anyhow::Result<Poster> {
        Poster::connect(self.server.address()).await
    }

    /// Which database it is.
    pub(crate) fn store(&self) -> Store {
        self.home.store()
    }

    /// Ends the server and starts it anew on the same data: everybody stays signed in.
    pub(crate) async fn restart(self) -> anyhow::Result<Self> {
        let Self { server, admin, agents, home } = self;
        server.stop().await?;
        let server = Server::start(&home).await?;
        let api = Api::new(server.url())?;
        let moved = |who: SignedIn| SignedIn { api: api.clone(), session: who.session };
        let (admin, agents) = (moved(admin), agents.into_iter().map(moved).collect());
        Ok(Self { server, admin, agents, home })
    }

    /// Ends the server and removes its data.
    pub(crate) async fn end(self) -> anyhow::Result<()> {
        self.server.stop().await
    }
}

fn slug(n: usize) -> String {
    format!("load-{n}")
}

fn email(n: usize) -> String {
    format!("admin@load-{n}.example")
}

fn agent_email(n: usize) -> String {
    format!("agent-{n}@load-0.example")
}

fn agent(n: usize, team: &Team) -> AgentNew {
    AgentNew {
        email: agent_email(n),
        name: format!("Agent {n}"),
        role: Role::Agent,
        password: PASSWORD.to_owned(),
        capacity: None,
        teams: vec![Membership { team_id: team.id, kind: MembershipKind::Member }],
    }
}

fn channel(n: usize, team: &Team) -> ChannelNew {
    ChannelNew {
        name: "Support".to_owned(),
        meta_app: META_APP.to_owned(),
        phone_number_id: webhook::phone_number_id(n),
        display_number: format!("+49 151 {n:07}"),
        access_token: "baton-load-token".to_owned(),
        default_team: team.id,
        pace_per_s: None,
    }
}
