//! A running server: database, committer, workers, sockets, HTTP; and its orderly end.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use baton_protocol::{ChannelId, DeviceId, Epoch, WorkspaceId};
use tokio::task::JoinHandle;

use super::arrivals::Arrivals;
use super::askers::askers;
use super::backend;
use super::background::{Background, push_workers, sender, workers};
use super::kept::ServerTasks;
use super::known;
use super::listen::Listening;
use super::lock::{DataLock, company};
use super::media;
use super::private;
use super::restored::{refuse_half_done, review};
use super::tls::Tls;
use crate::accounts::earlier::renew_digests;
use crate::accounts::settings::channel::open_token;
use crate::accounts::{Accounts, OnEnded, Quota, SessionState};
use crate::clock::Clock;
use crate::config::{Config, DRAIN_MS_MAX, Database, Synchronous};
use crate::connection::Inspector;
use crate::coordinator::{self, Coordinator, InProcess, Redis, RedisParts};
use crate::engine::{self, Engine};
use crate::gateway::{self, Gateway};
use crate::http;
use crate::jobs::anchor::Anchors;
use crate::jobs::{Drafts, Looks, Sealer, Sender, Unseal};
use crate::mail::Mail;
use crate::node::{self, Membership, Node};
use crate::push::{EndpointRules, Outward, VapidKey};
use crate::secrets::Keys;
use crate::store::ends::ends;
use crate::store::{Company, Options, Store, named, read};
use crate::telemetry::Metrics;
use crate::whatsapp::client::{Client, Timeouts, Token};

/// Requests to WhatsApp that are under way are waited for no longer, within the drain.
const SENDS_MAX: Duration = Duration::from_secs(10);
const SEAL_MAX: Duration = Duration::from_secs(4);
const TELL_MAX: Duration = Duration::from_secs(1);
const CLOSE_MAX: Duration = Duration::from_secs(2);
/// What a service manager can count on.
const STOP_MAX: Duration = Duration::from_secs(20);
const _: () = {
    let most =
        Duration::from_millis(DRAIN_MS_MAX).saturating_add(SEAL_MAX).saturating_add(TELL_MAX);
    let most = most.saturating_add(CLOSE_MAX);
    assert!(most.as_millis() < STOP_MAX.as_millis(), "a stop ends in time");
};

/// A running server. Dropped without [`Self::stop`], its tasks end where they are.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its database.
    pub store: Store,
    /// Its committer.
    pub engine: Engine,
    /// Its people.
    pub accounts: Accounts,
    /// Its sockets.
    pub gateway: Arc<Gateway>,
    /// Its figures.
    pub metrics: Metrics,
    /// Its keys.
    pub keys: Keys,
    membership: Membership,
    sealer: Sealer,
    sender: Sender,
    http: Listening,
    _lock: DataLock,
    draining: Arc<AtomicBool>,
    kept: ServerTasks,
    drain: Duration,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

/// What is needed without serving: `migrate`, `admin`.
pub(crate) struct Foundation {
    pub(crate) store: Store,
    pub(crate) keys: Keys,
    pub(crate) accounts: Accounts,
    pub(crate) engine: Engine,
    pub(crate) metrics: Metrics,
    pub(crate) coordinator: Arc<dyn Coordinator>,
    pub(crate) committer: JoinHandle<()>,
    pub(crate) anchors: Anchors,
}

impl Foundation {
    pub(crate) async fn lay(config: &Config, clock: &Clock) -> anyhow::Result<Self> {
        let data = &config.store.data;
        private::make_directory(data)?;
        private::check_key(&config.store.key_file())?;
        let store = known::open(config, clock).await?;
        private::close_files(data)?;
        refuse_half_done(&store).await?;
        let anchors = Anchors::in_dir(data);
        anchors.check(store.epoch(), &heads(&store).await?)?;
        anchors.begin(store.epoch())?;
        let before = async |keys: &Keys| renew_digests(&store, keys).await;
        let keys = Keys::open_after(&config.store.key_file(), &store, clock, before).await?;
        let metrics = Metrics::counting(store.statements().clone());
        let coordinator = coordinator(config, clock, &store, &keys, &metrics).await?;
        let (engine, committer) = Engine::start(
            store.clone(),
            clock.clone(),
            Arc::clone(&coordinator),
            metrics.clone(),
            limits(config),
        );
        review(&store, &engine).await?;
        let accounts = Accounts::new(
            store.clone(),
            keys.clone(),
            clock.clone(),
            config.sessions,
            config.pace.number_per_s,
        );
        Ok(Self { store, keys, accounts, engine, metrics, coordinator, committer, anchors })
    }

