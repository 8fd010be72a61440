//! One server and the networks around it.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::net::lookup_host;

use crate::chaos::Proxy;
use crate::process::{BatonProcess, Installation};

/// From SIGTERM to the end.
pub(super) const END: Duration = Duration::from_secs(20);

/// One server and its network.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) place: Installation,
    pub(super) process: Option<BatonProcess>,
    /// Between it and `PostgreSQL`.
    pub(super) database: Proxy,
    /// Between it and Redis.
    pub(super) redis: Option<Proxy>,
    /// Between it and its clients.
    pub(super) clients: Proxy,
}

impl Node {
    /// Its networks; it does not run so far. The nodes share a key.
    pub(super) async fn build(
        mut place: Installation,
        (redis, key): (Option<SocketAddr>, &Path),
        seed: u64,
    ) -> Result<Self> {
        let url = place.reaches().context("no database")?;
        let (user, rest) = url.rsplit_once('@').context("no user in the address")?;
        let (server, name) = rest.split_once('/').context("no database in the address")?;
        let server = lookup_host(server).await?.next().context("no address of PostgreSQL")?;
        let database = Proxy::start(server, seed ^ 1)?;
        place.set("BATON_STORE__DATABASE", &format!("{user}@{}/{name}", database.address()));
        let redis = redis.map(|address| Proxy::start(address, seed ^ 2)).transpose()?;
        if let Some(redis) = &redis {
            place.set("BATON_REDIS__URL", &format!("redis://{}", redis.address()));
            place.set("BATON_STORE__KEY_FILE", &key.display());
        }
        let address = SocketAddr::from(([127, 0, 0, 1], place.port()));
        let clients = Proxy::start(address, seed ^ 3)?;
        Ok(Self { place, process: None, database, redis, clients })
    }

    pub(super) fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.place.port()))
    }

    pub(super) async fn start(&mut self) -> Result<()> {
        ensure!(self.process.is_none(), "it runs");
        self.process = Some(BatonProcess::start(&self.place).await?);
        Ok(())
    }

    pub(super) async fn kill(&mut self) -> Result<()> {
        self.process.take().context("it does not run")?.kill().await
    }

    /// SIGTERM, and an orderly end in time.
    pub(super) async fn stop(&mut self) -> Result<()> {
        let Some(process) = self.process.take() else { return Ok(()) };
        let (status, _) = process.terminate(END).await?;
        ensure!(status.code() == Some(0), "it ended with {status}");
        Ok(())
    }

    /// Fair weather on all sides.
    pub(super) fn heal(&self) {
        for network in [Some(&self.database), self.redis.as_ref(), Some(&self.clients)] {
            network.into_iter().for_each(Proxy::heal);
        }
    }

    /// Whether it runs, which only faults end.
    pub(super) fn lives(&mut self) -> Result<()> {
        self.process.as_mut().context("it does not run")?.lives(&self.place)
    }
}
