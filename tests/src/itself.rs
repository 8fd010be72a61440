//! A test's own binary once more, as another process that can be killed. The two speak to each
//! other in lines that are whole or not heard.

#![expect(clippy::print_stdout, reason = "a process tells another")]

use std::io::BufRead as _;
use std::process::Stdio;

use anyhow::{Context, Result};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc;

/// The end of every line: the last one of a killed process may be half a line.
const END: char = ';';

/// The other process. It is killed when this is dropped.
#[derive(Debug)]
pub struct Other {
    child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Other {
    /// Starts the test of this name in a process of its own, which finds in `variable` what it is
    /// told. Waits until it says that it is ready.
    pub async fn start(test: &str, variable: &str, told: &str) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--exact", test, "--nocapture"])
            .env(variable, told)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()?;
        let stdin = child.stdin.take().context("its ear")?;
        let lines = BufReader::new(child.stdout.take().context("its mouth")?).lines();
        let mut other = Self { child, stdin, lines };
        let ready = other.hears_one(|line| line == "ready").await?;
        ready.context("it ended before it was ready")?;
        Ok(other)
    }

    /// Says a line; whether there still was somebody to say it to.
    pub async fn says(&mut self, line: &str) -> bool {
        let line = format!("{line}\n");
        self.stdin.write_all(line.as_bytes()).await.is_ok() && self.stdin.flush().await.is_ok()
    }

    /// The next whole line that was told; none when the process is over. Safe to be given up.
    pub async fn hears(&mut self) -> Result<Option<String>> {
        while let Some(line) = self.lines.next_line().await? {
            if let Some(line) = line.strip_suffix(END) {
                return Ok(Some(line.to_owned()));
            }
        }
        Ok(None)
    }

    /// The next line of this kind; what comes before it is not heard.
    pub async fn hears_one(&mut self, is_it: impl Fn(&str) -> bool) -> Result<Option<String>> {
        while let Some(line) = self.hears().await? {
            if is_it(&line) {
                return Ok(Some(line));
            }
        }
        Ok(None)
    }

    /// SIGKILL, now. What it told before is still heard.
    pub fn kill(&mut self) -> Result<()> {
        Ok(self.child.start_kill()?)
    }

    /// Waits until it is gone.
    pub async fn ends(mut self) -> Result<()> {
        drop(self.stdin);
        self.child.wait().await?;
        Ok(())
    }
}

/// In the other process: tells something.
pub fn tells(line: &str) {
    println!("{line}{END}");
}

/// In the other process: that it is ready. Begins a line of its own, whatever the test harness
/// has printed.
pub fn is_ready() {
    println!();
    tells("ready");
}

/// In the other process: what it is told from now on, until there is nobody who tells.
pub fn told() -> mpsc::UnboundedReceiver<String> {
    let (tell, told) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            if tell.send(line).is_err() {
                break;
            }
        }
    });
    told
}