    /// Who asks Meta about numbers.
    pub(crate) fn inspector(&self, config: &Config, clock: &Clock, client: &Client) -> Inspector {
        Inspector {
            engine: self.engine.clone(),
            accounts: self.accounts.clone(),
            keys: self.keys.clone(),
            client: client.clone(),
            whatsapp: config.whatsapp.clone(),
            clock: clock.clone(),
        }
    }
}

/// The database that is there, whatever its directory knows of it.
pub(crate) async fn open_store(config: &Config, clock: &Clock) -> anyhow::Result<Store> {
    open_with(config, &store_options(config, clock)).await
}

/// Opens it, or says which one could not be opened.
pub(super) async fn open_with(config: &Config, options: &Options) -> anyhow::Result<Store> {
    let url = database_url(config);
    Store::open(&url, options).await.with_context(|| format!("opening {}", named(&url)))
}

/// How a database is opened, wherever it is.
pub(crate) fn store_options(config: &Config, clock: &Clock) -> Options {
    let mut options = Options::new(Epoch(clock.uuid_v4()));
    options.readers = config.store.connections_max;
    options.wait = Duration::from_millis(config.store.acquire_time_out_ms);
    options.silence_max = Duration::from_millis(config.store.silence_max_ms);
    options.patience = options.silence_max.mul_f32(2.5);
    options.is_power_safe = config.store.sqlite_synchronous == Synchronous::Full;
    options.may_create = false;
    options
}

/// Where the database is, for the store.
pub(crate) fn database_url(config: &Config) -> String {
    match config.store.database() {
        Database::Sqlite(path) => format!("sqlite://{}", path.display()),
        Database::Postgres(url) => url.expose().to_owned(),
    }
}

/// Where the logs end. A row of `log_head` that is gone, or behind its log, is refused: nobody
/// could write there. It takes no restore to put it right.
async fn heads(store: &Store) -> anyhow::Result<BTreeMap<WorkspaceId, u64>> {
    let mut tx = store.read().await?;
    let ends = ends(&mut tx).await?;
    for end in ends.iter().filter(|end| end.position().is_none_or(|at| at < end.last)) {
        if let Some(what) = end.fault(&mut tx).await? {
            let remedy = end.remedy(&mut tx).await?;
            anyhow::bail!(
                "{what}: somebody changed that row outside of Baton. The log is there, so no \
                 backup is needed, and no new epoch. Look at `baton verify-log`; if it names \
                 nothing else, put the row right with this statement and start again: {remedy}"
            );
        }
    }
    tx.rollback().await?;
    Ok(ends.into_iter().map(|end| (end.workspace, end.last)).collect())
}

fn shorten(anchors: &Anchors) {
    if let Err(error) = anchors.compact() {
        tracing::warn!(%error, "the file of markers could not be shortened");
    }
}

/// In process; with a Redis, what is in process is what to go on with while that is away.
async fn coordinator(
    config: &Config,
    clock: &Clock,
    store: &Store,
    keys: &Keys,
    metrics: &Metrics,
) -> anyhow::Result<Arc<dyn Coordinator>> {
    let local = InProcess::start(coordinator_clock(clock));
    if !config.redis.is_shared() {
        return Ok(local);
    }
    let parts = RedisParts {
        config: config.redis.clone(),
        key: keys.bus(),
        epoch: store.epoch(),
        clock: clock.clone(),
        local,
        metrics: metrics.clone(),
    };
    Ok(Redis::start(parts).await.context("Redis cannot be used")?)
}

