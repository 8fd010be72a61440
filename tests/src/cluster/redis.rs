//! A Redis of our own: a process that can be killed and comes back empty at the same address.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

/// The longest time that a start or an answer may take.
const SOON: Duration = Duration::from_secs(10);

/// A Redis process.
#[derive(Debug)]
pub struct Redis {
    directory: TempDir,
    port: u16,
    child: Option<Child>,
}

impl Redis {
    /// Starts `redis-server`, or what `BATON_TEST_REDIS_SERVER` names; keeps nothing on the disk.
    pub async fn start() -> Result<Self> {
        let directory = tempfile::tempdir().context("a directory for Redis")?;
        let mut redis = Self { directory, port: crate::process::free_port()?, child: None };
        redis.restart().await?;
        Ok(redis)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// SIGKILL: nothing it knew is left.
    pub async fn kill(&mut self) -> Result<()> {
        let mut child = self.child.take().context("Redis does not run")?;
        child.kill().await.context("killing Redis")
    }

    /// Starts it again, empty.
    pub async fn restart(&mut self) -> Result<()> {
        let port = self.port.to_string();
        let named = std::env::var_os("BATON_TEST_REDIS_SERVER");
        let mut command = Command::new(named.unwrap_or_else(|| "redis-server".into()));
        command.args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        command.arg("--dir").arg(self.directory.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.kill_on_drop(true).spawn().context("starting redis-server")?;
        self.child = Some(child);
        let deadline = Instant::now() + SOON;
        while self.says("PING").await.is_err() {
            ensure!(Instant::now() < deadline, "Redis does not start");
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Gives a command and hears the first line of its answer.
    pub async fn says(&self, command: &str) -> Result<String> {
        let asked = async {
            let mut stream = TcpStream::connect(self.address()).await?;
            stream.write_all(format!("{command}\r\n").as_bytes()).await?;
            let mut answer = [0; 256];
            let count = stream.read(&mut answer).await?;
            let heard = answer.get(..count).unwrap_or_default();
            let text = String::from_utf8_lossy(heard);
            anyhow::Ok(text.lines().next().unwrap_or_default().to_owned())
        };
        let answer = timeout(SOON, asked).await.context("Redis does not answer")??;
        ensure!(!answer.is_empty() && !answer.starts_with('-'), "{command}: {answer:?}");
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_killed_redis_comes_back_empty_at_the_same_address() {
        let mut redis = Redis::start().await.unwrap();
        let address = redis.address();
        assert_eq!(redis.says("SET a 1").await.unwrap(), "+OK");
        assert_eq!(redis.says("EXISTS a").await.unwrap(), ":1");
        redis.kill().await.unwrap();
        assert!(redis.says("PING").await.is_err());
        redis.restart().await.unwrap();
        assert_eq!(redis.address(), address);
        assert_eq!(redis.says("EXISTS a").await.unwrap(), ":0");
        assert_eq!(redis.says("CLIENT KILL TYPE pubsub").await.unwrap(), ":0");
        assert_eq!(redis.says("FLUSHALL").await.unwrap(), "+OK");
    }
}
