//! The server under load: the real binary as a process of its own, on a database of its own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};

use crate::figures::{self, Figures};
use crate::postgres::{Database, Postgres};
use crate::redis::Redis;
use crate::socketio::Peers;

/// The database of the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Store {
    /// Embedded.
    Sqlite,
    /// A server of its own.
    Postgres,
}

impl Store {
    /// Its name for people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// Where things are, for every server that is started.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// The binary `baton`.
    pub(crate) binary: PathBuf,
    /// Where data directories are made; `None` for the system's place.
    pub(crate) data: Option<PathBuf>,
    /// The PostgreSQL to make databases in.
    pub(crate) postgres: Option<Postgres>,
    /// Whether SQLite is measured as well.
    pub(crate) has_sqlite: bool,
    /// The servers measured beside Baton.
    pub(crate) peers: Peers,
}

impl Setup {
    /// The stores that can be measured.
    pub(crate) fn stores(&self) -> Vec<Store> {
        let postgres = self.postgres.is_some().then_some(Store::Postgres);
        let sqlite = self.has_sqlite.then_some(Store::Sqlite);
        [sqlite, postgres].into_iter().flatten().collect()
    }

    /// The store for so many nodes: several need PostgreSQL. `None` where that is not given.
    pub(crate) fn store_of(&self, nodes: usize) -> Option<Store> {
        let stores = self.stores();
        stores.into_iter().find(|store| nodes == 1 || *store == Store::Postgres)
    }

    /// A directory that goes with the value.
    pub(crate) fn directory(&self) -> anyhow::Result<tempfile::TempDir> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("baton-load.");
        match &self.data {
            Some(data) => builder.tempdir_in(data),
            None => builder.tempdir(),
        }
        .context("a directory for the data")
    }
}

/// A data directory and, on PostgreSQL, a database; both go with the value.
#[derive(Debug)]
pub(crate) struct Home {
    binary: PathBuf,
    directory: tempfile::TempDir,
    database: Option<Database>,
    redis: Option<Redis>,
    store: Store,
    door: Door,
    push: Option<PushService>,
}

/// Apple's push service, as the server is told of it.
#[derive(Clone, Debug)]
pub(crate) struct PushService {
    /// Where it is.
    pub(crate) url: String,
    /// The key, PEM.
    pub(crate) key: String,
    /// Apple's id of the key.
    pub(crate) key_id: String,
    /// Apple's id of the team.
    pub(crate) team_id: String,
    /// The app's bundle id.
    pub(crate) topic: String,
}

/// The rate at which sockets are admitted.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Door {
    /// As fast as they come: the work is measured, not the door.
    #[default]
    Open,
    /// As fast as a server admits them that nothing was set for.
    Default,
    /// All limits are as they ship, of addresses and accounts as well.
    Shipped,
}

impl Home {
    /// An empty one; nodes that share something get a Redis.
    pub(crate) async fn new(setup: &Setup, store: Store, shares: bool) -> anyhow::Result<Self> {
        let database = match (store, &setup.postgres) {
            (Store::Sqlite, _) => None,
            (Store::Postgres, Some(postgres)) => Some(postgres.database().await?),
            (Store::Postgres, None) => anyhow::bail!("no PostgreSQL is given: --postgres URL"),
        };
        let redis = if shares { Some(Redis::start().await?) } else { None };
        let (binary, directory) = (setup.binary.clone(), setup.directory()?);
        Ok(Self { binary, directory, database, redis, store, door: Door::default(), push: None })
    }

    /// Its Redis, for peers to use as well.
    pub(crate) fn redis(&self) -> Option<&str> {
        self.redis.as_ref().map(Redis::url)
    }

    /// Sets the rate at which sockets are admitted, from the next start on.
    pub(crate) fn set_door(&mut self, door: Door) {
        self.door = door;
    }

    /// Sets the push service from the next start on; `None` for nothing.
    pub(crate) fn set_push(&mut self, service: Option<PushService>) -> anyhow::Result<()> {
        if let Some(service) = &service {
            std::fs::write(self.push_key_file(), &service.key)?;
        }
        self.push = service;
        Ok(())
    }

    fn push_key_file(&self) -> PathBuf {
        self.path().join("apns.p8")
    }

    /// Where its files lie.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The database of this server.
    pub(crate) fn store(&self) -> Store {
        self.store
    }

