//! The files of a store, its lock, and atomic writes.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::StoreError;
use super::seal::{CellAddress, Keys};

const KEY_CHECK: &[u8] = b"this is the key";
const KEY_PLACE: CellAddress<'static> = CellAddress { column: "key-check", row: &[] };

/// The files of a store in its directory.
#[derive(Clone, Debug)]
pub(super) struct Files {
    directory: PathBuf,
}

impl Files {
    pub(super) fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The path of the database.
    pub(super) fn database(&self) -> PathBuf {
        self.path("baton.db")
    }

    /// SQLite's log beside it; it is there after an end without a close alone.
    pub(super) fn log(&self) -> PathBuf {
        self.path("baton.db-wal")
    }

    /// A database that is being filled with what was saved.
    pub(super) fn saved(&self) -> PathBuf {
        self.path("saved.db")
    }

    /// Files that wait to be sent.
    pub(super) fn outgoing(&self) -> PathBuf {
        self.path("outgoing")
    }

    /// Files of lines.
    pub(super) fn incoming(&self) -> PathBuf {
        self.path("incoming")
    }

    fn suspect(&self) -> PathBuf {
        self.path("suspect")
    }

    /// Whether something was read that made no sense.
    pub(super) fn is_suspect(&self) -> bool {
        self.suspect().exists()
    }

    /// Remembers it beyond the end of this process.
    pub(super) fn suspect_it(&self) -> io::Result<()> {
        File::create(self.suspect())?.sync_all()
    }

    /// All is well again.
    pub(super) fn trust_it(&self) -> io::Result<()> {
        remove(&self.suspect())
    }

    /// Whether the last owner ended without closing it.
    pub(super) fn is_unclean(&self) -> bool {
        fs::metadata(self.log()).is_ok_and(|log| log.len() > 0)
    }

    /// Makes the directory and takes its lock, which goes with the file that is given.
    pub(super) fn lock(&self) -> Result<File, StoreError> {
        fs::create_dir_all(&self.directory)?;
        let mut options = OpenOptions::new();
        let lock = options.create(true).truncate(false).write(true).open(self.path("lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(lock),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// Whether these keys are those of this directory; `None` when there is no telling.
    pub(super) fn are_keys(&self, keys: &Keys) -> Result<Option<bool>, StoreError> {
        match fs::read(self.path("key-check")) {
            Ok(sealed) => Ok(Some(is_key_check(keys, &sealed))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Remembers whose keys this directory is sealed with.
    pub(super) fn mark_keys(&self, keys: &Keys) -> Result<(), StoreError> {
        let sealed = key_check(keys)?;
        write_whole(&self.path("key-check.new"), &self.path("key-check"), &sealed)?;
        Ok(())
    }

    /// Prepares for a new database: nothing of an old one is taken for its own.
    pub(super) fn begin(&self, keys: &Keys) -> Result<(), StoreError> {
        remove(&self.log())?;
        remove(&self.path("baton.db-shm"))?;
        self.mark_keys(keys)
    }

    /// Moves a damaged database aside and the saved one into its place. It may be repeated after a
    /// kill at any point: the database is then either the damaged or the saved one.
    pub(super) fn replace_damaged(&self) -> io::Result<()> {
        let (aside, aside_log) = (self.path("damaged.db"), self.path("damaged.db-wal"));
        if self.database().exists() {
            remove(&aside_log)?;
            fs::rename(self.database(), &aside)?;
        }
        // The log of the damaged one must not be taken for the saved one's.
        if self.log().exists() {
            fs::rename(self.log(), &aside_log)?;
        }
        remove(&self.path("baton.db-shm"))?;
        sync_directory(&self.directory)?;
        fs::rename(self.saved(), self.database())?;
        sync_directory(&self.directory)
    }

    /// Drops a saved database that was not finished.
    pub(super) fn drop_saved(&self) -> io::Result<()> {
        ["saved.db", "saved.db-wal", "saved.db-shm"].iter().try_for_each(|n| remove(&self.path(n)))
    }

    /// Removes a damaged database that was moved aside.
    pub(super) fn drop_damaged(&self) -> io::Result<()> {
        ["damaged.db", "damaged.db-wal"].iter().try_for_each(|n| remove(&self.path(n)))
    }

    /// Removes everything in the directory.
    pub(super) fn wipe(&self) -> io::Result<()> {
        // The database first: it is worth nothing without the others, they are not without it.
        for name in ["baton.db", "baton.db-wal"] {
            remove(&self.path(name))?;
        }
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            match entry.file_type()?.is_dir() {
                true => fs::remove_dir_all(entry.path())?,
                false => remove(&entry.path())?,
            }
        }
        sync_directory(&self.directory)
    }
}

/// A value that only the right key opens.
pub(super) fn key_check(keys: &Keys) -> Result<Vec<u8>, StoreError> {
    keys.seal(KEY_PLACE, KEY_CHECK)
}

/// Whether these keys open it.
pub(super) fn is_key_check(keys: &Keys, sealed: &[u8]) -> bool {
    keys.open(KEY_PLACE, sealed).as_deref() == Some(KEY_CHECK)
}

/// Writes a file that is there whole or not at all, whatever ends this process or its power.
fn write_whole(draft: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(draft, path)?;
    path.parent().map_or(Ok(()), sync_directory)
}

/// Makes names that were added, moved or removed last.
pub(super) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Removes a file that may not be there.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
