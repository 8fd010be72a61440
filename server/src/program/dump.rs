//! PostgreSQL's own programs: `pg_dump` copies a database while servers write to it, `pg_restore`
//! puts a copy back, as a whole or not at all.

use std::fs::File;
use std::path::Path;
use std::process::{Output, Stdio};

use anyhow::{Context, bail};
use tokio::process::Command;

use crate::store::copy::client_environment;
use crate::store::restore::PROGRAM;

/// Of what a program complains about, so much is told.
const COMPLAINTS_MAX: usize = 3;
/// How long a copy waits for a transaction that changes a table. That one may itself wait for the
/// transaction of the snapshot, and PostgreSQL cannot see that circle.
const LOCK_WAIT: &str = "5s";

/// Writes the snapshot with this name into a file.
///
/// # Errors
/// Where a table is being changed, or the program is missing or fails.
pub(super) async fn write(url: &str, snapshot: &str, to: File) -> anyhow::Result<()> {
    let mut command = program("pg_dump", url)?;
    command.args(["--format=custom", "--no-owner", "--no-privileges", "--no-password"]);
    command.arg(format!("--lock-wait-timeout={LOCK_WAIT}"));
    command.arg(format!("--snapshot={snapshot}")).stdout(to);
    run("pg_dump", &mut command).await.map(drop)
}

/// The schema's version in a file that [`write()`] wrote; 0 where there is nothing of Baton's.
pub(super) async fn schema_in(from: &Path) -> anyhow::Result<i64> {
    let mut command = Command::new("pg_restore");
    command.args(["--data-only", "--table=schema_version", "--file=-"]).arg(from);
    command.stdout(Stdio::piped());
    let output = run("pg_restore", &mut command).await?;
    let text = String::from_utf8_lossy(&output.stdout);
    // The rows of a table stand between COPY and a line with an end mark, the version first.
    let rows = text.lines().skip_while(|line| !line.starts_with("COPY ")).skip(1);
    let versions = rows
        .take_while(|line| *line != "\\.")
        .filter_map(|row| row.split('\t').next().and_then(|version| version.parse().ok()));
    Ok(versions.max().unwrap_or(0))
}

/// Puts what is in the file in the place of what is in the database, in one transaction.
pub(super) async fn put_back(url: &str, from: &Path) -> anyhow::Result<()> {
    let mut command = program("pg_restore", url)?;
    command.env("PGAPPNAME", PROGRAM);
    let database = client_environment(url)?.into_iter().find(|(name, _)| *name == "PGDATABASE");
    let (_, database) = database.context("the database has no name")?;
    command.args(["--clean", "--if-exists", "--single-transaction", "--exit-on-error"]);
    command.args(["--no-owner", "--no-privileges", "--no-password"]);
    command.arg(format!("--dbname={database}")).arg(from);
    run("pg_restore", &mut command).await.map(drop)
}

fn program(name: &str, url: &str) -> anyhow::Result<Command> {
    let mut command = Command::new(name);
    command.envs(client_environment(url)?);
    Ok(command)
}

/// Runs it to its end. It goes with this process, unless that is killed.
async fn run(name: &str, command: &mut Command) -> anyhow::Result<Output> {
    command.stdin(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    let child = command.spawn();
    let child = match child {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => bail!(
            "{name} is not on the PATH: install the client programs of PostgreSQL, of the \
             server's version or newer (on Debian: postgresql-client)"
        ),
        other => other.with_context(|| format!("starting {name}"))?,
    };
    let output = child.wait_with_output().await.with_context(|| format!("waiting for {name}"))?;
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    // Only these: what stands around an error may be a row, and somebody's words.
    let complaints = said.lines().filter(|line| line.contains("error: "));
    let complaints: Vec<_> = complaints.take(COMPLAINTS_MAX).collect();
    let is_locked = complaints.iter().any(|line| line.contains("statement timeout"));
    let advice = if is_locked {
        "; a table is being changed, by an upgrade or by a restore that goes on: try again after it"
    } else {
        ""
    };
    bail!("{name} failed ({}): {}{advice}", output.status, complaints.join("; "))
}
