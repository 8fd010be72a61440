//! Files that are nobody else's to read: directories 0700 and files 0600, whatever they were. A key
//! that others could read is refused, for it may have been.

use std::fs::{self, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::{Context, bail, ensure};

/// What lies in the data directory and holds what people said, or who they are.
const FILES: [&str; 4] = ["baton.db", "baton.db-wal", "baton.db-shm", "anchors.log"];
/// Set on directories in which everybody may make files, such as those for temporary ones.
const STICKY: u32 = 0o1000;

/// Makes the data directory, or closes the one that is there.
pub(crate) fn make_directory(data: &Path) -> anyhow::Result<()> {
    let made = fs::DirBuilder::new().mode(0o700).recursive(true).create(data);
    made.with_context(|| format!("making the data directory {}", data.display()))?;
    let mode = mode(data).with_context(|| format!("looking at {}", data.display()))?;
    ensure!(
        mode & STICKY == 0,
        "the data directory {} is everybody's: name one of its own",
        data.display()
    );
    close(data, mode, 0o700)
}

/// Closes the files that are there.
pub(super) fn close_files(data: &Path) -> anyhow::Result<()> {
    for name in FILES {
        let path = data.join(name);
        if let Ok(mode) = mode(&path) {
            close(&path, mode, 0o600)?;
        }
    }
    Ok(())
}

/// Refuses a key that others can read.
pub(super) fn check_key(path: &Path) -> anyhow::Result<()> {
    let Ok(mode) = mode(path) else { return Ok(()) };
    if mode & 0o077 != 0 {
        bail!(
            "the key {} can be read by others (mode {:o}): `chmod 600` it; if others were on this \
             machine, they may have copied it",
            path.display(),
            mode & 0o777
        );
    }
    Ok(())
}

fn mode(path: &Path) -> std::io::Result<u32> {
    fs::metadata(path).map(|metadata| metadata.mode())
}

fn close(path: &Path, mode: u32, wanted: u32) -> anyhow::Result<()> {
    if mode & 0o777 == wanted {
        return Ok(());
    }
    let closed = fs::set_permissions(path, Permissions::from_mode(wanted));
    closed.with_context(|| format!("closing {} to others", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_open_is_closed_and_an_open_key_refused() {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("data");
        fs::create_dir(&data).unwrap();
        fs::set_permissions(&data, Permissions::from_mode(0o755)).unwrap();
        for name in ["baton.db", "anchors.log", "key", "somebody's.txt"] {
            fs::write(data.join(name), "").unwrap();
            fs::set_permissions(data.join(name), Permissions::from_mode(0o644)).unwrap();
        }
        make_directory(&data).unwrap();
        close_files(&data).unwrap();
        let is = |name: &str| mode(&data.join(name)).unwrap() & 0o777;
        assert_eq!(mode(&data).unwrap() & 0o777, 0o700);
        assert_eq!(
            (is("baton.db"), is("anchors.log"), is("somebody's.txt")),
            (0o600, 0o600, 0o644)
        );
        let refused = check_key(&data.join("key")).unwrap_err().to_string();
        assert!(refused.contains("chmod 600"), "{refused}");
        fs::set_permissions(data.join("key"), Permissions::from_mode(0o600)).unwrap();
        check_key(&data.join("key")).unwrap();
        check_key(&data.join("none")).unwrap();
    }

    #[test]
    fn a_directory_of_everybody_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), Permissions::from_mode(0o1777)).unwrap();
        assert!(make_directory(directory.path()).is_err());
    }
}
