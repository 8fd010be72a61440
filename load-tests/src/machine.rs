//! The origin of every figure: machine, load and commit; and the machine's limits.

use std::fs;
use std::process::Command;

use anyhow::{Context, ensure};
use serde::Serialize;

/// Where and of what a figure is.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Origin {
    /// Processors, memory, kernel.
    pub(crate) machine: String,
    /// The load averages when the run began.
    pub(crate) load: String,
    /// The commit, `+` where files were changed.
    pub(crate) commit: String,
}

impl Origin {
    /// Looks around.
    pub(crate) fn look() -> Self {
        Self { machine: machine(), load: load(), commit: commit() }
    }
}

/// Each socket is a file here, and those of Baton one in the server, which inherits the limit.
pub(crate) fn enough_files(sockets: usize) -> anyhow::Result<()> {
    let limits = fs::read_to_string("/proc/self/limits")?;
    let line = limits.lines().find(|line| line.starts_with("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().nth(3)).context("no limit of files")?;
    let needed = sockets + 200;
    if let Ok(soft) = soft.parse::<usize>() {
        ensure!(soft >= needed, "{soft} open files are allowed; run: ulimit -n {needed}");
    }
    Ok(())
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok())
        .unwrap_or(0);
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel: Vec<&str> = release.trim().split('.').take(2).collect();
    format!(
        "{cores} shared virtual cores, {} GiB, Linux {}",
        kib.div_ceil(1024 * 1024),
        kernel.join(".")
    )
}

fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}

fn commit() -> String {
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        let output = command.arg("-C").arg(env!("CARGO_MANIFEST_DIR")).args(args).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short=10", "HEAD"]) else {
        return "unknown".to_owned();
    };
    let sources = ["status", "--porcelain", "--untracked-files=no", ":(top)", ":(top,exclude)*.md"];
    let is_changed = git(&sources).is_none_or(|changes| !changes.is_empty());
    if is_changed { format!("{commit}+") } else { commit }
}
