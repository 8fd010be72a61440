//! The world of the end-to-end tests. It has a whole server on a free port with a database of its
//! own, and the simulated WhatsApp. It has a seeded workspace, customers, and agents with phones.
//!
//! Everything goes through the public surface: webhooks, REST, the socket. Nothing sleeps for a
//! fixed time: conditions are waited for, with a deadline.

#![expect(clippy::future_not_send, reason = "a test is awaited where it stands")]

mod contact;
mod people;
mod raw;
mod running;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use baton::app::Server;
use baton::clock::Clock;
use baton::config::{Config, Secret, Sources};
use baton::demo::client::Api;
use baton::demo::redis::RedisServer;
use baton::demo::{Cast, Seeds, seed};
use baton_protocol::account::Membership;
use baton_protocol::settings::{AgentNew, ChannelNew, TeamNew};
use baton_protocol::{
    Agent as AgentRow, Channel, MembershipKind, ReplyPolicy, Role, Team, TeamId, Visibility,
};
use baton_simulator::{Knobs, Number, Simulator};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::bench::Database;
use crate::bench::database::{databases, postgres, sqlite};
use crate::process::program;

pub use contact::Contact;
pub use people::{Agent, Answered, claim, reply, transfer};
pub use raw::{Raw, webhook};
pub use running::RunningClock;

/// The longest time that a step may take before a test has failed: the machine may be busy.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The number that is connected from the start.
pub const NUMBER: &str = "106540352242922";
/// The number of the second workspace, once there is one.
pub const SECOND_NUMBER: &str = "206540352242922";
/// A number of the app that no workspace has connected.
pub const UNKNOWN_NUMBER: &str = "306540352242922";

/// Differences from the usual world.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// Of the simulated WhatsApp.
    pub knobs: Knobs,
    /// Settings of the server as variables: `("BATON_PACE__NUMBER_PER_S", "1")`.
    pub settings: Vec<(&'static str, String)>,
    /// The server's clock; the system's where there is none.
    pub clock: Option<Clock>,
}

impl Setup {
    /// WhatsApp as documented, but for its limits of pace.
    pub fn usual() -> Self {
        Self { knobs: Knobs::permissive(), ..Self::default() }
    }

    /// The same with one setting of the server.
    #[must_use]
    pub fn with(mut self, variable: &'static str, value: &str) -> Self {
        self.settings.push((variable, value.to_owned()));
        self
    }
}

/// A server with its database, WhatsApp, customers and agents.
pub struct World {
    /// The server; of several nodes the first.
    pub server: Server,
    /// The other nodes.
    others: Vec<Server>,
    /// The Redis that the nodes share.
    redis: Option<Mutex<RedisServer>>,
    /// The simulated WhatsApp.
    pub simulator: Simulator,
    /// The seeded workspace: Ana, Ben and Chloe at the desk, Sofia who supervises it, an admin.
    pub cast: Cast,
    /// A clock like the server's, for ids.
    pub clock: Clock,
    /// The database, for what the public surface does not show.
    pub database: Database,
    http: reqwest::Client,
    api: Api,
    people: Mutex<BTreeMap<(String, String), Arc<Agent>>>,
    directory: tempfile::TempDir,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("database", &self.database.kind).finish_non_exhaustive()
    }
}

/// Plays a test on a world of each kind, one after the other. The first is one node with SQLite,
/// the second two nodes that share a PostgreSQL and a Redis. One node with PostgreSQL meets nothing
/// that these do not; `make proof` plays it all the same. With `BATON_TEST_HALVES` it is one of
/// the two: half of the tests play on each.
pub async fn for_each_store(setup: Setup, test: impl AsyncFn(&World)) {
    let own = own_store();
    if own != Some(Own::Nodes) {
        on_sqlite(&setup, &test).await;
    }
    if own != Some(Own::Sqlite) {
        with_nodes(setup, &[2], test).await;
    }
}

/// The same, with three nodes as well.
pub async fn for_each_layout(setup: Setup, test: impl AsyncFn(&World)) {
    let own = own_store();
    if own != Some(Own::Nodes) {
        on_sqlite(&setup, &test).await;
    }
    if own != Some(Own::Sqlite) {
        with_nodes(setup, &[2, 3], test).await;
    }
}

/// The one world that a test plays in where each has half of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Own {
    /// One node with SQLite.
    Sqlite,
    /// PostgreSQL.
    Nodes,
}

/// The world of the test that runs here; `None` is both. Without PostgreSQL there is one alone.
pub fn own_store() -> Option<Own> {
    std::env::var_os("BATON_TEST_HALVES").filter(|told| !told.is_empty())?;
    std::env::var_os("BATON_TEST_POSTGRES")?;
    // A test's thread has its name.
    std::thread::current().name().map(half_of)
}

