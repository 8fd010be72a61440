//! A seeded server: workspaces with a number each, and agents of the first one signed in.

use anyhow::Context;
use baton::demo::client::{Api, SignedIn};
use baton_protocol::account::{Agent, Membership};
use baton_protocol::settings::{AgentNew, ChannelNew};
use baton_protocol::{Channel, MembershipKind, Role, Team};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::json;

use crate::post::Poster;
use crate::progress::Progress;
use crate::server::{Door, Home, PushService, Server, Setup, Store};
use crate::webhook::{self, APP_SECRET, META_APP};

/// Everybody's password: it is no secret, and meant for this machine only.
const PASSWORD: &str = "baton-load-2026";

/// Settings that are made at once.
const AT_ONCE: usize = 4;

/// The data to seed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// Workspaces, with one number each.
    pub(crate) workspaces: usize,
    /// Agents of the first workspace.
    pub(crate) agents: usize,
    /// Teams that the agents are spread over in turn, each with a number (`n + 1` for team `n`);
    /// they see nothing else. With none, all of them see all of it.
    pub(crate) teams: usize,
    /// Servers.
    pub(crate) nodes: usize,
    /// Whether they share something in a Redis, which one node may as well.
    pub(crate) shares: bool,
}

impl Size {
    /// One server that is alone, and one workspace.
    pub(crate) fn of(agents: usize) -> Self {
        Self { workspaces: 1, agents, teams: 0, nodes: 1, shares: false }
    }

    /// The same on so many servers; they share something if they are several.
    pub(crate) fn on(self, nodes: usize) -> Self {
        Self { nodes, shares: self.shares || nodes > 1, ..self }
    }
}

