//! Redis servers that live as long as a test, and nodes that share one.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use baton_protocol::{Epoch, NodeId, Timestamp};
use futures_util::future::BoxFuture;
use tempfile::TempDir;
use tokio::time::Instant;
use uuid::Uuid;

use super::super::contract::{HERE, Stage};
use super::super::{Clock as TwoClocks, Coordinator, CoordinatorState, InProcess, Lives};
use super::connection::Timings;
use super::due::Kind;
use super::{Redis, RedisParts};
use crate::clock::Clock;
use crate::config::{Config, RedisConfig, Sources};
use crate::telemetry::Metrics;

pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// A `redis-server` (or whatever `BATON_TEST_REDIS_SERVER` names) without persistence.
pub(super) struct Server {
    pub(super) port: u16,
    program: &'static str,
    arguments: Vec<String>,
    child: Option<Child>,
    pub(super) directory: TempDir,
}

impl Server {
    pub(super) fn start() -> Self {
        Self::with(&[])
    }

    pub(super) fn with(arguments: &[&str]) -> Self {
        let port = free_port();
        let mut all: Vec<String> = ["--port", &port.to_string()].map(str::to_owned).into();
        all.extend(["--save", "", "--appendonly", "no"].map(str::to_owned));
        all.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        let mut server = Self::of(port, all);
        server.run();
        server
    }

    /// One whose arguments are all its caller's; it is not started yet.
    pub(super) fn of(port: u16, arguments: Vec<String>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self { port, program: program(), arguments, child: None, directory }
    }

    /// Starts it, again perhaps, and waits until it listens.
    pub(super) fn run(&mut self) {
        let child = Command::new(self.program)
            .args(&self.arguments)
            .args(["--bind", "127.0.0.1"])
            .current_dir(self.directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let hint = "cannot be started: run scripts/setup.sh";
        self.child = Some(child.unwrap_or_else(|e| panic!("{} {hint} ({e})", self.program)));
        const LOOK: Duration = Duration::from_millis(5);
        let mut left = PATIENCE;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            left = left.checked_sub(LOOK).unwrap_or_else(|| panic!("{} is silent", self.program));
            std::thread::sleep(LOOK);
        }
    }

