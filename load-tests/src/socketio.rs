//! Socket.IO beside Baton. Its server is a process of its own. The client speaks its frames by hand
//! over the same sockets as Baton's, so that both clients cost the same.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio_tungstenite::tungstenite::Message;

use crate::figures;
use crate::listen::Stream;

/// The memory of a Socket.IO server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Adapter {
    /// In memory, nothing for those who come back.
    Plain,
    /// In memory, with recovery.
    Memory,
    /// Several processes, over Redis's channels.
    Redis,
    /// Several processes, over a stream in Redis, with recovery.
    Streams,
}

impl Adapter {
    /// Its name for people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "Socket.IO",
            Self::Memory => "Socket.IO, in-memory",
            Self::Redis => "Socket.IO, redis-adapter",
            Self::Streams => "Socket.IO, redis-streams",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Memory => "memory",
            Self::Redis => "redis",
            Self::Streams => "streams",
        }
    }
}

/// Where Socket.IO is installed, if it is.
#[derive(Clone, Debug)]
pub(crate) struct Peers(Option<PathBuf>);

/// Why it is not run.
pub(crate) const SKIPPED: &str = "Socket.IO: SKIPPED, it is not installed (scripts/peers.sh) or \
                                  was not wanted (--without-peers).";

impl Peers {
    /// Nobody beside Baton.
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// Those that `scripts/peers.sh` installed.
    pub(crate) fn find() -> Self {
        let here = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("peers");
        let has_node = std::process::Command::new("node")
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        let is_there = here.join("node_modules/socket.io").is_dir() && has_node;
        Self(is_there.then_some(here))
    }

    /// Whether there are any.
    pub(crate) fn are_there(&self) -> bool {
        self.0.is_some()
    }

    /// Starts Socket.IO; `None` where it is not installed.
    pub(crate) async fn start(
        &self,
        adapter: Adapter,
        redis: Option<&str>,
    ) -> anyhow::Result<Option<Peer>> {
        match &self.0 {
            Some(directory) => Peer::start(directory, adapter, redis).await.map(Some),
            None => Ok(None),
        }
    }
}

/// A running Socket.IO. It ends with the value.
#[derive(Debug)]
pub(crate) struct Peer {
    child: Child,
    pid: u32,
    port: u16,
}

/// The longest time that one step may take.
const PATIENCE: Duration = Duration::from_secs(60);

impl Peer {
    async fn start(
        directory: &std::path::Path,
        adapter: Adapter,
        redis: Option<&str>,
    ) -> anyhow::Result<Self> {
        let mut command = Command::new("node");
        command.arg("--expose-gc").arg("socketio.mjs").current_dir(directory);
        command.env("NODE_ENV", "production").env("PEER_ADAPTER", adapter.word());
        command.env_remove("DEBUG").env_remove("NODE_OPTIONS");
        if let Some(url) = redis {
            command.env("PEER_REDIS", url);
        }
        // Its standard input stays open for as long as the value lives.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().context("starting node")?;
        let pid = child.id().context("the peer ended at once")?;
        let output = child.stdout.take().context("no standard output")?;
        let mut lines = BufReader::new(output).lines();
        let line = tokio::time::timeout(PATIENCE, lines.next_line()).await;
        let line = line.context("the peer is not ready")??;
        let line = line.context("the peer did not start")?;
        let port = line.strip_prefix("peer is ready at ").context("the peer says odd things")?;
        Ok(Self { child, pid, port: port.parse()? })
    }

    /// Opens a socket and waits until it is in the default namespace. `auth` names its room, and
    /// what it holds of an earlier connection.
    pub(crate) async fn open(&self, auth: &Value) -> anyhow::Result<Opened> {
        let url = format!("ws://127.0.0.1:{}/socket.io/?EIO=4&transport=websocket", self.port);
        let (mut stream, _) = tokio_tungstenite::connect_async(url).await?;
        stream.send(Message::text(format!("40{auth}"))).await?;
        let mut early = Vec::new();
        let opened = async {
            while let Some(message) = stream.next().await {
                let message = message?;
                let Message::Text(text) = message else { continue };
                if text.starts_with("42") {
                    early.push(text.to_string());
                }
                if let Some(hello) = text.strip_prefix("40") {
                    let hello: Value = serde_json::from_str(hello)?;
                    return Ok(hello.get("pid").and_then(Value::as_str).map(str::to_owned));
                }
                ensure!(!text.starts_with("44"), "the peer refused: {text}");
            }
            bail!("the peer closed the connection")
        };
        let pid = tokio::time::timeout(PATIENCE, opened).await.context("the peer is silent")??;
        Ok(Opened { stream, pid, early })
    }

    /// Collects garbage; so many connections are there.
    pub(crate) async fn collect_garbage(&self) -> anyhow::Result<u64> {
        let mut control = self.open(&json!({ "room": "control" })).await?.stream;
        let count = ask(&mut control, "gc", None).await?;
        count.as_u64().map(|all| all.saturating_sub(1)).context("the peer did not count")
    }

    /// Bytes of memory that it has resident, after its garbage was collected.
    pub(crate) async fn resident_bytes(&self) -> anyhow::Result<u64> {
        self.collect_garbage().await?;
        figures::resident_bytes(self.pid)
    }

    /// Milliseconds of CPU that it has used.
    pub(crate) fn cpu_ms(&self) -> anyhow::Result<u64> {
        figures::cpu_ms(self.pid)
    }

    /// Ends it at once.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }
}

/// A socket, and the private id by which it may come back.
#[derive(Debug)]
pub(crate) struct Opened {
    /// The socket.
    pub(crate) stream: Stream,
    /// Only with recovery.
    pub(crate) pid: Option<String>,
    /// Messages that were missed: they come before the answer that the socket is open.
    pub(crate) early: Vec<String>,
}

/// Sends an event.
pub(crate) async fn tell(stream: &mut Stream, event: &str, body: &str) -> anyhow::Result<()> {
    Ok(stream.send(Message::text(format!("42[\"{event}\",{body}]"))).await?)
}

/// Sends an event and waits for its acknowledgement.
pub(crate) async fn ask(
    stream: &mut Stream,
    event: &str,
    body: Option<&Value>,
) -> anyhow::Result<Value> {
    let body = body.map(|body| format!(",{body}")).unwrap_or_default();
    stream.send(Message::text(format!("427[\"{event}\"{body}]"))).await?;
    let answered = async {
        while let Some(message) = stream.next().await {
            let message = message?;
            let Message::Text(text) = message else { continue };
            if let Some(answer) = text.strip_prefix("437") {
                let answer: Value = serde_json::from_str(answer)?;
                return Ok(answer.get(0).cloned().unwrap_or(Value::Null));
            }
        }
        bail!("the peer closed the connection")
    };
    tokio::time::timeout(PATIENCE, answered).await.context("the peer did not answer")?
}

/// The offset of an event, by which its receiver may come back: its last argument.
pub(crate) fn offset(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("42[")?.strip_suffix("\"]")?;
    rest.rsplit_once('"').map(|(_, offset)| offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_of_an_event_is_its_last_argument() {
        assert_eq!(offset(r#"42["event",{"text":"a"},"xyz"]"#), Some("xyz"));
        assert_eq!(offset(r#"42["event",{"text":"a"}]"#), None);
        assert_eq!(offset(r#"40{"sid":"a"}"#), None);
    }
}
