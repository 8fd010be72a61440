//! Faults as they strike.

use std::time::Duration;

use anyhow::{Context, Result};
use baton::demo::client::{Api, SignedIn};
use baton_simulator::{Fault as Trouble, FaultRule, Knobs, Span, When};
use sqlx::{Connection, PgConnection};
use tokio::time::{sleep, timeout};

use super::Cluster;
use super::node::Node;
use super::schedule::{Fault, Planned};
use crate::chaos::{Proxy, Sky, Weather};

/// The message by which a client makes things durable.
const COMMIT: &[u8] = b"COMMIT\0";

impl Cluster {
    /// Lets a fault strike, last and end. Says whether it could.
    pub async fn strike(&mut self, planned: &Planned) -> Result<bool> {
        let (nth, lasts) = (planned.node, planned.lasts);
        let struck = match planned.fault {
            Fault::Kill => {
                self.node(nth)?.kill().await?;
                sleep(lasts).await;
                self.node(nth)?.start().await?;
                true
            }
            Fault::Stop => {
                self.node(nth)?.stop().await?;
                sleep(lasts).await;
                self.node(nth)?.start().await?;
                true
            }
            Fault::Pause => {
                let node = self.node(nth)?;
                let process = node.process.as_ref().context("it does not run")?;
                process.pause().await?;
                sleep(lasts).await;
                process.go_on().await?;
                true
            }
            Fault::Terminated => self.terminate_connections(nth).await? > 0,
            Fault::CommitUnknown => {
                let node = self.node(nth)?;
                node.database.cut_after(COMMIT);
                sleep(lasts).await;
                node.database.has_cut_after_word()
            }
            Fault::RedisKilled => {
                let redis = self.redis.as_mut().context("no Redis")?;
                redis.kill().await?;
                sleep(lasts).await;
                redis.restart().await?;
                true
            }
            Fault::RedisFlushed => self.tells_redis("FLUSHALL").await?,
            Fault::RedisUnsubscribed => self.tells_redis("CLIENT KILL TYPE pubsub").await?,
            Fault::Provider | Fault::Webhooks => {
                let is_provider = planned.fault == Fault::Provider;
                self.simulator.set_knobs(if is_provider { trouble() } else { bad_day() });
                sleep(lasts).await;
                self.simulator.set_knobs(Knobs::permissive());
                true
            }
            Fault::SlowClient => self.reads_slowly(nth, lasts).await?,
            Fault::DatabaseGone
            | Fault::DatabaseSlow
            | Fault::RedisDeaf
            | Fault::RedisMute
            | Fault::Network
            | Fault::ClientsGone => {
                let node = self.node(nth)?;
                let network = network(node, planned.fault).context("no such network")?;
                network.set(weather(planned.fault));
                sleep(lasts).await;
                true
            }
        };
        let node = self.node(nth)?;
        node.heal();
        for node in &mut self.nodes {
            node.lives().context("a node ended by itself")?;
        }
        Ok(struck)
    }

    fn node(&mut self, nth: usize) -> Result<&mut Node> {
        self.nodes.get_mut(nth).context("no such node")
    }

    async fn tells_redis(&self, command: &str) -> Result<bool> {
        self.redis.as_ref().context("no Redis")?.says(command).await?;
        Ok(true)
    }

    /// `PostgreSQL` ends whatever this node has with it; gives how many connections there were.
    async fn terminate_connections(&mut self, nth: usize) -> Result<usize> {
        let ports = self.node(nth)?.database.ports();
        let ports: Vec<i32> = ports.into_iter().map(i32::from).collect();
        let mut connection = PgConnection::connect(&self.database).await?;
        let ended: Vec<(bool,)> = sqlx::query_as(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE client_port = ANY($1)",
        )
        .bind(ports)
        .fetch_all(&mut connection)
        .await?;
        connection.close().await?;
        Ok(ended.len())
    }

