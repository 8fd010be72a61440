//! The way to Redis: one server, the master that sentinels name, or a cluster. Everything that is
//! asked goes through here, so that every wait has an end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ::redis::aio::{ConnectionLike, MultiplexedConnection, SendError};
use ::redis::cluster::ClusterClientBuilder;
use ::redis::cluster_async::ClusterConnection;
use ::redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use ::redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, IntoConnectionInfo,
    Pipeline, ProtocolVersion, PushInfo, RedisError, RedisResult, TlsCertificates, TlsMode, Value,
};
use futures_util::future::join_all;
use tokio::sync::{Mutex, mpsc};

use crate::config::{RedisConfig, RedisMode};

/// Messages that came and were not looked at yet; more are dropped.
const PUSHES: usize = 4_096;

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timings {
    /// To connect, and to see that the server is of use.
    pub(super) connect: Duration,
    /// To answer.
    pub(super) command: Duration,
    /// Between looks at whether a connection lives.
    pub(super) ping: Duration,
    /// The shortest wait before a connection is made again …
    pub(super) retry_min: Duration,
    /// … and the longest.
    pub(super) retry_max: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            connect: Duration::from_millis(800),
            command: Duration::from_millis(250),
            ping: Duration::from_secs(2),
            retry_min: Duration::from_millis(100),
            retry_max: Duration::from_secs(5),
        }
    }
}

/// Where Redis is.
pub(super) enum Target {
    Plain(Client),
    Sentinel(Mutex<SentinelClient>),
    Cluster(Cluster),
}

pub(super) struct Cluster {
    nodes: Vec<ConnectionInfo>,
    certificates: Option<TlsCertificates>,
    timings: Timings,
}

/// A connection; clones share it.
#[derive(Clone)]
pub(super) enum Line {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

/// Where a connection's messages go.
#[derive(Clone)]
pub(super) struct Pushes {
    sender: mpsc::Sender<PushInfo>,
    /// Some were dropped since somebody looked.
    overflown: Arc<AtomicBool>,
}

impl Pushes {
    pub(super) fn channel() -> (Self, mpsc::Receiver<PushInfo>) {
        let (sender, receiver) = mpsc::channel(PUSHES);
        (Self { sender, overflown: Arc::default() }, receiver)
    }

    /// Whether some were dropped since the last call.
    pub(super) fn take_overflown(&self) -> bool {
        self.overflown.swap(false, Ordering::Relaxed)
    }

    fn send(&self, info: PushInfo) -> Result<(), SendError> {
        match self.sender.try_send(info) {
            Ok(()) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.overflown.store(true, Ordering::Relaxed);
                Ok(())
            }
            Err(mpsc::error::TrySendError::Closed(_)) => Err(SendError),
        }
    }
}

impl Target {
    /// # Errors
    /// When the addresses or the certificate cannot be read.
    pub(super) fn new(config: &RedisConfig, timings: Timings) -> anyhow::Result<Self> {
        let certificates = certificates(config)?;
        let mut nodes = Vec::new();
        for address in config.addresses() {
            let info = address.into_connection_info()?;
            let redis = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
            nodes.push(info.set_redis_settings(redis));
        }
        let first = nodes.first().cloned().ok_or_else(|| anyhow::anyhow!("no address"))?;
        Ok(match config.mode {
            RedisMode::Plain => Self::Plain(match certificates {
                Some(certificates) => Client::build_with_tls(first, certificates)?,
                None => Client::open(first)?,
            }),
            RedisMode::Cluster => {
                let cluster = Cluster { nodes, certificates, timings };
                // What is wrong with addresses and certificate shows here, not at each try.
                drop(cluster.builder().build()?);
                Self::Cluster(cluster)
            }
            RedisMode::Sentinel => {
                let master = &config.sentinel_master;
                Self::Sentinel(Mutex::new(sentinel(&nodes, &first, master, certificates)?))
            }
        })
    }

    pub(super) fn is_cluster(&self) -> bool {
        matches!(self, Self::Cluster(_))
    }

    pub(super) async fn open(&self, timings: Timings, to: &Pushes) -> RedisResult<Line> {
        match self {
            Self::Plain(client) => {
                let config = asynchronous(timings, to);
                let made = client.get_multiplexed_async_connection_with_config(&config).await?;
                Ok(Line::One(made))
            }
            Self::Sentinel(client) => {
                let config = asynchronous(timings, to);
                let mut client = client.lock().await;
                Ok(Line::One(client.get_async_connection_with_config(&config).await?))
            }
            Self::Cluster(cluster) => cluster.open(to).await,
        }
    }
}

fn asynchronous(timings: Timings, to: &Pushes) -> AsyncConnectionConfig {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(timings.connect))
        .set_response_timeout(Some(timings.command));
    let pushes = to.clone();
    config.set_push_sender(move |info| pushes.send(info))
}

