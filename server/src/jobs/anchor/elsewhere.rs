//! Markers handed to a command of the operator's. It keeps them where nobody who can write the
//! database can: on another machine, or in a store whose objects are locked.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use baton_protocol::{Epoch, WorkspaceId};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// Between two runs: of what was sealed meanwhile the newest of each workspace is told.
const EVERY: Duration = Duration::from_secs(5);
/// How long a run may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is to be told.
#[derive(Debug, Default)]
pub(super) struct Elsewhere {
    lines: Mutex<BTreeMap<(Epoch, WorkspaceId), String>>,
    is_new: Notify,
}

impl Elsewhere {
    /// This is the newest line of a workspace.
    pub(super) fn tell(&self, epoch: Epoch, workspace: WorkspaceId, line: String) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).insert((epoch, workspace), line);
        self.is_new.notify_one();
    }

    /// Tells for ever. What could not be told is told again, with what is newer by then.
    pub(super) async fn run(&self, command: &str) {
        let mut has_failed = false;
        loop {
            self.is_new.notified().await;
            let lines = {
                let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
                std::mem::take(&mut *lines)
            };
            let text: String = lines.values().map(String::as_str).collect();
            let told = timeout(PATIENCE, hand_over(command, &text)).await;
            let told = told.unwrap_or_else(|_| Err(std::io::Error::other("it takes too long")));
            match &told {
                Ok(()) if has_failed => tracing::info!("the anchors' command works again"),
                Err(error) if !has_failed => {
                    tracing::error!(%error, "the anchors' command fails; it is tried again");
                }
                Ok(()) | Err(_) => {}
            }
            has_failed = told.is_err();
            if has_failed {
                let mut newer = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
                for (of, line) in lines {
                    newer.entry(of).or_insert(line);
                }
                self.is_new.notify_one();
            }
            sleep(EVERY).await;
        }
    }
}

/// Runs the command with this on its standard input.
async fn hand_over(command: &str, text: &str) -> std::io::Result<()> {
    let mut child = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(text.as_bytes()).await?;
    }
    let ended = child.wait().await?;
    if ended.success() { Ok(()) } else { Err(std::io::Error::other(ended.to_string())) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::time::Instant;
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn a_command_is_told_the_newest_line_of_each_workspace_also_after_it_failed() {
        let directory = tempfile::tempdir().unwrap();
        let kept = directory.path().join("kept");
        let (epoch, of) = (Epoch(Uuid::from_u128(1)), |n| WorkspaceId(Uuid::from_u128(n)));
        let elsewhere = Arc::new(Elsewhere::default());
        for (n, line) in [(2, "two 1\n"), (2, "two 2\n"), (3, "three 1\n")] {
            elsewhere.tell(epoch, of(n), line.to_owned());
        }
        // It fails while there is no directory.
        let place = directory.path().join("place");
        let command = format!("cd {} && cat >> {}", place.display(), kept.display());
        let running = Arc::clone(&elsewhere);
        let task = tokio::spawn(async move { running.run(&command).await });
        std::fs::create_dir(&place).unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while std::fs::read_to_string(&kept).unwrap_or_default() != "two 2\nthree 1\n" {
            assert!(Instant::now() < deadline, "{:?}", std::fs::read_to_string(&kept));
            tokio::task::yield_now().await;
        }
        task.abort();
    }
}
