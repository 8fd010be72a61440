//! A private Redis for one measurement: a free port of this machine, nothing written to disk.

use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// A running one. It ends with the value.
#[derive(Debug)]
pub(crate) struct Redis {
    _child: Child,
    url: String,
}

/// The longest time that it may take to start.
const START: Duration = Duration::from_secs(10);
/// Another program may take the free port first.
const TRIES: usize = 5;

impl Redis {
    /// Starts one; the program is the one that the tests take.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let mut tried = anyhow::anyhow!("no Redis was tried");
        for _ in 0..TRIES {
            match Self::on_a_free_port().await {
                Ok(redis) => return Ok(redis),
                Err(error) => tried = error,
            }
        }
        Err(tried)
    }

    async fn on_a_free_port() -> anyhow::Result<Self> {
        let free = std::net::TcpListener::bind("127.0.0.1:0")?;
        let port = free.local_addr()?.port();
        drop(free);
        let program = std::env::var_os("BATON_TEST_REDIS_SERVER");
        let mut command = Command::new(program.unwrap_or_else(|| "redis-server".into()));
        command.args(["--bind", "127.0.0.1", "--port", &port.to_string()]);
        command.args(["--save", "", "--appendonly", "no", "--dir", "/"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().context("redis-server is needed; see scripts/setup.sh")?;
        let up = async {
            while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                anyhow::ensure!(child.try_wait()?.is_none(), "redis-server ended at once");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok(())
        };
        tokio::time::timeout(START, up).await.context("redis-server is not up")??;
        Ok(Self { _child: child, url: format!("redis://127.0.0.1:{port}") })
    }

    /// Where it is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}
