//! A Redis of one's own: a process that keeps nothing on the disk, can be killed, and comes back
//! empty at the same address.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use crate::clock::Clock;
use crate::config::environment;

/// How long a start may take.
const START: Duration = Duration::from_secs(10);

/// A Redis process. Dropping this ends it.
#[derive(Debug)]
pub struct RedisServer {
    directory: TempDir,
    port: u16,
    child: Option<Child>,
}

impl RedisServer {
    /// Starts `redis-server`, or the program that `BATON_TEST_REDIS_SERVER` names.
    pub async fn start() -> anyhow::Result<Self> {
        let directory = tempfile::tempdir().context("a directory for Redis")?;
        let mut server = Self { directory, port: free_port()?, child: None };
        server.restart().await?;
        Ok(server)
    }

    /// `redis://address`.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address())
    }

    fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// SIGKILL: nothing it knew is left.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        let mut child = self.child.take().context("Redis does not run")?;
        child.kill().await.context("killing Redis")
    }

    /// Starts it again, empty, and waits until it listens.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        ensure!(self.child.is_none(), "Redis runs");
        let program = environment::redis_server();
        let mut command = Command::new(&program);
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        command.args(["--port", &self.port.to_string(), "--dir"]).arg(self.directory.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.kill_on_drop(true).spawn();
        let hint = || format!("starting {}; scripts/setup.sh installs it", program.display());
        self.child = Some(child.with_context(hint)?);
        let deadline = Instant::now() + START;
        while TcpStream::connect(self.address()).await.is_err() {
            ensure!(Instant::now() < deadline, "Redis does not start");
            sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }
}

/// Below the ports that the system gives to outgoing connections: nobody takes it while the server
/// is down.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    let clock = Clock::system();
    for _ in 0..200 {
        let [high, low, ..] = clock.bytes::<2>();
        let port = 10_000 + u16::from_be_bytes([high, low]) % 20_000;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    anyhow::bail!("no free port found")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_killed_redis_comes_back_at_the_same_address() {
        let mut redis = RedisServer::start().await.unwrap();
        let address = redis.address();
        redis.kill().await.unwrap();
        assert!(TcpStream::connect(address).await.is_err());
        redis.restart().await.unwrap();
        assert!(TcpStream::connect(address).await.is_ok());
    }
}
