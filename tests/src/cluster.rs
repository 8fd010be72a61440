//! Several nodes of the real program on one database of `PostgreSQL`, and the simulated WhatsApp
//! that outlives them. Between all of them is a network that misbehaves when it is told to.

mod node;
pub mod redis;
pub mod schedule;
mod strike;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use baton::demo::client::Api;
use baton::demo::{Cast, Login};
use baton::store::{Options, Store, read};
use baton_domain::fact::planted::Bug;
use baton_protocol::settings::AgentChange;
use baton_protocol::{Agent, AgentId, Epoch, Event, Role};
use baton_simulator::{Customer, Knobs, Simulator};
use reqwest::Method;
use sqlx::{Connection, PgConnection};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::chaos::Proxy;
use crate::history::Written;
use crate::phone::{Phone, read_once};
use crate::process::Installation;
use crate::stage::{self, PACES};
use baton_model::dice::Dice;
use node::Node;
use redis::Redis;

pub use strike::{bad_day, trouble};

/// Longer than a lane waits behind a message whose outcome is unknown (30 s).
const QUIET: Duration = Duration::from_secs(90);
/// Events read at once.
const BATCH: u64 = 1_000;

/// The parts of a cluster.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Of every random choice.
    pub seed: u64,
    /// The number of servers.
    pub nodes: usize,
    /// The number of people who answer.
    pub agents: u32,
    /// The number of people who ask.
    pub customers: u32,
    /// Variables of every server.
    pub settings: Vec<(String, String)>,
    /// Whether the last server is of a later version: it writes facts that the others do not know.
    pub has_future: bool,
    /// The program of all others, where that is an earlier one.
    pub old_program: Option<PathBuf>,
}

/// Nodes, their database, WhatsApp and the network between them.
pub struct Cluster {
    /// WhatsApp.
    pub simulator: Simulator,
    /// The agents.
    pub cast: Cast,
    /// The customers who write.
    pub customers: Vec<Customer>,
    /// Sees everything.
    pub admin: Phone,
    /// Messages of customers so far.
    pub written: BTreeMap<String, Written>,
    /// The largest number of conversations an agent may own, of agents with a limit.
    pub capacities: BTreeMap<AgentId, u32>,
    nodes: Vec<Node>,
    redis: Option<Redis>,
    /// Before all nodes: webhooks find one that lives.
    _front: Proxy,
    apis: Arc<[Api]>,
    database: String,
    store: Store,
    seed: u64,
    has_future: bool,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster").field("nodes", &self.nodes.len()).finish_non_exhaustive()
    }
}

impl Cluster {
    /// Everything runs, and every customer has written once. `None` without `PostgreSQL`.
    pub async fn start(layout: &Layout) -> Result<Option<Self>> {
        let Some(mut place) = Installation::postgres().await? else { return Ok(None) };
        let database = place.database()?.context("a database")?;
        for (name, value) in PACES {
            place.set(name, &value);
        }
        for (name, value) in &layout.settings {
            place.set(name, value);
        }
        let config = baton_simulator::Config {
            seed: layout.seed,
            knobs: Knobs::permissive(),
            ..baton_simulator::Config::default()
        };
        let simulator = Simulator::start(config).await?;
        place.set("BATON_WHATSAPP__GRAPH_URL", &simulator.base_url());
        let redis = if layout.nodes > 1 { Some(Redis::start().await?) } else { None };
        let address = redis.as_ref().map(Redis::address);
        let seeds = stage::seeds(&simulator, layout.agents);
        let (cast, nodes) = if layout.old_program.is_some() {
            // An earlier program starts on its own schema, and goes on when a later one comes.
            let mut nodes = built(place, layout, address).await?;
            let (last, others) = nodes.split_last_mut().context("no node")?;
            for node in others {
                node.start().await?;
            }
            let cast = last.place.seed(&seeds).await?;
            last.start().await?;
            (cast, nodes)
        } else {
            let cast = place.seed(&seeds).await?;
            let mut nodes = built(place, layout, address).await?;
            for node in &mut nodes {
                node.start().await?;
            }
            (cast, nodes)
        };
        let front = Proxy::balance(nodes.iter().map(Node::address).collect(), layout.seed)?;
        let app = &simulator.config().meta_app_id;
        simulator.set_webhook_url(format!("http://{}/webhooks/whatsapp/{app}", front.address()));
        let customers = stage::customers(&simulator, layout.customers);
        let written = stage::begin(&customers).await;
        simulator.quiesce(Duration::from_secs(30)).await?;
        let apis = apis(&nodes)?;
        let first = apis.first().context("no node")?;
        let admin = sign_in(first, cast.logins.first().context("no admin")?).await?;
        let store = Store::open(&database, &Options::new(Epoch(Uuid::new_v4()))).await?;
        let capacities = BTreeMap::new();
        Ok(Some(Self {
            simulator,
            cast,
            customers,
            admin,
            written,
            capacities,
            nodes,
            redis,
            _front: front,
            apis,
            database,
            store,
            seed: layout.seed,
            has_future: layout.has_future,
        }))
    }