/// By the name, so that a test stays in its half: of FNV-1a one bit.
fn half_of(test: &str) -> Own {
    let hash = test.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    if hash.count_ones() % 2 == 0 { Own::Sqlite } else { Own::Nodes }
}

/// Plays a test on a world of each store with one node: what only an operator of one node may
/// expect.
pub async fn for_each_alone(setup: Setup, test: impl AsyncFn(&World)) {
    for database in databases().await.expect("databases") {
        play(World::start(database, &setup, 1).await, &test).await;
    }
}

/// Plays a test on one node with SQLite: what no database can change.
pub async fn on_sqlite(setup: &Setup, test: &impl AsyncFn(&World)) {
    let database = sqlite().await.expect("a database");
    play(World::start(database, setup, 1).await, test).await;
}

/// Plays a test on several nodes that share a PostgreSQL and a Redis, for each of these numbers;
/// `BATON_TEST_NODES` names another number.
#[expect(clippy::print_stdout, reason = "who reads the test's output should know")]
pub async fn with_nodes(setup: Setup, counts: &[usize], test: impl AsyncFn(&World)) {
    let told = std::env::var_os("BATON_TEST_NODES").and_then(|text| text.to_str()?.parse().ok());
    for count in told.map_or_else(|| counts.to_vec(), |count| vec![count]) {
        let Some(database) = postgres().await.expect("a database") else {
            println!("SKIPPED on PostgreSQL: BATON_TEST_POSTGRES is not set");
            return;
        };
        play(World::start(database, &setup, count).await, &test).await;
    }
}

async fn play(world: Result<World>, test: &impl AsyncFn(&World)) {
    let world = world.expect("a world");
    Box::pin(test(&world)).await;
    Box::pin(world.stop()).await.expect("the end of a world");
}

impl World {
    /// So many running nodes with a seeded workspace on this database.
    pub async fn start(database: Database, setup: &Setup, nodes: usize) -> Result<Self> {
        // It is large, and waits inside of every test.
        Box::pin(Self::begin(database, setup, nodes)).await
    }

