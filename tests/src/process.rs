//! The real program: `baton serve` as a process that can be killed. It has a database of its own,
//! and an address that it keeps over its lives.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use baton::app::Server;
use baton::clock::Clock;
use baton::config::{Config, Sources};
use baton::demo::{Cast, Seeds, seed};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{Instant, timeout};
use uuid::Uuid;

/// The longest time that a start may take, migrations and a loaded machine included.
const START: Duration = Duration::from_secs(30);
/// For a command that ends by itself.
const RUN: Duration = Duration::from_secs(300);

/// Where a server keeps what it knows: a directory, and a database in it or on PostgreSQL.
#[derive(Debug)]
pub struct Installation {
    /// `SQLite` or `PostgreSQL`.
    pub kind: &'static str,
    directory: TempDir,
    /// The address of the server of PostgreSQL, and the name of our database there.
    postgres: Option<(String, String)>,
    port: u16,
    settings: Vec<(String, String)>,
    /// The program that runs here; the build's own where none is named.
    program: Option<PathBuf>,
}

impl Installation {
    /// With the embedded database.
    pub fn sqlite() -> Result<Self> {
        let directory = tempfile::tempdir().context("a directory for a server's data")?;
        let port = free_port()?;
        let (settings, program) = (Vec::new(), None);
        Ok(Self { kind: "SQLite", directory, postgres: None, port, settings, program })
    }

    /// With a database of its own on the server that `BATON_TEST_POSTGRES` names, if it does.
    pub async fn postgres() -> Result<Option<Self>> {
        // Empty as a rule: the process makes its schema itself, as an operator's does.
        let template = std::env::var_os("BATON_TEST_TEMPLATE").and_then(|of| of.into_string().ok());
        Self::copy_of(template.as_deref().unwrap_or("template0")).await
    }

    /// The same, and empty in any case: what an earlier version wrote is put into it.
    pub async fn empty_postgres() -> Result<Option<Self>> {
        Self::copy_of("template0").await
    }

    async fn copy_of(template: &str) -> Result<Option<Self>> {
        let Some(admin) = std::env::var_os("BATON_TEST_POSTGRES") else { return Ok(None) };
        let admin = admin.into_string().ok().context("BATON_TEST_POSTGRES is not UTF-8")?;
        let name = format!("baton_{}", Uuid::new_v4().simple());
        let mut connection = PgConnection::connect(&admin).await?;
        let create = format!("CREATE DATABASE {name} TEMPLATE {template}");
        connection.execute(AssertSqlSafe(create)).await?;
        connection.close().await?;
        let place = Self { kind: "PostgreSQL", postgres: Some((admin, name)), ..Self::sqlite()? };
        Ok(Some(place))
    }

    /// Another node's place: a directory and a port of its own on the same database of
    /// `PostgreSQL`. The first place removes it.
    pub fn beside(&self) -> Result<Self> {
        let database = self.database()?.context("several nodes need PostgreSQL")?;
        let mut place = Self { kind: self.kind, ..Self::sqlite()? };
        place.set("BATON_STORE__DATABASE", &database);
        place.settings.extend(self.settings.iter().cloned());
        Ok(place)
    }

    /// The address of its database, if it is on `PostgreSQL`.
    pub fn database(&self) -> Result<Option<String>> {
        let Some((admin, name)) = &self.postgres else { return Ok(None) };
        let (server, _) = admin.rsplit_once('/').context("no database in the address")?;
        Ok(Some(format!("{server}/{name}")))
    }

    /// The address of its database, wherever it was told to look for it.
    pub fn reaches(&self) -> Option<String> {
        let mut set = self.settings.iter().rev();
        let told = set.find(|(name, _)| name == "BATON_STORE__DATABASE");
        told.map(|(_, value)| value.clone()).or_else(|| self.database().ok().flatten())
    }

    /// Where it keeps what it knows, made at its first start.
    pub fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Where its key lies once it has one.
    pub fn key(&self) -> PathBuf {
        self.data().join("key")
    }