    /// Limits what some agents may own, as an admin does.
    pub async fn limit(&mut self, agents: usize, capacity: u32) -> Result<()> {
        let change = AgentChange { capacity: Some(Some(capacity)), ..AgentChange::default() };
        let token = Some(self.admin.signed.session.access_token.as_str());
        for login in self.cast.logins.iter().skip(1).step_by(2).take(agents) {
            let path = format!("/agents/{}", login.agent_id);
            let api = &self.admin.signed.api;
            let _changed: Agent = api.call(Method::PATCH, &path, token, Some(&change)).await?;
            self.capacities.insert(login.agent_id, capacity);
        }
        Ok(())
    }

    /// A light client for every agent, signed in, spread over the nodes and up to date. Some at a
    /// time: passwords are hashed slowly on purpose, and snapshots are large.
    pub async fn phones(&self) -> Result<Vec<Phone>> {
        let agents = self.cast.logins.iter().filter(|login| login.role == Role::Agent);
        let agents: Vec<_> = agents.zip(0_usize..).collect();
        let mut phones = Vec::new();
        for some in agents.chunks(4) {
            let comes = some.iter().map(|(login, nth)| async move {
                let api = self.apis.get(nth % self.apis.len()).context("no node")?;
                let dice = Dice::of_part(self.seed, (*nth as u64 + 2) << 20);
                let phone = sign_in(api, login).await?.light(&self.apis, *nth, dice);
                phone.listen().await?;
                anyhow::Ok(phone)
            });
            phones.extend(futures_util::future::try_join_all(comes).await?);
        }
        Ok(phones)
    }

    /// A client of one node.
    pub fn api(&self, nth: usize) -> Result<Api> {
        self.apis.get(nth).cloned().context("no such node")
    }

    /// A client of each node.
    pub fn apis_of_all(&self) -> Result<Vec<Api>> {
        (0..self.nodes.len()).map(|nth| self.api(nth)).collect()
    }