    async fn begin(database: Database, setup: &Setup, nodes: usize) -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let simulator = Simulator::start(simulated(setup)).await?;
        let redis = if nodes > 1 { Some(RedisServer::start().await?) } else { None };
        let clock = setup.clock.clone().unwrap_or_else(Clock::system);
        let place =
            SharedServices { database: &database, simulator: &simulator, redis: redis.as_ref() };
        let first = config(place, directory.path(), 0, setup)?;
        let server = Box::pin(Server::start(&first, clock.clone())).await?;
        let mut others = Vec::new();
        for nth in 1..nodes {
            let config = config(place, directory.path(), nth, setup)?;
            others.push(Box::pin(Server::start(&config, clock.clone())).await?);
        }
        let seeds = seeds(&simulator, "acme", &simulator.number());
        let cast = seed(&server.accounts, &server.engine, &seeds).await?;
        let app = &simulator.config().meta_app_id;
        let all = std::iter::once(&server).chain(&others);
        let webhooks = all.map(|node| format!("{}/webhooks/whatsapp/{app}", node.url()));
        simulator.set_webhook_urls(webhooks.collect());
        // Until all see each other, two may send from one number, each at its own pace.
        let count = i64::try_from(nodes)?;
        let is_met = || {
            let mut all = std::iter::once(&server).chain(&others);
            nodes == 1 || all.all(|node| node.metrics.nodes.get() == count)
        };
        eventually("all nodes see each other", async || is_met().then_some(())).await;
        let people = Mutex::default();
        let http = reqwest::Client::builder().no_proxy().build()?;
        let all: Vec<_> = std::iter::once(&server).chain(&others).map(Server::url).collect();
        let api = Api::over(&all)?;
        Ok(Self {
            server,
            others,
            redis: redis.map(Mutex::new),
            simulator,
            cast,
            clock,
            database,
            http,
            api,
            people,
            directory,
        })
    }

    /// Where the files of customers are kept.
    pub fn files(&self) -> PathBuf {
        match self.database.url.strip_prefix("sqlite://").map(Path::new).and_then(Path::parent) {
            Some(data) => data.join("media"),
            None => self.directory.path().join("files"),
        }
    }

    /// Ends everything and removes what it kept.
    pub async fn stop(self) -> Result<()> {
        self.people.lock().await.clear();
        self.simulator.stop().await;
        for node in self.others {
            node.stop().await;
        }
        self.server.stop().await;
        drop(self.redis);
        self.database.close().await?;
        self.directory.close().context("removing the data")
    }

    /// Redis dies, with all it knew.
    pub async fn kills_redis(&self) {
        let redis = self.redis.as_ref().expect("several nodes");
        redis.lock().await.kill().await.expect("killed");
    }

    /// Redis is back, and empty; every node has found it again.
    pub async fn brings_redis_back(&self) {
        let redis = self.redis.as_ref().expect("several nodes");
        redis.lock().await.restart().await.expect("started");
        let is_up = || self.nodes().all(|node| node.metrics.coordinator_away.get() == 0);
        eventually("every node has found Redis again", async || is_up().then_some(())).await;
    }

    /// All nodes.
    pub fn nodes(&self) -> impl Iterator<Item = &Server> {
        std::iter::once(&self.server).chain(&self.others)
    }

    /// Another workspace on the same server, with people of the same names.
    pub async fn second_workspace(&self) -> Result<Cast> {
        let numbers = &self.simulator.config().numbers;
        let number = numbers.get(1).context("a second number")?;
        let seeds = seeds(&self.simulator, "umbrella", number);
        seed(&self.server.accounts, &self.server.engine, &seeds).await
    }

    /// The server, for strangers: of several nodes each in turn.
    pub fn api(&self) -> Api {
        self.api.clone()
    }

    /// A customer who writes to the seeded number.
    pub fn contact(&self, name: &str) -> Contact<'_> {
        Contact::new(self, name)
    }

    /// Somebody of the seeded workspace, signed in, with a phone that has taken its snapshot. The
    /// same person each time.
    pub async fn agent(&self, name: &str) -> Arc<Agent> {
        self.agent_of("acme", name).await
    }

    /// The same of any workspace.
    pub async fn agent_of(&self, workspace: &str, name: &str) -> Arc<Agent> {
        let key = (workspace.to_owned(), name.to_owned());
        if let Some(known) = self.people.lock().await.get(&key) {
            return Arc::clone(known);
        }
        let agent = Agent::arrives(self, workspace, name).await.expect("signing in");
        let agent = Arc::new(agent);
        self.people.lock().await.insert(key, Arc::clone(&agent));
        agent
    }

    /// The admin of the seeded workspace.
    pub async fn admin(&self) -> Arc<Agent> {
        self.agent("Admin").await
    }

    /// A team besides the desk, with members; they sign in like all others.
    pub async fn team(&self, name: &str, members: &[&str]) -> Team {
        let new = TeamNew {
            name: name.to_owned(),
            reply_policy: ReplyPolicy::Team,
            visibility: Visibility::Full,
            claim_from_colleagues: false,
        };
        let team: Team = self.admin().await.signed.post("/teams", &new).await.expect("a team");
        for member in members {
            self.newcomer(member, team.id, None).await;
        }
        team
    }

    /// One more agent.
    pub async fn newcomer(&self, name: &str, team: TeamId, capacity: Option<u32>) -> AgentRow {
        let new = AgentNew {
            email: email(name, "acme"),
            name: name.to_owned(),
            role: Role::Agent,
            password: baton::demo::PASSWORD.to_owned(),
            capacity,
            teams: vec![Membership { team_id: team, kind: MembershipKind::Member }],
        };
        self.admin().await.signed.post("/agents", &new).await.expect("an agent")
    }

    /// Connects a number of the app to the seeded workspace.
    pub async fn connects(&self, phone_number_id: &str) -> Channel {
        let new = ChannelNew {
            name: "Another".to_owned(),
            meta_app: self.simulator.config().meta_app_id.clone(),
            phone_number_id: phone_number_id.to_owned(),
            display_number: "15550001111".to_owned(),
            access_token: self.simulator.config().access_token.clone(),
            default_team: self.cast.team,
            pace_per_s: None,
            check: true,
        };
        self.admin().await.signed.post("/channels", &new).await.expect("a channel")
    }

    /// Adds a secret to the app that signs webhooks.
    pub async fn adds_app_secret(&self, secret: &str) {
        let app = &self.simulator.config().meta_app_id;
        let secret = Secret::new(secret);
        self.server.accounts.add_meta_app(app, &secret, None).await.expect("a secret");
    }
}

/// Waits until something is there, looking every now and then.
pub async fn eventually<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The e-mail address with which an agent of a seeded workspace signs in.
pub fn email(name: &str, workspace: &str) -> String {
    format!("{}@{workspace}.example", name.to_lowercase())
}

fn simulated(setup: &Setup) -> baton_simulator::Config {
    let number = |id: &str, display: &str| Number {
        phone_number_id: id.to_owned(),
        display_phone_number: display.to_owned(),
        ..Number::default()
    };
    baton_simulator::Config {
        numbers: vec![
            number(NUMBER, "15550783881"),
            number(SECOND_NUMBER, "15550783882"),
            number(UNKNOWN_NUMBER, "15550783883"),
        ],
        knobs: setup.knobs.clone(),
        ..baton_simulator::Config::default()
    }
}

/// Services that all nodes share.
#[derive(Clone, Copy)]
struct SharedServices<'a> {
    database: &'a Database,
    simulator: &'a Simulator,
    redis: Option<&'a RedisServer>,
}