/// Running servers with people in them.
#[derive(Debug)]
pub(crate) struct World {
    /// The first server, which everybody signed in at.
    pub(crate) server: Server,
    /// The other ones.
    pub(crate) others: Vec<Server>,
    /// The admin of the first workspace.
    pub(crate) admin: SignedIn,
    /// The agents of the first workspace, each on a device.
    pub(crate) agents: Vec<SignedIn>,
    /// The way to each server.
    apis: Vec<Api>,
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
        let home = Home::new(setup, store, size.shares).await?;
        progress.phase(&format!("{}: seeding {} workspaces", store.name(), size.workspaces));
        let app = ["meta-app", "add", "--id", META_APP, "--app-secret-file", "-"];
        home.admin(&app, APP_SECRET).await?;
        for n in 0..size.workspaces {
            let (slug, email) = (slug(n), admin_email(n));
            let mut args = vec!["workspace", "add", "--slug", &slug, "--name", &slug];
            args.extend(["--team", "Desk", "--admin-email", &email, "--password-file", "-"]);
            home.admin(&args, PASSWORD).await?;
            home.admin(&["meta-app", "grant", "--id", META_APP, "--workspace", &slug], "").await?;
        }
        let server = Server::start(&home, 0).await?;
        let api = Api::new(server.url())?;
        let mut first = None;
        for n in 0..size.workspaces {
            let admin = api.sign_in(&slug(n), &admin_email(n), PASSWORD).await?;
            let teams: Vec<Team> = admin.get("/teams").await?;
            let team = teams.first().context("a workspace without a team")?;
            let made: Channel = admin.post("/channels", &channel(n, team)).await?;
            drop(made);
            first.get_or_insert((admin, team.clone()));
        }
        let (admin, team) = first.context("at least one workspace is needed")?;
        progress.phase(&format!("{}: seeding {} agents", store.name(), size.agents));
        let mut teams = Vec::new();
        for n in 0..size.teams {
            let team: Team = admin.post("/teams", &json!({ "name": format!("Team {n}") })).await?;
            let made: Channel = admin.post("/channels", &channel(n + 1, &team)).await?;
            drop(made);
            teams.push(team);
        }
        if teams.is_empty() {
            teams.push(team);
        }
        let agents = stream::iter((0..size.agents).zip(teams.iter().cycle()))
            .map(|(n, team)| hire(&admin, n, team))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let mut others = Vec::new();
        for node in 1..size.nodes {
            others.push(Server::start(&home, node).await?);
        }
        let apis = apis(&server, &others)?;
        Ok(Self { server, others, admin, agents, apis, home })
    }

    /// All servers.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Server> {
        std::iter::once(&self.server).chain(&self.others)
    }

    /// Milliseconds of CPU that all servers together have used.
    pub(crate) fn cpu_ms(&self) -> anyhow::Result<u64> {
        self.nodes().map(Server::cpu_ms).sum()
    }

    /// Somebody as a client of another server: one session is good at all of them.
    pub(crate) fn at(&self, node: usize, who: &SignedIn) -> anyhow::Result<SignedIn> {
        let api = self.apis.get(node % self.apis.len()).context("no server")?;
        Ok(SignedIn { api: api.clone(), session: who.session.clone() })
    }

    /// A connection for webhooks.
    pub(crate) async fn poster(&self) -> anyhow::Result<Poster> {
        Poster::connect(self.server.address()).await
    }

    /// The database of the server.
    pub(crate) fn store(&self) -> Store {
        self.home.store()
    }

    /// Ends the servers and starts them anew on the same data: everybody stays signed in.
    pub(crate) async fn restart(self) -> anyhow::Result<Self> {
        self.restart_with(Door::Open).await
    }

    /// The same, with another door.
    pub(crate) async fn restart_with(mut self, door: Door) -> anyhow::Result<Self> {
        self.home.set_door(door);
        self.start_anew().await
    }

    /// The same, with another push service or none.
    pub(crate) async fn restart_pushing(
        mut self,
        service: Option<PushService>,
    ) -> anyhow::Result<Self> {
        self.home.set_push(service)?;
        self.start_anew().await
    }

    async fn start_anew(self) -> anyhow::Result<Self> {
        let Self { server, others, admin, agents, home, .. } = self;
        let count = others.len();
        for server in std::iter::once(server).chain(others) {
            server.stop().await?;
        }
        let server = Server::start(&home, 0).await?;
        let mut others = Vec::new();
        for node in 1..=count {
            others.push(Server::start(&home, node).await?);
        }
        let apis = apis(&server, &others)?;
        let api = apis.first().context("no server")?;
        let moved = |who: SignedIn| SignedIn { api: api.clone(), session: who.session };
        let (admin, agents) = (moved(admin), agents.into_iter().map(moved).collect());
        Ok(Self { server, others, admin, agents, apis, home })
    }

    /// Starts what is missing of so many servers.
    pub(crate) async fn with_nodes(mut self, count: usize) -> anyhow::Result<Self> {
        for node in self.nodes().count()..count {
            self.others.push(Server::start(&self.home, node).await?);
        }
        self.apis = apis(&self.server, &self.others)?;
        Ok(self)
    }

    /// Ends the servers and removes their data.
    pub(crate) async fn end(self) -> anyhow::Result<()> {
        for server in std::iter::once(self.server).chain(self.others) {
            server.stop().await?;
        }
        Ok(())
    }
}

fn apis(server: &Server, others: &[Server]) -> anyhow::Result<Vec<Api>> {
    std::iter::once(server).chain(others).map(|server| Api::new(server.url())).collect()
}

/// Adds an agent and signs them in.
async fn hire(admin: &SignedIn, n: usize, team: &Team) -> anyhow::Result<SignedIn> {
    let new = agent(n, team);
    let made: Agent = admin.post("/agents", &new).await?;
    drop(made);
    admin.api.sign_in(&slug(0), &new.email, PASSWORD).await
}

/// Everybody's password.
pub(crate) fn password() -> &'static str {
    PASSWORD
}

/// The name of a workspace, as people type it to sign in.
pub(crate) fn slug(n: usize) -> String {
    format!("load-{n}")
}

/// The e-mail address of the admin of a workspace.
pub(crate) fn admin_email(n: usize) -> String {
    format!("admin@load-{n}.example")
}

/// The e-mail address with which an agent signs in.
pub(crate) fn agent_email(n: usize) -> String {
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
        name: format!("Support {n}"),
        meta_app: META_APP.to_owned(),
        phone_number_id: webhook::phone_number_id(n),
        display_number: format!("+49 151 {n:07}"),
        access_token: "baton-load-token".to_owned(),
        default_team: team.id,
        pace_per_s: None,
        check: false,
    }
}