    /// As `kill -9`.
    pub(super) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub(super) fn id(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    /// Says a command as it is typed, and gives what is answered at once.
    ///
    /// A connection that ends without an answer is made anew: a sentinel ends all connections
    /// of the replica that it makes the master.
    pub(super) fn say(&self, command: &str) -> String {
        const LOOK: Duration = Duration::from_millis(5);
        let mut left = PATIENCE;
        loop {
            match self.ask(command) {
                Ok(answer) => return answer,
                Err(e) => {
                    left = left.checked_sub(LOOK).unwrap_or_else(|| panic!("{command}: {e}"));
                    std::thread::sleep(LOOK);
                }
            }
        }
    }

    /// The number of times that it was asked a command since it began.
    pub(super) fn calls_of(&self, command: &str) -> u64 {
        let all = self.say("INFO commandstats");
        let of = format!("cmdstat_{command}:calls=");
        let after = all.split_once(&of).map_or("0", |(_, after)| after);
        after.split(',').next().unwrap().parse().unwrap_or(0)
    }

    fn ask(&self, command: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(format!("{command}\r\n").as_bytes())?;
        let mut bytes = [0; 65_536];
        match stream.read(&mut bytes)? {
            0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
            count => Ok(String::from_utf8_lossy(&bytes[..count]).into_owned()),
        }
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

#[expect(clippy::disallowed_methods, reason = "tests are told by it which server to test with")]
fn program() -> &'static str {
    let named = std::env::var("BATON_TEST_REDIS_SERVER").ok();
    named.map_or("redis-server", |name| Box::leak(name.into_boxed_str()))
}

pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    address.port()
}

/// Patient with a machine that is busy, quick to come back.
pub(super) const TIMINGS: Timings = Timings {
    connect: Duration::from_secs(3),
    command: Duration::from_secs(2),
    ping: Duration::from_millis(100),
    retry_min: Duration::from_millis(10),
    retry_max: Duration::from_millis(50),
};

pub(super) const EPOCH: Epoch = Epoch(Uuid::from_u128(3));
pub(super) const KEY: [u8; 32] = [7; 32];

pub(super) fn config(url: &str, more: &[(&'static str, &str)]) -> RedisConfig {
    let mut flags = vec![("--redis", "redis.url", url.to_owned())];
    flags.extend(more.iter().map(|(key, value)| ("--test", *key, (*value).to_owned())));
    let sources = Sources { flags, ..Sources::default() };
    Config::load(&sources).unwrap().config.redis
}

/// A node, and its parts.
pub(super) struct Node {
    pub(super) redis: Arc<Redis>,
    pub(super) metrics: Metrics,
    pub(super) me: NodeId,
    knows: Arc<Mutex<Lives>>,
}

/// Nodes that share a Redis, and the time.
pub(super) struct Nodes {
    pub(super) all: Vec<Node>,
    pub(super) skew_ms: Arc<AtomicI64>,
    pub(super) server: Option<Server>,
}

impl Nodes {
    /// Nodes of a server of their own.
    pub(super) async fn of(count: usize) -> Self {
        let server = Server::start();
        let config = config(&server.url(), &[]);
        let nodes = Self { server: Some(server), ..Self::at(&config, count, TIMINGS).await };
        nodes.are_up(true).await;
        nodes
    }

    pub(super) async fn at(config: &RedisConfig, count: usize, timings: Timings) -> Self {
        let skew_ms = Arc::new(AtomicI64::new(0));
        let mut all = Vec::new();
        for _ in 0..count {
            all.push(node(config, timings, EPOCH, KEY, &skew_ms).await);
        }
        let nodes = Self { all, skew_ms, server: None };
        nodes.know(&[]).await;
        nodes
    }

    /// Each node is told that all of them live, and these.
    pub(super) async fn know(&self, others: &[NodeId]) {
        let live: Vec<_> = self.all.iter().map(|node| node.me).chain(others.to_vec()).collect();
        for node in &self.all {
            *node.knows.lock().unwrap() = Lives { me: node.me, all: live.clone() };
        }
        self.confirm().await;
    }

    /// The word that each node gives all the time.
    pub(super) async fn confirm(&self) {
        for node in &self.all {
            node.redis.shared.confirm().await.unwrap_or_default();
        }
    }

    pub(super) fn server(&mut self) -> &mut Server {
        self.server.as_mut().expect("a server of its own")
    }

    /// Waits until every node is up, or away.
    pub(super) async fn are_up(&self, is_up: bool) {
        for node in &self.all {
            until(|| (node.redis.state() == CoordinatorState::Up) == is_up).await;
        }
    }
}

pub(super) async fn node(
    config: &RedisConfig,
    timings: Timings,
    epoch: Epoch,
    key: [u8; 32],
    skew_ms: &Arc<AtomicI64>,
) -> Node {
    let metrics = Metrics::new();
    let (base, mono, wall) = (Instant::now(), Arc::clone(skew_ms), Arc::clone(skew_ms));
    let clock = TwoClocks {
        monotonic: Arc::new(move || {
            base + Duration::from_millis(mono.load(Ordering::SeqCst).try_into().unwrap())
        }),
        wall: Arc::new(move || Timestamp::from_ms(1_700_000_000_000 + wall.load(Ordering::SeqCst))),
    };
    let parts = RedisParts {
        config: config.clone(),
        key,
        epoch,
        clock: Clock::system(),
        local: Arc::new(InProcess::new(clock)),
        metrics: metrics.clone(),
    };
    let me = NodeId(parts.clock.uuid_v4());
    let redis = Redis::begin(parts, timings, Arc::clone(skew_ms)).await.unwrap();
    let knows = Arc::new(Mutex::new(Lives { me, all: vec![me] }));
    let known = Arc::clone(&knows);
    redis.know_nodes(Box::new(move || known.lock().unwrap().clone()));
    Node { redis, metrics, me, knows }
}

/// Waits until something holds, with an end.
pub(super) async fn until(mut holds: impl FnMut() -> bool) {
    let waited = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waited).await.expect("it does not come to hold");
}

impl Stage for Nodes {
    fn coordinator(&self) -> Arc<dyn Coordinator> {
        Arc::<Redis>::clone(&self.all.first().unwrap().redis)
    }

    fn other(&self) -> Arc<dyn Coordinator> {
        Arc::<Redis>::clone(&self.all.last().unwrap().redis)
    }

    fn settle(&self) -> BoxFuture<'_, ()> {
        Box::pin(until(|| {
            let sum = |of: fn(&super::Traffic) -> &std::sync::atomic::AtomicU64| -> u64 {
                let all = self.all.iter().map(|node| &node.redis.shared.traffic);
                all.map(|traffic| of(traffic).load(Ordering::SeqCst)).sum()
            };
            sum(|t| &t.posted) == sum(|t| &t.done) && sum(|t| &t.reached) <= sum(|t| &t.heard)
        }))
    }

    fn pass(&self, time: Duration) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.confirm().await;
            self.skew_ms.fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
            self.confirm().await;
            for node in &self.all {
                let places = vec![(Kind::Leases, HERE), (Kind::Presence, HERE)];
                node.redis.shared.look_at(places).await;
                node.redis.shared.local.sweep();
            }
        })
    }
}