    /// The sum of a figure that a node shows to operators.
    pub async fn figure(&self, nth: usize, begins: &str) -> Result<f64> {
        let address = self.nodes.get(nth).context("no such node")?.address();
        let client = reqwest::Client::builder().no_proxy().timeout(QUIET).build()?;
        let text = client.get(format!("http://{address}/metrics")).send().await?.text().await?;
        let lines = text.lines().filter(|line| line.starts_with(begins));
        Ok(lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok()).sum())
    }

    /// SIGKILL.
    pub async fn kill(&mut self, nth: usize) -> Result<()> {
        self.nodes.get_mut(nth).context("no such node")?.kill().await
    }

    /// Starts a node that was killed.
    pub async fn revive(&mut self, nth: usize) -> Result<()> {
        self.nodes.get_mut(nth).context("no such node")?.start().await
    }

    /// Where the log ends.
    pub async fn head(&self) -> Result<u64> {
        let mut connection = PgConnection::connect(&self.database).await?;
        let (head,): (i64,) = sqlx::query_as("SELECT position FROM log_head WHERE workspace = $1")
            .bind(self.cast.workspace.to_string())
            .fetch_one(&mut connection)
            .await?;
        connection.close().await?;
        Ok(u64::try_from(head)?)
    }

    /// Waits until nothing is under way: no webhook, and no message that is still to leave.
    pub async fn quiet(&self) -> Result<()> {
        let deadline = Instant::now() + QUIET;
        loop {
            self.simulator.quiesce(QUIET).await?;
            let mut connection = PgConnection::connect(&self.database).await?;
            let sql = "SELECT COUNT(*) FROM message WHERE status IN ('queued', 'sending')";
            let (open,): (i64,) = sqlx::query_as(sql).fetch_one(&mut connection).await?;
            connection.close().await?;
            if open == 0 && self.simulator.pending() == 0 {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "{open} messages do not leave");
            sleep(Duration::from_millis(250)).await;
        }
    }

    /// The whole log of the workspace, as it stands in the database.
    pub async fn log(&self) -> Result<Vec<Event>> {
        let mut tx = self.store.read().await?;
        let mut events: Vec<Event> = Vec::new();
        loop {
            let from = events.last().map_or(0, |event| event.position);
            let some = read::log_after(&mut tx, self.cast.workspace, from, BATCH).await?;
            if some.is_empty() {
                tx.rollback().await?;
                return Ok(events);
            }
            events.extend(some.into_iter().map(|logged| logged.event));
        }
    }

    /// Where the tables say something else than the log, or than they must.
    ///
    /// Of what a later version wrote only that version can tell.
    pub async fn stored_faults(&self) -> Result<Vec<String>> {
        if self.has_future {
            return crate::bench::contradictions(&self.store).await;
        }
        crate::bench::stored_faults(&self.store).await
    }

    /// Where the logs of the servers are.
    pub fn logs(&self) -> Vec<PathBuf> {
        self.nodes.iter().map(|node| node.place.log()).collect()
    }

    /// Stops everything, verifies the chain by command, and removes what was kept. With what is
    /// wrong everything stays for somebody to look at, if anybody will.
    pub async fn close(mut self, mut wrong: Vec<String>, is_kept: bool) -> Result<()> {
        self.simulator.stop().await;
        for node in &mut self.nodes {
            if let Err(error) = node.stop().await {
                wrong.push(format!("F21: {error:#}"));
            }
        }
        self.store.close().await;
        // An earlier program opens no database of a later schema.
        let mut nodes = self.nodes.iter().map(|node| &node.place);
        let place = nodes.find(|place| place.is_of_this_build()).context("no node")?;
        if let Err(error) = place.run(&["verify-log", "--json"]).await {
            wrong.push(format!("P5: {error:#}"));
        }
        let mut kept = Vec::new();
        for node in self.nodes {
            if is_kept && !wrong.is_empty() {
                kept.push(node.place.keep());
            } else {
                // The first place has the database.
                node.place.remove().await?;
            }
        }
        let (count, some) = (wrong.len(), wrong.into_iter().take(40).collect::<Vec<_>>());
        ensure!(some.is_empty(), "{count} violations, left in {kept:?}:\n{}", some.join("\n"));
        Ok(())
    }
}

/// The nodes and their networks; none runs.
async fn built(
    place: Installation,
    layout: &Layout,
    redis: Option<SocketAddr>,
) -> Result<Vec<Node>> {
    let mut nodes: Vec<Node> = Vec::new();
    let mut places = vec![place];
    for _ in 1..layout.nodes {
        let first = places.first().context("a place")?;
        places.push(first.beside()?);
    }
    let key = places.first().context("a place")?.key();
    if let (true, Some(last)) = (layout.has_future, places.last_mut()) {
        last.set("PLANTED_BUG", &Bug::FUTURE.0);
    }
    let others = places.len().saturating_sub(1);
    for place in places.iter_mut().take(others) {
        place.run_by(layout.old_program.as_deref());
    }
    for (place, nth) in places.into_iter().zip(0..) {
        // Each network has choices of its own.
        nodes.push(Node::build(place, (redis, &key), layout.seed + (nth << 32)).await?);
    }
    Ok(nodes)
}

/// One HTTP client for each node, shared by all its users.
fn apis(nodes: &[Node]) -> Result<Arc<[Api]>> {
    let reader = read_once();
    let api = |node: &Node| {
        let url = format!("http://{}", node.clients.address());
        anyhow::Ok(Api::new(&url)?.reading_by(reader.clone()))
    };
    nodes.iter().map(api).collect()
}

async fn sign_in(api: &Api, login: &Login) -> Result<Phone> {
    Ok(Phone::of(api.sign_in(&login.workspace, &login.email, &login.password).await?))
}