fn coordinator_clock(clock: &Clock) -> coordinator::Clock {
    let wall = clock.clone();
    coordinator::Clock {
        monotonic: Arc::new(tokio::time::Instant::now),
        wall: Arc::new(move || wall.now()),
    }
}

fn limits(config: &Config) -> engine::Limits {
    engine::Limits {
        queue: config.limits.committer_queue_max,
        group: config.limits.group_events_max,
        lock_wait: Duration::from_millis(config.limits.lock_wait_ms),
        ..engine::Limits::default()
    }
}

impl Server {
    /// Starts everything and listens.
    ///
    /// # Errors
    /// When the database, the key, the anchors or the address do not allow it.
    pub async fn start(config: &Config, clock: Clock) -> anyhow::Result<Self> {
        install_tls();
        Box::pin(Self::start_parts(config, clock)).await
    }

    #[expect(clippy::too_many_lines, reason = "the one place where the parts meet")]
    async fn start_parts(config: &Config, clock: Clock) -> anyhow::Result<Self> {
        // First of all: a wrong certificate leaves no new database behind.
        let tls = Tls::open(&config.http)?;
        let lock = Box::pin(DataLock::take(config)).await?;
        let foundation = Box::pin(Foundation::lay(config, &clock)).await?;
        shorten(&foundation.anchors);
        // Before any worker begins: who cannot serve must not send either.
        let (listener, address) = listen(config)?;
        let quota = Quota::new(&config.limits, clock.clone());
        let looks = Looks::default();
        let drafts = Drafts::default();
        let gateway = gateway(config, &clock, &foundation, &quota, (&looks, &drafts));
        let (client, unseal) = way_out(config, &foundation.keys)?;
        let inspector = foundation.inspector(config, &clock, &client);
        let Foundation { store, keys, accounts, engine, metrics, coordinator, committer, anchors } =
            foundation;
        let tries = tell_nodes(&accounts, &store, &coordinator);
        let (node, membership) = begin_node(config, &clock, &store, &metrics).await?;
        let of_engine = membership.clone();
        engine.know_nodes(move |schema| of_engine.all_know(schema));
        let known = membership.clone();
        coordinator.know_nodes(Box::new(move || {
            let roster = known.roster();
            coordinator::Lives { me: roster.me, all: roster.live.clone() }
        }));
        let sealer = sealer(&store, &membership, &clock, anchors, &metrics);
        let background = Background {
            config,
            clock: &clock,
            engine: &engine.for_background(),
            accounts: &accounts,
            membership: &membership,
            metrics: &metrics,
            client: &client,
            unseal: &unseal,
            coordinator: &coordinator,
        };
        let sender = sender(&background);
        let (media, pictures, uploaded, movers) = media::begin(&background)?;
        let mut workers = workers(&background, &media, &sealer, &sender);
        workers.extend(movers.into_iter().chain(askers(&background, &inspector)));
        let kept = drafts.run(store.for_background(), clock.clone());
        workers.extend([tries, tokio::spawn(node.run()), tokio::spawn(kept)]);
        workers.extend(push_workers(&background, &keys, looks)?);
        workers.extend(super::database::watch(&store, &gateway, &metrics));
        let draining = Arc::new(AtomicBool::new(false));
        let parts = http::ApiState {
            inspector,
            engine: engine.clone(),
            store: store.clone(),
            accounts: accounts.clone(),
            media,
            pictures,
            files_bytes_max: config.media.workspace_bytes_max,
            uploaded,
            keys: keys.clone(),
            quota,
            http: Arc::new(config.http.clone()),
            room: http::Room::new(&config.http),
            notices: http::Notices::default(),
            queues: http::Queues::default(),
            handed: http::Handed::default(),
            boards: http::Boards::default(),
            sessions: config.sessions,
            metrics: metrics.clone(),
            coordinator: Arc::clone(&coordinator),
            practice_page: config.whatsapp.practice_page.clone(),
            push_lanes: config.push.lanes().into(),
            push_endpoints: EndpointRules::of(&config.push),
            mail: Mail::open(&config.mail)?,
            sources: sources(config, &clock)?,
            clock: clock.clone(),
            draining: Arc::clone(&draining),
        };
        let router = router(parts, &gateway);
        let http = Listening::start(listener, router, &config.http, tls, metrics.clone());
        say_hello(address, &store);
        Ok(Self {
            address,
            store,
            engine,
            accounts,
            gateway,
            metrics,
            keys,
            membership,
            sealer,
            sender,
            http,
            _lock: lock,
            draining,
            kept: ServerTasks::watch(workers, committer),
            drain: Duration::from_millis(config.http.drain_ms),
        })
    }