    /// The port it keeps over its lives.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Sets a variable for every life of the server here.
    pub fn set(&mut self, name: &str, value: &impl ToString) {
        self.settings.push((name.to_owned(), value.to_string()));
    }

    /// Runs another program here, such as one of an earlier version.
    pub fn run_by(&mut self, program: Option<&Path>) {
        self.program = program.map(Path::to_owned);
    }

    /// Whether the program of this build runs here.
    pub fn is_of_this_build(&self) -> bool {
        self.program.is_none()
    }

    /// `http://address`, the same over all lives.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Where the logs of all its lives are.
    pub fn log(&self) -> PathBuf {
        self.directory.path().join("server.log")
    }

    fn variables(&self) -> Result<Vec<(String, String)>> {
        let data = self.directory.path().join("data").display().to_string();
        let mut all = vec![
            ("BATON_HTTP__BIND".to_owned(), format!("127.0.0.1:{}", self.port)),
            ("BATON_STORE__DATA".to_owned(), data),
        ];
        if let Some(database) = self.database()? {
            all.push(("BATON_STORE__DATABASE".to_owned(), database));
        }
        all.extend(self.settings.iter().cloned());
        Ok(all)
    }

    /// Makes a workspace with its people and number, before the server's first life.
    pub async fn seed(&self, seeds: &Seeds) -> Result<Cast> {
        // Boxed: it holds a whole server, and who waits for it holds much besides.
        Box::pin(self.seeded(seeds)).await
    }

    /// A server here within this process, with a clock of its own.
    pub async fn server(&self, clock: Clock) -> Result<Server> {
        let mut variables = self.variables()?;
        variables.push(("BATON_HTTP__BIND".to_owned(), "127.0.0.1:0".to_owned()));
        let last: std::collections::BTreeMap<_, _> = variables.into_iter().collect();
        let variables = last.into_iter().collect();
        let sources = Sources { file: None, variables, flags: Vec::new() };
        let config = Config::load(&sources)?.config;
        Box::pin(Server::start(&config, clock)).await
    }

    async fn seeded(&self, seeds: &Seeds) -> Result<Cast> {
        let server = self.server(Clock::system()).await?;
        let cast = seed(&server.accounts, &server.engine, seeds).await;
        server.stop().await;
        cast
    }

    /// Runs another command of the program here and gives what it printed. The server must not
    /// run meanwhile.
    ///
    /// # Errors
    /// The command fails; the error has its output.
    pub async fn run(&self, arguments: &[&str]) -> Result<String> {
        let output = timeout(RUN, self.command()?.args(arguments).output()).await;
        let output = output.with_context(|| format!("baton {arguments:?} does not end"))??;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            let complaint = String::from_utf8_lossy(&output.stderr);
            bail!("baton {arguments:?}: {}: {said}{complaint}", output.status);
        }
        Ok(said)
    }

    /// Removes the database; a directory goes by itself.
    pub async fn remove(self) -> Result<()> {
        if let Some((admin, name)) = &self.postgres {
            let mut connection = PgConnection::connect(admin).await?;
            let drop = format!("DROP DATABASE {name} WITH (FORCE)");
            connection.execute(AssertSqlSafe(drop)).await?;
            connection.close().await?;
        }
        Ok(())
    }

    /// Leaves directory and database where they are, for somebody to look; says where.
    pub fn keep(self) -> PathBuf {
        self.directory.keep()
    }

    fn command(&self) -> Result<Command> {
        let program = self.program.clone().map_or_else(program, Ok)?;
        let mut command = Command::new(program);
        // What is set for a real server must not reach this one.
        let set = std::env::vars_os().map(|(name, _)| name);
        for name in set.filter(|name| name.as_encoded_bytes().starts_with(b"BATON_")) {
            command.env_remove(name);
        }
        command.envs(self.variables()?).stdin(Stdio::null()).kill_on_drop(true);
        Ok(command)
    }
}