    /// Holds the head of a workspace's log for a while, as a session of somebody else.
    pub(crate) async fn lock_workspace(&self, n: usize, hold: Duration) -> anyhow::Result<()> {
        let database = self.database.as_ref().context("rows can be locked in PostgreSQL only")?;
        let (slug, seconds) = (crate::world::slug(n), hold.as_secs_f64());
        // Several statements of one text are one transaction.
        let script = format!(
            "SELECT 1 FROM log_head
             WHERE workspace = (SELECT id FROM workspace WHERE slug = '{slug}') FOR UPDATE;
             SELECT pg_sleep({seconds})"
        );
        database.run(&script).await
    }

    /// Tells PostgreSQL's planner how large tables are, as it finds out by itself after a while.
    pub(crate) async fn analyze(&self) -> anyhow::Result<()> {
        match &self.database {
            Some(database) => database.run("ANALYZE").await,
            None => Ok(()),
        }
    }

    /// The bytes of its database on the disk.
    pub(crate) async fn database_bytes(&self) -> anyhow::Result<u64> {
        if let Some(database) = &self.database {
            let size = database.ask("SELECT pg_database_size(current_database())").await?;
            return size.trim().parse().context("the size of the database");
        }
        let mut bytes = 0;
        for file in std::fs::read_dir(self.path())? {
            let file = file?;
            if file.file_name().to_string_lossy().starts_with("baton.db") {
                bytes += file.metadata()?.len();
            }
        }
        ensure!(bytes > 0, "no database in {}", self.path().display());
        Ok(bytes)
    }

    /// Whether a session of somebody else has a transaction open in which it does nothing.
    pub(crate) async fn has_idle_transaction(&self) -> anyhow::Result<bool> {
        let database = self.database.as_ref().context("sessions are PostgreSQL's")?;
        let script = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
            AND state = 'idle in transaction' AND state_change < now() - interval '200 ms'";
        Ok(database.ask(script).await?.trim() != "0")
    }

    /// For the first node, or another one: each has a directory, all have one key.
    fn command(&self, node: usize) -> Command {
        let mut command = Command::new(&self.binary);
        // What is set for a real server must not reach this one, nor its database be loaded.
        for name in settings(std::env::vars_os().map(|(name, _)| name)) {
            command.env_remove(name);
        }
        let data = match node {
            0 => self.path().to_owned(),
            other => self.path().join(format!("node-{other}")),
        };
        command.arg("--data").arg(data).args(["--log-level", "warn"]);
        command.args(["--bind", "127.0.0.1:0"]).kill_on_drop(true);
        if node > 0 {
            command.env("BATON_STORE__KEY_FILE", self.path().join("key"));
        }
        if let Some(service) = &self.push {
            command.env("BATON_PUSH__APNS_URL", &service.url);
            command.env("BATON_PUSH__APNS_KEY_FILE", self.push_key_file());
            command.env("BATON_PUSH__APNS_KEY_ID", &service.key_id);
            command.env("BATON_PUSH__APNS_TEAM_ID", &service.team_id);
            command.env("BATON_PUSH__APNS_TOPIC", &service.topic);
        }
        if self.door == Door::Open {
            command.env("BATON_LIMITS__CONNECTS_PER_S", "1000000");
        }
        if self.door == Door::Shipped {
            self.pass_shared(&mut command);
            return command;
        }
        // All phones of a load test have one address.
        command.env("BATON_LIMITS__ADDRESS_CONNECTS_PER_S", "1000000");
        command.env("BATON_HTTP__CONNECTIONS_PER_ADDRESS_MAX", "1000000");
        // What is measured is how much a server can do, and not how much it lets one agent do.
        for of in ["AGENT", "WORKSPACE"] {
            command.env(format!("BATON_LIMITS__{of}_COMMANDS_PER_S"), "1000000");
            command.env(format!("BATON_LIMITS__{of}_COMMANDS_BURST"), "1000000");
        }
        command.env("BATON_SESSIONS__SIGN_INS_MAX", "100000");
        // A scenario may take longer than a token lasts.
        command.env("BATON_SESSIONS__ACCESS_MINUTES", "1440");
        self.pass_shared(&mut command);
        command
    }

    /// Tells the command what nodes share.
    fn pass_shared(&self, command: &mut Command) {
        if let Some(redis) = &self.redis {
            command.env("BATON_REDIS__URL", redis.url());
        }
        if let Some(database) = &self.database {
            // Not a flag: it holds a password.
            command.env("BATON_STORE__DATABASE", database.url());
        }
    }

