//! Checks every few seconds whether the disk of the data directory can be written. A full disk
//! shows in readiness and figures, and is logged once.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::telemetry::Metrics;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(2);
/// What is written to see whether anything can be.
const PROBE_BYTES: usize = 64 * 1024;
/// The file that is written and removed.
const PROBE: &str = ".probe";
/// With less than this the disk counts as full: the database needs some to give some back.
const FREE_BYTES_MIN: u64 = 16 * 1024 * 1024;

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
    let problem = match write(&data.join(PROBE)) {
        Err(error) => Some(error.to_string()),
        Ok(()) => free_bytes
            .filter(|free| *free < FREE_BYTES_MIN)
            .map(|free| format!("{free} bytes are free, and {FREE_BYTES_MIN} are needed")),
    };
    Looked { free_bytes, problem }
}

fn write(probe: &Path) -> std::io::Result<()> {
    let written = std::fs::File::create(probe).and_then(|mut file| {
        file.write_all(&[0; PROBE_BYTES])?;
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
}