/// One life of the server.
#[derive(Debug)]
pub struct BatonProcess {
    child: Child,
    id: u32,
}

impl BatonProcess {
    /// Starts it and does not wait.
    pub fn spawn(place: &Installation) -> Result<Self> {
        let log = File::options().create(true).append(true).open(place.log())?;
        let mut command = place.command()?;
        command.arg("serve").stdout(Stdio::piped()).stderr(log);
        let child = command.spawn().context("starting baton serve")?;
        let id = child.id().context("it has ended at once")?;
        Ok(Self { child, id })
    }

    /// Starts it and waits until it says that it is ready.
    pub async fn start(place: &Installation) -> Result<Self> {
        let mut process = Self::spawn(place)?;
        process.ready(place).await?;
        Ok(process)
    }

    /// Waits until it says that it is ready; gives how long that took.
    pub async fn ready(&mut self, place: &Installation) -> Result<Duration> {
        let began = Instant::now();
        let out = self.child.stdout.take().context("waited for twice")?;
        let mut lines = BufReader::new(out).lines();
        let wanted = format!("Baton is ready at {}", place.url());
        let heard = async {
            while let Some(line) = lines.next_line().await? {
                if line == wanted {
                    return Ok(());
                }
            }
            bail!("it ended before it was ready; its log: {}", tail(&place.log()))
        };
        timeout(START, heard).await.context("it was not ready in time")??;
        // A full pipe would stop it one day.
        tokio::spawn(async move { lines.into_inner().read_to_end(&mut Vec::new()).await });
        Ok(began.elapsed())
    }

    /// An error if it has ended, with the end of its log.
    pub fn lives(&mut self, place: &Installation) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("{status}: {}", tail(&place.log())),
        }
    }

    /// Its number among the system's processes.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// SIGKILL, and waits until it is gone.
    pub async fn kill(mut self) -> Result<()> {
        self.child.kill().await.context("killing it")
    }

    /// SIGSTOP: it does nothing more, and does not know.
    pub async fn pause(&self) -> Result<()> {
        self.signal("-STOP").await
    }

    /// SIGCONT: it goes on as if nothing had been.
    pub async fn go_on(&self) -> Result<()> {
        self.signal("-CONT").await
    }

    async fn signal(&self, name: &str) -> Result<()> {
        let sent = Command::new("kill").args([name, &self.id.to_string()]).status().await?;
        ensure!(sent.success(), "the signal was not sent");
        Ok(())
    }

    /// SIGTERM, and waits until it is gone: its exit status and how long that took.
    pub async fn terminate(mut self, within: Duration) -> Result<(ExitStatus, Duration)> {
        let began = Instant::now();
        self.signal("-TERM").await?;
        let status = timeout(within, self.child.wait()).await.context("it does not end")??;
        Ok((status, began.elapsed()))
    }
}

/// `baton` of the same build as the running test.
pub fn program() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let target = test.parent().and_then(Path::parent).context("a test lies in target/…/deps")?;
    let program = target.join("baton");
    ensure!(
        program.is_file(),
        "{} is missing: build it first, with `cargo build -p baton`",
        program.display()
    );
    Ok(program)
}

/// Below the ports that the system gives to outgoing connections: nobody takes it while the
/// server is down.
pub(crate) fn free_port() -> Result<u16> {
    for _ in 0..200 {
        let bytes = Uuid::new_v4();
        let [high, low, ..] = *bytes.as_bytes();
        let port = 10_000 + u16::from_be_bytes([high, low]) % 20_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free port found")
}

impl BatonProcess {
    /// Waits until it has ended by itself.
    pub async fn ends(mut self, within: Duration) -> Result<ExitStatus> {
        Ok(timeout(within, self.child.wait()).await.context("it does not end")??)
    }
}

fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines.get(lines.len().saturating_sub(8)..).unwrap_or_default().join("\n")
}
