//! Holds back or fails the system's calls of a running program, by `strace`: a slow disk, or a full
//! one. The program does not know.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// The longest time to attach to all threads of a program, and to let them go.
const ATTACHES: Duration = Duration::from_secs(20);

/// Something that is wrong with the disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ailment<'a> {
    /// Each sync takes so much longer.
    SlowSync(Duration),
    /// This file takes so many writes; all later ones fail.
    Full(&'a Path, u32),
}

/// A program whose calls are interfered with until it is let go.
#[derive(Debug)]
pub struct Tracer {
    child: Child,
    notes: PathBuf,
    _directory: TempDir,
}

impl Tracer {
    /// Attaches to a program by its process id. `None` where there is no `strace`, or where it may
    /// not trace.
    pub async fn attach(id: u32, ailment: Ailment<'_>) -> Result<Option<Self>> {
        let directory = tempfile::tempdir()?;
        let notes = directory.path().join("calls");
        let mut command = Command::new("strace");
        command.args(["-f", "-o"]).arg(&notes).arg("-p").arg(id.to_string());
        match ailment {
            Ailment::SlowSync(by) => {
                let by = format!("inject=fsync,fdatasync:delay_enter={}", by.as_micros());
                command.args(["-e", "trace=fsync,fdatasync", "-e", &by]);
            }
            Ailment::Full(file, after) => {
                let first = after + 1;
                let fails = format!("inject=write,pwrite64,pwritev:error=ENOSPC:when={first}+");
                command.args(["-e", "trace=write,pwrite64,pwritev", "-e", &fails]);
                command.arg("-P").arg(file);
            }
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let Ok(mut child) = command.kill_on_drop(true).spawn() else { return Ok(None) };
        let said = child.stderr.take().context("a pipe")?;
        let mut lines = BufReader::new(said).lines();
        let attached = async {
            while let Some(line) = lines.next_line().await? {
                if line.contains("attached") {
                    return Ok::<_, std::io::Error>(true);
                }
            }
            Ok(false)
        };
        if !timeout(ATTACHES, attached).await.context("strace does not attach")?? {
            return Ok(None);
        }
        // It says one line for each new thread; a full pipe would stop it one day.
        tokio::spawn(async move { lines.into_inner().read_to_end(&mut Vec::new()).await });
        Ok(Some(Self { child, notes, _directory: directory }))
    }

    /// Calls that it interfered with so far.
    pub fn struck(&self) -> usize {
        let notes = std::fs::read_to_string(&self.notes).unwrap_or_default();
        let is_struck = |line: &&str| line.contains("INJECTED") || line.contains("DELAYED");
        notes.lines().filter(is_struck).count()
    }

    /// The disk is well again. Returns the number of calls that it interfered with.
    pub async fn let_go(mut self) -> Result<usize> {
        let id = self.child.id().context("strace has ended by itself")?;
        let sent = Command::new("kill").args(["-INT", &id.to_string()]).status().await?;
        ensure!(sent.success(), "the signal was not sent");
        if timeout(ATTACHES, self.child.wait()).await.is_err() {
            bail!("strace does not let go");
        }
        Ok(self.struck())
    }
}