    /// Runs `baton admin …`, with a secret on its standard input.
    pub(crate) async fn admin(&self, args: &[&str], secret: &str) -> anyhow::Result<()> {
        let mut command = self.command(0);
        command.arg("admin").args(args).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut child = command.spawn().with_context(|| format!("starting {:?}", self.binary))?;
        let mut input = child.stdin.take().context("no standard input")?;
        input.write_all(secret.as_bytes()).await?;
        drop(input);
        let status = child.wait().await?;
        ensure!(status.success(), "baton admin {args:?} ended with {status}");
        Ok(())
    }

    /// Runs `baton …`, which has to end well; gives what it printed.
    pub(crate) async fn run(&self, args: &[&str]) -> anyhow::Result<String> {
        let ended = self.command(0).args(args).stderr(Stdio::inherit()).output().await?;
        let told = String::from_utf8(ended.stdout)?;
        ensure!(ended.status.success(), "baton {args:?} ended with {}: {told}", ended.status);
        Ok(told)
    }
}

/// Those of these variables that set something of a server.
fn settings(names: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    names.filter(|name| name.as_encoded_bytes().starts_with(b"BATON_"))
}

/// A running server. It ends with the value.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    url: String,
    pid: u32,
    /// Kept open: the server may write to it.
    _output: BufReader<ChildStdout>,
}

/// The longest time that a server may take to start.
const START: Duration = Duration::from_secs(60);

impl Server {
    /// Starts it and waits until it is ready. `node` counts from nought.
    pub(crate) async fn start(home: &Home, node: usize) -> anyhow::Result<Self> {
        let mut command = home.command(node);
        command.arg("serve").stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("starting {:?}", home.binary))?;
        let pid = child.id().context("the server ended at once")?;
        let mut output = BufReader::new(child.stdout.take().context("no standard output")?);
        let ready = async {
            let mut line = String::new();
            loop {
                line.clear();
                ensure!(output.read_line(&mut line).await? > 0, "the server did not start");
                if let Some(url) = line.trim_end().strip_prefix("Baton is ready at ") {
                    return Ok(url.to_owned());
                }
            }
        };
        let url = tokio::time::timeout(START, ready).await.context("the server is not ready")??;
        ensure!(url.starts_with("http://127.0.0.1:"), "the server is not on this machine: {url}");
        Ok(Self { child, url, pid, _output: output })
    }

    /// Its address, such as `http://127.0.0.1:8080`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Its host and port.
    pub(crate) fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// Its figures.
    pub(crate) async fn figures(&self) -> anyhow::Result<Figures> {
        let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).no_proxy();
        let answer = client.build()?.get(format!("{}/metrics", self.url)).send().await?;
        Ok(Figures::read(&answer.error_for_status()?.text().await?))
    }

    /// Bytes of memory that it has resident.
    pub(crate) fn resident_bytes(&self) -> anyhow::Result<u64> {
        figures::resident_bytes(self.pid)
    }

    /// Files and sockets that it has open.
    pub(crate) fn open_files(&self) -> anyhow::Result<usize> {
        Ok(std::fs::read_dir(format!("/proc/{}/fd", self.pid))?.count())
    }

    /// Milliseconds of CPU that it has used.
    pub(crate) fn cpu_ms(&self) -> anyhow::Result<u64> {
        figures::cpu_ms(self.pid)
    }

    /// Stops it where it is: it does nothing more, and does not know.
    pub(crate) async fn pause(&self) -> anyhow::Result<()> {
        self.signal("-STOP").await
    }

    /// Lets it go on.
    pub(crate) async fn resume(&self) -> anyhow::Result<()> {
        self.signal("-CONT").await
    }

    async fn signal(&self, name: &str) -> anyhow::Result<()> {
        let status = Command::new("kill").args([name, &self.pid.to_string()]).status().await?;
        ensure!(status.success(), "kill {name} {}: {status}", self.pid);
        Ok(())
    }

    /// Ends it at once: its data goes as well.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_for_a_real_server_does_not_reach_a_measured_one() {
        let all = ["PATH", "BATON_STORE__DATABASE", "MY_BATON_HOME", "BATON_LOG__LEVEL"];
        let removed: Vec<_> = settings(all.into_iter().map(OsString::from)).collect();
        assert_eq!(removed, ["BATON_STORE__DATABASE", "BATON_LOG__LEVEL"]);
    }
}
