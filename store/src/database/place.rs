//! SQLite's file by its identity. If it was removed or replaced under a running server, writes go
//! into a file that nobody finds again.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::database::pulse::Gate;
use crate::error::GONE;

/// The interval at which it is looked at while nothing is written.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The identity of the opened file: its path, device and inode.
#[derive(Debug)]
pub(crate) struct FileIdentity {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl FileIdentity {
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let found = fs::metadata(path)?;
        Ok(Self { path: path.to_owned(), device: found.dev(), inode: found.ino() })
    }

    /// Whether the name still leads to the file that was opened.
    pub(crate) fn is_there(&self) -> bool {
        let found = fs::metadata(&self.path);
        found.is_ok_and(|found| (found.dev(), found.ino()) == (self.device, self.inode))
    }
}

/// Makes an empty file, unless one is there.
pub(crate) fn make(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Looks again and again, and opens or closes the gate; says it once.
pub(crate) async fn keep_watch(gate: &Gate, place: &FileIdentity) {
    let mut is_told = false;
    loop {
        let is_there = place.is_there();
        if !is_there && !is_told {
            tracing::error!(
                file = %place.path.display(),
                "the database's file was removed or replaced while this server runs: nothing is \
                 acknowledged until the same file is back; or stop the server and restore a backup"
            );
        }
        is_told = !is_there;
        match (is_there, gate.is_away()) {
            (false, false) => gate.close(GONE),
            (true, true) => gate.open(),
            (true, false) | (false, true) => {}
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_removed_or_replaced_is_not_the_one_that_was_opened() {
        let directory = tempfile::tempdir().unwrap();
        let (path, aside) = (directory.path().join("a"), directory.path().join("b"));
        make(&path).unwrap();
        let place = FileIdentity::of(&path).unwrap();
        make(&path).unwrap();
        assert!(place.is_there(), "to make it again changes nothing");
        fs::rename(&path, &aside).unwrap();
        assert!(!place.is_there());
        make(&path).unwrap();
        assert!(!place.is_there(), "another file of that name");
        fs::rename(&aside, &path).unwrap();
        assert!(place.is_there(), "it was put back");
    }
}