fn config(
    place: SharedServices<'_>,
    directory: &Path,
    nth: usize,
    setup: &Setup,
) -> Result<Config> {
    let worker = program().unwrap_or_default().display().to_string();
    let mut variables = vec![
        ("BATON_HTTP__BIND".to_owned(), "127.0.0.1:0".to_owned()),
        ("BATON_HTTP__DRAIN_MS".to_owned(), "2000".to_owned()),
        ("BATON_WHATSAPP__GRAPH_URL".to_owned(), place.simulator.base_url()),
        ("BATON_STORE__CONNECTIONS_MAX".to_owned(), "4".to_owned()),
        // The servers of these tests are in the tests' program, which is no worker.
        ("BATON_MEDIA__SMALL_PICTURES_BY".to_owned(), worker),
        ("BATON_STORE__SQLITE_SYNCHRONOUS".to_owned(), "normal".to_owned()),
        // A machine with too much to do makes a database slow, and not away.
        ("BATON_STORE__ACQUIRE_TIME_OUT_MS".to_owned(), "60000".to_owned()),
        ("BATON_STORE__SILENCE_MAX_MS".to_owned(), "24000".to_owned()),
    ];
    variables.extend(push_services(place.simulator, directory)?);
    variables
        .extend(setup.settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    if let Some(redis) = place.redis {
        variables.push(("BATON_REDIS__URL".to_owned(), redis.url()));
        let key = directory.join("key").display().to_string();
        variables.push(("BATON_STORE__KEY_FILE".to_owned(), key));
        let files = directory.join("files").display().to_string();
        variables.push(("BATON_MEDIA__FOLDER".to_owned(), files));
    }
    let data = match place.database.url.strip_prefix("sqlite://") {
        Some(file) => Path::new(file).parent().context("a directory")?.to_owned(),
        None => {
            variables.push(("BATON_STORE__DATABASE".to_owned(), place.database.url.clone()));
            directory.join(format!("node{nth}"))
        }
    };
    variables.push(("BATON_STORE__DATA".to_owned(), data.display().to_string()));
    Ok(Config::load(&Sources { variables, ..Sources::default() })?.config)
}

/// The simulated push services, and accounts there.
fn push_services(simulator: &Simulator, directory: &Path) -> Result<Vec<(String, String)>> {
    let account = directory.join("service-account.json");
    std::fs::write(&account, serde_json::to_vec(&simulator.service_account())?)?;
    let apple = simulator.apns_account();
    let key = directory.join("apple.p8");
    std::fs::write(&key, &apple.private_key)?;
    let (relay, relay_key) = simulator.relay();
    let relay_key_file = directory.join("relay-key");
    std::fs::write(&relay_key_file, relay_key)?;
    let all = [
        ("RELAY_URL", relay),
        ("RELAY_KEY_FILE", relay_key_file.display().to_string()),
        ("FCM_URL", simulator.base_url()),
        ("FCM_SERVICE_ACCOUNT_FILE", account.display().to_string()),
        ("APNS_URL", simulator.push_base_url()),
        ("APNS_SANDBOX_URL", simulator.push_base_url()),
        ("APNS_KEY_FILE", key.display().to_string()),
        ("APNS_KEY_ID", apple.key_id),
        ("APNS_TEAM_ID", apple.team_id),
        ("APNS_TOPIC", apple.bundle_id),
        ("ALLOW_PRIVATE_ENDPOINTS", "true".to_owned()),
    ];
    Ok(all.map(|(name, value)| (format!("BATON_PUSH__{name}"), value)).into())
}

fn seeds(simulator: &Simulator, slug: &str, number: &Number) -> Seeds {
    let platform = simulator.config();
    let agents = [("Ana", Role::Agent), ("Ben", Role::Agent), ("Chloe", Role::Agent)].into_iter();
    Seeds {
        slug: slug.to_owned(),
        agents: agents
            .chain([("Sofia", Role::Supervisor)])
            .map(|(name, role)| (name.to_owned(), role))
            .collect(),
        meta_app_id: platform.meta_app_id.clone(),
        app_secret: platform.app_secret.clone(),
        verify_token: platform.verify_token.clone(),
        phone_number_id: number.phone_number_id.clone(),
        display_number: number.display_phone_number.clone(),
        access_token: platform.access_token.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Own, half_of};

    #[test]
    fn each_store_has_half_of_the_tests_and_a_test_stays_in_its_half() {
        let names: Vec<String> = (0..1_000).map(|n| format!("lease::rule_{n}")).collect();
        let nodes = names.iter().filter(|name| half_of(name) == Own::Nodes).count();
        assert!((450..550).contains(&nodes), "{nodes} of 1000");
        assert_eq!(half_of("lease::rule_1"), half_of("lease::rule_1"));
    }
}