    /// `http://address`, or `https://address`.
    pub fn url(&self) -> String {
        format!("{}://{}", self.http.scheme(), self.address)
    }

    /// Waits until a backup was put back under this server: nothing it remembers holds then, and it
    /// has to begin anew.
    pub async fn void(&self) {
        self.membership.void().await;
    }

    /// Waits until the committer or a background worker has panicked.
    pub async fn broken(&self) {
        self.kept.fallen().await;
    }

    /// Takes nothing new, lets what is under way end, seals the log, closes the database; within
    /// 20 s, whatever hangs.
    pub async fn stop(self) {
        self.draining.store(true, Ordering::SeqCst);
        self.sender.stop_claims();
        self.http.refuse_new();
        let within = self.drain;
        let (sockets_closed, (), sends_ended) = tokio::join!(
            self.gateway.drain(within),
            self.http.finish(within),
            self.sender.drain(within.min(SENDS_MAX)),
        );
        if !sockets_closed {
            tracing::warn!("some sockets did not close in time");
        }
        if !sends_ended {
            tracing::warn!("some sends had no answer in time; they will be unconfirmed");
        }
        self.kept.end_workers();
        match tokio::time::timeout(SEAL_MAX, self.sealer.seal()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, "the end of the log is not sealed; the next start will");
            }
            Err(_) => tracing::warn!("the log could not be sealed in time; the next start will"),
        }
        // Last: until here its claims were its own to tell of.
        node::end(&self.store, &self.membership, TELL_MAX).await;
        self.kept.end_committer();
        if tokio::time::timeout(CLOSE_MAX, self.store.close()).await.is_err() {
            tracing::warn!("the database did not close in time");
        }
        tracing::info!("stopped");
    }
}

