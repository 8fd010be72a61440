//! PostgreSQL for the server under load and for `pgbench`, by its own client programs.

use std::process::Stdio;

use anyhow::{Context, ensure};
use tokio::process::Command;

/// A PostgreSQL on this machine.
#[derive(Clone, Debug)]
pub(crate) struct Postgres {
    url: String,
}

/// A database of it that was made for one measurement. It goes with the value.
#[derive(Debug)]
pub(crate) struct Database {
    name: String,
    postgres: Postgres,
}

impl Postgres {
    /// The one at `postgres://user:password@127.0.0.1:port/name`; nothing else is measured.
    pub(crate) fn new(url: &str) -> anyhow::Result<Self> {
        let rest = url.strip_prefix("postgres://").context("say postgres://…")?;
        let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
        let host = place.split([':', '/']).next().unwrap_or_default();
        ensure!(
            ["127.0.0.1", "localhost"].contains(&host),
            "only a PostgreSQL on this machine is measured, not one at {host:?}"
        );
        ensure!(place.contains('/'), "the address names no database");
        Ok(Self { url: url.to_owned() })
    }

    fn url_of(&self, name: &str) -> String {
        let (server, _) = self.url.rsplit_once('/').unwrap_or((&self.url, ""));
        format!("{server}/{name}")
    }

    /// Makes a database.
    pub(crate) async fn database(&self) -> anyhow::Result<Database> {
        let name = format!("baton_load_{}", uuid::Uuid::now_v7().simple());
        // The template of the server may have tables already.
        psql(&self.url, &format!("CREATE DATABASE {name} TEMPLATE template0")).await?;
        Ok(Database { name, postgres: self.clone() })
    }
}

impl Database {
    /// Its address, password included.
    pub(crate) fn url(&self) -> String {
        self.postgres.url_of(&self.name)
    }

    /// Runs a script in it.
    pub(crate) async fn run(&self, script: &str) -> anyhow::Result<()> {
        psql(&self.url(), script).await.map(drop)
    }

    /// The answer to a query, a row to a line.
    pub(crate) async fn ask(&self, query: &str) -> anyhow::Result<String> {
        psql(&self.url(), query).await
    }

    /// Transactions a second of a `pgbench` script over so many connections.
    pub(crate) async fn pgbench(&self, script: &str, run: Run) -> anyhow::Result<f64> {
        let file = tempfile::NamedTempFile::new()?;
        tokio::fs::write(file.path(), script).await?;
        let mut command = Command::new("pgbench");
        command.args(["-n", "-M", "prepared", "-j", "1", "-c", &run.connections.to_string()]);
        command.args(["-T", &run.seconds.to_string(), "-f"]).arg(file.path());
        command.arg(self.url()).kill_on_drop(true);
        let output = command.output().await.context("pgbench (part of PostgreSQL) is needed")?;
        let text = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "pgbench: {}", String::from_utf8_lossy(&output.stderr));
        let tps = text.lines().find_map(|line| line.strip_prefix("tps = ")).context("no tps")?;
        Ok(tps.split_whitespace().next().context("no tps")?.parse()?)
    }
}

/// The settings of a run of `pgbench`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    /// Connections at once.
    pub(crate) connections: usize,
    /// The duration, in seconds.
    pub(crate) seconds: u64,
}

impl Drop for Database {
    fn drop(&mut self) {
        let mut command = std::process::Command::new("psql");
        command.args(["-X", "-q", "-c", &format!("DROP DATABASE {} WITH (FORCE)", self.name)]);
        command.arg(&self.postgres.url).stdout(Stdio::null()).stderr(Stdio::null());
        // A database that stays is only in the way; the PostgreSQL is a private one.
        drop(command.status());
    }
}

async fn psql(url: &str, script: &str) -> anyhow::Result<String> {
    let mut command = Command::new("psql");
    command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", script]).arg(url);
    let output = command.output().await.context("psql (part of PostgreSQL) is needed")?;
    ensure!(output.status.success(), "psql: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::Postgres;

    #[test]
    fn only_a_database_server_of_this_machine_is_taken() {
        for good in ["postgres://a:b@127.0.0.1:5432/x", "postgres://a@localhost/x"] {
            assert!(Postgres::new(good).is_ok(), "{good}");
        }
        for bad in [
            "postgres://a:b@db.example:5432/x",
            "postgres://127.0.0.1@db.example/x",
            "postgres://a:b@127.0.0.1:5432",
            "sqlite://x",
        ] {
            assert!(Postgres::new(bad).is_err(), "{bad}");
        }
    }
}