    /// Somebody who wants to hear everything, and reads a byte at a time.
    async fn reads_slowly(&mut self, nth: usize, lasts: Duration) -> Result<bool> {
        let address = self.node(nth)?.address();
        let proxy = Proxy::start(address, 0)?;
        let sky = Sky { slice: Some(1), bytes_per_s: Some(50), ..Sky::default() };
        proxy.set(Weather { down: sky, ..Weather::default() });
        let api = Api::new(&format!("http://{}", proxy.address()))?;
        let signed = SignedIn { api, session: self.admin.signed.session.clone() };
        // It is not even welcomed in that time.
        drop(timeout(lasts, signed.connect(None)).await);
        Ok(true)
    }
}

fn network(node: &Node, fault: Fault) -> Option<&Proxy> {
    match fault {
        Fault::DatabaseGone | Fault::DatabaseSlow => Some(&node.database),
        Fault::RedisDeaf | Fault::RedisMute => node.redis.as_ref(),
        Fault::Network | Fault::ClientsGone => Some(&node.clients),
        Fault::Kill
        | Fault::Terminated
        | Fault::CommitUnknown
        | Fault::RedisKilled
        | Fault::RedisFlushed
        | Fault::RedisUnsubscribed
        | Fault::Pause
        | Fault::Provider
        | Fault::Webhooks
        | Fault::SlowClient
        | Fault::Stop => None,
    }
}

fn weather(fault: Fault) -> Weather {
    let black = Sky { is_black: true, ..Sky::default() };
    let fair = Weather::default();
    match fault {
        Fault::DatabaseGone | Fault::ClientsGone => {
            Weather { up: black.clone(), down: black, ..fair }
        }
        Fault::DatabaseSlow => {
            let slow = Sky { delay_ms: 20, jitter_ms: 60, ..Sky::default() };
            Weather { up: slow.clone(), down: slow, ..fair }
        }
        Fault::RedisDeaf => Weather { up: black, ..fair },
        Fault::RedisMute => Weather { down: black, ..fair },
        Fault::Network => {
            let late = Sky { delay_ms: 10, jitter_ms: 80, slice: Some(700), ..Sky::default() };
            let up = late.clone();
            Weather { up, down: Sky { reset_after: Some(60_000), ..late }, ..fair }
        }
        Fault::Kill
        | Fault::Terminated
        | Fault::CommitUnknown
        | Fault::RedisKilled
        | Fault::RedisFlushed
        | Fault::RedisUnsubscribed
        | Fault::Pause
        | Fault::Provider
        | Fault::Webhooks
        | Fault::SlowClient
        | Fault::Stop => fair,
    }
}

/// WhatsApp on a bad day. The first rule that fires decides: what is rare stands first.
pub fn trouble() -> Knobs {
    let faults = [
        (9, Trouble::AsyncFailure { code: 131_026 }),
        (8, Trouble::RateLimited { http: 429, retry_after_s: 1 }),
        (5, Trouble::Reset { accepted: true }),
        (6, Trouble::Garbage),
        (7, Trouble::Unknown),
        (9, Trouble::Reset { accepted: false }),
        (11, Trouble::Hang { ms: 4_000, accepted: true }),
        (13, Trouble::Hang { ms: 4_000, accepted: false }),
        (14, Trouble::Maintenance),
        (15, Trouble::PairRate),
    ];
    let rule = |(every, fault)| FaultRule::new(When::Every(every), fault);
    Knobs { faults: faults.into_iter().map(rule).collect(), ..Knobs::permissive() }
}

/// Webhooks repeated, merged, late, out of order.
pub fn bad_day() -> Knobs {
    Knobs {
        duplicate_probability: 0.7,
        reorder_ms: 200,
        batch_size: 8,
        batch_linger_ms: 20,
        webhook_delay: Span::new(0, 300),
        status_delay: Span::new(0, 100),
        status_before_answer: true,
        shuffle_keys: true,
        escape_slashes: true,
        auto_read: true,
        ..Knobs::permissive()
    }
}
