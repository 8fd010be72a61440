//! Checks every few seconds whether the disk of the data directory can be written. A full disk
//! shows in readiness and figures, and is logged once.

use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::telemetry::Metrics;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(2);
/// What is written to see whether anything can be.
const PROBE_BYTES: usize = 64 * 1024;
/// The file that is written and removed.
const PROBE: &str = ".probe";
/// With less than this the disk counts as full: the database needs some to give some back.
const FREE_BYTES_MIN: u64 = 16 * 1024 * 1024;

/// Without so much room a database cannot even be opened.
const OPENING_BYTES: usize = 8 * 1024;

/// Waits while the disk of the data directory has no room at all. Any other fault is for whoever
/// opens what lies there.
pub(crate) async fn wait_for_room(data: &Path, clock: &Clock) {
    let probe = data.join(PROBE);
    wait_while_full(|| write(&probe, OPENING_BYTES), clock).await;
}

async fn wait_while_full(mut write: impl FnMut() -> io::Result<()>, clock: &Clock) {
    let mut has_waited = false;
    while write().is_err_and(|error| is_full(&error)) {
        if !has_waited {
            tracing::error!(
                "the disk of the data directory is full: make room, and the server starts by itself"
            );
            has_waited = true;
        }
        clock.sleep(EVERY).await;
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Looks until it is aborted.
pub(super) fn watch(data: &Path, metrics: &Metrics) -> JoinHandle<()> {
    let (data, metrics) = (data.to_owned(), metrics.clone());
    tokio::spawn(async move {
        loop {
            let directory = data.clone();
            // A disk that hangs must not hold up anything else.
            let looked = tokio::task::spawn_blocking(move || look(&directory)).await;
            let Ok(looked) = looked else { return };
            tell(&looked, &metrics);
            tokio::time::sleep(EVERY).await;
        }
    })
}

/// What a look has found.
struct Looked {
    free_bytes: Option<u64>,
    problem: Option<String>,
}

fn look(data: &Path) -> Looked {
    let free_bytes = rustix::fs::statvfs(data).ok().map(|all| all.f_bavail * all.f_frsize);
    let problem = match write(&data.join(PROBE), PROBE_BYTES) {
        Err(error) => Some(error.to_string()),
        Ok(()) => free_bytes
            .filter(|free| *free < FREE_BYTES_MIN)
            .map(|free| format!("{free} bytes are free, and {FREE_BYTES_MIN} are needed")),
    };
    Looked { free_bytes, problem }
}

fn write(probe: &Path, bytes: usize) -> io::Result<()> {
    let written = std::fs::File::create(probe).and_then(|mut file| {
        file.write_all(&vec![0; bytes])?;
        file.flush()
    });
    let removed = std::fs::remove_file(probe);
    written.and(removed)
}

fn tell(looked: &Looked, metrics: &Metrics) {
    if let Some(free) = looked.free_bytes {
        metrics.disk_free_bytes.set(i64::try_from(free).unwrap_or(i64::MAX));
    }
    let was_full = metrics.disk_full.set(i64::from(looked.problem.is_some())) == 1;
    match &looked.problem {
        Some(problem) if !was_full => {
            tracing::error!(
                problem,
                "the data directory cannot be written: {problem}; \
                 make room, and it goes on by itself"
            );
        }
        None if was_full => tracing::info!("the data directory can be written again"),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_cannot_be_written_shows_and_heals() {
        let (directory, metrics) = (tempfile::tempdir().unwrap(), Metrics::new());
        let full = || {
            tell(&look(directory.path()), &metrics);
            metrics.disk_full.get()
        };
        assert_eq!(full(), 0);
        assert!(metrics.disk_free_bytes.get() > 0);
        assert!(!directory.path().join(PROBE).exists());
        std::fs::create_dir(directory.path().join(PROBE)).unwrap();
        assert_eq!(full(), 1);
        std::fs::remove_dir(directory.path().join(PROBE)).unwrap();
        assert_eq!(full(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_start_on_a_full_disk_waits_for_room_and_for_nothing_else() {
        let clock = Clock::system();
        for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
            let mut left = 3;
            let write = || match left {
                0 => Ok(()),
                _ => {
                    left -= 1;
                    Err(io::Error::from(kind))
                }
            };
            wait_while_full(write, &clock).await;
            assert_eq!(left, 0, "it tried until there was room");
        }
        let mut tried = 0;
        let write = || {
            tried += 1;
            Err(io::Error::from(io::ErrorKind::PermissionDenied))
        };
        wait_while_full(write, &clock).await;
        assert_eq!(tried, 1, "whoever opens the database says what is wrong");
    }
}
