//! Several nodes: processes of this very program on one database and one Redis. They can be killed
//! one by one and come back at the same address.

use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::redis::free_port;

/// The time that a start may take, migrations and a loaded machine included.
const START: Duration = Duration::from_secs(30);
/// From SIGTERM to the end; a server promises less.
const END: Duration = Duration::from_secs(25);
/// The part of a log that is shown of a node that did not start.
const TAIL: usize = 8;

/// Several nodes of this program. Dropping this kills them.
#[derive(Debug)]
pub struct Nodes {
    directory: TempDir,
    variables: Vec<(String, String)>,
    all: Vec<Node>,
}

#[derive(Debug)]
struct Node {
    port: u16,
    child: Option<Child>,
}

impl Nodes {
    /// A place for so many nodes; none runs so far.
    pub fn plan(count: usize) -> anyhow::Result<Self> {
        let directory = tempfile::tempdir().context("a directory for the nodes' data")?;
        let node = |_| Ok(Node { port: free_port()?, child: None });
        let all = (0..count).map(node).collect::<anyhow::Result<_>>()?;
        Ok(Self { directory, variables: Vec::new(), all })
    }

    /// The key that all nodes share.
    pub fn key_file(&self) -> PathBuf {
        self.directory.path().join("key")
    }

    /// A directory for the data of a node, or of whoever prepares the database.
    pub fn data(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Starts all of them with these settings, and waits until they are ready.
    pub async fn start(&mut self, variables: Vec<(String, String)>) -> anyhow::Result<()> {
        self.variables = variables;
        for nth in 0..self.all.len() {
            self.restart(nth).await?;
        }
        Ok(())
    }

    /// Where they are.
    pub fn urls(&self) -> Vec<String> {
        self.all.iter().map(|node| format!("http://127.0.0.1:{}", node.port)).collect()
    }

    /// SIGKILL.
    pub async fn kill(&mut self, nth: usize) -> anyhow::Result<()> {
        let node = self.all.get_mut(nth).context("no such node")?;
        let mut child = node.child.take().context("it does not run")?;
        child.kill().await.context("killing a node")
    }

    /// Starts one, again perhaps, and waits until it is ready.
    pub async fn restart(&mut self, nth: usize) -> anyhow::Result<()> {
        let (name, port) = (format!("node{nth}"), self.all.get(nth).context("no such node")?.port);
        let log = self.data(&format!("{name}.log"));
        let mut command = Command::new(std::env::current_exe().context("this program")?);
        // What is set for a real server must not reach these.
        for (name, _) in crate::config::environment::variables() {
            command.env_remove(name);
        }
        command.envs(self.variables.iter().cloned()).stdin(Stdio::null()).kill_on_drop(true);
        command.args(["serve", "--bind", &format!("127.0.0.1:{port}"), "--data"]);
        command.arg(self.data(&name)).stdout(Stdio::piped());
        command.stderr(File::options().create(true).append(true).open(&log)?);
        let mut child = command.spawn().context("starting a node")?;
        let out = child.stdout.take().context("its standard output")?;
        let mut lines = BufReader::new(out).lines();
        let heard = async {
            while let Some(line) = lines.next_line().await? {
                if line.starts_with("Baton is ready at ") {
                    return Ok(());
                }
            }
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            let lines: Vec<_> = said.lines().collect();
            let end = lines.get(lines.len().saturating_sub(TAIL)..).unwrap_or_default();
            bail!("{name} ended before it was ready: {}", end.join("\n"))
        };
        timeout(START, heard).await.context("a node was not ready in time")??;
        // A full pipe would stop it one day.
        tokio::spawn(async move { lines.into_inner().read_to_end(&mut Vec::new()).await });
        self.all.get_mut(nth).context("no such node")?.child = Some(child);
        Ok(())
    }

    /// SIGTERM to all that run; each has to end well.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        let mut children: Vec<_> = self.all.iter_mut().filter_map(|n| n.child.take()).collect();
        for child in &children {
            // Who has ended already, told by the terminal, has no number any more.
            let Some(id) = child.id() else { continue };
            let told = Command::new("kill").args(["-TERM", &id.to_string()]).status().await;
            ensure!(told.is_ok(), "a node could not be told to stop");
        }
        for child in &mut children {
            let status = timeout(END, child.wait()).await.context("a node does not end")??;
            ensure!(status.success(), "a node ended with {status}");
        }
        Ok(())
    }
}