fn listen(config: &Config) -> anyhow::Result<(tokio::net::TcpListener, SocketAddr)> {
    let listener = gateway::listen(config.http.bind)
        .with_context(|| format!("listening on {}", config.http.bind))?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

async fn begin_node(
    config: &Config,
    clock: &Clock,
    store: &Store,
    metrics: &Metrics,
) -> anyhow::Result<(Node, Membership)> {
    let is_alone = company(config) == Company::Alone;
    let store = store.for_background();
    Ok(Node::begin(store, clock.clone(), metrics.clone(), is_alone).await?)
}

fn say_hello(address: SocketAddr, store: &Store) {
    let (version, database) = (env!("CARGO_PKG_VERSION"), store.dialect());
    tracing::info!(%address, version, ?database, "Baton {version} serves on {address}");
}

/// One provider of cryptography for the whole process; a second call changes nothing.
pub(crate) fn install_tls() {
    drop(rustls::crypto::ring::default_provider().install_default());
}

/// Tells the other nodes of sessions that end and of tries of passwords, and hears of theirs.
fn tell_nodes(
    accounts: &Accounts,
    store: &Store,
    coordinator: &Arc<dyn Coordinator>,
) -> JoinHandle<()> {
    let tell = TellSockets { store: store.clone(), coordinator: Arc::clone(coordinator) };
    accounts.set_on_ended(Arc::new(tell));
    tokio::spawn(accounts.clone().share_tries(Arc::clone(coordinator)))
}

/// Tells all nodes that sessions ended, so that their sockets are closed at once.
struct TellSockets {
    store: Store,
    coordinator: Arc<dyn Coordinator>,
}

impl OnEnded for TellSockets {
    fn on_ended(&self, workspace: WorkspaceId, device: DeviceId, _standing: SessionState) {
        let (store, coordinator) = (self.store.clone(), Arc::clone(&self.coordinator));
        tokio::spawn(async move {
            let told = async {
                let mut tx = store.read().await?;
                let agent = read::agent_of(&mut tx, workspace, device).await?;
                tx.rollback().await?;
                if let Some(agent) = agent {
                    coordinator.sessions_changed(workspace, agent).await?;
                }
                anyhow::Ok(())
            };
            // When that fails, the poll of standings finds it within seconds.
            if let Err(error) = told.await {
                tracing::warn!(%error, "ended sessions could not be told");
            }
        });
    }
}

fn gateway(
    config: &Config,
    clock: &Clock,
    foundation: &Foundation,
    quota: &Quota,
    (looks, drafts): (&Looks, &Drafts),
) -> Arc<Gateway> {
    let Foundation { engine, accounts, coordinator, metrics, .. } = foundation;
    let parts = backend::ServerBackend {
        engine: engine.clone(),
        accounts: accounts.clone(),
        arrivals: Arrivals::begin(engine.store().clone(), accounts.clone()),
        quota: quota.clone(),
        looks: looks.clone(),
        drafts: drafts.clone(),
        clock: clock.clone(),
    };
    let limits = gateway::Limits {
        queue: config.limits.socket_queue_max,
        resumes: config.limits.resumes_running_max,
        admission: gateway::AdmissionRules {
            per_s: config.limits.connects_per_s,
            burst: config.limits.connects_burst,
            wait: Duration::from_millis(config.limits.connects_wait_ms),
            address_per_s: config.limits.address_connects_per_s,
            address_burst: config.limits.address_connects_burst,
        },
        origins: config.http.allowed_origins.iter().cloned().collect(),
        hosts: config.http.allowed_hosts.clone(),
        trusted_proxies: config.http.trusted_proxies.clone(),
        has_certificate: config.http.has_certificate(),
        rules: gateway::session::Rules {
            errors_a_minute: config.limits.socket_errors_max,
            commands_per_s_told: quota.agent().per_s,
            commands_burst_told: quota.agent().burst,
            ..gateway::session::Rules::default()
        },
        ..gateway::Limits::default()
    };
    Gateway::new(Arc::new(parts), Arc::clone(coordinator), limits, clock.clone(), metrics.clone())
}

fn sealer(
    store: &Store,
    membership: &Membership,
    clock: &Clock,
    anchors: Anchors,
    metrics: &Metrics,
) -> Sealer {
    Sealer {
        store: store.for_background(),
        membership: membership.clone(),
        clock: clock.clone(),
        anchors,
        metrics: metrics.clone(),
        refused: Arc::default(),
    }
}

/// REST and the socket.
fn router(parts: http::ApiState, gateway: &Arc<Gateway>) -> axum::Router {
    let sockets = axum::Router::new()
        .route("/api/v1/socket", axum::routing::get(gateway::upgrade))
        .with_state(Arc::clone(gateway));
    http::router(parts).merge(sockets)
}

/// The way to WhatsApp, and what opens the tokens for it.
pub(crate) fn way_out(config: &Config, keys: &Keys) -> anyhow::Result<(Client, Unseal)> {
    let keys = keys.clone();
    let unseal: Unseal = Arc::new(move |workspace: WorkspaceId, channel: ChannelId, sealed| {
        let token = open_token(&keys, (workspace, channel), sealed).ok()?;
        Some(Token::new(token.expose()))
    });
    let timeouts = Timeouts {
        connect: Duration::from_millis(config.whatsapp.connect_time_out_ms),
        total: Duration::from_millis(config.whatsapp.request_time_out_ms),
    };
    let practice = config.whatsapp.practice_url.as_deref();
    Ok((Client::new(timeouts)?.practising_at(practice), unseal))
}

/// The key by which services of Web Push know this installation.
pub(crate) fn vapid(keys: &Keys) -> anyhow::Result<VapidKey> {
    VapidKey::of(keys.vapid()).context("no key for Web Push can be made of the installation's key")
}

/// The way to sources of context.
fn sources(config: &Config, clock: &Clock) -> anyhow::Result<http::Sources> {
    let outward = Outward::open(&config.push, clock.clone()).context("sources of context")?;
    Ok(http::Sources::new(outward))
}