fn certificates(config: &RedisConfig) -> anyhow::Result<Option<TlsCertificates>> {
    if config.ca_file.as_os_str().is_empty() {
        return Ok(None);
    }
    let pem = std::fs::read(&config.ca_file)
        .map_err(|e| anyhow::anyhow!("redis.ca_file {}: {e}", config.ca_file.display()))?;
    Ok(Some(TlsCertificates { client_tls: None, root_cert: Some(pem) }))
}

fn is_tls(info: &ConnectionInfo) -> bool {
    matches!(info.addr(), ConnectionAddr::TcpTls { .. })
}

/// The sentinels are asked without name; the master with that of the first address.
fn sentinel(
    nodes: &[ConnectionInfo],
    first: &ConnectionInfo,
    master: &str,
    certificates: Option<TlsCertificates>,
) -> RedisResult<SentinelClient> {
    let sentinels = nodes.iter().map(|info| info.addr().clone());
    let settings = first.redis_settings();
    let mut builder = SentinelClientBuilder::new(sentinels, master, SentinelServerType::Master)?
        .set_client_to_redis_protocol(ProtocolVersion::RESP3)
        .set_client_to_redis_db(settings.db());
    if let Some(name) = settings.username() {
        builder = builder.set_client_to_redis_username(name);
    }
    if let Some(password) = settings.password() {
        builder = builder.set_client_to_redis_password(password);
    }
    if is_tls(first) {
        builder = builder
            .set_client_to_redis_tls_mode(TlsMode::Secure)
            .set_client_to_sentinel_tls_mode(TlsMode::Secure);
    }
    if let Some(certificates) = certificates {
        builder = builder
            .set_client_to_redis_certificates(certificates.clone())
            .set_client_to_sentinel_certificates(certificates);
    }
    builder.build()
}

impl Cluster {
    fn builder(&self) -> ClusterClientBuilder {
        let builder = ClusterClientBuilder::new(self.nodes.clone())
            .use_protocol(ProtocolVersion::RESP3)
            .retries(2)
            .connection_timeout(self.timings.connect)
            .response_timeout(self.timings.command);
        match self.certificates.clone() {
            Some(certificates) => builder.certs(certificates),
            None => builder,
        }
    }

    async fn open(&self, to: &Pushes) -> RedisResult<Line> {
        let pushes = to.clone();
        let builder = self.builder().push_sender(move |info| pushes.send(info));
        Ok(Line::Cluster(builder.build()?.get_async_connection().await?))
    }
}

impl Line {
    /// Asks all of it at once: one round trip, on a cluster one for each server. An answer may be
    /// an error of the server; an error is one of the connection.
    pub(super) async fn all(&mut self, commands: &[Cmd]) -> RedisResult<Vec<Value>> {
        // The client takes an empty pipeline for an error, and the connection would count as lost.
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        match self {
            Self::One(line) => {
                let mut pipeline = Pipeline::with_capacity(commands.len());
                for command in commands {
                    pipeline.add_command(command.clone());
                }
                line.req_packed_commands(&pipeline, 0, commands.len()).await
            }
            Self::Cluster(line) => {
                let asked = commands.iter().map(|command| {
                    let mut line = line.clone();
                    async move { line.req_packed_command(command).await }
                });
                join_all(asked).await.into_iter().map(answered).collect()
            }
        }
    }

    pub(super) async fn one(&mut self, command: &Cmd) -> RedisResult<Value> {
        let answer = match self {
            Self::One(line) => line.req_packed_command(command).await,
            Self::Cluster(line) => line.req_packed_command(command).await,
        };
        answer.and_then(Value::extract_error)
    }

    pub(super) async fn subscribe(&mut self, channels: &[String]) -> RedisResult<()> {
        match self {
            Self::One(line) => line.subscribe(channels).await,
            Self::Cluster(line) => {
                for channel in channels {
                    line.ssubscribe(channel).await?;
                }
                Ok(())
            }
        }
    }

    pub(super) async fn unsubscribe(&mut self, channels: &[String]) -> RedisResult<()> {
        match self {
            Self::One(line) => line.unsubscribe(channels).await,
            Self::Cluster(line) => {
                for channel in channels {
                    line.sunsubscribe(channel).await?;
                }
                Ok(())
            }
        }
    }

    /// Sharded on a cluster, where a plain one would go to every server.
    pub(super) fn publish(&self, channel: &str, bytes: &[u8]) -> Cmd {
        let mut command = ::redis::cmd(match self {
            Self::One(_) => "PUBLISH",
            Self::Cluster(_) => "SPUBLISH",
        });
        command.arg(channel).arg(bytes);
        command
    }
}

/// An error that the server answered is an answer.
fn answered(answer: RedisResult<Value>) -> RedisResult<Value> {
    match answer {
        Ok(value) => Ok(value),
        Err(error) => match ::redis::ServerError::try_from(error) {
            Ok(error) => Ok(Value::ServerError(error)),
            Err(error) => Err::<Value, RedisError>(error),
        },
    }
}
